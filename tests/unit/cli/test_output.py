"""What a person sees: tables that lose nothing on a narrow terminal, times as one says them, whole helps."""

import re
import sys
from io import StringIO

import pytest

from mesharr.cli.app import run
from mesharr.cli.context import WRONG, say
from mesharr.cli.output import ago, print_table, until

NOON = 1_795_780_800.0  # 2026-11-27T12:00:00Z


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("2026-11-27T12:00:00Z", "now"),
        ("2026-11-27T11:59:48Z", "12 s ago"),
        ("2026-11-27T11:56:00Z", "4 min ago"),
        ("2026-11-27T09:00:00Z", "3 h ago"),
        ("2026-11-22T12:00:00Z", "5 days ago"),
        ("", ""),
        ("the day we met", "the day we met"),
    ],
)
def test_a_time_that_was_is_told_as_how_long_ago_it_was(then: str, said: str) -> None:
    assert ago(then, NOON) == said


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("2026-11-27T12:05:00Z", "in 5 min"),
        ("2026-11-28T12:00:00Z", "in 24 h"),
        ("2026-11-27T11:00:00Z", "now"),
        ("", ""),
    ],
)
def test_a_time_to_come_is_told_as_how_far_until_it_is(then: str, said: str) -> None:
    assert until(then, NOON) == said


class _Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_narrow_terminal_a_table_is_folded_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "stdout", terminal)
    stream = "alice-46b800e3.8ea0f436"
    path = "Ursula K. Le Guin/The Left Hand of Darkness/Ursula K. Le Guin - The Left Hand of Darkness.epub"
    print_table(("stream", "path", "since"), [(stream, path, "12 min ago")])
    shown = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    lines = shown.splitlines()
    assert max(map(len, lines)) <= 80
    assert stream in shown
    assert "12 min ago" in shown
    assert "\N{HORIZONTAL ELLIPSIS}" not in shown
    column = lines[0].index("path"), lines[0].index("since")
    words = re.sub(r"\s", "", "".join(line[slice(*column)] for line in lines[1:]))
    assert words == re.sub(r"\s", "", path)


def test_a_table_of_short_columns_that_are_too_many_breaks_its_headings_and_cuts_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = _Terminal()
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "stdout", terminal)
    row = ("alice-46b800e3", "46b800e33a590841", "21 min ago", 0, "18 min ago", 0, "not known")
    print_table(("node", "key", "trusted", "lag", "last seen", "acknowledged", "trusts you"), [row])
    shown = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    assert max(map(len, shown.splitlines())) <= 80
    assert all(str(cell) in shown for cell in row)


@pytest.mark.parametrize(
    ("environ", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_what_is_wrong_is_red_on_a_terminal_that_wants_colours(
    environ: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = _Terminal()
    for name, value in {"TERM": "xterm", "NO_COLOR": "", "COLUMNS": "80", **environ}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", terminal)
    say("ERROR  store: gone \x1b[2J", WRONG)
    print_table(("mount", "state"), [("store", "unavailable"), ("unavailable films", "ok")])
    shown = terminal.getvalue()
    assert ("\x1b[31mERROR  store: gone \\u001b[2J\x1b[0m" in shown) is coloured
    assert len(re.findall(r"\x1b\[31munavailable *\x1b\[0m", shown)) == coloured
    assert ("\x1b[31m" in shown) is coloured


def test_a_pipe_gets_no_colours(capsys: pytest.CaptureFixture[str]) -> None:
    say("ERROR  store: gone", WRONG)
    print_table(("mount", "state"), [("store", "unavailable")])
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("group", [(), ("log",), ("config",)])
def test_the_list_of_commands_cuts_no_sentence(
    group: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run([*group, "--help"], {}) == 0
    listed = capsys.readouterr().out.partition("Commands:")[2].splitlines()
    assert len(listed) > 3
    assert not [line for line in listed if line.endswith("...")]


def test_the_commands_are_listed_as_a_household_meets_them(capsys: pytest.CaptureFixture[str]) -> None:
    run(["--help"], {})
    listed = [line.split()[0] for line in capsys.readouterr().out.partition("Commands:\n")[2].splitlines()]
    assert listed[:4] == ["init", "config", "token", "join"]
    assert listed.index("run") < listed.index("connect") < listed.index("status")
    assert {"demo", "hook", "keygen"} <= set(listed)

"""How far a first day is, as a command shows it: bars on a real terminal, lines where there is none."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from mesharr.cli.terminal import progress
from mesharr.node.joining.first_day import FirstDay
from mesharr.state.first_days import FirstDayState
from tests.behaviour.joining.test_first_day import fill
from tests.support.household import Clock, Household, make_drive, settle
from tests.unit.cli.house import Commands, Output

CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
WARNED = "1 file is not on the drive with the size in the app"


@pytest.fixture
def newcomer(tmp_path: Path, past: Clock, capsys: Output) -> Commands:
    """The commands of bob's, whose first day has not begun; alice has told thirty films, he has some."""
    make_drive(tmp_path / "drive")
    alice = Household("alice", tmp_path, tmp_path / "drive", past)
    fill(alice, range(1, 31), download=True)
    settle(past, alice, seconds=60, steps=6)
    bob = Household("bob", tmp_path, tmp_path / "drive", past)
    bob.trust(alice)
    fill(bob, range(1, 6))
    fill(bob, [40], download=True)
    [lost] = (bob.library / "Film 40 (2000)").iterdir()
    lost.unlink()  # which is worth a warning in the middle of it all
    return Commands(bob, capsys)


class Terminal:
    """A terminal of 160 columns; `text` is all that was written to it."""

    def __init__(self) -> None:
        self._master, self.end = pty.openpty()
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 160, 0, 0))
        self.text = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        content = b""
        try:
            while some := os.read(self._master, 65536):
                content += some
        except OSError:
            pass  # the last one that had it open has closed it
        self.text = content.decode()

    def close(self) -> None:
        """Wait for the last of what was written."""
        os.close(self.end)
        self._reader.join(timeout=30)
        os.close(self._master)


def _sync(commands: Commands, terminal: Terminal, **environ: str) -> str:
    """Run `mesharr sync` on a terminal; return what it printed to stdout, which is none."""
    # a size in the environment, as of whoever runs the tests, stands above that of the terminal
    ours = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    with commands.served(policy={"first_contact": "go"}):
        done = subprocess.run(
            [sys.executable, "-m", "mesharr", "--config-dir", str(commands.config), "sync"],
            stdin=terminal.end,
            stdout=subprocess.PIPE,
            stderr=terminal.end,
            env={**ours, "TERM": "xterm-256color", **environ},
            timeout=120,
            text=True,
            check=False,
        )
    terminal.close()
    assert done.returncode == 0, terminal.text
    return done.stdout


@pytest.mark.campaign
def test_on_a_terminal_a_bar_shows_how_far_the_first_day_is_and_leaves_nothing_behind(
    newcomer: Commands,
) -> None:
    terminal = Terminal()
    answer = _sync(newcomer, terminal)
    plain = CODES.sub("", terminal.text)
    frames = re.findall(r"movies: first day \N{BOX DRAWINGS HEAVY HORIZONTAL}{40} (.+?) *\r", plain)
    assert any(re.fullmatch("processed [0-9]+ of 30", doing) for doing in frames)
    assert frames[-1] == "over"
    [warned] = [line.strip() for line in re.split(r"[\r\n]+", plain) if WARNED in line]
    assert re.match(
        r"\S+ WARNING node\.joining\.inventory: movies: ", warned
    )  # on a line of its own, above the bar
    assert terminal.text.endswith("\x1b[2K")  # the line of the bar is wiped
    assert terminal.text.count("\x1b[?25l") == terminal.text.count("\x1b[?25h") == 1
    assert "first day" not in answer
    assert newcomer.house.shows(30) == (False, True)


@pytest.mark.campaign
@pytest.mark.parametrize("environ", [{"TERM": "dumb"}, {"TERM": "dumb", "FORCE_COLOR": "1"}])
def test_a_terminal_that_cannot_draw_is_given_lines(newcomer: Commands, environ: dict[str, str]) -> None:
    terminal = Terminal()
    _sync(newcomer, terminal, **environ)
    assert "\x1b" not in terminal.text
    assert "mesharr: movies: first day: processed 0 of 30\r\n" in terminal.text


def test_without_a_terminal_each_step_is_a_line_on_stderr(newcomer: Commands) -> None:
    with newcomer.served(policy={"first_contact": "go"}):
        said = newcomer.json("sync")
    assert said["problems"] == []
    lines = [line.partition("first day: ")[2] for line in newcomer.err.splitlines() if "mesharr: " in line]
    assert [line for line in lines if not line.endswith("(the store has not been listed yet)")] == [
        "reading what the peers published",
        "reading what is here",
        "comparing 0 of 6",
        "publishing the inventory",
        "planning",
        "processed 0 of 30",
        "over",
    ]


def test_a_long_step_is_a_line_for_every_two_thousand_items(capsys: Output) -> None:
    watch = progress._lines()
    for done in range(0, 10_001, 200):
        watch(FirstDayState(library="movies", step="compare", done=done, total=10_000))
    lines = capsys.readouterr().err.splitlines()
    assert lines[1] == "mesharr: movies: first day: comparing 2,000 of 10,000"
    assert len(lines) == 6


class _Screen(StringIO):
    def isatty(self) -> bool:
        return True


def test_what_a_first_day_waits_for_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder may be called as rich spells its markup."""
    screen = _Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    first_day = cast(FirstDay, SimpleNamespace(report_progress=lambda: None))
    with progress.progress_shown(first_day):
        first_day.watch(FirstDayState(library="movies", why="[/films] does not answer\x1b"))
    assert "[/films] does not answer\N{REPLACEMENT CHARACTER}" in CODES.sub("", screen.getvalue())

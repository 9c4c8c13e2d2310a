"""Lists: sorted by title, cut at twenty rows unless all are asked for, and never cut as JSON."""

import json
import re
import sys
from collections.abc import Callable
from io import StringIO

import pytest

from mesharr.bootstrap import identity
from mesharr.bootstrap.node_key import key_path
from mesharr.cli.app import run
from mesharr.cli.output import print_lines, print_table
from mesharr.log import keys

Output = pytest.CaptureFixture[str]
FILMS = 57
MORE = f"… and {FILMS - 20} more"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class _Terminal(StringIO):
    def isatty(self) -> bool:
        return True


OUTPUTS = pytest.mark.parametrize("out", [StringIO(), _Terminal()], ids=["pipe", "terminal"])


def _printed(out: StringIO, monkeypatch: pytest.MonkeyPatch, show: Callable[[], None]) -> list[str]:
    """Return the lines that are printed to a pipe, or a terminal of 80 columns."""
    out.truncate(out.seek(0))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "stdout", out)
    show()
    return [line.rstrip() for line in COLOURS.sub("", out.getvalue()).splitlines()]


@OUTPUTS
def test_of_many_rows_the_first_twenty_titles_are_shown_and_the_others_counted(
    out: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(f"film {n:02}" if n % 2 else f"Film {n:02}", n) for n in range(FILMS, 0, -1)]
    lines = _printed(out, monkeypatch, lambda: print_table(("title", "n"), rows, order="title"))
    assert [line.split()[1] for line in lines[1:-1]] == [f"{n:02}" for n in range(1, 21)]
    assert lines[-1] == f"{MORE} (--all shows them)"


@OUTPUTS
@pytest.mark.parametrize(("count", "every"), [(FILMS, True), (20, False)])
def test_all_rows_are_shown_where_they_are_asked_for_or_few(
    out: StringIO, monkeypatch: pytest.MonkeyPatch, count: int, every: bool
) -> None:
    rows = [(n,) for n in range(count)]
    assert len(_printed(out, monkeypatch, lambda: print_table(("n",), rows, every=every))) == count + 1


def test_sentences_are_cut_like_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{n} is wrong" for n in range(FILMS)]
    lines = _printed(StringIO(), monkeypatch, lambda: print_lines(texts, option="--list", indent="  "))
    assert lines[19:] == ["  19 is wrong", f"  {MORE} (--list shows them)"]


def test_a_table_of_eighty_columns_breaks_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    title = "The Lord of the Rings: The Fellowship of the Ring (2001)"
    why = (
        "Radarr does not list the file that bob imported: it is not visible here yet, and is looked for again"
    )
    columns = ("library", "item", "state", "why", "since", "next check")
    row = ("movies", title, "waiting", why, "12 min ago", "in 3 min")
    lines = _printed(_Terminal(), monkeypatch, lambda: print_table(columns, [row]))
    assert max(map(len, lines)) <= 80
    words = " ".join(lines).split()
    assert sorted(words[words.index("movies") :]) == sorted(" ".join(row).split())


def test_a_column_with_nothing_in_it_takes_no_room_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    columns, rows = ("title", "why", "since"), [("Dune", "", "now"), ("Heat", "", "now")]
    assert _printed(_Terminal(), monkeypatch, lambda: print_table(columns, rows))[0].split() == [
        "title",
        "since",
    ]
    assert "why" in _printed(StringIO(), monkeypatch, lambda: print_table(columns, rows))[0]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the command line of a node in which everything waits 57 times; nothing is done to it."""
    tmp_path = tmp_path_factory.mktemp("node")
    (tmp_path / "mesharr.yml").write_text(
        "node: carol\nstore: {path: /nowhere/.mesharr}\n"
        "apps: {radarr: {url: http://127.0.0.1:9, api_key: x}}\n"
        "libraries: {movies: {app: radarr, root: /movies, path: /nowhere/movies, quality_profile: Any}}\n"
    )
    keys.generate(key_path(str(tmp_path)))
    state = identity.open_state(str(tmp_path))
    films = [(f"tmdb:{n}", f"Film {n:02}") for n in range(1, FILMS + 1)]
    state.holds.add("bob-00000002", "movies", "removals", films, "more than 20 deletions within an hour", 1)
    state.dirty.mark([("movies", item) for item, _ in films], 1)
    state.uploads.put(0, "movies", [(f"{title}/a.mkv", 1_000) for _, title in films], replaces=False, since=1)
    for item, _ in films:
        state.missing.note("movies", item, "missing in the app")
    state.db.close()
    return ["--config-dir", str(tmp_path)]


@pytest.mark.parametrize(
    ("words", "option", "documents"),
    [
        (["uploads"], "--all", ["uploads"]),
        (["status"], "--all", ["waiting"]),
        (["approve"], "--list", ["holds"]),
        (["reject"], "--list", ["holds"]),
        (["restore", "movies"], "--list", ["lost"]),
        (["leave-item", "movies"], "--list", ["lost"]),
    ],
)
def test_each_listing_command_cuts_and_says_what_shows_the_rest(
    node: list[str], capsys: Output, words: list[str], option: str, documents: list[str]
) -> None:
    run([*node, *words], {})
    shown, problems = capsys.readouterr()
    assert problems == ""
    assert f"{MORE} ({option} shows them)" in shown
    run([*node, *words, option], {})
    whole = capsys.readouterr().out
    assert "more (" not in whole
    assert len(whole.splitlines()) >= len(shown.splitlines()) + FILMS - 21
    run([*node, *words, "--json"], {})
    said = json.loads(capsys.readouterr().out)
    for each in documents:
        found = said[each][0]["items"] if each == "holds" else said[each]
        assert len(found) == FILMS


def test_status_reads_the_first_uploads_only_unless_all_are_asked_for(
    node: list[str], capsys: Output
) -> None:
    for words, length in (["status"], 20), (["status", "--all"], FILMS), (["uploads"], FILMS):
        run([*node, *words, "--json"], {})
        said = json.loads(capsys.readouterr().out)
        assert len(said["uploads"]) == length
    assert said["totals"] == {"count": FILMS, "left": FILMS * 1_000, "speed": 0}


@pytest.mark.parametrize(
    "command", [["approve"], ["reject"], ["restore", "movies"], ["leave-item", "movies"]]
)
def test_to_list_all_does_nothing(node: list[str], capsys: Output, command: list[str]) -> None:
    run([*node, "status", "--json"], {})
    before = capsys.readouterr().out
    assert run([*node, *command, "--list"], {}) == 0
    assert run([*node, *command, "--list", "--all"], {}) == 2
    capsys.readouterr()
    run([*node, "status", "--json"], {})
    assert capsys.readouterr().out == before

"""`mesharr find` and `mesharr history`: the mesh's items and deeds, in words for people."""

import json
from pathlib import Path

import pytest

from mesharr.bootstrap import identity
from mesharr.cli.app import run
from mesharr.core.events.schema import Copy, FileImported, Item
from mesharr.node.reports.catalogue import refresh
from tests.unit.state.samples import ALICE, MOVIES, NOW, A, B, added, stored

Output = pytest.CaptureFixture[str]


def _film(number: int, title: str) -> FileImported:
    item = Item(id=f"tmdb:{number}", kind="movie", title=title, year=2001, folder=f"{title} (2001)")
    copy = Copy(path=f"{title} (2001)/a.mkv", size=3_000_000, units=("movie",), quality="Bluray-2160p")
    return FileImported(library=MOVIES, item=item, copies=(copy,), term=1)


@pytest.fixture
def node(tmp_path: Path) -> list[str]:
    """Return the command line of a node that read 22 films of alice and one of bob."""
    (tmp_path / "mesharr.yml").write_text("node: carol\nstore: {path: /mnt/.mesharr}\n")
    state = identity.open_state(str(tmp_path))
    films = [stored(n, _film(n, f"Film {n:02}")) for n in range(1, 23)]
    state.streams.apply(films, NOW)
    state.streams.apply([stored(1, added(), B)], NOW)
    while refresh(state):
        pass
    state.db.close()
    return ["--config-dir", str(tmp_path)]


def test_the_one_item_that_matches_is_shown_with_its_files(node: list[str], capsys: Output) -> None:
    assert run([*node, "find", "film 07"], {}) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Film 07 (2001) (movies, tmdb:7)\n")
    assert "Film 07 (2001)/a.mkv" in shown
    assert "Bluray-2160p" in shown
    assert "in the apps of: alice" in shown


def test_many_items_are_a_table_of_twenty_with_the_rest_counted(node: list[str], capsys: Output) -> None:
    assert run([*node, "find", "film"], {}) == 0
    shown = capsys.readouterr().out
    assert "… and 2 more (--all shows them)" in shown
    assert "Film 21" not in shown
    assert run([*node, "find", "film", "--all"], {}) == 0
    assert "Film 22" in capsys.readouterr().out


def test_nothing_found_is_said_and_is_the_exit_code(node: list[str], capsys: Output) -> None:
    assert run([*node, "find", "dune", "--library", "tv"], {}) == 1
    assert "nothing in the mesh matches 'dune'" in capsys.readouterr().out


def test_find_as_json_is_what_the_page_reads(node: list[str], capsys: Output) -> None:
    assert run([*node, "find", "film 07", "--json"], {}) == 0
    (item,) = json.loads(capsys.readouterr().out)["items"]
    assert (item["item"], item["owners"], item["files"]) == ("tmdb:7", [ALICE], 1)


def test_history_says_who_did_what_newest_first(node: list[str], capsys: Output) -> None:
    assert run([*node, "history", "-n", "3"], {}) == 0
    head, first, second, _, older = capsys.readouterr().out.splitlines()
    assert head.split() == ["when", "what", "library", "why"]
    assert "added Dune (2021)" in first
    assert " imported Film 22 (2001)" in second
    assert older == "… and older ones (--count 6 shows more)"


@pytest.mark.parametrize(
    ("options", "found"),
    [(["--kind", "added"], 1), (["--library", "tv"], 0), (["--peer", A.split("-")[0]], 22)],
)
def test_history_is_filtered(node: list[str], capsys: Output, options: list[str], found: int) -> None:
    assert run([*node, "history", "--json", "--count", "100", *options], {}) == 0
    assert len(json.loads(capsys.readouterr().out)["activity"]) == found

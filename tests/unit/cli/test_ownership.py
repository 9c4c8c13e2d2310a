"""`mesharr claim`, `adopt` and `leave`: a person says who has what, also beside a running daemon."""

import dataclasses
import sys
from pathlib import Path

import pytest

from mesharr.log.keys import Token, token_text
from mesharr.node.ownership import Adoption, adoptable
from mesharr.state.state import State
from tests.support.household import Clock, Household, import_on, settle
from tests.unit.cli.house import Commands, Output

Pair = tuple[Household, Household]


def _imported(houses: Pair, past: Clock, *numbers: int) -> None:
    alice, bob = houses
    for number in numbers:
        import_on(past, alice, bob, tmdb=number)


def _monitored(house: Household, *numbers: int) -> list[bool]:
    return [house.shows(number)[0] for number in numbers]


def _go_on(past: Clock, *houses: Household) -> None:
    past.ms += 3_600_000  # the command was run by the real clock
    settle(past, *houses, seconds=1200, steps=20)


# -- claim


def test_a_claimed_film_is_monitored_here_and_no_more_there(
    bobs: Commands, houses: Pair, past: Clock
) -> None:
    alice, bob = houses
    _imported(houses, past, 7)
    assert bobs.run("claim", "movies", "tmdb:7") == 0
    assert bobs.out == "claimed Film 7 (2007) from alice\n"
    _go_on(past, bob, alice)
    assert bob.events() == ["unit.claimed"]
    assert (_monitored(alice, 7), _monitored(bob, 7)) == ([False], [True])


def test_a_film_is_found_by_its_title(bobs: Commands, houses: Pair, past: Clock) -> None:
    _imported(houses, past, 7, 70)
    said = bobs.json("claim", "movies", "film 7", "--dry-run")
    assert (said["item"], said["title"], said["dry_run"]) == ("tmdb:7", "Film 7 (2007)", True)
    assert said["from"] == {houses[0].node: ["movie"]}
    assert bobs.json("claim", "movies", "Film 70 (2010)", "--dry-run")["item"] == "tmdb:70"
    assert houses[1].state.outbox.all() == []


def test_a_word_that_several_items_match_claims_none_and_names_them(
    bobs: Commands, houses: Pair, past: Clock
) -> None:
    _imported(houses, past, 7, 70)
    assert bobs.run("claim", "movies", "FILM") == 2
    assert "2 items of movies match 'FILM':" in bobs.err
    assert "tmdb:7  Film 7 (2007)" in bobs.err
    assert "tmdb:70  Film 70 (2010)" in bobs.err
    assert houses[1].state.outbox.all() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("claim", "movies", "Dune"), "nothing in movies matches 'Dune'"),
        (("claim", "tmdb:7"), "mesharr claim LIBRARY 'tmdb:7'; the libraries with an app: movies"),
        (("claim", "music", "Film 7"), "mesharr.yml has no library music with an app"),
        (("claim", "movies", "tmdb:7", "1:1"), "1:1 of Film 7 (2007) has no file in the mesh"),
        (("claim", "movies", "tmdb:7", "movie"), "your app does not have Film 7 (2007)"),
    ],
)
def test_what_cannot_be_claimed_is_said(
    bobs: Commands, houses: Pair, past: Clock, words: tuple[str, ...], said: str
) -> None:
    _imported(houses, past, 7)
    if words[-1] == "movie":
        houses[1].radarr.delete(7)
        settle(past, houses[1], seconds=60, steps=6)
    assert bobs.run(*words) == 2
    assert said in bobs.err


def test_what_is_this_nodes_already_and_what_is_claimed_already_is_not_claimed_again(
    bobs: Commands, houses: Pair, past: Clock
) -> None:
    alice, bob = houses
    _imported(houses, past, 7)
    for _ in range(2):
        assert bobs.run("claim", "movies", "tmdb:7") == 0
    assert bobs.out == "Film 7 (2007) is claimed here already\n"
    _go_on(past, bob, alice)
    assert bobs.run("claim", "movies", "tmdb:7") == 0
    assert bobs.out == "Film 7 (2007) is claimed here already\n"
    assert bob.events() == ["unit.claimed"]


def test_a_command_needs_a_node_that_has_run(tmp_path: Path, houses: Pair, capsys: Output) -> None:
    fresh = Commands(houses[0], capsys)
    houses[0].state.db.close()
    for name in ("mesharr.db", "mesharr.db-wal", "mesharr.db-shm"):
        (fresh.config / name).unlink(missing_ok=True)
    houses[0].started = False
    for words in (("claim", "movies", "x"), ("adopt",)):
        assert fresh.run(*words) == 1
        assert "this node has not run yet" in fresh.err
    assert fresh.run("leave", "--yes") == 1
    assert "this node has not joined a mesh yet" in fresh.err


# -- leave, and adopt


def test_who_leaves_gives_up_all_and_nobody_monitors_it_until_it_is_adopted(
    bobs: Commands, houses: Pair, past: Clock, capsys: Output
) -> None:
    alice, bob = houses
    _imported(houses, past, 7, 8)
    alices = Commands(alice, capsys)
    assert alices.run("leave", "--yes") == 4, "its Radarr is off"
    assert f"{alice.node} leaves: published by the next mesharr sync" in alices.out
    _go_on(past, alice, bob)
    assert alice.events()[-1] == "node.left"
    assert (_monitored(alice, 7, 8), _monitored(bob, 7, 8)) == ([True, True], [False, False])
    assert bob.state.items.state("movies", "tmdb:7").owner_of("movie") == ""

    found = bobs.json("adopt", "--from", "alice", "--dry-run")
    assert (found["libraries"], found["not_in_this_arr"]) == ({"movies": 2}, 0)
    assert bob.state.outbox.all() == []
    assert bobs.run("adopt", "--from", alice.node) == 0
    assert "adopted 2 items" in bobs.out
    bobs.run("status")
    assert bobs.out.count("claimed: monitored here once the claim is published") == 2
    assert "2 events to publish" in bobs.out
    _go_on(past, bob)
    assert _monitored(bob, 7, 8) == [True, True]
    assert bob.events() == ["unit.claimed"] * 2
    assert bobs.run("adopt", "--from", alice.node) == 0
    assert "there is nothing to adopt" in bobs.out


@pytest.mark.parametrize("words", [("--from", "alice"), ("--missing-owner",), ()])
def test_who_is_gone_and_was_adopted_is_no_news_in_status_any_more(
    bobs: Commands, houses: Pair, past: Clock, capsys: Output, words: tuple[str, ...]
) -> None:
    alice, bob = houses
    _imported(houses, past, 7)
    Commands(alice, capsys).run("leave", "--yes")
    _go_on(past, alice, bob)
    bobs.run("status")
    assert "alice  left" in bobs.out
    assert any("mesharr adopt --from alice" in each["mend"] for each in bobs.json("doctor")["found"])
    assert bobs.run("adopt", *words) == 0
    bobs.run("status")
    assert "alice  left" not in bobs.out
    assert not any("mesharr adopt" in each["mend"] for each in bobs.json("doctor")["found"])
    assert bobs.json("peers")["peers"][0]["adopted"]
    bobs.run("peers")
    assert "left, adopted " in bobs.out


def test_what_somebody_took_since_is_not_adopted(
    bobs: Commands, houses: Pair, past: Clock, capsys: Output
) -> None:
    alice, bob = houses
    _imported(houses, past, 7, 8)
    Commands(alice, capsys).run("leave", "--yes")
    _go_on(past, alice, bob)
    bob.radarr.download(7, name="Film 7 (2007) Remux-1080p.mkv", quality="Remux-1080p", size=9000)
    settle(past, bob, seconds=1200, steps=20)
    found = bobs.json("adopt", "--from", "alice")
    assert [item["item"] for item in found["items"]] == ["tmdb:8"]


def test_what_an_untrusted_node_owned_is_adopted_too(bobs: Commands, houses: Pair, past: Clock) -> None:
    bob = houses[1]
    _imported(houses, past, 7)
    assert bobs.run("adopt", "--from", "alice") == 1
    assert "is trusted and has not left" in bobs.err
    assert bobs.run("adopt", "--from", "alice", "--dry-run") == 0
    assert "movies   1      1" in bobs.out
    assert "not possible yet: " in bobs.out
    assert "is trusted and has not left the mesh: have its household run mesharr leave, " in bobs.out
    found = bobs.json("adopt", "--from", "alice", "--dry-run")
    assert ([each["item"] for each in found["items"]], "has not left" in found["refused"]) == (
        ["tmdb:7"],
        True,
    )
    assert bob.state.outbox.all() == []
    assert bobs.run("untrust", "alice") == 0
    assert bobs.json("adopt", "--from", "alice", "--dry-run")["refused"] == ""
    assert bobs.run("adopt", "--from", "alice", "--library", "movies") == 0
    _go_on(past, bob)
    assert _monitored(bob, 7) == [True]


def test_what_is_left_of_all_who_are_gone_is_looked_for_in_one_pass_over_the_items(
    bobs: Commands, houses: Pair, past: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob, asked = houses[1], list[int]()

    def watched(state: State, libraries: list[str], me: str, nodes: set[str], *, ownerless: bool) -> Adoption:
        asked.append(len(nodes))
        return adoptable(state, libraries, me, nodes, ownerless=ownerless)

    monkeypatch.setattr("mesharr.cli.actions.adopt.adoptable", watched)
    _imported(houses, past, 7, 8)
    carol = token_text(Token(bob.state.node.get().mesh, "carol", bytes(range(32))))
    assert bobs.run("trust", carol) == 0
    assert [bobs.run("untrust", name) for name in ("alice", "carol")] == [0, 0]
    bobs.json("adopt", "--from", "alice", "--library", "movies")
    assert asked == [1, 2]
    assert all(each["adopted"] for each in bobs.json("peers")["peers"])


def test_what_nobody_owns_is_adopted_by_who_asks_for_it(
    bobs: Commands, houses: Pair, past: Clock, capsys: Output
) -> None:
    alice, bob = houses
    _imported(houses, past, 7, 8)
    assert bobs.run("adopt") == 0
    assert "there is nothing to adopt" in bobs.out
    Commands(alice, capsys).run("leave", "--yes")
    _go_on(past, alice, bob)
    bob.radarr.delete(8)
    settle(past, bob, seconds=60, steps=6)
    assert bobs.run("adopt", "--missing-owner") == 0
    assert "movies   1      1" in bobs.out
    assert "1 more item is not in your apps" in bobs.err
    _go_on(past, bob)
    assert _monitored(bob, 7) == [True]


def test_a_node_nobody_heard_of_is_an_error(bobs: Commands, houses: Pair) -> None:
    assert bobs.run("adopt", "--from", "carol") == 2
    assert "no event of a node carol was ever received" in bobs.err


def test_leaving_without_a_terminal_needs_a_yes(
    bobs: Commands, houses: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Pipe:
        def isatty(self) -> bool:
            return False

    monkeypatch.setattr(sys, "stdin", Pipe())
    assert bobs.run("leave") == 2
    assert "add --yes" in bobs.err
    assert houses[1].state.outbox.all() == []


def test_before_there_is_a_mesh_there_is_nothing_to_leave(bobs: Commands, houses: Pair) -> None:
    houses[1].state.node.join("")  # as of a daemon that ran before it could see mesh.json
    assert bobs.run("leave", "--yes") == 1
    assert "this node has not joined a mesh yet" in bobs.err
    assert houses[1].state.outbox.all() == []


def test_leaving_twice_is_told_once(bobs: Commands, houses: Pair) -> None:
    for _ in range(2):
        said = bobs.json("leave", "--yes")
    (app,) = said.pop("apps")
    assert app["why"].startswith("Radarr cannot be reached")
    assert said == {"node": houses[1].node, "left": True, "running": False, "paused": []}
    assert len(houses[1].state.outbox.all()) == 1


def test_leaving_again_once_it_was_told_is_told_no_more_until_something_else_was(
    bobs: Commands, houses: Pair, past: Clock
) -> None:
    bob = houses[1]
    bobs.run("leave", "--yes")
    _go_on(past, bob)
    assert bobs.run("leave", "--yes") == 4
    assert bobs.out == f"{bob.node} has left the mesh; stop mesharr\n"
    _go_on(past, bob)
    assert bob.events() == ["node.left"]
    bob.radarr.add(8)
    _go_on(past, bob)
    bobs.run("leave", "--yes")
    _go_on(past, bob)
    assert bob.events() == ["node.left", "item.added", "node.left"]


def test_who_left_is_shown_as_that_on_both_sides(
    bobs: Commands, houses: Pair, past: Clock, capsys: Output
) -> None:
    alice, bob = houses
    alices = Commands(alice, capsys)
    assert alices.run("leave", "--yes") == 4, "its Radarr is off"
    _go_on(past, alice, bob)
    assert alices.json("status")["left"] is True
    assert alices.run("status") == 0
    assert alices.out.splitlines()[0].endswith("; it left the mesh; not running")
    (peer,) = bobs.json("peers")["peers"]
    assert (peer["left"], peer["why"]) == (True, "")
    assert bobs.run("status") == 0
    assert "alice  left " in bobs.out
    assert any("alice left the mesh" in each["what"] for each in bobs.json("doctor")["found"])
    alice.radarr.add(7)
    _go_on(past, alice, bob)
    assert bobs.json("peers")["peers"][0]["left"] is False


def test_who_leaves_is_told_which_films_are_paused(bobs: Commands, houses: Pair, past: Clock) -> None:
    alice, bob = houses
    for house in houses:
        house.deaf = True
        house.radarr.add(9)
        house.radarr.run_commands()
        house.deaf = False
    alice.radarr.grab(9)
    settle(past, alice, bob, seconds=30, steps=6)
    assert bobs.json("leave", "--yes")["paused"] == ["tmdb:9"]


def _tags(house: Household, *films: int) -> list[str]:
    labels = house.radarr.common.tags
    return sorted({labels[tag] for film in films for tag in house.radarr.movie(film).tags})


@pytest.mark.parametrize("keep", [False, True])
def test_who_leaves_takes_its_connection_and_tags_out_of_the_apps(
    bobs: Commands, houses: Pair, past: Clock, keep: bool
) -> None:
    alice, bob = houses
    _imported(houses, past, 7, 8)
    mine = bob.radarr.common.tags
    mine[99] = "kids"
    number = next(tag for tag, label in mine.items() if label == "mesharr-alice")
    assert _tags(bob, 7, 8) == ["mesharr-alice"]
    with bobs.served():
        assert bobs.run("connect", "--untested") == 0
        connections = len(bob.radarr.notifications.connections)
        assert bobs.run("leave", "--yes", *(["--keep-tags"] if keep else [])) == 0
    assert len(bob.radarr.notifications.connections) == connections - 1
    assert _tags(bob, 7, 8) == (["mesharr-alice"] if keep else [])
    assert ((number in mine), 99 in mine) == (keep, True)
    assert (bob.movie(7) is None, bob.movie(8) is None) == (False, False)
    assert _monitored(bob, 7, 8) == [False, False]
    assert "radarr: connection removed" in bobs.out
    _go_on(past, bob, alice)
    bob.engine.nightly.step(past())
    _go_on(past, bob, alice)
    assert bob.events()[-1] == "node.left", "what lost its tag is no news"


def test_a_tag_that_something_else_uses_stays(bobs: Commands, houses: Pair, past: Clock) -> None:
    bob = houses[1]
    _imported(houses, past, 7)
    (number,) = bob.radarr.movie(7).tags
    connections = bob.radarr.notifications.connections
    key, other = next(iter(connections.items()))
    connections[key] = dataclasses.replace(other, tags=(number,), name="elsewhere")
    with bobs.served():
        (app,) = bobs.json("leave", "--yes")["apps"]
    assert (app["items"], app["tags"]) == (1, 0)
    assert (_tags(bob, 7), bob.radarr.common.tags[number]) == ([], "mesharr-alice")

"""What waited for the store is published only as the drive is then."""

from pathlib import Path

import pytest

from mesharr.core.errors import Unavailable
from mesharr.core.events.schema import Copy, Found, LibraryFound
from tests.support.household import Clock, Household, import_on, settle

Pair = tuple[Household, Household]
HOUR_S = 3600


def film_of(house: Household) -> Path:
    """Return the only film on the drive, by its path in this household's library."""
    [path] = house.library.rglob("*.mkv")
    return path


def ready(house: Household, clock: Clock) -> None:
    """Have a household do all but publish, until an event waits for its turn only."""
    for _ in range(3):
        house.engine.intake.step(clock())
        house.engine.transfer.step(clock())
        clock.forward(11 * 60)
    assert house.state.outbox.count().get("ready", 0) > 0


@pytest.mark.parametrize("then", ["replaced", "gone"])
def test_an_import_is_not_published_of_a_file_that_was_replaced_or_deleted_meanwhile(
    alice_and_bob: Pair, clock: Clock, then: str
) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    settle(clock, alice, bob)
    alice.radarr.download(7)
    ready(alice, clock)
    path = film_of(alice)
    if then == "replaced":
        path.write_bytes(b"x" * 77)
    else:
        path.unlink()
    clock.forward(HOUR_S)
    settle(clock, alice, bob, seconds=60, steps=6)
    assert "file.imported" not in alice.events()
    assert bob.state.items.state("movies", "tmdb:7").copies == {}


def test_an_import_that_waited_is_published_once_its_file_was_seen_again(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    settle(clock, alice, bob)
    alice.radarr.download(7)
    ready(alice, clock)
    clock.forward(HOUR_S)
    settle(clock, alice, bob)
    assert alice.events()[-1] == "file.imported"
    assert bob.shows(7) == (False, True)


def test_a_removal_is_not_published_of_a_file_that_came_back_meanwhile(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    path = film_of(alice)
    content = path.read_bytes()
    alice.radarr.delete_file(7)
    ready(alice, clock)
    path.write_bytes(content)
    clock.forward(HOUR_S)
    settle(clock, alice, bob, seconds=60, steps=6)
    assert "file.removed" not in alice.events()


def test_an_inventory_is_published_without_what_left_the_drive_meanwhile(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    item = alice.state.items.state("movies", "tmdb:7").item
    assert item is not None
    (alice.library / "other.mkv").write_bytes(b"12345")
    copies = tuple(Copy(path=path, size=5, units=("movie",)) for path in ("other.mkv", "nowhere.mkv"))
    body = LibraryFound(library="movies", items=(Found(item=item, copies=copies),))
    alice.state.outbox.put("", body, "", "was here already", clock())
    settle(clock, alice, bob, seconds=60, steps=6)
    known = {living.copy.path for living in bob.state.items.state("movies", "tmdb:7").copies.values()}
    assert "other.mkv" in known
    assert "nowhere.mkv" not in known


def test_nothing_of_a_library_that_cannot_be_looked_at_is_published_and_all_else_is(
    alice_and_bob: Pair, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    settle(clock, alice, bob)
    alice.radarr.download(7)
    ready(alice, clock)
    clock.forward(HOUR_S)
    storage = alice.engine.last_look._libraries["movies"].storage

    def down() -> None:
        raise Unavailable("nothing is mounted")

    with monkeypatch.context() as patch:
        patch.setattr(storage, "check_available", down)
        alice.radarr.add(8)
        settle(clock, alice, seconds=60, steps=6)
        assert alice.events() == ["item.added", "item.added"]
    settle(clock, alice, bob)
    assert alice.events()[-1] == "file.imported"

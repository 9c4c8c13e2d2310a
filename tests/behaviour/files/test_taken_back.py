"""What was published and proves to be gone after all is taken back, although its app still lists it."""

from pathlib import Path

from tests.support.household import Clock, import_on, pair, settle

FILE = "Film 7 (2007)/Film 7 (2007) Bluray-1080p.mkv"


def test_a_published_file_that_is_gone_from_the_drive_is_taken_back(tmp_path: Path, clock: Clock) -> None:
    alice, bob = pair(tmp_path, clock)
    alice.radarr.add(7)
    settle(clock, alice, bob, seconds=10, steps=5)
    alice.radarr.download(7, size=4096)
    settle(clock, alice, bob, seconds=60, steps=6)
    assert alice.events() == ["item.added", "file.imported"]
    (alice.library / FILE).unlink()
    settle(clock, alice, bob, seconds=1800, steps=90)
    assert alice.events() == ["item.added", "file.imported", "file.removed"]
    assert alice.state.items.state("movies", "tmdb:7").copies == {}
    settle(clock, alice, bob, seconds=3600, steps=60)
    assert [house.shows(7)[1] for house in (alice, bob)] == [False, False]
    assert [house.waits() for house in (alice, bob)] == [{}, {}]


def test_a_file_that_is_back_before_it_is_proven_gone_stays(tmp_path: Path, clock: Clock) -> None:
    alice, bob = pair(tmp_path, clock)
    import_on(clock, alice, bob)
    content = (alice.library / FILE).read_bytes()
    (alice.library / FILE).unlink()
    settle(clock, alice, bob, seconds=300, steps=30)
    (alice.library / FILE).write_bytes(content)
    settle(clock, alice, bob, seconds=26 * 3600, steps=120)
    assert alice.events() == ["item.added", "file.imported"]
    assert [house.waits() for house in (alice, bob)] == [{}, {}]

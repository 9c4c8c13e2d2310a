"""A file that nothing explains counts as an import an hour later, whatever the app takes the next night."""

from pathlib import Path

from mesharr.demo.disk.folders import write_media
from tests.support.household import Clock, Household, import_on, settle

FOLDER = "Film 7 (2007)"
FILE = f"{FOLDER}/{FOLDER} Bluray-1080p.mkv"
COPIED = f"{FOLDER}/{FOLDER} Remux-1080p.mkv"
HOUR_S = 3600.0


def test_what_an_app_takes_at_night_for_an_overwritten_file_is_published_before_the_next_night(
    alice_and_bob: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    settle(clock, alice, bob, seconds=24 * HOUR_S, steps=24)
    for path, size in ((FILE, 7777), (COPIED, 9000)):
        write_media(str(Path(alice.library) / path), size, None, {})
    alice.radarr.daily_refresh()
    alice.engine.nightly.step(clock())
    settle(clock, alice, bob)
    assert alice.events() == ["item.added", "file.imported"]
    settle(clock, alice, bob, seconds=1.1 * HOUR_S, steps=12)
    assert alice.events() == ["item.added", "file.imported", "file.imported"]
    assert [each.copy.path for each in bob.state.items.state("movies", "tmdb:7").copies.values()] == [COPIED]
    file = bob.radarr.file(7)
    assert file is not None
    assert file.size == 9000

"""A file that nothing explains counts as an import an hour later, whatever the app takes the next night."""

from pathlib import Path

from mesharr.demo.disk.folders import write_media
from tests.properties.mesh.checks import complaints
from tests.properties.mesh.deeds import LATER_S, Deed, Trouble
from tests.properties.mesh.world import World
from tests.support.household import MOVIES, Clock, Household, import_on, settle

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


def test_a_film_added_with_a_file_that_only_the_local_branch_has_keeps_it_beside_a_peers(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, count=2, uploading=True, setups=(MOVIES,))
    world.play(
        (
            Trouble(0, seconds=HOUR_S),
            Deed(1, "movies", "add", then=LATER_S),
            Deed(1, "movies", "import", number=5000, then=LATER_S),
            Deed(1, "movies", "recase folder", then=LATER_S),  # no scan of the other folder finds that file
            Deed(0, "movies", "add existing", number=7000, then=LATER_S),
        )
    )
    world.pass_time(HOUR_S + LATER_S)
    assert list(complaints(world)) == []
    [alice, bob] = world.homes
    copies = bob.house.state.items.state("movies", "tmdb:1").copies
    assert {living.copy.size: living.brought_by for living in copies.values()} == {
        5000: bob.house.node,
        7000: alice.house.node,
    }
    assert [copy.size for copy in alice.shown("movies")["tmdb:1"].files.values()] == [7000]

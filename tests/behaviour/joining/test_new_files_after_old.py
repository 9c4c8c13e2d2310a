"""What is new of an item that waits for something old is waited for as what is new."""

from tests.support.household import Clock, Household, settle

Pair = tuple[Household, Household]
DAY = 86_400


def test_a_new_file_is_soon_looked_for_though_another_is_missing_for_days(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    alice.radarr.download(7)
    settle(clock, alice)
    (first,) = (alice.drive / "movies" / "Film 7 (2007)").iterdir()
    first.rename(alice.drive / "first.mkv")  # its author sees it, and this household's mount does not
    settle(clock, alice, bob, seconds=3 * DAY, steps=300)
    assert bob.movie(7) is None
    (alice.drive / "first.mkv").rename(first)
    alice.radarr.download(7, name="Better.mkv", quality="Remux-1080p", size=9000)
    settle(clock, alice, seconds=120)
    (better,) = (alice.drive / "movies" / "Film 7 (2007)").iterdir()
    better.rename(alice.drive / "better.mkv")
    settle(clock, bob, seconds=60)
    (alice.drive / "better.mkv").rename(better)
    settle(clock, bob, seconds=30 * 60)
    assert bob.shows(7) == (False, True)

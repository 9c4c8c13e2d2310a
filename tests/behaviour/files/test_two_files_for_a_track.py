"""Two households import one album at the same moment under different names: each scan decides anew."""

from pathlib import Path
from typing import cast

import pytest

from mesharr.core.planning.files import NOT_DECIDED
from tests.arrs.lidarr.app import SimulatedLidarr
from tests.support.household import Clock, Household, make_drive, settle
from tests.support.keepers import DAY, MUSICIANS, nights, share, two
from tests.support.library_setups import ARTISTS, MUSIC

HOUR_S = 3600.0


def test_two_files_for_each_track_end_with_few_scans(tmp_path: Path, clock: Clock) -> None:
    make_drive(tmp_path / "drive", ("music",))
    houses = [Household(name, tmp_path, tmp_path / "drive", clock, (MUSIC,)) for name in ("alice", "bob")]
    alice, bob = houses
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    artist = next(iter(ARTISTS.values()))
    alice_lidarr, bob_lidarr = (cast(SimulatedLidarr, house.arrs["lidarr"]) for house in houses)
    alice_lidarr.add(artist.id)
    settle(clock, alice, bob)
    album = artist.works[0].id
    alice_lidarr.download(album, size=4000)
    bob_lidarr.download(album, size=5000, suffix=".mp3", folder="Album")
    settle(clock, alice, bob, seconds=60, steps=30)
    for arr in (alice_lidarr, bob_lidarr):
        arr.daily_rescan()
    settle(clock, alice, bob, seconds=2 * HOUR_S, steps=3600)
    scans = [house.state.counters.all().get("rescanned", 0) for house in houses]
    imports = [house.state.counters.all().get("imported", 0) for house in houses]
    print(f"\nin two hours: {scans} scans, {imports} imports by ids")
    assert sum(scans) + sum(imports) <= 12
    for house in houses:
        assert all(dirty.state == "stuck" for dirty in house.state.dirty.all())
    shown = [sorted(file.path for file in arr.files(album)) for arr in (alice_lidarr, bob_lidarr)]
    assert len(shown[0]) >= 3
    assert len(shown[1]) >= 3


@pytest.mark.campaign
def test_an_app_that_takes_another_set_each_night_is_named_until_a_set_goes(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = two(tmp_path, clock, MUSICIANS)
    share(MUSICIANS, clock, alice, bob, numbers=(1,))
    lidarr, requests = cast(SimulatedLidarr, alice.arrs["lidarr"]), list[int]()
    (known,) = MUSICIANS.files(alice).values()
    others = [(alice.folders["music"] / path).with_suffix(".mp3") for path in known]
    for other in others:
        other.write_bytes(b"the other set")
    lidarr.library.facts.wavers = True
    for _ in range(8):
        lidarr.daily_rescan()
        lidarr.run_commands()
        lidarr.forget_requests()
        alice.engine.nightly.step(clock())
        settle(clock, alice, bob, seconds=DAY, steps=24)
        requests.append(sum(method == "POST" for method, _ in lidarr.requests))
    assert max(requests) <= 1
    assert [dirty.why for dirty in alice.state.dirty.all()] == [NOT_DECIDED.replace("the app", "Lidarr")]
    lidarr.library.facts.wavers = False
    for other in others:
        other.unlink()
    lidarr.daily_rescan()
    lidarr.run_commands()
    clock.forward(8 * DAY)
    nights(clock, alice, bob, days=1)
    assert alice.state.dirty.all() == bob.state.dirty.all() == []
    assert list(MUSICIANS.files(alice).values()) == list(MUSICIANS.files(bob).values()) == [known]

"""What one thread does while another has read the arr and not yet decided: nothing is told or lost by it."""

from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec

from mesharr.core.arr.snapshot import Baseline
from mesharr.core.events.schema import UnitClaimed
from mesharr.node.missing_items import all_missing
from tests.support.household import Clock, Household, import_on, make_drive, settle

_with = msgspec.structs.replace


class Racing(Household):
    """A household in which `between` is done once, after the arr has been asked for `path`."""

    between: Callable[[], object] | None = None
    path = "movie"
    method = "GET"

    def answer(self, url: str, request: httpx.Request) -> httpx.Response:
        """Answer, and let the other thread act before the answer is looked at."""
        response = super().answer(url, request)
        asked = f"{request.method} {request.url.path.removeprefix('/api/v3/')}"
        if self.between and asked.startswith(f"{self.method} {self.path}"):
            work, self.between = self.between, None
            work()
        return response


def alice_and_racing_bob(root: Path, clock: Clock) -> tuple[Household, Racing]:
    make_drive(root / "drive")
    alice = Household("alice", root, root / "drive", clock)
    bob = Racing("bob", root, root / "drive", clock)
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    import_on(clock, alice, bob)
    return alice, bob


def test_a_film_that_is_removed_while_a_whole_list_is_compared_is_not_published_as_new(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = alice_and_racing_bob(tmp_path, clock)
    alice.radarr.delete(7, delete_files=True)
    settle(clock, alice, seconds=60 * 60)
    bob.engine.follower.step(clock())
    bob.between = lambda: bob.engine.reconciler.step(clock())
    bob.engine.nightly.step(clock())
    bob.engine.publisher.flush(clock(), bob.engine.tick())
    assert bob.movie(7) is None
    settle(clock, alice, bob)
    assert bob.events() == []
    assert all_missing(bob.state) == ()
    assert alice.movie(7) is None


def test_a_film_that_is_added_while_a_whole_list_is_compared_is_not_lost(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = alice_and_racing_bob(tmp_path, clock)
    import_on(clock, alice, tmdb=8)
    bob.engine.follower.step(clock())
    bob.between = lambda: bob.engine.reconciler.step(clock())
    bob.engine.nightly.step(clock())
    assert bob.movie(8) is not None
    assert all_missing(bob.state) == ()
    settle(clock, alice, bob)
    assert bob.shows(8) == (False, True)


def test_a_film_that_is_removed_while_it_is_checked_is_not_published_as_new(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = alice_and_racing_bob(tmp_path, clock)
    alice.radarr.delete(7, delete_files=True)
    settle(clock, alice, seconds=60 * 60)
    bob.engine.follower.step(clock())
    bob.between = lambda: bob.engine.reconciler.step(clock())
    bob.engine.nightly.hourly(clock())
    bob.engine.publisher.flush(clock(), bob.engine.tick())
    settle(clock, alice, bob)
    assert bob.movie(7) is None
    assert bob.events() == []
    assert alice.movie(7) is None


def test_what_is_noted_of_a_film_while_it_is_checked_is_kept(tmp_path: Path, clock: Clock) -> None:
    alice, bob = alice_and_racing_bob(tmp_path, clock)

    def publish() -> None:
        noted.append(bob.shows(7)[1])
        bob.state.items.update_memory("movies", "tmdb:7", lambda now: _with(now, endings_checked={"a": "b"}))

    noted: list[bool] = []
    bob.between = publish
    alice.radarr.download(7, name="Better.mkv", quality="Remux-1080p", size=9000)
    settle(clock, alice, bob)
    assert noted == [True]
    assert bob.state.items.memory("movies", "tmdb:7").endings_checked == {"a": "b"}
    assert bob.shows(7) == (False, True)


def test_what_is_imported_while_a_flag_follows_a_peer_is_monitored_by_its_owner(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = alice_and_racing_bob(tmp_path, clock)
    import_on(clock, bob, alice, tmdb=8)
    assert (alice.shows(8)[0], bob.shows(8)[0]) == (False, True)

    def publish() -> None:
        bob.radarr.download(8, name="Film 8 better.mkv", size=5000)
        bob.engine.intake.step(clock())
        bob.engine.transfer.step(clock())
        bob.engine.publisher.flush(clock(), bob.engine.tick())
        published.append(bob.events()[-1])

    published: list[str] = []
    claim = UnitClaimed(library="movies", id="tmdb:8", units=("movie",), term=1)
    alice.state.outbox.put("tmdb:8", claim, "", "claimed by a command", clock())
    settle(clock, alice, seconds=10, steps=5)
    bob.engine.follower.step(clock())
    bob.method, bob.path, bob.between = "PUT", "movie", publish
    bob.engine.reconciler.step(clock())
    assert published == ["file.imported"]
    settle(clock, alice, bob, seconds=2 * 60 * 60, steps=120)
    assert bob.state.items.state("movies", "tmdb:8").owner_of("movie") == bob.node
    assert (alice.shows(8)[0], bob.shows(8)[0]) == (False, True)


def test_what_is_noted_of_one_of_many_while_they_are_added_is_kept(tmp_path: Path, clock: Clock) -> None:
    alice, bob = alice_and_racing_bob(tmp_path, clock)
    for film in range(11, 36):
        alice.radarr.add(film)
        alice.radarr.download(film)
    settle(clock, alice)
    taken = Baseline(folder="Film 17 (2017)", files={"Film 17 (2017)/a.mkv": 5})
    seen: list[Baseline | None] = []

    def note() -> None:
        bob.state.items.set_baselines("movies", [("tmdb:17", taken)])
        bob.state.items.update_memory("movies", "tmdb:17", lambda now: _with(now, restore_requested=True))

    bob.method, bob.path, bob.between = "POST", "movie/import", note
    bob.engine.follower.step(clock())
    bob.engine.reconciler.step(clock())
    seen.append(bob.state.items.baseline("movies", "tmdb:17"))
    assert len([film for film in range(11, 36) if bob.movie(film)]) == 25
    assert seen == [taken]
    assert bob.state.items.memory("movies", "tmdb:17").restore_requested


def test_a_plan_that_was_made_of_an_old_memory_is_not_saved(tmp_path: Path, clock: Clock) -> None:
    alice, bob = alice_and_racing_bob(tmp_path, clock)
    alice.radarr.add(17)
    alice.radarr.download(17)
    settle(clock, alice)

    def note() -> None:
        bob.state.items.update_memory("movies", "tmdb:17", lambda now: _with(now, must_monitor=("x",)))

    bob.between = note
    bob.engine.follower.step(clock())
    bob.engine.reconciler.step(clock())
    assert bob.movie(17) is None
    assert bob.state.items.memory("movies", "tmdb:17").must_monitor == ("x",)
    (dirty,) = bob.state.dirty.all()
    assert dirty.why == "something else was noted of it meanwhile"

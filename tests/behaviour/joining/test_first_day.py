"""On the first day a node learns, adds what is missing, and changes nothing that a household already has."""

from collections.abc import Sequence
from pathlib import Path

import httpx
import msgspec
import pytest

from mesharr.core.events.schema import Copy, Found, Item, LibraryFound, body_of
from mesharr.disk.child import Disk, LocalDisk
from mesharr.log import codec
from mesharr.log.codec import MAX_LINE
from mesharr.node.joining.existing_files import queue_existing
from mesharr.node.joining.first_steps import BATCH
from mesharr.node.model import Me
from mesharr.node.status.model import Availability, MountCheck
from mesharr.node.status.report import report
from mesharr.state.first_days import STEPS
from tests.support.crashing import Uploading
from tests.support.household import Clock, Household, make_drive, settle

COUNT = 300
HOUR = 3600.0
FILM_7 = "Film 7 (2007)"

Flags = dict[int, tuple[bool, str, tuple[int, ...]]]


def fill(house: Household, films: Sequence[int], *, download: bool = False) -> None:
    """Put films into a household as they were before mesharr: no webhook told of them."""
    house.deaf = True
    for tmdb in films:
        house.radarr.add(tmdb)
        if download:
            house.radarr.download(tmdb, size=64)
    house.run_commands()
    house.forget_requests()
    house.deaf = False


def flags(house: Household) -> Flags:
    """Return what a household decided of its films: whether monitored, where, with which tags."""
    rows = house.radarr.library.movies()
    return {row.tmdb_id: (row.monitored, row.path, row.tags) for row in rows}


def found(house: Household) -> list[LibraryFound]:
    """Return the inventory a household has told."""
    rows = house.state.streams.since(house.engine.publisher.stream, 1)
    bodies = [body_of(row.type, codec.parse(row.line).body) for row in rows]
    return [body for body in bodies if isinstance(body, LibraryFound)]


def items_of(house: Household) -> list[str]:
    """Return the items of the inventory a household has told."""
    return [entry.item.id for body in found(house) for entry in body.items]


def day(clock: Clock, *houses: Household, hours: int = 24) -> None:
    """Let a day pass, with what happens in it: comparisons, hourly looks, a refresh of everything."""
    for hour in range(hours):
        settle(clock, *houses, seconds=HOUR, steps=12)
        for house in houses if hour % 8 == 3 else ():
            house.engine.nightly.step(clock())
        for house in houses if hour % 8 == 5 else ():
            house.engine.nightly.hourly(clock())
            house.radarr.daily_refresh()


def two(root: Path, clock: Clock, *, films: int = COUNT) -> tuple[Household, Household]:
    """Return two households that had the same films, on the drive, before mesharr; they trust each other."""
    make_drive(root / "drive")
    alice = Household("alice", root, root / "drive", clock)
    bob = Household("bob", root, root / "drive", clock)
    fill(alice, range(1, films + 1), download=True)
    fill(bob, range(1, films + 1))
    alice.radarr.set_monitored(11, False)
    bob.radarr.set_monitored(11, False)
    bob.radarr.set_monitored(12, False)
    alice.trust(bob)
    bob.trust(alice)
    return alice, bob


Start = str
STARTS = ["in the same second", "one after the other", "while the other's is half published"]


def start(how: Start, clock: Clock, alice: Household, bob: Household) -> None:
    """Have both begin."""
    if how == "one after the other":
        settle(clock, alice, seconds=300, steps=30)
    elif how == "while the other's is half published":
        half_published(alice, clock)
    settle(clock, alice, bob, seconds=600, steps=60)


def half_published(alice: Household, clock: Clock) -> None:
    """Have alice sign and write one half of her inventory, and not yet the other."""
    engine, outbox = alice.engine, alice.state.outbox
    engine.follower.step(clock())
    engine.first_day.run(clock())
    clock.forward(121)  # nobody is before her: she does not wait
    lines = [unsaid.n for unsaid in outbox.ready() if isinstance(unsaid.body, LibraryFound)]
    assert len(lines) > 1
    for n in lines[len(lines) // 2 :]:
        alice.state.db.write("UPDATE outbox SET needs='gone', next=? WHERE n=?", (2**62, n))
    engine.last_look.step(clock())
    engine.publisher.flush(clock(), engine.tick())
    alice.state.db.write("UPDATE outbox SET needs='', next=0 WHERE next=?", (2**62,))


def test_every_step_of_the_table_is_a_function(alice_and_bob: tuple[Household, Household]) -> None:
    alice, _ = alice_and_bob
    assert [*alice.engine.first_day._steps.run, "done"] == [step.name for step in STEPS]


@pytest.mark.campaign
@pytest.mark.parametrize("how", STARTS)
def test_two_full_libraries_meet_and_no_flag_changes_in_a_day(tmp_path: Path, clock: Clock, how: str) -> None:
    alice, bob = two(tmp_path, clock)
    before = (flags(alice), flags(bob))
    start(how, clock, alice, bob)
    day(clock, alice, bob)
    assert len(before[0]) == COUNT
    assert (flags(alice), flags(bob)) == before
    assert (alice.writes(), bob.writes()) == ([], [])
    assert (alice.plex.scans, bob.plex.scans) == ([], [])
    assert (alice.waits(), bob.waits()) == ({}, {})
    assert set(alice.events()) == {"library.found"}
    assert sorted(items_of(alice)) == sorted(f"tmdb:{tmdb}" for tmdb in range(1, COUNT + 1))
    # bob tells nothing that he has heard: all of it, or the half that was published when he looked
    assert len(items_of(bob)) == (len(items_of(alice)) - 164 if "half" in how else 0)
    assert len(bob.events()) <= 5
    for house in (alice, bob):
        state = house.state.items.state("movies", "tmdb:7")
        assert (state.present, state.owners, state.terms, state.contributors) == (True, {}, {}, frozenset())


@pytest.mark.parametrize("how", STARTS)
def test_the_first_upgrade_after_the_first_day_makes_one_owner_and_one_unmonitor(
    tmp_path: Path, clock: Clock, how: str
) -> None:
    alice, bob = two(tmp_path, clock, films=60)
    start(how, clock, alice, bob)
    before = (flags(alice), flags(bob))
    remux = f"{FILM_7} Remux-1080p.mkv"
    told = (alice.events(), bob.events())
    alice.radarr.download(7, name=remux, quality="Remux-1080p", size=9000)
    settle(clock, alice, bob)
    unmonitored = (False, *before[1][7][1:])
    assert flags(alice) == before[0]
    assert flags(bob) == before[1] | {7: unmonitored}
    assert alice.writes() == []
    assert bob.writes().count("PUT /api/v3/movie/editor") == 1
    assert set(bob.writes()) == {"PUT /api/v3/movie/editor", "POST /api/v3/command"}
    file = bob.radarr.file(7)
    assert file is not None
    assert (file.relative_path, file.size) == (remux, 9000)
    assert (alice.events(), bob.events()) == ([*told[0], "file.imported"], told[1])
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_a_new_household_is_given_everything_once_a_person_approves_one_hold(
    tmp_path: Path, clock: Clock
) -> None:
    make_drive(tmp_path / "drive")
    alice = Household("alice", tmp_path, tmp_path / "drive", clock)
    bob = Household("bob", tmp_path, tmp_path / "drive", clock)
    alice.trust(bob)
    bob.trust(alice)
    fill(alice, range(1, 101), download=True)
    fill(bob, [*range(1, 21), 501, 502])  # twenty of alice's, and two that wait for a release
    settle(clock, alice, seconds=60, steps=6)
    before = flags(bob)
    settle(clock, alice, bob, seconds=600, steps=60)
    [hold] = bob.state.holds.all()
    assert hold.why == (
        "meeting alice: 20 in common: nothing to do · 2 only here · 80 to add unmonitored · "
        "0 to remove · 0 to unmonitor"
    )
    assert (hold.kind, len(hold.items)) == ("first_adds", 80)
    assert bob.writes() == []
    assert bob.events() == ["item.added", "item.added"]
    bob.state.holds.approve(hold.n)
    bob.state.dirty.mark((("movies", item) for item, _ in hold.items), clock())
    settle(clock, alice, bob, seconds=3600, steps=60)
    assert {tmdb: flag for tmdb, flag in flags(bob).items() if tmdb in before} == before
    rows = bob.radarr.library.movies()
    assert {row.tmdb_id for row in rows} == {*range(1, 101), 501, 502}
    assert not any(row.monitored for row in rows if row.tmdb_id not in before)
    assert all(row.file_id for row in rows if row.tmdb_id <= 100)
    assert {row.tmdb_id for row in alice.radarr.library.movies()} == {*range(1, 101), 501, 502}
    assert bob.state.holds.all() == []
    assert (alice.waits(), bob.waits()) == ({}, {})
    assert (alice.radarr.searches, bob.radarr.searches) == ([], [])


def test_how_far_it_is_is_seen_while_a_large_library_is_given_what_it_lacks(
    tmp_path: Path, clock: Clock
) -> None:
    make_drive(tmp_path / "drive")
    alice = Household("alice", tmp_path, tmp_path / "drive", clock)
    bob = Household("bob", tmp_path, tmp_path / "drive", clock, policy={"first_contact": "go"})
    bob.trust(alice)
    fill(alice, range(1, 101), download=True)
    fill(bob, range(1, 21))
    settle(clock, alice, seconds=60, steps=6)
    seen: list[str] = []
    bob.engine.first_day.watch = lambda day: seen.append(day.progress_text)

    def looks_in_between(request: httpx.Request) -> None:
        if request.method == "POST" and "import" in request.url.path:
            bob.engine.first_day.report_progress()

    bob.radarr.fail = looks_in_between
    settle(clock, alice, bob, seconds=600, steps=60)
    assert [said for said in seen if "processed" in said][:2] == ["processed 0 of 100", "processed 20 of 100"]
    assert seen[-1] == "over"


class Looking(LocalDisk):
    """A disk that writes down what it was asked the size of."""

    def __init__(self, looked: list[str]) -> None:
        super().__init__()
        self._looked = looked

    def sizes_below(self, root: str, paths: Sequence[str]) -> list[int | None]:
        self._looked += paths
        return super().sizes_below(root, paths)


class Asking(Household):
    """A household that writes down, over all its processes, for what it looked on the drive."""

    def make_disk(self) -> Disk:
        self.looked: list[str] = getattr(self, "looked", [])
        return Looking(self.looked)


def test_a_first_day_that_is_cut_off_goes_on_and_looks_for_no_file_again(
    tmp_path: Path, clock: Clock
) -> None:
    films = 2 * BATCH + 50
    make_drive(tmp_path / "drive")
    alice = Asking("alice", tmp_path, tmp_path / "drive", clock)
    fill(alice, range(1, films + 1), download=True)
    seen: list[str] = []
    alice.engine.follower.step(clock())
    while f"comparing {BATCH} of {films}" not in seen:
        alice.engine.first_day.watch = lambda day: seen.append(day.progress_text)
        alice.engine.first_day.step(clock())
    taken = alice.state.libraries.baselined("movies")
    assert len(alice.looked) == BATCH
    clock.forward(HOUR)
    alice.restart()
    seen.clear()
    alice.engine.first_day.watch = lambda day: seen.append(day.progress_text)
    settle(clock, alice, seconds=60, steps=6)
    compared = [said for said in seen if said.startswith("comparing")]
    assert compared == [f"comparing {2 * BATCH} of {films}", f"comparing {films} of {films}"]
    assert sorted(alice.looked) == sorted(set(alice.looked))
    assert len(alice.looked) == films
    assert alice.state.libraries.baselined("movies") == taken
    assert sorted(items_of(alice)) == sorted(f"tmdb:{tmdb}" for tmdb in range(1, films + 1))
    lists = [path for _, path in alice.requests() if path.startswith("/api/v3/movie?")]
    assert len(lists) == 2  # by the first day in each process; the visits take what it read


def test_what_a_peer_owns_and_a_newcomer_monitors_is_asked_before_it_changes(
    alice_and_bob: tuple[Household, Household], tmp_path: Path, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    alice.radarr.download(7)
    settle(clock, alice, bob)
    carol = Household("carol", tmp_path, alice.drive, clock)
    fill(carol, [7])
    for house in (alice, bob):
        house.trust(carol)
        carol.trust(house)
    settle(clock, alice, bob, carol)
    assert carol.shows(7) == (True, True)
    assert carol.writes() == []
    [hold] = carol.state.holds.all()
    assert (hold.kind, hold.peer, hold.items) == ("unmonitors", alice.node, (("tmdb:7", "Film 7"),))
    assert hold.why.startswith("the first day changes nothing that is here already: 1 in common")
    carol.state.holds.approve(hold.n)
    carol.state.dirty.mark([("movies", "tmdb:7")], clock())
    settle(clock, alice, bob, carol)
    assert carol.shows(7) == (False, True)
    assert carol.waits() == {}


def test_a_file_of_this_disk_only_is_counted_and_not_published(tmp_path: Path, clock: Clock) -> None:
    make_drive(tmp_path / "drive")
    alice = Uploading("alice", tmp_path, clock, late=0)
    fill(alice, [7, 8], download=True)
    settle(clock, alice, seconds=300, steps=30)
    [first] = alice.state.first_days.all()
    assert (first.step, first.counts["local"], first.counts["found"]) == ("done", 2, 0)
    assert alice.events() == []
    assert alice.state.uploads.all() == []


def test_files_of_this_disk_are_uploaded_and_published_once_the_user_says_so_and_make_no_owner(
    tmp_path: Path, clock: Clock
) -> None:
    make_drive(tmp_path / "drive")
    alice = Uploading("alice", tmp_path, clock, late=0)
    bob = Household("bob", tmp_path, tmp_path / "drive", clock)
    alice.trust(bob)
    bob.trust(alice)
    fill(alice, [7, 8], download=True)
    settle(clock, alice, bob, seconds=300, steps=30)
    before = flags(alice)
    movies = alice.links["radarr"].arr
    library = alice.engine.first_day._libraries["movies"]
    for files in (2, 0):  # the second time there is nothing new
        queued = queue_existing(library, movies, alice.state, clock())
        assert (queued.files, queued.found) == (files, 0)
    settle(clock, alice, bob)
    assert sorted(items_of(alice)) == ["tmdb:7", "tmdb:8"]
    assert alice.events() == ["library.found", "library.found"]
    assert alice.state.items.state("movies", "tmdb:7").owners == {}
    assert bob.shows(7) == (False, True)
    assert flags(alice) == before
    assert not list((alice.local / "movies").rglob("*.mkv"))
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_an_import_that_came_before_the_first_check_is_an_import(tmp_path: Path, clock: Clock) -> None:
    make_drive(tmp_path / "drive")
    alice = Uploading("alice", tmp_path, clock, late=0)
    bob = Household("bob", tmp_path, tmp_path / "drive", clock)
    alice.trust(bob)
    bob.trust(alice)
    fill(alice, [8], download=True)
    alice.radarr.add(7)
    alice.radarr.download(7, size=64)  # the drive was not mounted yet, but the doors were open
    settle(clock, alice, bob)
    assert alice.events() == ["file.imported"]
    assert alice.state.items.state("movies", "tmdb:7").owner_of("movie") == alice.node
    assert bob.shows(7) == (False, True)
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_an_item_with_hundreds_of_files_is_published_in_several_entries(tmp_path: Path, clock: Clock) -> None:
    make_drive(tmp_path / "drive")
    alice = Household("alice", tmp_path, tmp_path / "drive", clock)
    bob = Household("bob", tmp_path, tmp_path / "drive", clock)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=10, steps=5)
    copies = tuple(
        Copy(path=f"Show/Season 01/Show - S01E{n:03d}.mkv", size=n, units=(f"s1e{n}",)) for n in range(1, 601)
    )
    show = Item(id="tmdb:9", kind="movie", title="Show", year=2001, folder="Show")
    body = LibraryFound(library="elsewhere", items=(Found(item=show, copies=copies),))
    alice.state.outbox.put("", body, "", "was here already", clock(), looked=clock())
    settle(clock, alice, bob, seconds=10, steps=5)
    lines = [row.line for row in bob.state.streams.about("elsewhere", ["tmdb:9"])]
    assert len(lines) > 1
    assert max(len(line) for line in lines) < MAX_LINE * 0.9
    state = bob.state.items.state("elsewhere", "tmdb:9")
    assert len(state.copies) == 600
    assert msgspec.structs.replace(state, seen={}) == msgspec.structs.replace(
        alice.state.items.state("elsewhere", "tmdb:9"), seen={}
    )


def _alone(root: Path, clock: Clock) -> Household:
    make_drive(root / "drive")
    house = Household("alice", root, root / "drive", clock)
    fill(house, [7], download=True)
    return house


def _asks(house: Household) -> tuple[str, ...]:
    me = Me(house.node, house.name, "m")
    return report(house.state, me, [], MountCheck(Availability(available=True))).asks


def test_an_app_that_is_down_or_refuses_the_key_on_the_first_day_needs_the_user(
    tmp_path: Path, clock: Clock
) -> None:
    alice = _alone(tmp_path, clock)

    def down(_request: httpx.Request) -> None:
        raise httpx.ConnectError("connection refused")

    def refused(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"error": "Unauthorized"})

    alice.arrs["radarr"].fail = down
    settle(clock, alice, seconds=60, steps=4)
    (ask,) = _asks(alice)
    assert ask.startswith("movies: the first day waits: Radarr cannot be reached")
    assert "check that Radarr runs, and its url in mesharr.yml" in ask
    alice.arrs["radarr"].fail = refused
    settle(clock, alice, seconds=600, steps=4)
    assert any(ask.startswith("radarr: Radarr refuses the API key") for ask in _asks(alice))
    alice.arrs["radarr"].fail = None
    settle(clock, alice, seconds=600, steps=10)
    assert _asks(alice) == ()
    assert [day.step for day in alice.state.first_days.all()] == ["done"]


def test_a_setting_that_does_harm_is_told_on_the_first_day_though_nothing_is_to_be_done(
    tmp_path: Path, clock: Clock
) -> None:
    alice = _alone(tmp_path, clock)
    alice.radarr.config("importlist")["listSyncLevel"] = "removeAndKeep"
    settle(clock, alice, seconds=600, steps=10)
    (ask,) = _asks(alice)
    assert ask.startswith("radarr: ")
    assert [day.step for day in alice.state.first_days.all()] == ["done"], "it stops nothing"


def test_nobody_waits_for_the_inventory_of_a_peer_that_has_none(tmp_path: Path, clock: Clock) -> None:
    make_drive(tmp_path / "drive")
    alice = Household("alice", tmp_path, tmp_path / "drive", clock)
    bob = Household("bob", tmp_path, tmp_path / "drive", clock)
    assert alice.node < bob.node, "bob would wait for alice"
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, seconds=600, steps=20)
    fill(bob, [7], download=True)
    settle(clock, alice, bob, seconds=30, steps=15)
    assert items_of(bob) == ["tmdb:7"]

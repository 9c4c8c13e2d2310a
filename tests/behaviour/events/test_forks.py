"""Every node cuts a forked stream at its lowest fork, in whatever order it read the files of the branches."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from mesharr.log import layout, mesh
from mesharr.log.codec import Event
from mesharr.log.keys import verifier
from mesharr.log.mesh import Mesh
from mesharr.log.store.folder import DirectoryStore
from mesharr.node.inward.streams.follow import Follower
from mesharr.node.model import Me, Trusted
from mesharr.state.db import Database
from mesharr.state.state import State
from tests.unit.log.samples import (
    ALICE,
    ALICE_NODE,
    BOB,
    BOB_NODE,
    INC,
    MESH,
    CountingDisk,
    chain_of,
    content_of,
    name_of,
)

NOW = 1_790_000_000_000
HOUR_MS = 3_600_000
STREAM = f"{ALICE_NODE}.{INC}"
OURS = chain_of(40)
THEIRS = [*OURS[:12], *chain_of(28, after=OURS[:12], type="item.other")]
"""The other branch: from seq 13 on."""


class Reader:
    """A node that reads alice's stream from a store."""

    def __init__(self, root: Path) -> None:
        self.disk = CountingDisk()
        self.root = root
        self.store = DirectoryStore(str(root), self.disk)
        self.database = Database(":memory:")
        self.now = NOW
        self.start()

    def start(self) -> None:
        """Start with the database as it is."""
        self.state = State(self.database)
        alice = Trusted(ALICE_NODE, "alice", ALICE.public, verifier(ALICE.public))
        own = Trusted(BOB_NODE, "bob", BOB.public, verifier(BOB.public))
        self.follower = Follower(
            Me(BOB_NODE, "bob", MESH),
            own,
            self.store,
            lambda: {ALICE_NODE: alice},
            self.state,
            lambda: f"{BOB_NODE}.00000001",
        )

    def poll(self, times: int = 1, each_ms: int = 60_000) -> None:
        """Read what is new."""
        for _ in range(times):
            self.now += each_ms
            self.follower.step(self.now)

    @property
    def cut(self) -> int | None:
        """The seq from which on alice's stream does not count."""
        return self.state.streams.cuts().forks.get(STREAM)

    def put(self, events: Sequence[Event], *, segment: bool = False) -> Path:
        """Write a file of alice's; return where it is."""
        name = name_of(events)
        where = layout.segment_path(name) if segment else layout.tail_path(name)
        self.store.write(where, content_of(events))
        return self.root / where


@pytest.fixture
def bob(tmp_path: Path) -> Reader:
    """A reader of a new store."""
    reader = Reader(tmp_path / ".mesharr")
    reader.store.create(mesh.encode(Mesh(name="home", id=MESH, made="")))
    return reader


def test_a_fork_that_a_tail_proves_far_up_is_cut_where_the_archive_shows_it_first(bob: Reader) -> None:
    bob.put(OURS[:20], segment=True)
    bob.put(OURS[20:])
    bob.poll()
    bob.put(THEIRS[8:20], segment=True)
    bob.put(THEIRS[20:])
    bob.poll(2)
    assert bob.cut == 13


def test_readers_of_either_branch_cut_it_at_one_seq(bob: Reader) -> None:
    bob.put(OURS[:20], segment=True)
    bob.put(OURS[20:])
    bob.poll()
    carol = Reader(bob.root)
    bob.put(THEIRS[10:30], segment=True)
    bob.put(THEIRS[29:])
    carol.poll(3)
    bob.poll(3)
    assert (bob.cut, carol.cut) == (13, 13)


def test_a_file_that_begins_behind_the_cursor_on_another_branch_has_the_archive_read(bob: Reader) -> None:
    bob.put(OURS[:20])
    bob.poll()
    bob.put(THEIRS[10:20], segment=True)
    bob.put(THEIRS[20:])
    bob.poll(2)
    assert bob.cut == 13


def test_a_cut_falls_when_a_file_that_came_late_shows_an_earlier_fork(bob: Reader) -> None:
    bob.put(OURS)
    bob.poll()
    bob.put(THEIRS[30:])
    bob.poll(2)
    assert bob.cut == 31
    late = bob.put(THEIRS[20:35])
    bob.poll()
    assert bob.cut == 21
    late.unlink()
    bob.put(THEIRS[:30], segment=True)
    bob.put(THEIRS[16:32])
    bob.poll(2)
    assert bob.cut == 13
    (row,) = [row for row in bob.state.streams.all() if row.stream == STREAM]
    assert "forked at 13" in row.why


def test_the_items_that_a_cut_changes_are_dirty_at_once_and_no_others(bob: Reader) -> None:
    for events, cut, changed in (
        (OURS, None, range(1, 41)),
        (THEIRS[30:], 31, range(31, 41)),
        (THEIRS[20:35], 21, range(21, 31)),
    ):
        bob.state.db.write("DELETE FROM dirty")
        bob.put(events)
        bob.poll(2)
        dirty = {item for _, item in bob.state.db.rows("SELECT library, item FROM dirty")}
        assert (bob.cut, dirty) == (cut, {f"tmdb:{number}" for number in changed})


def test_a_fork_of_which_only_segments_are_left_is_found_by_who_reads_them(bob: Reader) -> None:
    bob.put(OURS[:20], segment=True)
    bob.put(THEIRS[10:20], segment=True)
    bob.put(OURS[20:])
    bob.poll(2)
    assert bob.cut == 13


def test_a_new_incarnation_that_closes_a_stream_has_its_archive_read_for_the_other_branch(
    bob: Reader,
) -> None:
    bob.put(OURS)
    bob.poll()
    bob.put(THEIRS[10:30], segment=True)
    bob.poll(2)
    assert bob.cut is None  # who is at the head lists an archive once a day
    opened = chain_of(1, inc="00000002", type="stream.opened", body=b'{"closes":{"%s":40}}' % INC.encode())
    bob.put(opened)
    bob.poll()
    assert bob.cut == 13


def test_a_branch_that_is_in_the_archive_only_is_found_within_a_day_by_who_had_read_past_it(
    bob: Reader,
) -> None:
    bob.put(OURS)
    bob.poll()
    bob.put(THEIRS[10:30], segment=True)
    bob.poll(23, HOUR_MS)
    carol = Reader(bob.root)
    carol.poll()
    bob.disk.calls.clear()
    bob.poll(2, HOUR_MS)
    assert bob.cut == 13
    assert bob.disk.calls.count("listdir") == 3  # a listing of the archive, beside those of the polls
    lower = [*OURS[:5], *chain_of(4, after=OURS[:5], type="item.third")]
    bob.put(lower, segment=True)
    for reader in (bob, carol):
        reader.poll(25, HOUR_MS)
    assert (bob.cut, carol.cut) == (6, 6)


def test_a_branch_in_the_archive_that_was_read_before_the_reader_came_so_far_is_found(bob: Reader) -> None:
    bob.put(OURS[:12])
    bob.poll()
    bob.put(THEIRS[10:20], segment=True)
    bob.poll(2, 25 * HOUR_MS)
    assert bob.cut is None  # nothing that bob has differs
    bob.put(OURS)
    bob.poll(2, 25 * HOUR_MS)
    assert bob.cut == 13


def test_the_archive_of_a_forked_stream_is_read_once(bob: Reader) -> None:
    bob.put(OURS)
    bob.poll()
    bob.put(THEIRS[10:20], segment=True)
    bob.put(THEIRS[20:])
    bob.poll(3)
    bob.disk.calls.clear()
    bob.poll(5)
    assert bob.disk.calls.count("listdir") == 5
    assert "read" not in bob.disk.calls
    bob.start()
    bob.disk.calls.clear()
    bob.poll(5)
    assert bob.disk.calls.count("listdir") == 6
    assert bob.cut == 13


def test_a_segment_that_is_torn_when_the_fork_is_proven_is_read_later(bob: Reader) -> None:
    bob.put(OURS)
    bob.poll()
    torn = bob.put(THEIRS[10:20], segment=True)
    whole = torn.read_bytes()
    torn.write_bytes(whole[:-40])
    bob.put(THEIRS[20:])
    bob.poll(2)
    assert bob.cut == 21
    torn.write_bytes(whole)
    bob.poll(10, HOUR_MS)
    assert bob.cut == 13


def test_a_segment_that_a_stale_listing_lacked_when_the_fork_was_proven_is_read_later(bob: Reader) -> None:
    bob.put(OURS)
    bob.poll()
    bob.put(THEIRS[20:])
    bob.poll(2)
    assert bob.cut == 21
    bob.put(THEIRS[10:20], segment=True)
    bob.poll(20)
    assert bob.cut == 13


def test_forged_names_in_the_archive_of_a_forked_stream_cost_few_reads_a_poll(bob: Reader) -> None:
    bob.put(OURS)
    bob.poll()
    forged = content_of(chain_of(3, key=BOB))
    folder = bob.root / layout.segment_folder(STREAM)
    folder.mkdir(parents=True)
    for number in range(300):
        (folder / f"0000000001-0000000003.{number:08x}.0.jsonl").write_bytes(forged)
    bob.put(THEIRS[10:20], segment=True)
    bob.put(THEIRS[20:])
    bob.disk.calls.clear()
    bob.poll()
    assert bob.disk.calls.count("read") < 60
    bob.poll(20)
    assert bob.cut == 13

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from mesharr.disk.child import LocalDisk
from mesharr.log import layout, mesh
from mesharr.log.codec import Event
from mesharr.log.keys import key_text
from mesharr.log.layout import FileName
from mesharr.log.mesh import Mesh
from mesharr.log.store.folder import DirectoryStore
from mesharr.log.store.fsck import StoreFinding, verify_store
from tests.unit.log.samples import (
    ALICE,
    ALICE_NODE,
    BOB,
    BOB_NODE,
    INC,
    MESH,
    OTHER_MESH,
    chain_of,
    content_of,
    name_of,
)

EVENTS = chain_of(40)
STREAM = f"{ALICE_NODE}.{INC}"
KEYS = {ALICE_NODE: ALICE.public}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A store with one stream: a segment of twenty, and a tail that repeats it."""
    path = tmp_path / ".mesharr"
    made = DirectoryStore(str(path), LocalDisk())
    made.create(mesh.encode(Mesh(name="home", id=MESH, made="")))
    put(path, EVENTS[:20], segment=True)
    put(path, EVENTS)
    return path


def put(
    root: Path, events: list[Event], *, segment: bool = False, k: int = 0, name: FileName | None = None
) -> str:
    """Write a file of events and return its path in the store."""
    name = name or name_of(events, k)
    where = layout.segment_path(name) if segment else layout.tail_path(name)
    DirectoryStore(str(root), LocalDisk()).write(where, content_of(events))
    return where


def check(root: Path, keys: Mapping[str, bytes] = KEYS) -> list[StoreFinding]:
    """Return all that is found."""
    return list(verify_store(DirectoryStore(str(root), LocalDisk()), keys))


def damaged(root: Path, keys: Mapping[str, bytes] = KEYS) -> list[tuple[str, int, str]]:
    """Return where, line and cause of all damage."""
    return [(f.where, f.line, f.cause) for f in check(root, keys) if f.kind == "damaged"]


def spoil(root: Path, where: str, old: bytes, new: bytes) -> None:
    """Replace bytes of a file once."""
    path = root / where
    path.write_bytes(path.read_bytes().replace(old, new, 1))


def test_a_whole_store_is_reported_as_whole(root: Path) -> None:
    assert check(root) == [StoreFinding("whole", STREAM, 0, "40 events, the last is seq 40")]


def test_a_plain_copy_is_checked_like_the_store(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root, tmp_path / "copy")
    assert check(tmp_path / "copy") == check(root)


def test_an_altered_line_is_named_with_file_and_cause(root: Path) -> None:
    where = layout.tail_path(name_of(EVENTS))
    spoil(root, where, b"tmdb:7", b"tmdb:8")
    assert (where, 7, "bad signature") in damaged(root)


def test_one_spoiled_signature_is_found_though_the_chain_vouches_for_its_line(root: Path) -> None:
    where = layout.segment_path(name_of(EVENTS[:20]))
    spoil(root, where, EVENTS[4].line[-50:], EVENTS[5].line[-50:])
    assert damaged(root) == [(where, 5, "bad signature")]


def test_a_cut_file_and_what_is_missing_with_it_are_found(root: Path) -> None:
    where = layout.tail_path(name_of(EVENTS))
    path = root / where
    path.write_bytes(path.read_bytes()[:-300])
    assert damaged(root) == [(where, 40, "no newline at the end, the file is cut")]
    other = put(root, EVENTS[30:], k=1)
    assert (STREAM, 0, "seq 21 to 30 are in no whole file") in damaged(root)
    assert not any(place == other for place, _, _ in damaged(root))


def test_a_fork_is_found_across_files(root: Path) -> None:
    branch = chain_of(4, after=EVENTS[:20], type="item.other")
    where = put(root, [*EVENTS[15:20], *branch])
    found = damaged(root)
    assert len(found) == 1
    assert "fork at seq 21" in found[0][2]
    assert found[0][0] in {where, layout.tail_path(name_of(EVENTS))}


def test_a_branch_that_only_touches_the_rest_is_found_by_its_prev(root: Path) -> None:
    branch = chain_of(50, type="item.other")
    where = put(root, branch[40:])
    assert damaged(root) == [(where, 1, "prev is not the event at seq 40")]


def test_events_of_another_mesh_or_node_are_found(root: Path) -> None:
    other = put(root, chain_of(2, mesh=OTHER_MESH))
    bobs = chain_of(3, key=BOB, node=BOB_NODE)
    moved = put(root, bobs, name=FileName(ALICE_NODE, INC, 1, 3, bobs[-1].id[:8], 0))
    assert (other, 1, f"event of mesh {OTHER_MESH}, this one is {MESH}") in damaged(root)
    assert (moved, 1, f"event of node {BOB_NODE}, the name says {ALICE_NODE}") in damaged(root)


def hello(name: str = "bob", key: bytes = BOB.public) -> bytes:
    """Return the body of a greeting."""
    return b'{"name":"%s","key":"%s"}' % (name.encode(), key_text(key).encode())


def test_a_stream_of_an_unknown_node_is_checked_with_the_key_of_its_greeting(root: Path) -> None:
    where = put(root, chain_of(3, key=BOB, node=BOB_NODE, type="node.hello", body=hello()))
    stream = f"{BOB_NODE}.{INC}"
    assert check(root)[1:] == [
        StoreFinding("untrusted", stream, 0, f"node {BOB_NODE} is not trusted"),
        StoreFinding("whole", stream, 0, "3 events, the last is seq 3"),
    ]
    spoil(root, where, b'"seq":2', b'"seq":3')
    assert (where, 2, "bad signature") in damaged(root)


def test_a_torn_file_that_alone_has_the_greeting_of_an_unknown_node_is_damaged(root: Path) -> None:
    where = put(root, chain_of(2, key=BOB, node=BOB_NODE, type="node.hello", body=hello()))
    (root / where).write_bytes((root / where).read_bytes()[:-1])
    assert damaged(root) == [(where, 2, "no newline at the end, the file is cut")]


def test_without_any_key_given_every_stream_is_untrusted(root: Path) -> None:
    found = check(root, {})
    assert [finding.kind for finding in found] == ["untrusted"]
    assert "no node.hello in it has the key of its node id" in found[0].cause


def test_a_greeting_vouches_only_for_the_key_its_label_was_made_from(root: Path) -> None:
    put(root, chain_of(1, key=BOB, node="eve-00000000", type="node.hello", body=hello("eve")))
    put(root, chain_of(1, key=BOB, node=BOB_NODE, type="node.hello", body=b'{"name":"bob","key":1}'))
    kinds = [(finding.kind, finding.where) for finding in check(root)]
    assert kinds == [
        ("whole", STREAM),
        ("untrusted", f"{BOB_NODE}.{INC}"),
        ("untrusted", f"eve-00000000.{INC}"),
    ]


def test_other_names_are_reported_and_do_no_harm(root: Path) -> None:
    (root / "events" / "desktop.ini").write_text("x")
    (root / "archive" / "notes").mkdir()
    (root / "archive" / STREAM / "x.partial").write_text("x")
    assert [(f.kind, f.where) for f in check(root)] == [
        ("ignored", "events/desktop.ini"),
        ("ignored", f"archive/{STREAM}/x.partial"),
        ("ignored", "archive/notes"),
        ("whole", STREAM),
    ]


def test_a_store_without_a_readable_mesh_json_is_damaged(root: Path) -> None:
    (root / "mesh.json").write_bytes(b"{")
    assert [(where, line) for where, line, _ in damaged(root)] == [("mesh.json", 0)]
    (root / "mesh.json").unlink()
    assert [(where, line) for where, line, _ in damaged(root)] == [("mesh.json", 0)]


def test_a_file_above_4_mib_is_damaged(root: Path) -> None:
    where = layout.tail_path(name_of(EVENTS))
    (root / where).write_bytes(b"x\n" * (3 * 1024 * 1024))
    assert damaged(root)[0][:2] == (where, 0)


def test_a_file_that_is_listed_and_cannot_be_read_is_reported(root: Path) -> None:
    name = name_of(EVENTS[10:30], k=3)
    where = layout.segment_path(name)
    (root / where).mkdir()
    ((place, line, cause),) = damaged(root)
    assert (place, line) == (where, 0)
    assert "is listed and cannot be read" in cause


def test_a_file_that_was_deleted_since_the_listing_is_no_damage(root: Path) -> None:
    class Sweeping(DirectoryStore):
        def read(self, where: str) -> bytes:
            content = super().read(where)
            (root / layout.segment_path(name_of(EVENTS[:20]))).unlink(missing_ok=True)
            return content

    store = Sweeping(str(root), LocalDisk())
    put(root, EVENTS[:10], segment=True)  # is read before the other segment
    assert [finding.kind for finding in verify_store(store, KEYS)] == ["whole"]


def test_a_clock_value_that_does_not_increase_across_two_files_is_found(root: Path) -> None:
    late = chain_of(3, after=EVENTS)
    again = chain_of(1, after=EVENTS, hlc=EVENTS[-1].hlc)
    shutil.rmtree(root / "events")
    put(root, EVENTS)
    where = put(root, again)
    ((place, line, cause),) = damaged(root)
    assert (place, line) == (where, 1)
    assert f"hlc {again[0].hlc} is not after {EVENTS[-1].hlc}" in cause
    (root / where).unlink()
    put(root, late)
    assert damaged(root) == []

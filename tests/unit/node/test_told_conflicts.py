"""What a hello says of files that wait for their user: those that are to be decided, and not too much."""

import msgspec
import pytest

from mesharr.core.events.schema import NodeHello, body_of
from mesharr.core.events.validation import MAX_CONFLICTS
from mesharr.node.outward.stream.hello import CONFLICT_BYTES, conflicts_info
from mesharr.state.queues.upload_conflicts import UploadConflict
from mesharr.state.state import State
from tests.unit.state.samples import BOB, DUNE, MOVIES, NOW, opened


def waiting(state: State, *paths: str, node: str = BOB, item: str = DUNE) -> list[UploadConflict]:
    """Have files wait for their user; return the conflicts."""
    for path in paths:
        state.uploads.put(1, MOVIES, [(path, 9000)], replaces=False, since=NOW)
    return [
        state.upload_conflicts.note(UploadConflict(MOVIES, path, item, node, size=1, since=NOW))
        for path in paths
    ]


def told(state: State) -> list[tuple[str, int]]:
    return [(each.path, each.size) for each in conflicts_info(state, NOW)]


def test_what_is_decided_or_not_known_yet_is_not_told() -> None:
    state = opened()
    waiting(state, "a.mkv")
    waiting(state, "unexplained.mkv", node="")
    (decided,) = waiting(state, "decided.mkv")
    state.upload_conflicts.answer(decided, "keep-mine")
    assert told(state) == [("a.mkv", 9000)]


@pytest.mark.parametrize("path", ["{}.mkv", f"{'x' * 900}{{}}.mkv", "a long name of a film {}.mkv"])
def test_a_hello_stays_short_and_valid(path: str) -> None:
    state = opened()
    waiting(state, *(path.format(number) for number in range(40)))
    found = conflicts_info(state, NOW)
    assert 1 <= len(found) <= MAX_CONFLICTS
    assert len(msgspec.json.encode(found)) <= CONFLICT_BYTES + len("[]")
    hello = NodeHello(name="alice", key="A" * 43, conflicts=found)
    assert body_of("node.hello", msgspec.json.encode(hello)) == hello


def test_items_with_two_files_are_not_read_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    state = opened()
    waiting(state, "a.mkv")
    monkeypatch.setattr(state.conflicts, "all", lambda: pytest.fail("there may be thousands"))
    assert told(state) == [("a.mkv", 9000)]

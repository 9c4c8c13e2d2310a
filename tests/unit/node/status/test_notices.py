"""A rule under `notify:`: which messages, of which libraries and peers, how often, and none twice."""

from collections.abc import Callable
from typing import Any

import pytest

from mesharr.core.errors import Unavailable
from mesharr.core.events.base import Body
from mesharr.core.events.introduction import Introduction
from mesharr.core.events.schema import ItemRemoved, NodeHello, PathConflict
from mesharr.core.hlc import text_of
from mesharr.core.registry.conflicts import Conflict
from mesharr.log.keys import NodeKey, words_of
from mesharr.log.layout import node_id
from mesharr.node.model import Me, Trusted
from mesharr.node.status.notices import CHECK_MS, Notices, NotificationTarget
from mesharr.notify.base import Message
from mesharr.state.state import State
from tests.unit.state.samples import (
    ALICE,
    DUNE,
    MOVIES,
    NOW,
    A,
    B,
    imported,
    opened,
    stored,
    unsigned_are_read,
)

MINUTE, DAY = 60_000, 86_400_000
CAROL = "carol-00000003"


class Node:
    """The notices of one node; what it sends is in `sent`."""

    def __init__(self, state: State, **rule: Any) -> None:
        self.sent: list[Message] = []
        self.state = state
        self.now = NOW
        self.mute = False
        self._seq = 1
        rule = {"on": frozenset({"imported", "removed"}), **rule}
        target = NotificationTarget(id="t", open=lambda: self, **rule)
        me = Me(CAROL, "carol", "0" * 16)
        self.notices = Notices(
            me, [target], lambda: {ALICE: Trusted(ALICE, "alice", b"", lambda *_: True)}, state
        )
        self.check()

    def send(self, message: Message) -> None:
        if self.mute:
            raise Unavailable("nobody takes it")
        self.sent.append(message)

    def say(self, *bodies: Body, stream: str = A) -> None:
        """Apply the next events of a stream."""
        first = self._seq + 1
        self._seq += len(bodies)
        self.state.streams.apply([stored(first + n, body, stream) for n, body in enumerate(bodies)], self.now)

    def check(self, minutes: float = 0) -> None:
        """Let minutes pass, with a check every 30 s; one check at least."""
        for _ in range(max(1, int(minutes * MINUTE / CHECK_MS))):
            self.now += CHECK_MS
            self.notices.step(self.now)

    def texts(self) -> list[str]:
        return [message.text for message in self.sent]


def removed(item: str) -> Body:
    """Return the body that says an item was removed."""
    return ItemRemoved(library=MOVIES, id=item, seen={})


@pytest.fixture
def state() -> State:
    return opened()


def test_a_pack_that_comes_over_minutes_is_one_message(state: State) -> None:
    node = Node(state)
    for number in range(4):
        node.say(imported(f"{number}.mkv"))
        node.check()
    assert node.sent == []
    node.check(1)
    assert node.texts() == ["alice imported Dune (2021) (movies)"]


def test_events_without_a_pause_are_told_after_ten_minutes(state: State) -> None:
    node = Node(state)
    for number in range(22):
        node.say(imported(f"{number}.mkv", item=f"tmdb:{number + 1}"))
        node.check()
    assert len(node.sent) == 1


@pytest.mark.parametrize(
    ("rule", "heard"),
    [
        ({"libraries": frozenset({"tv"})}, False),
        ({"libraries": frozenset({MOVIES})}, True),
        ({"peers": frozenset({"bob"})}, False),
        ({"peers": frozenset({"alice"})}, True),
        ({"peers": frozenset({ALICE})}, True),
        ({"on": frozenset({"removed"})}, False),
    ],
)
def test_a_rule_names_libraries_peers_and_kinds(state: State, rule: dict[str, Any], heard: bool) -> None:
    node = Node(state, **rule)
    node.say(imported("a.mkv"))
    node.check(3)
    assert bool(node.sent) is heard


def test_beyond_its_hourly_number_messages_wait_and_nothing_is_lost_or_doubled(state: State) -> None:
    node = Node(state, most_per_hour=2, gather_ms=0)
    node.say(imported("1.mkv", item="tmdb:1"), removed("tmdb:2"))
    node.check()
    for number in range(3, 6):
        node.say(imported(f"{number}.mkv", item=f"tmdb:{number}"), removed(f"tmdb:1{number}"))
        node.check()
    assert len(node.sent) == 2
    node.check(62)
    assert [message.kind for message in node.sent] == ["imported", "removed"] * 2
    later = "\n".join(node.texts()[2:])
    assert all(f"tmdb:1{number} " in later for number in range(3, 6))
    node.check(62)
    assert len(node.sent) == 4


def test_a_kind_that_fails_is_sent_again_without_the_others(state: State) -> None:
    node = Node(state, gather_ms=0)
    node.say(imported("1.mkv"))
    node.check()
    node.mute = True
    node.say(removed("tmdb:2"))
    node.check()
    node.mute = False
    node.check(3)
    assert [message.kind for message in node.sent] == ["imported", "removed"]


def _conflict(state: State) -> None:
    state.conflicts.put(MOVIES, DUNE, (Conflict(("movie",), ALICE, "a.mkv", "b.mkv", "bob-00000002"),))


def _fork(state: State) -> None:
    state.streams.apply([stored(1, imported("a.mkv"))], NOW)
    state.streams.fork(A, 1, b"{}")


def test_whose_file_is_on_the_drive_is_told_of_another_one_that_waits(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsigned_are_read(monkeypatch)
    state.streams.apply([stored(1, imported("a.mkv"), f"{CAROL}.00000001")], NOW)
    node = Node(state, on=frozenset({"conflict"}))
    waits = PathConflict(library=MOVIES, id=DUNE, path="a.mkv", size=9)
    node.say(NodeHello(name="alice", key="A" * 43, conflicts=(waits,)))
    node.check(5)
    (sent,) = node.sent
    assert sent.kind == "conflict"
    assert "alice waits with another file (9 B): alice decides which one stays" in sent.text


@pytest.mark.parametrize(
    ("happens", "kind", "word"), [(_conflict, "conflict", "b.mkv"), (_fork, "fork", "forked at 1")]
)
def test_a_conflict_and_a_fork_are_kinds_of_their_own(
    state: State, happens: Callable[[State], None], kind: str, word: str
) -> None:
    node = Node(state, on=frozenset({kind, "rejected"}))
    happens(state)
    node.check(5)
    (sent,) = node.sent
    assert sent.kind == kind
    assert word in sent.text


def test_a_peer_that_was_silent_is_back(state: State) -> None:
    node = Node(state, on=frozenset({"peer_silent", "peer_back"}))
    node.say(imported("a.mkv"))
    node.now += 4 * DAY
    node.check()
    state.streams.apply([stored(node._seq + 1, imported("b.mkv"), at=node.now)], node.now)
    node.check(2)
    assert [message.kind for message in node.sent] == ["peer_silent", "peer_back"]
    assert node.sent[1].text == "alice publishes again"


def test_a_peer_that_is_not_trusted_is_not_missed(state: State) -> None:
    node = Node(state, on=frozenset({"peer_silent"}))
    node.say(imported("a.mkv"), stream=B)
    node.now += 4 * DAY
    node.check()
    assert node.sent == []


def _introduced(state: State, key: NodeKey, trusts: str) -> str:
    """Have a node introduce itself that trusts this one; return its label."""
    label = node_id("dave", key.public)
    state.introductions.note(
        Introduction(
            stream=f"{label}.5e2f91aa", key=key.public, trusts=(trusts,), hlc=text_of(NOW), first=1, ids=()
        ),
        NOW,
    )
    return label


def test_who_asks_to_join_is_named_once_with_the_words_of_its_key(state: State) -> None:
    node = Node(state, on=frozenset({"asks_to_join"}))
    keys = [NodeKey(bytes([n]) * 32) for n in (1, 2, 3)]
    asking = [_introduced(state, key, CAROL) for key in keys[:2]]
    stranger = _introduced(state, keys[2], ALICE)
    state.node_warnings.note_unknown([*asking, stranger], NOW)
    node.check(10)
    (sent,) = node.sent
    assert (sent.kind, len(sent.text.splitlines())) == ("asks_to_join", 2)
    assert all(words_of(key.public) in sent.text for key in keys[:2])
    assert "mesharr accept dave" in sent.text
    _introduced(state, keys[2], CAROL)
    node.check(45)
    assert len(node.sent) == 1, "whoever writes to the drive cannot make a message each minute"
    node.check(10)
    assert [words_of(keys[2].public) in message.text for message in node.sent] == [False, True]

"""Notices: the user is notified once of each thing, through each notifier configured for it.

There are two sorts. A lasting condition (an approval, a refusal, a silent peer) is notified when it begins,
and again only after it ended. Events of peers become one message of each kind, once no further one came for a
while.
A notifier that fails is tried again later; nothing else waits for it.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final

import msgspec

from mesharr.core.durations import HOUR_MS
from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.core.events.schema import TYPES
from mesharr.core.text import author_of, name_of, short_names, visible
from mesharr.node.backoff import PollTimes
from mesharr.node.model import Me, PeerList
from mesharr.node.status.conditions import (
    MAX_LINES,
    Condition,
    asking_nodes,
    conflict_conditions,
    end_of,
    lasting_conditions,
)
from mesharr.node.status.peer_report import told_conflicts
from mesharr.notify.base import Message, Notifier
from mesharr.state.events.runs import body_of_content, content_of
from mesharr.state.events.streams import StoredEvent
from mesharr.state.state import State

log = logging.getLogger(__name__)

CHECK_MS = 30_000
"""The time between two checks."""
MAX_EVENTS = 1_000
"""How many events one check reads; of more, the newest."""
LONGEST_GATHERING = 10
"""Events that go on and on are notified after so many times `gather`."""

TITLES: Final[Mapping[str, str]] = {
    "held": "needs your approval",
    "refused": "needs your action",
    "rejected": "rejected a peer's events",
    "fork": "a peer's events fork",
    "conflict": "two files of one thing",
    "peer_silent": "a peer is silent",
    "peer_back": "a peer is back",
    "upload_failed": "an upload is not finished",
    "not_visible": "a peer's file does not show up here",
    "imported": "imported by others",
    "removed": "removed by others",
    "grabbed_elsewhere": "downloaded by others just now",
    "released_elsewhere": "downloads of others that ended",
    "asks_to_join": "somebody asks to join",
    "joined": "a new node",
    "down": "something is down",
    "disk_full": "the disk is full",
    "up_again": "up again",
}
_BEGINNINGS: Final[Mapping[str, frozenset[str]]] = {
    "up_again": frozenset({"down", "disk_full"}),
    "peer_back": frozenset({"peer_silent"}),
}
"""Which conditions end with such a message."""

_HOURLY: Final = frozenset({"asks_to_join"})
"""Of these at most one message an hour: whoever can write to the drive causes any number of them."""
_EVENTS: Final = frozenset({"imported", "removed", "grabbed_elsewhere", "released_elsewhere", "joined"})
"""The messages that name events of peers."""


class NotificationTarget(msgspec.Struct, frozen=True, kw_only=True):
    """One entry under `notify:`."""

    id: str
    """A hash that names it in the state: its settings are secrets."""
    on: frozenset[str]
    """The kinds of messages it is sent."""
    libraries: frozenset[str] = frozenset()
    """Only what concerns one of these; empty: everything."""
    peers: frozenset[str] = frozenset()
    """Only what concerns one of these, by name or node id; empty: everything."""
    gather_ms: int = 60_000
    """How long after an event a further one still comes into the same message."""
    most_per_hour: int = 30
    """How many messages an hour it takes."""
    open: Callable[[], Notifier]
    """Returns the notifier; raises `Refused` when it can never work."""

    def wants(self, kind: str, libraries: Collection[str], node: str) -> bool:
        """Return whether it is sent what concerns these libraries and this peer ("": none)."""
        if kind not in self.on or (self.libraries and self.libraries.isdisjoint(libraries)):
            return False
        return not self.peers or not self.peers.isdisjoint({node, name_of(node)} - {""})


class _Gathering(msgspec.Struct):
    """Events of one kind that wait, for a target, for those that may follow."""

    began: int
    changed: int
    """When the last one came (ms)."""
    place: int
    """The place of the last one."""


class _Pace:
    """When a target was sent messages, and what is gathered for it. It lives in memory."""

    def __init__(self) -> None:
        self._sent: list[int] = []
        self._last: dict[str, int] = {}
        self._gathering: dict[str, _Gathering] = {}

    def has_room(self, most_per_hour: int, now: int) -> bool:
        """Return whether one more message of any kind may be sent within this hour."""
        self._sent = [at for at in self._sent if now - HOUR_MS < at <= now]
        return len(self._sent) < most_per_hour

    def may_be_sent(self, kind: str, now: int) -> bool:
        """Return whether a message of a kind may be sent, as far as that kind has a pace of its own."""
        return kind not in _HOURLY or not now - HOUR_MS < self._last.get(kind, 0) <= now

    def note_sent(self, kind: str, now: int) -> None:
        """Count a message."""
        self._sent.append(now)
        self._last[kind] = now

    def gathered(self, kind: str, place: int, gather_ms: int, now: int) -> bool:
        """Return whether no event of a kind came after the one at this place for long enough."""
        known = self._gathering.setdefault(kind, _Gathering(now, now, place))
        if place != known.place:
            known.changed, known.place = now, place
        if now - known.changed < gather_ms and now - known.began < LONGEST_GATHERING * gather_ms:
            return False
        del self._gathering[kind]
        return True


class Notices:
    """The stage that notifies the user. It only reads what the other stages keep."""

    def __init__(
        self,
        me: Me,
        targets: Sequence[NotificationTarget],
        peers: PeerList,
        state: State,
        full_disk: Callable[[], str] = str,
    ) -> None:
        """Send nothing yet. `full_disk` returns why the database takes no writes, "" when it does."""
        self.targets = tuple(targets)
        self._me = me
        self._peers = peers
        self._state = state
        self._full_disk = full_disk
        self._opened: dict[str, Notifier] = {}
        self._sent: dict[str, set[str]] = {}
        """What each target was notified of: also while the disk is full, which is when it matters most."""
        self._paces: dict[str, _Pace] = defaultdict(_Pace)
        self._times = PollTimes(HOUR_MS, CHECK_MS)

    def step(self, now: int) -> None:
        """Send every target that is due what it was not sent yet."""
        due = [target for target in self.targets if self._times.is_due(target.id, now)]
        lasting = self._lasting(now) if due else {}
        for target in due:
            try:
                self._notify(target, lasting, now)
            except MesharrError as error:
                self._failed(target, error, now)
            else:
                self._times.succeeded(target.id, now + CHECK_MS)
                self._state.refusals.clear(f"notify:{target.id}")

    def next_due(self) -> int | None:
        """Return when a target is due next (ms), None without any."""
        return self._times.next_due(target.id for target in self.targets)

    def _lasting(self, now: int) -> dict[str, Condition]:
        peers = self._peers()
        trusted = [node for node, peer in peers.items() if not peer.frozen]
        asking = asking_nodes(self._state, self._me.node, peers.values())
        told = conflict_conditions(told_conflicts(self._state, self._me.node, trusted))
        return lasting_conditions(self._state, trusted, self._full_disk(), now) | asking | told

    def _failed(self, target: NotificationTarget, error: MesharrError, now: int) -> None:
        tries = self._times.failed(target.id, now)
        if isinstance(error, Refused):
            if self._state.refusals.note(f"notify:{target.id}", error, now):
                log.error("%s", error)
            return
        self._state.refusals.clear(f"notify:{target.id}")
        if tries == 0:
            log.warning("%s; tried again later", error)

    def _notify(self, target: NotificationTarget, lasting: Mapping[str, Condition], now: int) -> None:
        if target.id not in self._opened:
            self._opened[target.id] = target.open()
        pace = self._paces[target.id]
        for message, keep in self._due_messages(target, lasting, now):
            if message is not None:
                if not pace.may_be_sent(message.kind, now):
                    continue
                if not pace.has_room(target.most_per_hour, now):
                    return  # what waits is kept nowhere as sent, so it comes with the next message
                self._opened[target.id].send(message)
                pace.note_sent(message.kind, now)
            keep()

    def _due_messages(
        self, target: NotificationTarget, lasting: Mapping[str, Condition], now: int
    ) -> Iterator[tuple[Message | None, Callable[[], None]]]:
        """Yield each message that is due (None: nothing to send), and what keeps that it was sent."""
        if target.id not in self._sent:
            self._sent[target.id] = set(self._state.sent_notices.sent(target.id))
        sent = self._sent[target.id]
        over = sent - lasting.keys()
        ends = [each for key in sorted(over) if (each := end_of(self._state, key))]
        for kind in _BEGINNINGS:
            lines = [each.line for each in ends if each.kind == kind and _wants(target, each)]
            if lines:
                yield self._message(kind, lines), partial(self._keep, target, sent, over, forget=True)
        yield None, partial(self._keep, target, sent, over, forget=True)
        fresh = {key: each for key, each in lasting.items() if key not in sent}
        for kind in TITLES:
            new = {
                key: each.line for key, each in fresh.items() if each.kind == kind and _wants(target, each)
            }
            if new:
                yield self._message(kind, new.values()), partial(self._keep, target, sent, new.keys())
        ending = {
            kind for end, kinds in _BEGINNINGS.items() if end in target.on for kind in kinds - target.on
        }
        yield None, partial(self._keep, target, sent, {key for key in fresh if fresh[key].kind in ending})
        yield from self._due_events(target, now)

    def _keep(
        self, target: NotificationTarget, sent: set[str], keys: Collection[str], *, forget: bool = False
    ) -> None:
        """Keep, or forget, that a target was notified of lasting conditions, also on a full disk."""
        sent.difference_update(keys) if forget else sent.update(keys)
        kept = self._state.sent_notices
        try:
            kept.forget(target.id, keys) if forget else kept.note_sent(target.id, keys)
        except Unavailable as error:
            log.debug("%s", error)

    def _due_events(
        self, target: NotificationTarget, now: int
    ) -> Iterator[tuple[Message | None, Callable[[], None]]]:
        """Yield a message of each kind for the events applied since the last one of that kind.

        The first check only notes where the events end.
        """
        kept = self._state.sent_notices
        before = {kind: kept.place(f"{target.id}:{kind}") for kind in sorted(_EVENTS & target.on)}
        known = [at for at in before.values() if at is not None]
        rows = self._state.streams.newest(MAX_EVENTS if known else 1, min(known, default=0))
        lines: dict[str, list[str]] = defaultdict(list)
        last: dict[str, int] = {}
        for at, event in rows if known else ():
            kind = self._kind(event)
            after = before.get(kind)
            if after is not None and at > after and (line := self._line(target, kind, event)):
                lines[kind].append(line)
                last[kind] = at
        for kind, after in before.items():
            end = rows[-1][0] if rows else 0
            keep = partial(kept.note_place, f"{target.id}:{kind}", end)
            if kind not in lines:
                if after is None or end - after > MAX_EVENTS // 2:
                    yield None, keep
            elif self._paces[target.id].gathered(kind, last[kind], target.gather_ms, now):
                yield self._message(kind, lines[kind]), keep

    def _kind(self, event: StoredEvent) -> str:
        """Return the kind of message for an event, "" for none."""
        if author_of(event.stream) == self._me.node:
            return ""
        if event.seq == 1:
            return "joined"
        body = TYPES.get(event.type)
        return body.notice if body else ""

    def _line(self, target: NotificationTarget, kind: str, event: StoredEvent) -> str:
        """Return the line of an event for a target, "" when the target does not want it."""
        node = author_of(event.stream)
        body = body_of_content(content_of(event.line))
        touched = tuple(body.touched_items()) if body else ()
        if not target.wants(kind, {library for library, _ in touched}, node):
            return ""
        name = short_names([self._me.node, *self._peers(), node])[node]
        if body is None or not touched:
            return f"{name} joined" if event.seq == 1 else name
        library, item = touched[0]
        found = self._state.items.state(library, item).item
        note = f": {body.note}" if body.note and kind != "released_elsewhere" else ""  # the deed says it
        return f"{name} {body.deed(found.called if found else item)} ({library}){note}"

    def _message(self, kind: str, lines: Iterable[str]) -> Message:
        known = list(dict.fromkeys(lines))
        shown = [visible(line) for line in known[:MAX_LINES]]
        if len(known) > MAX_LINES:
            command = "history" if kind in _EVENTS else "status"
            shown.append(f"... and {len(known) - MAX_LINES} more: mesharr {command}")
        return Message(kind, f"mesharr {self._me.name}: {TITLES[kind]}", "\n".join(shown))


def _wants(target: NotificationTarget, condition: Condition) -> bool:
    return target.wants(condition.kind, {condition.library} - {""}, condition.node)

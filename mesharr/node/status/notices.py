"""Notices: what a person wants to hear of, told once at each place that asked for it.

There are two sorts. What *holds* (a group that waits, a refusal, a silent peer) is told when it begins, and
again only after it ended. What *happened* at the peers is told in one message of a sort for all events
applied since the last look. A place that takes nothing is tried again; nothing else waits for it.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from mesharr.core.errors import MesharrError, Refused
from mesharr.core.events.schema import TYPES, body_of
from mesharr.core.hlc import text_of
from mesharr.log import codec
from mesharr.node.backoff import DAY_MS, wait_ms
from mesharr.node.model import Me
from mesharr.node.ownership import is_gone
from mesharr.node.trust import PeerList
from mesharr.notify.base import Message, Notifier
from mesharr.state.events.streams import StoredEvent
from mesharr.state.state import State

log = logging.getLogger(__name__)

LOOK_MS = 30_000
HOUR_MS = 3_600_000
SILENT_MS = 3 * DAY_MS
"""A living node says hello daily."""
MOST = 1_000
"""How many events are looked at in one go; of more, the newest."""
LINES = 10
"""How many things a message names."""

TITLES: Final[Mapping[str, str]] = {
    "held": "waits for your approval",
    "refused": "needs you",
    "rejected": "does not believe a file",
    "peer_silent": "hears nothing of a peer",
    "upload_failed": "an upload does not end",
    "imported": "imported by others",
    "removed": "removed by others",
    "grabbed_elsewhere": "downloaded by others just now",
    "joined": "a new node",
}


class NotificationTarget(msgspec.Struct, frozen=True):
    """Where people are told, and of which words of `notify: on:`. `id` names it here: its url is a secret.

    `open` raises `Refused` when nothing can ever be told there.
    """

    id: str
    on: frozenset[str]
    open: Callable[[], Notifier]


class Notices:
    """The stage that tells people. It only reads what the other stages keep."""

    def __init__(self, me: Me, places: Sequence[NotificationTarget], peers: PeerList, state: State) -> None:
        self.places = tuple(places)
        self._me = me
        self._peers = peers
        self._state = state
        self._opened: dict[str, Notifier] = {}
        self._due: dict[str, int] = {}
        self._tries: dict[str, int] = {}

    def step(self, now: int) -> None:
        """Tell every place what it has not been told; one that failed is left alone for a while."""
        due = [place for place in self.places if self._due.get(place.id, 0) <= now]
        found = self._standing(now) if due else {}
        for place in due:
            self._due[place.id] = now + LOOK_MS
            try:
                self._tell(place, found)
            except MesharrError as error:
                self._failed(place, error, now)
            else:
                self._tries.pop(place.id, None)
                self._state.refusals.clear(f"notify:{place.id}")

    def next_due(self) -> int | None:
        """Return when a place is looked at next (ms), None without any."""
        return min((self._due.get(place.id, 0) for place in self.places), default=None)

    def _failed(self, place: NotificationTarget, error: MesharrError, now: int) -> None:
        tries = self._tries.get(place.id, 0)
        self._tries[place.id] = tries + 1
        self._due[place.id] = now + wait_ms(tries, HOUR_MS, LOOK_MS)
        if isinstance(error, Refused):
            if self._state.refusals.note(f"notify:{place.id}", error, now):
                log.error("%s", error)
            return
        self._state.refusals.clear(f"notify:{place.id}")
        if tries == 0:
            log.warning("%s; told later", error)

    def _tell(self, place: NotificationTarget, found: Mapping[str, tuple[str, str]]) -> None:
        if place.id not in self._opened:
            self._opened[place.id] = place.open()
        notifier = self._opened[place.id]
        told = self._state.sent_notices.sent(place.id)
        self._state.sent_notices.forget(place.id, told - found.keys())
        for kind in TITLES.keys() & place.on:
            fresh = {key: line for key, (of, line) in found.items() if of == kind and key not in told}
            if fresh:
                notifier.send(self._message(kind, fresh.values()))
                self._state.sent_notices.note_sent(place.id, fresh)
        self._tell_happened(place, notifier)

    def _tell_happened(self, place: NotificationTarget, notifier: Notifier) -> None:
        before = self._state.sent_notices.place(place.id)
        rows = self._state.streams.newest(1 if before is None else MOST, before or 0)
        if before is not None:
            lines: dict[str, list[str]] = defaultdict(list)
            for _, event in rows:
                if (kind := self._kind(event)) in place.on:
                    lines[kind].append(self._line(event))
            for kind, each in lines.items():
                notifier.send(self._message(kind, each))
        if rows or before is None:
            self._state.sent_notices.note_place(place.id, rows[-1][0] if rows else 0)

    def _kind(self, event: StoredEvent) -> str:
        """Return the word of what happened, "" for nothing to tell."""
        if _node_of(event.stream) == self._me.node:
            return ""
        if event.seq == 1:
            return "joined"
        body = TYPES.get(event.type)
        return body.notice if body else ""

    def _line(self, event: StoredEvent) -> str:
        node = _node_of(event.stream)
        body = body_of(event.type, codec.parse(event.line).body)
        titles = []
        for library, item in body.touched_items() if body else ():
            described = self._state.items.state(library, item).item
            titles.append(f"{described.title if described else item} ({library})")
        return f"{node}: {', '.join(titles)}" if titles else node

    def _message(self, kind: str, lines: Iterable[str]) -> Message:
        known = list(dict.fromkeys(lines))
        shown = known[:LINES]
        if len(known) > LINES:
            shown.append(f"... and {len(known) - LINES} more: mesharr status")
        return Message(kind, f"mesharr {self._me.name}: {TITLES[kind]}", "\n".join(shown))

    def _standing(self, now: int) -> dict[str, tuple[str, str]]:
        """Return what holds now: (word, line) by a key that is the same as long as it holds."""
        state = self._state
        found = {
            f"held:{hold.n}": (
                "held",
                f"{hold.why} ({len(hold.items)} in {hold.library}): mesharr approve {hold.n}",
            )
            for hold in state.holds.all()
            if not hold.approved
        }
        for subject, what, fix, _ in state.refusals.all():
            found[f"refused:{subject}"] = ("refused", f"{what}: {fix}" if fix else what)
        late = [upload for upload in state.uploads.all() if now - upload.since > DAY_MS]
        for upload in late:
            line = f"{upload.library}: {upload.path}: {upload.why}"
            found[f"upload:{upload.library}:{upload.path}"] = ("upload_failed", line)
        return found | self._of_peers(now)

    def _of_peers(self, now: int) -> dict[str, tuple[str, str]]:
        streams, found = self._state.streams, {}
        trusted = {node: peer for node, peer in self._peers().items() if not peer.frozen}
        heard: dict[str, str] = {}
        closed = streams.closed()
        for row in streams.all():
            node = _node_of(row.stream)
            heard[node] = max(heard.get(node, ""), row.hlc if row.seq else "")
            if row.why and row.stream not in closed and node in trusted:
                found[f"stopped:{row.stream}"] = ("rejected", f"{row.stream}: {row.why}")
        for place, why, since in self._state.quarantine.all():
            if now - since > HOUR_MS:
                found[f"aside:{place}"] = ("rejected", f"{place}: {why}")
        for node in trusted:
            if is_gone(self._state, node):
                continue
            if (last := heard.get(node, "")) and last < text_of(now - SILENT_MS):
                line = f"{node} was last heard {last[:19]}Z: ask whether mesharr runs there"
                found[f"silent:{node}"] = ("peer_silent", line)
        return found


def _node_of(stream: str) -> str:
    return stream.rpartition(".")[0]

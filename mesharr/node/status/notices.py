"""Notices: the user is notified once of each thing, through each notifier configured for it.

There are two sorts. A lasting state (a hold, a refusal, a silent peer) is notified when it begins, and again
only after it ended. Events of peers become one message of each kind for all events applied since the last
check. A notifier that fails is tried again later; nothing else waits for it.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.core.events.schema import TYPES, body_of
from mesharr.core.hlc import text_of
from mesharr.core.text import visible
from mesharr.log import codec
from mesharr.node.backoff import DAY_MS, HOUR_MS, PollTimes
from mesharr.node.library_items import title_of
from mesharr.node.missing_items import all_asked, asked_questions
from mesharr.node.model import Me, PeerList
from mesharr.node.ownership import has_left
from mesharr.node.status.outages import known_outages, name_of, reason_text
from mesharr.node.status.report import approval_text, refusal_text
from mesharr.notify.base import Message, Notifier
from mesharr.state.events.streams import StoredEvent
from mesharr.state.state import State

log = logging.getLogger(__name__)

CHECK_MS = 30_000
"""The time between two checks."""
SILENT_MS = 3 * DAY_MS
"""After how long without a hello a peer counts as silent: a running node sends one daily."""
DOWN_MS = 5 * 60_000
"""How long something is down before the user is notified: an app that is updated is back sooner."""
MAX_EVENTS = 1_000
"""How many events one check reads; of more, the newest."""
MAX_LINES = 10
"""How many things a message names."""

TITLES: Final[Mapping[str, str]] = {
    "held": "needs your approval",
    "refused": "needs your action",
    "rejected": "rejected a peer's events",
    "peer_silent": "a peer is silent",
    "upload_failed": "an upload is not finished",
    "imported": "imported by others",
    "removed": "removed by others",
    "grabbed_elsewhere": "downloaded by others just now",
    "released_elsewhere": "downloads of others that ended",
    "joined": "a new node",
    "down": "something is down",
    "up_again": "up again",
}


class NotificationTarget(msgspec.Struct, frozen=True):
    """One entry under `notify:`."""

    id: str
    """A hash that names it in the state: its settings are secrets."""
    on: frozenset[str]
    """The kinds of messages it is sent."""
    open: Callable[[], Notifier]
    """Returns the notifier; raises `Refused` when it can never work."""


class Notices:
    """The stage that notifies the user. It only reads what the other stages keep."""

    def __init__(
        self,
        me: Me,
        places: Sequence[NotificationTarget],
        peers: PeerList,
        state: State,
        full_disk: Callable[[], str] = str,
    ) -> None:
        """Send nothing yet. `full_disk` returns why the database takes no writes, "" when it does."""
        self.places = tuple(places)
        self._me = me
        self._peers = peers
        self._state = state
        self._full_disk = full_disk
        self._opened: dict[str, Notifier] = {}
        self._sent: dict[str, set[str]] = {}
        """What each target was notified of: also while the disk is full, which is when it matters most."""
        self._times = PollTimes(HOUR_MS, CHECK_MS)

    def step(self, now: int) -> None:
        """Send every target that is due what it was not sent yet."""
        due = [place for place in self.places if self._times.is_due(place.id, now)]
        lasting = self._lasting(now) if due else {}
        for place in due:
            try:
                self._notify(place, lasting)
            except MesharrError as error:
                self._failed(place, error, now)
            else:
                self._times.succeeded(place.id, now + CHECK_MS)
                self._state.refusals.clear(f"notify:{place.id}")

    def next_due(self) -> int | None:
        """Return when a target is due next (ms), None without any."""
        return self._times.next_due(place.id for place in self.places)

    def _failed(self, place: NotificationTarget, error: MesharrError, now: int) -> None:
        tries = self._times.failed(place.id, now)
        if isinstance(error, Refused):
            if self._state.refusals.note(f"notify:{place.id}", error, now):
                log.error("%s", error)
            return
        self._state.refusals.clear(f"notify:{place.id}")
        if tries == 0:
            log.warning("%s; tried again later", error)

    def _notify(self, place: NotificationTarget, lasting: Mapping[str, tuple[str, str]]) -> None:
        if place.id not in self._opened:
            self._opened[place.id] = place.open()
        notifier = self._opened[place.id]
        if place.id not in self._sent:
            self._sent[place.id] = set(self._state.sent_notices.sent(place.id))
        sent = self._sent[place.id]
        over = sent - lasting.keys()
        ended = sorted(key.removeprefix(_DOWN) for key in over if key.startswith(_DOWN))
        if ended and "up_again" in place.on:
            lines = (f"{name_of(subject)} answers again" for subject in ended)
            notifier.send(self._message("up_again", lines))
        self._keep(place, sent, over, forget=True)
        for kind in TITLES.keys() & place.on:
            fresh = {key: line for key, (of, line) in lasting.items() if of == kind and key not in sent}
            if fresh:
                notifier.send(self._message(kind, fresh.values()))
                self._keep(place, sent, fresh.keys())
        if "up_again" in place.on and "down" not in place.on:
            self._keep(place, sent, {key for key in lasting if key.startswith(_DOWN)} - sent)
        self._notify_events(place, notifier)

    def _keep(
        self, place: NotificationTarget, sent: set[str], keys: Collection[str], *, forget: bool = False
    ) -> None:
        """Keep, or forget, that a target was notified of lasting states, also on a full disk."""
        sent.difference_update(keys) if forget else sent.update(keys)
        kept = self._state.sent_notices
        try:
            kept.forget(place.id, keys) if forget else kept.note_sent(place.id, keys)
        except Unavailable as error:
            log.debug("%s", error)

    def _notify_events(self, place: NotificationTarget, notifier: Notifier) -> None:
        """Send a message of each kind for the events applied since the last check.

        The first check only notes where the events end.
        """
        before = self._state.sent_notices.place(place.id)
        rows = self._state.streams.newest(1 if before is None else MAX_EVENTS, before or 0)
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
        """Return the kind of message for an event, "" for none."""
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
            titles.append(f"{title_of(self._state, library, item)} ({library})")
        note = f": {body.note}" if body and body.note else ""
        return f"{node}: {', '.join(titles)}{note}" if titles else node

    def _message(self, kind: str, lines: Iterable[str]) -> Message:
        known = list(dict.fromkeys(lines))
        shown = [visible(line) for line in known[:MAX_LINES]]
        if len(known) > MAX_LINES:
            shown.append(f"... and {len(known) - MAX_LINES} more: mesharr status")
        return Message(kind, f"mesharr {self._me.name}: {TITLES[kind]}", "\n".join(shown))

    def _lasting(self, now: int) -> dict[str, tuple[str, str]]:
        """Return (kind, line) of each lasting state, by a key that stays the same while it lasts."""
        state = self._state
        found = {f"held:{hold.n}": ("held", approval_text(hold)) for hold in state.holds.all() if hold.waits}
        for subject, what, fix, _ in state.refusals.all():
            found[f"refused:{subject}"] = ("refused", refusal_text(what, fix))
        for upload in state.uploads.all():
            if now - upload.since > DAY_MS:
                line = f"{upload.library}: {upload.path}: {upload.why}"
                found[f"upload:{upload.library}:{upload.path}"] = ("upload_failed", line)
        for subject, outage in known_outages(state, self._full_disk()).items():
            if now - outage.since >= DOWN_MS:
                found[f"{_DOWN}{subject}"] = ("down", f"{name_of(subject)}: {reason_text(outage.why)}")
        for line in asked_questions(all_asked(state), MAX_LINES):
            found[f"asked:{line}"] = ("refused", line)
        return found | self._lasting_of_peers(now)

    def _lasting_of_peers(self, now: int) -> dict[str, tuple[str, str]]:
        streams, found = self._state.streams, {}
        trusted = {node: peer for node, peer in self._peers().items() if not peer.frozen}
        last_seen: dict[str, str] = {}
        closed = streams.closed()
        for row in streams.all():
            node = _node_of(row.stream)
            last_seen[node] = max(last_seen.get(node, ""), row.hlc if row.seq else "")
            if row.why and row.stream not in closed and node in trusted:
                found[f"stopped:{row.stream}"] = ("rejected", f"{row.stream}: {row.why}")
        aside = [(place, why) for place, why, since in self._state.quarantine.all() if now - since > HOUR_MS]
        for place, why in aside[:MAX_LINES]:
            found[f"quarantine:{place}"] = ("rejected", f"{place}: {why}")
        if len(aside) > MAX_LINES:
            found["quarantine:many"] = (
                "rejected",
                "many files of the store do not verify: see mesharr status",
            )
        for node in trusted:
            if has_left(self._state, node):
                continue
            if (last := last_seen.get(node, "")) and last < text_of(now - SILENT_MS):
                line = f"{node} has published nothing since {last[:19]}Z: ask whether mesharr runs there"
                found[f"silent:{node}"] = ("peer_silent", line)
        return found


_DOWN = "down:"
"""How the keys of outages begin."""


def _node_of(stream: str) -> str:
    return stream.rpartition(".")[0]

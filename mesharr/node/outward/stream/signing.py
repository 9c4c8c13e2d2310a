"""Sign the next facts of this node's stream, before the transaction that keeps them.

To fold the items, to sign and to encode may take long, and webhooks wait for a transaction. So all of it is
done on what was read at one time; the transaction begins by looking whether that is still so.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from mesharr.core import hlc
from mesharr.core.detect.already_published import is_published
from mesharr.core.errors import Rejected
from mesharr.core.events.schema import Body, StreamOpened
from mesharr.core.registry.item_state import ItemState
from mesharr.log.codec import Event
from mesharr.node.model import Me
from mesharr.node.scan_state import folders_waiting_for, scan_targets
from mesharr.state.deciding import ItemName
from mesharr.state.events.item_facts import ItemFacts
from mesharr.state.events.runs import PlacedEvent
from mesharr.state.events.streams import StoredEvent
from mesharr.state.queues.outbox import OutboxEntry
from mesharr.state.state import State

Sign = Callable[[Body, str, int, str, int], Event]
"""Returns the event of a body, stream, seq, id of the event before it, and now (ms)."""


class Basis(msgspec.Struct, frozen=True):
    """What signed facts are made of: they may be kept while it is the same."""

    seq: int
    prev: str
    """The id of the event before them."""
    clock: str
    """The clock value of the event that this node signed last."""
    entries: tuple[OutboxEntry, ...]
    """The facts, in order."""
    items: Mapping[ItemName, ItemFacts]
    """The events about their items."""


class SignedFact(msgspec.Struct, frozen=True):
    """One fact, and what became of it."""

    entry: OutboxEntry
    event: StoredEvent | None = None
    """The event to keep, None for none."""
    error: Rejected | None = None
    """Why no event can state the fact; None without an event: it was published before."""


class SignedFacts(msgspec.Struct):
    """Facts that are signed and not kept yet."""

    basis: Basis
    facts: list[SignedFact] = []
    clock: str = ""
    """The clock value of the last event."""
    scanned: dict[ItemName, Mapping[str, str]] = {}
    """By item the folders whose scan is requested, as `scan_targets` returns them."""


class Signing:
    """Signs facts with the key of this node."""

    def __init__(self, me: Me, state: State, sign: Sign, at_once: int, fresh_ms: int) -> None:
        """Sign facts about `at_once` items together, by `sign`.

        The drive was as each states at most `fresh_ms` ago.
        """
        self._at_once = at_once
        self._fresh_ms = fresh_ms
        self._me = me
        self._sign = sign
        self._items = _Items({})
        self._clock = self._newest = hlc.ZERO
        self._state = state

    def next(self, stream: str, now: int) -> SignedFacts:
        """Return the next facts of a stream, signed; none when no fact is ready."""
        with self._state.db.reading():
            basis = self._basis(stream, now)
            ahead = hlc.text_of(now + hlc.MAX_AHEAD_MS, 9999)
            self._newest = self._state.streams.newest_hlc(ahead)
        signed = SignedFacts(basis)
        self._items, self._clock = _Items(basis.items), basis.clock
        seq, prev = basis.seq, basis.prev
        for entry in basis.entries:
            fact = self._signed(entry, stream, (seq + 1, prev), now)
            signed.facts.append(fact)
            if fact.event is not None:
                self._items.add(fact.event)
                seq, prev = fact.event.seq, fact.event.id
        signed.clock, signed.scanned = self._clock, self._items.scanned(self._state)
        return signed

    def tick(self, now: int) -> str:
        """Return the clock value of the event that is being signed."""
        self._clock = hlc.tick(now, self._clock, self._newest)
        return self._clock

    def state(self, item: ItemName) -> ItemState:
        """Return the state of an item with the events that were signed before the present one."""
        return self._items.state(item)

    def is_current(self, stream: str, basis: Basis, now: int) -> bool:
        """Return whether signed facts may be kept: what they are made of is the same."""
        versions = {each: facts.version for each, facts in basis.items.items()}
        return (
            self._state.streams.cursor(stream) == (basis.seq, basis.prev)
            and self._state.own_streams.clock() == basis.clock
            and self._entries(now, begins=not basis.seq) == basis.entries
            and all(self._state.items.version(*each) == version for each, version in versions.items())
        )

    def _basis(self, stream: str, now: int) -> Basis:
        seq, prev = self._state.streams.cursor(stream)
        entries = self._entries(now, begins=not seq)
        about = dict.fromkeys(item for entry in entries for item in entry.body.touched_items())
        items = {each: self._state.items.facts(*each) for each in about}
        return Basis(seq, prev, self._state.own_streams.clock(), entries, items)

    def _entries(self, now: int, *, begins: bool) -> tuple[OutboxEntry, ...]:
        """Return the facts to be signed next, which are about few items, or one fact.

        A stream that begins has its `stream.opened` first.
        """
        facts: list[OutboxEntry] = []
        items = 0
        first = StreamOpened.type_name if begins else ""
        for entry in self._state.outbox.ready(self._at_once, first, looked_since=now - self._fresh_ms):
            if items >= self._at_once:
                break
            facts.append(entry)
            items += max(1, len(entry.body.touched_items()))
        return tuple(facts)

    def _signed(self, entry: OutboxEntry, stream: str, after: tuple[int, str], now: int) -> SignedFact:
        if self._is_published(entry.body):
            return SignedFact(entry)
        seq, prev = after
        try:
            event = self._sign(entry.body, stream, seq, prev, now)
        except Rejected as error:
            return SignedFact(entry, error=error)
        about = entry.body.touched_items()
        stored = StoredEvent(stream, event.seq, event.id, event.hlc, event.type, event.line, about)
        return SignedFact(entry, stored)

    def _is_published(self, body: Body) -> bool:
        """Return whether this node published a fact before: its database is an old copy."""
        if body.in_new_incarnation != "recheck_files":
            return False
        return all(is_published(body, self.state(each), self._me.node) for each in body.touched_items())


_AFTER_ALL: Final = 2**62
"""A place behind every event that was applied: what is signed is applied next."""


class _Items:
    """The items of facts: as they are before, and with the events that are signed already."""

    def __init__(self, before: Mapping[ItemName, ItemFacts]) -> None:
        self._before = before
        self._facts = dict(before)
        self._states: dict[ItemName, ItemState] = {}
        self._touched: dict[ItemName, ItemState] = {}

    def state(self, item: ItemName) -> ItemState:
        """Return the state of an item with the events signed so far."""
        if item not in self._states:
            self._states[item] = self._facts[item].folded()
        return self._states[item]

    def add(self, event: StoredEvent) -> None:
        """Take a signed event into account."""
        placed = PlacedEvent(_AFTER_ALL + event.seq, event.stream, event.seq, event.id, event.line)
        for item, facts in self._facts.items():
            library, _ = item
            about = {id_ for of, id_ in event.items if of == library}.intersection(facts.events)
            if not about:
                continue
            self._touched.setdefault(item, self.state(item))
            more = {id_: [*facts.events[id_], placed] for id_ in about}
            self._facts[item] = msgspec.structs.replace(facts, events={**facts.events, **more})
            self._states.pop(item, None)

    def scanned(self, state: State) -> dict[ItemName, Mapping[str, str]]:
        """Return by item the folders whose scan an own event has requested: intake has queued them.

        The folders that waited before it still have to be scanned for the change of a peer.
        """
        found: dict[ItemName, Mapping[str, str]] = {}
        for item, before in self._touched.items():
            waiting = folders_waiting_for(state, before, *item)
            targets = scan_targets(self.state(item))
            found[item] = {mark: folder for mark, folder in targets.items() if folder not in waiting}
        return found

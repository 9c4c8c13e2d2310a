"""List what happened, newest first, in plain words and with how far each event is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from mesharr.core.events.base import ActivityKind
from mesharr.core.events.schema import Body, ItemBody, activity_of
from mesharr.core.hlc import time_text
from mesharr.core.text import author_of, name_of, printable, short_names
from mesharr.node.status.model import PeerReport
from mesharr.node.status.peer_report import own_stream, peer_reports
from mesharr.state.events.runs import body_of_content, content_of
from mesharr.state.events.timeline import AppliedEvent
from mesharr.state.peers import Peer
from mesharr.state.queues.outbox import OutboxEntry
from mesharr.state.state import State

PAGE = 50
"""Entries of one page."""
LOOKED_AT = 2_000
"""Events that one request reads at most: what is searched for may be rare."""
WAITING = 50
"""Entries that are not published yet and listed at most."""
HIDDEN: Final[ActivityKind] = "hello"
"""The kind that is listed only when it is asked for: each node states it every hour."""


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One stage of the way of an event."""

    name: str
    done: bool
    at: str = ""
    """When it was done, "" when that is not known."""
    why: str = ""
    """Why it is not done, or what else is to be said of it."""


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened."""

    place: int
    """Its number in the order in which this node applied events, 0 while it is not published."""
    at: str
    """When its author published it, by the author's clock; of what is not published, when it was decided."""
    node: str
    """The author."""
    name: str
    """The author as users call it."""
    mine: bool
    """Whether this node is the author."""
    kind: ActivityKind
    """added, imported, changed, removed, download, claimed, node, hello or other."""
    library: str
    """"" for what is about no library."""
    item: str
    """The id of the one item it is about, "" for none or several."""
    title: str
    """The title of that item."""
    text: str
    """What the author did, to follow its name: `imported Dune (2021) Bluray-2160p`."""
    reason: str
    """Why it happened, or why it waits; "" when there is nothing to say."""
    stages: tuple[Stage, ...]


class ActivityFilter(msgspec.Struct, frozen=True):
    """Which activity is listed; "" for any."""

    node: str = ""
    """The id or the name of a node."""
    library: str = ""
    kind: str = ""

    def fits(self, node: str, kind: str, libraries: Iterable[str]) -> bool:
        """Return whether something of this author, kind and these libraries is listed."""
        return (
            (not self.node or self.node in {node, name_of(node)})
            and (kind == self.kind if self.kind else kind != HIDDEN)
            and (not self.library or self.library in libraries)
        )


class ActivityDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, newest first."""

    activity: tuple[Activity, ...]
    older: int
    """What to ask for as `before` to go on, 0 at the end."""


class _Reader:
    """What is read once for all entries of a page."""

    def __init__(self, state: State, node: str, peers: Sequence[Peer]) -> None:
        self._state = state
        self._node = node
        self._own = own_stream(state, node)
        self._peers = [peer for peer in peer_reports(state, node, peers) if not (peer.frozen or peer.left)]
        self.names = short_names([node, *(peer.node for peer in peers)])
        self._titles: dict[tuple[str, str], str] = {}

    def entry(self, applied: AppliedEvent, body: Body | None, type_name: str, hlc: str) -> Activity:
        """Return an event as an entry."""
        event = applied.event
        node = author_of(event.stream)
        mine = node == self._node
        library, item, title = self._about(body)
        return Activity(
            place=event.place,
            at=f"{hlc[:19]}Z",
            node=node,
            name=self.names.get(node) or node,
            mine=mine,
            kind=activity_of(type_name),
            library=library,
            item=item,
            title=title,
            text=body.deed(title) if body else f"published {type_name}, which this version does not know",
            reason=printable(body.note or str(getattr(body, "reason", ""))) if body else "",
            stages=tuple(
                self._own_stages(event.stream, event.seq, hlc)
                if mine
                else self._stages(applied, hlc, library, item)
            ),
        )

    def waiting(self, entry: OutboxEntry) -> Activity:
        """Return what this node decided on and has not published as an entry."""
        library, item, title = self._about(entry.body)
        return Activity(
            place=0,
            at=time_text(entry.since),
            node=self._node,
            name=self.names.get(self._node) or self._node,
            mine=True,
            kind=activity_of(entry.body.type_name),
            library=library,
            item=item,
            title=title,
            text=entry.body.deed(title),
            reason=entry.cause,
            stages=(
                Stage(name="noticed", done=True, at=time_text(entry.since)),
                Stage(name=_NEEDS.get(entry.needs, "published"), done=False, why=entry.why),
            ),
        )

    def _about(self, body: Body | None) -> tuple[str, str, str]:
        """Return the library and the one item that a body is about, and the item's title."""
        if body is None:
            return "", "", ""
        library, items = body.library, [item for _, item in body.touched_items()]
        if not items or (len(set(items)) > 1 and not isinstance(body, ItemBody)):
            return library, "", ""
        item = items[0]
        described = body.item_in((item,))
        return library, item, described.called if described else self._title(library, item)

    def _title(self, library: str, item: str) -> str:
        key = (library, item)
        if key not in self._titles:
            row = self._state.catalogue.get(library, item)
            self._titles[key] = row.title if row else item
        return self._titles[key]

    def _stages(self, applied: AppliedEvent, hlc: str, library: str, item: str) -> Iterator[Stage]:
        """Yield the stages of a peer's event."""
        yield Stage(name="published", done=True, at=f"{hlc[:19]}Z")
        yield Stage(name="received here", done=True, at=time_text(applied.applied))
        if item:
            dirty = self._state.dirty.get(library, item)
            why = (dirty.why or "its turn is to come") if dirty else ""
            yield Stage(name="done here", done=dirty is None or dirty.is_done, why=why)

    def _own_stages(self, stream: str, seq: int, hlc: str) -> Iterator[Stage]:
        """Yield the stages of an event of this node."""
        yield Stage(name="published", done=True, at=f"{hlc[:19]}Z")
        if stream == self._own and self._peers:
            yield _confirmed(self._peers, self.names, seq)


_NEEDS: Mapping[str, str] = {
    "drive": "uploaded",
    "gone": "confirmed as deleted",
    "again": "confirmed again",
}


def _confirmed(peers: Sequence[PeerReport], names: Mapping[str, str], seq: int) -> Stage:
    waits = [names.get(peer.node, peer.node) for peer in peers if peer.acknowledged < seq]
    why = f"not confirmed by {', '.join(waits)} yet" if waits else ""
    return Stage(name="confirmed by the others", done=not waits, why=why)


def activity_document(
    state: State, node: str, peers: Sequence[Peer], what: ActivityFilter, before: int = 0, limit: int = PAGE
) -> ActivityDocument:
    """Return what happened before a place (0: until now), what is not published yet first.

    It costs a few queries an entry, and no fold.
    """
    reader = _Reader(state, node, peers)
    entries = [] if before else list(_waiting(state, reader, node, what))
    older = 0
    for looked, applied in enumerate(state.timeline.before(before), 1):
        entry = _fitting(reader, applied, what)
        if entry:
            entries.append(entry)
        if len(entries) >= limit or looked >= LOOKED_AT:
            older = applied.event.place
            break
    return ActivityDocument(activity=tuple(entries), older=older if older > 1 else 0)


def item_history(
    state: State, node: str, peers: Sequence[Peer], library: str, item: str, limit: int = PAGE
) -> tuple[Activity, ...]:
    """Return the newest events about one item, and what is not published of it."""
    reader = _Reader(state, node, peers)
    found = [reader.waiting(entry) for entry in state.outbox.of(library, item)]
    for applied in state.timeline.about(library, state.items.ids(library, item), limit):
        content = content_of(applied.event.line)
        found.append(reader.entry(applied, body_of_content(content), content.type, content.hlc))
    return tuple(found)


def _fitting(reader: _Reader, applied: AppliedEvent, what: ActivityFilter) -> Activity | None:
    content = content_of(applied.event.line)
    node = author_of(applied.event.stream)
    if not what.fits(node, activity_of(content.type), (what.library,)):
        return None  # without its body, which costs the most
    body = body_of_content(content)
    if what.library and what.library not in _libraries(body):
        return None
    return reader.entry(applied, body, content.type, content.hlc)


def _libraries(body: Body | None) -> frozenset[str]:
    if body is None:
        return frozenset()
    return frozenset((body.library, *(library for library, _ in body.touched_items())))


def _waiting(state: State, reader: _Reader, node: str, what: ActivityFilter) -> Iterator[Activity]:
    for entry in state.outbox.newest(WAITING):
        if what.fits(node, activity_of(entry.body.type_name), _libraries(entry.body)):
            yield reader.waiting(entry)

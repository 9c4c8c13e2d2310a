"""The part of the report about peers, and about how far this node's own events are."""

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from mesharr.core.events.schema import NodeHello, UploadsInfo
from mesharr.core.hlc import time_text
from mesharr.core.paths import same_key
from mesharr.core.text import author_of, quantity, short_names, size_text
from mesharr.log import keys, layout, writer
from mesharr.node.conflict_notes import ConflictReport
from mesharr.node.library_items import title_of
from mesharr.node.ownership import former_nodes, has_left, hello_event, hello_in, newest_hello
from mesharr.node.status.list_model import PeerUploads
from mesharr.node.status.model import EventCounts, PeerReport
from mesharr.state.events.streams import StreamRow
from mesharr.state.peers import Peer
from mesharr.state.state import State


def fingerprint(key: str) -> str:
    """Return 16 hex digits of a key's hash; the first 8 are those of its node's label."""
    return hashlib.sha256(keys.parse_key(key) or b"").hexdigest()[:16]


def words(key: str) -> str:
    """Return the fingerprint of a key in words."""
    return keys.words_of(keys.parse_key(key) or b"")


# -- peers


def peer_reports(state: State, node: str, peers: Iterable[Peer]) -> tuple[PeerReport, ...]:
    """Return a report of each peer. `node` is this node's label, "" while it is not known."""
    rows, known = state.streams.all(), tuple(peers)
    names = short_names([*filter(None, [node]), *(peer.node for peer in known)])
    reports = (
        _peer(state, node, peer, [row for row in rows if author_of(row.stream) == peer.node])
        for peer in known
    )
    return tuple(msgspec.structs.replace(each, called=names[each.node]) for each in reports)


def _peer(state: State, node: str, peer: Peer, rows: Sequence[StreamRow]) -> PeerReport:
    told = hello_event(state, rows)
    hello, left = hello_in(told), has_left(state, peer.node)
    is_former_self = peer.node in former_nodes(state, node, [peer.node])
    applied = [row.hlc for row in rows if row.seq]
    forks, closed = state.streams.cuts().forks, state.streams.closed()
    reasons = [
        f"{row.why}; its owner continues in another" if row.stream in closed else row.why for row in rows
    ]
    return PeerReport(
        node=peer.node,
        name=peer.name,
        fingerprint=fingerprint(peer.key),
        words=words(peer.key),
        since=peer.since,
        frozen=peer.frozen or None,
        lag=sum(max(0, row.head - row.seq) for row in rows if row.stream not in forks),
        last_seen=_time(max(applied)) if applied else "",
        acknowledged=_acknowledged(state, node, hello),
        trusts_me=node in hello.trusts if hello and node and not is_former_self else None,
        version=hello.version if hello else "",
        why="; ".join(filter(None, reasons)) or _gap(rows),
        left=left,
        adopted=_adopted(state, peer, left=left),
        uploads=None if left or not (told and hello) else _uploads(hello.uploads, told.hlc),
        is_former_self=is_former_self,
    )


def _adopted(state: State, peer: Peer, *, left: bool) -> str:
    """Return since when nothing is left to adopt of a peer, "" while there may be something.

    A peer that came back after that and went again may own something again.
    """
    if not (left or peer.frozen):
        return ""
    adopted = time_text(state.node_warnings.adopted().get(peer.node, 0))
    gone = _time(state.streams.cuts().left[peer.node][0]) if left else peer.frozen
    return adopted if adopted >= gone else ""


def _uploads(info: UploadsInfo, at: str) -> PeerUploads | None:
    """Return what a peer said of its daily limit in a hello of a time (HLC), None without one."""
    if not info.limit:
        return None
    return PeerUploads(limit=info.limit, sent=info.sent, waiting=info.waiting, at=_time(at))


def _time(hlc: str) -> str:
    return f"{hlc[:19]}Z"


def _gap(rows: Iterable[StreamRow]) -> str:
    since = min((row.gap_since for row in rows if row.gap_since), default=0)
    return f"its next events are not readable here since {time_text(since)}" if since else ""


def told_conflicts(state: State, node: str, peers: Iterable[str]) -> tuple[ConflictReport, ...]:
    """Return the files of peers that wait because one of this node's is at their path.

    Each peer names its own in its hello; what it says of a file that this node did not bring is left out.
    """
    found: list[ConflictReport] = []
    for peer in sorted(peers):
        hello = newest_hello(state, peer)
        for each in hello.conflicts if hello and not has_left(state, peer) else ():
            living = state.items.state(each.library, each.id).copies.get(same_key(each.path))
            if living is None or living.brought_by != node:
                continue
            called = state.names.called(peer)
            waits = f"{called} waits with another file ({size_text(each.size)})"
            what = f"{each.path} is on the drive as this household brought it, and {waits}"
            found.append(
                ConflictReport(
                    library=each.library,
                    item=each.id,
                    title=title_of(state, each.library, each.id),
                    units=living.copy.units,
                    owner=node,
                    kept=living.copy.path,
                    kept_node=node,
                    kept_size=living.copy.size,
                    other=each.path,
                    other_node=peer,
                    other_size=each.size,
                    node=peer,
                    what=what,
                    fix=f"{called} decides which one stays",
                )
            )
    return tuple(found)


def _acknowledged(state: State, node: str, hello: NodeHello | None) -> int:
    """Return the number of the last own event a hello acknowledges, 0 for one of another branch."""
    mine = own_stream(state, node)
    seq, id_ = hello.heads.get(mine, (0, "")) if hello else (0, "")
    return seq if seq and state.streams.known_id(mine, seq) == id_ else 0


def own_stream(state: State, node: str) -> str:
    """Return the name of this node's present stream, which may have no event yet."""
    return f"{node}.{state.own_streams.incarnation()}"


# -- my own stream


def events_of(state: State, node: str, peers: Sequence[PeerReport]) -> EventCounts:
    """Return how far this node's own events are; `peers` are those whose events it reads."""
    mine = own_stream(state, node)
    head, _ = state.streams.cursor(mine)
    files = [
        file
        for file in state.own_files.all()
        if (name := layout.parse_path(file.place)) and name.stream == mine
    ]
    read = max((peer.acknowledged for peer in peers), default=0)
    ranges = [(1, read), *((file.first, file.last) for file in files if file.confirmed)]
    confirmed = _covered(ranges)
    tails = sum(not file.confirmed and file.place.startswith(f"{layout.EVENTS}/") for file in files)
    queue = state.store.get().uploading
    slow = (
        f"{quantity(tails, 'file is', 'files are')} not confirmed by the store yet"
        if tails >= writer.MAX_UNCONFIRMED
        else ""
    )
    return EventCounts(
        queued=head - confirmed,
        confirmed=confirmed,
        acknowledged=min((peer.acknowledged for peer in peers if not peer.left), default=0),
        slow=slow,
        new_stream=_new_stream(state.own_streams.opened(mine), state.own_streams.teller(mine)),
        uploading=f"waiting in the mount's upload queue ({queue})" if queue else "",
    )


def _new_stream(opened: int, teller: str) -> str:
    if not opened:
        return ""
    if teller:
        return (
            f"a new stream since {time_text(opened)}: {teller} says that it has read events of this node "
            "that its database lacks, which nothing on the drive proves; what waited is proven again and "
            "published"
        )
    return (
        f"a new stream since {time_text(opened)}: the store had events of this node that its database "
        "lacked (restored, damaged, or copied to another machine); they are read back, and nothing is undone"
    )


def _covered(ranges: Iterable[tuple[int, int]]) -> int:
    """Return how many seqs lie in at least one range."""
    count = reached = 0
    for first, last in sorted(ranges):
        count += max(0, last - max(first - 1, reached))
        reached = max(reached, last)
    return count

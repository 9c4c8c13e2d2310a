"""What this node can say of itself: read from its state, written nowhere.

Nothing here asks an arr, the store or a mount: who has looked at those hands in what was seen (`Seen`).
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from mesharr.core import hlc
from mesharr.core.events import NodeHello, body_of
from mesharr.log import codec, keys, layout, writer
from mesharr.node.audit import UPLOADING
from mesharr.node.away import aways
from mesharr.node.doubled import doubled
from mesharr.node.library import Me
from mesharr.node.lost import lost_asks, lost_items
from mesharr.node.reported import (
    Answer,
    AsideFile,
    EventCounts,
    FailingApp,
    FirstDayReport,
    GrabReport,
    HeldItem,
    HoldReport,
    LostItem,
    PeerReport,
    Refusal,
    Report,
    ScanReport,
    Seen,
    Stranger,
    UploadReport,
    WaitingItem,
    WrongClock,
)
from mesharr.node.takeover import is_gone
from mesharr.state.grabs import Grab
from mesharr.state.items import Dirty
from mesharr.state.peers import Peer
from mesharr.state.state import State
from mesharr.state.streams import Stored, StreamRow

MANY_LOST = 20


def report(state: State, me: Me, peers: Sequence[Peer], seen: Seen, many_lost: int = MANY_LOST) -> Report:
    """Return how this node stands now. More lost items of a library than `many_lost` are one line."""
    streams = state.streams.all()
    known = peer_reports(state, me.node, peers)
    frozen = {peer.node for peer in peers if peer.frozen}
    return Report(
        node=me.node,
        name=me.name,
        mesh=me.mesh,
        mesh_name=seen.mesh_name,
        left=is_gone(state, me.node),
        store=_store(state, seen.store),
        libraries=seen.libraries,
        failing=_failing(state),
        peers=known,
        unknown=strangers(state, peers),
        queue=_queue(state),
        first_days=_first_days(state),
        events=_events(state, me.node, [peer for peer in known if not peer.frozen]),
        holds=holds(state),
        refused=_refused(state),
        uploads=uploads_of(state),
        waiting=_waiting(state),
        grabs=_grabs(state),
        scans=_scans(state),
        lost=lost_items(state),
        doubled=doubled(state),
        clocks=tuple(WrongClock(*each) for each in sorted(state.notes.named("clock:").items())),
        rejected=tuple(AsideFile(place, why, time_text(since)) for place, why, since in state.aside.all()),
        counters=state.counters.all(),
        asks=_asks(state, [row for row in streams if row.stream.rpartition(".")[0] not in frozen], many_lost),
    )


def time_text(ms: int) -> str:
    """Return a time in ms as text, "" for 0."""
    return f"{hlc.text_of(ms)[:19]}Z" if ms else ""


def fingerprint(key: str) -> str:
    """Return 16 hex digits that two people can compare; the first 8 are those of the node's label."""
    return hashlib.sha256(keys.parse_key(key) or b"").hexdigest()[:16]


# -- peers


def peer_reports(state: State, node: str, peers: Iterable[Peer]) -> tuple[PeerReport, ...]:
    """Return how each peer stands. `node` is this node's label, "" while it is not known."""
    rows = state.streams.all()
    return tuple(
        _peer(state, node, peer, [row for row in rows if row.stream.rpartition(".")[0] == peer.node])
        for peer in peers
    )


def _peer(state: State, node: str, peer: Peer, rows: Sequence[StreamRow]) -> PeerReport:
    hello = _hello(state, rows)
    applied = [row.hlc for row in rows if row.seq]
    forks, closed = state.streams.cuts().forks, state.streams.closed()
    told = [f"{row.why}; its owner goes on in another" if row.stream in closed else row.why for row in rows]
    return PeerReport(
        node=peer.node,
        name=peer.name,
        fingerprint=fingerprint(peer.key),
        since=peer.since,
        frozen=peer.frozen or None,
        lag=sum(max(0, row.head - row.seq) for row in rows if row.stream not in forks),
        last_seen=f"{max(applied)[:19]}Z" if applied else "",
        acknowledged=_acknowledged(state, node, hello),
        trusts_me=node in hello.trusts if hello and node else None,
        version=hello.version if hello else "",
        why="; ".join(why for row, why in zip(rows, told, strict=True) if row.why) or _gap(rows),
        left=is_gone(state, peer.node),
    )


def _gap(rows: Iterable[StreamRow]) -> str:
    since = min((row.gap_since for row in rows if row.gap_since), default=0)
    return f"what follows is not readable here since {time_text(since)}" if since else ""


def newest_hello(state: State, node: str) -> NodeHello | None:
    """Return what a peer last said of itself, None before its first hello."""
    return _hello(state, [row for row in state.streams.all() if row.stream.rpartition(".")[0] == node])


def _hello(state: State, rows: Iterable[StreamRow]) -> NodeHello | None:
    """Return the newest hello of a peer, whose stream may have several incarnations."""
    found = [each for row in rows if (each := state.streams.latest(row.stream, "node.hello"))]
    body = _body(max(found, key=lambda each: each.hlc)) if found else None
    return body if isinstance(body, NodeHello) else None


def _body(event: Stored) -> object:
    return body_of(event.type, codec.parse(event.line).body)


def _acknowledged(state: State, node: str, hello: NodeHello | None) -> int:
    """Return the seq of mine that a hello names; an id that is not mine names another branch."""
    mine = own_stream(state, node)
    seq, id_ = hello.heads.get(mine, (0, "")) if hello else (0, "")
    return seq if seq and state.streams.known_id(mine, seq) == id_ else 0


def own_stream(state: State, node: str) -> str:
    """Return the name of this node's present stream, which may have no event yet."""
    return f"{node}.{state.notes.get('inc')}"


def strangers(state: State, peers: Iterable[Peer]) -> tuple[Stranger, ...]:
    """Return the nodes that write to this mesh and were never trusted here."""
    known = {peer.node for peer in peers}
    found = state.notes.named("unknown:")
    return tuple(
        Stranger(node, time_text(int(at))) for node, at in sorted(found.items()) if node not in known
    )


# -- my own stream


def _events(state: State, node: str, peers: Sequence[PeerReport]) -> EventCounts:
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
    queue = state.notes.get(UPLOADING)
    slow = f"{tails} tails wait to be confirmed by the store" if tails >= writer.MAX_UNCONFIRMED else ""
    return EventCounts(
        queued=head - confirmed,
        confirmed=confirmed,
        acknowledged=min((peer.acknowledged for peer in peers), default=0),
        slow=slow,
        anew=_anew(state.notes.get(f"opened:{mine}")),
        uploading=f"waiting in the mount's upload queue ({queue})" if queue else "",
    )


def _anew(opened: str) -> str:
    if not opened:
        return ""
    return (
        f"a new stream since {time_text(int(opened))}: the store knew events of this node that its database "
        "lacked (restored, lost, or copied to another machine); they are read back, nothing is undone by it"
    )


def _covered(ranges: Iterable[tuple[int, int]]) -> int:
    """Return how many seqs lie in at least one range."""
    count = reached = 0
    for first, last in sorted(ranges):
        count += max(0, last - max(first - 1, reached))
        reached = max(reached, last)
    return count


# -- what waits


def _store(state: State, seen: Answer) -> Answer:
    said, lacks = state.notes.get("store:why"), state.notes.get("store:lacks")
    if seen.alive and said:
        return Answer(alive=True, why=f"when last used: {said}")
    return Answer(alive=True, why=lacks) if seen.alive else seen


def _failing(state: State) -> tuple[FailingApp, ...]:
    return tuple(
        FailingApp(app, time_text(away.since), time_text(away.last), away.why)
        for app, away in aways(state).items()
    )


def _first_days(state: State) -> tuple[FirstDayReport, ...]:
    return tuple(
        FirstDayReport(
            library=day.library,
            step=day.step,
            doing=day.said,
            done=day.done,
            total=day.total,
            since=time_text(day.since),
            why=day.why,
            counts=dict(day.counts),
            met=dict(day.met),
        )
        for day in state.first_days.all()
    )


def _queue(state: State) -> dict[str, int]:
    facts = state.outbox.count()
    return {
        "hints": state.inbox.count(),
        "to_tell": facts.get("ready", 0),
        "for_the_drive": facts.get("drive", 0),
        "to_prove_gone": facts.get("gone", 0),
        "uploads": len(state.outbox.uploads()),
        "items": len(state.items.dirty()),
        "scans": len(state.scans.all()),
        "held": sum(len(hold.items) for hold in state.holds.all() if not hold.approved),
    }


def holds(state: State) -> tuple[HoldReport, ...]:
    """Return every hold, the approved ones that are still worked on among them."""
    return tuple(
        HoldReport(
            n=hold.n,
            peer=hold.peer,
            library=hold.library,
            kind=hold.kind,
            since=time_text(hold.since),
            why=hold.why,
            approved=hold.approved,
            items=tuple(HeldItem(item, title) for item, title in hold.items),
        )
        for hold in state.holds.all()
    )


def _refused(state: State) -> tuple[Refusal, ...]:
    return tuple(
        Refusal(subject, what, mend, time_text(since)) for subject, what, mend, since in state.refusals.all()
    )


def uploads_of(state: State) -> tuple[UploadReport, ...]:
    """Return what is on its way to the drive."""
    return tuple(
        UploadReport(
            library=upload.library,
            path=upload.path,
            size=upload.size,
            phase=upload.phase,
            done=upload.done,
            speed=upload.speed,
            since=time_text(upload.since),
            tries=upload.tries,
            why=upload.why,
        )
        for upload in state.outbox.uploads()
    )


def _waiting(state: State) -> tuple[WaitingItem, ...]:
    return tuple(
        WaitingItem(
            library=dirty.library,
            item=dirty.item,
            title=dirty.title or dirty.item,
            state=dirty.state,
            why=dirty.why,
            since=time_text(dirty.since),
            next=time_text(dirty.next),
            tries=dirty.tries,
        )
        for dirty in state.items.dirty()
    )


def _scans(state: State) -> tuple[ScanReport, ...]:
    return tuple(
        ScanReport(
            scanner=scan.scanner,
            library=scan.library,
            folder=scan.folder,
            since=time_text(scan.since),
            next=time_text(scan.due),
            why=scan.why,
            refused=scan.refused,
        )
        for scan in state.scans.all()
    )


def _asks(state: State, streams: Iterable[StreamRow], many_lost: int) -> tuple[str, ...]:
    """Return what waits for a person, a line each, with what to do."""
    asks = [
        f"hold {hold.n}: {hold.why} ({len(hold.items)} in {hold.library}): mesharr approve {hold.n}"
        for hold in state.holds.all()
        if not hold.approved
    ]
    titles = {f"item:{dirty.library}:{dirty.item}": _named(dirty) for dirty in state.items.dirty()}
    refused = [(titles.get(each.subject) or _about(each.subject), _said(each)) for each in _refused(state)]
    asks += _refusals(refused)
    lost = lost_items(state)
    asks += lost_asks(lost, many_lost)
    asks += _outrun(_grabs(state))
    told: Mapping[tuple[str, str], LostItem] = {(each.library, each.item): each for each in lost}
    asks += [
        f"{_named(dirty)}: {dirty.why}"
        for dirty in state.items.dirty()
        if dirty.state == "stuck" and (dirty.library, dirty.item) not in told
    ]
    # a fork whose owner went on in another stream is history: nobody has to do anything about it
    mended = state.streams.cuts().forks.keys() & state.streams.closed()
    return (*asks, *(f"{row.stream}: {row.why}" for row in streams if row.why and row.stream not in mended))


def _grabs(state: State) -> tuple[GrabReport, ...]:
    groups: dict[tuple[str, str, str], list[Grab]] = defaultdict(list)
    for grab in state.grabs.all():
        groups[grab.library, grab.item, grab.first].append(grab)
    found: list[GrabReport] = []
    for (library, item, first), grabs in groups.items():
        described = state.items.state(library, item).item
        title = described.title if described else item
        units = tuple(grab.unit for grab in grabs)
        since = time_text(min(grab.since for grab in grabs))
        found.append(GrabReport(library, item, title, units, since, first))
    return tuple(found)


def _outrun(grabs: Iterable[GrabReport]) -> list[str]:
    """Return a line for each item this node downloads although a peer began before."""
    return [
        f"{each.library}: {each.title} ({' '.join(each.units)}): {each.first} downloads it too, and was first"
        ": remove the download here, or leave both to it"
        for each in grabs
        if each.first
    ]


def _refusals(refused: Iterable[tuple[str, str]]) -> list[str]:
    """Return a line for each thing that was said, of however many subjects."""
    subjects: dict[str, list[str]] = defaultdict(list)
    for subject, said in refused:
        subjects[said].append(subject)
    return [
        f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {said}"
        for said, names in subjects.items()
    ]


def _about(subject: str) -> str:
    """Return what a refusal is about, as a person calls it: `app:radarr` gives `radarr`."""
    kind, _, name = subject.partition(":")
    if kind == "notify":
        return "notify"  # its name is a hash
    return f"uploads of {name}" if kind == "upload" else name or kind


def _said(refusal: Refusal) -> str:
    return f"{refusal.what}: {refusal.mend}" if refusal.mend else refusal.what


def _named(dirty: Dirty) -> str:
    return f"{dirty.library}: {dirty.title or dirty.item}"

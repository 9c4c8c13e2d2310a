"""Compute the report of `mesharr status` from this node's state.

Nothing here makes a request or touches a disk: the caller has checked the mounts (`MountCheck`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from mesharr.core.events.schema import UnitClaimed
from mesharr.core.hlc import time_text
from mesharr.core.text import author_of, quantity
from mesharr.node.conflict_notes import ConflictReport, conflict_questions, known_conflicts
from mesharr.node.library_items import title_of
from mesharr.node.missing_items import all_asked, all_missing, asked_questions, missing_questions
from mesharr.node.model import Me
from mesharr.node.ownership import has_left
from mesharr.node.status.introductions import unknown_nodes
from mesharr.node.status.list_model import BlockedUploads, HoldReport
from mesharr.node.status.lists import LISTED, holds, upload_limits, uploads_of
from mesharr.node.status.model import (
    Availability,
    FailingApp,
    FirstDayReport,
    GrabReport,
    MountCheck,
    PeerReport,
    QuarantinedFile,
    Refusal,
    Report,
    ScanReport,
    TrashReport,
    WaitingItem,
    WrongClock,
)
from mesharr.node.status.outages import down_of, reason_text, subject_name
from mesharr.node.status.peer_report import events_of, peer_reports, told_conflicts
from mesharr.state.events.streams import StreamRow
from mesharr.state.grabs import Grab
from mesharr.state.holds import Hold
from mesharr.state.peers import Peer
from mesharr.state.queues.dirty import Dirty
from mesharr.state.queues.outbox import OutboxEntry
from mesharr.state.state import State

MANY_MISSING = 20
"""Up to so many missing items of a library are a line each."""


def report(
    state: State,
    me: Me,
    peers: Sequence[Peer],
    mounts: MountCheck,
    many_missing: int = MANY_MISSING,
    now: int = 0,
    most_uploads: int = LISTED,
) -> Report:
    """Return the report of this node.

    More than `many_missing` missing items of a library are one line of what needs the user's action.
    `now` (ms) is for what was uploaded in the last day. At most `most_uploads` uploads are listed (-1: all).
    """
    known = peer_reports(state, me.node, peers)
    frozen = {peer.node for peer in peers if peer.frozen}
    streams = [row for row in state.streams.all() if author_of(row.stream) not in frozen]
    # read once: on a first day thousands of items wait
    dirty, held, down = state.dirty.all(), holds(state.holds, state.names), down_of(state, mounts)
    reasons, totals = [each.why for each in down if each.why], state.uploads.totals()
    scans, grabs = _scans(state), _grabs(state)
    followed = [peer.node for peer in peers if not peer.frozen]
    conflicts = (*known_conflicts(state, now), *told_conflicts(state, me.node, followed))
    unfinished = sum(not each.is_done for each in dirty)
    asks = _asks(state, streams, dirty, grabs, conflicts, many_missing)
    return Report(
        node=me.node,
        name=me.name,
        mesh=me.mesh,
        mesh_name=mounts.mesh_name or state.node.get().mesh_name,
        left=has_left(state, me.node),
        store=_store(state, mounts.store),
        libraries=mounts.libraries,
        down=down,
        failing=_failing(state),
        peers=known,
        unknown=unknown_nodes(state, me.node, peers),
        queue=_queue(state, unfinished, held, totals.count, len(scans)),
        first_days=_first_days(state),
        events=events_of(state, me.node, [peer for peer in known if not peer.frozen]),
        holds=held,
        refused=_refused(state),
        uploads=uploads_of(state.uploads, most_uploads, reasons),
        upload_totals=totals,
        blocked_uploads=_blocked_uploads(state, reasons),
        upload_limits=upload_limits(state.uploads, state.node, now),
        waiting=_waiting(state, dirty),
        grabs=grabs,
        scans=scans,
        trash=_trash(state),
        missing=all_missing(state),
        asked=all_asked(state),
        conflicts=conflicts,
        clocks=_wrong_clocks(state, me.node, known),
        rejected=_quarantined(state),
        counters=state.counters.all(),
        asks=(*_refused_mounts(state, mounts), *asks),
    )


# -- what waits


def _store(state: State, checked: Availability) -> Availability:
    """Return the availability of the store, with what went wrong when it was last used."""
    known = state.store.get()
    if checked.available and known.why:
        return Availability(available=True, why=f"when last used: {known.why}")
    return Availability(available=True, why=known.lacks) if checked.available else checked


def _wrong_clocks(state: State, me: str, peers: Iterable[PeerReport]) -> tuple[WrongClock, ...]:
    """Return the clocks that are ahead, but of nodes that are gone: nobody sets those any more."""
    present = {me, *(peer.node for peer in peers if not (peer.frozen or peer.left))}
    clocks = state.node_warnings.wrong_clocks()
    return tuple(WrongClock(node, clock) for node, clock in clocks.items() if node in present)


def _failing(state: State) -> tuple[FailingApp, ...]:
    return tuple(
        FailingApp(name, time_text(outage.since), time_text(outage.last), outage.why)
        for subject, outage in state.outages.all().items()
        for kind, _, name in (subject.partition(":"),)
        if kind == "app"
    )


def _first_days(state: State) -> tuple[FirstDayReport, ...]:
    return tuple(
        FirstDayReport(
            library=day.library,
            step=day.step,
            doing=day.progress_text,
            done=day.done,
            total=day.total,
            since=time_text(day.since),
            why=day.why,
            counts=dict(day.counts),
            met=dict(day.met),
        )
        for day in state.first_days.all()
    )


def _queue(state: State, items: int, held: Iterable[HoldReport], uploads: int, scans: int) -> dict[str, int]:
    facts = state.outbox.count()
    return {
        "hints": state.inbox.count(),
        "to_tell": facts.get("ready", 0),
        "for_the_drive": facts.get("drive", 0),
        "to_prove_gone": facts.get("gone", 0),
        "to_prove_again": facts.get("again", 0),
        "uploads": uploads,
        "items": items,
        "scans": scans,
        "held": sum(len(hold.items) for hold in held if hold.waits),
    }


def _blocked_uploads(state: State, reasons: Sequence[str]) -> tuple[BlockedUploads, ...]:
    """Return how many uploads wait for each of some reasons, by library."""
    counts = state.uploads.waiting_for(reasons)
    return tuple(BlockedUploads(library, why, count) for (library, why), count in counts.items())


def _quarantined(state: State) -> tuple[QuarantinedFile, ...]:
    return tuple(
        QuarantinedFile(place, why, time_text(since)) for place, why, since in state.quarantine.all()
    )


def _refused(state: State) -> tuple[Refusal, ...]:
    return tuple(
        Refusal(subject, what, fix, time_text(since)) for subject, what, fix, since in state.refusals.all()
    )


def _waiting(state: State, every: Sequence[Dirty]) -> tuple[WaitingItem, ...]:
    fresh = any(not dirty.why for dirty in every)
    claimed = {(each.library, each.item) for each in _claims(state)} if fresh else set()
    return tuple(
        WaitingItem(
            library=dirty.library,
            item=dirty.item,
            title=dirty.title or dirty.item,
            state=dirty.state,
            why=dirty.why or (_CLAIMED if (dirty.library, dirty.item) in claimed else ""),
            since=time_text(dirty.since),
            next=time_text(dirty.next),
            tries=dirty.tries,
            done=dirty.is_done,
        )
        for dirty in every
    )


_CLAIMED = "claimed: monitored here once the claim is published"


def _claims(state: State) -> Iterator[OutboxEntry]:
    """Yield the claims that are not published yet."""
    yield from state.outbox.of_type(UnitClaimed)


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


def _trash(state: State) -> tuple[TrashReport, ...]:
    return tuple(
        TrashReport(
            scanner=trash.scanner,
            library=trash.library,
            since=time_text(trash.since),
            next=time_text(trash.due),
            why=trash.why or ("" if trash.settled else "its scans come first"),
        )
        for trash in state.trash.all()
    )


def _refused_mounts(state: State, mounts: MountCheck) -> Iterator[str]:
    """Yield what this check found that only the user can fix, and no stage has noted."""
    noted = {each.subject for each in _refused(state)}
    for subject in sorted(mounts.refused - noted):
        name = subject.partition(":")[2]
        checked = mounts.libraries[name] if name else mounts.store
        yield f"{subject_name(subject)}: {reason_text(checked.why)}"


def _asks(
    state: State,
    streams: Iterable[StreamRow],
    every: Sequence[Dirty],
    grabs: Iterable[GrabReport],
    conflicts: Sequence[ConflictReport],
    many_missing: int,
) -> tuple[str, ...]:
    """Return what needs the user's action, a line each, with the next step."""
    asks = [f"needs approval: {approval_text(hold)}" for hold in state.holds.all() if hold.waits]
    titles = {f"item:{dirty.library}:{dirty.item}": _titled(dirty) for dirty in every}
    asks += _refusal_lines(
        (titles.get(each.subject) or _subject_text(each.subject), refusal_text(each.what, each.fix))
        for each in _refused(state)
    )
    missing = all_missing(state)
    asks += missing_questions(missing, many_missing)
    asks += asked_questions(all_asked(state), many_missing)
    asks += conflict_questions(conflicts)
    asks += _double_downloads(state, grabs)
    asked = {(each.library, each.item) for each in missing}
    asks += [
        f"{_titled(dirty)}: {dirty.why}"
        for dirty in every
        if dirty.state == "stuck" and (dirty.library, dirty.item) not in asked
    ]
    # a fork whose owner continues in another stream is history: nobody has to do anything about it
    settled = state.streams.cuts().forks.keys() & state.streams.closed()
    return (*asks, *(f"{row.stream}: {row.why}" for row in streams if row.why and row.stream not in settled))


def approval_text(hold: Hold) -> str:
    """Return what a hold is about, why it needs approval, and the command that approves it."""
    return f"{quantity(len(hold.items), 'item')} in {hold.library}: {hold.why}: mesharr approve {hold.n}"


def refusal_text(what: str, fix: str) -> str:
    """Return what is wrong, and what to do when that is known."""
    return f"{what}: {fix}" if fix else what


def _grabs(state: State) -> tuple[GrabReport, ...]:
    groups: dict[tuple[str, str, str], list[Grab]] = defaultdict(list)
    for grab in state.grabs.all():
        groups[grab.library, grab.item, grab.earlier_peer].append(grab)
    found: list[GrabReport] = []
    for (library, item, first), grabs in groups.items():
        title = title_of(state, library, item)
        units = tuple(grab.unit for grab in grabs)
        since = time_text(min(grab.since for grab in grabs))
        found.append(GrabReport(library, item, title, units, since, first))
    return tuple(found)


def _double_downloads(state: State, grabs: Iterable[GrabReport]) -> list[str]:
    """Return a line for each item this node downloads although a peer began before."""
    return [
        f"{each.library}: {each.title} ({' '.join(each.units)}): {state.names.called(each.first)} "
        "downloads it too, and began before: remove the download here, or keep both"
        for each in grabs
        if each.first
    ]


def _refusal_lines(refused: Iterable[tuple[str, str]]) -> list[str]:
    """Return a line for each text, with the first of its subjects and how many more there are."""
    subjects: dict[str, list[str]] = defaultdict(list)
    for subject, text in refused:
        subjects[text].append(subject)
    return [
        f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {text}"
        for text, names in ((text, list(dict.fromkeys(names))) for text, names in subjects.items())
    ]


def _subject_text(subject: str) -> str:
    """Return the subject of a refusal for the user: `app:radarr` gives `radarr`."""
    kind, _, name = subject.partition(":")
    if kind == "notify":
        return "notify"  # its name is a hash
    if kind in {"name", "encoding"}:
        return name.partition(":")[0]
    return f"uploads of {name}" if kind == "upload" else name or kind


def _titled(dirty: Dirty) -> str:
    return f"{dirty.library}: {dirty.title or dirty.item}"

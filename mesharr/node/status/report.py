"""What this node can say of itself: read from its state, written nowhere.

Nothing here asks an arr, the store or a mount: who has looked at those hands in what was seen (`MountCheck`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from mesharr.node.conflict_notes import known_conflicts
from mesharr.node.missing_items import MissingItem, all_missing, missing_questions
from mesharr.node.model import Me
from mesharr.node.ownership import is_gone
from mesharr.node.status.model import (
    Availability,
    FailingApp,
    FirstDayReport,
    GrabReport,
    HeldItem,
    HoldReport,
    MountCheck,
    QuarantinedFile,
    Refusal,
    Report,
    ScanReport,
    UploadReport,
    WaitingItem,
    WrongClock,
)
from mesharr.node.status.peer_report import events_of, peer_reports, strangers, time_text
from mesharr.state.events.streams import StreamRow
from mesharr.state.grabs import Grab
from mesharr.state.peers import Peer
from mesharr.state.queues.dirty import Dirty
from mesharr.state.state import State

MANY_LOST = 20


def report(
    state: State, me: Me, peers: Sequence[Peer], seen: MountCheck, many_lost: int = MANY_LOST
) -> Report:
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
        events=events_of(state, me.node, [peer for peer in known if not peer.frozen]),
        holds=holds(state),
        refused=_refused(state),
        uploads=uploads_of(state),
        waiting=_waiting(state),
        grabs=_grabs(state),
        scans=_scans(state),
        lost=all_missing(state),
        doubled=known_conflicts(state),
        clocks=tuple(WrongClock(*each) for each in state.node_warnings.wrong_clocks().items()),
        rejected=tuple(
            QuarantinedFile(place, why, time_text(since)) for place, why, since in state.quarantine.all()
        ),
        counters=state.counters.all(),
        asks=_asks(state, [row for row in streams if row.stream.rpartition(".")[0] not in frozen], many_lost),
    )


# -- what waits


def _store(state: State, seen: Availability) -> Availability:
    known = state.store.get()
    if seen.alive and known.why:
        return Availability(alive=True, why=f"when last used: {known.why}")
    return Availability(alive=True, why=known.lacks) if seen.alive else seen


def _failing(state: State) -> tuple[FailingApp, ...]:
    return tuple(
        FailingApp(app, time_text(away.since), time_text(away.last), away.why)
        for app, away in state.apps.outages().items()
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


def _queue(state: State) -> dict[str, int]:
    facts = state.outbox.count()
    return {
        "hints": state.inbox.count(),
        "to_tell": facts.get("ready", 0),
        "for_the_drive": facts.get("drive", 0),
        "to_prove_gone": facts.get("gone", 0),
        "uploads": len(state.uploads.all()),
        "items": len(state.dirty.all()),
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
        Refusal(subject, what, fix, time_text(since)) for subject, what, fix, since in state.refusals.all()
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
        for upload in state.uploads.all()
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
        for dirty in state.dirty.all()
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
    titles = {f"item:{dirty.library}:{dirty.item}": _named(dirty) for dirty in state.dirty.all()}
    refused = [(titles.get(each.subject) or _about(each.subject), _said(each)) for each in _refused(state)]
    asks += _refusals(refused)
    lost = all_missing(state)
    asks += missing_questions(lost, many_lost)
    asks += _outrun(_grabs(state))
    told: Mapping[tuple[str, str], MissingItem] = {(each.library, each.item): each for each in lost}
    asks += [
        f"{_named(dirty)}: {dirty.why}"
        for dirty in state.dirty.all()
        if dirty.state == "stuck" and (dirty.library, dirty.item) not in told
    ]
    # a fork whose owner went on in another stream is history: nobody has to do anything about it
    mended = state.streams.cuts().forks.keys() & state.streams.closed()
    return (*asks, *(f"{row.stream}: {row.why}" for row in streams if row.why and row.stream not in mended))


def _grabs(state: State) -> tuple[GrabReport, ...]:
    groups: dict[tuple[str, str, str], list[Grab]] = defaultdict(list)
    for grab in state.grabs.all():
        groups[grab.library, grab.item, grab.earlier_peer].append(grab)
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
    return f"{refusal.what}: {refusal.fix}" if refusal.fix else refusal.what


def _named(dirty: Dirty) -> str:
    return f"{dirty.library}: {dirty.title or dirty.item}"

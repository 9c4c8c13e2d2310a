"""Print a node's report as `mesharr status` does, in parts that other commands print too."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

from mesharr.cli.context import DOUBTFUL, WRONG, say
from mesharr.cli.output import ago, print_lines, print_table, printable, until
from mesharr.cli.terminal.uploads import print_peer_uploads, print_upload_limits, print_uploads
from mesharr.core.text import quantity, short_names, title_key
from mesharr.node.reports.wording import changes_text, queue_text, rejected_text
from mesharr.node.status.introductions import unknown_text
from mesharr.node.status.model import (
    Availability,
    PeerReport,
    Report,
    WaitingItem,
)
from mesharr.node.status.outages import grouped, reason_text

Name = Callable[[str], str]
"""Returns what to print for a node id."""


def names_of(report: Report, *, verbose: bool) -> Name:
    """Return what gives the name of a node, or with `verbose` its full id."""
    nodes = [peer.node for peer in report.peers] + [each.node for each in report.unknown]
    short = {} if verbose else short_names([report.node, *nodes])
    return lambda node: printable(short.get(node, node))


def print_report(report: Report, *, verbose: bool = False, every: bool = False) -> None:
    """Print all of a report, with `verbose` full ids, with `every` lists that are not cut."""
    name = names_of(report, verbose=verbose)
    _print_head(report, verbose=verbose)
    print_asks(report.asks, every=every)
    _print_down(report)
    _print_mounts(report)
    print_first_days(report)
    _print_answered(report)
    _print_events(report)
    _print_peers(report, name)
    print_waiting(report, every=every)
    _print_conflicts(report, every=every)
    _print_rejected(report, every=every)
    _print_counters(report.counters)


def _print_head(report: Report, *, verbose: bool) -> None:
    mesh = printable(report.mesh_name) or report.mesh or "not known yet"
    if verbose and report.mesh_name:
        mesh += f" ({report.mesh})"
    runs = "running" if report.running else "not running: mesharr run"
    if report.left:
        runs = f"it left the mesh; {'running: stop mesharr here' if report.running else 'not running'}"
    say(f"{report.node}, mesh {mesh}; {runs}")


def print_asks(asks: Sequence[str], *, every: bool = False) -> None:
    """Print what needs the user's action, if anything does."""
    if asks:
        say(f"\nneeds your action ({len(asks)}):", WRONG)
        print_lines(asks, every=every, indent="  ")


def _print_mounts(report: Report) -> None:
    rows = [_mount_row("store", report.store)]
    rows += [_mount_row(name, answer) for name, answer in report.libraries.items()]
    say("")
    print_table(("mount", "state", "why"), rows, every=True)


def _mount_row(name: str, answer: Availability) -> tuple[str, str, str]:
    # why a mount is unavailable is said once, for all that lies on it
    return (name, "ok", answer.why) if answer.available else (name, "unavailable", "")


def _print_down(report: Report) -> None:
    """Print what is down: one row for what fails together, as all that lies on one mount does."""
    if not report.down:
        return
    last = {f"app:{each.app}": each.last for each in report.failing}
    rows = [
        (
            ", ".join(each.name for each in group),
            ago(min((each.since for each in group if each.since), default="")),
            ago(last.get(group[0].subject, "")),
            reason_text(group[0].why),
        )
        for group in grouped(report.down)
    ]
    say(f"\ndown, tried again by itself ({len(report.down)}):", DOUBTFUL)
    print_table(("what", "since", "last tried", "why"), rows, every=True)


def _print_answered(report: Report) -> None:
    """Print what was approved and is being done, and what was rejected."""
    for hold in report.holds:
        what = f"{hold.n}: {changes_text(hold)} in {hold.library}"
        if hold.approved:
            say(f"approved {what}: not done yet")
        elif hold.rejected:
            say(f"rejected {what}; {rejected_text(hold)}")


def print_first_days(report: Report) -> None:
    """Print the first days that are not over, or left local files unpublished."""
    for day in report.first_days:
        if day.step != "done":
            why = f" ({printable(day.why)})" if day.why else ""
            say(f"{day.library}: first day: {day.doing}{why}")
        elif local := day.counts.get("local"):
            files = quantity(local, "existing local file")
            say(f"{day.library}: {files} not uploaded yet: mesharr uploads --existing")


def _print_events(report: Report) -> None:
    events = report.events
    slow = f"; slow: {events.slow}" if events.slow else ""
    uploading = f"; {events.uploading}" if events.uploading else ""
    of_all = f"{events.acknowledged} of {events.queued + events.confirmed}"
    say(
        f"\nown events: {events.queued} not on the drive yet, {events.confirmed} on the drive, "
        f"{of_all} confirmed by every peer{uploading}{slow}"
    )
    if events.new_stream:
        say(events.new_stream)
    counts = ", ".join(queue_text(kind, count) for kind, count in report.queue.items() if count)
    say(f"to process: {counts or 'nothing'}")


def _print_peers(report: Report, name: Name) -> None:
    # who is gone and was adopted concerns nobody any more: `mesharr peers` lists it
    if peers := [peer for peer in report.peers if not peer.adopted]:
        say("")
        rows = [
            (name(peer.node), _peer_state(peer), quantity(peer.lag, "event"), ago(peer.last_seen), peer.why)
            for peer in peers
        ]
        print_table(("peer", "state", "behind by", "last word", "why"), rows, order="peer", every=True)
        print_peer_uploads(peers, name)
    for stranger in report.unknown:
        say(printable(unknown_text(stranger)))
    for wrong in report.clocks:
        say(f"the clock of {name(wrong.node)} is ahead: it showed {wrong.clock[:19]}Z")


def _peer_state(peer: PeerReport) -> str:
    if peer.frozen:
        return "frozen"
    return "left" if peer.left else "trusted"


def print_waiting(report: Report, *, every: bool = False) -> None:
    """Print the items, uploads, downloads and scans that wait: why, since when, and until when."""
    if report.waiting:
        _print_items(report, every=every)
    if report.uploads:
        _print_uploads(report, every=every)
    if report.grabs:
        say(f"\ndownloads that the peers wait for ({len(report.grabs)}):")
        rows = [(each.library, each.title, " ".join(each.units), ago(each.since)) for each in report.grabs]
        print_table(("library", "item", "units", "since"), rows, order="item", every=every)
    if report.scans:
        say(f"\nscans ({len(report.scans)}):")
        blocked = _print_blocked(report, Counter((each.library, each.why) for each in report.scans))
        scans = [
            (each.scanner, each.folder, each.why, ago(each.since), until(each.next))
            for each in report.scans
            if (each.library, each.why) not in blocked
        ]
        if scans:
            columns = ("media server", "folder", "why", "since", "next try")
            print_table(columns, scans, order="folder", every=every)
    if report.trash:
        say(f"\ntrash to be emptied ({len(report.trash)}):")
        trash = [
            (each.scanner, each.library, each.why, ago(each.since), until(each.next)) for each in report.trash
        ]
        print_table(
            ("media server", "library", "why", "since", "next try"), trash, order="library", every=every
        )


def _print_uploads(report: Report, *, every: bool) -> None:
    """Print the first uploads; of those that wait for what is down only how many they are."""
    count = report.upload_totals.count
    say(f"\nuploads ({count}):")
    print_upload_limits(report.upload_limits)
    counts = {(each.library, each.why): each.count for each in report.blocked_uploads}
    blocked = _print_blocked(report, counts)
    listed = [each for each in report.uploads if (each.library, each.why) not in blocked]
    print_uploads(listed, count - sum(counts[key] for key in blocked), every=every)


def _print_blocked(report: Report, counts: Mapping[tuple[str, str], int]) -> frozenset[tuple[str, str]]:
    """Print how many wait for what is down; return the (library, why) of those counted."""
    blocked: set[tuple[str, str]] = set()
    for down in report.down:
        own = [key for key in counts if key[1] and down.why == key[1]]
        if (count := sum(counts[key] for key in own)) > 1:
            say(f"{count} of them wait for {down.name}, which is down")
            blocked.update(own)
    return frozenset(blocked)


NEXT = "not looked at yet"
"""Why an item waits that nothing was tried with since it became due."""


def _print_items(report: Report, *, every: bool) -> None:
    """Print the waiting items, errors first; only count what is done or needs your action."""
    if done := [each for each in report.waiting if each.done]:
        verb = quantity(len(done), "item is", "items are")
        say(f"\n{verb} done, and looked at once more: {'; '.join(dict.fromkeys(each.why for each in done))}")
    waiting = [each for each in report.waiting if not each.done]
    if not waiting:
        return
    say(f"\nwaiting items ({len(waiting)}):")
    blocked = _print_blocked(report, Counter((each.library, each.why) for each in waiting))
    missing = {(each.library, each.item) for each in report.missing}
    waiting = [each for each in waiting if (each.library, each.why) not in blocked]
    present = [each for each in waiting if (each.library, each.item) not in missing]
    listed = [each for each in present if each.state not in {"held", "rejected"}]
    if listed:
        columns = ("library", "item", "state", "why", "since", "next check")
        rows: list[tuple[object, ...]] = [
            (
                each.library,
                each.title,
                each.state or "waiting",
                each.why or NEXT,
                ago(each.since),
                until(each.next),
            )
            for each in sorted(listed, key=lambda each: (_urgency(each), title_key(each.title)))
        ]
        print_table(columns, rows, every=every)
    if held := sum(each.state == "held" for each in present):
        say(f"{quantity(held, 'item needs', 'items need')} your approval: mesharr approve")
    if kept := sum(each.state == "rejected" for each in present):
        say(f"{quantity(kept, 'item stays', 'items stay')} as you rejected a change: mesharr reject")
    if gone := len(waiting) - len(present):
        verb = quantity(gone, "item is", "items are")
        say(f"{verb} missing in your apps without a delete event: mesharr restore LIBRARY lists them")


def _urgency(item: WaitingItem) -> int:
    order = ("refused", "stuck", "failed")
    return order.index(item.state) if item.state in order else len(order)


def _print_conflicts(report: Report, *, every: bool) -> None:
    if conflicts := [each for each in report.conflicts if not each.waits]:
        say(f"\ntwo files for one item ({len(conflicts)}):")
        rows = [(each.library, each.title, each.kept, each.other, each.fix) for each in conflicts]
        print_table(("library", "item", "kept", "second", "fix"), rows, order="item", every=every)


def _print_rejected(report: Report, *, every: bool) -> None:
    if report.rejected:
        say(f"\nfiles of the store that did not verify ({len(report.rejected)}):")
        print_table(
            ("file", "why", "since"),
            [(each.place, each.why, ago(each.since)) for each in report.rejected],
            order="file",
            every=every,
        )


# -- counters

_DONE = {
    "heard": ("event received from peers", "events received from peers"),
    "told": ("event published", "events published"),
    "added": ("item added", "items added"),
    "monitored": ("item set monitored", "items set monitored"),
    "unmonitored": ("item set unmonitored", "items set unmonitored"),
    "rescanned": ("item rescanned", "items rescanned"),
    "removed": ("item removed", "items removed"),
    "moved": ("item moved", "items moved"),
    "retyped": ("series type changed", "series types changed"),
    "claimed": ("item claimed", "items claimed"),
    "paused": ("item paused", "items paused"),
    "resumed": ("item resumed", "items resumed"),
    "grabbed": ("download started", "downloads started"),
    "uploaded": ("file uploaded", "files uploaded"),
}
_PROBLEMS = {
    "files_rejected": ("file of a peer did not verify", "files of peers did not verify"),
    "events_rejected": ("event of a peer was rejected", "events of peers were rejected"),
    "hints_rejected": ("webhook was not understood", "webhooks were not understood"),
    "files_lost": ("own file vanished from the store and was rewritten",) * 2,
}
_WEBHOOKS = {
    "queued": ("received", "received"),
    "test": ("test webhook", "test webhooks"),
    "unknown": ("ignored", "ignored"),
    "garbage": ("not understood", "not understood"),
    "unavailable": ("not stored", "not stored"),
}


def _print_counters(counters: Mapping[str, int]) -> None:
    done, problems = counter_texts(counters)
    if done or problems:
        say("")
    if done:
        say(f"done so far: {printable(done)}")
    if problems:
        say(f"problems so far: {printable(problems)}")


def counter_label(name: str) -> str:
    """Return what a counter counts, for a table: `items added`, `scans requested from plex`."""
    kind, _, about = name.partition(":")
    if kind == "hook":
        app, _, outcome = about.rpartition(":")
        return f"webhooks from {app}: {_WEBHOOKS.get(outcome, (outcome, outcome))[1]}"
    if kind == "scanned":
        return f"scans requested from {about}"
    if kind == "emptied":
        return f"times that the trash of {about} was emptied"
    return (_DONE | _PROBLEMS).get(kind, (kind, kind))[1]


def counter_texts(counters: Mapping[str, int]) -> tuple[str, str]:
    """Return what was done since the database was created, and what failed; "" for nothing."""
    done, problems = [], []
    webhooks: dict[str, list[str]] = defaultdict(list)
    for name, count in counters.items():
        kind, _, about = name.partition(":")
        if kind == "hook":
            app, _, outcome = about.rpartition(":")
            webhooks[app].append(quantity(count, *_WEBHOOKS.get(outcome, (outcome, outcome))))
        elif kind == "scanned":
            done.append(f"{quantity(count, 'scan')} requested from {about}")
        elif kind == "emptied":
            done.append(f"trash of {about} emptied {quantity(count, 'time')}")
        elif kind in _PROBLEMS:
            problems.append(quantity(count, *_PROBLEMS[kind]))
        else:
            done.append(quantity(count, *_DONE.get(kind, (kind, kind))))
    done += [f"webhooks from {app}: {', '.join(texts)}" for app, texts in webhooks.items()]
    return ", ".join(done), ", ".join(problems)

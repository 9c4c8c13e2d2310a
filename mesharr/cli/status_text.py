"""The text of `mesharr status`, in parts that other commands print too."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from mesharr.cli.context import say
from mesharr.cli.output import MOST, ago, ahead, print_table, printable
from mesharr.core.text import quantity
from mesharr.node.status.model import Availability, PeerReport, Report, UploadReport, WaitingItem


def print_report(found: Report, running: bool) -> None:
    name = (
        f"{printable(found.mesh_name)} ({found.mesh})" if found.mesh_name else found.mesh or "not known yet"
    )
    runs = "running" if running else "not running: mesharr run"
    if found.left:
        runs = f"it left the mesh; {'running: stop mesharr here' if running else 'not running'}"
    say(f"{found.node}, mesh {name}; {runs}")
    print_asks(found.asks)
    _print_answers(found)
    print_first_days(found)
    _print_failing(found)
    events = found.events
    slow = f"; slow: {events.slow}" if events.slow else ""
    uploading = f"; {events.uploading}" if events.uploading else ""
    say(
        f"\nown events: {events.queued} queued, {events.confirmed} confirmed, "
        f"{events.acknowledged} acknowledged{uploading}{slow}"
    )
    if events.anew:
        say(events.anew)
    counts = ", ".join(
        _counted(kind.replace("_", " "), count) for kind, count in found.queue.items() if count
    )
    say(f"queue: {counts or 'empty'}")
    _print_peers(found)
    print_waiting(found)
    _print_doubled(found)
    _print_rest(found)


def _counted(kind: str, count: int) -> str:
    return f"{count} {kind.removesuffix('s') if count == 1 else kind}"


def print_asks(asks: Sequence[str]) -> None:
    """Print what waits for a person, if anything does."""
    if asks:
        say(f"\nwaits for you ({len(asks)}):")
    for ask in asks[:MOST]:
        say(f"  {printable(ask)}")
    if len(asks) > MOST:
        say(f"  ... and {len(asks) - MOST} more (--json shows all)")


def _print_answers(found: Report) -> None:
    rows = [_answer_row("store", found.store)]
    rows += [_answer_row(name, answer) for name, answer in found.libraries.items()]
    say("")
    print_table(("mount", "alive", "why"), rows)


def _print_failing(found: Report) -> None:
    if found.failing:
        say(f"\narrs that fail ({len(found.failing)}):")
        rows = [(each.app, ago(each.since), ago(each.last), each.why) for each in found.failing]
        print_table(("arr", "since", "asked", "why"), rows)


def print_first_days(found: Report) -> None:
    """Print a line for each library whose first day is not over, or left files of this disk untold."""
    for day in found.first_days:
        if day.step != "done":
            why = f" ({printable(day.why)})" if day.why else ""
            say(f"{day.library}: first day: {day.doing}{why}")
        elif local := day.counts.get("local"):
            files = quantity(local, "file")
            say(f"{day.library}: {files} of before mesharr on this disk only: mesharr uploads --existing")


def _answer_row(name: str, answer: Availability) -> tuple[str, str, str]:
    return (name, "yes" if answer.alive else "no", answer.why)


def _print_peers(found: Report) -> None:
    if found.peers:
        say("")
        rows = [(peer.node, _state_of(peer), peer.lag, ago(peer.last_seen), peer.why) for peer in found.peers]
        print_table(("peer", "state", "lag", "last seen", "why"), rows)
    for stranger in found.unknown:
        say(f"{printable(stranger.node)} writes to this mesh and is not trusted here: mesharr trust TOKEN")
    for wrong in found.clocks:
        say(f"the clock of {printable(wrong.node)} is ahead: it showed {wrong.clock[:19]}Z")


def _state_of(peer: PeerReport) -> str:
    if peer.frozen:
        return "frozen"
    return "left" if peer.left else "trusted"


def print_waiting(found: Report) -> None:
    """Print the items, uploads and scans that wait, with why, since when and when next."""
    if found.waiting:
        _print_items(found)
    if found.uploads:
        say(f"\nuploads ({len(found.uploads)}):")
        rows: list[tuple[object, ...]] = [
            (each.library, each.path, each.size, _progress(each), each.why, ago(each.since))
            for each in found.uploads
        ]
        print_table(("library", "path", "bytes", "phase", "why", "since"), rows, MOST)
    if found.grabs:
        say(f"\ndownloads, which the others wait for ({len(found.grabs)}):")
        rows = [(each.library, each.title, " ".join(each.units), ago(each.since)) for each in found.grabs]
        print_table(("library", "item", "units", "since"), rows, MOST)
    if found.scans:
        say(f"\nscans ({len(found.scans)}):")
        rows = [
            (each.scanner, each.folder, each.why, ago(each.since), ahead(each.next)) for each in found.scans
        ]
        print_table(("scanner", "folder", "why", "since", "next"), rows, MOST)


def _print_items(found: Report) -> None:
    """Print the items that wait, first what is wrong; of holds and of lost ones only how many there are."""
    say(f"\nitems that wait ({len(found.waiting)}):")
    lost = {(each.library, each.item) for each in found.lost}
    here = [each for each in found.waiting if (each.library, each.item) not in lost]
    shown = [each for each in here if each.state != "held"]
    if shown:
        columns = ("library", "item", "state", "why", "since", "next look")
        rows: list[tuple[object, ...]] = [
            (each.library, each.title, each.state or "waits", each.why, ago(each.since), ahead(each.next))
            for each in sorted(shown, key=_urgency)
        ]
        print_table(columns, rows, MOST)
    if held := len(here) - len(shown):
        say(f"{quantity(held, 'waits', 'wait')} for your answer: mesharr approve lists what is held")
    if gone := len(found.waiting) - len(here):
        say(f"{quantity(gone, 'is', 'are')} lost by an arr: mesharr restore LIBRARY lists them")


def _urgency(item: WaitingItem) -> int:
    order = ("refused", "stuck", "failed")
    return order.index(item.state) if item.state in order else len(order)


def _progress(upload: UploadReport) -> str:
    if not upload.speed or not upload.size:
        return upload.phase
    return f"{100 * upload.done // upload.size} %, {upload.speed / 1e6:.1f} MB/s"


def _print_doubled(found: Report) -> None:
    if found.doubled:
        say(f"\ntwo files for one thing ({len(found.doubled)}):")
        rows = [(each.library, each.title, each.kept, each.other, each.fix) for each in found.doubled]
        print_table(("library", "item", "kept", "second", "what to do"), rows, MOST)


def _print_rest(found: Report) -> None:
    if found.rejected:
        say(f"\nfiles of the store that are not believed ({len(found.rejected)}):")
        print_table(
            ("file", "why", "since"),
            [(each.place, each.why, ago(each.since)) for each in found.rejected],
            MOST,
        )
    done, trouble = done_and_trouble(found.counters)
    if done or trouble:
        say("")
    if done:
        say(f"done so far: {printable(done)}")
    if trouble:
        say(f"went wrong so far: {printable(trouble)}")


_DONE = {"added": "added to arrs", "monitored": "set monitored", "unmonitored": "set unmonitored"}


_TROUBLE = {
    "files_rejected": "files of peers not believed",
    "events_rejected": "events of peers not applied",
    "hints_rejected": "events of arrs not understood",
    "files_lost": "own files that left the store, written again",
}


_HEARD = {
    "queued": "kept",
    "test": "of a test",
    "unknown": "of no use",
    "garbage": "not understood",
    "unavailable": "that could not be kept",
}


def done_and_trouble(counters: Mapping[str, int]) -> tuple[str, str]:
    """Return what was done so far, and what went wrong on the way; "" for nothing."""
    done, trouble = [], []
    heard: dict[str, list[str]] = defaultdict(list)
    for name, count in counters.items():
        kind, _, about = name.partition(":")
        if kind == "hook":
            app, _, outcome = about.rpartition(":")
            heard[app].append(f"{count} {_HEARD.get(outcome, outcome)}")
        elif kind == "scanned":
            done.append(f"{quantity(count, 'folder')} told to {about}")
        elif kind in _TROUBLE:
            trouble.append(f"{count} {_TROUBLE[kind]}")
        else:
            done.append(f"{count} {_DONE.get(kind, kind)}")
    done += [f"webhooks of {app}: {' and '.join(said)}" for app, said in heard.items()]
    return ", ".join(done), ", ".join(trouble)

"""Check the items: second files, stuck items, and what needs the user's action."""

from collections.abc import Iterable, Iterator

from mesharr.core.planning.plan import NUMBERED_DIFFERENTLY
from mesharr.core.text import quantity
from mesharr.doctor.check_result import CheckResult
from mesharr.doctor.node_setup import NodeSetup
from mesharr.node.conflict_notes import ConflictReport
from mesharr.node.missing_items import asked_questions, missing_questions
from mesharr.node.status.model import WaitingItem

MOST = 20
"""How many of a kind are named; `status --json` names all."""

_CHECKED_BEFORE = ("app:", "settings:", "server:", "notify:", "first day:")
"""Refusals by apps: the apps were asked again, and what they refuse now is among the results."""
_REFRESH = (
    "run Refresh & Scan for the series in Sonarr, here and at the peers: until then each keeps its own flags"
)


def items(setup: NodeSetup) -> Iterator[CheckResult]:
    """Check what `status` reports of items: approvals, second copies, stuck items, refusals."""
    report = setup.report
    for hold in report.holds:
        if hold.waits:
            what = f"{quantity(len(hold.items), 'item needs', 'items need')} your approval: {hold.why}"
            yield CheckResult(f"library {hold.library}", "note", what, f"mesharr approve {hold.n}")
    for line in missing_questions(report.missing, setup.config.policy.holds.removals):
        yield CheckResult("items", "note", line)
    for line in asked_questions(report.asked, setup.config.policy.holds.removals):
        yield CheckResult("items", "note", line)
    missing = {(each.library, each.item) for each in report.missing}
    stuck = [each for each in report.waiting if each.state == "stuck"]
    refused = [each for each in report.refused if not each.subject.startswith(_CHECKED_BEFORE)]
    yield from _first(_conflict(each) for each in report.conflicts)
    yield from _first(_stuck(each) for each in stuck if (each.library, each.item) not in missing)
    yield from _first(_numbered(each) for each in report.waiting if NUMBERED_DIFFERENTLY in each.why)
    yield from _first(
        CheckResult(_subject_of(each.subject), "wrong", each.what, each.fix or "then: mesharr retry")
        for each in refused
    )


def _subject_of(subject: str) -> str:
    """Return the subject of a refusal as doctor names it: of a name, its library."""
    kind, _, rest = subject.partition(":")
    return f"library {rest.partition(':')[0]}" if kind in {"name", "encoding"} else subject


def _first(results: Iterable[CheckResult]) -> Iterator[CheckResult]:
    """Yield the first of a kind, and how many more there are."""
    every = list(results)
    yield from every[:MOST]
    if len(every) > MOST:
        what = f"and {len(every) - MOST} more of the kind above"
        yield CheckResult("items", "note", what, "mesharr status --json")


def _conflict(each: ConflictReport) -> CheckResult:
    if each.is_of_one_path:
        return CheckResult(f"library {each.library}", "note", f"{each.title}: {each.what}", each.fix)
    what = f"{each.title} ({', '.join(each.units)}) has two files: {each.kept} and {each.other}"
    return CheckResult(f"library {each.library}", "note", what, each.fix)


def _stuck(each: WaitingItem) -> CheckResult:
    what = f"{each.title}: {each.why}"
    return CheckResult(f"library {each.library}", "note", what, "then: mesharr retry --items")


def _numbered(each: WaitingItem) -> CheckResult:
    why = next(part for part in each.why.split("; ") if NUMBERED_DIFFERENTLY in part)
    return CheckResult(f"library {each.library}", "note", f"{each.title}: {why}", _REFRESH)

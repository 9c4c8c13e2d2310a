"""The items: what has two files, what an arr does not take, what only a person can fix."""

from collections.abc import Iterable, Iterator

from mesharr.core.planning.plan import NUMBERED_OTHERWISE
from mesharr.core.text import quantity
from mesharr.doctor.diagnosis import Diagnosis
from mesharr.doctor.house import House
from mesharr.node.conflict_notes import ConflictReport
from mesharr.node.missing_items import missing_questions
from mesharr.node.status.model import WaitingItem

MOST = 20
"""How many of a kind are named; `status --json` names all."""

_ASKED = ("app:", "settings:")
"""Refusals of arrs: those were asked anew, and what they refuse now is among the findings."""
_REFRESH = "Refresh & Scan the series in Sonarr, here and at the peers: until then each keeps its own flags"


def items(house: House) -> Iterator[Diagnosis]:
    """Look at what `status` says of items: holds, second copies, items that wait for a person, refusals."""
    report = house.report
    for hold in report.holds:
        if not hold.approved:
            what = f"{quantity(len(hold.items), 'item waits', 'items wait')} for your answer: {hold.why}"
            yield Diagnosis(f"library {hold.library}", "note", what, f"mesharr approve {hold.n}")
    for line in missing_questions(report.lost, house.config.policy.holds.removals):
        yield Diagnosis("items", "note", line)
    lost = {(each.library, each.item) for each in report.lost}
    stuck = [each for each in report.waiting if each.state == "stuck"]
    refused = [each for each in report.refused if not each.subject.startswith(_ASKED)]
    yield from _some(_doubled(each) for each in report.doubled)
    yield from _some(_stuck(each) for each in stuck if (each.library, each.item) not in lost)
    yield from _some(_numbered(each) for each in report.waiting if NUMBERED_OTHERWISE in each.why)
    yield from _some(
        Diagnosis(each.subject, "wrong", each.what, each.fix or "then: mesharr retry") for each in refused
    )


def _some(found: Iterable[Diagnosis]) -> Iterator[Diagnosis]:
    """Yield the first of a kind, and how many more there are."""
    every = list(found)
    yield from every[:MOST]
    if len(every) > MOST:
        what = f"and {len(every) - MOST} more of the kind above"
        yield Diagnosis("items", "note", what, "mesharr status --json")


def _doubled(each: ConflictReport) -> Diagnosis:
    what = f"{each.title} ({', '.join(each.units)}) is there twice: {each.kept} and {each.other}"
    return Diagnosis(f"library {each.library}", "note", what, each.fix)


def _stuck(each: WaitingItem) -> Diagnosis:
    what = f"{each.title}: {each.why}"
    return Diagnosis(f"library {each.library}", "note", what, "then: mesharr retry --items")


def _numbered(each: WaitingItem) -> Diagnosis:
    said = next(part for part in each.why.split("; ") if NUMBERED_OTHERWISE in part)
    return Diagnosis(f"library {each.library}", "note", f"{each.title}: {said}", _REFRESH)

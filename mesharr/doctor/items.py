"""The items: what has two files, what an arr does not take, what only a person can mend."""

from collections.abc import Iterator

from mesharr.core.plan import NUMBERED_OTHERWISE
from mesharr.doctor.diagnosis import Diagnosis
from mesharr.doctor.house import House

MOST = 20
"""How many of a kind are named; `status --json` names all."""

_ASKED = ("app:", "settings:")
"""Refusals of arrs: those were asked anew, and what they refuse now is among the findings."""
_REFRESH = "Refresh & Scan the series in Sonarr, here and at the peers: until then each keeps its own flags"


def items(house: House) -> Iterator[Diagnosis]:
    """Look at what `status` says of items: second copies, items that are stuck, refusals."""
    for each in house.report.doubled[:MOST]:
        what = f"{each.title} ({', '.join(each.units)}) is there twice: {each.kept} and {each.other}"
        yield Diagnosis(f"library {each.library}", "note", what, each.mend)
    stuck = [each for each in house.report.waiting if each.state == "stuck"]
    for waiting in stuck[:MOST]:
        what = f"{waiting.title}: {waiting.why}"
        yield Diagnosis(f"library {waiting.library}", "note", what, "then: mesharr retry --items")
    odd = [each for each in house.report.waiting if NUMBERED_OTHERWISE in each.why]
    for series in odd[:MOST]:
        [said] = [part for part in series.why.split("; ") if NUMBERED_OTHERWISE in part]
        yield Diagnosis(f"library {series.library}", "note", f"{series.title}: {said}", _REFRESH)
    refused = [each for each in house.report.refused if not each.subject.startswith(_ASKED)]
    for refusal in refused[:MOST]:
        yield Diagnosis(refusal.subject, "wrong", refusal.what, refusal.mend or "then: mesharr retry")
    for rest in (house.report.doubled[MOST:], stuck[MOST:], odd[MOST:], refused[MOST:]):
        if rest:
            yield Diagnosis(
                "items", "note", f"and {len(rest)} more of the kind above", "mesharr status --json"
            )

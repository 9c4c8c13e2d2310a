"""List what is down: mounts, apps, media servers, the disk of the config directory."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from mesharr.core.hlc import time_text
from mesharr.node.status.model import Availability, DownReport, MountCheck
from mesharr.state.conditions.outages import Outage
from mesharr.state.state import State

DISK = "disk"
"""The subject of a config directory that takes no writes."""
_STORE = "store"
_PATH = re.compile(r"/.*?(?=: |$)")
_PREFIX = re.compile(r"^(?:store|library \S+)(?: is)? unavailable: ")


def subject_name(subject: str) -> str:
    """Return the name of a subject for the user: `library:movies` gives `library movies`."""
    kind, _, name = subject.partition(":")
    if kind == DISK:
        return "config directory"
    return f"{kind} {name}" if kind == "library" else name or kind


def known_outages(state: State, full_disk: str = "") -> dict[str, Outage]:
    """Return what is down as far as the stages know, by subject.

    What a person has to mend is a refusal and left out here. `full_disk` is why the config directory takes no
    writes, "" when it does.
    """
    refused = {subject for subject, *_ in state.refusals.all()}
    found = {subject: each for subject, each in state.outages.all().items() if subject not in refused}
    return found | ({DISK: Outage(0, 0, full_disk)} if full_disk else {})


def down_of(state: State, mounts: MountCheck) -> tuple[DownReport, ...]:
    """Return what is down: mounts as just checked, all else as the stages know it."""
    known = known_outages(state, mounts.full_disk)
    checked = {f"library:{name}": answer for name, answer in mounts.libraries.items()}
    checked[_STORE] = mounts.store
    refused = mounts.refused | {subject for subject, *_ in state.refusals.all()}
    found = [_from_check(subject, answer, known) for subject, answer in checked.items()]
    found = [each for each in found if each is not None and each.subject not in refused]
    rest = {subject: each for subject, each in known.items() if subject not in checked}
    every = [*found, *(_report(subject, each.since, each.why) for subject, each in rest.items())]
    places = mounts.points
    placed = (
        msgspec.structs.replace(each, mount=places.get(each.subject, ""))
        for each in every
        if each is not None
    )
    return tuple(sorted(placed, key=lambda each: _order(each.subject)))


def _from_check(subject: str, answer: Availability, known: Mapping[str, Outage]) -> DownReport | None:
    if answer.available:
        return None
    return _report(subject, known[subject].since if subject in known else 0, answer.why)


def _report(subject: str, since: int, why: str) -> DownReport:
    return DownReport(subject=subject, name=subject_name(subject), since=time_text(since), why=why)


def _order(subject: str) -> tuple[int, str]:
    kinds = (DISK, _STORE, "library", "app", "scanner")
    kind = subject.partition(":")[0]
    return (kinds.index(kind) if kind in kinds else len(kinds), subject)


def grouped(down: Iterable[DownReport]) -> Iterator[tuple[DownReport, ...]]:
    """Yield what is down, together what fails for one reason on one mount."""
    groups: dict[tuple[str, str], list[DownReport]] = defaultdict(list)
    for each in down:
        groups[each.mount, _reason(each)].append(each)
    yield from map(tuple, groups.values())


def reason_text(why: str) -> str:
    """Return why a mount is down, without the name of the store or library that says it."""
    return _PREFIX.sub("", why)


def _reason(down: DownReport) -> str:
    """Return what is the same of all that lies on a mount which is down, or hangs."""
    reason = reason_text(down.why)
    if down.subject.partition(":")[0] not in {_STORE, "library"} or reason.startswith("No such file"):
        return f"{down.subject}: {reason}"  # its own reason: something else may lie on the mount and be there
    first = reason.partition(": ")[0]
    return first if "nothing is mounted at" in first else _PATH.sub("", first)

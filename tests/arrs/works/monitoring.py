"""Which works a monitoring option monitors, as after an add and on the page for bulk edits."""

from collections.abc import Sequence

from tests.arrs.works.model import Work

UNKNOWN = "unknown"


def monitored_by(option: str, works: Sequence[Work], held: frozenset[int], today: str) -> dict[int, bool]:
    """The flag of each work by id; {} when the option changes nothing.

    `held` are the works with files, `today` is `yyyy-mm-dd`. Works without a date count as old.
    """
    dated = sorted(works, key=lambda work: work.known.date or "")
    chosen = {
        "all": works,
        "none": [],
        "future": [work for work in works if (work.known.date or "") > today],
        "missing": [work for work in works if work.id not in held],
        "existing": [work for work in works if work.id in held],
        "latest": dated[-1:],
        "first": dated[:1],
    }
    if option not in chosen:
        return {}
    ids = {work.id for work in chosen[option]}
    return {work.id: work.id in ids for work in works}


def new_item_monitored(policy: str, date: str | None, others: Sequence[Work]) -> bool:
    """Whether a work that a refresh adds is monitored, by the creator's policy for new items."""
    if policy == "new":
        return all((date or "") >= (work.known.date or "") for work in others)
    return policy == "all"

"""Which works a monitoring option monitors, as after an add and on the page for bulk edits."""

from collections.abc import Sequence

from tests.arrs.works.model import Work

UNKNOWN = "unknown"


def monitored_by(
    option: str, works: Sequence[Work], with_files: frozenset[int], today: str
) -> dict[int, bool]:
    """Return the flag of each work by id; {} when the option changes nothing.

    `with_files` are the works with files, `today` is `yyyy-mm-dd`. Works without a date count as old.
    """
    dated = sorted(works, key=lambda work: work.known.date or "")
    chosen = {
        "all": works,
        "none": [],
        "future": [work for work in works if (work.known.date or "") > today],
        "missing": [work for work in works if work.id not in with_files],
        "existing": [work for work in works if work.id in with_files],
        "latest": dated[-1:],
        "first": dated[:1],
    }
    if option not in chosen:
        return {}
    ids = {work.id for work in chosen[option]}
    return {work.id: work.id in ids for work in works}


def new_item_monitored(policy: str, date: str | None, others: Sequence[Work]) -> bool:
    """Return whether a creator's policy for new items monitors a work that a refresh adds."""
    if policy == "new":
        return all((date or "") >= (work.known.date or "") for work in others)
    return policy == "all"

"""Answer what needs approval, by number: the command line, the page and the API do it here."""

from collections.abc import Sequence

from mesharr.core.errors import Misconfigured
from mesharr.core.planning.limits import OWN
from mesharr.node import limits
from mesharr.node.reports.lists import ApprovalsDocument
from mesharr.node.status.list_model import HoldReport
from mesharr.state.state import State


def chosen(known: ApprovalsDocument, numbers: Sequence[int], *, even_rejected: bool) -> list[HoldReport]:
    """Return the groups with these numbers; without any, all that needs approval.

    Raises:
        Misconfigured: a number names nothing that needs approval, nor what was rejected if that counts.

    """
    if not numbers:
        return list(known.holds)
    by_number = {hold.n: hold for hold in (*known.holds, *(known.rejected if even_rejected else ()))}
    for number in numbers:
        if number not in by_number:
            listed = ", ".join(str(each) for each in by_number) or "none"
            raise Misconfigured(f"nothing with the number {number} needs approval", f"known: {listed}")
    return [by_number[number] for number in dict.fromkeys(numbers)]


def approve(state: State, groups: Sequence[HoldReport], now: int) -> None:
    """Have groups of changes done: all of them, or none.

    Raises:
        Misconfigured: one of them is of this household's own, and its rejection was carried out.

    """
    undone = [hold for hold in groups if hold.rejected and hold.peer == OWN]
    if undone:
        raise Misconfigured(
            f"{undone[0].n} was undone here", "do it again in your app, if it is wanted after all"
        )
    with state.transaction():
        for hold in groups:
            limits.approve(state, hold.n, now)


def reject(state: State, me: str, groups: Sequence[HoldReport], now: int) -> None:
    """Leave groups of changes undone; `me` is this node."""
    for hold in groups:
        limits.reject(state, me, hold.n, now)

"""What `approve` and `reject` share: which groups there are, and what is said of them."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer

from mesharr.cli.context import Misuse, say, say_json
from mesharr.cli.output import ago, print_table, printable, short_names
from mesharr.core.planning.limits import LIMITS, OWN, LimitRow
from mesharr.core.text import quantity
from mesharr.node.status.model import HoldReport

Numbers = Annotated[
    list[int] | None, typer.Argument(metavar="NUMBER", help="as `mesharr approve` lists them")
]


def chosen(
    waiting: list[HoldReport], numbers: list[int] | None, more: Sequence[HoldReport] = ()
) -> list[HoldReport]:
    """Return what has these numbers, also of `more`, or all that waits."""
    if not numbers:
        return waiting
    known = {hold.n: hold for hold in (*waiting, *more)}
    for number in numbers:
        if number not in known:
            listed = ", ".join(str(each) for each in known) or "none"
            raise Misuse(f"nothing with the number {number} needs approval", f"known: {listed}")
    return [known[number] for number in dict.fromkeys(numbers)]


def print_groups(every: Sequence[HoldReport], as_json: bool) -> None:
    """Print what needs approval, and what was rejected."""
    waiting = [hold for hold in every if hold.waits]
    rejected = [hold for hold in every if hold.rejected]
    if as_json:
        say_json({"holds": msgspec.to_builtins(waiting), "rejected": msgspec.to_builtins(rejected)})
        return
    for hold in waiting:
        what = changes_text(hold.kind, len(hold.items), hold.peer)
        say(f"{hold.n}: {what} in {hold.library}, {ago(hold.since)}: {hold.why}")
        print_table(("item", "title"), [(each.item, each.title) for each in hold.items])
    if waiting:
        n = waiting[0].n
        say(f"approve with: mesharr approve {n}; or have none of it done: mesharr reject {n}")
    else:
        say("nothing needs approval")
    for hold in rejected:
        what = changes_text(hold.kind, len(hold.items), hold.peer)
        answer = f"done after all by: mesharr approve {hold.n}"
        say(f"rejected {hold.n}: {what} in {hold.library}; {answer}")


def changes_text(kind: str, count: int, peer: str) -> str:
    """Return what needs approval: `61 additions from bob`, `30 deletions of yours`."""
    whose = "of yours" if peer == OWN else f"from {printable(short_names([peer])[peer])}"
    limit = _LIMITS[kind]
    return f"{quantity(count, limit.one, limit.many)} {whose}"


_LIMITS: dict[str, LimitRow] = {row.kind: row for row in LIMITS}

"""What `claim` and `adopt` share."""

import os
from collections.abc import Sequence
from typing import Annotated

import typer

from mesharr.bootstrap.identity import DB_NAME, open_state, wall_ms
from mesharr.cli.context import Session
from mesharr.core.errors import Refused
from mesharr.node.ownership import Takeover, take
from mesharr.state.state import State

AsJson = Annotated[bool, typer.Option("--json", help="print one JSON document")]


DryRun = Annotated[bool, typer.Option("--dry-run", help="show what would be taken over; change nothing")]


def state_of(session: Session) -> State:
    if not os.path.exists(os.path.join(session.config_dir, DB_NAME)):
        raise Refused("this node has not run yet: it knows of no item", "run mesharr run, or mesharr sync")
    return open_state(session.config_dir)


def take_over(state: State, takings: Sequence[Takeover], why: str) -> None:
    take(state, takings, why, wall_ms())


def units_text(units: Sequence[str]) -> str:
    if len(units) == 1 and ":" not in units[0]:
        return units[0]
    named = ", ".join(units[:5])
    return f"{len(units)} units ({named}{', ...' if len(units) > 5 else ''})"

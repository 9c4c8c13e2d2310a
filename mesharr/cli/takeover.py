"""What `claim` and `adopt` share."""

import os
from collections.abc import Sequence

from mesharr.bootstrap.clock import wall_ms
from mesharr.bootstrap.database import DB_NAME
from mesharr.bootstrap.identity import open_state
from mesharr.cli.context import Session
from mesharr.core.errors import Refused
from mesharr.core.text import quantity
from mesharr.node.ownership import Takeover, queue_claims
from mesharr.state.state import State


def state_of(session: Session) -> State:
    """Return this node's state; raise `Refused` when the node has not run yet."""
    if not os.path.exists(os.path.join(session.config_dir, DB_NAME)):
        raise Refused("this node has not run yet: it knows no items", "run: mesharr run, or mesharr sync")
    return open_state(session.config_dir)


def take_over(state: State, takeovers: Sequence[Takeover], why: str) -> None:
    """Take units over, now; a running daemon publishes it at once."""
    queue_claims(state, takeovers, why, wall_ms())


def units_text(units: Sequence[str]) -> str:
    """Return what to print after a title: "" for a movie, ` S01E02`, ` (12 units: ...)`."""
    if list(units) == ["movie"]:
        return ""
    if len(units) == 1 and ":" not in units[0]:
        return f" {units[0]}"
    return f" ({quantity(len(units), 'unit')}: {', '.join(units[:5])}{', ...' if len(units) > 5 else ''})"

"""The one table of limits: how much of each kind of action is done before the user is asked.

A new limit is one row here: its setting under `policy.holds`, its default and what people read of it follow.
"""

from collections.abc import Callable, Mapping
from typing import Final, Literal

import msgspec

from mesharr.core.planning.actions import Action, Add, Claim, Move, Pause, Remove, SetMonitored, SetSeriesType
from mesharr.core.planning.memory import ItemMemory, counted_pause
from mesharr.core.registry.item_state import ItemState

LimitKind = Literal[
    "first_adds", "unmonitors", "removals", "moves", "retypes", "pauses", "claims", "own_removals"
]
"""The kinds of limits, as the database and `--json` output name them."""

HOUR_MS: Final = 3_600_000
OWN: Final = "this node"
"""Whose doing the claims and removals of this household are: a restored app may cause many at once."""


class ActionCause(msgspec.Struct, frozen=True):
    """An action that is planned for an item, and what says whose doing it is."""

    action: Action
    registry: ItemState
    memory: ItemMemory
    me: str

    @property
    def is_own_item(self) -> bool:
        """Whether the item is this household's: mesharr did not add it, or it took of it since."""
        return not self.memory.added_at or self.me in self.registry.contributors


class LimitRow(msgspec.Struct, frozen=True, kw_only=True):
    """One limit."""

    kind: LimitKind
    """Its name."""
    one: str
    """What users read for one such action: "deletion"."""
    many: str
    """What users read for several: "bob caused more than 20 deletions within an hour"."""
    default: int
    """How many within the window need no approval, unless the config says otherwise."""
    setting: str = ""
    """The setting under `policy.holds` that says how many; "" for one of the kind's own name."""
    window_ms: int = HOUR_MS
    """How long an action counts (ms)."""
    at_once: bool = False
    """Whether those that are in force at one time count, too, however old they are."""
    causer: Callable[[ActionCause], str | None] = lambda _cause: None
    """Returns for whom an action counts in this limit, None when it does not count."""

    @property
    def setting_name(self) -> str:
        """The name of the setting that says how many."""
        return self.setting or self.kind

    def exceeded_by(self, peer: str, most: int) -> str:
        """Return why actions wait for the user once `peer` caused more than `most` of them."""
        at_once = " or at once" if self.at_once else ""
        return f"{peer} caused more than {most} {self.many} within an hour{at_once}"


def _adds(cause: ActionCause) -> str | None:
    action = cause.action
    return action.origin if isinstance(action, Add) and not action.requested else None


def _unmonitors(cause: ActionCause) -> str | None:
    action = cause.action
    if not isinstance(action, SetMonitored) or action.monitored or not cause.is_own_item:
        return None
    return unmonitored_by(action, cause.registry)


def _pauses(cause: ActionCause) -> str | None:
    """A peer's further pauses of an item do not count."""
    action = cause.action
    counts = isinstance(action, Pause) and counted_pause(cause.memory, action.peer) is None
    return action.peer if isinstance(action, Pause) and counts else None


LIMITS: Final[tuple[LimitRow, ...]] = (
    LimitRow(kind="removals", one="deletion", many="deletions", default=20, causer=lambda cause: (
        cause.registry.removed_by if isinstance(cause.action, Remove) else None
    )),
    LimitRow(kind="own_removals", one="deletion", many="deletions", default=20, setting="removals"),
    LimitRow(
        kind="unmonitors", one="unmonitored item", many="unmonitored items", default=20, causer=_unmonitors
    ),
    LimitRow(kind="claims", one="claim", many="claims", default=20, causer=lambda cause: (
        OWN if isinstance(cause.action, Claim) else None
    )),
    LimitRow(kind="moves", one="folder change", many="folder changes", default=50, causer=lambda cause: (
        cause.registry.origin if isinstance(cause.action, Move) else None
    )),
    LimitRow(
        kind="retypes", one="series type change", many="series type changes", default=20,
        causer=lambda cause: (
            cause.registry.series_type_by if isinstance(cause.action, SetSeriesType) else None
        ),
    ),
    LimitRow(
        kind="pauses", one="pause for its downloads", many="pauses for its downloads", default=100,
        at_once=True, causer=_pauses,
    ),
    LimitRow(kind="first_adds", one="addition", many="additions", default=50, causer=_adds),
)  # fmt: skip
"""Every limit. `own_removals` counts in the outward half, where no action is planned."""

BY_KIND: Final[Mapping[LimitKind, LimitRow]] = {row.kind: row for row in LIMITS}
LIMIT_DEFAULTS: Final[Mapping[str, int]] = {row.setting_name: row.default for row in LIMITS}
"""The settings under `policy.holds`, each with its default."""


def limit_of(cause: ActionCause) -> tuple[LimitKind, str] | None:
    """Return which limit an action counts for, and for whom; None when it counts for none."""
    counted = ((row.kind, peer) for row in LIMITS if (peer := row.causer(cause)) is not None)
    return next(counted, None)


def unmonitored_by(action: SetMonitored, registry: ItemState) -> str:
    """Return the node for which units are set unmonitored: their owner, or who removed the item."""
    return registry.owner_of(action.units[0]) or registry.removed_by

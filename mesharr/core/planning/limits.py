"""The one table of limits: how much of each kind of action is done before the user is asked.

A new limit is one row here: its settings under `policy.holds`, their defaults and what people read of it
follow. Each counts by the hour and by the day, in items and in per cent of the library: what is too much at
once is too much in slow motion as well.
"""

from collections.abc import Callable, Mapping
from typing import Final, Literal

import msgspec

from mesharr.core.planning.actions import Action, Add, Claim, Move, Pause, Remove, SetMonitored, SetSeriesType
from mesharr.core.planning.memory import ItemMemory, counted_pause
from mesharr.core.registry.item_state import ItemState
from mesharr.core.text import quantity

LimitKind = Literal[
    "first_adds", "unmonitors", "removals", "moves", "retypes", "pauses", "claims", "own_removals"
]
"""The kinds of limits, as the database and `--json` output name them."""

PERCENT_FROM: Final = 10
"""How many items need no approval whatever share of a library they are: a small one changes as a whole."""
ALL_PERCENT: Final = 100
"""The share that is no limit."""
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


class Amounts(msgspec.Struct, frozen=True):
    """How much of one kind of action needs no approval."""

    per_hour: int
    """How many within an hour, or at once."""
    per_day: int
    """How many within a day; never fewer than within an hour."""
    percent: int = 100
    """What share of the library's items within a day (%)."""


class Counted(msgspec.Struct, frozen=True):
    """How much of one kind of action there was, with what is asked about now."""

    in_hour: int
    """How many within the last hour, or that are in force at one time."""
    in_day: int
    """The same within the last day."""
    of: int
    """How many items there are that such an action may be about."""


class LimitRow(msgspec.Struct, frozen=True, kw_only=True):
    """One limit."""

    kind: LimitKind
    """Its name."""
    one: str
    """What users read for one such action: "deletion"."""
    many: str
    """What users read for several: "bob caused more than 20 deletions within an hour"."""
    default: Amounts
    """How many need no approval, unless the config says otherwise."""
    setting: str = ""
    """The setting under `policy.holds` that says how many an hour; "" for one of the kind's own name."""
    of_wanted: bool = False
    """Whether the share is one of the items that may want a file, and not of all."""
    at_once: bool = False
    """Whether those that are in force at one time count, too, however old they are."""
    action: type[Action] | None = None
    """The actions that count, None for what is counted where no action is planned."""
    causer: Callable[[ActionCause], str | None] = lambda _cause: None
    """Returns for whom such an action counts, None when it does not count."""
    on_first_day: bool = False
    """Whether the first day plans such actions, all of which need approval there, however few they are."""

    @property
    def setting_name(self) -> str:
        """The name of the setting that says how many an hour."""
        return self.setting or self.kind

    @property
    def settings(self) -> dict[str, int]:
        """The settings that say how many, each with its default."""
        name, default = self.setting_name, self.default
        found = {name: default.per_hour, f"{name}_per_day": default.per_day}
        return found if default.percent == ALL_PERCENT else found | {f"{name}_percent": default.percent}

    def amounts(self, configured: Callable[[str], int]) -> Amounts:
        """Return how many need no approval, by what is configured for each setting."""
        per_hour, per_day, *percent = (configured(name) for name in self.settings)
        return Amounts(per_hour, max(per_hour, per_day), *percent)

    def exceeded(self, peer: str, counted: Counted, most: Amounts) -> str:
        """Return why actions of a peer of this name wait for the user, "" when they need not."""
        share = max(PERCENT_FROM, counted.of * most.percent // 100)
        caused = f"{peer} caused more than"
        if counted.in_hour > most.per_hour:
            at_once = " or at once" if self.at_once else ""
            return f"{caused} {quantity(most.per_hour, self.one, self.many)} within an hour{at_once}"
        if most.percent < ALL_PERCENT and counted.in_day > share:
            of = quantity(counted.of, "wanted item" if self.of_wanted else "item")
            return f"{caused} {quantity(share, self.one, self.many)} within a day ({most.percent} % of {of})"
        if counted.in_day > most.per_day:
            return f"{caused} {quantity(most.per_day, self.one, self.many)} within a day"
        return ""


def _adds(cause: ActionCause) -> str | None:
    return cause.action.origin if isinstance(cause.action, Add) and not cause.action.requested else None


def _removals(cause: ActionCause) -> str | None:
    action = cause.action
    if not isinstance(action, Remove) or action.requested:
        return None
    return action.peer or cause.registry.removed_by


def _unmonitors(cause: ActionCause) -> str | None:
    action = cause.action
    counts = (
        isinstance(action, SetMonitored) and not (action.monitored or action.unlimited) and cause.is_own_item
    )
    return unmonitored_by(action, cause.registry) if isinstance(action, SetMonitored) and counts else None


def _pauses(cause: ActionCause) -> str | None:
    """Return the peer that downloads; its further pauses of an item do not count."""
    if not isinstance(cause.action, Pause) or counted_pause(cause.memory, cause.action.peer) is not None:
        return None
    return cause.action.peer


LIMITS: Final = (
    LimitRow(
        kind="removals",
        one="deletion",
        many="deletions",
        default=Amounts(20, 40, 20),
        action=Remove,
        causer=_removals,
        on_first_day=True,
    ),
    LimitRow(
        kind="own_removals", one="deletion", many="deletions", default=Amounts(20, 40, 20), setting="removals"
    ),
    LimitRow(
        kind="unmonitors",
        one="unmonitored item",
        many="unmonitored items",
        default=Amounts(20, 40, 20),
        action=SetMonitored,
        causer=_unmonitors,
        on_first_day=True,
    ),
    LimitRow(
        kind="claims",
        one="claim",
        many="claims",
        default=Amounts(20, 60, 50),
        action=Claim,
        causer=lambda _cause: OWN,
    ),
    LimitRow(
        kind="moves",
        one="folder change",
        many="folder changes",
        default=Amounts(50, 150, 50),
        action=Move,
        causer=lambda cause: cause.registry.origin,
        on_first_day=True,
    ),
    LimitRow(
        kind="retypes",
        one="series type change",
        many="series type changes",
        default=Amounts(20, 40, 50),
        action=SetSeriesType,
        causer=lambda cause: cause.registry.series_type_by,
        on_first_day=True,
    ),
    LimitRow(
        kind="pauses",
        one="pause for its downloads",
        many="pauses for its downloads",
        default=Amounts(50, 100, 50),
        at_once=True,
        of_wanted=True,
        action=Pause,
        causer=_pauses,
    ),
    LimitRow(
        kind="first_adds",
        one="addition",
        many="additions",
        default=Amounts(50, 300),
        action=Add,
        causer=_adds,
        on_first_day=True,
    ),
)
"""Every limit. `own_removals` counts in the outward half, where no action is planned."""

BY_KIND: Final[Mapping[LimitKind, LimitRow]] = {row.kind: row for row in LIMITS}


FIRST_DAY_KINDS: Final[Mapping[type, LimitKind]] = {
    row.action: row.kind for row in LIMITS if row.action is not None and row.on_first_day
}
"""The kind of each type of action that the first day plans."""


def limit_of(cause: ActionCause) -> tuple[LimitKind, str] | None:
    """Return which limit an action counts for, and for whom; None when it counts for none."""
    row = next((row for row in LIMITS if row.action is type(cause.action)), None)
    peer = row.causer(cause) if row else None
    return (row.kind, peer) if row and peer is not None else None


def said_by(action: Action) -> str:
    """Return what a rejection is about: an action with another value is asked about again."""
    match action:
        case Move(folder=folder):
            return folder
        case SetSeriesType(series_type=series_type):
            return series_type
    return ""


def unmonitored_by(action: SetMonitored, registry: ItemState) -> str:
    """Return the node for which units are set unmonitored: their owner, or who removed the item."""
    return registry.owner_of(action.units[0]) or registry.removed_by

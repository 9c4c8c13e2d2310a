"""Guard actions: dangerous settings of an app, and limits on what one peer may cause."""

from collections.abc import Callable, Mapping, Sequence

from mesharr.arr.base import Arr
from mesharr.core.durations import DAY_MS, HOUR_MS
from mesharr.core.planning.actions import Action
from mesharr.core.planning.limits import (
    BY_KIND,
    ActionCause,
    Amounts,
    Counted,
    LimitKind,
    limit_of,
)
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.registry.item_state import ItemState
from mesharr.node.missing_items import keep_unpublished
from mesharr.node.model import HANDED_MS
from mesharr.node.outcome import Excluded, NeedsApproval, UserRejected
from mesharr.state.deciding import decide_all
from mesharr.state.holds import Hold
from mesharr.state.queues.dirty import Dirty
from mesharr.state.state import State

Limit = tuple[LimitKind, str]
"""What an action counts as, and for whom."""

EXCLUSIONS_MS = 60_000
"""How old an app's list of exclusions may be: a pass may take many minutes."""


class Guard:
    """Counts what peers cause, by this node's own clock; what goes over a limit needs approval."""

    def __init__(
        self, me: str, state: State, limits: Mapping[LimitKind, Amounts], *, ask_first: bool
    ) -> None:
        """Take this node, how many actions of a kind a peer may cause, and whether adds are limited."""
        self._me = me
        self._state = state
        self._limits = dict(limits)
        self._bursts = _Bursts(me, state)
        self._ask_first = ask_first
        self._excluded: dict[str, tuple[int, frozenset[str]]] = {}
        self._just_checked: dict[str, int] = {}
        """By app when the first day found its settings to be harmless (ms)."""

    def forget_cached(self) -> None:
        """Have the exclusions of every app read again."""
        self._excluded.clear()

    def look_at_settings(self, app: str, arr: Arr, now: int) -> None:
        """Raise as `check_settings` does; that need not ask again at once."""
        self._just_checked.pop(app, None)
        arr.check_settings()
        self._just_checked[app] = now

    def check_settings(self, app: str, arr: Arr, now: int) -> None:
        """Raise `Refused` when a setting of an app would harm the mesh; asked once a day at most."""
        if 0 <= now - self._state.apps.settings_checked(app) < DAY_MS:
            return  # else it is long ago, or the clock was set back since
        if not 0 <= now - self._just_checked.get(app, 0) < HANDED_MS:
            arr.check_settings()
        self._state.apps.note_settings_checked(app, now)
        self._state.refusals.clear(f"settings:{app}")

    def excluded(self, app: str, arr: Arr, item: str, now: int) -> Excluded | None:
        """Return `Excluded` when the user told the app never to add the item, else None."""
        asked, excluded = self._excluded.get(app, (0, frozenset()))
        if not 0 <= now - asked < EXCLUSIONS_MS:
            excluded = arr.exclusions()
            self._excluded[app] = (now, excluded)
        return Excluded("excluded here: on the exclusion list of the app") if item in excluded else None

    @property
    def me(self) -> str:
        """The label of this node."""
        return self._me

    def limit_of(self, action: Action, registry: ItemState, memory: ItemMemory) -> Limit | None:
        """Return which limit an action counts for, None for none."""
        return limit_of(ActionCause(action, registry, memory, self._me))

    def permit(
        self, limit: Limit, library: str, item: str, title: str, now: int, said: str = ""
    ) -> NeedsApproval | UserRejected | None:
        """Return None when the action may be done now; else have it wait for approval, or left.

        Claims and deletions count with those that are about to follow: of too many at once none is done.
        `said` is as `said_by` returns it.
        """
        kind, peer = limit
        if rejected := self._state.holds.rejected(library, item, kind, peer, said):
            return UserRejected(rejected)
        if self._is_free(kind, library, item):
            return None
        why = self._state.holds.why(peer, library, kind) or self._exceeded(limit, library, now, item=item)
        if not why:
            return None
        number = self._state.holds.add(peer, library, kind, [(item, title)], why, now, said)
        return NeedsApproval(number, why)

    def would_hold(self, peer: str, library: str, item: str, now: int) -> bool:
        """Return whether the add of an item waits for approval, or would once it is tried.

        What is due with it counts, as it may be as many adds.
        """
        if self._state.holds.rejected(library, item, "first_adds", peer):
            return True
        if self._is_free("first_adds", library, item):
            return False
        if self._state.holds.why(peer, library, "first_adds"):
            return True
        return bool(self._exceeded(("first_adds", peer), library, now, more=self._state.dirty.count(library)))

    def may_all_go(self, limit: Limit, library: str, now: int) -> bool:
        """Return whether deletions of this household may take a whole library without a question."""
        left = self._state.items.count_listed(library) + len(self._state.outbox.items_gone(library))
        return not self._exceeded(limit, library, now, more=max(1, left))

    def permit_group(
        self,
        limit: Limit,
        library: str,
        items: Sequence[tuple[str, str]],
        now: int,
        summary: Callable[[], str] = str,
    ) -> dict[str, NeedsApproval | UserRejected]:
        """Return which of these (item, title) pairs, a group of one peer, may not be done now.

        A group that goes over the limit waits as a whole, but for what the user has approved of it; what
        the user has rejected is left.
        `summary` returns what comes of meeting the peer, "" when that is not known; it is asked at most once.
        """
        kind, peer = limit
        known = self._state.holds.rejected
        left: dict[str, NeedsApproval | UserRejected] = {
            item: UserRejected(number) for item, _ in items if (number := known(library, item, kind, peer))
        }
        rest = [
            (item, title)
            for item, title in items
            if item not in left and not self._is_free(kind, library, item)
        ]
        if not rest:
            return left
        waiting = self._state.holds.why(peer, library, kind)
        exceeded = "" if waiting else self._exceeded(limit, library, now, more=len(rest))
        if not (waiting or exceeded):
            return left
        met = "" if waiting else summary()
        why = waiting or (f"meeting {self._state.names.called(peer)}: {met}" if met else exceeded)
        number = self._state.holds.add(peer, library, kind, rest, why, now)
        return left | {item: NeedsApproval(number, why) for item, _ in rest}

    def count(self, limit: Limit, library: str, item: str, now: int) -> None:
        """Count an action that was done; nothing of it waits for approval any more.

        What the user approved counts for no limit: it says nothing of what comes unasked.
        """
        kind, peer = limit
        with self._state.transaction():
            if not self._state.holds.approved(library, item, kind):
                self._state.holds.note_action(peer, library, kind, now)
            self._state.holds.take_out(library, item, kind)

    def _is_free(self, kind: LimitKind, library: str, item: str) -> bool:
        """Whether an action needs no approval, however many there are."""
        unasked = kind == "first_adds" and not self._ask_first
        return unasked or self._state.holds.approved(library, item, kind)

    def _exceeded(self, limit: Limit, library: str, now: int, *, item: str = "", more: int = 0) -> str:
        """Return why an action on an item, or this many, would be too many; "" when they are not."""
        kind, peer = limit
        row, count, items = BY_KIND[kind], self._state.holds.count_actions, self._state.items
        more = more or self._to_follow(limit, library, item)
        in_force = items.paused_by(library, peer) if row.at_once else 0
        in_hour = max(in_force, count(peer, library, kind, now - HOUR_MS))
        in_day = max(in_force, count(peer, library, kind, now - DAY_MS))
        of = items.count_listed(library, wanting=row.of_wanted)
        if kind in {"removals", "own_removals"}:
            of += in_day + (more if kind == "own_removals" else 0)  # as it was before them
        return row.exceeded(
            self._state.names.called(peer), Counted(in_hour + more, in_day + more, of), self._limits[kind]
        )

    def _to_follow(self, limit: Limit, library: str, item: str) -> int:
        """Return how many such actions are about to be done, the one on this item among them."""
        kind, peer = limit
        match kind:
            case "claims":
                return max(1, self._state.items.suspected(library))
            case "own_removals":
                found = self._state.outbox.items_gone(library)
            case "removals" | "unmonitors":
                found = self._bursts.of(peer, library)
            case _:
                return 1
        holds = self._state.holds
        answered = {
            other
            for other in found
            if holds.approved(library, other, kind) or holds.rejected(library, other, kind, peer)
        }
        return len({item, *found} - answered)


class _Bursts:
    """The listed items that wait for a visit because a peer removed them."""

    def __init__(self, me: str, state: State) -> None:
        self._me = me
        self._state = state
        self._removed_by: dict[tuple[str, str], tuple[int, str]] = {}
        """By item who removed it, as of how often it had been marked dirty: each is folded once for that."""

    def of(self, peer: str, library: str) -> frozenset[str]:
        """Return the items of a library that a peer's deletions are about to take."""
        waiting = self._state.dirty.of(library)
        known = {(library, dirty.item) for dirty in waiting}
        for gone in [key for key in self._removed_by if key[0] == library and key not in known]:
            del self._removed_by[gone]
        return frozenset(dirty.item for dirty in waiting if self._remover(dirty) == peer)

    def _remover(self, dirty: Dirty) -> str:
        """Return who removed a dirty item that its app still lists, "" for nobody else."""
        key = (dirty.library, dirty.item)
        marks, remover = self._removed_by.get(key, (0, ""))
        if marks != dirty.marks:
            remover = self._asked(*key)
            self._removed_by[key] = (dirty.marks, remover)
        return remover

    def _asked(self, library: str, item: str) -> str:
        items = self._state.items
        if not items.was_listed(library, item):
            return ""
        state = items.state(library, item)
        return "" if state.present or state.moved_to or state.removed_by == self._me else state.removed_by


def approve(state: State, n: int, now: int) -> Hold:
    """Have a group of changes done that needs approval, or was rejected; return it."""
    with state.transaction():
        hold = state.holds.approve(n)
        state.dirty.answered([(hold.library, item) for item, _ in hold.items], now)
        for item, _ in hold.items:
            state.outbox.hurry(hold.library, item, now)
    return hold


def reject(state: State, me: str, n: int, now: int) -> Hold:
    """Leave a group of changes undone for good; return it.

    What peers said stays what they said; deletions of this household's are undone. `me` is this node.
    """
    undone = [
        (hold.library, item)
        for hold in state.holds.all()
        if hold.n == n and hold.kind == "own_removals"
        for item, _ in hold.items
    ]

    def rejected(_: object) -> Hold:
        hold = state.holds.reject(n)
        state.dirty.answered([(hold.library, item) for item, _ in hold.items], now)
        for item, _ in hold.items if hold.kind == "own_removals" else ():
            keep_unpublished(state, me, hold.library, item, now)
        return hold

    return decide_all(state, undone, rejected)

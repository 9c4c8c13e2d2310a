"""Guard actions: dangerous settings of an app, and limits on what one peer may cause."""

from collections.abc import Callable, Mapping, Sequence

from mesharr.arr.base import Arr
from mesharr.core.planning.actions import Action
from mesharr.core.planning.limits import BY_KIND, ActionCause, LimitKind, limit_of
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.registry.item_state import ItemState
from mesharr.node.backoff import DAY_MS
from mesharr.node.missing_items import keep_unpublished
from mesharr.node.outcome import Excluded, NeedsApproval, UserRejected
from mesharr.state.holds import Hold
from mesharr.state.state import State

Limit = tuple[LimitKind, str]
"""What an action counts as, and for whom."""

EXCLUSIONS_MS = 60_000
"""How old an app's list of exclusions may be: a pass may take many minutes."""


class Guard:
    """Counts what peers cause, by this node's own clock; what goes over a limit needs approval."""

    def __init__(self, me: str, state: State, limits: Mapping[LimitKind, int], *, ask_first: bool) -> None:
        """Take this node, how many actions of a kind a peer may cause, and whether adds are limited."""
        self._me = me
        self._state = state
        self._limits = dict(limits)
        self._ask_first = ask_first
        self._excluded: dict[str, tuple[int, frozenset[str]]] = {}

    def forget_cached(self) -> None:
        """Have the exclusions of every app read again."""
        self._excluded.clear()

    def check_settings(self, app: str, arr: Arr, now: int) -> None:
        """Raise `Refused` when a setting of an app would harm the mesh; asked once a day at most."""
        if 0 <= now - self._state.apps.settings_checked(app) < DAY_MS:
            return  # else it is long ago, or the clock was set back since
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

    def limit_of(self, action: Action, registry: ItemState, memory: ItemMemory) -> Limit | None:
        """Return which limit an action counts for, None for none."""
        return limit_of(ActionCause(action, registry, memory, self._me))

    def permit(
        self, limit: Limit, library: str, item: str, title: str, now: int, said: str = ""
    ) -> NeedsApproval | UserRejected | None:
        """Return None when the action may be done now; else have it wait for approval, or left.

        Claims count with those that are about to follow: of too many flags at once none becomes a claim.
        `said` is as `said_by` returns it.
        """
        kind, peer = limit
        if rejected := self._state.holds.rejected(library, item, kind, peer, said):
            return UserRejected(rejected)
        if self._is_free(kind, library, item):
            return None
        waiting = self._state.holds.why(peer, library, kind)
        if not waiting and self._count(kind, peer, library, now) <= self._limits[kind]:
            return None
        why = waiting or self._why(kind, peer)
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
        count = self._recent("first_adds", peer, library, now) + self._state.dirty.count(library)
        return count > self._limits["first_adds"] or bool(self._state.holds.why(peer, library, "first_adds"))

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
        waiting = self._state.holds.why(peer, library, kind)
        within = self._recent(kind, peer, library, now) + len(rest) <= self._limits[kind]
        if not rest or (within and not waiting):
            return left
        met = "" if waiting else summary()
        why = waiting or (f"meeting {peer}: {met}" if met else self._why(kind, peer))
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

    def _recent(self, kind: LimitKind, peer: str, library: str, now: int) -> int:
        return self._state.holds.count_actions(peer, library, kind, now - BY_KIND[kind].window_ms)

    def _count(self, kind: LimitKind, peer: str, library: str, now: int) -> int:
        """Return the count with one more: claims with those to follow, pauses with those in force."""
        recent, items = self._recent(kind, peer, library, now), self._state.items
        if kind == "claims":
            return recent + max(1, items.suspected(library))
        in_force = items.paused_by(library, peer) if BY_KIND[kind].at_once else 0
        return 1 + max(recent, in_force)

    def _why(self, kind: LimitKind, peer: str) -> str:
        return BY_KIND[kind].exceeded_by(peer, self._limits[kind])


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
    with state.transaction():
        hold = state.holds.reject(n)
        state.dirty.answered([(hold.library, item) for item, _ in hold.items], now)
        for item, _ in hold.items if hold.kind == "own_removals" else ():
            keep_unpublished(state, me, hold.library, item, now)
    return hold

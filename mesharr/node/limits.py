"""What may stop an action: dangerous settings of the arr, and limits on what one peer may cause."""

from collections.abc import Callable, Mapping, Sequence

from mesharr.arr.base import Arr
from mesharr.core.errors import MesharrError
from mesharr.core.planning.actions import Action
from mesharr.core.planning.limits import BY_KIND, HOUR_MS, ActionCause, LimitKind, limit_of
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.registry.fold import ItemState
from mesharr.node.backoff import DAY_MS
from mesharr.state.state import State

Limit = tuple[LimitKind, str]
"""What an action counts as, and for whom."""

EXCLUSIONS_MS = 60_000
"""How old an arr's list of exclusions may be. An add of a pass of many minutes asks anew."""


class NeedsApproval(MesharrError):  # noqa: N818 - says what happened to the action, as its siblings do
    """The action waits in a hold for a person's `approve`; `why` there is one.

    `again` is when the item has to be looked at for something else (ms, 0: nothing).
    """

    def __init__(self, number: int, why: str) -> None:
        # Of an item it is enough to name the hold: why, and how many wait with it, is said once.
        super().__init__(f"part of hold {number}", f"mesharr approve {number}")
        self.why = why
        self.again = 0


class Excluded(MesharrError):  # noqa: N818 - as its sibling
    """This household told its arr never to add the item."""


class Guard:
    """Counts what peers cause, by this node's own clock, and holds what goes over the limits."""

    def __init__(self, me: str, state: State, limits: Mapping[LimitKind, int], *, ask_first: bool) -> None:
        """`me` is this node, `limits` actions of a kind by one peer in an hour; `ask_first` False: adds are
        not held.
        """
        self._me = me
        self._state = state
        self._limits = dict(limits)
        self._ask_first = ask_first
        self._excluded: dict[str, tuple[int, frozenset[str]]] = {}

    def settings(self, app: str, arr: Arr, now: int) -> None:
        """Raise `Refused` when a setting of the arr would harm the mesh; asked once a day at most.

        What was told of such a setting (`settings:APP` among the refusals) is over when it is mended.
        """
        if 0 <= now - self._state.apps.settings_checked(app) < DAY_MS:
            return  # else it is long ago, or the clock was set back since
        arr.check_settings()
        self._state.apps.note_settings_checked(app, now)
        self._state.refusals.clear(f"settings:{app}")

    def addable(self, app: str, arr: Arr, item: str, now: int) -> None:
        """Raise `Excluded` when the arr was told never to add the item; it is asked once for many adds."""
        asked, excluded = self._excluded.get(app, (0, frozenset()))
        if not 0 <= now - asked < EXCLUSIONS_MS:
            excluded = arr.exclusions()
            self._excluded[app] = (now, excluded)
        if item in excluded:
            raise Excluded("excluded here: the arr was told never to add it")

    def limit_of(self, action: Action, registry: ItemState, memory: ItemMemory) -> Limit | None:
        """Return which limit an action counts for, None for none."""
        return limit_of(ActionCause(action, registry, memory, self._me))

    def permit(self, kind: LimitKind, peer: str, library: str, item: str, title: str, now: int) -> None:
        """Return when the action may be done now; else put it into its peer's hold and raise `NeedsApproval`.

        Claims count with those that are about to follow: of too many flags at once none becomes a claim.
        """
        if self._state.holds.approved(library, item, kind) or (kind == "first_adds" and not self._ask_first):
            return
        waiting = self._waiting(kind, peer, library)
        if not waiting and self._lately(kind, peer, library, now) <= self._limits[kind]:
            return
        why = waiting or self._why(kind, peer)
        raise NeedsApproval(self._state.holds.add(peer, library, kind, [(item, title)], why, now), why)

    def would_hold(self, peer: str, library: str, item: str, now: int) -> bool:
        """Return whether the add of an item waits for a person, or would if the arr could be asked for it.

        What is due with it counts, as it may be as many adds.
        """
        holds = self._state.holds
        if holds.approved(library, item, "first_adds") or not self._ask_first:
            return False
        lately = holds.count_actions(peer, library, "first_adds", now - HOUR_MS)
        many = lately + self._state.dirty.count(library) > self._limits["first_adds"]
        return many or bool(self._waiting("first_adds", peer, library))

    def _lately(self, kind: LimitKind, peer: str, library: str, now: int) -> int:
        """Return how many there are with one more: of claims with those about to follow, of pauses all."""
        lately, items = self._state.holds.count_actions(peer, library, kind, now - HOUR_MS), self._state.items
        if kind == "claims":
            return lately + max(1, items.suspected(library))
        return 1 + (max(lately, items.paused_by(library, peer)) if kind == "pauses" else lately)

    def held(
        self,
        kind: LimitKind,
        peer: str,
        library: str,
        items: Sequence[tuple[str, str]],
        now: int,
        meeting: Callable[[], str] = str,
    ) -> dict[str, NeedsApproval]:
        """Return which of these (item, title) pairs, a group of one peer, have to wait, and for what.

        A group that goes over the limit waits as a whole, but for what a person has approved of it.
        `meeting` says what comes of meeting the peer, "" when that is not known; it is asked once a hold.
        """
        if kind == "first_adds" and not self._ask_first:
            return {}
        holds = self._state.holds
        rest = [(item, title) for item, title in items if not holds.approved(library, item, kind)]
        lately = holds.count_actions(peer, library, kind, now - HOUR_MS)
        waiting = self._waiting(kind, peer, library)
        if not rest or (lately + len(rest) <= self._limits[kind] and not waiting):
            return {}
        said = "" if waiting else meeting()
        why = waiting or (f"meeting {peer}: {said}" if said else self._why(kind, peer))
        number = holds.add(peer, library, kind, rest, why, now)
        return {item: NeedsApproval(number, why) for item, _ in rest}

    def _why(self, kind: LimitKind, peer: str) -> str:
        return BY_KIND[kind].exceeded_by(peer, self._limits[kind])

    def done(self, kind: LimitKind, peer: str, library: str, item: str, now: int) -> None:
        """Count an action that was done, and take it out of its hold.

        What a person approved counts for no limit: it says nothing of what comes unasked.
        """
        with self._state.transaction():
            if not self._state.holds.approved(library, item, kind):
                self._state.holds.note_action(peer, library, kind, now)
            self._state.holds.take_out(library, item, kind)

    def _waiting(self, kind: LimitKind, peer: str, library: str) -> str:
        """Return why such actions wait already, "" when none does."""
        return self._state.holds.why(peer, library, kind)

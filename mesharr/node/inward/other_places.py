"""An item that its app lists elsewhere: under another id, in another library or folder."""

from mesharr.core.arr.model import ArrItem
from mesharr.core.arr.snapshot import Baseline, Snapshot, is_placed_by_mesh
from mesharr.core.paths import below, why_not_shared
from mesharr.core.planning.actions import Plan
from mesharr.core.planning.placement import plan_elsewhere
from mesharr.node.arr_view import ArrView
from mesharr.node.backoff import ARR_MS
from mesharr.node.inward.visit_context import VisitContext
from mesharr.node.inward.visited_item import VisitedItem
from mesharr.node.outcome import Waits


def goes_by_another_id(context: VisitContext, item: VisitedItem, view: ArrView) -> bool:
    """Return whether the app lists the item under another id, or would be given it so.

    Then that one is marked for a visit: what is new of this one is to be done to it.
    """
    library = item.library.name
    # what its own node says is one and others do not say yet is no item of its own here
    mine = context.state.items.said_alike(library, item.id, context.me.node)
    others = sorted({*item.registry.ids, *mine} - {item.id})
    found = next((each for each in others if view.read(each) is not None), "")
    first = item.registry.id
    if others and (other := found or (first if first != item.id else "")):
        context.state.dirty.mark([(library, other)], context.now())
        return True
    return False


def between_libraries(
    context: VisitContext, item: VisitedItem, arr_item: ArrItem, actual: Snapshot | None
) -> Plan | None:
    """Return the plan for an item on its way between two libraries of one app, else None."""
    items, registry, memory, now = context.state.items, item.registry, item.memory, context.now()
    others = context.others_of_app(item.library)
    if actual is None and (unshared := why_not_shared(item.library.root, arr_item.folder)):
        return Plan(
            (), memory, why=f"the name of its folder in the app cannot be shared: {unshared}", stuck=True
        )
    if actual is None and registry.present:
        where = next((each.name for each in others if below(each.root, arr_item.folder)), "")
        stays = bool(where and items.state(where, item.id).copies)
        return plan_elsewhere(registry, arr_item.ref, where, memory, context.me.node, now, stays=stays)
    to = registry.moved_to
    moving = actual and not registry.present and to in {each.name for each in others}
    if moving and items.state(to, item.id).present:
        context.state.dirty.mark([(to, item.id)], now)  # it may wait there until its files here are gone
        return Plan((), memory, now + ARR_MS, f"moves to {to} once its files are there")
    for each in others if actual else ():
        if each.name in registry.moved_from and items.was_listed(each.name, item.id):
            items.set_baselines(each.name, [(item.id, Baseline(present=False))])  # it left there for here
    return None


def moved_by_user(context: VisitContext, item: VisitedItem, actual: Snapshot | None) -> Waits | None:
    """Return the wait of an item whose folder the user changed, until it is compared, else None.

    No app tells of it, and the registry would have the item put back where it was.
    """
    known, library = item.local.baseline, item.library
    if actual is None or known is None or not known.present or not known.folder:
        return None
    folder = actual.item.folder
    asked_for = {known.folder, item.memory.folder_requested, item.registry.folder}
    if folder in asked_for or is_placed_by_mesh(folder, known, item.registry.folder):
        return None
    context.state.inbox.put_check(library.app, item.id, context.now())
    return Waits("it was moved in the app: that is published first")

"""Files of this household that a peer's app moved along with the item's folder."""

from collections.abc import Mapping

from mesharr.core.arr.snapshot import Snapshot, uncompared_files
from mesharr.core.events.schema import Copy
from mesharr.core.paths import same_key
from mesharr.core.planning.actions import ImportFiles, Plan
from mesharr.core.planning.placement import has_names_to_publish, moved_along
from mesharr.node.inward.files.drive_view import DriveView
from mesharr.node.inward.visited_item import VisitedItem
from mesharr.node.outcome import Waits
from mesharr.state.state import State


def files_moved_along(
    item: VisitedItem, actual: Snapshot | None, drive: DriveView, me: str
) -> Mapping[str, Copy]:
    """Return the files, by path, as they are in the item's folder of the mesh.

    Returns nothing while any of them is still where it was, or is not in the other folder.
    """
    went = moved_along(item.registry, actual, me) if actual else {}
    if not actual or not went:
        return {}
    left = drive.sizes([*went, *(copy.path for copy in actual.files.values())])
    came = drive.sizes(copy.path for copy in went.values())
    is_whole = all(came[copy.path] == copy.size for copy in went.values())
    return went if is_whole and not any(size is not None for size in left.values()) else {}


def compare_moved_files(state: State, item: VisitedItem, actual: Snapshot | None, me: str, now: int) -> None:
    """Have an item compared whose files have new names or sizes: no app tells of it."""
    if actual is None:
        return
    pending = [copy for entry in item.record.pending for copy in entry.body.stated_copies()]
    keys = {same_key(copy.path): copy.size for copy in pending}
    is_resized = any(key in actual.files and actual.files[key].size != size for key, size in keys.items())
    if is_resized or has_names_to_publish(item.registry, actual, keys, me):
        state.inbox.put_check(item.library.app, item.id, now)


def compare_before_import(
    state: State, item: VisitedItem, actual: Snapshot | None, planned: Plan, now: int
) -> Waits | None:
    """Return the wait of an import by ids while listed files are not compared yet, else None.

    The app drops what it lists of the same units, and may delete it: a file of this household whose name or
    whose import no webhook told yet would be lost to the mesh.
    """
    if actual is None or not any(isinstance(action, ImportFiles) for action in planned.actions):
        return None
    new = uncompared_files(actual, item.local.baseline, item.registry)
    if not new:
        return None
    state.inbox.put_check(item.library.app, item.id, now)
    return Waits(f"{new[0]} is new in the app: that is published first")

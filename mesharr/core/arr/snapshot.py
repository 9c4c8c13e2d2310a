"""What this node's arr shows of an item, in the words of the library: paths relative, ids the mesh's."""

from collections.abc import Mapping

import msgspec

from mesharr.core.arr.model import ArrFile, ArrItem
from mesharr.core.events.schema import Copy, Item
from mesharr.core.paths import below, same_key
from mesharr.core.registry.fold import ItemState


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """An item as this node's app lists it now, in the terms of the library."""

    ref: int
    """The app's own id of the item."""
    item: Item
    tags: tuple[str, ...] = ()
    """The labels of the item's tags."""
    monitored: Mapping[str, bool] = {}
    """The monitored flag of every unit that the app knows of the item."""
    files: Mapping[str, Copy] = {}
    """The listed files below the library's root, by `same_key` of their path."""
    checks: Mapping[str, int] = {}
    """By unit a number that is the same in every app, as in `Copy`."""
    multi_file_units: bool = False
    """Whether a unit is made of several files, as an album is of its tracks."""

    @property
    def mirrored(self) -> bool:
        """Whether it carries an origin tag, which mesharr gives to what it adds."""
        return any(tag.startswith("mesharr-") for tag in self.tags)


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """What the app listed of an item when mesharr last finished with it."""

    present: bool = True
    """Whether the app listed the item."""
    folder: str = ""
    series_type: str = ""
    files: Mapping[str, int] = {}
    """The size of each listed file, by its path."""
    unconfirmed: Mapping[str, int] = {}
    """When each file that no webhook, script or history row explains was first seen (ms), by its path."""
    dropped_for_upgrade: tuple[str, ...] = ()
    """The paths of living copies that the app dropped for a better file, which is not published yet."""
    gone_unpublished: tuple[str, ...] = ()
    """The paths of listed files that were nowhere any more before they could be published."""
    ref: int = 0
    """The app's own id of the item, 0 when it is not known."""


def snapshot_of(held: ArrItem | None, root: str) -> Snapshot | None:
    """Return what an arr holds in the library's words; None when it is absent or outside `root`."""
    if held is None:
        return None
    folder = below(root, held.folder)
    if folder is None:
        return None
    item = Item(
        id=held.id,
        kind=held.kind,
        ids=dict(held.ids),
        title=_printable(held.title),
        year=held.year,
        folder=folder,
        profile=_printable(held.profile),
        series_type=held.series_type,
    )
    copies = [copy for file in held.files if (copy := _copy(file, root))]
    return Snapshot(
        ref=held.ref,
        item=item,
        tags=held.tags,
        monitored=dict(held.monitored),
        files={same_key(copy.path): copy for copy in copies},
        checks=dict(held.checks),
        multi_file_units=held.multi_file_units,
    )


def baseline_of(shown: Snapshot | None, unconfirmed: Mapping[str, int] | None = None) -> Baseline:
    """Return the baseline that says: this is what the arr showed, and it has been dealt with.

    Files in `unconfirmed` stay out of it: they have not been dealt with.
    """
    if shown is None:
        return Baseline(present=False)
    waiting = dict(unconfirmed or {})
    return Baseline(
        folder=shown.item.folder,
        series_type=shown.item.series_type,
        files={copy.path: copy.size for copy in shown.files.values() if copy.path not in waiting},
        unconfirmed=waiting,
        ref=shown.ref,
    )


def _copy(file: ArrFile, root: str) -> Copy | None:
    path = below(root, file.path)
    if path is None:
        return None
    return Copy(
        path=path,
        size=file.size,
        units=file.units,
        quality=_printable(file.quality),
        group=_printable(file.group),
        languages=tuple(_printable(language) for language in file.languages),
        checks=dict(file.checks),
    )


def _printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable())[:500]


def baseline_after(baseline: Baseline | None, shown: Snapshot, registry: ItemState) -> Baseline | None:
    """Return the baseline after an action of ours was verified: what the arr shows because of the mesh is
    dealt with, what a person may have changed meanwhile is not. None: nothing changes.
    """
    before = baseline or Baseline()
    if not before.present:
        before = Baseline()
    ours = {copy.path: copy.size for key, copy in shown.files.items() if key in registry.copies}
    kept = {
        path: size
        for path, size in before.files.items()
        if same_key(path) in shown.files or same_key(path) not in registry.ended
    }
    placed = baseline is None or same_key(shown.item.folder) == same_key(registry.folder)
    typed = baseline is None or shown.item.series_type == registry.series_type
    after = msgspec.structs.replace(
        before,
        folder=shown.item.folder if placed else before.folder,
        series_type=shown.item.series_type if typed else before.series_type,
        files={**kept, **ours},
        ref=shown.ref,
    )
    return None if after == baseline else after

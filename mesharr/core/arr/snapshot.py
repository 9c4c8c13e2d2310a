"""Describe an item of this node's app as the library does.

Paths are relative to the library, and ids are those of the mesh.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

import msgspec

from mesharr.core.arr.model import ArrFile, ArrItem
from mesharr.core.durations import DAY_MS
from mesharr.core.events.schema import Copy, Item
from mesharr.core.events.validation import PART, is_id
from mesharr.core.paths import below, folder_of, is_own_spelling, same_key, why_not_shared
from mesharr.core.registry.item_state import ItemState
from mesharr.core.text import printable

UNDECIDED_MS: Final = 7 * DAY_MS
"""How long an app that took former files back has to leave them alone to count as decided."""
MAX_PARTS: Final = 99
"""How many parts of one file are stated: with more, a copy might be too long for an event line."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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
    other_spellings: Mapping[str, tuple[str, ...]] = {}
    """The further paths of these files, by the same keys, where the app lists several spellings of one."""
    file_refs: Mapping[str, int] = {}
    """The app's own ids of these files, by the same keys; one that is not known is left out."""
    unshared: Mapping[str, tuple[str, ...]] = {}
    """The units of each listed file whose name no event can state, by its path in the app."""
    checks: Mapping[str, int] = {}
    """By unit a number that is the same in every app, as in `Copy`."""
    multi_file_units: bool = False
    """Whether a unit is made of several files, as an album is of its tracks."""
    imports_files: bool = False
    """Whether the app registers files by ids."""

    @property
    def unshared_units(self) -> frozenset[str]:
        """The units that have a file here whose name no event can state."""
        return frozenset(unit for units in self.unshared.values() for unit in units)

    @property
    def mirrored(self) -> bool:
        """Whether mesharr added the item for a peer: then it carries an origin tag."""
        return any(tag.startswith("mesharr-") for tag in self.tags)


class Baseline(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the app listed of an item when mesharr last finished with it."""

    present: bool = True
    """Whether the app listed the item."""
    folder: str = ""
    """The library path of its folder; of an item that was deleted, the one it had."""
    series_type: str = ""
    files: Mapping[str, int] = {}
    """The size of each listed file, by its path."""
    file_refs: Mapping[str, int] = {}
    """The app's own id of each of these files, by its path: it stays when the app renames the file."""
    unconfirmed: Mapping[str, int] = {}
    """When each file that no webhook, script or history row explains was first seen (ms), by its path."""
    dropped_for_upgrade: tuple[str, ...] = ()
    """The paths of living copies that the app dropped for a better file, which is not published yet."""
    gone_unpublished: tuple[str, ...] = ()
    """The paths of listed files that were nowhere any more before they could be published."""
    unlisted: tuple[str, ...] = ()
    """The paths of living copies that the app no longer lists, while files wait for an explanation."""
    ref: int = 0
    """The app's own id of the item, 0 when it is not known."""
    added_at: int = 0
    """When this household was seen to have added the item in its app (ms), 0: it was not."""
    moved_at: int = 0
    """When the item was seen with another folder while its files were elsewhere (ms), 0: they are in it."""
    heard: Mapping[str, int] = {}
    """When an import, rename or deletion at each path was last compared (ms), by the `same_key` of the path:
    the app's history states it again, when the path may have another file.
    """
    took_back_at: tuple[int, ...] = ()
    """When a scan of the app took back a file that others had replaced (ms), the last two times."""

    def undecided_until(self) -> int:
        """Return until when (ms) the app counts as taking other files at each scan, 0: not.

        A scan takes a former file back once where somebody deleted or moved the one that replaced it.
        """
        if len(self.took_back_at) < 2 or self.took_back_at[-1] - self.took_back_at[-2] > UNDECIDED_MS:
            return 0
        return self.took_back_at[-1] + UNDECIDED_MS

    @property
    def may_want(self) -> bool:
        """Whether the app may search for a file: it has none, or is of many units."""
        return self.present and len(self.files) != 1


def snapshot_of(arr_item: ArrItem | None, root: str) -> Snapshot | None:
    """Return a snapshot of an app's item, None when it is absent or outside `root`.

    The snapshot has the library's paths and ids.
    """
    if arr_item is None:
        return None
    folder = below(root, arr_item.folder)
    if folder is None or not folder.strip():
        return None
    item = Item(
        id=arr_item.id,
        kind=arr_item.kind,
        ids={source: value for source, value in arr_item.ids.items() if is_id(source, value)},
        title=printable(arr_item.title),
        year=arr_item.year,
        folder=folder,
        profile=printable(arr_item.profile),
        series_type=arr_item.series_type,
    )
    copies: dict[str, Copy] = {}
    refs: dict[str, int] = {}
    others: dict[str, tuple[str, ...]] = {}
    for file in arr_item.files:
        if copy := _copy(file, root):
            key = same_key(copy.path)
            if key in copies:
                others[key] = (*others.get(key, ()), copies[key].path)
            copies[key] = copy
            refs |= {key: file.ref} if file.ref else {}
    return Snapshot(
        ref=arr_item.ref,
        item=item,
        tags=arr_item.tags,
        monitored=dict(arr_item.monitored),
        files=copies,
        other_spellings=others,
        file_refs=refs,
        unshared={file.path: file.units for file in arr_item.files if why_not_shared(root, file.path)},
        checks=dict(arr_item.checks),
        multi_file_units=arr_item.multi_file_units,
    )


def unshared_names(arr_item: ArrItem, root: str) -> dict[str, str]:
    """Return why no event can state each path of an item: of its folder, or else its files."""
    if why := why_not_shared(root, arr_item.folder):
        return {arr_item.folder: why}
    return {file.path: why for file in arr_item.files if (why := why_not_shared(root, file.path))}


def baseline_of(snapshot: Snapshot | None, unconfirmed: Mapping[str, int] | None = None) -> Baseline:
    """Return the baseline after a whole snapshot has been compared.

    `unconfirmed` are the files that have to wait for an explanation: they are no part of its `files`.
    """
    if snapshot is None:
        return Baseline(present=False)
    waiting = dict(unconfirmed or {})
    return Baseline(
        folder=snapshot.item.folder,
        series_type=snapshot.item.series_type,
        files={copy.path: copy.size for copy in snapshot.files.values() if copy.path not in waiting},
        file_refs={
            copy.path: ref
            for key, copy in snapshot.files.items()
            if copy.path not in waiting and (ref := snapshot.file_refs.get(key))
        },
        unconfirmed=waiting,
        ref=snapshot.ref,
    )


def _copy(file: ArrFile, root: str) -> Copy | None:
    path = below(root, file.path)
    if path is None:
        return None
    return Copy(
        path=path,
        size=file.size,
        units=file.units,
        quality=printable(file.quality),
        group=printable(file.group),
        languages=tuple(printable(language) for language in file.languages),
        checks=dict(file.checks),
        parts=_ids(file.parts) if len(file.parts) <= MAX_PARTS else (),
        release="".join(_ids([file.release])),
    )


def _ids(ids: Sequence[str]) -> tuple[str, ...]:
    """Return ids as events state them, () when one of them is no valid id.

    A part of the ids would be wrong.
    """
    return tuple(ids) if all(PART.fullmatch(each) for each in ids) else ()


def is_placed_by_mesh(folder: str, before: Baseline, published: str) -> bool:
    """Return whether an item is in its folder of the mesh, in the mesh's or the app's spelling.

    A folder that mesharr gave the app is spelled as the app lists it first.
    """
    is_new = not before.ref and same_key(folder) == same_key(published)
    return folder == published or is_new or is_own_spelling(folder, before.folder, published)


def is_carried_along(listed: str, published: str, registry: ItemState) -> bool:
    """Return whether a file is listed where a change of its folder's spelling took it.

    `published` is another spelling of the same path. The app that changed the folder moved all that was in
    it, also what another household had just imported there and published as it was.
    """
    below = f"{registry.folder}/"
    return bool(registry.version) and listed.startswith(below) and not published.startswith(below)


def _spelled(listed: str, before: str, published: str) -> str:
    """Return the spelling to keep of a file: the listed one, if the user cannot have changed it."""
    is_mesh = listed == published or is_own_spelling(listed, before, published)
    return listed if is_mesh else before


def baseline_after(baseline: Baseline | None, snapshot: Snapshot, registry: ItemState) -> Baseline | None:
    """Return the baseline after an action of mesharr was verified, None when nothing changes.

    What the app lists because of the mesh is part of it; what the user may have changed meanwhile is not: a
    file of another size than the living copy at its path may be the app's own upgrade, and a spelling that
    neither the mesh nor the baseline has may be the user's. So may be a file that was another living copy.
    """
    before = baseline or Baseline()
    if not before.present:
        before = Baseline()
    kept = {
        same_key(path): (path, size)
        for path, size in before.files.items()
        if same_key(path) in snapshot.files or same_key(path) not in registry.ended
    }
    ours = {
        key: (_spelled(copy.path, kept.get(key, (copy.path,))[0], living.copy.path), copy.size)
        for key, copy in snapshot.files.items()
        if (living := registry.copies.get(key)) and living.copy.size == copy.size
        if not _is_handed_on(key, before, snapshot, registry)
    }
    folder = snapshot.item.folder
    placed = baseline is None or is_placed_by_mesh(folder, before, registry.folder)
    typed = baseline is None or snapshot.item.series_type == registry.series_type
    files = dict((kept | ours).values())
    refs = {same_key(path): ref for path, ref in before.file_refs.items()}
    refs |= {key: ref for key, ref in snapshot.file_refs.items() if key in ours}
    after = msgspec.structs.replace(
        before,
        folder=folder if placed else before.folder,
        series_type=snapshot.item.series_type if typed else before.series_type,
        files=files,
        file_refs={path: ref for path in files if (ref := refs.get(same_key(path)))},
        ref=snapshot.ref,
    )
    return None if after == baseline else after


class Namesakes(msgspec.Struct, frozen=True):
    """A listed file, and a known one at another spelling of its path: two files, or one."""

    listed: Copy
    """The file as the app lists it."""
    path: str
    """The path of the known one."""
    size: int
    """The size of the known one."""

    @property
    def paths(self) -> tuple[str, str]:
        """The paths of both."""
        return self.listed.path, self.path

    def folder_to_list(self, sizes: Mapping[str, int | None]) -> str:
        """Return the folder whose names tell whether they are two files, "" where `sizes` tell it.

        A drive that does not tell spellings apart shows one file at both paths, and lists it once.
        """
        is_one_folder = folder_of(self.listed.path) == folder_of(self.path)
        is_shown_alike = self.listed.size == self.size and self._have(sizes)
        return folder_of(self.path) if is_one_folder and is_shown_alike else ""

    def are_both_there(self, sizes: Mapping[str, int | None], names: Mapping[str, Collection[str]]) -> bool:
        """Return whether they are two files of the drive.

        It shows `sizes` by path, and `names` in each `folder_to_list`. Files of one size in folders that
        differ in spelling are taken for one.
        """
        if self.listed.size != self.size:
            return self._have(sizes)
        listed = names.get(self.folder_to_list(sizes), ())
        return all(PurePosixPath(path).name in listed for path in self.paths)

    def _have(self, sizes: Mapping[str, int | None]) -> bool:
        return (sizes[self.listed.path], sizes[self.path]) == (self.listed.size, self.size)


def namesakes(snapshot: Snapshot, known: Iterable[tuple[str, int]]) -> dict[str, Namesakes]:
    """Return by key the `known` paths, with sizes, that may be another file than the listed one."""
    return {
        key: Namesakes(listed, path, size)
        for path, size in known
        if (listed := snapshot.files.get(key := same_key(path)))
        if listed.path != path
    }


def uncompared_files(snapshot: Snapshot, baseline: Baseline | None, registry: ItemState) -> tuple[str, ...]:
    """Return the paths of listed files that neither the mesh nor the last comparison knows."""
    known = [same_key(path) for path in (*baseline.files, *baseline.unconfirmed)] if baseline else []
    keys = {*known, *registry.copies}
    return tuple(copy.path for key, copy in snapshot.files.items() if key not in keys)


def _is_handed_on(key: str, before: Baseline, snapshot: Snapshot, registry: ItemState) -> bool:
    """Return whether the file at a path was at that of another living copy before, by its id."""
    ref = snapshot.file_refs.get(key, 0)
    were = (same_key(path) for path, known in before.file_refs.items() if ref and known == ref)
    return any(old != key and old in registry.copies for old in were)

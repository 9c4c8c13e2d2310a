"""What must hold in the mesh when nothing is left to do."""

import json
import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.events.schema import Copy, FileImported, ItemLeft, ItemRemoved, UnitClaimed
from mesharr.core.paths import same_key
from mesharr.core.registry.conflicts import conflicts
from mesharr.core.registry.item_state import ItemState
from tests.properties.mesh.home import Home
from tests.properties.mesh.people.base import UNSENDABLE, Unit
from tests.properties.mesh.union import tree_of

if TYPE_CHECKING:
    from tests.properties.mesh.world import World

SUBTITLE = ".srt"
"""How the names of subtitles end."""
MOST_COMMANDS = 12
"""How often an item is scanned or a file imported without any deed: some a day."""


def complaints(world: "World") -> Iterator[str]:
    """Yield what does not hold."""
    yield from _left_over(world)
    for library in world.libraries:
        yield from _registries(world, library)
        yield from _arrs(world, library)
        yield from _files(world, library)
    yield from _harm(world)
    yield from _commands(world)
    yield from _events(world)


def misplaced(world: "World") -> Iterator[str]:
    """Yield which items are nowhere, what is wrong with the files, and what was asked for without end."""
    for library in world.libraries:
        yield from _absent(world, library)
        yield from _files(world, library)
    yield from _commands(world)


def _absent(world: "World", library: str) -> Iterator[str]:
    for home in world.homes:
        state, shown = home.house.state, home.shown(library)
        for item in sorted(state.items.all(library)):
            wanted = state.items.state(library, item)
            if _is_wanted(home, wanted) and item not in shown:
                yield f"{home.house.name}: {library} {item}: the mesh has it, the arr does not"


def displaces(home: Home, wanted: ItemState) -> str:
    """Return the item that keeps the folder of this one in the mesh, "" for none: no app has both."""
    items = home.house.state.items
    others = (items.state(wanted.library, each) for each in items.all(wanted.library))
    return next(
        (
            other.id
            for other in others
            if other.present and other.id != wanted.id and wanted.present
            if same_key(other.folder) == same_key(wanted.folder) and other.standing > wanted.standing
        ),
        "",
    )


def _is_wanted(home: Home, wanted: ItemState) -> bool:
    """Return whether an item is to be in the app of a household, with its files and flags."""
    if not wanted.present or home.house.node in wanted.left_by:
        return False
    return not displaces(home, wanted)


def _left_over(world: "World") -> Iterator[str]:
    for home in world.homes:
        for dirty in home.house.state.dirty.all():
            if dirty.state != "stuck" or not dirty.why:
                yield f"{home.house.name}: {dirty.library} {dirty.item} waits: {dirty.state} {dirty.why}"
        if waiting := [
            kind
            for each in home.house.state.outbox.all()
            if (kind := type(each.body).__name__) != "NodeHello"  # one is always on its way
        ]:
            yield f"{home.house.name}: facts wait to be told: {waiting}"

    for home in world.homes:
        for library, union in home.house.unions.items():
            shown = tree_of(str(home.house.folders[library])).files
            known = _known_folders(home, library)
            left = [path for path in union.local.files if not _stays_local(path, shown)]
            if left := [path for path in left if path.startswith(known)]:
                yield f"{home.house.name}: {library}: on the local branch alone: {left}"


def _known_folders(home: Home, library: str) -> tuple[str, ...]:
    """Return below what the app of a household finds files: anywhere, unless it got an older database.

    That one may lack an import of a moment before, and have another folder for its item. Then no scan finds
    the file, nobody has seen it listed, and only what an app lists is uploaded.
    """
    if library not in home.restored:
        return ("",)
    return tuple(f"{each.item.folder}/" for each in home.shown(library).values())


def _stays_local(path: str, shown: Collection[str]) -> bool:
    """Return whether a file stays on the local branch: a subtitle of no film, or one that is not sent.

    An app that renames a film leaves a subtitle behind that it has not seen yet. `shown` is the union.
    """
    of_a_film = any(path.startswith(f"{os.path.splitext(other)[0]}.") for other in shown if other != path)
    return UNSENDABLE in path or (path.endswith(SUBTITLE) and not of_a_film)


def _registries(world: "World", library: str) -> Iterator[str]:
    items = {item for home in world.homes for item in home.house.state.items.all(library)}
    for item in sorted(items):
        seen = {home.house.state.items.state(library, item).encoded() for home in world.homes}
        if len(seen) > 1:
            yield f"{library} {item}: the registries differ"


def _arrs(world: "World", library: str) -> Iterator[str]:
    state, lost = world.homes[0].house.state, _given_up(world, library)
    for home in world.homes:
        shown = home.shown(library)
        for item in sorted(state.items.all(library)):
            for said in _item(world, home, library, item, shown, lost):
                yield f"{home.house.name}: {library} {item}: {said}"


def _item(
    world: "World",
    home: Home,
    library: str,
    item: str,
    listed: Mapping[str, Snapshot],
    lost: Mapping[Unit, int],
) -> Iterator[str]:
    wanted, shown = home.house.state.items.state(library, item), listed.get(item)
    me = home.house.node
    # one that was followed before it came there takes no folder
    folder = shown.item.folder if shown is not None and shown.mirrored else ""
    is_there = same_key(folder) == same_key(wanted.folder) and me not in wanted.contributors
    other = displaces(home, wanted)
    # an app may have both where their folders differ in spelling: to it and to the drive they are two
    is_apart = other in listed and listed[other].item.folder != folder
    if is_there and other and not is_apart:
        yield "it is in the folder of another item, and nobody's here"
    if not _is_wanted(home, wanted):
        return
    if shown is None:
        yield "the mesh has it, the arr does not"
        return
    # what two of them added at once, each in its own way, stays so until somebody changes it
    if wanted.series_type_version and shown.item.series_type != wanted.series_type:
        yield f"its type is {shown.item.series_type} and not {wanted.series_type}"
    for living in wanted.copies.values():
        for unit in living.copy.units:
            if not any(unit in copy.units for copy in shown.files.values()):
                yield f"{unit} has a file ({living.copy.path}), and none in the arr"
    for unit, flag in shown.monitored.items():
        owner = wanted.owner_of(unit)
        if flag and owner not in {"", me}:
            yield f"{unit} is monitored here and owned by {owner}"
        wished = home.flags.get((library, (item, unit)), True)
        wished = wished and library not in home.restored
        if not flag and owner == me and wished and wanted.owners[unit].term > lost.get((item, unit), 0):
            yield f"{unit} is owned here and not monitored"


def _given_up(world: "World", library: str) -> dict[Unit, int]:
    """Return the highest term at which each unit was taken by somebody who let go of the item since.

    Who owned it before owns it again then, and nobody is monitored by that.
    """
    lost: dict[Unit, int] = {}
    for home in world.homes:
        taken: dict[str, dict[str, int]] = {}
        for body in home.told():
            match body:
                case ItemLeft(library=at, id=item) | ItemRemoved(library=at, id=item) if at == library:
                    for unit, term in taken.pop(item, {}).items():
                        lost[item, unit] = max(term, lost.get((item, unit), 0))
                case FileImported(library=at, term=term) if at == library:
                    units = dict.fromkeys((unit for copy in body.copies for unit in copy.units), term)
                    taken.setdefault(body.touched_items()[0][1], {}).update(units)
                case UnitClaimed(library=at, term=term) if at == library:
                    taken.setdefault(body.touched_items()[0][1], {}).update(dict.fromkeys(body.units, term))
    return lost


def _harm(world: "World") -> Iterator[str]:
    for home in world.homes:
        for app, arr in home.house.arrs.items():
            if found := getattr(arr, "searches", []):
                yield f"{home.house.name}: {app} was made to search {found}"
            if found := getattr(arr, "deleted_media", []):
                yield f"{home.house.name}: {app} was made to delete {found}"


def _events(world: "World") -> Iterator[str]:
    """The number of events is bounded by what people did."""
    deeds = sum(home.deeds for home in world.homes)
    told = sum(len(home.house.events()) for home in world.homes)
    if told > 4 * deeds + 4:
        yield f"{told} events for {deeds} deeds"
    before = [len(home.house.events()) for home in world.homes]
    for _ in range(2):
        world.step(compare=True)
        world.pass_time(700)
    after = [len(home.house.events()) for home in world.homes]
    if before != after:
        yield f"one more comparison told {[b - a for a, b in zip(before, after, strict=True)]} events"


def _files(world: "World", library: str) -> Iterator[str]:
    """Every copy of the registry is on the drive, and every app shows each with its units, and no other.

    Where two nodes brought files for one unit the registry has both, and an app shows either: the files of
    such a unit are only looked for among those of the registry.
    """
    state = world.homes[0].house.state
    for item in sorted(state.items.all(library)):
        wanted = state.items.state(library, item)
        if not wanted.present:
            continue
        for living in wanted.copies.values():
            path = world.homes[0].house.drive / library / living.copy.path
            size = path.stat().st_size if path.is_file() else None
            if size != living.copy.size:
                yield f"{library} {item}: {living.copy.path} is {size} on the drive, not {living.copy.size}"
    for home in world.homes:
        for item, shown in home.shown(library).items():
            wanted = home.house.state.items.state(library, item)
            if _is_wanted(home, wanted):
                for said in _units(wanted, shown):
                    yield f"{home.house.name}: {library} {item}: {said}"
        yield from _doubled(home, library)


def _doubled(home: Home, library: str) -> Iterator[str]:
    """A file has one row, unless scans overlapped of which mesharr asked for none of this item alone."""
    rows = Counter(
        (getattr(file, "item_id", 0), getattr(file, "relative_path", getattr(file, "path", "")))
        for file in home.arr(library).library.tables.files.rows()
    )
    asked = set(_rescanned(home, library))
    for (item, path), count in rows.items():
        if count > 1 and item in asked:
            yield f"{home.house.name}: {library}: {path} has {count} rows"


def _rescanned(home: Home, library: str) -> Iterator[object]:
    """Yield the app's own ids of the items of which mesharr asked for a scan of one alone."""
    for each in home.house.commands:
        app, name, about = each.split(" ", 2)
        if app == home.app(library) and name.startswith(("Rescan", "Refresh")):
            yield from (value for value in json.loads(about).values() if type(value) is int)


def _units(wanted: ItemState, shown: Snapshot) -> Iterator[str]:
    """Yield which units are shown with other files.

    Of two files of one unit an app may show the second one as the unit that its name says, of which nobody
    has a file: its people are asked which of the two they want.
    """
    expected = _by_unit(living.copy for living in wanted.copies.values())
    listed = _by_unit(shown.files.values())
    several = {unit for conflict in conflicts(wanted) for unit in conflict.units}
    second = {path for unit in several if listed.get(unit, set()) & expected[unit] for path in expected[unit]}
    for unit in sorted({*expected, *listed}):
        ours, theirs = listed.get(unit, set()), expected.get(unit, set())
        ours = ours if theirs else ours - second
        if ours - theirs or (unit not in several and ours != theirs):
            yield f"{unit} is shown with {sorted(ours)}, the mesh has {sorted(theirs)}"


def _by_unit(copies: Iterable[Copy]) -> dict[str, set[str]]:
    """Return the paths of each unit, as they are written: the drive tells capitals and accents apart."""
    found: dict[str, set[str]] = {}
    for copy in copies:
        for unit in copy.units:
            found.setdefault(unit, set()).add(copy.path)
    return found


def _commands(world: "World") -> Iterator[str]:
    """The number of scans and imports of anything is bounded by what people did."""
    most = MOST_COMMANDS + 2 * sum(home.deeds for home in world.homes)
    for home in world.homes:
        for command, times in home.house.commands.items():
            if times > most:
                yield f"{home.house.name}: {command} was asked for {times} times"

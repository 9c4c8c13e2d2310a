"""One household of the random histories: its node, its people, and what they want."""

import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

import httpx

from mesharr.core.arr.model import ArrItem
from mesharr.core.arr.snapshot import Snapshot, snapshot_of
from mesharr.core.errors import Refused
from mesharr.core.events.schema import Body, FileImported, body_of
from mesharr.core.paths import same_key
from mesharr.core.planning.placement import (
    MOVE_SPELLED,
    MOVE_THEM,
    NAMESAKES,
    OTHERS_MOVE_SPELLED,
    OTHERS_MOVE_THEM,
    OUTSIDE,
)
from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.library_app import Backup, LibraryApp
from mesharr.demo.arr.manual_import import DestinationExistsError
from mesharr.demo.wire import HttpError
from mesharr.log import codec
from mesharr.node.inward.files.file_executor import STAYS
from mesharr.node.inward.shared_folders import MOVE_OUT
from mesharr.node.missing_items import all_asked, all_missing, leave, restore
from mesharr.node.ownership import claimable, queue_claims
from tests.properties.mesh.deeds import Deed
from tests.properties.mesh.house import MeshHousehold
from tests.properties.mesh.people.base import People, Unit, moved_by_page

TOGGLES = ("monitor", "season")
IN_TWO_FOLDERS = re.compile(
    "|".join((MOVE_THEM.format(".+", "(.+)"), MOVE_SPELLED.format(".+", ".+", "(.+)"))).replace(
        "the app", ".+"
    )
)
LEFT_BEHIND = re.compile(
    "|".join(
        (OTHERS_MOVE_THEM.format("(.+)", "(.+)"), OTHERS_MOVE_SPELLED.format(".+", "(.+)", "(.+)"))
    ).replace("the app", ".+")
)
IN_ANOTHERS = re.compile(MOVE_OUT.format("(.+)", ".+").replace("the app", ".+"))
OUT_OF_FOLDER = re.compile(OUTSIDE.format(".+", ".+").replace("the app", ".+"))
TWO_NAMES = re.compile(NAMESAKES.format(".+", ".+", ".+"))
ENDED = re.compile(f"(.+) {re.escape(STAYS)}")
LEAVE_IT = re.compile(r"if its files are no longer .+: mesharr leave-item (\S+) (\S+), ")
"""What is said of an item of the household's own in whose folder the peers have another one."""
ROWS = {"movies": "movie", "tv": "series", "music": "artist", "books": "author"}
MOST_ITEMS = 20
"""How many items a history has at most."""


class Home:
    """One household: its node, its people, and what they want monitored.

    `stalled` are the libraries whose arr is in the middle of a refresh: what a person switches there
    meanwhile, it may switch back, and that is between the two.
    """

    def __init__(self, house: MeshHousehold, people: dict[str, People]) -> None:
        self.house = house
        self.people = people
        self.flags: dict[tuple[str, Unit], bool] = {}
        self.stalled: list[str] = []
        self.deleted: set[tuple[str, str]] = set()
        self.restored: set[str] = set()
        """The libraries whose app got an old database back: what was switched since is forgotten there."""
        self._backups: dict[str, Backup] = {}
        self.deeds = 0
        self.asleep_until = 0

    def do(self, deed: Deed) -> None:
        """Do it, and remember what the person wants; an arr may refuse, or miss a file a peer took away."""
        people, library = self.people[deed.library], deed.library
        if deed.what == "claim":
            self._claim(library, people.id(deed.item))
            return
        if not people.ref(deed.item) and deed.what != "add existing":
            deed = replace(deed, what="add")
        if deed.what not in people.possible(deed.item):
            return
        try:
            flags = people.do(deed)
        except (OSError, HttpError, httpx.HTTPStatusError, DestinationExistsError):
            return
        if deed.what in {"delete", "replace item"}:
            self.deleted.add((library, people.id(deed.item)))
        lost = deed.what in TOGGLES and library in self.stalled
        self.flags |= {(library, unit): flag and not lost for unit, flag in flags.items()}
        self.deeds += deed.what != "refresh"

    def _claim(self, library: str, item: str) -> None:
        """Take over by command what has files of an item and is owned by somebody else."""
        state = self.house.state
        try:
            takeover = claimable(state, library, item, self.house.node, ())
        except Refused:
            return
        if not takeover.units:
            return  # the command says that nothing is left to take over
        queue_claims(state, [takeover], "claimed by its person", self.house.clock())
        self.flags |= {(library, (item, unit)): True for unit in takeover.all_units}
        self.deeds += 1

    def back_up(self, library: str) -> None:
        """Back the app's database up."""
        self._backups[library] = self.arr(library).snapshot()

    def restore(self, library: str) -> None:
        """Restore the app's database from its last backup, if there is one, and refresh everything."""
        if backup := self._backups.get(library):
            arr = self.arr(library)
            arr.restore(backup)
            arr.queue_refresh()
            self.restored.add(library)
            self.flags = {unit: flag for unit, flag in self.flags.items() if unit[0] != library}

    def answer(self, now: int) -> bool:
        """Answer what is asked; return whether anything was.

        Say that what its person deleted is to go, where the arr may have deleted it by itself.

        What an old database lacks is wanted again, and what it brings back as well unless it was deleted.
        """
        state, answered = self.house.state, False
        missing = [(each.library, each.item) for each in all_missing(state)]
        asked = [(each.library, each.item) for each in all_asked(state)]
        for library, item in dict.fromkeys((*missing, *asked)):
            if (library, item) in self.deleted or self._is_displaced(library, item):
                leave(state, library, [item], now)
            elif library in self.restored:
                restore(state, library, [item], now)
            else:
                continue
            self.deeds += 1
            answered = True
        return answered

    def _is_displaced(self, library: str, item: str) -> bool:
        """Return whether its node says that another item is in the folder of this one at the peers."""
        question = self.house.state.asked.get(library, item)
        return question is not None and "is in its folder" in question.why

    def follow_advice(self, now: int, homes: Iterable["Home"]) -> bool:
        """Do what the node says of files in two folders, of two names, and of two items in one folder.

        So with files outside of their folder, and with what ended and is still there. `homes` are all, whom
        its people ask where they have an item.
        Return whether anything was to be done.
        """
        return (
            self._mend_as_said()
            or self._rename_as_said()
            or self._bring_as_said(homes)
            or self._take_out_as_said()
            or self._delete_as_said(homes)
            or self._leave_as_said(now)
        )

    def _leave_as_said(self, now: int) -> bool:
        """Leave an item in whose folder the peers have another one; return whether any was.

        It is one of two that exchanged their folders, of which each waits for the other to go; or its people
        are asked about it anyway. Any other that waits is mended without them.
        """
        state = self.house.state
        said = {
            subject: fix.groups()
            for subject, _, text, _ in state.refusals.all()
            if (fix := LEAVE_IT.match(text))
        }
        asked = {(each.library, each.item) for each in all_asked(state)}
        for library, item in said.values():
            if f"item:{library}:{item}" in said or (library, item) in asked:
                leave(state, library, [item], now)
                self.deeds += 1
                return True
        return False

    def _mend_as_said(self) -> bool:
        """Move files of two folders, and delete one of two names that differ in spelling only.

        Return whether anything was to be done.
        """
        found = [
            (each.library, each.item, into[1] or into[2])
            for each in self.house.state.dirty.all()
            if each.state == "stuck" and (into := IN_TWO_FOLDERS.search(each.why))
            if not self._is_anothers(each.library, each.item, into[1] or into[2])
        ]
        for library, item, folder in found:
            people = self.people[library]
            ref = next(people.ref(number) for number in range(1, MOST_ITEMS) if people.id(number) == item)
            moved_by_page(self.arr(library), f"{ROWS[library]}/{ref}", folder)
            self.deeds += 1
        unwanted = [
            self.house.folders[each.library] / path
            for each in self.house.state.dirty.all()
            if each.state == "stuck" and TWO_NAMES.search(each.why)
            for path in self._beside_others(each.library, each.item)
        ]
        for path in unwanted:
            path.unlink(missing_ok=True)
            if path.parent.is_dir() and not any(path.parent.iterdir()):
                path.parent.rmdir()
            self.deeds += 1
        return bool(found or unwanted)

    def _bring_as_said(self, homes: Iterable["Home"]) -> bool:
        """Move files on the drive out of a folder in which no app has their item any more.

        Return whether any were to be moved.
        """
        moved = False
        for each in self.house.state.dirty.all():
            said = LEFT_BEHIND.search(each.why)
            if each.state != "stuck" or not said:
                continue
            first, second = (folder for folder in said.groups() if folder)
            second = second.partition("/")[0]  # of a file outside its own folder is named
            shown = (home.shown(each.library).get(each.item) for home in homes)
            if any(has and has.item.folder == second for has in shown):
                continue
            for living in self.house.state.items.state(each.library, each.item).copies.values():
                if living.copy.path.startswith(f"{second}/"):
                    moved |= self._bring(each.library, living.copy.path, first)
            self.arr(each.library).queue_refresh()
        self.deeds += moved
        return moved

    def _take_out_as_said(self) -> bool:
        """Move files on the drive out of the folder that another item has; return whether any were to be."""
        moved = False
        for each in self.house.state.dirty.all():
            said, shown = IN_ANOTHERS.search(each.why), self.shown(each.library).get(each.item)
            if each.state != "stuck" or not said or not shown:
                continue
            for living in self.house.state.items.state(each.library, each.item).copies.values():
                if living.copy.path.startswith(f"{said[1]}/"):
                    moved |= self._bring(each.library, living.copy.path, shown.item.folder)
            self.arr(each.library).queue_refresh()
        self.deeds += moved
        return moved

    def _delete_as_said(self, homes: Iterable["Home"]) -> bool:
        """Delete what ended and is still there after a day; return whether anything was.

        That is so where an import brought the same name in other letters: the mesh has one path for both, and
        the drive two files. Any other that is said to have ended should be gone, and stays.
        """
        said = [(each.library, ENDED.search(each.why)) for each in self.house.state.dirty.all()]
        ended = [(library, path[1]) for library, path in said if path]
        found = [
            file
            for library, path in ended
            if (file := self.house.drive / library / path).is_file()
            if any(_is_respelled(path, other) for home in homes for other in home.imported(library))
        ]
        for file in found:
            file.unlink()
        self.deeds += len(found)
        return bool(found)

    def _bring(self, library: str, path: str, folder: str) -> bool:
        """Move a file to its place in another folder, unless there is one; return whether it was moved."""
        root = self.house.folders[library]
        source, target = root / path, root / folder / path.partition("/")[2]
        if not source.is_file() or target.exists():
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(source, target)
        return True

    def _is_anothers(self, library: str, item: str, folder: str) -> bool:
        """Return whether the app has another item in a folder: it refuses that folder until that one goes."""
        shown = self.shown(library).items()
        return any(same_key(each.item.folder) == same_key(folder) for id_, each in shown if id_ != item)

    def _rename_as_said(self) -> bool:
        """Have apps move into an item's folder what they list outside of it; return whether any had to."""
        said = [
            (each.library, each.item)
            for each in self.house.state.dirty.all()
            if each.state == "stuck" and OUT_OF_FOLDER.search(each.why)
        ]
        for library, item in said:
            people = self.people[library]
            number = next(each for each in range(1, MOST_ITEMS) if people.id(each) == item)
            for unit in range(2):  # of each creator two works are known
                people.do(Deed(0, library, "rename", number, unit))
            self.deeds += 1
        return bool(said)

    def _beside_others(self, library: str, item: str) -> list[str]:
        """Return the listed files of an item beside which the mesh's of nearly the same name is there."""
        known, shown = self.house.state.items.state(library, item).copies, self.shown(library)[item].files
        root = self.house.folders[library]
        return [
            copy.path
            for key, copy in shown.items()
            if key in known and copy.path != known[key].copy.path
            if (root / copy.path).is_file() and (root / known[key].copy.path).is_file()
        ]

    def told(self) -> list[Body]:
        """Return what its node has told the mesh, in order."""
        rows = self.house.state.streams.since(self.house.engine.publisher.stream, 1)
        bodies = (body_of(row.type, codec.parse(row.line).body) for row in rows)
        return [body for body in bodies if body]

    def imported(self, library: str) -> Iterator[str]:
        """Yield the paths in a library of which its node told an import."""
        for body in self.told():
            if isinstance(body, FileImported) and body.library == library:
                yield from (copy.path for copy in body.copies)

    def foreign_ids(self, library: str, items: int) -> list[str]:
        """Return the ids by which an app asks its metadata server for the first items."""
        return [self.people[library].id(item).partition(":")[2] for item in range(1, items + 1)]

    def arr(self, library: str) -> LibraryApp[Any, Any]:
        """Return the arr that keeps a library."""
        return cast(LibraryApp[Any, Any], self.house.arrs[self.app(library)])

    def app(self, library: str) -> str:
        """Return the name of the arr that keeps a library."""
        [app] = [setup.app for setup in self.house.setups if setup.library == library]
        return app

    def shown(self, library: str) -> dict[str, Snapshot]:
        """What the arr of a library shows, by item."""
        house = self.house
        setup = next(each for each in house.setups if each.library == library)
        link = house.links[setup.app]
        with house.unseen(), _healthy(house.arrs[setup.app]):
            held: list[ArrItem] = list(link.arr.read_all())
        root = str(house.folders[library])
        return {each.id: shown for each in held if (shown := snapshot_of(each, root))}


def _is_respelled(path: str, other: str) -> bool:
    return path != other and same_key(path) == same_key(other)


@contextmanager
def _healthy(arr: SimulatedApp) -> Iterator[None]:
    fail, arr.fail = arr.fail, None
    try:
        yield
    finally:
        arr.fail = fail

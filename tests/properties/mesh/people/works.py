"""What the people of a Lidarr or a Readarr do: every deed of theirs, done in the app as it is then."""

import os
from collections.abc import Callable, Sequence

from tests.arrs.lidarr.app import SimulatedLidarr
from tests.arrs.readarr.app import SimulatedReadarr
from tests.arrs.works.model import KnownCreator, KnownWork, MediaFile
from tests.arrs.works.tags import tagged
from tests.properties.mesh.deeds import Deed
from tests.properties.mesh.people.base import (
    FILED,
    ODD,
    SPELLED,
    Flags,
    at_once,
    folder_name_of,
    moved_by_page,
    overwrite,
    subtitled_late,
    write_new,
    written_anew,
)


class WorksPeople:
    """A few creators with two works each, of a Lidarr or a Readarr."""

    whats = (
        *("add", "add existing", "refresh", "delete", "monitor", "import", "rename", "delete file"),
        *("import foreign", "move files", "import again", "import same name", "overwrite", "odd name"),
        "late subtitle",
        *("swap", "replace item", *SPELLED),
    )
    stages = ("metadata", "works")

    def __init__(self, arr: SimulatedLidarr | SimulatedReadarr) -> None:
        self._arr = arr
        self.pause: Callable[[], None] = at_once
        self._creators = [arr.library.catalogue[each] for each in sorted(arr.library.catalogue)]
        self._source = "mbid" if isinstance(arr, SimulatedLidarr) else "goodreads"

    def _creator(self, item: int) -> KnownCreator:
        return self._creators[(item - 1) % len(self._creators)]

    def id(self, item: int) -> str:
        """Return the id of a creator."""
        return f"{self._source}:{self._creator(item).id}"

    def ref(self, item: int) -> int:
        """Return the row of a creator."""
        row = self._arr.library.creator_by(self._creator(item).id)
        return row.id if row else 0

    def possible(self, item: int) -> Sequence[str]:
        """Return what could be done now with a creator."""
        ref = self.ref(item)
        if not ref:
            return ("add", "add existing")
        has_files = bool(self._arr.library.files_of_creator(ref))
        # no app takes the files of one creator as those of another: nobody leaves them behind for that
        another = () if has_files or self.ref(_other(item)) else ("replace item",)
        whole = ("refresh", "refresh", "delete", *another)
        if not self._arr.library.works(ref):
            return whole
        filed = (*FILED, "delete file", "swap") if has_files else ()
        return (*whole, "monitor", "import", "import", "import foreign", *filed)

    def do(self, deed: Deed) -> Flags:
        """Do it."""
        arr, creator = self._arr, self._creator(deed.item)
        match deed.what:
            case "add":
                arr.add(creator.id)
            case "add existing":
                self._add_existing(deed, creator)
            case "refresh":
                arr.queue_refresh()
            case "move files":
                route = f"{arr.library.traits.creator}/{self.ref(deed.item)}"
                moved_by_page(arr, route, f"{creator.name} {deed.number % 9}")
            case "recase folder" | "respell folder":
                route = f"{arr.library.traits.creator}/{self.ref(deed.item)}"
                moved_by_page(arr, route, written_anew(deed.what, folder_name_of(arr, route)))
            case "replace item":
                self._replace(deed.item)
            case "delete":
                arr.delete(creator.id, deed.flag)
            case _:
                return self._with_a_work(deed, creator)
        return {}

    def _replace(self, item: int) -> None:
        """Mend a wrong match: the creator goes without its files, another one is added at its folder."""
        arr, other = self._arr, _other(item)
        if not self.ref(other):
            folder = arr.creator(self._creator(item).id).path
            arr.delete(self._creator(item).id, False)
            arr.add(self._creator(other).id, path=folder)

    def _add_existing(self, deed: Deed, creator: KnownCreator) -> None:
        arr, work = self._arr, creator.works[deed.unit % len(creator.works)]
        folder = f"{next(iter(arr.common.roots.values()))}/{creator.name}"
        if folder in {each.path for each in arr.library.creators()}:
            return  # the app keeps another one there: nobody adds files of this one to them
        if isinstance(arr, SimulatedLidarr):
            for number, title in enumerate(work.editions[0].tracks, 1):
                write_new(f"{folder}/{work.title}/{number:02} {title}.flac", deed.number)
        else:
            write_new(f"{folder}/{work.title}/{creator.name} - {work.title}.epub", deed.number)
        arr.add(creator.id, path=folder)

    def _download_foreign(self, deed: Deed, work: KnownWork) -> None:
        """Import files that no scan takes: with tags of nothing, or in a folder that names no book."""
        arr = self._arr
        if isinstance(arr, SimulatedLidarr):
            arr.download(work.id, content=tagged() + bytes(deed.number))
        else:
            # like the title of a book of somebody else, or of nothing
            other = self._creators[deed.item % len(self._creators)].works[deed.unit % 2].title
            folder = f"{other}x" if deed.flag else f"scan {deed.number}"
            arr.download(work.id, folder=folder, size=deed.number)

    def _with_a_work(self, deed: Deed, creator: KnownCreator) -> Flags:
        arr, work = self._arr, creator.works[deed.unit % len(creator.works)]
        if arr.library.work_by(work.id) is None:
            return {}
        unit = (self.id(deed.item), work.id)
        match deed.what:
            case "monitor":
                arr.set_monitored(work.id, deed.flag)
                return {unit: deed.flag and arr.creator(creator.id).monitored}
            case "import":
                arr.download(work.id, size=deed.number)
                return {unit: True}
            case "import foreign":
                self._download_foreign(deed, work)
                return {unit: True}
            case "import again" | "import same name" if files := arr.files(work.id):
                place = os.path.basename(os.path.dirname(files[0].path))
                again = deed.what == "import again"
                arr.download(work.id, folder=place, size=files[0].size if again else deed.number)
                return {unit: True}
            case "overwrite" if files := arr.files(work.id):
                overwrite(files[deed.number % len(files)].path, deed.number)
            case "late subtitle" if files := arr.files(work.id):
                subtitled_late(files[0].path)
            case "swap" if len(files := arr.files(work.id)) > 1:
                self._swap(creator, files[0], files[1], self.pause if deed.flag else at_once)
            case "recase" | "respell" | "odd name" if files := arr.files(work.id):
                place = os.path.basename(os.path.dirname(files[0].path))
                odd = f"{place} {ODD[deed.flag]}" if deed.what == "odd name" else ""
                arr.rename(work.id, odd or written_anew(deed.what, place))
            case "rename" if arr.files(work.id):
                arr.rename(work.id, f"{work.title}{'!' * (1 + deed.number % 9)}")  # still known by all arrs
            case "delete file" if arr.files(work.id):
                arr.delete_file(work.id)
        return {}

    def _swap(self, creator: KnownCreator, one: MediaFile, two: MediaFile, pause: Callable[[], None]) -> None:
        """Have two tracks exchange their names, through a name in between, as when they are renumbered."""
        row = self._arr.creator(creator.id)
        own, other = (os.path.relpath(file.path, row.path) for file in (one, two))
        for file, name in ((one, f"{own}.tmp.flac"), (two, own), (one, other)):
            if self._arr.library.tables.files.get(file.id) is None:
                return  # a scan dropped it meanwhile
            self._arr.downloads.rename(row, {file.id: name})
            pause()


def _other(item: int) -> int:
    return item % 3 + 1

"""What the people of a household do in one arr: every deed of theirs, done in the arr as it is then."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mesharr.demo.arr.library_app import LibraryApp
from mesharr.demo.disk.folders import write_media
from mesharr.demo.radarr.api.validation import movie_folder
from mesharr.demo.radarr.app import SimulatedRadarr
from tests.arrs.lidarr.app import SimulatedLidarr
from tests.arrs.readarr.app import SimulatedReadarr
from tests.arrs.sonarr.app import SimulatedSonarr
from tests.arrs.works.model import KnownCreator, KnownWork
from tests.arrs.works.tags import tagged
from tests.properties.mesh.deeds import Deed

QUALITIES = ("WEBDL-720p", "Bluray-1080p", "Bluray-2160p")
AIRED = ("HDTV-720p", "WEBDL-1080p", "Bluray-2160p")
TYPES = ("standard", "daily", "anime")
Unit = tuple[str, str]
"""An item and a unit of it."""
Flags = Mapping[Unit, bool]
AGAIN = ("import again", "import same name")
FILED = ("rename", "move files", *AGAIN)
"""What can be done with an item that has a file."""


class People(Protocol):
    """The people of one arr: `whats` are their deeds.

    `stages` are where a refresh of it can stop between reading and writing rows.
    """

    whats: tuple[str, ...]
    stages: tuple[str, ...]

    def id(self, item: int) -> str:
        """Return the mesh's id of an item."""

    def ref(self, item: int) -> int:
        """Return the arr's own id of an item, 0 when it is not there."""

    def possible(self, item: int) -> Sequence[str]:
        """Return what could be done now with an item."""

    def do(self, deed: Deed) -> Flags:
        """Do what is possible, and return the units it switches on or off; OSError when the arr cannot."""


def write_new(path: str, size: int) -> None:
    """Put a file below a library, as a household does that has files and no app yet."""
    if not os.path.exists(path):
        write_media(path, size, None, {})


def moved_by_page(arr: LibraryApp[Any, Any], route: str, name: str) -> None:
    """Give an item's folder another name in the web page, and have the app move the files afterwards."""
    shown = arr.click("GET", f"/{route}", {})
    if name != os.path.basename(shown["path"]):
        folder = os.path.dirname(shown["path"])
        arr.click("PUT", f"/{route}?moveFiles=true", {**shown, "path": f"{folder}/{name}"})


class RadarrPeople:
    """A handful of films."""

    whats = (
        *("add", "add existing", "monitor", "refresh", "import", "grab", "move", "rename", "delete file"),
        *("delete", "move files", "import again", "import same name"),
    )
    stages = ("metadata", "scan")

    def __init__(self, arr: SimulatedRadarr) -> None:
        self._arr = arr

    def id(self, item: int) -> str:
        """Return the id of a film."""
        return f"tmdb:{item}"

    def ref(self, item: int) -> int:
        """Return the row of a film."""
        row = self._arr.library.by_tmdb(item)
        return row.id if row else 0

    def possible(self, item: int) -> Sequence[str]:
        """Return what could be done now with a film."""
        if not self.ref(item):
            return ("add", "add existing")
        filed = (*FILED, "delete file") if self._arr.file(item) else ("grab", "move")
        return ("monitor", "refresh", "refresh", "import", "import", *filed, "delete")

    def do(self, deed: Deed) -> Flags:
        """Do it."""
        arr, tmdb, unit = self._arr, deed.item, (self.id(deed.item), "movie")
        quality = QUALITIES[deed.number % 3]
        match deed.what:
            case "add":
                arr.add(tmdb)
                return {unit: True}
            case "add existing":
                film = arr.library.catalogue[tmdb]
                folder = movie_folder(film, next(iter(arr.common.roots.values())))
                write_new(f"{folder}/Film {tmdb} {quality} {deed.number}.mkv", deed.number)
                arr.add(tmdb, path=folder)
                return {unit: True}
            case "monitor":
                arr.set_monitored(tmdb, deed.flag)
                return {unit: deed.flag}
            case "refresh":
                arr.queue_refresh()
            case "import":
                name = f"Film {tmdb} {quality} {deed.number}.mkv"
                arr.download(tmdb, name=name, size=deed.number, quality=quality)
                return {unit: True}
            case "import again" | "import same name" if file := arr.file(tmdb):
                size = file.size if deed.what == "import again" else deed.number
                arr.download(tmdb, name=file.relative_path, size=size, quality=file.quality.name)
                return {unit: True}
            case "grab":
                arr.grab(tmdb)
            case "move files":
                moved_by_page(arr, f"movie/{self.ref(tmdb)}", f"Film {tmdb} ({2001 + deed.number % 9})")
            case "move":
                folder = os.path.dirname(arr.movie(tmdb).path)
                arr.edit(tmdb, path=f"{folder}/Film {tmdb} ({2001 + deed.number % 9})")
            case "rename":
                file = arr.file(tmdb)
                named = file.quality.name if file else quality
                arr.rename(tmdb, f"Film {tmdb} - {deed.number % 1000} {named}.mkv")
            case "delete file":
                arr.delete_file(tmdb)
            case "delete":
                arr.delete(tmdb, delete_files=deed.flag)
        return {}


class SonarrPeople:
    """A few shows with specials and two seasons."""

    whats = (
        *("add", "add existing", "refresh", "delete", "type", "monitor", "season", "grab", "rename"),
        *("delete file", "import", "import two", "import season", "import unnamed", "move files"),
        *("import again", "import same name"),
    )
    stages = ("metadata", "episodes", "scan")

    def __init__(self, arr: SimulatedSonarr) -> None:
        self._arr = arr

    def id(self, item: int) -> str:
        """Return the id of a show."""
        return f"tvdb:{item}"

    def ref(self, item: int) -> int:
        """Return the row of a show."""
        row = self._arr.library.by_tvdb(item)
        return row.id if row else 0

    def _places(self, tvdb: int) -> list[tuple[int, int]]:
        rows = self._arr.library.tables.episodes.of("series", self._arr.series(tvdb).id)
        return sorted(episode.place for episode in rows)

    def possible(self, item: int) -> Sequence[str]:
        """Return what could be done now with a show."""
        if not self.ref(item):
            return ("add", "add existing")
        whole = ("refresh", "refresh", "delete", "type")
        if not self._places(item):
            return whole
        imports = ("import", "import two", "import season", "import unnamed")
        filed = (*FILED, "delete file") if self._arr.files(item) else ()
        return (*whole, "monitor", "season", *imports, "grab", *filed)

    def do(self, deed: Deed) -> Flags:
        """Do it."""
        arr, tvdb = self._arr, deed.item
        match deed.what:
            case "add":
                arr.add(tvdb)
            case "add existing":
                folder = f"{next(iter(arr.common.roots.values()))}/Show {tvdb}"
                place, quality = f"S01E0{1 + deed.unit % 3}", AIRED[deed.number % 3]
                write_new(f"{folder}/Season 01/Show {tvdb} - {place} - Found {quality}.mkv", deed.number)
                arr.add(tvdb, path=folder)
            case "refresh":
                arr.queue_refresh()
            case "move files":
                moved_by_page(arr, f"series/{self.ref(tvdb)}", f"Show {tvdb} ({2001 + deed.number % 9})")
            case "delete":
                arr.delete(tvdb, delete_files=deed.flag)
            case "type":
                arr.edit(tvdb, series_type=TYPES[deed.number % 3])
            case _ if places := self._places(tvdb):
                return self._with_an_episode(deed, places)
        return {}

    def _with_an_episode(self, deed: Deed, places: list[tuple[int, int]]) -> Flags:
        arr, tvdb, quality = self._arr, deed.item, AIRED[deed.number % 3]
        season, number = places[deed.unit % len(places)]
        wanted = deed.flag and arr.series(tvdb).monitored
        its_season = [place for place in places if place[0] == season]
        match deed.what:
            case "monitor":
                arr.set_monitored(tvdb, deed.flag, season=season, number=number)
                return _flags(tvdb, [(season, number)], flag=wanted)
            case "season":
                arr.set_monitored(tvdb, deed.flag, season=season)
                return _flags(tvdb, its_season, flag=wanted)
            case "import" | "import two":
                # the name of a daily show's file has one day, and no scan finds a second episode in it
                daily = arr.series(tvdb).series_type == "daily"
                two = deed.what == "import two" and not daily and (season, number + 1) in places
                numbers = (number, number + 1) if two else (number,)
                arr.download(tvdb, season, *numbers, size=deed.number, quality=quality)
                return _flags(tvdb, [(season, each) for each in numbers])
            case "import season":
                arr.download_season(tvdb, season, size=deed.number, quality=quality)
                return _flags(tvdb, its_season)
            case "import unnamed":
                name = f"Season {season:02}/no number {deed.number} {quality}.mkv"
                arr.download(tvdb, season, number, name=name, size=deed.number, quality=quality)
                return _flags(tvdb, [(season, number)])
            case "grab":
                arr.grab(tvdb, season, number)
            case _ if filed := [place for place in places if arr.file(tvdb, *place)]:
                return self._with_a_file(deed, filed[deed.unit % len(filed)])
        return {}

    def _with_a_file(self, deed: Deed, place: tuple[int, int]) -> Flags:
        arr, tvdb = self._arr, deed.item
        file = arr.file(tvdb, *place)
        if deed.what == "delete file":
            arr.delete_file(tvdb, *place)
        elif not file:
            return {}
        elif deed.what in AGAIN:
            held = sorted(each.number for each in arr.library.tables.episodes_of_file(file.id))
            size = file.size if deed.what == "import again" else deed.number
            named, quality = file.relative_path, file.quality.name
            arr.download(tvdb, place[0], *held, name=named, size=size, quality=quality)
            return _flags(tvdb, [(place[0], number) for number in held])
        elif deed.what == "rename":
            held = sorted(each.number for each in arr.library.tables.episodes_of_file(file.id))
            parts = "".join(f"E{each:02}" for each in held)
            title = f"Show - S{place[0]:02}{parts} - {deed.number % 1000} {file.quality.name}"
            arr.rename(tvdb, *place, f"Season {place[0]:02}/{title}.mkv")
        return {}


def _flags(tvdb: int, places: Sequence[tuple[int, int]], *, flag: bool = True) -> Flags:
    return {(f"tvdb:{tvdb}", f"S{season:02d}E{number:02d}"): flag for season, number in places}


class WorksPeople:
    """A few creators with two works each, of a Lidarr or a Readarr."""

    whats = (
        *("add", "add existing", "refresh", "delete", "monitor", "import", "rename", "delete file"),
        *("import foreign", "move files", "import again", "import same name"),
    )
    stages = ("metadata", "works")

    def __init__(self, arr: SimulatedLidarr | SimulatedReadarr) -> None:
        self._arr = arr
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
        whole = ("refresh", "refresh", "delete")
        if not self._arr.library.works(ref):
            return whole
        filed = (*FILED, "delete file") if self._arr.library.files_of_creator(ref) else ()
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
            case "delete":
                arr.delete(creator.id, deed.flag)
            case _:
                return self._with_a_work(deed, creator)
        return {}

    def _add_existing(self, deed: Deed, creator: KnownCreator) -> None:
        arr, work = self._arr, creator.works[deed.unit % len(creator.works)]
        folder = f"{next(iter(arr.common.roots.values()))}/{creator.name}"
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
            arr.library.facts.reads_tags = True
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
            case "rename" if arr.files(work.id):
                arr.rename(work.id, f"{work.title}{'!' * (1 + deed.number % 9)}")  # still known by all arrs
            case "delete file" if arr.files(work.id):
                arr.delete_file(work.id)
        return {}

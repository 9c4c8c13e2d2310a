"""What the people of a Sonarr do: every deed of theirs, done in the app as it is then."""

from collections.abc import Callable, Sequence

from tests.arrs.sonarr.app import SimulatedSonarr
from tests.arrs.sonarr.names import file_name
from tests.properties.mesh.deeds import Deed
from tests.properties.mesh.people.base import (
    AGAIN,
    FILED,
    ODD,
    SIDECARS,
    SPELLED,
    Flags,
    at_once,
    beside,
    folder_name_of,
    moved_by_page,
    overwrite,
    subtitled_late,
    write_new,
    written_anew,
)

AIRED = ("HDTV-720p", "WEBDL-1080p", "Bluray-2160p")
TYPES = ("standard", "daily", "anime")


class SonarrPeople:
    """A few shows with specials and two seasons."""

    whats = (
        *("add", "add existing", "refresh", "delete", "type", "monitor", "season", "grab", "rename"),
        *("delete file", "import", "import two", "import season", "import unnamed", "move files"),
        *("import again", "import same name", "overwrite", "odd name", "late subtitle", *SIDECARS),
        *("swap", "replace item", *SPELLED),
    )
    stages = ("metadata", "episodes", "scan")

    def __init__(self, arr: SimulatedSonarr) -> None:
        self._arr = arr
        self.pause: Callable[[], None] = at_once

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
        another = () if self.ref(_other(item)) else ("replace item",)
        whole = ("refresh", "refresh", "delete", "type", *another)
        if not self._places(item):
            return whole
        imports = (*SIDECARS, "import", "import two", "import season", "import unnamed")
        filed = (*FILED, "delete file", "swap", "swap") if self._arr.files(item) else ()
        return (*whole, "monitor", "season", *imports, "grab", *filed)

    def do(self, deed: Deed) -> Flags:
        """Do it."""
        arr, tvdb = self._arr, deed.item
        match deed.what:
            case "add":
                arr.add(tvdb)
            case "add existing":
                folder = f"{next(iter(arr.common.roots.values()))}/Show {tvdb}"
                if folder in {each.path for each in arr.library.all_series()}:
                    return {}  # the app keeps another one there: nobody adds files of this one to them
                place, quality = f"S01E0{1 + deed.unit % 3}", AIRED[deed.number % 3]
                name = f"Show {tvdb} - {place} - Found {quality}.mkv"
                write_new(f"{folder}/Season 01/{name}", deed.number, place)
                arr.add(tvdb, path=folder)
            case "refresh":
                arr.queue_refresh()
            case "move files":
                moved_by_page(arr, f"series/{self.ref(tvdb)}", f"Show {tvdb} ({2001 + deed.number % 9})")
            case "recase folder" | "respell folder":
                route = f"series/{self.ref(tvdb)}"
                moved_by_page(arr, route, written_anew(deed.what, folder_name_of(arr, route)))
            case "replace item":
                self._replace(tvdb)
            case "delete":
                arr.delete(tvdb, delete_files=deed.flag)
            case "type":
                arr.edit(tvdb, series_type=TYPES[deed.number % 3])
            case _ if places := self._places(tvdb):
                return self._with_an_episode(deed, places)
        return {}

    def _replace(self, tvdb: int) -> None:
        """Mend a wrong match: the show goes without its files, another one is added at its folder."""
        arr, other = self._arr, _other(tvdb)
        if not self.ref(other):
            folder = arr.series(tvdb).path
            arr.delete(tvdb, delete_files=False)
            arr.add(other, path=folder)

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
            case "import" | "import two" | "import with subtitle" | "import with odd subtitle":
                # the name of a daily show's file has one day, and no scan finds a second episode in it
                daily = arr.series(tvdb).series_type == "daily"
                two = deed.what == "import two" and not daily and (season, number + 1) in places
                numbers = (number, number + 1) if two else (number,)
                episodes = [arr.episode(tvdb, season, each) for each in numbers]
                extras = beside(deed.what, file_name(arr.series(tvdb), episodes, quality))
                arr.download(tvdb, season, *numbers, size=deed.number, quality=quality, extras=extras)
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
            case "swap":
                self._swap(deed, [place for place in places if arr.file(tvdb, *place)])
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
        elif deed.what == "late subtitle":
            subtitled_late(file.path_in(arr.series(tvdb).path))
        elif deed.what == "overwrite":
            overwrite(file.path_in(arr.series(tvdb).path), deed.number)
        elif deed.what in {"recase", "respell"}:
            folder, _, name = file.relative_path.rpartition("/")
            arr.rename(tvdb, *place, f"{folder}/{written_anew(deed.what, name)}".lstrip("/"))
        elif deed.what == "odd name":
            folder, _, name = file.relative_path.rpartition("/")
            arr.rename(tvdb, *place, f"{folder}/{ODD[deed.flag]} {name}".lstrip("/"))
        elif deed.what == "rename":
            held = sorted(each.number for each in arr.library.tables.episodes_of_file(file.id))
            parts = "".join(f"E{each:02}" for each in held)
            title = f"Show - S{place[0]:02}{parts} - {deed.number % 1000} {file.quality.name}"
            arr.rename(tvdb, *place, f"Season {place[0]:02}/{title}.mkv")
        return {}

    def _swap(self, deed: Deed, places: Sequence[tuple[int, int]]) -> None:
        """Have two files exchange their names, through a name in between: three renames, as Sonarr does."""
        arr, tvdb, pause = self._arr, deed.item, self.pause if deed.flag else at_once
        files = {file.id: (place, file) for place in places if (file := arr.file(tvdb, *place))}
        if len(files) < 2:
            return
        (one, its), (two, other) = list(files.values())[:2]
        arr.rename(tvdb, *one, f"{its.relative_path}.tmp.mkv")
        pause()
        arr.rename(tvdb, *two, its.relative_path)
        pause()
        arr.rename(tvdb, *one, other.relative_path)


def _other(tvdb: int) -> int:
    return tvdb % 3 + 1


def _flags(tvdb: int, places: Sequence[tuple[int, int]], *, flag: bool = True) -> Flags:
    return {(f"tvdb:{tvdb}", f"S{season:02d}E{number:02d}"): flag for season, number in places}

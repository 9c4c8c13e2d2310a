"""What the people of a Radarr do: every deed of theirs, done in the app as it is then."""

import os
from collections.abc import Callable, Sequence

from mesharr.demo.arr.records import VideoFile
from mesharr.demo.radarr.api.validation import movie_folder
from mesharr.demo.radarr.app import SimulatedRadarr
from tests.properties.mesh.deeds import Deed
from tests.properties.mesh.people.base import (
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

QUALITIES = ("WEBDL-720p", "Bluray-1080p", "Bluray-2160p")


class RadarrPeople:
    """A handful of films."""

    whats = (
        *("add", "add existing", "monitor", "refresh", "import", "grab", "move", "rename", "delete file"),
        *("delete", "move files", "import again", "import same name", "overwrite", "odd name"),
        *("late subtitle", *SIDECARS),
        *("replace item", *SPELLED),
    )
    stages = ("metadata", "scan")

    def __init__(self, arr: SimulatedRadarr) -> None:
        self._arr = arr
        self.pause: Callable[[], None] = at_once

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
        another = () if self.ref(_other(item)) else ("replace item",)
        return ("monitor", "refresh", "refresh", "import", "import", *SIDECARS, *filed, "delete", *another)

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
                if folder in {each.path for each in arr.library.movies()}:
                    return {}  # the app keeps another one there: nobody adds files of this one to them
                write_new(f"{folder}/Film {tmdb} {quality} {deed.number}.mkv", deed.number)
                arr.add(tmdb, path=folder)
                return {unit: True}
            case "monitor":
                arr.set_monitored(tmdb, deed.flag)
                return {unit: deed.flag}
            case "refresh":
                arr.queue_refresh()
            case "import" | "import with subtitle" | "import with odd subtitle":
                name = f"Film {tmdb} {quality} {deed.number}.mkv"
                extras = beside(deed.what, name)
                arr.download(tmdb, name=name, size=deed.number, quality=quality, extras=extras)
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
            case "delete":
                arr.delete(tmdb, delete_files=deed.flag)
            case "replace item":
                return self._replace(tmdb)
            case "recase folder" | "respell folder":
                route = f"movie/{self.ref(tmdb)}"
                moved_by_page(arr, route, written_anew(deed.what, folder_name_of(arr, route)))
            case _ if file := arr.file(tmdb):
                self._with_its_file(deed, file)
        return {}

    def _replace(self, tmdb: int) -> Flags:
        """Mend a wrong match: the film goes without its files, another one is added at its folder."""
        arr, other = self._arr, _other(tmdb)
        if self.ref(other):
            return {}
        folder = arr.movie(tmdb).path
        arr.delete(tmdb, delete_files=False)
        arr.add(other, path=folder)
        return {(self.id(other), "movie"): True}

    def _with_its_file(self, deed: Deed, file: VideoFile) -> None:
        arr, tmdb, name = self._arr, deed.item, file.relative_path
        match deed.what:
            case "rename":
                arr.rename(tmdb, f"Film {tmdb} - {deed.number % 1000} {file.quality.name}.mkv")
            case "odd name":
                arr.rename(tmdb, f"Film {tmdb} {ODD[deed.flag]} {file.quality.name}.mkv")
            case "recase" | "respell":
                arr.rename(tmdb, written_anew(deed.what, name))
            case "late subtitle":
                subtitled_late(file.path_in(arr.movie(tmdb).path))
            case "overwrite":
                overwrite(file.path_in(arr.movie(tmdb).path), deed.number)
            case "delete file":
                arr.delete_file(tmdb)


def _other(tmdb: int) -> int:
    return tmdb % 3 + 1

"""Radarr's events, and the triggers that each needs."""

from functools import partial

from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.notifications.events import Events
from mesharr.demo.arr.notifications.sender import Notification
from mesharr.demo.arr.records import Renamed, VideoFile
from mesharr.demo.arr.releases import Release
from mesharr.demo.radarr.model import Movie
from mesharr.demo.radarr.notifications.script import RadarrScript
from mesharr.demo.radarr.notifications.webhook import Imported, RadarrWebhook

TRIGGERS = (
    "onGrab",
    "onDownload",
    "onUpgrade",
    "onRename",
    "onMovieAdded",
    "onMovieDelete",
    "onMovieFileDelete",
    "onMovieFileDeleteForUpgrade",
    "onHealthIssue",
    "includeHealthWarnings",
    "onHealthRestored",
    "onApplicationUpdate",
    "onManualInteractionRequired",
)


class RadarrEvents(Events[RadarrWebhook | RadarrScript]):
    """Sends Radarr's events."""

    def __init__(self, arr: SimulatedApp) -> None:
        super().__init__(arr, partial(RadarrWebhook, arr.name), partial(RadarrScript, arr.name))

    def added(self, *movies: Movie) -> None:
        """Send MovieAdded per movie; in a bulk the first failure ends it for that connection."""
        self._arr.notifications.send(*[self._added(movie) for movie in movies])

    def _added(self, movie: Movie) -> Notification:
        return self.notification(movie.tags, lambda writer: writer.added(movie), "onMovieAdded")

    def deleted(self, movie: Movie, file: VideoFile | None, delete_files: bool) -> None:
        """Send MovieDelete; the movie's files go without an event of their own."""
        self.send(movie.tags, lambda writer: writer.deleted(movie, file, delete_files), "onMovieDelete")

    def file_deleted(self, movie: Movie, file: VideoFile, reason: str) -> None:
        """Send MovieFileDelete; for the reason `upgrade` a second trigger has to be on."""
        more = ("onMovieFileDeleteForUpgrade",) if reason == "upgrade" else ()
        self.send(
            movie.tags,
            lambda writer: writer.file_deleted(movie, file, reason),
            "onMovieFileDelete",
            *more,
        )

    def imported(self, event: Imported) -> None:
        """Send Download; an upgrade needs `onUpgrade` besides `onDownload`."""
        triggers = ("onDownload", "onUpgrade") if event.replaced else ("onDownload",)
        self.send(event.movie.tags, lambda writer: writer.imported(event), *triggers)

    def renamed(self, movie: Movie, renamed: Renamed[VideoFile]) -> None:
        """Send Rename of one file."""
        self.send(movie.tags, lambda writer: writer.renamed(movie, renamed), "onRename")

    def grabbed(self, movie: Movie, release: Release) -> None:
        """Send Grab of a release."""
        self.send(movie.tags, lambda writer: writer.grabbed(movie, release), "onGrab")

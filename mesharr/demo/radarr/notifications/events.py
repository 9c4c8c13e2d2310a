"""Radarr's events: the flag each needs, its webhook body and its script variables."""

from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.notifications.sender import Notification
from mesharr.demo.arr.releases import Release
from mesharr.demo.radarr.model import Movie, MovieFile
from mesharr.demo.radarr.notifications.script import ScriptVariables
from mesharr.demo.radarr.notifications.webhook import Imported, WebhookBodies

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


class RadarrEvents:
    """Sends each event on the calling thread; it returns after every connection was told."""

    def __init__(self, arr: SimulatedApp) -> None:
        self._arr = arr

    def test(self) -> Notification:
        """The notification of the Test button."""
        body, script = WebhookBodies(self._arr.name), ScriptVariables(self._arr.name)
        return Notification((), body.test, script.test)

    def added(self, *movies: Movie) -> None:
        """MovieAdded per movie; in a bulk the first failure ends it for that connection."""
        self._arr.notifications.send(*[self._added(movie) for movie in movies])

    def deleted(self, movie: Movie, file: MovieFile | None, delete_files: bool) -> None:
        """MovieDelete; the files of the movie go without an event of their own."""
        body, script = self._writers(movie)
        self._send(
            Notification(
                ("onMovieDelete",),
                lambda: body.deleted(movie, file, delete_files),
                lambda: script.deleted(movie, file, delete_files),
                frozenset(movie.tags),
            )
        )

    def file_deleted(self, movie: Movie, file: MovieFile, reason: str) -> None:
        """MovieFileDelete; for the reason `upgrade` a second flag has to be on."""
        body, script = self._writers(movie)
        more = ("onMovieFileDeleteForUpgrade",) if reason == "upgrade" else ()
        self._send(
            Notification(
                ("onMovieFileDelete", *more),
                lambda: body.file_deleted(movie, file, reason),
                lambda: script.file_deleted(movie, file, reason),
                frozenset(movie.tags),
            )
        )

    def imported(self, event: Imported) -> None:
        """Download; an upgrade needs `onUpgrade` besides `onDownload`."""
        body, script = self._writers(event.movie)
        self._send(
            Notification(
                ("onDownload", "onUpgrade") if event.replaced else ("onDownload",),
                lambda: body.imported(event),
                lambda: script.imported(event),
                frozenset(event.movie.tags),
            )
        )

    def renamed(self, movie: Movie, file: MovieFile, before: MovieFile) -> None:
        """Rename of one file."""
        body, script = self._writers(movie)
        self._send(
            Notification(
                ("onRename",),
                lambda: body.renamed(movie, file, before),
                lambda: script.renamed(movie, file, before),
                frozenset(movie.tags),
            )
        )

    def grabbed(self, movie: Movie, release: Release) -> None:
        """Grab of a release."""
        body, script = self._writers(movie)
        self._send(
            Notification(
                ("onGrab",),
                lambda: body.grabbed(movie, release),
                lambda: script.grabbed(movie, release),
                frozenset(movie.tags),
            )
        )

    def _added(self, movie: Movie) -> Notification:
        body, script = self._writers(movie)
        return Notification(
            ("onMovieAdded",),
            lambda: body.added(movie),
            lambda: script.added(movie),
            frozenset(movie.tags),
        )

    def _send(self, notification: Notification) -> None:
        self._arr.notifications.send(notification)

    def _writers(self, movie: Movie) -> tuple[WebhookBodies, ScriptVariables]:
        labels = tuple(self._arr.labels(movie.tags))
        return WebhookBodies(self._arr.name, labels), ScriptVariables(self._arr.name, labels)

"""Sonarr's events: the flag each needs, its webhook body and its script variables."""

from collections.abc import Sequence

from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.notifications.sender import Notification
from mesharr.demo.arr.releases import Release
from tests.arrs.sonarr.model import Episode, EpisodeFile, Series
from tests.arrs.sonarr.notifications.script import ScriptVariables
from tests.arrs.sonarr.notifications.webhook import Completed, Imported, Renamed, WebhookBodies

TRIGGERS = (
    "onGrab",
    "onDownload",
    "onUpgrade",
    "onImportComplete",
    "onRename",
    "onSeriesAdd",
    "onSeriesDelete",
    "onEpisodeFileDelete",
    "onEpisodeFileDeleteForUpgrade",
    "onHealthIssue",
    "includeHealthWarnings",
    "onHealthRestored",
    "onApplicationUpdate",
    "onManualInteractionRequired",
)


class SonarrEvents:
    """Sends each event on the calling thread; it returns after every connection was told."""

    def __init__(self, arr: SimulatedApp) -> None:
        self._arr = arr

    def test(self) -> Notification:
        """The notification of the Test button."""
        body, script = WebhookBodies(self._arr.name), ScriptVariables(self._arr.name)
        return Notification((), body.test, script.test)

    def added(self, series: Series) -> None:
        """SeriesAdd: long after the add itself."""
        body, script = self._writers(series)
        self._send(
            Notification(
                ("onSeriesAdd",),
                lambda: body.added(series),
                lambda: script.added(series),
                frozenset(series.tags),
            )
        )

    def deleted(self, series: Series, delete_files: bool) -> None:
        """SeriesDelete; the files of the series go without an event of their own."""
        body, script = self._writers(series)
        self._send(
            Notification(
                ("onSeriesDelete",),
                lambda: body.deleted(series, delete_files),
                lambda: script.deleted(series, delete_files),
                frozenset(series.tags),
            )
        )

    def file_deleted(
        self, series: Series, episodes: Sequence[Episode], file: EpisodeFile, reason: str
    ) -> None:
        """EpisodeFileDelete; for the reason `upgrade` a second flag has to be on."""
        body, script = self._writers(series)
        more = ("onEpisodeFileDeleteForUpgrade",) if reason == "upgrade" else ()
        self._send(
            Notification(
                ("onEpisodeFileDelete", *more),
                lambda: body.file_deleted(series, episodes, file, reason),
                lambda: script.file_deleted(series, episodes, file, reason),
                frozenset(series.tags),
            )
        )

    def imported(self, event: Imported) -> None:
        """Download of one file; an upgrade needs `onUpgrade` besides `onDownload`."""
        body, script = self._writers(event.series)
        self._send(
            Notification(
                ("onDownload", "onUpgrade") if event.replaced else ("onDownload",),
                lambda: body.imported(event),
                lambda: script.imported(event),
                frozenset(event.series.tags),
            )
        )

    def completed(self, event: Completed) -> None:
        """Download of a whole, with a flag of its own: with both flags on both are sent."""
        body, script = self._writers(event.series)
        self._send(
            Notification(
                ("onImportComplete",),
                lambda: body.completed(event),
                lambda: script.completed(event),
                frozenset(event.series.tags),
            )
        )

    def renamed(self, series: Series, files: Sequence[Renamed]) -> None:
        """Rename of one or more files of a series."""
        body, script = self._writers(series)
        self._send(
            Notification(
                ("onRename",),
                lambda: body.renamed(series, files),
                lambda: script.renamed(series, files),
                frozenset(series.tags),
            )
        )

    def grabbed(
        self, series: Series, episodes: Sequence[Episode], release: Release, release_type: str
    ) -> None:
        """Grab of a release."""
        body, script = self._writers(series)
        self._send(
            Notification(
                ("onGrab",),
                lambda: body.grabbed(series, episodes, release),
                lambda: script.grabbed(series, episodes, release, release_type),
                frozenset(series.tags),
            )
        )

    def _send(self, notification: Notification) -> None:
        self._arr.notifications.send(notification)

    def _writers(self, series: Series) -> tuple[WebhookBodies, ScriptVariables]:
        labels = tuple(self._arr.labels(series.tags))
        return WebhookBodies(self._arr.name, labels), ScriptVariables(self._arr.name, labels)

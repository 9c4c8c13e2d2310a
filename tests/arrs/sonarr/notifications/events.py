"""Sonarr's events, and the triggers that each needs."""

from collections.abc import Sequence
from functools import partial

from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.notifications.events import Events
from mesharr.demo.arr.records import Renamed
from mesharr.demo.arr.releases import Release
from tests.arrs.sonarr.model import Episode, EpisodeFile, Series
from tests.arrs.sonarr.notifications.script import SonarrScript
from tests.arrs.sonarr.notifications.webhook import Completed, Imported, SonarrWebhook

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


class SonarrEvents(Events[SonarrWebhook | SonarrScript]):
    """Sends Sonarr's events."""

    def __init__(self, arr: SimulatedApp) -> None:
        super().__init__(arr, partial(SonarrWebhook, arr.name), partial(SonarrScript, arr.name))

    def added(self, series: Series) -> None:
        """Send SeriesAdd: long after the add itself."""
        self.send(series.tags, lambda writer: writer.added(series), "onSeriesAdd")

    def deleted(self, series: Series, delete_files: bool) -> None:
        """Send SeriesDelete; the series' files go without an event of their own."""
        self.send(series.tags, lambda writer: writer.deleted(series, delete_files), "onSeriesDelete")

    def file_deleted(
        self, series: Series, episodes: Sequence[Episode], file: EpisodeFile, reason: str
    ) -> None:
        """Send EpisodeFileDelete; for the reason `upgrade` a second trigger has to be on."""
        more = ("onEpisodeFileDeleteForUpgrade",) if reason == "upgrade" else ()
        self.send(
            series.tags,
            lambda writer: writer.file_deleted(series, episodes, file, reason),
            "onEpisodeFileDelete",
            *more,
        )

    def imported(self, event: Imported) -> None:
        """Send Download of one file; an upgrade needs `onUpgrade` besides `onDownload`."""
        triggers = ("onDownload", "onUpgrade") if event.replaced else ("onDownload",)
        self.send(event.series.tags, lambda writer: writer.imported(event), *triggers)

    def completed(self, event: Completed) -> None:
        """Send Download of a whole, which has a trigger of its own: a connection can get both."""
        self.send(event.series.tags, lambda writer: writer.completed(event), "onImportComplete")

    def renamed(self, series: Series, files: Sequence[Renamed[EpisodeFile]]) -> None:
        """Send Rename of one or more files of a series."""
        self.send(series.tags, lambda writer: writer.renamed(series, files), "onRename")

    def grabbed(
        self, series: Series, episodes: Sequence[Episode], release: Release, release_type: str
    ) -> None:
        """Send Grab of a release."""
        self.send(
            series.tags, lambda writer: writer.grabbed(series, episodes, release, release_type), "onGrab"
        )

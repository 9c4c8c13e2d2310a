"""Sonarr's command ManualImport: files registered for episodes by their ids."""

import os
from collections.abc import Iterable, Sequence

from mesharr.demo.arr.downloads import video_import_data
from mesharr.demo.arr.manual_import import GivenFile, move_in
from mesharr.demo.arr.records import Replaced
from mesharr.demo.arr.releases import manual_release
from tests.arrs.sonarr.downloads import SonarrDownloads
from tests.arrs.sonarr.library import SonarrLibrary
from tests.arrs.sonarr.model import QUALITIES, Episode, EpisodeFile, Series, release_type_of
from tests.arrs.sonarr.names import file_name
from tests.arrs.sonarr.notifications.webhook import Imported


class SonarrManualImport:
    """Imports files by ids. A file in its series' folder stays where and as it is.

    That sends nothing, except for a file that other episodes have: EpisodeFileDelete for them, and with the
    import mode `move` a Download.
    """

    def __init__(self, library: SonarrLibrary, downloads: SonarrDownloads) -> None:
        self._library = library
        self._downloads = downloads

    def run(self, files: Iterable[GivenFile], mode: str) -> None:
        """Import each file; one that cannot be read ends the command, those before it stay imported."""
        for given in files:
            series = self._library.series(given.number("seriesId"))
            episodes = [self._library.episode(number) for number in given.numbers("episodeIds")]
            if given.is_inside(series.path):
                self._register(series, episodes, given, mode)
            else:
                self._move(series, episodes, given)

    def _register(self, series: Series, episodes: Sequence[Episode], given: GivenFile, mode: str) -> None:
        """Link the file where it is; a row of its own goes first, rows of the episodes' other files stay."""
        library = self._library
        draft = self._draft(series, episodes, given, os.path.relpath(given.path, series.path))
        before = library.drop_rows_at(series, draft.relative_path)
        file = library.attach(draft, episodes)
        if before and mode.lower() == "move":
            self._imported(series, episodes, file, given, ())

    def _move(self, series: Series, episodes: Sequence[Episode], given: GivenFile) -> None:
        """Take the file as a finished download: it replaces the episodes' files and is moved, with events."""
        library = self._library
        draft = self._draft(series, episodes, given, self._name(series, episodes, given))
        old = {episode.file_id: library.tables.files.get(episode.file_id) for episode in episodes}
        replaced = tuple(self._downloads.remove_old(series, row) for row in old.values() if row is not None)
        move_in(given.path, draft.path_in(series.path))
        file = library.attach(draft, episodes)
        release = manual_release(os.path.splitext(os.path.basename(given.path))[0], file.quality, given.group)
        data = video_import_data(file, series.path, release, given.path)
        library.record_each(episodes, "downloadFolderImported", release.title, file, data)
        self._imported(series, episodes, file, given, replaced)

    def _imported(
        self,
        series: Series,
        episodes: Sequence[Episode],
        file: EpisodeFile,
        given: GivenFile,
        replaced: tuple[Replaced, ...],
    ) -> None:
        library = self._library
        now = tuple(library.episode(episode.id) for episode in episodes)
        release = manual_release("", file.quality, given.group)
        analysed = bool(library.media_setting("enableMediaInfo"))
        library.events.imported(Imported(series, now, file, release, given.path, analysed, replaced))

    def _name(self, series: Series, episodes: Sequence[Episode], given: GivenFile) -> str:
        stem, suffix = os.path.splitext(os.path.basename(given.path))
        quality = QUALITIES.by_id(given.quality_id).name
        name = file_name(series, episodes, quality, suffix)
        if self._library.arr.config("naming")["renameEpisodes"]:
            return name
        return os.path.join(os.path.dirname(name), f"{stem}{suffix}")

    def _draft(self, series: Series, episodes: Sequence[Episode], given: GivenFile, name: str) -> EpisodeFile:
        return EpisodeFile(
            0,
            series.id,
            name,
            given.size(),
            0.0,
            QUALITIES.by_id(given.quality_id),
            given.group,
            languages=given.languages,
            season=episodes[0].season,
            release_type=str(given.fields.given("releaseType", release_type_of(episodes))),
        )

"""A scan of a series folder.

What is dropped, what is attached, and what follows the first one.
"""

import os
import re
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from mesharr.demo.arr.qualities import Quality, release_group_of
from mesharr.demo.disk.folders import folder_is_empty, may_be_unmounted, root_of
from mesharr.demo.disk.videos import Video, videos_in
from tests.arrs.sonarr import monitoring
from tests.arrs.sonarr.library import SonarrLibrary
from tests.arrs.sonarr.model import QUALITIES, Episode, EpisodeFile, Series, release_type_of
from tests.arrs.sonarr.names import parse

IGNORED_FOLDER = re.compile(
    r"extras|extrafanart|behind the scenes|deleted scenes|featurettes|interviews|other|scenes"
    r"|samples|shorts|trailers|@eadir|\.@__thumb|plex versions|\..+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Found:
    """A video that may be attached, and the episodes its name speaks of."""

    video: Video
    quality: Quality
    episodes: tuple[Episode, ...]


class SonarrScan:
    """Scans series; each takes the row that its caller read, however old that is by now."""

    def __init__(self, library: SonarrLibrary) -> None:
        self._library = library
        self.to_search: dict[int, tuple[int, ...]] = {}
        """Per series the episodes that its last refresh brought and that a search is due for."""

    def scan(self, row: Series) -> None:
        """Compare a series' folder with its rows, then do what follows a scan.

        Files that are gone lose their row first, with an event; what is found is judged by the rows
        as they are then, and attached without one.
        """
        library = self._library
        root = root_of(row.path, library.roots())
        if may_be_unmounted(row.path, root):
            self.after_scan(row)
            return
        # a folder that is missing in a root that holds anything is a folder without videos
        videos = self._listing(row)
        early = self._names(row)
        library.interrupt("scan", row.id)
        library.overlap(row.id)
        self._clean(row, {video.relative_path for video in videos})
        if os.path.isdir(row.path):
            # scans that overlap do not see each other's rows
            taken = early if library.facts.overlapping_scans else self._names(row)
            self._attach_new(row, videos, taken)
            if not videos and self._setting("deleteEmptyFolders") and folder_is_empty(row.path):
                shutil.rmtree(row.path)
        self.after_scan(row)
        library.monitor(library.missing.pop(row.id, ()), False)

    def after_scan(self, row: Series) -> None:
        """Run the row's add options once, also when the scan was skipped.

        Only then SeriesAdd is sent.

        They set every episode, and write the *whole* row that the caller read: an edit of the series
        during its first scan is undone. Without add options episodes that the refresh brought are searched.
        """
        library, options = self._library, row.add_options
        if row.id not in library.tables.series:
            return
        if options is None:
            self._search_new(row)
            return
        episodes = library.tables.episodes.of("series", row.id)
        flags = monitoring.apply(row, episodes, options, library.arr.now())
        if flags is not None:
            for episode in flags.episodes:
                library.tables.episodes[episode.id] = episode
            row = library.write(flags.series, episodes_follow=False)
        library.events.added(row)
        self._search_added(
            row.id, options["searchForMissingEpisodes"], options["searchForCutoffUnmetEpisodes"]
        )
        library.change(row.id, add_options=None)

    def _search_added(self, series_id: int, missing: bool, cutoff: bool) -> None:
        submit = self._library.arr.commands.submit
        if missing and cutoff:
            submit("SeriesSearch", {"seriesId": series_id}, "unspecified")
        elif missing:
            submit("MissingEpisodeSearch", {"seriesId": series_id, "monitored": True}, "unspecified")

    def _search_new(self, row: Series) -> None:
        rows = [self._library.tables.episodes.get(number) for number in self.to_search.pop(row.id, ())]
        missing = [episode.id for episode in rows if episode is not None and not episode.file_id]
        if missing:
            self._library.arr.commands.submit("EpisodeSearch", {"episodeIds": missing}, "unspecified")

    def _listing(self, row: Series) -> tuple[Video, ...]:
        if os.path.isdir(row.path):
            return videos_in(row.path, IGNORED_FOLDER, self._library.scandir)
        if self._setting("createEmptySeriesFolders") and not self._setting("deleteEmptyFolders"):
            os.makedirs(row.path)
        return ()

    def _clean(self, row: Series, on_disk: set[str]) -> None:
        library = self._library
        for file in library.tables.files.of("series", row.id):
            if file.relative_path not in on_disk:
                library.detach(row, file, "missingFromDisk")
            elif not library.tables.episodes_of_file(file.id):
                library.detach(row, file, "noLinkedEpisodes")

    def _names(self, row: Series) -> frozenset[str]:
        return frozenset(file.relative_path for file in self._library.tables.files.of("series", row.id))

    def _attach_new(self, row: Series, videos: Sequence[Video], known_names: Collection[str]) -> None:
        """Attach files that pass: of several for an episode the *largest*, whatever its quality."""
        files = self._library.tables.files
        known = {file.relative_path: file for file in files.of("series", row.id)}
        episodes = self._library.tables.episodes.of("series", row.id)
        new = (video for video in videos if video.relative_path not in known_names)
        judged = (self._judge(video, episodes, row.series_type) for video in new)
        accepted = [found for found in judged if found is not None]
        taken: set[int] = set()
        for found in sorted(accepted, key=lambda found: (found.episodes[0].number, -found.video.size)):
            if taken.isdisjoint(episode.id for episode in found.episodes):
                taken.update(episode.id for episode in found.episodes)
                self._attach(row, found)
        for video in videos:
            file = known.get(video.relative_path)
            if file is not None and file.size != video.size:
                files[file.id] = replace(file, size=video.size)

    def _judge(self, video: Video, episodes: Sequence[Episode], series_type: str) -> _Found | None:
        """Return whether a new file passes.

        It names episodes that are known, and is no worse than their files.

        A file that holds more episodes than the new one is not replaced either.
        """
        parsed = parse(video.name)
        if parsed is None or parsed.split or (parsed.absolute and series_type != "anime"):
            return None
        probed = self._library.facts.probed_quality
        quality = QUALITIES.labelled(probed) if probed else QUALITIES.read(video.name)
        found = _Found(video, quality, tuple(parsed.among(episodes)))
        tables = self._library.tables
        ids = {episode.id for episode in found.episodes}
        for file_id in {episode.file_id for episode in found.episodes if episode.file_id}:
            file = tables.files.get(file_id)
            if file is not None and found.quality.rank < file.quality.rank:
                return None
            if any(episode.id not in ids for episode in tables.episodes_of_file(file_id)):
                return None
        return found if found.episodes else None

    def _attach(self, row: Series, found: _Found) -> None:
        video, series_id = found.video, row.id
        if series_id not in self._library.tables.series:
            return
        if self._library.facts.overlapping_scans == "row again":
            self._library.drop_rows_at(row, video.relative_path)
        file = EpisodeFile(
            0,
            series_id,
            video.relative_path,
            video.size,
            0.0,
            found.quality,
            release_group_of(video.name),
            season=found.episodes[0].season,
            release_type=release_type_of(found.episodes),
        )
        self._library.attach(file, found.episodes)

    def _setting(self, name: str) -> bool:
        return bool(self._library.media_setting(name))

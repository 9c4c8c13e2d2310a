"""What a download client and the user make Sonarr do with files: grab, import, rename."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

from mesharr.demo.arr.downloads import (
    DOWNLOADS,
    Download,
    discard_replaced,
    grab_data,
    keeps_name,
    rename_on_disk,
    video_import_data,
    video_release,
)
from mesharr.demo.arr.manual_import import DestinationExistsError
from mesharr.demo.arr.qualities import Quality
from mesharr.demo.arr.records import Renamed, Replaced
from mesharr.demo.arr.releases import Release
from mesharr.demo.disk.folders import write_media
from tests.arrs.sonarr.library import SonarrLibrary
from tests.arrs.sonarr.model import Episode, EpisodeFile, Series, release_type_of
from tests.arrs.sonarr.names import file_name
from tests.arrs.sonarr.notifications.webhook import Completed, Imported


class SonarrDownloads:
    """Grabs, imports and renames on one library."""

    def __init__(self, library: SonarrLibrary) -> None:
        self._library = library

    def grab(
        self, series: Series, episodes: Sequence[Episode], quality: Quality, size: int, *, pack: bool
    ) -> Release:
        """Send a release to the client: per episode a queue row and a history row; one Grab event."""
        library = self._library
        release = self._release(series, episodes, Download(quality, size), pack)
        kind = "seasonPack" if pack else release_type_of(episodes)
        file = EpisodeFile(0, series.id, "", size, 0.0, quality, release_type=kind)
        library.enqueue(release, series.id, [episode.id for episode in episodes])
        data = grab_data(release)
        library.record_each(episodes, "grabbed", release.title, file, data, release.download_id)
        library.events.grabbed(series, episodes, release, kind)
        return release

    def complete(
        self, series: Series, groups: Sequence[Sequence[Episode]], download: Download, *, pack: bool
    ) -> list[EpisodeFile]:
        """Import a finished download: each group of episodes is a file.

        Each file has an event of its own. Files it replaces are off the disk and out of the database,
        and EpisodeFileDelete is sent for each, before it is there. The last event is about the whole.
        A name that a file of other episodes has ends it with DestinationExistsError.
        """
        library = self._library
        episodes = tuple(episode for group in groups for episode in group)
        release = self._queued(episodes) or self._release(series, episodes, download, pack)
        kind = "seasonPack" if pack else release_type_of(episodes)
        files = [self._import(series, group, download, release, kind) for group in groups]
        if release.manual:
            return files
        library.dequeue(release.download_id)
        source = f"{DOWNLOADS}/{release.title}"
        library.events.completed(Completed(series, self._now(episodes), tuple(files), release, kind, source))
        return files

    def rename(self, series: Series, names: Mapping[int, str]) -> list[EpisodeFile]:
        """Give files, by their ids, other relative paths.

        Rows keep their ids, and one Rename is sent.

        One that has its name already, or is gone, or whose name another file has, keeps its own. Where all
        do, no event is sent.
        """
        renamed = [self._rename(series, self._library.file(file_id), name) for file_id, name in names.items()]
        changed = [pair for pair in renamed if pair.file != pair.before]
        if changed:
            self._library.events.renamed(series, changed)
        return [pair.file for pair in renamed]

    def named_by_settings(self, series: Series, file: EpisodeFile) -> str:
        """Return the relative path that the naming settings make for a file.

        Its own when it holds no episode.
        """
        episodes = self._library.tables.episodes_of_file(file.id)
        suffix = os.path.splitext(file.relative_path)[1]
        return file_name(series, episodes, file.quality.name, suffix) if episodes else file.relative_path

    def _rename(self, series: Series, before: EpisodeFile, name: str) -> Renamed[EpisodeFile]:
        file = replace(before, relative_path=name)
        if before == file or keeps_name(before.path_in(series.path), file.path_in(series.path)):
            return Renamed(before, before)
        data = rename_on_disk(before, file, series.path)
        self._library.tables.files[file.id] = file
        episodes = self._library.tables.episodes_of_file(file.id)
        title = before.path_in(series.path)
        self._library.record_each(episodes, "episodeFileRenamed", title, file, data)
        return Renamed(file, before)

    def _import(
        self, series: Series, group: Sequence[Episode], download: Download, release: Release, kind: str
    ) -> EpisodeFile:
        library, tables = self._library, self._library.tables
        name = download.name or file_name(series, group, download.quality.name)
        old = {episode.file_id: tables.files.get(episode.file_id) for episode in self._now(group)}
        replaced = tuple(self.remove_old(series, file) for file in old.values() if file is not None)
        path = f"{series.path.rstrip('/')}/{name}"
        self._refuse_taken(series, name, path)
        write_media(path, download.size, download.content, download.extras)
        row = EpisodeFile(
            0,
            series.id,
            name,
            os.path.getsize(path),
            0.0,
            download.quality,
            download.group,
            release.scene_name,
            season=group[0].season,
            release_type=kind,
        )
        file = library.attach(row, group)
        source = f"{DOWNLOADS}/{release.title}/{os.path.basename(name)}"
        data = video_import_data(file, series.path, release, source)
        event = "downloadFolderImported"
        library.record_each(group, event, release.title, file, data, release.download_id or None)
        analysed = bool(library.media_setting("enableMediaInfo"))
        library.events.imported(Imported(series, self._now(group), file, release, source, analysed, replaced))
        return file

    def _refuse_taken(self, series: Series, name: str, path: str) -> None:
        """Raise DestinationExistsError, and have the series scanned, for a name that another file has.

        As in the real app what the episodes had is gone by then. What the app does not list is written
        over: its mount need not show yet what another household put there.
        """
        listed = self._library.tables.files.of("series", series.id)
        if os.path.exists(path) and any(file.relative_path == name for file in listed):
            self._library.arr.commands.submit("RescanSeries", {"seriesId": series.id}, "unspecified")
            raise DestinationExistsError(f"Destination already exists: {path}")

    def remove_old(self, series: Series, file: EpisodeFile) -> Replaced:
        """Delete a file that a new one replaces, with EpisodeFileDelete."""
        replaced = discard_replaced(self._library, file, series.path)
        self._library.detach(series, file, "upgrade")
        return replaced

    def _now(self, episodes: Sequence[Episode]) -> tuple[Episode, ...]:
        return tuple(self._library.episode(episode.id) for episode in episodes)

    def _queued(self, episodes: Sequence[Episode]) -> Release | None:
        """Return the release under way that holds all of these episodes."""
        wanted = {episode.id for episode in episodes}
        queued: dict[str, set[int]] = {}
        for row in self._library.queue.values():
            queued.setdefault(row.release.download_id, set()).add(row.part_id)
        rows = self._library.queue.values()
        return next((row.release for row in rows if wanted <= queued[row.release.download_id]), None)

    def _release(
        self, series: Series, episodes: Sequence[Episode], download: Download, pack: bool
    ) -> Release:
        place = f"S{episodes[0].season:02}"
        if not pack:
            place += "".join(f"E{episode.number:02}" for episode in episodes)
        return video_release(self._library, f"{series.show.title}.{place}", download)

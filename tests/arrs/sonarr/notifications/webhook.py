"""The JSON bodies of Sonarr's webhooks. Every object is built here and nowhere else."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mesharr.demo.arr.notifications.webhook import (
    WebhookWriter,
    client_object,
    grabbed_release,
    imported_release,
    no_custom_formats,
    poster,
    renamed_object,
    replaced_object,
    video_file_object,
)
from mesharr.demo.arr.records import Renamed, Replaced
from mesharr.demo.arr.releases import ENGLISH, Release
from mesharr.demo.wire import JsonObject
from tests.arrs.sonarr.model import Episode, EpisodeFile, Series


@dataclass(frozen=True)
class Imported:
    """One file that the download client's import brought, and what it replaced."""

    series: Series
    episodes: tuple[Episode, ...]
    file: EpisodeFile
    release: Release
    source_path: str
    media_info: bool = True
    replaced: tuple[Replaced, ...] = ()


@dataclass(frozen=True)
class Completed:
    """A download of which every episode was imported: its files and episodes are not paired."""

    series: Series
    episodes: tuple[Episode, ...]
    files: tuple[EpisodeFile, ...]
    release: Release
    release_type: str
    source_path: str

    @property
    def destination(self) -> str:
        """The longest path that all its files share."""
        return os.path.commonpath([file.path_in(self.series.path) for file in self.files])


def series_object(series: Series, labels: Sequence[str]) -> JsonObject:
    """Return `series` of a body: tag labels, and neither monitored nor seasons nor profile."""
    show = series.show
    remote = f"https://artworks.thetvdb.com/banners/posters/{series.tvdb_id}-1.jpg"
    return {
        "id": series.id,
        "title": show.title,
        "titleSlug": show.slug,
        "path": series.path,
        "tvdbId": series.tvdb_id,
        "tvMazeId": show.tv_maze_id,
        "tmdbId": show.tmdb_id,
        "imdbId": show.imdb_id or None,
        "type": series.series_type,
        "year": show.year,
        "genres": list(show.genres),
        "images": poster(remote, series.id),
        "tags": list(labels),
        "originalLanguage": dict(ENGLISH),
    }


def episode_object(episode: Episode) -> JsonObject:
    """Return one of `episodes`: neither absolute number nor monitored."""
    known = episode.known
    return {
        "id": episode.id,
        "episodeNumber": known.number,
        "seasonNumber": known.season,
        "title": known.title,
        "overview": known.overview or None,
        "airDate": known.air_date,
        "airDateUtc": episode.aired,
        "seriesId": episode.series_id,
        "tvdbId": known.tvdb_id,
    }


class SonarrWebhook(WebhookWriter):
    """Writes the body of each event."""

    def added(self, series: Series) -> JsonObject:
        """Return SeriesAdd."""
        return self._sealed("SeriesAdd", series, {})

    def deleted(self, series: Series, delete_files: bool) -> JsonObject:
        """Return SeriesDelete: here `deletedFiles` is a boolean."""
        return self._sealed("SeriesDelete", series, {"deletedFiles": delete_files})

    def file_deleted(
        self, series: Series, episodes: Sequence[Episode], file: EpisodeFile, reason: str
    ) -> JsonObject:
        """Return EpisodeFileDelete with its reason in camelCase."""
        own = {
            "episodes": [episode_object(episode) for episode in episodes],
            "episodeFile": video_file_object(file, series.path),
            "deleteReason": reason,
        }
        return self._sealed("EpisodeFileDelete", series, own)

    def imported(self, event: Imported) -> JsonObject:
        """Return Download of one file: here `deletedFiles` is a list, present only on an upgrade."""
        folder = event.series.path
        own: JsonObject = {
            "episodes": [episode_object(episode) for episode in event.episodes],
            "episodeFile": video_file_object(
                event.file, folder, analysed=event.media_info, source_path=event.source_path
            ),
            "isUpgrade": bool(event.replaced),
            **client_object(event.release),
            "customFormatInfo": no_custom_formats(),
            "release": _release(event.release, event.file.release_type),
        }
        if event.replaced:
            own["deletedFiles"] = [replaced_object(old, folder) for old in event.replaced]
        return self._sealed("Download", event.series, own)

    def completed(self, event: Completed) -> JsonObject:
        """Return Download of a whole.

        `episodeFiles` instead of `episodeFile`, and nothing about upgrades.
        """
        own = {
            "episodes": [episode_object(episode) for episode in event.episodes],
            "episodeFiles": [video_file_object(file, event.series.path) for file in event.files],
            **client_object(event.release),
            "release": _release(event.release, event.release_type),
            "fileCount": len(event.files),
            "sourcePath": event.source_path,
            "destinationPath": event.destination,
        }
        return self._sealed("Download", event.series, own)

    def renamed(self, series: Series, files: Sequence[Renamed[EpisodeFile]]) -> JsonObject:
        """Return Rename of the files of one series, whose ids stay; it names no episodes."""
        rows = [renamed_object(renamed, series.path) for renamed in files]
        return self._sealed("Rename", series, {"renamedEpisodeFiles": rows})

    def grabbed(
        self, series: Series, episodes: Sequence[Episode], release: Release, release_type: str
    ) -> JsonObject:
        """Return Grab of a release, whose type only scripts are given."""
        del release_type
        own = {
            "episodes": [episode_object(episode) for episode in episodes],
            "release": grabbed_release(release),
            **client_object(release),
            "customFormatInfo": no_custom_formats(),
        }
        return self._sealed("Grab", series, own)

    def test(self) -> JsonObject:
        """Return the event of the Test button."""
        own = {
            "series": {
                "id": 1,
                "title": "Test Title",
                "path": "C:\\testpath",
                "tvdbId": 1234,
                "tvMazeId": 0,
                "tmdbId": 0,
                "type": "standard",
                "year": 0,
                "tags": ["test-tag"],
            },
            "episodes": [
                {
                    "id": 123,
                    "episodeNumber": 1,
                    "seasonNumber": 1,
                    "title": "Test title",
                    "seriesId": 0,
                    "tvdbId": 0,
                }
            ],
        }
        return self.body("Test", own)

    def _sealed(self, event: str, series: Series, own: Mapping[str, Any]) -> JsonObject:
        return self.body(event, {"series": series_object(series, self.labels), **own})


def _release(release: Release, release_type: str) -> JsonObject:
    return {**imported_release(release), "indexerFlags": [], "releaseType": release_type}

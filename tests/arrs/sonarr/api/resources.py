"""Sonarr's rows as its API shows them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from mesharr.demo.arr.api.resources import history_fields, quality_model, queue_fields, video_file_fields
from mesharr.demo.arr.qualities import Quality
from mesharr.demo.arr.records import Exclusion, HistoryRow, QueueRow
from mesharr.demo.arr.releases import ENGLISH, clean_title
from mesharr.demo.disk.folders import root_of
from mesharr.demo.wire import JsonObject, iso
from tests.arrs.sonarr.library import SonarrLibrary
from tests.arrs.sonarr.model import Episode, EpisodeFile, Series, Show
from tests.arrs.sonarr.names import series_folder


@dataclass
class Counts:
    """What a season's or a series' statistics count."""

    files: int = 0
    episodes: int = 0
    """Those with a file, and those that are monitored and were on the air."""
    total: int = 0
    size: int = 0
    groups: dict[str, None] = field(default_factory=dict)

    def add(self, other: "Counts") -> None:
        """Count another season in."""
        self.files += other.files
        self.episodes += other.episodes
        self.total += other.total
        self.size += other.size
        self.groups |= other.groups

    def resource(self) -> JsonObject:
        """Return the counts as the API shows them."""
        return {
            "episodeFileCount": self.files,
            "episodeCount": self.episodes,
            "totalEpisodeCount": self.total,
            "sizeOnDisk": self.size,
            "releaseGroups": list(self.groups),
            "percentOfEpisodes": self.files / self.episodes * 100 if self.episodes else 0,
        }


def season_counts(library: SonarrLibrary, series_id: int) -> dict[int, Counts]:
    """Return the counts of each season that has episodes."""
    now = iso(library.arr.now())
    counts: dict[int, Counts] = {}
    for episode in library.tables.episodes.of("series", series_id):
        season = counts.setdefault(episode.season, Counts())
        season.total += 1
        if episode.file_id:
            season.files += 1
            season.episodes += 1
        elif episode.monitored and (episode.aired or "9") <= now:
            season.episodes += 1
    for file in library.tables.files.of("series", series_id):
        if file.season in counts:
            season = counts[file.season]
            season.size += file.size
            if file.release_group is not None:
                season.groups[file.release_group] = None
    return counts


def show_fields(show: Show) -> JsonObject:
    """Return the part of a series resource that comes from the metadata server."""
    poster = f"https://artworks.thetvdb.com/banners/posters/{show.tvdb_id}-1.jpg"
    return {
        "title": show.title,
        "sortTitle": show.title.lower(),
        "cleanTitle": clean_title(show.title),
        "titleSlug": show.slug,
        "tvdbId": show.tvdb_id,
        "tvMazeId": show.tv_maze_id,
        "tvRageId": 0,
        "tmdbId": show.tmdb_id,
        "imdbId": show.imdb_id or None,
        "year": show.year,
        "overview": show.overview,
        "network": show.network,
        "runtime": show.runtime,
        "genres": list(show.genres),
        "originalLanguage": dict(ENGLISH),
        "status": show.status,
        "ended": show.status == "ended",
        "images": [{"coverType": "poster", "remoteUrl": poster}],
    }


def series_resource(library: SonarrLibrary, series: Series, *, listed: bool = False) -> JsonObject:
    """Return a series of the library; `addOptions` only until its first scan is done.

    In a list a series without episodes has no statistics at all.
    """
    counts = season_counts(library, series.id)
    whole = Counts()
    for season in counts.values():
        whole.add(season)
    seasons = [season.number for season in series.seasons]
    statistics = {"seasonCount": sum(number > 0 for number in seasons), **whole.resource()}
    status = "deleted" if series.gone else series.show.status
    return {
        **show_fields(series.show),
        "id": series.id,
        "tvdbId": series.tvdb_id,
        "status": status,
        "ended": status == "ended",
        "path": series.path,
        "rootFolderPath": root_of(series.path, library.roots()),
        "qualityProfileId": series.quality_profile_id,
        "languageProfileId": 1,
        "monitored": series.monitored,
        "monitorNewItems": series.monitor_new_items,
        "seasonFolder": series.season_folder,
        "seriesType": series.series_type,
        "useSceneNumbering": False,
        "tags": sorted(series.tags),
        "added": iso(series.added),
        "addOptions": series.add_options,
        "seasons": [
            {
                "seasonNumber": season.number,
                "monitored": season.monitored,
                "statistics": counts[season.number].resource() if season.number in counts else None,
            }
            for season in series.seasons
        ],
        "statistics": None if listed and not counts else statistics,
    }


def series_list(library: SonarrLibrary, series: Iterable[Series]) -> list[JsonObject]:
    """Return several series of the library."""
    return [series_resource(library, row, listed=True) for row in series]


def lookup_resource(show: Show) -> JsonObject:
    """Return a show of the metadata server that is not in the library."""
    return {
        **show_fields(show),
        "folder": series_folder(show),
        "seasons": [{"seasonNumber": number, "monitored": number > 0} for number in show.seasons],
        "seriesType": show.type,
        "monitored": False,
        "monitorNewItems": "all",
        "seasonFolder": False,
        "qualityProfileId": 0,
        "languageProfileId": 1,
        "useSceneNumbering": False,
        "tags": [],
    }


def episode_quality(quality: Quality) -> JsonObject:
    """Return a quality with its revision."""
    return quality_model(quality, source=quality.source, resolution=quality.resolution)


def episode_resource(
    episode: Episode, series: JsonObject | None = None, file: JsonObject | None = None
) -> JsonObject:
    """Return an episode, with its series and its file if the client asked for them."""
    known = episode.known
    return {
        "id": episode.id,
        "seriesId": episode.series_id,
        "tvdbId": known.tvdb_id,
        "episodeFileId": episode.file_id,
        "seasonNumber": known.season,
        "episodeNumber": known.number,
        "absoluteEpisodeNumber": known.absolute,
        "title": known.title,
        "overview": known.overview or None,
        "airDate": known.air_date,
        "airDateUtc": episode.aired,
        "runtime": 0,
        "hasFile": episode.file_id > 0,
        "monitored": episode.monitored,
        "unverifiedSceneNumbering": False,
        "episodeFile": file,
        "series": series,
    }


def file_resource(file: EpisodeFile, series: Series) -> JsonObject:
    """Return an episode file; it does not say which episodes it holds."""
    return {
        **video_file_fields(file, series.path),
        "seriesId": file.item_id,
        "seasonNumber": file.season,
        "quality": episode_quality(file.quality),
        "releaseType": file.release_type,
    }


def history_resource(row: HistoryRow) -> JsonObject:
    """Return a history row."""
    return {
        **history_fields(row),
        "seriesId": row.item_id,
        "episodeId": row.part_id,
        "languages": [dict(ENGLISH)],
        "quality": episode_quality(row.quality),
    }


def queue_resource(row: QueueRow, episode: Episode | None) -> JsonObject:
    """Return one episode of a download under way: its size is that of the whole download."""
    return {
        **queue_fields(row),
        "seriesId": row.item_id,
        "episodeId": row.part_id,
        "seasonNumber": None if episode is None else episode.season,
        "episodeHasFile": episode is not None and episode.file_id > 0,
        "languages": [dict(ENGLISH)],
        "quality": episode_quality(row.release.quality),
        "added": iso(row.added),
    }


def exclusion_resource(row: Exclusion) -> JsonObject:
    """Return an import-list exclusion."""
    return {"id": row.id, "tvdbId": row.foreign_id, "title": row.title}

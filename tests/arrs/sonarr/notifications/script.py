"""The environment variables of Sonarr's custom scripts, named as Sonarr's code writes them.

`run_script` lower-cases the names, as .NET does, before the script sees them.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from mesharr.demo.arr.notifications.payloads import NullReferenceError, bars, media_info_variables
from mesharr.demo.arr.releases import Release
from mesharr.demo.wire import iso
from tests.arrs.sonarr.model import Episode, EpisodeFile, Series
from tests.arrs.sonarr.notifications.webhook import Completed, Imported, Renamed

Variables = dict[str, str]


@dataclass(frozen=True)
class ScriptVariables:
    """Builds the variables of each event for one instance and one series' tag labels."""

    instance: str
    labels: tuple[str, ...] = ()

    def test(self) -> Variables:
        """Test: nothing but the three that every event has."""
        return self._event("Test")

    def added(self, series: Series) -> Variables:
        """SeriesAdd."""
        return {**self._event("SeriesAdd"), **self._series(series)}

    def deleted(self, series: Series, delete_files: bool) -> Variables:
        """SeriesDelete."""
        own = {"Sonarr_Series_DeletedFiles": str(delete_files)}
        return {**self._event("SeriesDelete"), **self._series(series), **own}

    def file_deleted(
        self, series: Series, episodes: Sequence[Episode], file: EpisodeFile, reason: str
    ) -> Variables:
        """EpisodeFileDelete; here the reason is in PascalCase."""
        own = {
            **_file(series, file, episodes),
            "Sonarr_EpisodeFile_DeleteReason": reason[0].upper() + reason[1:],
        }
        return {**self._event("EpisodeFileDelete"), **self._series(series), **own}

    def imported(self, event: Imported) -> Variables:
        """Download of one file; raises when it was not analysed: Sonarr reads its media info unasked."""
        if not event.media_info:
            raise NullReferenceError("Object reference not set to an instance of an object: MediaInfo")
        series, release = event.series, event.release
        analysis = media_info_variables(event.file.quality)
        own = {
            **_file(series, event.file, event.episodes),
            **_client(release),
            **{f"Sonarr_EpisodeFile_MediaInfo_{name}": value for name, value in analysis.items()},
            "Sonarr_IsUpgrade": str(bool(event.replaced)),
            "Sonarr_EpisodeFile_SourcePath": event.source_path,
            "Sonarr_EpisodeFile_SourceFolder": os.path.dirname(event.source_path),
            "Sonarr_EpisodeFile_CustomFormat": "",
            "Sonarr_EpisodeFile_CustomFormatScore": "0",
            **_release(release, event.file.release_type),
        }
        if event.replaced:
            old = [deleted.file for deleted in event.replaced]
            own |= {
                "Sonarr_DeletedRelativePaths": bars(file.relative_path for file in old),
                "Sonarr_DeletedPaths": bars(file.path_in(series.path) for file in old),
                "Sonarr_DeletedDateAdded": bars(iso(file.date_added) for file in old),
                "Sonarr_DeletedRecycleBinPaths": bars(gone.recycled or "" for gone in event.replaced),
            }
        return {**self._event("Download"), **self._series(series), **own}

    def completed(self, event: Completed) -> Variables:
        """Download of a whole: it has a count of files, and does not say whether it is an upgrade."""
        series, release, files = event.series, event.release, event.files
        own = {
            **_episodes("EpisodeFile", event.episodes),
            **_client(release),
            **_release(release, event.release_type),
            "Sonarr_EpisodeFile_Ids": bars(str(file.id) for file in files),
            "Sonarr_EpisodeFile_Count": str(len(files)),
            "Sonarr_EpisodeFile_RelativePaths": bars(file.relative_path for file in files),
            "Sonarr_EpisodeFile_Paths": bars(file.path_in(series.path) for file in files),
            "Sonarr_EpisodeFile_Qualities": bars(file.quality.name for file in files),
            "Sonarr_EpisodeFile_QualityVersions": bars("1" for _ in files),
            "Sonarr_EpisodeFile_ReleaseGroups": bars(file.release_group or "" for file in files),
            "Sonarr_EpisodeFile_SceneNames": bars(file.scene_name or "" for file in files),
            "Sonarr_Release_Group": release.group or "",
            "Sonarr_Release_Quality": release.quality.name,
            "Sonarr_Release_QualityVersion": "1",
            "Sonarr_SourcePath": event.source_path,
            "Sonarr_SourceFolder": os.path.dirname(event.source_path),
            "Sonarr_DestinationPath": event.destination,
            "Sonarr_DestinationFolder": os.path.dirname(event.destination),
        }
        return {**self._event("Download"), **self._series(series), **own}

    def renamed(self, series: Series, files: Sequence[Renamed]) -> Variables:
        """Rename: here the ids are separated by commas and the paths by bars."""
        before = [renamed.before for renamed in files]
        after = [renamed.file for renamed in files]
        own = {
            "Sonarr_EpisodeFile_Ids": ",".join(str(file.id) for file in after),
            "Sonarr_EpisodeFile_RelativePaths": bars(file.relative_path for file in after),
            "Sonarr_EpisodeFile_Paths": bars(file.path_in(series.path) for file in after),
            "Sonarr_EpisodeFile_PreviousRelativePaths": bars(file.relative_path for file in before),
            "Sonarr_EpisodeFile_PreviousPaths": bars(file.path_in(series.path) for file in before),
        }
        return {**self._event("Rename"), **self._series(series), **own}

    def grabbed(
        self, series: Series, episodes: Sequence[Episode], release: Release, release_type: str
    ) -> Variables:
        """Grab: the only event of a series without its path."""
        about = self._series(series)
        del about["Sonarr_Series_Path"]
        own = {
            **_episodes("Release", episodes),
            **_client(release),
            **_release(release, release_type),
            "Sonarr_Release_EpisodeCount": str(len(episodes)),
            "Sonarr_Release_AbsoluteEpisodeNumbers": _commas(e.known.absolute for e in episodes),
            "Sonarr_Release_Quality": release.quality.name,
            "Sonarr_Release_QualityVersion": "1",
            "Sonarr_Release_ReleaseGroup": release.group or "",
            "Sonarr_Release_IndexerFlags": "0",
            "Sonarr_Release_CustomFormat": "",
            "Sonarr_Release_CustomFormatScore": "0",
        }
        del own["Sonarr_Release_EpisodeIds"]
        return {**self._event("Grab"), **about, **own}

    def _event(self, event: str) -> Variables:
        return {
            "Sonarr_EventType": event,
            "Sonarr_InstanceName": self.instance,
            "Sonarr_ApplicationUrl": "",
        }

    def _series(self, series: Series) -> Variables:
        show = series.show
        return {
            "Sonarr_Series_Id": str(series.id),
            "Sonarr_Series_Title": show.title,
            "Sonarr_Series_TitleSlug": show.slug,
            "Sonarr_Series_Path": series.path,
            "Sonarr_Series_TvdbId": str(series.tvdb_id),
            "Sonarr_Series_TvMazeId": str(show.tv_maze_id),
            "Sonarr_Series_TmdbId": str(show.tmdb_id),
            "Sonarr_Series_ImdbId": show.imdb_id,
            "Sonarr_Series_Type": series.series_type.capitalize(),
            "Sonarr_Series_Year": str(show.year),
            "Sonarr_Series_OriginalLanguage": "eng",
            "Sonarr_Series_Genres": bars(show.genres),
            "Sonarr_Series_Tags": bars(self.labels),
        }


def _commas(values: object) -> str:
    return ",".join("" if value is None else str(value) for value in values)  # type: ignore[attr-defined]


def _episodes(of: str, episodes: Sequence[Episode]) -> Variables:
    """The block of episodes, below `Sonarr_EpisodeFile_` or `Sonarr_Release_`."""
    values = {
        "EpisodeIds": _commas(episode.id for episode in episodes),
        "SeasonNumber": str(episodes[0].season),
        "EpisodeNumbers": _commas(episode.number for episode in episodes),
        "EpisodeAirDates": _commas(episode.known.air_date for episode in episodes),
        "EpisodeAirDatesUtc": _commas(episode.aired for episode in episodes),
        "EpisodeTitles": bars(episode.known.title for episode in episodes),
        "EpisodeOverviews": bars(episode.known.overview for episode in episodes),
    }
    return {f"Sonarr_{of}_{name}": value for name, value in values.items()}


def _file(series: Series, file: EpisodeFile, episodes: Sequence[Episode]) -> Variables:
    return {
        **_episodes("EpisodeFile", episodes),
        "Sonarr_EpisodeFile_Id": str(file.id),
        "Sonarr_EpisodeFile_EpisodeCount": str(len(episodes)),
        "Sonarr_EpisodeFile_RelativePath": file.relative_path,
        "Sonarr_EpisodeFile_Path": file.path_in(series.path),
        "Sonarr_EpisodeFile_Quality": file.quality.name,
        "Sonarr_EpisodeFile_QualityVersion": "1",
        "Sonarr_EpisodeFile_ReleaseGroup": file.release_group or "",
        "Sonarr_EpisodeFile_SceneName": file.scene_name or "",
    }


def _client(release: Release) -> Variables:
    return {
        "Sonarr_Download_Client": release.client,
        "Sonarr_Download_Client_Type": release.client,
        "Sonarr_Download_Id": release.download_id,
    }


def _release(release: Release, release_type: str) -> Variables:
    return {
        "Sonarr_Release_Indexer": release.indexer,
        "Sonarr_Release_Size": str(release.size),
        "Sonarr_Release_Title": release.title,
        "Sonarr_Release_ReleaseType": release_type[0].upper() + release_type[1:],
    }

"""The environment variables of Sonarr's custom scripts, named as Sonarr's code writes them."""

import os
from collections.abc import Mapping, Sequence

from mesharr.demo.arr.notifications.script import (
    ScriptWriter,
    Variables,
    bars,
    client_variables,
    commas,
    grab_variables,
    import_variables,
    imported_release_variables,
    no_custom_format_variables,
    rename_variables,
    video_file_variables,
)
from mesharr.demo.arr.records import Renamed
from mesharr.demo.arr.releases import Release
from tests.arrs.sonarr.model import Episode, EpisodeFile, Series
from tests.arrs.sonarr.notifications.webhook import Completed, Imported


class SonarrScript(ScriptWriter):
    """Writes the variables of each event."""

    app = "Sonarr"

    def added(self, series: Series) -> Variables:
        """Return SeriesAdd."""
        return self._about("SeriesAdd", series, {})

    def deleted(self, series: Series, delete_files: bool) -> Variables:
        """Return SeriesDelete."""
        return self._about("SeriesDelete", series, {"Series_DeletedFiles": str(delete_files)})

    def file_deleted(
        self, series: Series, episodes: Sequence[Episode], file: EpisodeFile, reason: str
    ) -> Variables:
        """Return EpisodeFileDelete; here the reason is in PascalCase."""
        own = {
            **_file(series, file, episodes),
            "EpisodeFile_DeleteReason": reason[0].upper() + reason[1:],
        }
        return self._about("EpisodeFileDelete", series, own)

    def imported(self, event: Imported) -> Variables:
        """Return Download of one file; raises when the file was not analysed."""
        own = {
            **_file(event.series, event.file, event.episodes),
            **client_variables(event.release),
            **import_variables(
                "EpisodeFile",
                event.file,
                event.series.path,
                source_path=event.source_path,
                analysed=event.media_info,
                replaced=event.replaced,
            ),
            **_release(event.release, event.file.release_type),
        }
        return self._about("Download", event.series, own)

    def completed(self, event: Completed) -> Variables:
        """Return Download of a whole: it counts files, and does not say whether it is an upgrade."""
        series, release, files = event.series, event.release, event.files
        own = {
            **_episodes("EpisodeFile", event.episodes),
            **client_variables(release),
            **_release(release, event.release_type),
            "EpisodeFile_Ids": bars(str(file.id) for file in files),
            "EpisodeFile_Count": str(len(files)),
            "EpisodeFile_RelativePaths": bars(file.relative_path for file in files),
            "EpisodeFile_Paths": bars(file.path_in(series.path) for file in files),
            "EpisodeFile_Qualities": bars(file.quality.name for file in files),
            "EpisodeFile_QualityVersions": bars("1" for _ in files),
            "EpisodeFile_ReleaseGroups": bars(file.release_group or "" for file in files),
            "EpisodeFile_SceneNames": bars(file.scene_name or "" for file in files),
            "Release_Group": release.group or "",
            "Release_Quality": release.quality.name,
            "Release_QualityVersion": "1",
            "SourcePath": event.source_path,
            "SourceFolder": os.path.dirname(event.source_path),
            "DestinationPath": event.destination,
            "DestinationFolder": os.path.dirname(event.destination),
        }
        return self._about("Download", series, own)

    def renamed(self, series: Series, files: Sequence[Renamed[EpisodeFile]]) -> Variables:
        """Return Rename of one or more files."""
        return self._about("Rename", series, rename_variables("EpisodeFile", files, series.path))

    def grabbed(
        self, series: Series, episodes: Sequence[Episode], release: Release, release_type: str
    ) -> Variables:
        """Return Grab: the only event of a series without its path."""
        own = {
            **_episodes("Release", episodes),
            **_release(release, release_type),
            "Release_EpisodeCount": str(len(episodes)),
            "Release_AbsoluteEpisodeNumbers": commas(e.known.absolute for e in episodes),
            **grab_variables(release),
            **no_custom_format_variables("Release"),
        }
        del own["Release_EpisodeIds"]
        variables = self._about("Grab", series, own)
        del variables["Sonarr_Series_Path"]
        return variables

    def _about(self, event: str, series: Series, own: Mapping[str, str]) -> Variables:
        show = series.show
        about = {
            "Series_Id": str(series.id),
            "Series_Title": show.title,
            "Series_TitleSlug": show.slug,
            "Series_Path": series.path,
            "Series_TvdbId": str(series.tvdb_id),
            "Series_TvMazeId": str(show.tv_maze_id),
            "Series_TmdbId": str(show.tmdb_id),
            "Series_ImdbId": show.imdb_id,
            "Series_Type": series.series_type.capitalize(),
            "Series_Year": str(show.year),
            "Series_OriginalLanguage": "eng",
            "Series_Genres": bars(show.genres),
            "Series_Tags": bars(self.labels),
        }
        return self.event(event, {**about, **own})


def _episodes(of: str, episodes: Sequence[Episode]) -> Variables:
    """Return the block of episodes, below `EpisodeFile_` or `Release_`."""
    values = {
        "EpisodeIds": commas(episode.id for episode in episodes),
        "SeasonNumber": str(episodes[0].season),
        "EpisodeNumbers": commas(episode.number for episode in episodes),
        "EpisodeAirDates": commas(episode.known.air_date for episode in episodes),
        "EpisodeAirDatesUtc": commas(episode.aired for episode in episodes),
        "EpisodeTitles": bars(episode.known.title for episode in episodes),
        "EpisodeOverviews": bars(episode.known.overview for episode in episodes),
    }
    return {f"{of}_{name}": value for name, value in values.items()}


def _file(series: Series, file: EpisodeFile, episodes: Sequence[Episode]) -> Variables:
    return {
        **_episodes("EpisodeFile", episodes),
        "EpisodeFile_EpisodeCount": str(len(episodes)),
        **video_file_variables("EpisodeFile", file, series.path),
    }


def _release(release: Release, release_type: str) -> Variables:
    kind = release_type[0].upper() + release_type[1:]
    return {**imported_release_variables(release), "Release_ReleaseType": kind}

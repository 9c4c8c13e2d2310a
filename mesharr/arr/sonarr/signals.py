"""Parse Sonarr's webhooks, custom scripts and types of history events.

A `Download` comes for each imported file, and once more for all files of a finished download. A webhook and a
script are brought into one form and parsed once.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Final

import msgspec

from mesharr.arr.base import UnreadableSignal
from mesharr.arr.shared.api import PathFields, Payload
from mesharr.arr.shared.signal_parsing import (
    NamedEvent,
    RenamedFile,
    ScriptVariables,
    deleted_signal,
    keeps_files,
    kinds_of,
    parse_event,
    renamed_signal,
)
from mesharr.core.arr.model import Signal, SignalKind

_with = msgspec.structs.replace


class _Series(Payload, frozen=True):
    tvdb_id: Annotated[int, msgspec.Meta(ge=0)]
    path: str | None = None


class EpisodeNumber(Payload, frozen=True):
    """The members that number an episode."""

    season_number: int
    episode_number: int

    @property
    def unit(self) -> str:
        """The name of the episode in events (`S02E01`)."""
        return f"S{self.season_number:02d}E{self.episode_number:02d}"


class _Event(Payload, frozen=True, tag_field="eventType"):
    kind: ClassVar[SignalKind]
    series: _Series

    def signal(self) -> Signal:
        return Signal(kind=self.kind, id=f"tvdb:{self.series.tvdb_id}", folder=self.series.path or "")

    def paths(self, files: Iterable[PathFields]) -> tuple[str, ...]:
        return tuple(file.required_path(self.series.path) for file in files)


class _Added(_Event, frozen=True, tag="SeriesAdd"):
    kind = "added"


class _Deleted(_Event, frozen=True, tag="SeriesDelete"):
    kind = "deleted"
    deleted_files: Any = None  # not in the script of Sonarr 5

    def signal(self) -> Signal:
        return _with(_Event.signal(self), keeps_files=keeps_files(self.deleted_files))


class _Grabbed(_Event, frozen=True, tag="Grab"):
    kind = "grabbed"
    episodes: tuple[EpisodeNumber, ...]

    def signal(self) -> Signal:
        return _with(_Event.signal(self), units=tuple(episode.unit for episode in self.episodes))


class _Imported(_Event, frozen=True, tag="Download"):
    kind = "imported"
    episode_file: PathFields | None = None
    episode_files: tuple[PathFields, ...] | None = None
    deleted_files: tuple[PathFields, ...] = ()

    def signal(self) -> Signal:
        files = (self.episode_file,) if self.episode_file else self.episode_files
        if files is None:
            raise UnreadableSignal("the event lacks its files")
        paths, replaced = self.paths(files), self.paths(self.deleted_files)
        return _with(_Event.signal(self), paths=paths, replaced=replaced)


class _Renamed(_Event, frozen=True, tag="Rename"):
    kind = "renamed"
    renamed_episode_files: tuple[RenamedFile, ...]

    def signal(self) -> Signal:
        return renamed_signal(_Event.signal(self), self.renamed_episode_files)


class _FileDeleted(_Event, frozen=True, tag="EpisodeFileDelete"):
    kind = "file_deleted"
    episode_file: PathFields
    delete_reason: str | None = None  # not in the script of Sonarr 5

    def signal(self) -> Signal:
        return deleted_signal(_Event.signal(self), self.paths([self.episode_file]), self.delete_reason)


_KnownEvent = _Added | _Deleted | _Grabbed | _Imported | _Renamed | _FileDeleted
_KINDS: Final = kinds_of(_KnownEvent)
EVENT_TYPES: Final = frozenset(_KINDS)


class _Named(NamedEvent, frozen=True, kw_only=True):
    """An event that names its series, and lacks a detail."""

    series: _Series

    def signal(self) -> Signal:
        blank = Signal(kind="renamed", id=f"tvdb:{self.series.tvdb_id}", folder=self.series.path or "")
        return self.unnamed(blank, _KINDS)


def parse_webhook(payload: bytes | Mapping[str, Any]) -> tuple[Signal, ...]:
    """Return the signals of a webhook, or of script variables in the same form.

    See `ArrKind.parse_webhook`.
    """
    event: _KnownEvent | _Named | None
    try:
        event = parse_event(payload, EVENT_TYPES, _KnownEvent)
        signal = event.signal() if event else None
    except UnreadableSignal:
        event = parse_event(payload, EVENT_TYPES, _Named)
        signal = event.signal() if event else None
    return (signal,) if signal and event and event.series.tvdb_id else ()


def parse_script(env: Mapping[str, str]) -> tuple[Signal, ...]:
    """Return the signals of a custom script's environment: `ArrKind.parse_script`."""
    variables = ScriptVariables(env, "sonarr_")
    get = variables.get
    season = get("release_seasonnumber")
    one = {"path": get("episodefile_path"), "relativePath": get("episodefile_relativepath")}
    payload = {
        "eventType": get("eventtype"),
        "series": {"tvdbId": get("series_tvdbid"), "path": get("series_path")},
        "episodes": [
            {"seasonNumber": season, "episodeNumber": number}
            for number in variables.parts("release_episodenumbers", ",")
        ],
        "episodeFile": one if any(one.values()) else None,
        "episodeFiles": variables.files("episodefile_paths", "episodefile_count"),
        "deletedFiles": variables.files("deletedpaths") or get("series_deletedfiles") or [],
        "renamedEpisodeFiles": variables.renames("episodefile_previouspaths", "episodefile_paths"),
        "deleteReason": get("episodefile_deletereason"),
    }
    return parse_webhook(payload)


HISTORY_KINDS: Final[Mapping[str, SignalKind]] = {
    "grabbed": "grabbed",
    "downloadFolderImported": "imported",
    "episodeFileRenamed": "renamed",
    "episodeFileDeleted": "file_deleted",
}

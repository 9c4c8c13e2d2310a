"""Sonarr's tables, with the indexes that keep a library of 60 000 episodes quick."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from tests.arrs.sonarr.model import Episode, EpisodeFile, Exclusion, HistoryRow, Series


class EpisodeTable:
    """The episodes by id, by series and by file."""

    def __init__(self) -> None:
        self._rows: dict[int, Episode] = {}
        self._of_series: dict[int, dict[int, None]] = {}
        self._of_file: dict[int, dict[int, None]] = {}

    def get(self, episode_id: int) -> Episode | None:
        """The row, if there is one."""
        return self._rows.get(episode_id)

    def of_series(self, series_id: int) -> list[Episode]:
        """The episodes of a series, as they were inserted."""
        return [self._rows[number] for number in self._of_series.get(series_id, ())]

    def of_file(self, file_id: int) -> list[Episode]:
        """The episodes that a file holds, in order."""
        linked = [self._rows[number] for number in self._of_file.get(file_id, ())]
        return sorted(linked, key=lambda episode: episode.place)

    def all(self) -> Iterable[Episode]:
        """Every row."""
        return self._rows.values()

    def put(self, *episodes: Episode) -> None:
        """Insert or replace rows."""
        for episode in episodes:
            before = self._rows.get(episode.id)
            if before is None:
                self._of_series.setdefault(episode.series_id, {})[episode.id] = None
            elif before.file_id and before.file_id != episode.file_id:
                self._unlink(before)
            if episode.file_id:
                self._of_file.setdefault(episode.file_id, {})[episode.id] = None
            self._rows[episode.id] = episode

    def remove(self, *episodes: Episode) -> None:
        """Delete rows that are there."""
        for episode in episodes:
            row = self._rows.pop(episode.id)
            del self._of_series[row.series_id][row.id]
            if row.file_id:
                self._unlink(row)

    def copied(self) -> "EpisodeTable":
        """The table as it is now; rows do not change, so only the indexes are copied."""
        copy = EpisodeTable()
        copy.put(*self._rows.values())
        return copy

    def _unlink(self, row: Episode) -> None:
        linked = self._of_file[row.file_id]
        del linked[row.id]
        if not linked:
            del self._of_file[row.file_id]


class FileTable:
    """The episode files by id and by series."""

    def __init__(self) -> None:
        self._rows: dict[int, EpisodeFile] = {}
        self._of_series: dict[int, dict[int, None]] = {}

    def get(self, file_id: int) -> EpisodeFile | None:
        """The row, if there is one."""
        return self._rows.get(file_id)

    def of_series(self, series_id: int) -> list[EpisodeFile]:
        """The files of a series, by id."""
        return [self._rows[number] for number in sorted(self._of_series.get(series_id, ()))]

    def put(self, file: EpisodeFile) -> None:
        """Insert or replace a row."""
        self._rows[file.id] = file
        self._of_series.setdefault(file.series_id, {})[file.id] = None

    def remove(self, file_id: int) -> None:
        """Delete a row if it is there."""
        row = self._rows.pop(file_id, None)
        if row is not None:
            del self._of_series[row.series_id][file_id]

    def copied(self) -> "FileTable":
        """The table as it is now."""
        copy = FileTable()
        for row in self._rows.values():
            copy.put(row)
        return copy


@dataclass
class SonarrTables:
    """The library's part of Sonarr's database."""

    series: dict[int, Series] = field(default_factory=dict)
    episodes: EpisodeTable = field(default_factory=EpisodeTable)
    files: FileTable = field(default_factory=FileTable)
    history: dict[int, HistoryRow] = field(default_factory=dict)
    exclusions: dict[int, Exclusion] = field(default_factory=dict)

    def __deepcopy__(self, memo: object) -> "SonarrTables":
        """A copy of the whole, for a backup: rows do not change, so they are shared."""
        return replace(
            self,
            series=dict(self.series),
            episodes=self.episodes.copied(),
            files=self.files.copied(),
            history=dict(self.history),
            exclusions=dict(self.exclusions),
        )

    def forget(self, series_ids: set[int]) -> None:
        """Delete series with their episodes, the rows of their files, and their history."""
        for series_id in series_ids:
            del self.series[series_id]
            self.episodes.remove(*self.episodes.of_series(series_id))
            for file in self.files.of_series(series_id):
                self.files.remove(file.id)
        for row in list(self.history.values()):
            if row.series_id in series_ids:
                del self.history[row.id]

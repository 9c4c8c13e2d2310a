"""The refresh of a series from the metadata server, and the scan that may follow it."""

import contextlib
from collections.abc import Iterable
from dataclasses import replace

from tests.arrs.sonarr import monitoring
from tests.arrs.sonarr.library import SonarrLibrary
from tests.arrs.sonarr.model import Broadcast, Episode, Series, Show
from tests.arrs.sonarr.scan import SonarrScan


class ShowNotFoundError(Exception):
    """The metadata server does not know the show any more."""


class SonarrRefresh:
    """Refreshes series. An edit made meanwhile is lost: the row was read before."""

    def __init__(self, library: SonarrLibrary, scan: SonarrScan) -> None:
        self._library = library
        self._scan = scan

    def chosen(self, series_ids: Iterable[int], *, new: bool) -> None:
        """Refresh these series, scan each. One that fails is scanned too, and fails the rest unseen.

        A show that the server does not know is not scanned.
        """
        for series_id in series_ids:
            row = self._library.series(series_id)
            try:
                row = self._refresh(row)
            except ShowNotFoundError:
                raise
            except Exception:
                self._rescan(row, new=new, manual=True)
                raise
            self._rescan(row, new=new, manual=True)

    def all(self, *, manual: bool) -> None:
        """Refresh and scan every series; one that fails stops no other."""
        for row in self._library.all_series():
            try:
                refreshed = self._refresh(row)
            except ShowNotFoundError:
                continue
            except Exception:  # noqa: BLE001 - whatever fails, Sonarr logs it and scans the series all the same
                refreshed = row
            self._rescan(refreshed, new=False, manual=manual)

    def _rescan(self, row: Series, *, new: bool, manual: bool) -> None:
        policy = self._library.arr.config("mediamanagement")["rescanAfterRefresh"]
        if new or policy == "always" or (policy == "afterManual" and manual):
            # a scan that fails is only logged: what should follow it waits for the next one
            with contextlib.suppress(OSError):
                self._scan.scan(row)
        else:
            self._scan.after_scan(row)

    def _refresh(self, row: Series) -> Series:
        """Write the *whole* row that was read, with the metadata in it; then the episodes.

        A season that was toggled during the request is toggled back, with its episodes. A replaced
        TheTVDB id is taken over without a word.
        """
        library = self._library
        library.interrupt("metadata", row.id)
        show = library.show(row.tvdb_id)
        if show is None:
            library.write(replace(row, gone=True), episodes_follow=True)
            raise ShowNotFoundError(f"Series with TheTVDB ID {row.tvdb_id} was not found")
        row = replace(
            row,
            show=show,
            tvdb_id=show.tvdb_id,
            gone=False,
            seasons=monitoring.seasons_after_refresh(row, show.seasons),
        )
        row = library.write(row, episodes_follow=True)
        self._refresh_episodes(row, show)
        return row

    def _refresh_episodes(self, row: Series, show: Show) -> None:
        """Write the episodes: known ones keep their flag, new ones follow their season, others go.

        All are read, and then all are written, as whole rows: what was set in between is undone.
        """
        library, table = self._library, self._library.tables.episodes
        before = table.of("series", row.id)
        library.interrupt("episodes", row.id)
        if row.id not in library.tables.series:
            return
        left = {episode.place: episode for episode in before}
        new: list[Episode] = []
        for known in _once_each(show, row.series_type):
            episode = left.pop((known.season, known.number), None)
            if episode is None:
                monitored = monitoring.new_episode_monitored(known, row)
                new.append(Episode(library.arr.next_id("episodes"), row.id, known, monitored))
            elif table.get(episode.id) is not None:
                table[episode.id] = replace(episode, known=known)
        if not before and row.add_options is None:
            new = monitoring.readded(new, library.arr.now())
        for episode in left.values():
            if episode.id in table:
                del table[episode.id]
        for episode in new:
            table[episode.id] = episode
        self._scan.to_search[row.id] = monitoring.searched_after_refresh(row, new, library.arr.now())


def _once_each(show: Show, series_type: str) -> list[Broadcast]:
    """Return the episodes by place.

    Of an anime with an absolute number twice only the later season's.
    """
    places = {(known.season, known.number): known for known in show.episodes}
    found = sorted(places.values(), key=lambda known: (known.season, known.number))
    if series_type != "anime":
        return found
    counted = {known.absolute: known for known in found if known.absolute is not None}
    return [known for known in found if known.absolute is None or counted[known.absolute] is known]

"""A Lidarr in this process: its API, its library on a real folder, and what its user does."""

import os
from collections.abc import Mapping, Sequence
from functools import partial

from mesharr.demo.arr.releases import folder_words
from tests.arrs.lidarr.api.albums import AlbumsApi
from tests.arrs.lidarr.api.resources import LidarrResources
from tests.arrs.lidarr.definition import (
    DEFINITION,
    EVENT_NUMBERS,
    PROFILES,
    QUALITIES,
    TRAITS,
    TRIGGERS,
    UNKNOWN,
    LidarrMatcher,
)
from tests.arrs.lidarr.notifications.script import LidarrScript
from tests.arrs.lidarr.notifications.webhook import LidarrWebhook
from tests.arrs.works.app import SimulatedWorksApp, WorksParts
from tests.arrs.works.downloads import Download
from tests.arrs.works.model import Creator, KnownCreator, KnownEdition, KnownWork, MediaFile, Work
from tests.arrs.works.notifications.events import WorksEvents

__all__ = ["KnownCreator", "KnownEdition", "KnownWork", "SimulatedLidarr"]


class SimulatedLidarr(SimulatedWorksApp):
    """Lidarr 2.14 for one household. `handle` answers its API.

    The other methods are what its user and download client do.

    How files are matched to albums is in `LidarrMatcher`. `catalogue` is by artist id.
    """

    definition = DEFINITION
    profiles = ("Any", "Lossless", "Standard")
    kind = WorksParts(
        TRAITS,
        LidarrMatcher(QUALITIES, UNKNOWN),
        metadata_profiles=PROFILES,
        event_numbers=EVENT_NUMBERS,
        suffix=".flac",
        resources=LidarrResources,
        works_api=AlbumsApi,
    )

    def events(self) -> WorksEvents:
        """Return what sends Lidarr's events."""
        return WorksEvents(
            self, TRIGGERS, partial(LidarrWebhook, self.name), partial(LidarrScript, self.name)
        )

    def artist(self, mbid: str) -> Creator:
        """Return the row of the artist; KeyError when it is not in the library."""
        return self.creator(mbid)

    def album(self, mbid: str) -> Work:
        """Return the row of the album; KeyError when it is not in the library."""
        return self.work(mbid)

    def download(
        self,
        mbid: str,
        *,
        numbers: Sequence[int] | None = None,
        suffix: str = ".flac",
        folder: str | None = None,
        size: int = 4096,
        release: str | None = None,
        release_group: str = "GRP",
        extras: Mapping[str, bytes] | None = None,
        content: bytes | None = None,
    ) -> tuple[MediaFile, ...]:
        """Import a finished download of the album: one file for each track, or for these numbers.

        Files of the same tracks are deleted first and make it an upgrade. `release` is the foreign
        id of another release than the monitored one. `extras` are written beside the first file,
        and Lidarr has them linked to it.
        """
        album = self.album(mbid)
        editions = {edition.known.id: edition.known for edition in album.editions}
        chosen = next(edition.known.id for edition in album.editions if edition.monitored)
        titles = dict(enumerate(editions[release or chosen].tracks, start=1))
        linked = tuple(titles if numbers is None else numbers)
        place = folder or _folder(album)
        names = tuple(f"{place}/{number:02} {folder_words(titles[number])}{suffix}" for number in linked)
        return self.complete(
            mbid,
            Download(
                names, size, release, linked, release_group, content, extras or {}, self.imports_by_hand
            ),
        )

    def formatted(self, file: MediaFile) -> str:
        """Return `Album (Year)/01 Title.flac`."""
        album = self.library.work(file.work_id)
        [track] = self.library.tracks_in(file)
        suffix = os.path.splitext(file.path)[1]
        return f"{_folder(album)}/{track.number:02} {folder_words(track.title)}{suffix}"


def _folder(album: Work) -> str:
    year = f" ({album.known.year})" if album.known.year else ""
    return f"{folder_words(album.known.title)}{year}"

"""Lidarr's traits, qualities and settings, and how it reads file names."""

import re
from collections.abc import Mapping, Sequence

from mesharr.demo.arr.definition import MEDIA_MANAGEMENT, MEDIA_RESETS, AppDefinition
from mesharr.demo.arr.qualities import Quality
from tests.arrs.works.commands import parameters
from tests.arrs.works.matching import Match, Matcher, titled
from tests.arrs.works.model import Edition, MetadataProfile, Track, Work, file_quality, quality_resources
from tests.arrs.works.notifications.events import Triggers
from tests.arrs.works.traits import WorksTraits

UNKNOWN = file_quality(0, "Unknown", 0)
QUALITIES: Mapping[str, Quality] = {
    ".mp2": file_quality(1, "MP3-192", 1),
    ".wma": file_quality(20, "WMA", 1),
    ".aac": file_quality(10, "AAC-256", 2),
    ".mp3": file_quality(4, "MP3-320", 3),
    ".m4a": file_quality(11, "AAC-320", 3),
    ".ogg": file_quality(14, "OGG Vorbis Q10", 3),
    ".alac": file_quality(7, "ALAC", 4),
    ".ape": file_quality(35, "APE", 4),
    ".flac": file_quality(6, "FLAC", 4),
    ".wav": file_quality(13, "WAV", 5),
}
SUFFIXES = frozenset(QUALITIES) | {".m4b", ".m4p", ".mp4a", ".oga", ".opus", ".vorbis", ".wv"}
TRAITS = WorksTraits(
    creator="artist",
    work="album",
    file="track",
    suffixes=SUFFIXES,
    tagged=SUFFIXES,
    bulk_monitor_route="albumstudio",
    creators_property="artist",
    already_added="This artist has already been added.",
    unknown_work="MusicbrainzId",
    monitor_default="unknown",
    creator_prefixes=("lidarr", "lidarrid", "mbid"),
    work_prefixes=("lidarr", "lidarrid", "mbid"),
    edition_prefixes=(),
    editions="releases",
    foreign_edition="foreignReleaseId",
    any_edition="anyReleaseOk",
    refreshes_single_works=True,
    sends_add_at_once=False,
    outage_means_unknown=False,
    new_scans_all_roots=False,
    rescan_needs_changes=False,
    moves_file_rows=True,
    root_must_be_known=True,
    lists_are_flat=False,
    unknown_option_fails=False,
    looks_up_unmatched=False,
    root_removal_deletes_files=False,
    bulk_delete_keeps_files=False,
)
TRIGGERS = Triggers(
    added="onArtistAdd",
    creator_deleted="onArtistDelete",
    work_deleted="onAlbumDelete",
    retagged="onTrackRetag",
)
PROFILES = (
    MetadataProfile(1, "Standard", frozenset({"Album"})),
    MetadataProfile(2, "None", frozenset()),
    MetadataProfile(3, "Everything", None),
)
EVENT_NUMBERS = {
    "0": "unknown",
    "1": "grabbed",
    "2": "artistFolderImported",
    "3": "trackFileImported",
    "4": "downloadFailed",
    "5": "trackFileDeleted",
    "6": "trackFileRenamed",
    "7": "albumImportIncomplete",
    "8": "downloadImported",
    "9": "trackFileRetagged",
    "10": "downloadIgnored",
}
_MEDIA_MANAGEMENT = {
    **MEDIA_MANAGEMENT,
    "autoUnmonitorPreviouslyDownloadedTracks": False,
    "createEmptyArtistFolders": False,
    "watchLibraryForChanges": True,
    "allowFingerprinting": "newFiles",
}
_NAMING = {
    "renameTracks": False,
    "replaceIllegalCharacters": True,
    "colonReplacementFormat": 0,
    "standardTrackFormat": "{Album Title} ({Release Year})/{track:00} {Track Title}",
    "multiDiscTrackFormat": "{Album Title} ({Release Year})/{medium:00}-{track:00} {Track Title}",
    "artistFolderFormat": "{Artist Name}",
}
_METADATA = {
    "metadataSource": "",
    "writeAudioTags": "no",
    "scrubAudioTags": False,
    "embedCoverArt": True,
}
DEFINITION = AppDefinition(
    app="Lidarr",
    version="2.14.5.4836",
    api="/api/v1",
    refresh_command="RefreshArtist",
    ids_property="artistIds",
    label=re.compile(r".+"),
    triggers=(
        "onGrab",
        "onReleaseImport",
        "onUpgrade",
        "onRename",
        "onArtistAdd",
        "onArtistDelete",
        "onAlbumDelete",
        "onTrackRetag",
        "onHealthIssue",
        "onHealthRestored",
        "onDownloadFailure",
        "onImportFailure",
        "onApplicationUpdate",
        "includeHealthWarnings",
    ),
    commands={
        **parameters(TRAITS),
        "RefreshArtist": {"artistId": None, "artistIds": [], "isNewArtist": False},
        "RefreshAlbum": {"albumId": None, "isNewAlbum": False},
    },
    qualities=quality_resources(UNKNOWN, *QUALITIES.values()),
    config={
        "mediamanagement": dict(_MEDIA_MANAGEMENT),
        "naming": dict(_NAMING),
        "metadataprovider": dict(_METADATA),
    },
    config_resets={
        **MEDIA_RESETS,
        "allowFingerprinting": "never",
        "writeAudioTags": "no",
    },
)

_NUMBER = re.compile(r"(?:\d+-)?(\d+)\b")


class LidarrMatcher(Matcher):
    """Match files in a folder `Title` or `Title (Year)` whose names start with a track number.

    `01 Ready Lets Go.flac` is the first track, and so is `1-01 x.mp3`. All files of a folder belong
    to one release: the monitored one if it has all their numbers, else, where any release will do,
    the first that has them. Files right in the artist's folder match nothing.
    """

    def title(self, name: str) -> str:
        """Return the name of the folder below the artist's."""
        return name.split("/", maxsplit=1)[0] if "/" in name else ""

    def match(
        self, works: Sequence[Work], names: Sequence[str], tracks: Mapping[int, Sequence[Track]]
    ) -> Mapping[str, Match]:
        """Match all files of an album's folder, or none of them."""
        folders: dict[str, dict[str, int]] = {}
        for name in names:
            found = _NUMBER.match(name.rpartition("/")[2])
            if found is not None:
                folders.setdefault(self.title(name), {})[name] = int(found.group(1))
        matches: dict[str, Match] = {}
        for folder, numbered in folders.items():
            known = titled([work.known for work in works], folder)
            for work in works:
                if work.known == known:
                    matches |= _matched(work, numbered, tracks)
        return matches


def _matched(
    work: Work, numbered: Mapping[str, int], tracks: Mapping[int, Sequence[Track]]
) -> dict[str, Match]:
    for edition in _candidates(work):
        by_number = {track.number: track for track in tracks.get(edition.id, ())}
        if set(numbered.values()) <= set(by_number):
            return {name: Match(work, edition, (by_number[n],)) for name, n in numbered.items()}
    return {}


def _candidates(work: Work) -> list[Edition]:
    monitored = [edition for edition in work.editions if edition.monitored]
    others = [edition for edition in work.editions if not edition.monitored]
    return monitored + (others if work.any_edition else [])

"""Readarr's traits, qualities and settings, and how it reads file names."""

import os
import re
from collections.abc import Mapping, Sequence

from mesharr.demo.arr.definition import MEDIA_MANAGEMENT, MEDIA_RESETS, WEBHOOK, AppDefinition
from mesharr.demo.arr.qualities import Quality
from tests.arrs.works.commands import parameters
from tests.arrs.works.matching import Match, Matcher, comparable, titled
from tests.arrs.works.model import Edition, MetadataProfile, Track, Work, file_quality, quality_resources
from tests.arrs.works.notifications.events import Triggers
from tests.arrs.works.traits import WorksTraits

UNKNOWN = file_quality(13, "Unknown Audio", 100)
UNKNOWN_TEXT = file_quality(0, "Unknown Text", 1)
QUALITIES: Mapping[str, Quality] = {
    ".pdf": file_quality(1, "PDF", 5),
    ".mobi": file_quality(2, "MOBI", 10),
    ".epub": file_quality(3, "EPUB", 11),
    ".kepub": file_quality(3, "EPUB", 11),
    ".azw3": file_quality(4, "AZW3", 12),
    ".mp3": file_quality(10, "MP3", 105),
    ".m4b": file_quality(12, "M4B", 107),
    ".flac": file_quality(11, "FLAC", 110),
}
TEXTS = frozenset({".pdf", ".mobi", ".epub", ".kepub", ".azw3"})
AUDIO = frozenset(
    f".{suffix}"
    for suffix in (
        *("flac", "ape", "wavpack", "wav", "alac", "mp2", "mp3", "wma", "m4a"),
        *("m4p", "m4b", "aac", "mp4a", "ogg", "oga", "vorbis"),
    )
)
TRAITS = WorksTraits(
    creator="author",
    work="book",
    file="book",
    suffixes=TEXTS | AUDIO,
    tagged=AUDIO,
    bulk_monitor_route="bookshelf",
    creators_property="authors",
    already_added="This author has already been added",
    unknown_work="GoodreadsId",
    monitor_default="all",
    creator_prefixes=("author",),
    work_prefixes=("work",),
    edition_prefixes=("edition", "isbn", "asin"),
    editions="editions",
    foreign_edition="foreignEditionId",
    any_edition="anyEditionOk",
    refreshes_single_works=False,
    sends_add_at_once=True,
    outage_means_unknown=True,
    new_scans_all_roots=True,
    rescan_needs_changes=True,
    moves_file_rows=False,
    root_must_be_known=False,
    lists_are_flat=True,
    unknown_option_fails=True,
    looks_up_unmatched=True,
    root_removal_deletes_files=True,
    bulk_delete_keeps_files=True,
)
TRIGGERS = Triggers(
    added="onAuthorAdded",
    creator_deleted="onAuthorDelete",
    work_deleted="onBookDelete",
    retagged="onBookRetag",
    file_deleted="onBookFileDelete",
    file_deleted_for_upgrade="onBookFileDeleteForUpgrade",
)
PROFILES = (
    MetadataProfile(1, "Standard", None),
    MetadataProfile(2, "None", frozenset()),
)
EVENT_NUMBERS = {
    "0": "unknown",
    "1": "grabbed",
    "3": "bookFileImported",
    "4": "downloadFailed",
    "5": "bookFileDeleted",
    "6": "bookFileRenamed",
    "7": "bookImportIncomplete",
    "8": "downloadImported",
    "9": "bookFileRetagged",
    "10": "downloadIgnored",
}
_CONFIG = {
    "mediamanagement": {
        **MEDIA_MANAGEMENT,
        "autoUnmonitorPreviouslyDownloadedBooks": False,
        "createEmptyAuthorFolders": False,
        "watchLibraryForChanges": True,
        "allowFingerprinting": "newFiles",
    },
    "naming": {
        "renameBooks": False,
        "replaceIllegalCharacters": True,
        "colonReplacementFormat": 0,
        "standardBookFormat": "{Book Title}/{Author Name} - {Book Title}{ (PartNumber)}",
        "authorFolderFormat": "{Author Name}",
    },
    "metadataprovider": {
        "writeAudioTags": "no",
        "scrubAudioTags": False,
        "writeBookTags": "newFiles",
        "updateCovers": True,
        "embedMetadata": False,
    },
    "development": {
        "metadataSource": "",
        "consoleLogLevel": "",
        "logSql": False,
        "logRotate": 50,
        "filterSentryEvents": True,
    },
}
_RETAG = {"updateCovers": False, "embedMetadata": False}
DEFINITION = AppDefinition(
    app="Readarr",
    version="0.3.22.2510",
    api="/api/v1",
    refresh_command="RefreshAuthor",
    ids_property="authorIds",
    label=re.compile(r".+"),
    triggers=(
        "onGrab",
        "onReleaseImport",
        "onUpgrade",
        "onRename",
        "onAuthorAdded",
        "onAuthorDelete",
        "onBookDelete",
        "onBookFileDelete",
        "onBookFileDeleteForUpgrade",
        "onHealthIssue",
        "onDownloadFailure",
        "onImportFailure",
        "onBookRetag",
        "onApplicationUpdate",
        "includeHealthWarnings",
    ),
    commands={
        **parameters(TRAITS),
        "RefreshAuthor": {"authorId": None, "isNewAuthor": False},
        "RefreshBook": {"bookId": None},
        "BulkRefreshBook": {"bookIds": []},
        "RetagFiles": {"authorId": 0, "files": [], **_RETAG},
        "RetagAuthor": {"authorIds": [], **_RETAG},
    },
    qualities=quality_resources(UNKNOWN_TEXT, UNKNOWN, *QUALITIES.values()),
    config=_CONFIG,
    config_resets={
        **MEDIA_RESETS,
        "allowFingerprinting": "never",
        "writeAudioTags": "no",
        "writeBookTags": "newFiles",
    },
    webhook={name: value for name, value in WEBHOOK.items() if name != "headers"},
    hides_passwords=False,
    names_fold_case=False,
    idle_triggers=frozenset({"onRename"}),
)

_PART = re.compile(r"\s*\(\d+\)$")


class ReadarrMatcher(Matcher):
    """A file lies in a folder with the title of its book or of one of its editions.

    Right in the author's folder it is called `Author - Title.epub`, or just by its title; parts of
    an audiobook have a number in brackets at the end. An edition whose title fits is it, else the
    monitored one.
    """

    def title(self, name: str) -> str:
        """Return the folder below the author's, else what comes after the last dash."""
        if "/" in name:
            return name.split("/", maxsplit=1)[0]
        return _PART.sub("", os.path.splitext(name)[0]).rpartition(" - ")[2]

    def match(
        self, works: Sequence[Work], names: Sequence[str], tracks: Mapping[int, Sequence[Track]]
    ) -> Mapping[str, Match]:
        """Match each file on its own."""
        del tracks
        matches = {}
        for name in names:
            known = titled([work.known for work in works], self.title(name))
            work = next((work for work in works if work.known == known), None)
            edition = None if work is None else _edition(work, self.title(name))
            if work is not None and edition is not None:
                matches[name] = Match(work, edition)
        return matches


def _edition(work: Work, title: str) -> Edition | None:
    monitored = work.edition()
    fitting = [edition for edition in work.editions if comparable(edition.known.title) == comparable(title)]
    return monitored if monitored in fitting or not fitting else fitting[0]

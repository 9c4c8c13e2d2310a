"""What the hand-made arrs hold: rows as the real ones list them, and answers to what changes them."""

from typing import Any, Final

import msgspec

Json = Any


class Stock(msgspec.Struct):
    """The lists of an arr by path, and its answers by method and path.

    `parameters` are those of the commands that are used: the arrs' documents show no command's.
    """

    lists: dict[str, Json]
    answers: dict[str, tuple[int, Json]]
    parameters: frozenset[str]


IMPORT: Final = frozenset({"importMode", "files"})
"""The parameters of ManualImport that all apps have."""
PROFILES: Final[Json] = [{"id": 1, "name": "Any"}, {"id": 4, "name": "HD-1080p"}]
QUALITY: Final[Json] = {
    "quality": {"id": 7, "name": "Bluray-1080p", "source": "bluray", "resolution": 1080},
    "revision": {"version": 1, "real": 0, "isRepack": False},
}


QUALITIES: Final[Json] = [
    {"id": 3, "name": "WEBDL-1080p", "source": "web", "resolution": 1080},
    {"id": 0, "name": "Unknown", "source": "unknown", "resolution": 0},
    {"id": 7, "name": "Bluray-1080p", "source": "bluray", "resolution": 1080},
]


def _common(thing: str) -> dict[str, Json]:
    return {
        "health": [],
        "language": [{"id": 0, "name": "Unknown"}, {"id": 1, "name": "English"}, {"id": 2, "name": "French"}],
        "qualitydefinition": [
            {"id": n, "title": quality["name"], "quality": quality, "weight": n}
            for n, quality in enumerate(QUALITIES)
        ],
        "qualityprofile": PROFILES,
        "tag": [{"id": 3, "label": "mesharr-bob"}],
        "config/importlist": {"id": 1, "listSyncLevel": "disabled"},
        "config/mediamanagement": {"deleteEmptyFolders": False, "rescanAfterRefresh": "always"},
        "queue/details": [],
        "command": [],
        "history/since": [],
        "system/status": {"appName": thing, "version": "4.0.19.2979"},
    }


# -- Radarr ---------------------------------------------------------------------------------------

FOLDER: Final = "/mnt/media/Movies/Dune (2021)"
DUNE: Final[Json] = {
    "id": 12,
    "tmdbId": 438631,
    "imdbId": "tt1160419",
    "title": "Dune",
    "originalTitle": "Dune",
    "year": 2021,
    "path": FOLDER,
    "rootFolderPath": "/mnt/media/Movies",
    "monitored": True,
    "minimumAvailability": "released",
    "status": "released",
    "qualityProfileId": 4,
    "tags": [],
    "added": "2025-11-14T19:00:00Z",
    "hasFile": True,
    "movieFileId": 55,
    "sizeOnDisk": 12884901888,
    "titleSlug": "438631",
    "ratings": {"tmdb": {"votes": 9000, "value": 7.8, "type": "user"}},
    "movieFile": {
        "id": 55,
        "movieId": 12,
        "relativePath": "Dune (2021) Bluray-1080p.mkv",
        "path": f"{FOLDER}/Dune (2021) Bluray-1080p.mkv",
        "size": 12884901888,
        "dateAdded": "2025-11-14T20:01:02Z",
        "releaseGroup": "GRP",
        "languages": [{"id": 1, "name": "English"}, {"id": 2, "name": "French"}],
        "quality": QUALITY,
    },
}
HEAT: Final[Json] = {
    "id": 13,
    "tmdbId": 949,
    "title": "Heat",
    "year": 1995,
    "path": "/mnt/media/Movies/Heat (1995)",
    "monitored": False,
    "qualityProfileId": 4,
    "hasFile": False,
    "tags": [3],
    "addOptions": {"monitor": "none", "searchForMovie": True, "addMethod": "manual"},
}
_RADARR = Stock(
    {
        **_common("Radarr"),
        "movie": [DUNE, HEAT],
        "config/naming": {
            "renameMovies": True,
            "standardMovieFormat": "{Movie Title} {Quality Full}",
            "movieFolderFormat": "{Movie Title} ({Release Year})",
        },
        "system/status": {"appName": "Radarr", "version": "6.1.0.10000"},
        "rootfolder": [{"id": 1, "path": "/mnt/media/Movies/", "accessible": True}],
        "exclusions": [{"id": 1, "tmdbId": 7, "movieTitle": "Seven"}],
    },
    {
        "POST movie": (201, DUNE),
        "POST movie/import": (200, [DUNE]),
        "PUT movie/editor": (202, [DUNE]),
        "PUT movie/12": (202, DUNE),
        "DELETE movie/12": (200, {}),
        "POST tag": (201, {"id": 9, "label": "mesharr-alice"}),
        "POST command": (201, {"id": 77, "name": "RescanMovie", "status": "queued"}),
    },
    IMPORT | {"movieId"},
)

# -- Sonarr ---------------------------------------------------------------------------------------

SEASON: Final = "/mnt/media/TV/Severance/Season 02"


def _season(number: int, monitored: bool, files: int, size: int) -> Json:
    return {
        "seasonNumber": number,
        "monitored": monitored,
        "statistics": {"episodeFileCount": files, "totalEpisodeCount": 3, "sizeOnDisk": size},
    }


def episode(series: int, number: int, monitored: bool, file: int = 0, **more: Json) -> Json:
    """An episode of season 2; its ids follow from its number."""
    id_ = series * 100 + number
    return {
        "id": id_,
        "seriesId": series,
        "tvdbId": 10_567_820 + number,
        "seasonNumber": 2,
        "episodeNumber": number,
        "title": f"Episode {number}",
        "hasFile": bool(file),
        "episodeFileId": file,
        "monitored": monitored,
        **({"episodeFile": episode_file(file, f"S02E{number:02d}")} if file else {}),
        **more,
    }


def episode_file(id_: int, name: str) -> Json:
    """A file of Severance."""
    return {
        "id": id_,
        "seriesId": 12,
        "seasonNumber": 2,
        "relativePath": f"Season 02/Severance - {name}.mkv",
        "path": f"{SEASON}/Severance - {name}.mkv",
        "size": 3_221_225_472,
        "dateAdded": "2025-01-17T05:00:00Z",
        "releaseGroup": "GRP",
        "languages": [{"id": 1, "name": "English"}],
        "quality": QUALITY,
    }


PAIR: Final[Json] = episode_file(902, "S02E02E03")
SEVERANCE: Final[Json] = {
    "id": 12,
    "tvdbId": 371980,
    "tvMazeId": 44933,
    "tmdbId": 95396,
    "imdbId": "tt11280740",
    "title": "Severance",
    "titleSlug": "severance",
    "year": 2022,
    "path": "/mnt/media/TV/Severance",
    "rootFolderPath": "/mnt/media/TV",
    "monitored": True,
    "monitorNewItems": "all",
    "seasonFolder": True,
    "seriesType": "standard",
    "qualityProfileId": 4,
    "tags": [],
    "seasons": [_season(0, False, 0, 0), _season(2, True, 2, 6_442_450_944)],
    "statistics": {
        "seasonCount": 1,
        "episodeFileCount": 2,
        "totalEpisodeCount": 4,
        "sizeOnDisk": 6_442_450_944,
    },
}
QUIET: Final[Json] = {
    "id": 13,
    "tvdbId": 81189,
    "title": "Breaking Bad",
    "year": 2008,
    "path": "/mnt/media/TV/Breaking Bad",
    "monitored": False,
    "monitorNewItems": "none",
    "seasonFolder": True,
    "seriesType": "standard",
    "qualityProfileId": 4,
    "tags": [3],
    "seasons": [_season(2, False, 1, 7)],
    "statistics": {"seasonCount": 1, "episodeFileCount": 1, "totalEpisodeCount": 2, "sizeOnDisk": 7},
}
EPISODES: Final[Json] = [
    episode(12, 1, True, 901),
    episode(12, 2, True, 902, episodeFile=PAIR),
    episode(12, 3, False, 902, episodeFile=PAIR),
    episode(12, 4, True, tvdbId=0),
    episode(13, 1, True, 903),
    episode(13, 2, True),
]
_SONARR = Stock(
    {
        **_common("Sonarr"),
        "series": [SEVERANCE, QUIET],
        "episode": EPISODES,
        "episodefile": [episode_file(901, "S02E01"), PAIR],
        "config/naming": {
            "renameEpisodes": True,
            "standardEpisodeFormat": "{Series Title} - S{season:00}E{episode:00}",
            "seriesFolderFormat": "{Series Title}",
            "seasonFolderFormat": "Season {season:00}",
        },
        "rootfolder": [{"id": 1, "path": "/mnt/media/TV/", "accessible": True}],
        "importlistexclusion": [{"id": 1, "tvdbId": 7, "title": "Seven"}],
    },
    {
        "POST series": (201, SEVERANCE),
        "POST series/import": (200, [SEVERANCE]),
        "PUT series/editor": (202, [SEVERANCE]),
        "PUT series/12": (202, SEVERANCE),
        "PUT episode/monitor": (202, []),
        "DELETE series/12": (200, {}),
        "POST tag": (201, {"id": 9, "label": "mesharr-alice"}),
        "POST command": (201, {"id": 77, "name": "RescanSeries", "status": "queued"}),
    },
    IMPORT | {"seriesId", "seriesIds"},
)

# -- Lidarr ---------------------------------------------------------------------------------------

BOC: Final = "69158f97-4c07-4c4e-baf8-4e4ab1ed666e"
GEOGADDI: Final = "b1392450-e666-3926-a536-22c65f834433"
CAMPFIRE: Final = "f6afdac4-4d73-4b8b-bb0e-7a0c25b2e4ef"
APHEX: Final = "f22942a1-6f70-4f48-866e-238cb2308fbd"
DRUKQS: Final = "3c3a7ecc-2c6f-3a5e-8d1c-6d9b5c7b1b7e"
MUSIC: Final = "/mnt/lib/music/Boards of Canada"
FLAC: Final[Json] = {"quality": {"id": 6, "name": "FLAC"}, "revision": {"version": 1, "real": 0}}


def album(id_: int, artist: int, mbid: str, monitored: bool) -> Json:
    """An album as Lidarr lists it, with its one release."""
    return {
        "id": id_,
        "title": "An album",
        "foreignAlbumId": mbid,
        "artistId": artist,
        "monitored": monitored,
        "anyReleaseOk": True,
        "albumType": "Album",
        "releases": [
            {"id": id_ * 10, "foreignReleaseId": f"release-{id_}", "monitored": True, "trackCount": 2},
            {"id": id_ * 10 + 1, "foreignReleaseId": f"deluxe-{id_}", "monitored": False, "trackCount": 3},
        ],
        "statistics": {"trackFileCount": 2, "trackCount": 2, "totalTrackCount": 2, "sizeOnDisk": 9},
    }


def track(id_: int, number: int, file: int, album_id: int, *, deluxe: bool = False) -> Json:
    """A track of a release of an album, as Lidarr lists it; its MusicBrainz id follows from its number."""
    return {
        "id": id_,
        "artistId": 12,
        "albumId": album_id,
        "albumReleaseId": album_id * 10 + deluxe,  # no member of the answer, but a query
        "foreignTrackId": f"{'deluxe' if deluxe else 'track'}-{album_id}-{number}",
        "foreignRecordingId": f"recording-{number}",
        "trackFileId": file,
        "absoluteTrackNumber": number,
        "mediumNumber": 1,
        "hasFile": bool(file),
    }


def track_file(id_: int, artist: int, album_id: int, path: str) -> Json:
    """A track's file as Lidarr lists it."""
    return {
        "id": id_,
        "artistId": artist,
        "albumId": album_id,
        "path": path,
        "size": 7_340_032,
        "dateAdded": "2025-10-05T16:05:12Z",
        "releaseGroup": "GRP",
        "quality": FLAC,
    }


BOARDS: Final[Json] = {
    "id": 12,
    "artistName": "Boards of Canada",
    "foreignArtistId": BOC,
    "path": MUSIC,
    "rootFolderPath": "/mnt/lib/music",
    "qualityProfileId": 4,
    "metadataProfileId": 2,
    "monitored": True,
    "monitorNewItems": "all",
    "tags": [],
    "statistics": {"albumCount": 2, "trackFileCount": 2, "trackCount": 4, "sizeOnDisk": 14_680_064},
}
TWIN: Final[Json] = BOARDS | {
    "id": 13,
    "artistName": "Aphex Twin",
    "foreignArtistId": APHEX,
    "path": "/mnt/lib/music/Aphex Twin",
    "monitored": False,
    "monitorNewItems": "none",
    "tags": [3],
    "statistics": {"albumCount": 2, "trackFileCount": 1, "trackCount": 4, "sizeOnDisk": 7_340_032},
}
METADATA: Final[Json] = [
    {"id": 1, "name": "None"},
    {"id": 3, "name": "Albums"},
    {"id": 2, "name": "Standard"},
]


def _root_folder(root: str) -> dict[str, Json]:
    """What Lidarr and Readarr have alike."""
    return {
        "metadataprofile": METADATA,
        "config/metadataprovider": {"writeAudioTags": "no"},
        "rootfolder": [
            {
                "id": 1,
                "name": "shared",
                "path": f"{root}/",
                "accessible": True,
                "defaultMonitorOption": "none",
                "defaultNewItemMonitorOption": "none",
            }
        ],
    }


_LIDARR = Stock(
    {
        **_common("Lidarr"),
        **_root_folder("/mnt/lib/music"),
        "artist": [BOARDS, TWIN],
        "album": [
            album(88, 12, GEOGADDI, True),
            album(89, 12, CAMPFIRE, False),
            album(90, 13, DRUKQS, True),
            album(91, 13, "a7b1c0de-0000-4000-8000-000000000001", True),
        ],
        "trackfile": [
            track_file(455, 12, 88, f"{MUSIC}/Geogaddi (2002)/01 Ready Lets Go.flac"),
            track_file(456, 12, 88, f"{MUSIC}/Geogaddi (2002)/02 Music Is Math.flac"),
            track_file(457, 13, 90, "/mnt/lib/music/Aphex Twin/Drukqs (2001)/01 Jynweythek.flac"),
        ],
        "track": [
            track(902, 2, 456, 88),
            track(901, 1, 455, 88),
            track(903, 3, 456, 88),
            *(track(910 + number, number, 0, 88, deluxe=True) for number in (1, 2, 3)),
        ],
        "config/naming": {
            "renameTracks": True,
            "standardTrackFormat": "{Album Title} ({Release Year})/{track:00} {Track Title}",
            "artistFolderFormat": "{Artist Name}",
        },
        "importlistexclusion": [{"id": 1, "foreignId": APHEX, "artistName": "Aphex Twin"}],
    },
    {
        "POST artist": (201, BOARDS),
        "POST album": (201, {}),
        "PUT artist/editor": (202, [BOARDS]),
        "PUT artist/12": (202, BOARDS),
        "PUT album/monitor": (202, []),
        "DELETE artist/12": (200, {}),
        "POST tag": (201, {"id": 9, "label": "mesharr-alice"}),
        "POST command": (201, {"id": 77, "name": "RescanFolders", "status": "queued"}),
    },
    IMPORT | {"replaceExistingFiles", "folders", "filter", "addNewArtists", "artistIds"},
)

# -- Readarr --------------------------------------------------------------------------------------

GUIN: Final = "874602"
EARTHSEA: Final = "1113469"
TOMBS: Final = "1137140"
PRATCHETT: Final = "1654"
MORT: Final = "1857065"
BOOKS: Final = "/mnt/lib/books/Ursula K. Le Guin"
EPUB: Final[Json] = {"quality": {"id": 3, "name": "EPUB"}, "revision": {"version": 1, "real": 0}}


def book(id_: int, author: int, work: str, monitored: bool) -> Json:
    """A book as Readarr lists it."""
    return {
        "id": id_,
        "title": "A book",
        "authorId": author,
        "foreignBookId": work,
        "foreignEditionId": f"{work}7",
        "titleSlug": work,
        "monitored": monitored,
        "anyEditionOk": True,
    }


def book_file(id_: int, author: int, book_id: int, path: str) -> Json:
    """A book's file as Readarr lists it."""
    return {
        "id": id_,
        "authorId": author,
        "bookId": book_id,
        "path": path,
        "size": 512_000,
        "dateAdded": "2025-10-05T16:05:12Z",
        "quality": EPUB,
    }


LE_GUIN: Final[Json] = {
    "id": 12,
    "authorName": "Ursula K. Le Guin",
    "foreignAuthorId": GUIN,
    "titleSlug": GUIN,
    "path": BOOKS,
    "rootFolderPath": "/mnt/lib/books",
    "qualityProfileId": 4,
    "metadataProfileId": 2,
    "monitored": True,
    "monitorNewItems": "all",
    "tags": [],
    "statistics": {"bookCount": 2, "bookFileCount": 2, "totalBookCount": 2, "sizeOnDisk": 1_024_000},
}
TERRY: Final[Json] = LE_GUIN | {
    "id": 13,
    "authorName": "Terry Pratchett",
    "foreignAuthorId": PRATCHETT,
    "titleSlug": PRATCHETT,
    "path": "/mnt/lib/books/Terry Pratchett",
    "monitored": False,
    "monitorNewItems": "none",
    "tags": [3],
    "statistics": {"bookCount": 2, "bookFileCount": 1, "totalBookCount": 2, "sizeOnDisk": 512_000},
}
_READARR = Stock(
    {
        **_common("Readarr"),
        **_root_folder("/mnt/lib/books"),
        "author": [LE_GUIN, TERRY],
        "book": [
            book(31, 12, EARTHSEA, True),
            book(32, 12, TOMBS, False),
            book(33, 13, MORT, True),
            book(34, 13, "46982", True),
        ],
        "bookfile": [
            book_file(90, 12, 31, f"{BOOKS}/A Wizard of Earthsea/A Wizard of Earthsea.epub"),
            book_file(91, 12, 32, f"{BOOKS}/The Tombs of Atuan/The Tombs of Atuan.epub"),
            book_file(92, 13, 33, "/mnt/lib/books/Terry Pratchett/Mort/Mort.epub"),
        ],
        "book/lookup": [],
        "edition": [
            {"id": 1, "bookId": 31, "foreignEditionId": "11134697", "monitored": True},
            {"id": 2, "bookId": 31, "foreignEditionId": "13642", "monitored": False},
        ],
        "config/development": {"metadataSource": "https://api.bookinfo.pro"},
        "config/naming": {
            "renameBooks": True,
            "standardBookFormat": "{Book Title}/{Author Name} - {Book Title}",
            "authorFolderFormat": "{Author Name}",
        },
        "importlistexclusion": [{"id": 1, "foreignId": PRATCHETT, "authorName": "Terry Pratchett"}],
    },
    {
        "POST author": (201, LE_GUIN),
        "POST book": (201, {}),
        "PUT author/editor": (202, [LE_GUIN]),
        "PUT author/12": (202, LE_GUIN),
        "PUT book/monitor": (202, []),
        "DELETE author/12": (200, {}),
        "POST tag": (201, {"id": 9, "label": "mesharr-alice"}),
        "POST command": (201, {"id": 77, "name": "RescanFolders", "status": "queued"}),
    },
    IMPORT | {"replaceExistingFiles", "folders", "filter", "addNewAuthors", "authorIds"},
)

STOCK: Final = {"radarr": _RADARR, "sonarr": _SONARR, "lidarr": _LIDARR, "readarr": _READARR}

"""`mesharr scan`: a folder or a file, as any of the programs sees it."""

from pathlib import Path

import pytest

from tests.support.household import Clock, Household, make_drive
from tests.unit.cli.house import Commands, Output

SCANNERS = [
    {"kind": "plex", "url": "http://127.0.0.1:9", "token": "token", "paths": {"movies": "D:\\Movies"}},
    {"kind": "jellyfin", "url": "http://127.0.0.1:9", "token": "token", "paths": {"movies": "/films"}},
    {"kind": "emby", "url": "http://127.0.0.1:9", "token": "token", "only": ["tv"]},
]


@pytest.fixture
def alices(tmp_path: Path, past: Clock, capsys: Output) -> Commands:
    make_drive(tmp_path / "drive")
    commands = Commands(Household("alice", tmp_path, tmp_path / "drive", past), capsys)
    library = str(commands.house.library)
    (commands.house.library / "Film 7 (2007)").mkdir()
    (commands.house.library / "Film 7 (2007)" / "Film 7.nfo").write_bytes(b"facts")
    movies = {
        "app": "radarr",
        "root": "/media/Movies",
        "path": library,
        "local": "/mnt/local/Movies",
        "quality_profile": "Any",
    }
    commands.write_config(libraries={"movies": movies, "tv": {"path": "/mnt/tv"}}, scanners=SCANNERS)
    return commands


def _waiting(alices: Commands) -> list[tuple[str, str]]:
    return sorted((each.scanner, each.folder) for each in alices.house.state.scans.all())


@pytest.mark.parametrize(
    "path",
    [
        "{library}/Film 7 (2007)",
        "{library}/Film 7 (2007)/",
        "{library}/Film 7 (2007)/Film 7.nfo",
        "/media/Movies/Film 7 (2007)/gone.mkv",
        "/mnt/local/Movies/Film 7 (2007)",
        "/films/Film 7 (2007)",
        "D:\\Movies\\Film 7 (2007)\\gone.mkv",
    ],
)
def test_each_server_of_the_library_is_asked_for_the_folder(alices: Commands, path: str) -> None:
    assert alices.run("scan", path.format(library=alices.house.library)) == 0
    assert alices.out == "movies: Film 7 (2007): to be scanned by plex, jellyfin\n"
    assert _waiting(alices) == [("jellyfin", "Film 7 (2007)"), ("plex", "Film 7 (2007)")]


def test_several_are_one_command_and_a_library_may_go_whole(alices: Commands) -> None:
    found = alices.json("scan", "/films", "/films/Film 8 (2008)", "/mnt/tv/Show/Season 01")["scans"]
    assert [(each["library"], each["folder"], each["scanners"]) for each in found] == [
        ("movies", "", ["plex", "jellyfin"]),
        ("movies", "Film 8 (2008)", ["plex", "jellyfin"]),
        ("tv", "Show/Season 01", ["plex", "jellyfin", "emby"]),
    ]


def test_a_path_of_no_library_asks_nobody(alices: Commands) -> None:
    assert alices.run("scan", "/films/Film 7 (2007)", "/elsewhere/x") == 2
    assert "/elsewhere/x is in no library" in alices.err
    assert "/media/Movies" in alices.err
    assert _waiting(alices) == []

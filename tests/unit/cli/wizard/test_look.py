"""What the wizard finds by itself: programs by what they answer, mounts by what the kernel says."""

import json
from typing import cast

import httpx
import pytest

from mesharr.bootstrap.rclone_process import MountProcess
from mesharr.cli.wizard import look
from mesharr.cli.wizard.places import Drive
from mesharr.demo.http import serve
from mesharr.demo.plex import SimulatedPlex
from mesharr.disk.child import Disk, FileStat, Missing
from mesharr.disk.mounts import Mount
from mesharr.log.mesh import Mesh, encode
from tests.support.household import MESH

EMBY = {"Version": "4.8", "ServerName": "x"}
JELLYFIN = {**EMBY, "ProductName": "Jellyfin Server"}


@pytest.mark.parametrize(
    ("kind", "answer", "is_there"),
    [
        ("emby", EMBY, True),
        ("emby", JELLYFIN, False),
        ("jellyfin", JELLYFIN, True),
        ("jellyfin", EMBY, False),
        ("plex", {"MediaContainer": {}}, True),
        ("plex", {}, False),
        ("plex", [], False),
        ("jellyfin", {"ProductName": "Jellyfin"}, False),
    ],
)
def test_a_media_server_is_known_by_what_it_answers_without_a_key(
    kind: str, answer: object, is_there: bool
) -> None:
    with serve(lambda _request: httpx.Response(200, json=answer)) as server:
        assert look._is_server(kind, server.url) is is_there


def test_a_simulated_plex_is_found_and_what_does_not_answer_is_not() -> None:
    with serve(SimulatedPlex(token="t", sections=()).handle) as server:
        assert look._is_server("plex", server.url)
        assert not look._is_server("jellyfin", server.url)
    assert not look._is_server("plex", "http://127.0.0.1:9")
    assert look._get("no url at all") == {}


@pytest.mark.parametrize(
    ("source", "root", "process", "drive"),
    [
        ("gdrive:Media", "/", None, Drive(point="/m", remote="gdrive:Media")),
        ("gdrive{Ab1}:Media", "/", None, Drive(point="/m", remote="gdrive:Media")),
        ("gdrive:", "/Movies", None, Drive(point="/m", remote="gdrive:Movies")),
        ("/mnt/other", "/", None, Drive(point="/m")),
        (
            "/cloud/Media",
            "/",
            MountProcess("gd:Media", "/m", None, "/c/rclone.conf"),
            Drive(point="/m", remote="gd:Media", config="/c/rclone.conf"),
        ),
    ],
)
def test_a_mount_names_what_it_mounts(
    source: str, root: str, process: MountProcess | None, drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "RC_URL", "http://127.0.0.1:9")
    assert look._drive(Mount("/m", "fuse.rclone", source, (), root), process) == drive


@pytest.mark.parametrize(
    ("source", "branches"),
    [
        ("new:remote/drive", ("/srv/new", "/srv/remote/drive")),
        ("mergerfs", ()),
        ("new:elsewhere", ()),
    ],
)
def test_a_union_that_answers_no_question_names_its_branches_by_where_their_paths_part(
    source: str, branches: tuple[str, ...]
) -> None:
    class Folders:
        def stat(self, path: str) -> FileStat | None:
            is_there = path in {"/srv/new", "/srv/remote/drive"}
            return FileStat(0, 0, inode=1, device=1, is_dir=True) if is_there else None

    household = look.RealHousehold(cast(Disk, Folders()))
    assert household._named_branches(Mount("/srv/union/all", "fuse.mergerfs", source, ())) == branches


def test_a_mesh_that_the_mount_does_not_list_yet_is_looked_for_on_the_drive() -> None:
    shown: dict[str, bytes] = {}

    def control(request: httpx.Request) -> httpx.Response:
        folder = json.loads(request.content).get("dir", "")
        if folder == ".mesharr":
            shown["/m/.mesharr/mesh.json"] = encode(Mesh(name="home", id=MESH, made="2026-01-01T00:00:00Z"))
        return httpx.Response(200, json={"result": {folder: "OK"}})

    class Late:
        """A mount that lists what was refreshed."""

        def read(self, path: str, _limit: int) -> bytes:
            if path not in shown:
                raise Missing(f"No such file: {path}")
            return shown[path]

    household = look.RealHousehold(cast(Disk, Late()))
    with serve(control) as server:
        drives = (Drive(point="/m", remote="gdrive:", rc=server.url),)
        assert household._mesh_in((), "/m/.mesharr") == ""
        assert household._mesh_in(drives, "/m/.mesharr") == "home"

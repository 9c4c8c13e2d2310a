"""Which folders the wizard proposes for the usual set-ups: pure, from mounts and root folders."""

from collections.abc import Mapping

import msgspec
import pytest

from mesharr.cli.wizard.places import (
    Drive,
    LibraryPlan,
    Surroundings,
    Union,
    library_name,
    plan_library,
    plan_store,
    rclone_config_of,
)

GDRIVE = Drive(
    point="/mnt/remote/gdrive", remote="gdrive:Media", rc="http://rclone:5572", config="/c/rclone.conf"
)
UNION = Union("/mnt/unionfs", ("/mnt/local", "/mnt/remote/gdrive"))
SALTBOX = {"/mnt/unionfs/Movies", "/mnt/local/Movies", "/mnt/remote/gdrive/Movies"}


def here(
    folders: set[str],
    drives: tuple[Drive, ...] = (GDRIVE,),
    unions: tuple[Union, ...] = (UNION,),
    *,
    anchors: Mapping[str, str] = {},
    meshes: Mapping[str, str] = {},
) -> Surroundings:
    return Surroundings(
        drives=drives,
        unions=unions,
        is_folder=lambda path: path in folders,
        anchored=lambda path: anchors.get(path, ""),
        mesh_in=lambda path: meshes.get(path, ""),
    )


def plan(root: str, around: Surroundings) -> LibraryPlan:
    return plan_library("radarr", "radarr", root, around, ())


WHOLE = LibraryPlan(
    name="movies",
    app="radarr",
    root="/mnt/unionfs/Movies",
    path="/mnt/unionfs/Movies",
    cloud="/mnt/remote/gdrive/Movies",
    local="/mnt/local/Movies",
    remote="gdrive:Media/Movies",
)


def test_of_several_drives_the_one_nearest_to_a_union_without_branches_is_proposed() -> None:
    drives = (Drive(point="/a/mnt/drive", remote="x:"), Drive(point="/b/mnt/drive", remote="x:"))
    folders = {"/b/mnt/union/Movies", "/b/mnt/local/Movies", "/a/mnt/drive/Movies", "/b/mnt/drive/Movies"}
    found = plan("/b/mnt/union/Movies", here(folders, drives, (Union("/b/mnt/union"),)))
    assert (found.cloud, found.local) == ("/b/mnt/drive/Movies", "/b/mnt/local/Movies")


@pytest.mark.parametrize("says_branches", [True, False])
def test_a_union_of_a_local_folder_and_an_rclone_mount(says_branches: bool) -> None:
    union = UNION if says_branches else Union(UNION.point)
    assert plan("/mnt/unionfs/Movies", here(SALTBOX, unions=(union,))) == WHOLE


def test_an_app_in_a_container_names_the_folder_otherwise() -> None:
    found = plan("/data/media/Movies", here(SALTBOX))
    assert (found.root, found.path, found.cloud) == ("/data/media/Movies", WHOLE.path, WHOLE.cloud)


def test_a_root_folder_on_the_rclone_mount_itself_only_receives() -> None:
    found = plan("/movies", here({"/mnt/remote/gdrive/movies"}, unions=()))
    assert (found.path, found.cloud, found.local, found.remote) == ("/mnt/remote/gdrive/movies", "", "", "")


def test_a_folder_that_is_not_seen_here_is_proposed_as_the_app_names_it() -> None:
    assert plan("/movies", here(set(), (), ())).path == "/movies"


def test_the_name_on_the_drive_is_that_of_the_mesh() -> None:
    found = plan("/mnt/unionfs/Movies", here(SALTBOX, anchors={"/mnt/remote/gdrive/Movies": "films"}))
    assert found.name == "films"


@pytest.mark.parametrize(
    ("kind", "root", "taken", "name"),
    [
        ("radarr", "/media/Movies", (), "movies"),
        ("sonarr", "/media/TV", (), "tv"),
        ("sonarr", "/media/TV-4K", (), "tv-4k"),
        ("radarr", "/media/Filme UHD", ("movies",), "movies-4k"),
        ("sonarr", "/media/Anime", ("tv",), "anime"),
        ("sonarr", "/media/tv", ("tv",), "tv-2"),
        ("lidarr", "/", ("music",), "music-2"),
        ("readarr", "/b", (), "books"),
    ],
)
def test_a_library_is_called_by_its_kind_and_no_name_is_given_twice(
    kind: str, root: str, taken: tuple[str, ...], name: str
) -> None:
    assert library_name(kind, root, taken) == name


def test_the_store_is_on_the_drive_of_a_library_where_there_is_a_mesh_before_the_others() -> None:
    other = Drive(point="/mnt/remote/other", remote="other:")
    around = here(SALTBOX, (other, GDRIVE))
    found = plan_store([WHOLE], around)
    assert (found.path, found.rc, found.mesh) == ("/mnt/remote/gdrive/.mesharr", GDRIVE.rc, "")
    around = here(SALTBOX, (other, GDRIVE), meshes={"/mnt/remote/other/.mesharr": "home"})
    assert plan_store([WHOLE], around).path == "/mnt/remote/gdrive/.mesharr", "no library is on that drive"
    second = msgspec.structs.replace(WHOLE, name="tv", cloud="/mnt/remote/other/TV")
    found = plan_store([WHOLE, second], around)
    assert (found.path, found.rc, found.mesh) == ("/mnt/remote/other/.mesharr", "", "home")
    assert plan_store([], around).mesh == "home"


def test_without_an_rclone_mount_the_store_is_beside_the_first_library() -> None:
    found = plan("/srv/drive/Movies", here({"/srv/drive/Movies"}, (), ()))
    assert plan_store([found], here(set(), (), ())).path == "/srv/drive/.mesharr"
    assert plan_store([], here(set(), (), ())).path == ""


def test_the_rclone_config_is_that_of_the_mount_where_something_is_uploaded() -> None:
    assert rclone_config_of([WHOLE], here(SALTBOX)) == "/c/rclone.conf"
    only_received = plan("/movies", here({"/mnt/remote/gdrive/movies"}, unions=()))
    assert rclone_config_of([only_received], here(set())) == ""

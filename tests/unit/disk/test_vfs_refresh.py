"""The remote control of a mount, against a fake that answers as rclone's does."""

import base64
import gc
import json
from pathlib import Path

import httpx
import pytest

from mesharr.core.errors import Refused, Unavailable
from mesharr.disk.child import LocalDisk
from mesharr.disk.mount_rc import MountRc
from mesharr.disk.mounts import in_mount, read_mountinfo
from mesharr.disk.rclone_rc import RcUnavailable, VfsRefresh, rc_client


class RemoteControl:
    """A mount of `folders` that knows some of them; 200 is its answer in any case."""

    def __init__(self, folders: set[str], known: set[str]) -> None:
        self.folders = folders
        self.known = known
        self.asked: list[str] = []
        self.listed_whole: list[str] = []
        self.login = ""

    def handle(self, request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("POST", "/vfs/refresh")
        self.login = request.headers.get("Authorization", "")
        body = json.loads(request.content)
        assert all(isinstance(value, str) for value in body.values())
        folder = body.get("dir", "")
        (self.listed_whole if body.get("recursive") == "true" else self.asked).append(folder)
        if folder not in self.known or body.get("dir") == "":
            return httpx.Response(200, json={"result": {folder: "file does not exist"}})
        below = {name for name in self.folders if name and name.rpartition("/")[0] == folder}
        self.known = {name for name in self.known if name.rpartition("/")[0] != folder or not name} | below
        return httpx.Response(200, json={"result": {folder: "OK"}})


def refresher(handle: httpx.MockTransport, prefix: str = "Media") -> VfsRefresh:
    return VfsRefresh(rc_client("http://me:hidden@rclone:5572", handle), prefix)


def test_a_known_folder_costs_one_request() -> None:
    control = RemoteControl({"", "Media", "Media/A"}, {"", "Media", "Media/A"})
    assert refresher(httpx.MockTransport(control.handle)).refresh("A")
    assert control.asked == ["Media/A"]


def test_a_new_folder_is_reached_from_the_deepest_known_one() -> None:
    control = RemoteControl({"", "Media", "Media/A", "Media/A/B", "Media/A/B/C"}, {"", "Media"})
    assert refresher(httpx.MockTransport(control.handle)).refresh("A/B/C")
    assert control.asked[-4:] == ["Media", "Media/A", "Media/A/B", "Media/A/B/C"]


def test_all_that_is_below_a_folder_costs_one_request_too() -> None:
    control = RemoteControl({"", "Media", "Media/A"}, {"", "Media", "Media/A"})
    assert refresher(httpx.MockTransport(control.handle)).refresh("", below=True)
    assert (control.asked, control.listed_whole) == ([], ["Media"])


def test_all_below_a_new_folder_is_read_once_its_parents_are_known() -> None:
    control = RemoteControl({"", "Media", "Media/A", "Media/A/B"}, {"", "Media"})
    assert refresher(httpx.MockTransport(control.handle), "Media/A").refresh("B", below=True)
    assert control.asked[-2:] == ["Media", "Media/A"]
    assert control.listed_whole == ["Media/A/B", "Media/A/B"]


@pytest.mark.parametrize(("there", "asked", "is_read"), [(30, 19, False), (30, 20, True), (50, 24, False)])
def test_a_whole_library_is_read_where_many_folders_and_most_of_them_are_asked_for(
    tmp_path: Path, there: int, asked: int, *, is_read: bool
) -> None:
    for number in range(there):
        (tmp_path / f"Film {number}").mkdir()
    within = in_mount(str(tmp_path), read_mountinfo())
    control = RemoteControl({within}, {within})
    client = rc_client("http://rclone:5572", httpx.MockTransport(control.handle))
    assert MountRc(client, str(tmp_path), LocalDisk()).refresh_most(asked) is is_read
    assert control.listed_whole == [within] * is_read


def test_a_folder_the_remote_lacks_is_reported() -> None:
    control = RemoteControl({"", "Media"}, {"", "Media"})
    assert not refresher(httpx.MockTransport(control.handle)).refresh("None/Season 1")


def test_the_root_of_a_library_is_the_prefix_and_of_a_mount_nothing() -> None:
    control = RemoteControl({"", "Media"}, {"", "Media"})
    assert refresher(httpx.MockTransport(control.handle)).refresh("")
    assert refresher(httpx.MockTransport(control.handle), "").refresh("")
    assert control.asked == ["Media", ""]


def test_user_and_password_go_into_the_header() -> None:
    control = RemoteControl({""}, {""})
    refresher(httpx.MockTransport(control.handle), "").refresh("")
    assert control.login == "Basic " + base64.b64encode(b"me:hidden").decode()


def test_a_mount_among_several_is_named() -> None:
    bodies: list[dict[str, str]] = []

    def handle(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return httpx.Response(200, json={"result": {"A": "OK"}})

    VfsRefresh(rc_client("http://rclone:5572", httpx.MockTransport(handle)), "", "gdrive:").refresh("A")
    assert bodies == [{"dir": "A", "fs": "gdrive:"}]


def broken(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("[Errno 111] Connection refused to http://me:hidden@rclone", request=request)


def silent(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("", request=request)


@pytest.mark.parametrize(
    ("handle", "why"),
    [
        (broken, "cannot be reached"),
        (silent, "in time"),
        (lambda _: httpx.Response(401), "refuses user and password"),
        (
            lambda _: httpx.Response(500, json={"error": "no VFS found with name", "status": 500}),
            "no VFS found",
        ),
        (lambda _: httpx.Response(200, text="<html>"), "something else"),
        (
            lambda _: httpx.Response(
                200, json={"result": {"Media": "Propfind http://me:hidden@dav: connection refused"}}
            ),
            "connection refused",
        ),
        (lambda _: httpx.Response(200, json={"result": {}}), "no result for it"),
    ],
)
def test_every_failure_is_unavailable_and_keeps_the_password(handle: object, why: str) -> None:
    assert callable(handle)
    with pytest.raises(Unavailable, match=why) as caught:
        refresher(httpx.MockTransport(handle)).refresh("")
    assert "hidden" not in str(caught.value)


def test_a_url_that_is_none_is_refused_without_repeating_it() -> None:
    with pytest.raises(Refused, match="correct `rc`") as caught:
        rc_client("http://me:hidden@rclone:port")
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "header"),
    [
        ("unix:///run/rclone.sock", ""),
        ("unix://me:hidden@/run/rclone.sock", "Basic " + base64.b64encode(b"me:hidden").decode()),
    ],
)
def test_a_socket_is_a_remote_control_too(url: str, header: str) -> None:
    control = RemoteControl({""}, {""})
    VfsRefresh(rc_client(url, httpx.MockTransport(control.handle)), "").refresh("")
    assert control.login == header
    assert "hidden" not in repr(rc_client(url))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_socket_nobody_listens_on_is_no_control(tmp_path: Path) -> None:
    with pytest.raises(RcUnavailable, match="cannot be reached"):
        VfsRefresh(rc_client(f"unix://{tmp_path}/none.sock"), "").refresh("")
    gc.collect()  # httpcore leaves a socket that could not connect to the collector, which warns


def test_many_files_of_a_folder_are_one_request_to_the_drive_and_a_lone_one_is_asked_for_by_name() -> None:
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        sent = json.loads(request.content or b"{}")
        asked.append(f"{request.url.path} {sent.get('remote', '')}".strip())
        if request.url.path == "/vfs/list":
            return httpx.Response(200, json={"vfses": ["gdrive:"]})
        if request.url.path == "/operations/stat":
            return httpx.Response(200, json={"item": {"Name": "c.mkv", "Size": 5, "IsDir": False}})
        files = [{"Path": f"Media/A/{n}.mkv", "Name": f"{n}.mkv", "Size": n} for n in range(100)]
        return httpx.Response(200, json={"list": files})

    rc = refresher(httpx.MockTransport(handle))
    sizes = {f"A/{n}.mkv": n for n in range(100)} | {"A/7.mkv": 8, "A/new.mkv": 1, "B/c.mkv": 5}
    assert sizes.keys() - rc.listed(sizes) == {"A/7.mkv", "A/new.mkv"}
    assert asked == ["/vfs/list", "/operations/list Media/A", "/operations/stat Media/B/c.mkv"]

"""How a mount was parse_mount_process, from the arguments of its process."""

import os
from pathlib import Path

import pytest

from mesharr.bootstrap.rclone_process import (
    MountProcess,
    backend_of,
    mount_process_at,
    parse_mount_process,
    seconds,
    why_peers_are_late,
)
from mesharr.core.errors import Refused

SALTBOX = (
    "/usr/bin/rclone mount --config=/home/seed/.config/rclone/rclone.conf --allow-other "
    "--dir-cache-time=8760h --poll-interval 15s gdrive:Media /mnt/remote/gdrive"
)
CONFIG = """# made by rclone
[gdrive]
type = drive
token = {"access_token":"hidden"}

[box]
type=sftp
pass = hidden
"""
WRAPPED = """
[safe]
type = crypt
remote = box:Media
[loop]
type = alias
remote = loop:
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5m0s", 300), ("8760h", 31_536_000), ("1.5h", 5400), ("20", 20), ("100ms", 0.1), ("1d", 86_400)],
)
def test_durations_are_read_as_rclone_writes_them(text: str, expected: float) -> None:
    assert seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "soon", "5 m", "-1h"])
def test_other_texts_are_no_durations(text: str) -> None:
    assert seconds(text) is None


def test_the_arguments_of_a_mount_are_read() -> None:
    assert parse_mount_process(SALTBOX.split(), "/") == MountProcess(
        "gdrive:Media", "/mnt/remote/gdrive", 31_536_000, "/home/seed/.config/rclone/rclone.conf", 15
    )
    assert parse_mount_process(["rclone", "mount", "box:", "mnt"], "/home/seed") == MountProcess(
        "box:", "/home/seed/mnt", None, ""
    )
    late = ["rclone", "mount", "box:", "mnt", "--dir-cache-time", "1h", "--config", "r.conf"]
    assert parse_mount_process(late, "/srv") == MountProcess("box:", "/srv/mnt", 3600, "/srv/r.conf")


@pytest.mark.parametrize(
    ("flags", "url"),
    [
        ("", ""),
        ("--rc", "http://127.0.0.1:5572"),
        ("--rc --rc-addr :5599 --rc-no-auth", "http://127.0.0.1:5599"),
        ("--rc --rc-addr=0.0.0.0:5572", "http://127.0.0.1:5572"),
        ("--rc --rc-addr nas:5572", "http://nas:5572"),
        ("--rc --rc-addr unix:///run/rclone.sock", "unix:///run/rclone.sock"),
        ("--rc-addr :5599", ""),
        ("--rc --rc-user u --rc-pass p", ""),
    ],
)
def test_the_remote_control_of_a_mount_is_read_where_it_wants_no_login(flags: str, url: str) -> None:
    found = parse_mount_process(f"rclone mount gdrive: /mnt {flags}".split(), "/")
    assert found is not None
    assert found.rc == url


@pytest.mark.parametrize("line", ["rclone serve webdav box:", "bash mount a: b", "rclone", "rclone mount"])
def test_other_processes_make_no_mount(line: str) -> None:
    assert parse_mount_process(line.split(), "/") is None


def test_a_process_is_found_by_what_it_mounts(tmp_path: Path) -> None:
    for pid, words in {"77": SALTBOX, "78": "rclone mount box: srv", "79": "sleep 1"}.items():
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "cmdline").write_bytes(b"\0".join(word.encode() for word in words.split()) + b"\0")
        (tmp_path / pid / "cwd").symlink_to("/home/seed")
    (tmp_path / "self").mkdir()
    found = mount_process_at("/home/seed/srv", str(tmp_path))
    assert found is not None
    assert found.remote == "box:"
    assert mount_process_at("/mnt/other", str(tmp_path)) is None
    assert mount_process_at("/mnt/other", f"{tmp_path}/none") is None
    assert os.listdir(tmp_path)


def test_the_backend_is_read_and_nothing_else(tmp_path: Path) -> None:
    config = tmp_path / "rclone.conf"
    config.write_text(CONFIG)
    assert backend_of("gdrive:Media", str(config)) == "drive"
    assert backend_of("box:", str(config)) == "sftp"
    assert backend_of("none:", str(config)) == ""
    assert backend_of("box:", f"{tmp_path}/none") == ""
    assert backend_of(":webdav,url=http://x:", "") == "webdav"


def test_a_mount_that_would_never_show_a_peer_anything_is_refused_with_the_fix() -> None:
    slow = MountProcess("box:", "/mnt/remote/box", 3600, "")
    with pytest.raises(
        Refused, match="caches directory listings for 60 min, and sftp reports no changes"
    ) as told:
        why_peers_are_late(slow, "sftp")
    assert "set store.rc" in told.value.fix


def test_what_is_fine_or_not_known_to_be_wrong_is_not_refused() -> None:
    slow = MountProcess("box:", "/mnt/remote/box", 3600, "")
    assert why_peers_are_late(slow, "drive") == ""
    assert "unless its drive reports changes" in why_peers_are_late(slow, "")
    for brief in (0.0, 5.0, 60.0):
        assert why_peers_are_late(MountProcess("box:", "/mnt/remote/box", brief, ""), "sftp") == ""
    assert why_peers_are_late(MountProcess("box:", "/mnt/remote/box", 300, ""), "") == ""


@pytest.mark.parametrize(("said", "minutes"), [(None, 5), (300.0, 5), (600.0, 10)])
def test_a_mount_that_shows_peers_late_says_how_late_and_the_fix(said: float | None, minutes: int) -> None:
    told = why_peers_are_late(MountProcess("box:", "/mnt/remote/box", said, ""), "sftp")
    kept = f"caches directory listings for {minutes} min, and sftp reports no changes"
    assert told.startswith(f"the mount at /mnt/remote/box {kept}: peers' events are received up to that late")
    assert "set store.rc" in told


def test_what_an_encrypted_remote_lies_on_decides(tmp_path: Path) -> None:
    config = tmp_path / "rclone.conf"
    config.write_text(CONFIG + WRAPPED)
    assert backend_of("safe:Movies", str(config)) == "sftp"
    assert backend_of("loop:", str(config)) == ""


def test_a_mount_that_is_told_not_to_ask_for_changes_is_as_deaf_as_a_drive_that_reports_none() -> None:
    found = parse_mount_process(
        ["rclone", "mount", "--poll-interval", "0", "--dir-cache-time", "1h", "gdrive:", "/mnt/g"], "/"
    )
    assert found is not None
    with pytest.raises(Refused, match="--poll-interval 0 turns change notification off"):
        why_peers_are_late(found, "drive")

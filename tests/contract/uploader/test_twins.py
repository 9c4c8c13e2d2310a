"""Two uploads at one time on a drive that allows several files of one name: real rclone, simulated drive."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mesharr.disk.rclone_rc import rc_client
from mesharr.uploads.base import Occupied
from mesharr.uploads.rclone import OwnServer, Rclone, RcloneControl, RcloneSettings, RcloneUpload
from tests.support.google_drive import GoogleDrive, google_drive
from tests.support.mounts import need_mounts, rclone_binary

pytestmark = [pytest.mark.mount, pytest.mark.campaign]
TARGET = "gdrive:Movies/Film 7 [x]/Film 7 [x].mkv"
NAME = TARGET.rpartition("/")[2]
THEIRS, MINE = b"theirs, and longer", b"mine"


@pytest.fixture
def drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GoogleDrive]:
    need_mounts()
    with google_drive(tmp_path, monkeypatch) as drive:
        yield drive


@pytest.fixture(params=["processes", "remote control"])
def uploader(drive: GoogleDrive, request: pytest.FixtureRequest) -> Iterator[RcloneUpload]:
    made: RcloneUpload = Rclone(RcloneSettings(rclone_binary(), str(drive.config)))
    if request.param == "remote control":
        made = RcloneControl(OwnServer([rclone_binary(), "--config", str(drive.config)], rc_client))
    yield made
    made.stop()


def test_an_upload_beside_another_one_is_found_and_only_it_is_taken_back(
    drive: GoogleDrive, uploader: RcloneUpload, tmp_path: Path
) -> None:
    source = tmp_path / "mine.mkv"
    source.write_bytes(MINE)
    drive.put(TARGET.partition(":")[2].replace("Film 7 [x].mkv", "beside.mkv"), MINE)
    drive.hidden.add(drive.put(TARGET.partition(":")[2], THEIRS))  # it ends while this one runs
    with pytest.raises(Occupied) as found:
        uploader.upload(str(source), TARGET, lambda _progress: None)
    after = drive.requests[drive.requests.index("POST /upload/drive/v3/files") + 1 :]
    assert len(after) <= 7, "no more than a look at one path takes"
    assert (found.value.is_twin, found.value.size) == (True, len(THEIRS))
    assert sorted(drive.sizes(NAME)) == sorted([len(MINE), len(THEIRS)])
    assert uploader.take_back(TARGET, len(MINE))
    assert drive.sizes(NAME) == [len(THEIRS)]
    assert drive.sizes("beside.mkv") == [len(MINE)]
    assert not uploader.take_back(TARGET, len(MINE))
    with pytest.raises(Occupied) as again:
        uploader.upload(str(source), TARGET, lambda _progress: None)
    assert not again.value.is_twin
    assert uploader.upload(str(source), TARGET, lambda _progress: None, replaces=True).further == 0
    assert drive.sizes(NAME) == [len(MINE)]

"""cloudplow: what its configuration has to say, and its traps, with a stand-in that has them."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesharr.core.errors import Refused, Unavailable
from mesharr.uploads.cloudplow import LOCK_S, Cloudplow, CloudplowFolder, CloudplowSettings
from tests.support.cloudplow import StandIn


class Plow:
    """cloudplow, and its adapter for the library `movies`; `rclones` are the folders it uploads from."""

    def __init__(self, root: Path) -> None:
        self.local, self.drive = root / "local", root / "drive"
        (self.local / "Movies" / "A").mkdir(parents=True)
        (self.local / "Movies" / "A" / "a.mkv").write_bytes(b"film")
        self.program = StandIn(root / "cloudplow", self.local, self.drive)
        self.rclones: list[str] = []
        self.late = 0.0
        self.adapter = self.named("gdrive:Movies")

    def named(self, remote: str, local: str = "") -> Cloudplow:
        """Return an adapter for a library with this remote."""
        folder = CloudplowFolder(local or str(self.local / "Movies"), remote)
        settings = CloudplowSettings(str(self.program.binary), str(self.program.config))
        return Cloudplow(settings, {"movies": folder}, self.rclones.__contains__, self.now)

    def now(self) -> float:
        return (self.program.lock.stat().st_mtime if self.program.lock.exists() else 0.0) + self.late

    def run(self) -> None:
        """Start it, and wait for the end of each run that follows."""
        self.adapter.start()
        self.wait()

    def wait(self) -> None:
        while self.adapter._child is not None:
            self.adapter._child.wait(30)
            self.adapter.is_running()

    def uploaded(self) -> bool:
        return (self.drive / "Movies" / "A" / "a.mkv").exists()


@pytest.fixture
def plow(tmp_path: Path) -> Plow:
    return Plow(tmp_path)


def test_a_library_that_it_uploads_to_its_remote_is_right_however_that_is_spelled(plow: Plow) -> None:
    for remote in ("gdrive:Movies", "gdrive:/Movies", ""):
        plow.named(remote).check("movies")
    plow.named("gdrive:", str(plow.local)).check("movies")
    plow.adapter.check("a library without local")
    plow.program.settings["remotes"]["google"] |= {
        "upload_folder": f"{plow.local}/",
        "upload_remote": "gdrive:",
    }
    plow.program.write()
    plow.adapter.check("movies")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda settings: settings["core"].update(dry_run=True), "core.dry_run is true"),
        (lambda settings: settings.update(uploader={}), "the upload_folder of its uploaders is none"),
        (
            lambda settings: settings["remotes"]["google"].update(upload_folder="/mnt/loc"),
            "does not upload .*/local/Movies: the upload_folder of its uploaders is /mnt/loc",
        ),
        (
            lambda settings: settings["remotes"]["google"].update(upload_remote="gdrive:/Media"),
            "uploads .*/local/Movies to gdrive:/Media/Movies, and remote of library movies is gdrive:Movies",
        ),
        (lambda settings: settings.update(remotes=[1]), "is no configuration of cloudplow"),
    ],
)
def test_what_its_configuration_has_wrong_is_named(
    plow: Plow, change: Callable[[dict[str, Any]], object], what: str
) -> None:
    change(plow.program.settings)
    plow.program.write()
    with pytest.raises(Refused, match=what) as refused:
        plow.adapter.check("movies")
    assert refused.value.fix


def test_a_section_in_the_environment_goes_before_the_file(
    plow: Plow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("uploader", "{}")
    with pytest.raises(Refused, match="is none"):
        plow.adapter.check("movies")


def test_without_its_configuration_or_itself_the_user_is_told(plow: Plow) -> None:
    plow.program.config.unlink()
    with pytest.raises(Refused, match="cannot be read") as refused:
        plow.adapter.check("movies")
    assert "uploads.cloudplow.config" in refused.value.fix
    plow.program.binary.unlink()
    with pytest.raises(Refused, match="cannot be started") as refused:
        plow.adapter.start()
    assert "uploads.cloudplow.binary" in refused.value.fix


def test_a_run_goes_on_by_itself_and_is_started_once(plow: Plow) -> None:
    plow.adapter.start()
    plow.adapter.start()
    plow.wait()
    assert (plow.program.starts, plow.uploaded()) == (1, True)
    assert not plow.adapter.is_running()


def test_after_an_update_it_is_started_a_second_time(plow: Plow) -> None:
    del plow.program.settings["nzbget"]
    plow.program.write()
    plow.run()
    assert (plow.program.starts, plow.uploaded()) == (2, True)


def test_one_that_uploads_nothing_ends_as_well_as_any(plow: Plow) -> None:
    plow.program.will("failing")
    plow.run()
    assert (plow.program.starts, plow.uploaded()) == (1, False)


def test_the_lock_of_a_killed_run_is_named_and_that_of_a_running_one_waited_for(plow: Plow) -> None:
    plow.program.will("killed")
    plow.run()
    assert plow.program.lock.exists()
    with pytest.raises(Unavailable, match="has just begun"):
        plow.adapter.start()
    plow.late = LOCK_S + 1
    plow.rclones.append(str(plow.local))
    with pytest.raises(Unavailable, match="cloudplow is uploading"):
        plow.adapter.start()
    plow.rclones.clear()
    with pytest.raises(Refused, match="no upload of it is seen to run") as refused:
        plow.adapter.start()
    assert str(plow.program.lock) in refused.value.what
    assert plow.program.starts == 1
    os.unlink(plow.program.lock)
    plow.program.will_not("killed")
    plow.run()
    assert not plow.program.lock.exists()

"""Drive cloudplow, which uploads whole folders by its own configuration.

`cloudplow upload` takes no file and no remote: it goes through every uploader of its config.json, and its
exit code is 0 whatever happened. After an update of cloudplow the first start only completes that file. A run
has a lock beside the program, for which another one waits without end; one that was killed leaves it.
"""

import os
import posixpath
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from mesharr.core.answers import decoded
from mesharr.core.errors import Refused, Unavailable

LOCK_S: Final = 600.0
"""How long cloudplow may have its lock while no rclone of it runs: it counts files, and notifies."""


class CloudplowSettings(msgspec.Struct, frozen=True):
    """How cloudplow is run."""

    binary: str = "cloudplow"
    """Its name on PATH, or its path."""
    config: str = "/opt/cloudplow/config.json"
    """The path of its configuration."""


class CloudplowFolder(msgspec.Struct, frozen=True):
    """The folder of a library that cloudplow has to upload."""

    local: str
    """The local branch."""
    remote: str
    """Where its files have to go, as rclone writes it; "" when that is not known."""


class _Remote(msgspec.Struct, frozen=True):
    upload_folder: str = ""
    upload_remote: str = ""


class _Core(msgspec.Struct, frozen=True):
    dry_run: bool = False


class _Config(msgspec.Struct, frozen=True):
    core: _Core = _Core()
    remotes: dict[str, _Remote] = {}
    uploader: dict[str, msgspec.Raw] = {}

    def uploading(self) -> list[_Remote]:
        """Return the remotes that are uploaded to: those an uploader is named after."""
        return [each for name, each in self.remotes.items() if name in self.uploader and each.upload_folder]


class Cloudplow:
    """A `FolderUploader`. A run goes on when this process ends."""

    def __init__(
        self,
        settings: CloudplowSettings,
        folders: Mapping[str, CloudplowFolder],
        is_uploading: Callable[[str], bool],
        now: Callable[[], float] = time.time,
    ) -> None:
        """Take the folders of the libraries by name.

        `is_uploading` returns whether an rclone that uploads from a folder is seen to run.
        """
        self._settings = settings
        self._folders = folders
        self._is_uploading = is_uploading
        self._now = now
        self._child: subprocess.Popen[bytes] | None = None
        self._config_before = (0, 0)

    def check(self, library: str) -> None:
        """Return when cloudplow uploads a library to where it belongs: `FolderUploader.check`."""
        folder = self._folders.get(library)
        if folder is None:
            return
        config, path = self._config(), self._settings.config
        if config.core.dry_run:
            raise Refused("cloudplow uploads nothing: core.dry_run is true", f"set it to false in {path}")
        targets = list(_targets(config, folder.local))
        if not targets:
            known = ", ".join(each.upload_folder for each in config.uploading()) or "none"
            raise Refused(
                f"cloudplow does not upload {folder.local}: the upload_folder of its uploaders is {known}",
                f"name it under remotes and under uploader in {path}, or correct local of library {library}",
            )
        if folder.remote and _plain(folder.remote) not in map(_plain, targets):
            raise Refused(
                f"cloudplow uploads {folder.local} to {targets[0]}, and remote of library {library} is "
                f"{folder.remote}",
                f"correct that remote, or upload_remote in {path}",
            )

    def start(self) -> None:
        """Have cloudplow upload now: `FolderUploader.start`."""
        if not self.is_running():
            self._check_lock()
            self._start()

    def is_running(self) -> bool:
        """Return whether a run that was started is not over: `FolderUploader.is_running`."""
        if self._child is None:
            return False
        if self._child.poll() is None:
            return True
        self._child = None
        if self._config_now() == self._config_before:
            return False
        self._start()  # it only completed its configuration
        return True

    def _start(self) -> None:
        self._config_before = self._config_now()
        command = [self._settings.binary, "upload", "--config", self._settings.config]
        try:
            self._child = subprocess.Popen(  # noqa: S603 - a list, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise Refused(
                f"cloudplow cannot be started ({error.strerror})",
                "set uploads.cloudplow.binary, or uploads.cloudplow.start: never",
            ) from error

    def _check_lock(self) -> None:
        """Raise while another run has the lock; a `Refused` when no upload belongs to it."""
        program = shutil.which(self._settings.binary)
        lock = (
            os.path.join(os.path.dirname(os.path.realpath(program)), "locks/upload.lock") if program else ""
        )
        try:
            since = os.stat(lock).st_mtime
        except OSError:
            return
        if any(self._is_uploading(each.upload_folder) for each in self._config().uploading()):
            raise Unavailable("cloudplow is uploading")
        if self._now() - since < LOCK_S:
            raise Unavailable("another run of cloudplow has just begun")
        raise Refused(
            f"cloudplow waits for a lock, and no upload of it is seen to run: {lock}",
            "delete that file when cloudplow uploads nothing: a run that was killed leaves it",
        )

    def _config_now(self) -> tuple[int, int]:
        try:
            found = os.stat(self._settings.config)
        except OSError:
            return 0, 0
        return found.st_mtime_ns, found.st_size

    def _config(self) -> _Config:
        """Return its configuration; a section in the environment goes before that of the file."""
        path = self._settings.config
        try:
            with open(path, "rb") as file:
                sections = decoded(file.read(), dict[str, msgspec.Raw])
            for name in _Config.__struct_fields__:
                if name in os.environ:
                    sections[name] = msgspec.Raw(os.environ[name].encode())
            return decoded(msgspec.json.encode(sections), _Config)
        except OSError as error:
            raise Refused(
                f"the configuration of cloudplow cannot be read: {path} ({error.strerror})",
                "set uploads.cloudplow.config to its config.json, as mesharr sees it",
            ) from error
        except msgspec.MsgspecError as error:
            raise Refused(f"{path} is no configuration of cloudplow", "correct it") from error


def _targets(config: _Config, local: str) -> Iterator[str]:
    """Yield where cloudplow puts the files of a local folder."""
    mine = os.path.normpath(local)
    for each in config.uploading():
        folder = os.path.normpath(each.upload_folder)
        if mine == folder or mine.startswith(f"{folder.rstrip('/')}/"):
            below = mine[len(folder) :].strip("/")
            yield "/".join(part for part in (each.upload_remote.rstrip("/"), below) if part)


def _plain(remote: str) -> str:
    """Return a remote path as it compares: `gdrive:/Media/` is `gdrive:Media`."""
    name, _, path = remote.partition(":")
    return f"{name}:{posixpath.normpath(path.strip('/')) if path.strip('/') else ''}"

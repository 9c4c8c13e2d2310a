"""Open what brings files to the drive, from the config."""

import os
import shutil
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial

from mesharr.core.time_window import until_open
from mesharr.disk.programs import running_programs, uploads_from
from mesharr.disk.rclone_rc import rc_client
from mesharr.node.outward.uploading.allowance import Allowance
from mesharr.node.outward.uploading.others.folder_uploads import FolderUploads
from mesharr.settings.certificates import trusted
from mesharr.settings.field_types import OWN_RC
from mesharr.settings.models import Config
from mesharr.state.state import State
from mesharr.uploads.base import FolderUploader, Uploader
from mesharr.uploads.cloudplow import Cloudplow, CloudplowFolder, CloudplowSettings
from mesharr.uploads.rclone import GivenServer, OwnServer, Rclone, RcloneControl, RcloneSettings, RcloneUpload

_MINUTE_MS = 60_000


def open_uploader(config: Config, node: str) -> Uploader | None:
    """Return what uploads files to the drive for a node; None when another program does."""
    if not config.uploads.sends:
        return None
    if _rc_of(config) == OWN_RC:
        return RcloneControl(OwnServer(_rcd(config), rc_client, node), node)
    return open_rclone(config, node)


def open_rclone(config: Config, node: str = "") -> RcloneUpload:
    """Return the rclone of the config, of which nothing is left running when it is used no more.

    It uploads for a node, if one is given.
    """
    uploads, rc = config.uploads, _rc_of(config)
    if rc not in {"", OWN_RC}:
        verify = trusted(uploads.rclone.rc_ca_file, "uploads.rclone.rc_ca_file")
        return RcloneControl(GivenServer(rc, partial(rc_client, verify=verify)), node)
    settings = RcloneSettings(
        binary=find_program(uploads.rclone.binary),
        config=uploads.rclone.config,
        bwlimit=uploads.bwlimit,
        node=node,
    )
    return Rclone(settings)


def _rc_of(config: Config) -> str:
    rc = config.uploads.rclone.rc
    return rc.get_secret_value() if rc else ""


def _rcd(config: Config) -> list[str]:
    """Return the program of an own `rclone rcd`, and its flags."""
    uploads = config.uploads
    flags = ["--ask-password=false", "--drive-stop-on-upload-limit"]
    flags += ["--config", uploads.rclone.config] if uploads.rclone.config else []
    flags += ["--bwlimit", uploads.bwlimit] if uploads.bwlimit else []
    return [find_program(uploads.rclone.binary), *flags]


def open_folder_uploader(config: Config) -> FolderUploader | None:
    """Return the cloudplow of the config, not started; None when it does not upload."""
    uploads = config.uploads
    if uploads.mode != "cloudplow":
        return None
    folders = {
        name: CloudplowFolder(library.local, library.remote or "")
        for name, library in config.libraries.items()
        if library.local
    }
    settings = CloudplowSettings(find_program(uploads.cloudplow.binary), uploads.cloudplow.config)
    return Cloudplow(settings, folders, _is_uploading)


def open_folder_uploads(
    config: Config, program: FolderUploader | None, state: State, clock: Callable[[], int]
) -> FolderUploads | None:
    """Return what starts the program that uploads whole folders, None without one."""
    if program is None:
        return None
    local = [name for name, library in config.libraries.items() if library.local]
    return FolderUploads(program, config.uploads.cloudplow.start, local, state, allowance(config), clock)


def daily_limit(config: Config) -> int:
    """Return how many bytes this node may send in 24 hours.

    0: any number, or another program sends.
    """
    return (config.uploads.limit or 0) if config.uploads.sends else 0


def allowance(config: Config) -> Allowance:
    """Return when uploads may run, and how much they may send."""
    window = config.uploads.window

    def opens_at(now: int) -> int:
        if window is None:
            return now
        local = datetime.fromtimestamp(now / 1000).astimezone()
        wait = until_open(local.hour * 60 + local.minute, window)
        return now + wait * _MINUTE_MS - (now % _MINUTE_MS if wait else 0)

    return Allowance(opens_at=opens_at, daily=daily_limit(config))


def _is_uploading(folder: str) -> bool:
    return any(uploads_from(line, folder) for line in running_programs())


def find_program(name: str) -> str:
    """Return the path of a program: on PATH, or beside this Python."""
    beside = os.path.join(os.path.dirname(sys.executable), name)
    return beside if shutil.which(name) is None and os.access(beside, os.X_OK) else name

"""The adapters of rclone: a process for each upload, or one rclone by its remote control."""

from mesharr.uploads.rclone.adapter import Rclone, RcloneSettings
from mesharr.uploads.rclone.flow import RcloneUpload
from mesharr.uploads.rclone.remote_control import RcloneControl
from mesharr.uploads.rclone.server import GivenServer, OwnServer

__all__ = ["GivenServer", "OwnServer", "Rclone", "RcloneControl", "RcloneSettings", "RcloneUpload"]

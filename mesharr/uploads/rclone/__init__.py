"""The adapter of rclone: each upload is one process."""

from mesharr.uploads.rclone.adapter import Rclone, RcloneSettings

__all__ = ["Rclone", "RcloneSettings"]

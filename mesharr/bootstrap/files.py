"""Open the disk, and the files of the libraries of the config."""

import httpx

from mesharr.disk.child import ChildDisk, Disk
from mesharr.disk.library import ANCHOR, LibraryDisk, LibraryPaths, MountMemory
from mesharr.disk.mount_rc import MountRc
from mesharr.disk.mounts import mount_of, read_mountinfo
from mesharr.disk.rclone_rc import rc_client
from mesharr.log import mesh
from mesharr.settings.certificates import trusted
from mesharr.settings.definition import Secret
from mesharr.settings.models import Config


def open_disk(deadline: float = 30.0) -> Disk:
    """Return the disk for whatever may be on a mount; a hang blocks a child process only.

    No call takes longer than `deadline` seconds.
    """
    return ChildDisk(deadline)


def open_library(
    config: Config, name: str, mesh_id: str, disk: Disk, memory: MountMemory | None = None
) -> LibraryDisk:
    """Return the files of a library; its anchor has to name the library and this mesh."""
    library = config.libraries[name]

    def check_anchor(content: bytes) -> None:
        mesh.check_anchor(content, mesh_id, name)

    places = LibraryPaths(
        path=library.path,
        cloud=library.cloud,
        local=library.local or "",
        copy_links=config.uploads.copy_links,
    )
    rc = _mount_rc(config, name, disk)
    return LibraryDisk(name, places, disk, check_anchor, read_mountinfo, rc, memory)


def anchor_confirmed(config: Config, name: str, size: int, disk: Disk) -> bool:
    """Return whether a library's anchor is known to be on the drive, not only in a cache."""
    cloud = config.libraries[name].cloud
    if not mount_of(disk.realpath(cloud), read_mountinfo()).fstype.startswith("fuse."):
        return True
    control = _mount_rc(config, name, disk)
    return control is not None and control.stored(ANCHOR, size)


def _mount_rc(config: Config, name: str, disk: Disk) -> MountRc | None:
    """Return the remote control of a library's mount: its own, or the store's."""
    library = config.libraries[name]
    if library.rc is not None:
        return MountRc(open_rc(library.rc, library.rc_ca_file), library.cloud, disk)
    if config.store.rc is not None:
        client = open_rc(config.store.rc, config.store.rc_ca_file)
        return MountRc(client, library.cloud, disk, beside=config.store.path)
    return None


def open_rc(url: Secret, ca_file: str) -> httpx.Client:
    """Return the HTTP client of a mount's remote control; `ca_file` is its `rc_ca_file`."""
    return rc_client(url.get_secret_value(), verify=trusted(ca_file, "rc_ca_file"))

"""The setup of one node, opened for the doctor to read."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from mesharr.disk.child import Disk
from mesharr.disk.mounts import Mount
from mesharr.node.model import AppLink, Library
from mesharr.node.status.model import Report
from mesharr.notify.base import NotifierSettings
from mesharr.scanners.base import Scanner
from mesharr.settings.models import Config
from mesharr.state.state import State
from mesharr.uploads.base import FolderUploader


class NodeSetup(msgspec.Struct, frozen=True, kw_only=True):
    """A node's config and state, and access to its apps, media servers and files."""

    config: Config
    state: State
    disk: Disk
    report: Report
    """What `mesharr status` reports."""
    libraries: Mapping[str, Library]
    """The libraries of mesharr.yml, by name."""
    apps: Mapping[str, AppLink]
    """The apps of mesharr.yml, by name."""
    scanners: Mapping[str, Scanner]
    """The media servers of mesharr.yml, by name."""
    connection_problem: Callable[[str], str]
    """Returns what is wrong with mesharr's connection in an app, by its name; "" for nothing."""
    check_peers_visible: Callable[[], str]
    """Returns why peers' files show up late on the store's mount, ""; raises `Refused` if they never do."""
    rclone_remotes: Callable[[], frozenset[str]]
    """Returns the names of the remotes in rclone's config."""
    read_remote: Callable[[str, int], bytes | None]
    """Returns the first bytes of a file as rclone reads it, None when there is none."""
    remote_has_hash: Callable[[str], bool] = lambda _target: True
    """Returns whether the remote of a target has a hash of its files."""
    folder_uploader: FolderUploader | None = None
    """The program that uploads whole folders, where mesharr starts it."""
    open_notifier: Callable[[NotifierSettings], object]
    """Opens a notifier without sending anything; raises `Refused` when it can never work."""
    programs: Sequence[Sequence[str]]
    """The command lines of the programs that run here."""
    mountinfo: str
    """The text of /proc/self/mountinfo."""
    mounted_here: Callable[[Mount], bool]
    """Returns whether a mount was made by a program that runs here: made anew by it, it shows up here."""
    in_container: bool
    """Whether mesharr runs in a container: later mounts of the host show up only where they propagate."""

"""What the doctor looks at: one node, opened for reading."""

from collections.abc import Callable, Mapping

import msgspec

from mesharr.config import Config
from mesharr.disk.child import Disk
from mesharr.node.model import AppLink, Library
from mesharr.node.status.model import Report
from mesharr.scanners.base import Scanner
from mesharr.state.state import State


class House(msgspec.Struct, frozen=True, kw_only=True):
    """A node's config and state, and the ways to its arrs, servers and files.

    `report` is what `status` says. `lacking` answers for an app: the triggers that mesharr's connection in
    it has switched off, None without a connection. `hears` says what keeps the store's mount from showing
    the peers' files in time, "" for nothing (it raises `Refused` when they would never be seen), `remotes`
    which of some rclone remotes rclone knows. `in_container`: what is mounted on the host later is seen
    here only where it is passed on.
    """

    config: Config
    state: State
    disk: Disk
    report: Report
    libraries: Mapping[str, Library]
    apps: Mapping[str, AppLink]
    scanners: Mapping[str, Scanner]
    lacking: Callable[[str], tuple[str, ...] | None]
    hears: Callable[[], str]
    remotes: Callable[[], frozenset[str]]
    mountinfo: str
    in_container: bool

"""Check the store and the libraries: mounts, anchors, container binds."""

import re
from collections.abc import Iterator

from mesharr.core.errors import Refused
from mesharr.disk.mounts import is_remote, mount_of, propagates_mounts
from mesharr.doctor.check_result import CheckResult
from mesharr.doctor.node_setup import NodeSetup
from mesharr.node.status.model import Availability
from mesharr.node.status.outages import DISK

_RSLAVE = "bind its parent folder with rslave (in compose: /mnt:/mnt:rslave)"


def store(setup: NodeSetup) -> Iterator[CheckResult]:
    """Check the store, and whether its mount shows the peers' files in time."""
    down = {each.subject: each for each in setup.report.down}
    if DISK in down:
        yield CheckResult("config directory", "wrong", down[DISK].why, down=True)
    yield _result("store", setup.report.store, f"{setup.config.store.path} is available", "store" in down)
    try:
        late = setup.check_peers_visible()
    except Refused as refused:
        yield CheckResult("store", "wrong", refused.what, refused.fix)
    else:
        if late:
            yield CheckResult("store", "note", late)


def libraries(setup: NodeSetup) -> Iterator[CheckResult]:
    """Check each library's folders."""
    down = {each.subject for each in setup.report.down}
    for name, answer in setup.report.libraries.items():
        library, subject = setup.config.libraries[name], f"library {name}"
        good = f"{library.cloud} is its folder on the drive, with the right anchor"
        yield _result(subject, answer, good, f"library:{name}" in down)
        if library.local and library.path == library.cloud:
            yield CheckResult(
                subject,
                "note",
                f"path and cloud are one folder: files in {library.local} are invisible until their upload",
                "set path to the union of both, as your app and the media servers use it",
            )


def _result(subject: str, answer: Availability, good: str, down: bool) -> CheckResult:
    if answer.available:
        return CheckResult(subject, "good", good)
    why = re.sub(rf"^{re.escape(subject)}( is)? unavailable: ", "", answer.why)
    return CheckResult(subject, "wrong", f"unavailable: {why}", down=down)


def mounts(setup: NodeSetup) -> Iterator[CheckResult]:
    """Find the mounts in a container that would stay empty after the host mounts them again.

    What a program in the container itself mounts shows up there whatever is bound.
    """
    if not setup.in_container:
        return
    config, info = setup.config, setup.mountinfo
    folders = [path for library in config.libraries.values() for path in (library.cloud, library.path)]
    remote = [path for path in (config.store.path, *folders) if is_remote(mount_of(path, info))]
    hidden = [mount_of(path, info) for path in remote if not propagates_mounts(path, info)]
    points = dict.fromkeys(mount.point for mount in hidden if not setup.mounted_here(mount))
    if points:
        what = f"when the host mounts it again, this container does not see it: {', '.join(points)}"
        yield CheckResult("container", "wrong", what, _RSLAVE)
    elif hidden:
        yield CheckResult("container", "good", "the programs that mount the drive run in this container")
    elif remote:
        yield CheckResult("container", "good", "when the host mounts the drive again, this container sees it")

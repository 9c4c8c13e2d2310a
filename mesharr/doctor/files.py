"""Check the store and the libraries: mounts, anchors, container binds."""

import re
from collections.abc import Iterator

from mesharr.core.errors import Refused, Unavailable
from mesharr.disk.mounts import Mount, is_remote, mount_of, point_of, propagates_mounts
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
    if answer.available and answer.why:
        return CheckResult(subject, "note", answer.why, "mesharr goes on without it, as far as that goes")
    if answer.available:
        return CheckResult(subject, "good", good)
    why = re.sub(rf"^{re.escape(subject)}( is)? unavailable: ", "", answer.why)
    return CheckResult(subject, "wrong", f"unavailable: {why}", down=down)


def mounts(setup: NodeSetup) -> Iterator[CheckResult]:
    """Find the mounts of the host that a container does not see once the host made them again.

    What a program in the container itself mounts shows up there whatever is bound.
    """
    if not setup.in_container:
        return
    points = _drive_mounts(setup)
    private = [point for point in points if not propagates_mounts(point, setup.mountinfo)]
    hidden = [point for point in private if not setup.mounted_here(points[point])]
    down = [point for point in hidden if not _answers(setup, points[point])]
    if down:
        what = (
            f"it is down, and this container would not see it if the host mounted it again: {', '.join(down)}"
        )
        yield CheckResult("container", "wrong", what, f"{_RSLAVE}; until then start the container after it")
    elif hidden:
        what = f"when the host mounts it again, this container does not see it: {', '.join(hidden)}"
        yield CheckResult("container", "wrong", what, _RSLAVE)
    elif private:
        yield CheckResult("container", "good", "the programs that mount the drive run in this container")
    elif points:
        yield CheckResult("container", "good", "when the host mounts the drive again, this container sees it")


def _drive_mounts(setup: NodeSetup) -> dict[str, Mount]:
    """Return by its point each mount that store and libraries are on, or were on when last seen.

    In the place of one that is missing is what its point is on.
    """
    known = {setup.config.store.path: setup.state.store.get().storage}
    for name, library in setup.config.libraries.items():
        known |= {library.path: "", library.cloud: setup.state.libraries.mount(name)}
    found = {path: mount_of(path, setup.mountinfo) for path in known}
    points = {
        path: mount.point if is_remote(mount) else point_of(known[path]) for path, mount in found.items()
    }
    return {point: found[path] for path, point in points.items() if point}


def _answers(setup: NodeSetup, mount: Mount) -> bool:
    """Return whether a mount of the drive is there and answers."""
    try:
        return is_remote(mount) and setup.disk.stat(mount.point) is not None
    except Unavailable:
        return False

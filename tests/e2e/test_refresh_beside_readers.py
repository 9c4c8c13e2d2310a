"""A refresh while another program looks at the same file: the kernel still has what that program was told."""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from mesharr.disk.child import ChildDisk
from mesharr.disk.library import ANCHOR, LibraryDisk, LibraryPaths
from mesharr.disk.mount_rc import MountRc
from mesharr.disk.mounts import read_mountinfo
from mesharr.disk.rclone_rc import rc_client
from tests.support.mounts import Served, mount, need_mounts, serve, union, until

pytestmark = pytest.mark.mount

FILM = "Film (2021)/Film (2021).mkv"


@dataclass
class View:
    """One household's view of a cloud, and the paths by which another program looks at its files."""

    cloud: Served
    library: LibraryDisk
    roots: tuple[Path, ...]

    def put(self, size: int) -> None:
        self.cloud.put(f"Movies/{FILM}", os.urandom(size))

    def remove(self) -> None:
        self.cloud.drop("Movies/Film (2021)")

    def look(self) -> None:
        """Look at the film as a media server does: the kernel keeps the answer for `attr-timeout`."""
        for root in self.roots:
            (root / FILM).stat()


def open_view(stack: ExitStack, kind: str, folder: Path, *flags: str) -> View:
    """Mount a cloud of this kind with one film of 5000 bytes, below a union."""
    cloud = stack.enter_context(serve(kind, folder / "store"))
    (cloud.folder / "Movies").mkdir(parents=True)
    (cloud.folder / "Movies" / ANCHOR).write_bytes(b"anchor")
    remote = stack.enter_context(mount(cloud, folder / "remote", flags=flags))
    merged = stack.enter_context(union(folder / "union", folder / "local", remote.point))
    disk = ChildDisk(deadline=20)
    stack.callback(disk.close)
    client = stack.enter_context(rc_client(remote.rc))
    places = LibraryPaths(f"{merged.point}/Movies", f"{remote.point}/Movies", f"{folder}/local/Movies")
    control = MountRc(client, places.cloud, disk)
    library = LibraryDisk("movies", places, disk, lambda _: None, read_mountinfo, control)
    return View(cloud, library, (remote.point / "Movies", merged.point / "Movies"))


@pytest.fixture(params=["webdav", "s3"])
def view(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[View]:
    need_mounts()
    with ExitStack() as stack:
        yield open_view(stack, request.param, tmp_path)


def seen(view: View) -> dict[str, int | None]:
    """Return the size of the film in each way in which the library is asked."""
    library = view.library
    return {
        "cloud": library.cloud_sizes([FILM])[FILM],
        "merged": library.sizes([FILM])[FILM],
        "drive": library.sizes_on_drive((FILM,))[FILM],
    }


def removed(view: View, _run: int) -> int | None:
    view.remove()
    return None


def replaced(view: View, run: int) -> int | None:
    view.put(6_000 + run)
    return 6_000 + run


def wrong_answers(view: View, change: Callable[[View, int], int | None], runs: int) -> list[object]:
    """Change the film `runs` times while another program looks; return what was seen and is not so."""
    wrong: list[object] = []
    for run in range(runs):
        view.put(5_000)
        before = seen(view)
        view.look()
        expected = change(view, run)
        after = seen(view)
        wrong += [(run, before)] * (set(before.values()) != {5_000})
        wrong += [(run, expected, after)] * (set(after.values()) != {expected})
    return wrong


@pytest.mark.parametrize("change", [removed, replaced])
def test_what_is_gone_or_replaced_is_seen_at_once_beside_another_reader(
    view: View, change: Callable[[View, int], int | None]
) -> None:
    assert wrong_answers(view, change, 4) == []


@pytest.mark.campaign
def test_a_file_that_went_and_came_again_is_never_on_the_drive_with_its_old_size(view: View) -> None:
    for run in range(4):
        view.put(5_000)
        until(lambda: view.library.sizes_on_drive((FILM,))[FILM] == 5_000, "the mount shows the first film")
        view.look()
        view.remove()
        assert view.library.sizes_on_drive((FILM,))[FILM] is None
        view.put(7_000 + run)
        until(lambda: answers(view) == 7_000 + run, "the mount shows the second film")  # noqa: B023 - called here


def answers(view: View) -> int | None:
    """Return the size on the drive, which is not that of the film before."""
    size = view.library.sizes_on_drive((FILM,))[FILM]
    assert size != 5_000
    return size


@pytest.mark.campaign
@pytest.mark.parametrize("change", [removed, replaced])
def test_fifty_changes_beside_a_reader_that_never_rests(
    view: View, change: Callable[[View, int], int | None]
) -> None:
    stopped = threading.Event()

    def read() -> None:
        while not stopped.wait(0.002):
            with contextlib.suppress(OSError):
                view.look()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert wrong_answers(view, change, 50) == []
    finally:
        stopped.set()
        reader.join()

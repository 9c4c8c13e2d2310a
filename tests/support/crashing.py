"""A node that dies at a chosen moment, and a drive whose mounts are late.

A *point* is a moment before or after something a process does to the world: a call on the store, a
commit, an upload, a request that writes to the arr, an unlink. `Points` counts those that differ, and at the
chosen one it raises `Crash`, as a power cut would: nothing of the process runs any more. A point before
something is the point after what was done last: it counts only where that was no point.
"""

import contextlib
import os
import shutil
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec
import pytest

from mesharr.disk.child import Disk, LocalDisk
from mesharr.state.db import Database
from mesharr.uploads.base import Occupied, Progress, Uploaded, Uploader
from tests.support.household import MOVIES, Clock, CopyUploader, Household, LibrarySetup, LockedDatabase

EACH = int(os.environ.get("MESHARR_CRASH_EACH", "0"))
"""When it is set, one point in so many is died at in every test; 1 takes many minutes."""
PATIENCE_S = 7200 if EACH else 600
"""How long such a test may take."""
UNLINKS = frozenset({"unlink", "unlink_same"})
WRITES = UNLINKS | {"create", "create_atomic", "mkdir", "rmdir_empty", "move_new"}
"""The operations of a disk that change something."""


class Crash(BaseException):
    """The process is dead."""


class Points:
    """Counts points while `armed`, and dies at the point number `die_at` (0: never).

    `watch` is called at every point: what must hold all the time is looked at there. `names` are the points
    at which the world is not as it was at the point before.
    """

    def __init__(self) -> None:
        self.armed = False
        self.dead = False
        self.die_at = 0
        self.names: list[str] = []
        self.watch: Callable[[], None] = lambda: None
        self._is_other_world = True

    def meanwhile(self) -> None:
        """Note that somebody may have done something since the last point."""
        self._is_other_world = True

    def at(self, name: str) -> None:
        """Pass a point."""
        if self.dead:
            raise Crash(name)
        if not self.armed:
            return
        self.watch()
        if name.startswith("before") and not self._is_other_world:
            return
        self._is_other_world = False
        self.names.append(name)
        if len(self.names) == self.die_at:
            self.dead = True
            raise Crash(name)


def crash_points(*, each: int, campaign: int) -> pytest.MarkDecorator:
    """Run a test with `each` (one point in so many is died at), and as a campaign with a smaller one.

    `each` is a multiple of `campaign`, so that the campaign has its points, too.
    """
    assert each % campaign == 0
    few = pytest.param(each, marks=pytest.mark.sample, id="some points")
    deep = pytest.param(campaign, marks=pytest.mark.campaign, id="campaign")
    return pytest.mark.parametrize("each", [few, deep])


Lives = Callable[[Path, int], tuple[Sequence[str], list[str]]]
"""Lives through a scenario below a folder and dies at the point of a number (0: at none).

Returns the names of the points that were passed, and what is wrong at the end.
"""


def faults_of_crashes(live: Lives, folder: Path, what: str, each: int) -> list[str]:
    """Live through a scenario once without a crash, then once for one point in `each`; return what is wrong.

    `what` names the scenario and decides which points are chosen; `MESHARR_CRASH_EACH` comes before `each`.
    """
    names, wrong = live(folder / "0", 0)
    if wrong:
        return wrong
    each = EACH or each
    chosen = list(enumerate(names, 1))[zlib.crc32(what.encode()) % min(each, len(names)) :: each]
    for number, name in chosen:
        _, faults = live(folder / str(number), number)
        wrong += [f"{number} {name}: {text}" for text in faults]
        shutil.rmtree(folder / str(number))
    print(f"\n{what}: died at {len(chosen)} of {len(names)} points")
    return wrong


class Mount:
    """A household's mount of the drive: a file that came by another way is seen `late` seconds after."""

    def __init__(self, drive: Path, clock: Clock, late: float) -> None:
        self.drive = drive
        self.clock = clock
        self.late = late
        self.seen: dict[str, int] = {}

    def arrived(self, path: str) -> None:
        """A file came onto the drive, now."""
        self.seen.setdefault(path, self.clock.ms + int(self.late * 1000))

    def shows(self, path: str) -> bool:
        """Return whether the mount lists a path of the drive."""
        return self.seen.get(path, 0) <= self.clock.ms

    @contextlib.contextmanager
    def scandir(self, folder: str) -> Iterator[Iterator["os.DirEntry[str]"]]:
        """List a folder as the mount shows it."""
        with os.scandir(folder) as entries:
            yield iter([entry for entry in entries if self.shows(entry.path)])


class CrashDisk(LocalDisk):
    """A disk with a late mount in it, and with points. `merged` shows `local` over `cloud`."""

    def __init__(self, points: Points, mount: Mount, merged: str = "", local: str = "") -> None:
        self._points = points
        self._mount = mount
        self._merged = merged
        self._local = local

    def _call(self, operation: str, *arguments: Any) -> Any:
        where = str(arguments[0])
        is_counted = operation in UNLINKS | {"move_new"} or (
            "/.mesharr/" in where and operation != "realpath"
        )
        name = f"{operation} {where.rpartition('/')[2]}"
        if is_counted:
            self._points.at(f"before {name}")
        if operation == "sizes_below":
            return [self._size(path) for path in arguments[1]]
        value = super()._call(operation, *arguments)
        if operation in WRITES:
            self._points.meanwhile()
            if is_counted:
                self._points.at(f"after {name}")
        return value

    def _size(self, path: str) -> int | None:
        if self._merged and path.startswith(f"{self._merged}/"):
            rest = path[len(self._merged) :]
            local, cloud = self._local + rest, f"{self._mount.drive}/{os.path.basename(self._merged)}{rest}"
            return os.path.getsize(local) if os.path.isfile(local) else self._size(cloud)
        shown = os.path.isfile(path) and self._mount.shows(path)
        return os.path.getsize(path) if shown else None


class CrashDatabase(LockedDatabase):
    """A database with a point before and after each commit."""

    def __init__(self, path: str, points: Points) -> None:
        self._points = points
        super().__init__(path)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        with self._lock:
            outermost, changes = self._depth == 0, self._connection.total_changes
            with super().transaction():
                yield
                if outermost:
                    self._points.at("before commit")
            if outermost and self._connection.total_changes != changes:
                self._points.at("after commit")


class CrashUploader(CopyUploader):
    """An uploader with a point before and after each file; it goes past every mount."""

    def __init__(self, drive: Path, points: Points, mounts: list[Mount]) -> None:
        super().__init__(drive)
        self._points = points
        self._mounts = mounts

    def upload(
        self, source: str, target: str, report: Callable[[Progress], None], *, replaces: bool = False
    ) -> Uploaded:
        self._points.at(f"before upload {target}")
        done = super().upload(source, target, report, replaces=replaces)
        for mount in self._mounts:
            mount.arrived(str(self.drive / target.partition(":")[2]))
        self._points.at(f"after upload {target}")
        return done


class TwinUploader(CrashUploader):
    """An uploader to a drive that allows several files of one name, of which mounts show the first.

    It does not see at the beginning of an upload what came there meanwhile. `twins` has its own files that
    lie beside another one, by target; with `keeps_twins` none is taken back, with `lists_late` the first is
    not listed right after its upload. So many `further` files of their name and content has each that is
    uploaded.
    """

    def __init__(self, drive: Path, points: Points, mounts: list[Mount]) -> None:
        super().__init__(drive, points, mounts)
        self.twins: dict[str, bytes] = {}
        self.keeps_twins = False
        self.lists_late = False
        self.further = 0

    def upload(
        self, source: str, target: str, report: Callable[[Progress], None], *, replaces: bool = False
    ) -> Uploaded:
        first = super().find(target)
        own = Path(source).read_bytes()
        if target not in self.sent and first and first.size != len(own):
            self._points.at(f"before upload {target}")
            self.twins[target] = own
            self.sent.append(target)
            self._points.at(f"after upload {target}")
            if self.lists_late:
                return Uploaded(len(own))
        if target in self.twins and first:
            raise Occupied(target, first.size, is_twin=True)
        done = super().upload(source, target, report, replaces=replaces)
        return msgspec.structs.replace(done, further=self.further)

    def find(self, target: str) -> Uploaded | None:
        if target in self.twins:
            return Uploaded(len(self.twins[target]), sent=False, further=1)
        return super().find(target)

    def take_back(self, target: str, size: int) -> bool:
        if self.keeps_twins or len(self.twins.get(target, b"")) != size:
            return False
        self._points.at(f"before taking back {target}")
        del self.twins[target]
        self._points.at(f"after taking back {target}")
        return True


class Mortal(Household):
    """A household whose node can die. `lost` counts the webhooks that found nobody."""

    def __init__(self, name: str, root: Path, clock: Clock, late: float, **changes: Any) -> None:
        self.points = Points()
        self.mount = Mount(root / "drive", clock, late)
        self.mounts = [self.mount]
        self.lost = 0
        super().__init__(name, root, root / "drive", clock, **changes)
        for arr in self.arrs.values():
            cast(Any, arr).library.scandir = self.scandir

    def make_disk(self) -> Disk:
        return CrashDisk(self.points, self.mount)

    def make_database(self) -> Database:
        return CrashDatabase(str(self.dir / "mesharr.db"), self.points)

    def make_uploader(self) -> Uploader:
        return CrashUploader(self.drive, self.points, self.mounts)

    def scandir(self, folder: str) -> contextlib.AbstractContextManager[Iterator["os.DirEntry[str]"]]:
        """List a folder as the arr sees it."""
        return self.mount.scandir(folder)

    def _webhook(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        self.points.meanwhile()
        try:
            if not self.points.dead:
                return super()._webhook(url, body, headers)
        except Crash:
            pass
        self.lost += 1
        raise httpx.ConnectError("nobody is there")

    def answer(self, url: str, request: httpx.Request) -> httpx.Response:
        writes = url.removeprefix("http://") in self.arrs and request.method != "GET"
        if writes:
            self.points.at(f"before {request.method} {request.url.path}")
        answer = super().answer(url, request)
        if writes or self.points.dead:
            self.points.at(f"after {request.method} {request.url.path}")
        return answer

    def is_due(self) -> bool:
        """A dead node is started again at once."""
        return self.points.dead or super().is_due()

    def tick(self) -> None:
        """Let the running time go on; who dies of that is started again."""
        with contextlib.suppress(Crash):
            super().tick()
        if self.points.dead:
            self.once()

    def once(self, *, compare: bool = False) -> None:
        """One pass; a node that died is started again, and lives for ever after."""
        with contextlib.suppress(Crash):
            if not self.points.dead:
                super().once(compare=compare)
        if self.points.dead:
            self.points.dead = self.points.armed = False
            self.restart()
            super().once(compare=compare)


class Uploading(Mortal):
    """A mortal household with a local branch, a union over it and the drive, and one library.

    `mode` is its `uploads.mode`; with "none" `other_moves` is the program that uploads.
    """

    def __init__(
        self,
        name: str,
        root: Path,
        clock: Clock,
        late: float,
        *,
        setup: LibrarySetup = MOVIES,
        mode: str = "move",
        **changes: Any,
    ) -> None:
        self.mode = mode
        self.local = root / name / "local"
        library = {
            "path": str(root / name / "merged" / setup.library),
            "root": str(root / name / "merged" / setup.library),
            "cloud": str(root / "drive" / setup.library),
            "local": str(self.local / setup.library),
            "remote": f"remote:{setup.library}",
        }
        more = {"libraries": {setup.library: library}, "uploads": {"mode": mode}}
        super().__init__(name, root, clock, late, setups=(setup,), **more, **changes)

    def make_library(self, library: str) -> Path:
        # what the arr writes into the union lands on its local branch
        (self.local / library).mkdir(parents=True)
        (self.dir / "merged").symlink_to(self.local)
        return self.dir / "merged" / library

    def make_disk(self) -> Disk:
        return CrashDisk(self.points, self.mount, str(self.library), str(self.local / self.library.name))

    def other_moves(self) -> None:
        """Move what is on the local branch to the drive, as another program does."""
        for path in sorted(self.local.rglob("*.mkv")):
            place = self.drive / path.relative_to(self.local)
            place.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, place)
            for mount in self.mounts:
                mount.arrived(str(place))
            path.unlink()
        self.points.meanwhile()

    def size(self, path: str) -> int | None:
        """Return the size of a file in the union, None when the union does not show it."""
        disk = CrashDisk(Points(), self.mount, str(self.library), str(self.local / self.library.name))
        return disk.sizes_below(str(self.library), [str(self.library / path)])[0]

    @contextlib.contextmanager
    def scandir(self, folder: str) -> Iterator[Iterator["os.DirEntry[str]"]]:
        """List a folder of the union as the arr sees it."""
        found: dict[str, os.DirEntry[str]] = {}
        cloud = str(self.drive / self.library.name) + folder.removeprefix(str(self.library))
        if os.path.isdir(cloud):
            with self.mount.scandir(cloud) as entries:
                found.update((entry.name, entry) for entry in entries)
        if os.path.isdir(folder):
            with os.scandir(folder) as own:
                found.update((entry.name, entry) for entry in own)
        yield iter(found.values())

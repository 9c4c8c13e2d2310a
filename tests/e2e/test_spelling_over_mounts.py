"""Names over real rclone mounts and mergerfs: other spellings, and names that no local disk takes."""

import os
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mesharr.core.paths import same_key, stem_of
from mesharr.disk.child import ChildDisk, Disk
from mesharr.log import mesh
from mesharr.uploads.base import Progress, Uploaded, Uploader
from tests.arrs.sonarr.app import SimulatedSonarr
from tests.support.household import (
    MESH,
    MOVIES,
    Clock,
    CopyUploader,
    Household,
    LibrarySetup,
    import_on,
    settle,
)
from tests.support.library_setups import TV
from tests.support.mounts import Mounted, Served, mount, need_mounts, serve, union, until

pytestmark = [pytest.mark.mount, pytest.mark.campaign]

FOLDER = "Film 7 (2007)"
DECOMPOSED = unicodedata.normalize("NFD", "Amélie.mkv")
COMPOSED = unicodedata.normalize("NFC", DECOMPOSED)
EXACT = ("--no-unicode-normalization",)
FOLDING = ("--vfs-case-insensitive",)
LONG = "x" * 296 + ".mkv"


class MountedHousehold(Household):
    """A household whose drive is its own mount; with a union, its app imports to a local branch."""

    def __init__(
        self,
        folder: Path,
        mounted: Mounted,
        clock: Clock,
        cloud: Served,
        merged: Path | None,
        setup: LibrarySetup = MOVIES,
    ) -> None:
        self._merged = merged
        self._disk = ChildDisk()
        self._cloud = cloud
        name = setup.library
        library = {"cloud": f"{mounted.point}/{name}", "rc": mounted.rc}
        if merged is not None:
            library |= {"local": f"{folder}/local/{name}", "remote": f"cloud:{name}"}
        super().__init__(
            mounted.point.name,
            folder / "config",
            mounted.point,
            clock,
            (setup,),
            store={"path": f"{mounted.point}/.mesharr", "rc": mounted.rc},
            libraries={name: library},
            uploads={"mode": "move" if merged else "none"},
        )

    def make_library(self, library: str) -> Path:
        return (self._merged or self.drive) / library

    def make_disk(self) -> Disk:
        return self._disk

    def make_uploader(self) -> Uploader:
        return PutUploader(self._cloud)

    def close(self) -> None:
        """End what it started."""
        self.state.db.close()
        self._disk.close()

    @property
    def path(self) -> str:
        """The path of film 7 as its app lists it, "" without a file."""
        file, movie = self.radarr.file(7), self.radarr.movie(7)
        return f"{movie.path}/{file.relative_path}".removeprefix(f"{self.library}/") if file else ""


class PutUploader(CopyUploader):
    """Uploads through the cloud's own interface: what a cloud in memory holds is on no disk."""

    def __init__(self, cloud: Served) -> None:
        super().__init__(cloud.folder)
        self._cloud = cloud

    def upload(
        self, source: str, target: str, report: Callable[[Progress], None], *, replaces: bool = False
    ) -> Uploaded:
        content = Path(source).read_bytes()
        self._cloud.put(target.partition(":")[2], content)
        report(Progress(len(content), len(content), len(content)))
        return Uploaded(len(content))


def made_cloud(stack: ExitStack, folder: Path, kind: str, backend: str = "") -> Served:
    """Serve a cloud with a mesh and two libraries."""
    cloud = stack.enter_context(serve(kind, folder / "cloud", backend=backend, flags=EXACT))
    for name in (".mesharr/events", ".mesharr/archive"):
        cloud.put(f"{name}/.keep", b"a bucket has no empty folders")
    made = mesh.encode(mesh.Mesh(name="home", id=MESH, made="2026-11-22T18:00:00Z"))
    cloud.put(".mesharr/mesh.json", made)
    for library in ("movies", "tv"):
        cloud.put(f"{library}/.mesharr-anchor", mesh.anchor(MESH, library))
    return cloud


class Pair:
    """Alice imports, under a union if `united`; Bob has a mount of the same cloud, with its own flags."""

    def __init__(
        self,
        stack: ExitStack,
        folder: Path,
        clock: Clock,
        cloud: Served,
        *flags: tuple[str, ...],
        united: bool = True,
        setup: LibrarySetup = MOVIES,
    ) -> None:
        self.clock = clock
        self.cloud = cloud
        alices, bobs = (
            stack.enter_context(mount(cloud, folder / name, flags=each))
            for name, each in zip(("alice", "bob"), flags, strict=True)
        )
        merged = folder / "union" if united else None
        if merged is not None:
            stack.enter_context(union(merged, folder / "local", alices.point))
        self.alice = MountedHousehold(folder, alices, clock, cloud, merged, setup)
        self.bob = MountedHousehold(folder, bobs, clock, cloud, None, setup)
        for house, peer in ((self.alice, self.bob), (self.bob, self.alice)):
            stack.callback(house.close)
            house.trust(peer)
        settle(clock, self.alice, self.bob, seconds=60, steps=6)

    def settle(self) -> None:
        """Let both go on until Bob lists the film as Alice does."""

        def follows() -> bool:
            settle(self.clock, self.alice, self.bob, seconds=120, steps=4)
            return self.bob.path == self.alice.path

        until(follows, "bob lists the film as alice does", 40.0)

    def rename(self, name: str) -> None:
        """Rename the film's file in Alice's app, and have both compare all they have."""
        self.alice.radarr.rename(7, name)
        self.settle()
        assert self.bob.path.endswith(f"/{name}")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    need_mounts()
    with ExitStack() as opened:
        yield opened


def _rest(pair: Pair) -> None:
    """Check that no comparison of the next days publishes or deletes anything, and that Bob has the film."""
    published = pair.alice.events()
    for _ in range(2):
        for house in (pair.alice, pair.bob):
            house.radarr.daily_refresh()
            house.engine.nightly.step(pair.clock())
        settle(pair.clock, pair.alice, pair.bob, seconds=26 * 3600, steps=8)
    assert (pair.alice.events(), pair.bob.events()) == (published, [])
    assert pair.bob.radarr.deleted_media == pair.alice.radarr.deleted_media == []
    assert pair.bob.shows(7) == (False, True)
    assert pair.alice.waits() == pair.bob.waits() == {}


def _rename_folder(pair: Pair, name: str) -> None:
    alice, folder = pair.alice, pair.alice.library / name
    os.rename(alice.radarr.movie(7).path, folder)
    alice.radarr.edit(7, path=str(folder))
    alice.engine.nightly.step(pair.clock())
    pair.settle()
    assert pair.bob.path.startswith(f"{name}/")


@pytest.mark.parametrize("kind", ["webdav", "s3"])
def test_a_spelling_is_followed_and_never_sent_back(
    stack: ExitStack, tmp_path: Path, clock: Clock, kind: str
) -> None:
    pair = Pair(stack, tmp_path, clock, made_cloud(stack, tmp_path, kind), EXACT, EXACT)
    import_on(clock, pair.alice, pair.bob)
    for name in ("Film 7 imax.mkv", "Film 7 IMAX.mkv", DECOMPOSED, COMPOSED):
        pair.rename(name)
        assert os.listdir(pair.cloud.folder / "movies" / FOLDER) == [name]
    for name in (FOLDER.upper(), FOLDER, *(f"{stem_of(name)} (2007)" for name in (DECOMPOSED, COMPOSED))):
        _rename_folder(pair, name)
    _rest(pair)
    assert (pair.cloud.folder / "movies" / name / COMPOSED).stat().st_size == 4096


def test_a_mount_that_does_not_tell_spellings_apart_follows_them_and_nothing_goes_round(
    stack: ExitStack, tmp_path: Path, clock: Clock
) -> None:
    pair = Pair(stack, tmp_path, clock, made_cloud(stack, tmp_path, "webdav"), (), FOLDING)
    import_on(clock, pair.alice, pair.bob)
    for name in ("Film 7 imax.mkv", "Film 7 IMAX.mkv"):
        pair.rename(name)
    for name in (DECOMPOSED, COMPOSED):  # a mount that takes both for one name renames nothing on the drive
        pair.alice.radarr.rename(7, name)
        settle(clock, pair.alice, pair.bob, seconds=3600)
        assert same_key(pair.bob.path) == same_key(f"{FOLDER}/{name}")
    _rest(pair)


@pytest.mark.parametrize("kind", ["webdav", "s3"])
def test_a_name_of_300_bytes_travels(stack: ExitStack, tmp_path: Path, clock: Clock, kind: str) -> None:
    cloud = made_cloud(stack, tmp_path, kind, ":memory:")
    cloud.put(f"movies/{FOLDER}/{FOLDER}.mkv", b"x" * 4096)
    pair = Pair(stack, tmp_path, clock, cloud, (), (), united=False)  # a union has a local disk's limit
    pair.alice.radarr.add(7)
    pair.settle()
    assert pair.bob.path == f"{FOLDER}/{FOLDER}.mkv"
    pair.rename(LONG)
    pair.rename("Film 7.mkv")
    _rest(pair)


def _episodes(house: Household) -> dict[int, tuple[str, int]]:
    """The name and size of each episode's file, by number."""
    sonarr = house.arrs["sonarr"]
    assert isinstance(sonarr, SimulatedSonarr)
    if not sonarr.library.by_tvdb(1):
        return {}
    found = ((number, sonarr.file(1, 1, number)) for number in (1, 2))
    return {number: (file.relative_path, file.size) for number, file in found if file}


@pytest.mark.parametrize("kind", ["webdav", "s3"])
def test_two_episodes_that_exchange_their_names_are_followed(
    stack: ExitStack, tmp_path: Path, clock: Clock, kind: str
) -> None:
    pair = Pair(stack, tmp_path, clock, made_cloud(stack, tmp_path, kind), (), (), setup=TV)
    sonarr = pair.alice.arrs["sonarr"]
    assert isinstance(sonarr, SimulatedSonarr)

    def follows() -> bool:
        settle(clock, pair.alice, pair.bob, seconds=120, steps=4)
        return _episodes(pair.bob) == _episodes(pair.alice)

    sonarr.add(1)
    sonarr.run_commands()
    for number in (1, 2):
        sonarr.download(1, 1, number, size=1111 * number)
    until(follows, "bob lists both episodes", 40.0)
    (one, _), (other, _) = _episodes(pair.alice)[1], _episodes(pair.alice)[2]
    for number, name in ((1, f"{one}.temporary.mkv"), (2, one), (1, other)):
        sonarr.rename(1, 1, number, name)
    assert _episodes(pair.alice) == {1: (other, 1111), 2: (one, 2222)}
    until(follows, "bob lists them by their new names", 40.0)
    settle(clock, pair.alice, pair.bob, seconds=2 * 3600, steps=12)
    stored = {path.name: path.stat().st_size for path in (pair.cloud.folder / "tv").rglob("*.mkv")}
    assert stored == {Path(other).name: 1111, Path(one).name: 2222}
    assert pair.bob.events() == []
    assert pair.alice.waits() == pair.bob.waits() == {}

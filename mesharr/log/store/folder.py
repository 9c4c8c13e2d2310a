"""The store: the `.mesharr` folder on the shared drive, as a few whole-file operations.

A file is written once, by its stream's owner, under its final name. How it is written, and when it may
be called *confirmed* (in the store by a witness other than the listing of our own mount), is what tells
the stores apart; every deadline is the `Disk`'s.
"""

from collections.abc import Callable
from typing import Final, Protocol

from mesharr.core.errors import Refused, Rejected, Unavailable
from mesharr.disk.child import Disk, Exists, Missing
from mesharr.log import layout, mesh
from mesharr.log.chain import MAX_FILE
from mesharr.log.layout import ARCHIVE, EVENTS, MESH

NO_MESH: Final = (
    "start the mount of the shared drive, or correct store.path; "
    "if nobody made the mesh yet, one person does, once: mesharr init --new-mesh NAME"
)
"""What a person does about a folder without a `mesh.json`."""


class Occupied(Rejected):
    """Other bytes lie under the name: torn by a dying mount, or garbage. Write the range with a higher k."""


class Store(Protocol):
    """The shared folder of a mesh. Paths (`where`) are `layout`'s, relative to its root.

    Every method raises `Unavailable` when the store does not answer in time, and `Refused` when a link
    in it leads elsewhere.
    """

    def tails(self) -> list[str]:
        """Return the names in `events`, of whatever form. One listing."""
        ...

    def streams(self) -> list[str]:
        """Return the names in `archive`, of whatever form. One listing."""
        ...

    def segments(self, stream: str) -> list[str]:
        """Return the names in the folder of a stream's segments; [] when there is none. One listing."""
        ...

    def read(self, where: str) -> bytes:
        """Return a tail or segment; `Rejected` when above 4 MiB, `Missing` when it is not there, or when it
        alone cannot be read.
        """
        ...

    def write(self, where: str, content: bytes) -> bool:
        """Put a tail or segment there, once; return whether it is confirmed.

        Writing the same bytes again is a success, so a writer may repeat itself after a crash; raises
        `Occupied` when other bytes are there, which are never replaced.
        """
        ...

    def is_confirmed(self, where: str, size: int) -> bool:
        """Return whether a witness other than my own mount's listing shows `mesh.json`, a tail or a segment
        there, with its size. False says nothing: it may be on its way, or there is no witness.
        """
        ...

    def queued_uploads(self) -> frozenset[str]:
        """Return what of the store waits in its mount's own upload queue, as far as that can be asked."""
        ...

    def delete(self, where: str) -> None:
        """Remove a tail or segment; one that is not there is fine."""
        ...

    def mesh(self) -> bytes:
        """Return the bytes of `mesh.json`; `Missing` when it is not there."""
        ...

    def check_available(self) -> None:
        """Return when the store answers; raise `Unavailable("store unavailable: …")` or `Refused`."""
        ...

    def create(self, mesh_json: bytes) -> bool:
        """Make the store of a new mesh; return whether it is confirmed. `Refused` when there is one."""
        ...


def no_guard() -> None:
    """Guard nothing: for a directory that is there whenever the machine is."""


def no_refresh(folder: str) -> None:
    """Refresh nothing: for listings that are true by themselves."""
    del folder


class _Folder:
    """What the stores share that lie in a folder; `_put` is where they differ."""

    def __init__(
        self,
        root: str,
        disk: Disk,
        guard: Callable[[], None] = no_guard,
        refresh: Callable[[str], object] = no_refresh,
    ) -> None:
        """Take the store's absolute path, a guard that raises when it must not be touched now, and what
        makes a mount look at a folder of the store again before it is listed.

        A path that is a bare mount point looks like an empty folder: the guard is to know better, from
        the list of mounts, before anything is made there.
        """
        self._refresh: Final = refresh
        self._root: Final = root.rstrip("/") or "/"
        self._disk: Final = disk
        self._guard: Final = guard
        self._inside: Final[set[str]] = set()

    def tails(self) -> list[str]:
        return self._listed(EVENTS)

    def streams(self) -> list[str]:
        return self._listed(ARCHIVE)

    def segments(self, stream: str) -> list[str]:
        if layout.parse_stream(stream) is None:
            raise Rejected(f"not a stream: {stream[:80]!r}")
        return self._listed(layout.segment_folder(stream))

    def read(self, where: str) -> bytes:
        place = self._place(where)
        try:
            content = self._disk.read(place, MAX_FILE)
        except Missing:
            raise
        except Unavailable as error:
            # What its owner deleted fails like a dead drive while an old listing still names it; and a link
            # or a folder that somebody put there must not make the whole store look dead.
            self.mesh()
            raise Missing(f"{where} is listed and cannot be read: {error.what}") from error
        if len(content) > MAX_FILE:
            raise Rejected(f"{where} is larger than {MAX_FILE} bytes")
        return content

    def write(self, where: str, content: bytes) -> bool:
        path = self._place(where)
        try:
            return self._put(path, content)
        except Exists:
            return self._same(where, content)
        except Missing:
            self._make_folders(where)
        try:
            return self._put(self._place(where), content)
        except Exists:
            return self._same(where, content)

    def is_confirmed(self, where: str, size: int) -> bool:
        path = f"{self._root}/{MESH}" if where == MESH else self._place(where)
        return self._confirms_what_lies_there() and self._disk.sizes([path]) == [size]

    def queued_uploads(self) -> frozenset[str]:
        return frozenset()

    def delete(self, where: str) -> None:
        self._disk.unlink(self._place(where))

    def mesh(self) -> bytes:
        try:
            return self._disk.read(f"{self._root}/{MESH}", mesh.MAX_CONTENT)
        except Missing as error:
            raise Missing(f"No such file: {self._root}/{MESH}", NO_MESH) from error

    def check_available(self) -> None:
        self._inside.clear()
        self._guard()
        try:
            mesh.decode(self.mesh())
        except (Unavailable, Rejected) as error:
            raise Unavailable(f"store unavailable: {error.what}", error.fix) from error
        self._check_inside(EVENTS)
        self._check_inside(ARCHIVE)

    def create(self, mesh_json: bytes) -> bool:
        mesh.decode(mesh_json)
        self._guard()
        self._disk.mkdir(self._root)
        try:
            self.mesh()
        except Missing:
            pass
        else:
            raise self._mesh_exists()
        # mesh.json comes last: whoever sees it may trust that the folders were made
        self._disk.mkdir(f"{self._root}/{EVENTS}")
        self._disk.mkdir(f"{self._root}/{ARCHIVE}")
        try:
            return self._put(f"{self._root}/{MESH}", mesh_json)
        except Exists as error:
            raise self._mesh_exists() from error

    def _put(self, path: str, content: bytes) -> bool:
        raise AssertionError(f"{type(self).__name__} does not say how it writes {path}, {len(content)} bytes")

    def _confirms_what_lies_there(self) -> bool:
        raise AssertionError(f"{type(self).__name__} does not say what its own listing proves")

    def _mesh_exists(self) -> Refused:
        return Refused(
            f"{self._root}/{MESH} exists: there is a mesh already",
            "leave --new-mesh away to join it, or choose another store.path",
        )

    def _same(self, where: str, content: bytes) -> bool:
        try:
            same = self.read(where) == content
        except Rejected:
            same = False
        if not same:
            raise Occupied(f"other content lies at {where}")
        return self._confirms_what_lies_there()

    def _listed(self, folder: str) -> list[str]:
        self._check_inside(folder)
        self._refresh(folder)
        try:
            return self._disk.listdir(f"{self._root}/{folder}")
        except Missing:
            # a bucket has no empty folders; but a store that went away must not look empty
            self.check_available()
            return []

    def _place(self, where: str) -> str:
        if layout.parse_path(where) is None:
            raise Rejected(f"not the path of a tail or segment: {where[:200]!r}")
        self._check_inside(where.rpartition("/")[0])
        return f"{self._root}/{where}"

    def _check_inside(self, folder: str) -> None:
        """Raise `Refused` when a link at or above the folder leads elsewhere; asked once between `alive`s."""
        if folder in self._inside:
            return
        real = self._disk.realpath(self._root)
        if self._disk.realpath(f"{self._root}/{folder}") != f"{real.rstrip('/')}/{folder}":
            raise Refused(f"{folder} in the store is a link", f"put a folder in place of {folder}")
        self._inside.add(folder)

    def _make_folders(self, where: str) -> None:
        """Make the folders above `where`, in a store that is proven to be one."""
        self.check_available()
        made = self._root
        for part in where.split("/")[:-1]:
            made = f"{made}/{part}"
            self._disk.mkdir(made)


class DirectoryStore(_Folder):
    """A store on a local disk, on NFS, or in a folder that a program like Syncthing carries over."""

    def _put(self, path: str, content: bytes) -> bool:
        self._disk.create_atomic(path, content)
        return True

    def _confirms_what_lies_there(self) -> bool:
        return True


class MountStore(_Folder):
    """A store on an rclone mount. Renaming there loses files silently, so a name is final from the start.

    `close()` confirms only on a mount known to run with `--vfs-cache-mode off`, which `off_mode` says;
    on any other the mount shows the file from `close()` on, also while its upload fails for ever.
    """

    def __init__(
        self,
        root: str,
        disk: Disk,
        guard: Callable[[], None] = no_guard,
        refresh: Callable[[str], object] = no_refresh,
        *,
        off_mode: bool = False,
    ) -> None:
        """Take what the other stores take, and whether the mount caches no writes."""
        super().__init__(root, disk, guard, refresh)
        self._off_mode: Final = off_mode

    def _put(self, path: str, content: bytes) -> bool:
        self._disk.create(path, content)
        return self._off_mode

    def _confirms_what_lies_there(self) -> bool:
        return self._off_mode

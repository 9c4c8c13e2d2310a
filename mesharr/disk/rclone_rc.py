"""Control an rclone mount through its HTTP API (`--rc`).

It refreshes folders of the mount, and lists and uploads files past the mount's cache.

A mount answers from its cached listing until `--dir-cache-time` runs out, so a peer's new file does not exist
for it; `vfs/refresh` costs one list request and makes the listing true. `operations/*` go past the mount to
the drive itself: a file they list is on the drive, and a file they wrote is stored.
"""

import posixpath
import re
import ssl
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeVar

import httpx
import msgspec

from mesharr.bounded_http import BoundedClient
from mesharr.core.answers import decoded, failure_text, tls_failure
from mesharr.core.errors import Refused, Unavailable
from mesharr.core.paths import folder_of, same_key
from mesharr.core.secrets import Scrubber, secrets_sent

_NOT_FOUND = ("does not exist", "not a directory", "not found")
_SOCKET = re.compile(r"unix://(?:(?P<login>[^/@]*)@)?(?P<path>/.+)")
_TIMEOUT = httpx.Timeout(60.0, connect=5.0)
_SHORT = httpx.Timeout(5.0)
_WHOLE = httpx.Timeout(600.0, connect=5.0)
"""For a listing of a whole library: the answer comes when the drive has listed every folder."""
# a connection kept from before the mount was restarted would fail the first call after it
_LIMITS = httpx.Limits(max_keepalive_connections=0)
_SUBJECT = "the mount's remote control"
_FIX = "start that mount with --rc, or correct its rc in mesharr.yml"
Value = TypeVar("Value")


class RcUnavailable(Unavailable):
    """The remote control itself does not answer.

    The mount may be well: the caller goes on without remote control.
    """


class _Refreshed(msgspec.Struct, frozen=True):
    result: dict[str, str] = {}


class _Failed(msgspec.Struct, frozen=True):
    error: str = ""


class _Listed(msgspec.Struct, frozen=True):
    vfses: list[str]


class DriveEntry(msgspec.Struct, frozen=True, rename="pascal"):
    """A file or folder as the drive itself lists it."""

    size: int
    """Bytes; -1 for a folder."""
    is_dir: bool = False
    name: str = ""


class _Entries(msgspec.Struct, frozen=True):
    list: tuple[DriveEntry, ...] = ()


class _Found(msgspec.Struct, frozen=True):
    item: DriveEntry | None = None


class _Waiting(msgspec.Struct, frozen=True):
    name: str


class _Queue(msgspec.Struct, frozen=True):
    queue: list[_Waiting] = []


class _Empty(msgspec.Struct, frozen=True):
    pass


def rc_client(
    url: str, transport: httpx.BaseTransport | None = None, verify: ssl.SSLContext | bool = True
) -> httpx.Client:
    """Return a client for a remote control; user and password of the URL go into a header.

    The URL is `http://…`, `https://…` whose certificate `verify` accepts, or `unix:///path` for a socket.
    Raises `Refused` for any other.
    """
    socket = _SOCKET.fullmatch(url)
    try:
        parsed = httpx.URL(f"http://{socket['login'] or ''}@rclone/" if socket else url)
    except httpx.InvalidURL as error:
        raise Refused("the url of a remote control cannot be read", "correct `rc`") from error
    if socket and transport is None:
        transport = httpx.HTTPTransport(uds=socket["path"], limits=_LIMITS)
    login = bool(parsed.username or parsed.password)
    auth = httpx.BasicAuth(parsed.username, parsed.password) if login else None
    bare = parsed.copy_with(username="", password="")
    return BoundedClient(
        base_url=bare, auth=auth, timeout=_TIMEOUT, limits=_LIMITS, transport=transport, verify=verify
    )


class RemoteControl:
    """The remote control of one rclone process.

    Every call raises `RcUnavailable` when the process does not answer or does not know the command, and
    `Unavailable` with rclone's message when the drive fails. `vfs` names a mount of the process (`gdrive:`).
    """

    def __init__(self, client: httpx.Client) -> None:
        self._client: Final = client

    def ping(self) -> None:
        """Return when the process answers within seconds."""
        self._post("rc/noop", _Empty, timeout=_SHORT)

    def mounts(self) -> list[str]:
        """Return the names of the file systems it has mounted (`gdrive:Media`)."""
        return self._post("vfs/list", _Listed, timeout=_SHORT).vfses

    def refresh(self, folder: str, vfs: str = "", *, below: bool = False) -> bool:
        """Read one folder of the mount again; return False when the mount does not know the folder.

        With `below` also every folder in it: one request where the drive lists recursively, else rclone asks
        for several folders at a time.
        """
        # the root of the mount is refreshed by naming no folder: `"dir": ""` is one that does not exist
        body = ({"dir": folder} if folder else {}) | ({"fs": vfs} if vfs else {})
        body |= {"recursive": "true"} if below else {}
        answer = self._post("vfs/refresh", _Refreshed, timeout=_WHOLE if below else _TIMEOUT, json=body)
        outcome = answer.result.get(folder, "no result for it")
        # the status is 200 whatever the outcome is
        if outcome == "OK":
            return True
        if any(word in outcome for word in _NOT_FOUND):
            return False
        raise Unavailable(
            f"the mount could not refresh {folder or 'its root'}: {Scrubber(()).scrub(outcome)[:300]}"
        )

    def refresh_with_parents(self, folder: str, vfs: str = "", *, below: bool = False) -> bool:
        """Refresh a folder, after its parents when the mount does not know the folder yet.

        Returns False when the drive has no such folder.
        """
        if self.refresh(folder, vfs, below=below):
            return True
        parent = folder.rpartition("/")[0]
        known = bool(folder) and self.refresh_with_parents(parent, vfs)
        return known and self.refresh(folder, vfs, below=below)

    def stat(self, vfs: str, where: str) -> DriveEntry | None:
        """Return what the drive lists at a path, None when nothing. One request."""
        return self._post("operations/stat", _Found, json={"fs": vfs, "remote": where}).item

    def files(self, vfs: str, folder: str) -> tuple[DriveEntry, ...]:
        """Return the files that the drive lists in a folder, none without it."""
        sent = {
            "fs": vfs,
            "remote": folder,
            "opt": {"filesOnly": True, "noModTime": True, "noMimeType": True},
        }
        try:
            return self._post("operations/list", _Entries, json=sent).list
        except RcUnavailable:
            raise
        except Unavailable as error:
            if any(word in error.what for word in _NOT_FOUND):
                return ()
            raise

    def upload(self, vfs: str, where: str, content: bytes) -> None:
        """Write a file to the drive, replacing what is there; it is stored when this returns."""
        folder, _, name = where.rpartition("/")
        files = {"file0": (name, content, "application/octet-stream")}
        self._post("operations/uploadfile", _Empty, params={"fs": vfs, "remote": folder}, files=files)

    def queue(self, vfs: str) -> list[str]:
        """Return the paths of the files in the mount's upload queue."""
        listed = self._post("vfs/queue", _Queue, timeout=_SHORT, json={"fs": vfs})
        return [each.name for each in listed.queue]

    def supports_polling(self, vfs: str) -> bool:
        """Return whether the mount learns of changes on the drive by polling it (`--poll-interval`)."""
        try:
            self._post("vfs/poll-interval", _Empty, timeout=_SHORT, json={"fs": vfs})
        except RcUnavailable:
            raise
        except Unavailable as error:
            if "not supported" in error.what:
                return False
            raise
        return True

    def _post(
        self, command: str, shape: type[Value], *, timeout: httpx.Timeout = _TIMEOUT, **sent: object
    ) -> Value:
        try:
            answer = self._client.post(command, timeout=timeout, **sent)  # type: ignore[arg-type]  # json, params, files
        except httpx.TimeoutException as error:
            raise RcUnavailable(f"{_SUBJECT} did not answer in time", _FIX) from error
        except httpx.HTTPError as error:
            if refused := tls_failure(_SUBJECT, error, url="rc", ca_file="rc_ca_file"):
                raise RcUnavailable(*refused) from error
            why = failure_text(error, *secrets_sent(error.request.headers))
            raise RcUnavailable(f"{_SUBJECT} cannot be reached: {why}", _FIX) from error
        if answer.status_code in {401, 403}:
            raise RcUnavailable(f"{_SUBJECT} refuses user and password", "correct its rc in mesharr.yml")
        return _answered(answer, shape)


def _answered(answer: httpx.Response, shape: type[Value]) -> Value:
    try:
        if answer.is_success:
            return decoded(answer.content, shape)
        why = decoded(answer.content, _Failed).error
    except msgspec.MsgspecError as error:
        raise RcUnavailable(
            f"{_SUBJECT} answered {answer.status_code} with something else",
            "check that rc is the --rc-addr of the mount",
        ) from error
    # the process has another mount now, or none, or is an older rclone
    of_no_use = "no VFS found" in why or "couldn't find method" in why
    kind = RcUnavailable if of_no_use else Unavailable
    raise kind(f"{_SUBJECT} answered {answer.status_code}: {Scrubber(()).scrub(why)[:300]}")


class VfsRefresh:
    """Refreshes folders of one library in one mount. Every call may be repeated."""

    def __init__(self, client: httpx.Client, prefix: str, vfs: str = "") -> None:
        """Take the library's folder inside the mount, "" for its root.

        `vfs` is the name of the mount where the process has several.
        """
        self._control = RemoteControl(client)
        self._prefix = prefix.strip("/")
        self._vfs = vfs

    def refresh(self, folder: str, *, below: bool = False) -> bool:
        """Read a library folder ("" for its root) again; return False when the drive has none.

        For a folder that the mount does not know yet, its parents are refreshed from the deepest known one
        on. With `below` every folder in it is read again, too. Raises `Unavailable` when the mount or its
        backend fails.
        """
        return self._control.refresh_with_parents(self._within(folder), self._vfs, below=below)

    def listed(self, sizes: Mapping[str, int]) -> frozenset[str]:
        """Return which library files, given with their sizes (bytes), the drive itself lists so.

        All of them also when the process has several mounts and none of them was named. It costs one
        request for each folder.
        """
        mounts = [self._vfs] if self._vfs else self._control.mounts()
        if len(mounts) != 1:
            return frozenset(sizes)
        folders = defaultdict(list)
        for path in sizes:
            folders[folder_of(path)].append(path)
        return frozenset(
            path
            for folder, paths in folders.items()
            for path, size in self._drive_sizes(mounts[0], folder, paths)
            if size == sizes[path]
        )

    def _drive_sizes(self, vfs: str, folder: str, paths: Sequence[str]) -> Iterator[tuple[str, int]]:
        """Yield what the drive lists of files in one folder: a lone one is asked for by its name."""
        if len(paths) == 1:
            if found := self._control.stat(vfs, self._within(paths[0])):
                yield paths[0], found.size
            return
        wanted = {same_key(posixpath.basename(path)): path for path in paths}
        for entry in self._control.files(vfs, self._within(folder)):
            if path := wanted.get(same_key(entry.name)):
                yield path, entry.size

    def _within(self, path: str) -> str:
        return "/".join(part for part in (self._prefix, path.strip("/")) if part)

"""The port to a media server, or to a program that scans for one.

A scanner file has a module-level `KIND` of type `ScannerKind`; its place in this package is its registration.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import takewhile
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Any, Protocol, runtime_checkable

import httpx
import msgspec

from mesharr.bounded_http import other_program_at, redirect_target
from mesharr.core.answers import failure_text, redirect_fix, tls_failure, words_of
from mesharr.core.errors import AppRefused, KeyRefused, Refused, Unavailable
from mesharr.core.paths import at, parts_below
from mesharr.core.secrets import secrets_sent
from mesharr.settings.definition import Checked, Settings, setting

_URL = re.compile(r"https?://[^\s/]+(/\S*)?")
_NO_WINDOWS_NAME = re.compile(r'[\\:*?"<>|]|[ .]$|^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)', re.IGNORECASE)
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|[A-Za-z]:$|\\\\")


def is_windows_path(text: str) -> bool:
    r"""Return whether a path is one of Windows: `D:\Movies`, or `\\nas\media` on the network."""
    return _WINDOWS.match(text) is not None


def _server_folder(text: str) -> str:
    windows = is_windows_path(text)
    if not windows and not text.startswith("/"):
        raise ValueError(r"must be an absolute path as the server sees it, such as /data/Movies or D:\Movies")
    if ".." in re.split(r"[\\/]" if windows else "/", text) or any(ord(char) < 32 for char in text):
        raise ValueError("must not contain .. or control characters")
    return str(PureWindowsPath(text)) if windows else re.sub("/+", "/", text).rstrip("/") or "/"


def _server_url(text: str) -> str:
    if not _URL.fullmatch(text):
        raise ValueError("must be a URL such as http://host:port")
    return text


ServerFolder = Annotated[str, Checked(_server_folder)]
"""A folder as a media server sees it, which may run on Windows."""
ServerUrl = Annotated[str, Checked(_server_url)]
URL_DESCRIPTION = "its address; what follows of it in a browser (`/web`, `/emby`) may be part of it"


class ScannerSettings(Settings):
    """The settings that every entry under `scanners:` has."""

    kind: str = setting(description="the kind of program")
    name: str = setting(default="", description="what distinguishes two of one kind")
    url: ServerUrl = setting(description=URL_DESCRIPTION)
    ca_file: str = setting(
        default="", description="certificates (PEM) to trust for https beside the known authorities"
    )
    paths: dict[str, ServerFolder] = setting(
        default_factory=dict,
        description="the root of each library as the server sees it (default: the library's `scan`)",
    )
    only: tuple[str, ...] = setting(default=(), description="the libraries it scans (default: all)")
    again_after: str = setting(
        default="",
        description="after which time (6m) a scan is requested again, for a mount that lists files late",
    )
    pause: str = setting(
        default="5s", description="how long after a request for a scan the next one may follow; 0s: at once"
    )


class Scanner(Protocol):
    """One running scanner.

    Every method raises `Unavailable` when it does not answer, `Refused` when the user must change something.
    """

    def scan(self, folder: str) -> None:
        """Request the scan of a folder (absolute, as the server sees it).

        The scan is queued after the call; nothing reports its end. Raises `Refused` when no library of the
        server has the folder, where the server lists its libraries.
        """
        ...

    def scan_many(self, folders: Sequence[str]) -> None:
        """Request the scans of up to `ScannerKind.batch` folders.

        It is one request where that is more than one.
        After `Refused` none of them may be queued: the caller requests each by itself, to find which it is.
        """
        ...

    def check_available(self) -> None:
        """Return when the scanner answers and accepts the credentials."""
        ...


@runtime_checkable
class FileScanner(Scanner, Protocol):
    """A scanner that is told of a file in the folder, where there is one."""

    def scan_file(self, folder: str, name: str) -> None:
        """Request the scan of a folder; `name` is a media file in it, "" when it has none."""
        ...


class SectionTrash(msgspec.Struct, frozen=True):
    """What a section (library) of a media server still lists although it did not find the files."""

    key: str
    """The server's id of the section."""
    title: str
    locations: tuple[str, ...]
    """The folders of the section, as the server sees them."""
    is_scanned: bool = False
    """Whether the server scans the section at this moment: then `files` are not known."""
    files: Mapping[str, int | None] = {}
    """The files of the items in its trash with their sizes, as the server saw them."""
    unnamed: tuple[str, ...] = ()
    """The titles of items in its trash of which the server names no file."""


@runtime_checkable
class TrashScanner(Scanner, Protocol):
    """A scanner that keeps items whose files it did not find, until its trash is emptied."""

    def trash_of(self, folders: Sequence[str]) -> list[SectionTrash]:
        """Return the trash of each section that has one of these folders, or a part of one."""
        ...

    def empty_trash(self, section: str) -> None:
        """Empty the trash of a section."""
        ...


class ScannerKind(msgspec.Struct, frozen=True):
    """The properties of a kind of scanner that need no request."""

    name: str
    """The `kind` of its entries under `scanners:`."""
    settings: type[ScannerSettings]
    """The model of such an entry."""
    connect: Callable[[httpx.Client, Any], Scanner]
    """Returns the scanner of such an entry; makes no request."""
    batch: int = 1
    """How many folders it takes in one request of `scan_many`."""


def base_url(settings: ScannerSettings, *pages: str) -> str:
    """Return the url of a server without what a browser shows behind it.

    `pages` are the first parts of such paths, as `/web` of `/web/index.html#!/home`.
    """
    url = settings.url.partition("#")[0].partition("?")[0].rstrip("/")
    for page in pages:
        head, found, rest = url.rpartition(page)
        if found and "//" in head and (not rest or rest.startswith("/")):
            url = head.rstrip("/")
    return url


def folder_at(root: str, path: str) -> str:
    """Return the absolute path of a library path ("": the library) as a server spells it.

    On Windows it ends before a name that Windows does not have, of which what mounts the drive makes another.
    """
    if is_windows_path(root):
        return str(PureWindowsPath(root, *takewhile(_is_windows_name, path.split("/"))))
    return at(root, path) if path else root


def _is_windows_name(part: str) -> bool:
    return _NO_WINDOWS_NAME.search(part) is None


def parts_under(root: str, path: str) -> Sequence[str] | None:
    """Return the parts of a server's path below a root, None when it is not below."""
    if is_windows_path(root) != is_windows_path(path):
        return None
    kind = PureWindowsPath if is_windows_path(root) else PurePosixPath
    return parts_below(kind(root).parts, kind(path).parts)


def path_below(folder: str, location: str) -> str | None:
    r"""Return a folder below a server's location as the server spells it, None outside of it.

    Windows servers have locations such as `D:\Movies`.
    """
    kind = PurePosixPath if location.startswith("/") else PureWindowsPath
    root = kind(location).parts
    rest = parts_below(root, kind(folder).parts)
    return None if rest is None else str(kind(*root, *rest))


def paths_below(folder: str, locations: Iterable[str]) -> dict[str, str]:
    """Return a folder as the server spells it, by each location that has it.

    Locations that are spelled otherwise count only where none is spelled as the folder is.
    """
    found = {each: path for each in locations if (path := path_below(folder, each)) is not None}
    as_given = {each: path for each, path in found.items() if path == folder}
    return as_given or found


def server_path(folder: str, locations: Iterable[str], title: str) -> str:
    """Return a folder in the spelling of a server that has these locations.

    Raises `Refused` when the folder is in none of them.
    """
    known = sorted(locations)
    if found := paths_below(folder, known):
        return next(iter(found.values()))
    raise Refused(
        f"no {title} library has {folder} (known: {', '.join(known) or 'none'})",
        "set `paths` of this scanner to the library's folder as that server sees it",
    )


LOGIN = "username and password"
"""What programs without a token log in with."""


def request(
    client: httpx.Client,
    title: str,
    method: str,
    url: str,
    *,
    base: str = "",
    named: str = "",
    login: str = "token",
    **kwargs: Any,
) -> httpx.Response:
    """Send one request and return a successful answer.

    Where it fails and `base` is given, the address of the program, the error says when another one answers.

    Raises `Refused` for 400, 401, 403, 404, a redirect and a certificate that is not accepted, `Unavailable`
    for all other failures, with what the server itself says. `named` stands for the path in both, where the
    path itself may be a secret; `login` is what its entry in mesharr.yml has to log in with.
    """
    path = httpx.URL(url).path  # the path alone: a url may carry a password
    hidden = [path] if named and path != "/" else []
    try:
        answer = client.request(method, url, **kwargs)
    except httpx.TimeoutException as error:
        raise Unavailable(f"{title} did not answer in time") from error
    except httpx.HTTPError as error:
        if failure := tls_failure(title, error):
            raise Refused(*failure) from error
        why = failure_text(error, *secrets_sent(error.request.headers), *hidden)
        raise Unavailable(f"{title} cannot be reached: {why}") from error
    if base and (answer.is_redirect or answer.status_code in {401, 403, 404}):
        check_program(client, base, title, answer)
    if answer.status_code in {401, 403}:
        raise KeyRefused(
            f"{title} refuses the {login} ({answer.status_code})", f"correct its {login} in mesharr.yml"
        )
    if answer.is_redirect:
        what = f"{title} redirects {named or path} ({answer.status_code})"
        target = redirect_target(answer)
        if hidden and target:
            origin = str(httpx.URL(target).copy_with(path="/")).rstrip("/")
            raise Refused(f"{what} to {origin}/***", f"begin its url with {origin}")
        raise Refused(*redirect_fix(what, path, target, "check its url"))
    said = words_of(answer.content, *secrets_sent(answer.request.headers), *hidden)
    why = f": {said}" if said else ""
    if answer.status_code in {400, 404}:
        raise Refused(
            f"{title} does not know {method} {named or path} ({answer.status_code}){why}", "check its url"
        )
    if not answer.is_success:
        raise Unavailable(f"{title} answered {answer.status_code}{why}")
    return answer


def check_program(client: httpx.Client, base: str, title: str, answer: httpx.Response) -> None:
    """Raise `AppRefused` where a program other than `title` names itself at an address."""
    if failure := other_program_at(client, base, title, answer):
        raise AppRefused(*failure)

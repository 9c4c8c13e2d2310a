"""The port to a media server, or to a program that scans for one.

A scanner file has a module-level `KIND` of type `ScannerKind`; its place in this package is its registration.
"""

from collections.abc import Callable, Iterable
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Protocol

import httpx
import msgspec
from pydantic import BaseModel, ConfigDict, Field

from mesharr.core.errors import Refused, Unavailable


class ScannerSettings(BaseModel):
    """The settings that every entry under `scanners:` has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    """The name of its `ScannerKind`."""
    name: str = ""
    url: str
    paths: dict[str, str] = Field(default_factory=dict)
    """The root of each library as the server sees it; the default is the library's `scan`."""
    only: tuple[str, ...] = ()
    """The libraries it scans; all when empty."""
    again_after: str = ""
    """After which time (6m) each scan is requested again, for a server whose mount lists files later."""


class Scanner(Protocol):
    """One running scanner.

    Both methods raise `Unavailable` when it does not answer, `Refused` when the user must change something.
    """

    def scan(self, folder: str) -> None:
        """Request the scan of a folder (absolute, as the server sees it).

        The scan is queued after the call; nothing reports its end. Raises `Refused` when no library of the
        server has the folder, where the server lists its libraries.
        """
        ...

    def check_available(self) -> None:
        """Return when the scanner answers and accepts the credentials."""
        ...


class ScannerKind(msgspec.Struct, frozen=True):
    """The properties of a kind of scanner that need no request."""

    name: str
    """The `kind` of its entries under `scanners:`."""
    settings: type[ScannerSettings]
    """The model of such an entry."""
    connect: Callable[[httpx.Client, Any], Scanner]
    """Returns the scanner of such an entry; makes no request."""


def path_below(folder: str, location: str) -> str | None:
    r"""Return a folder in the spelling of a server's location, None outside of it.

    Windows servers have locations such as `D:\Movies`, and ignore upper and lower case.
    """
    path = PurePosixPath(folder) if location.startswith("/") else PureWindowsPath(folder)
    return str(path) if path.is_relative_to(location) else None


def server_path(folder: str, locations: Iterable[str], title: str) -> str:
    """Return a folder in the spelling of a server that has these locations.

    Raises `Refused` when the folder is in none of them.
    """
    known = sorted(locations)
    for location in known:
        if (path := path_below(folder, location)) is not None:
            return path
    raise Refused(
        f"no {title} library has {folder} (known: {', '.join(known) or 'none'})",
        "set `paths` of this scanner to the library's folder as that server sees it",
    )


def request(client: httpx.Client, title: str, method: str, url: str, **kwargs: Any) -> httpx.Response:
    """Send one request and return a successful answer.

    Raises `Refused` for 400, 401, 403 and 404, `Unavailable` for all other failures.
    """
    try:
        answer = client.request(method, url, **kwargs)
    except httpx.TimeoutException as error:
        raise Unavailable(f"{title} did not answer in time") from error
    except httpx.HTTPError as error:
        raise Unavailable(f"{title} cannot be reached: {str(error) or type(error).__name__}") from error
    if answer.status_code in {401, 403}:
        raise Refused(
            f"{title} refuses the credentials ({answer.status_code})",
            "check token, username and password",
        )
    if answer.status_code in {400, 404} or answer.is_redirect:
        # the path alone: a url may carry a password
        raise Refused(
            f"{title} does not know {method} {httpx.URL(url).path} ({answer.status_code})", "check its url"
        )
    if not answer.is_success:
        raise Unavailable(f"{title} answered {answer.status_code}")
    return answer

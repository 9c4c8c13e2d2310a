"""The port to a media server or to what scans for one.

A scanner file holds a module-level `KIND` of type `ScannerKind`; its place in this package is its
registration. Its `settings` are a pydantic model for its entry under `scanners:`.
"""

from collections.abc import Callable, Iterable
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Protocol

import httpx
import msgspec
from pydantic import BaseModel, ConfigDict, Field

from mesharr.core.errors import Refused, Unavailable


class ScannerSettings(BaseModel):
    """What every scanner has: where it is, which libraries it sees, and under which paths.

    `paths` maps a library to its root as this server sees it (default: the library's `scan`); with
    `only`, other libraries are not told. With `again_after` (a duration, such as 6m) each folder is told
    once more that much later, for a server whose own mount shows a file later.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    name: str = ""
    url: str
    paths: dict[str, str] = Field(default_factory=dict)
    only: tuple[str, ...] = ()
    again_after: str = ""


class Scanner(Protocol):
    """One running scanner. Both methods raise `Unavailable` or `Refused`, and nothing else of their own."""

    def scan(self, folder: str) -> None:
        """Tell the scanner that a folder (absolute, as it sees it) changed."""
        ...

    def check_available(self) -> None:
        """Return when the scanner answers and accepts the credentials."""
        ...


class ScannerKind(msgspec.Struct, frozen=True):
    """What is known of a kind of scanner without talking to one."""

    name: str
    settings: type[ScannerSettings]
    connect: Callable[[httpx.Client, Any], Scanner]


def inside(folder: str, location: str) -> str | None:
    r"""Return a folder in the spelling of a server that has this location, None outside of it.

    Windows servers have locations such as `D:\Movies`, and know no difference between small and capital.
    """
    path = PurePosixPath(folder) if location.startswith("/") else PureWindowsPath(folder)
    return str(path) if path.is_relative_to(location) else None


def shown_at(folder: str, locations: Iterable[str], title: str) -> str:
    """Return a folder as a server with these locations spells it; raise `Refused` outside of all of them."""
    known = sorted(locations)
    for location in known:
        if (path := inside(folder, location)) is not None:
            return path
    raise Refused(
        f"no {title} library shows {folder} (known: {', '.join(known) or 'none'})",
        "set `paths` of this scanner to the library's folder as that server sees it",
    )


def request(client: httpx.Client, title: str, method: str, url: str, **kwargs: Any) -> httpx.Response:
    """Send one request; return the answer when it is a success.

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

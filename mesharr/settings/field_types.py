"""Define the types of settings: how each is written in mesharr.yml, and what it is then.

Durations are seconds, sizes bytes.
"""

import re
from typing import Annotated

from mesharr.scanners.base import is_windows_path
from mesharr.settings.definition import Checked, Secret, Written
from mesharr.settings.formats import value_formats as formats
from mesharr.settings.formats.bandwidth import bandwidth
from mesharr.settings.formats.cron import cron_line

_NODE = re.compile(r"[a-z0-9][a-z0-9-]{0,23}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_URL = re.compile(r"https?://[^\s/]+(/\S*)?")
OWN_RC = "own"
"""What stands for an `rclone rcd` that mesharr starts itself."""
_SOCKET = re.compile(r"unix://([^\s/]*@)?/\S+")


def _poll(value: float) -> float:
    if value < 1:
        raise ValueError("the smallest is 1s")
    return value


def node_name(text: str) -> str:
    """Return `text` when it may name a node; raise `ValueError` otherwise."""
    if not _NODE.fullmatch(text) or text.endswith("-"):
        raise ValueError("a node's name has only a-z, 0-9 and -, and at most 24 characters")
    return text


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("a name has only a-z, 0-9 and -, and at most 32 characters")
    return text


def _folder(text: str) -> str:
    if is_windows_path(text):
        raise ValueError("is a Windows path: write it as mesharr, which runs on Linux, sees it")
    if not text.startswith("/"):
        raise ValueError("must be an absolute path: it begins with /")
    if ".." in text.split("/") or any(ord(char) < 32 for char in text):
        raise ValueError("must not contain .. or control characters")
    return re.sub("/+", "/", text).rstrip("/") or "/"


def _root(text: str) -> str:
    if is_windows_path(text):
        raise ValueError(
            "is a Windows path, and mesharr needs an app that runs on Linux (also in Docker or WSL): "
            "its paths are compared with those of the other households"
        )
    return _folder(text)


def _remote(text: str) -> str:
    if ":" not in text or text.startswith(":"):
        raise ValueError("must be a remote and a path as rclone writes them, such as gdrive:Movies")
    return text.rstrip("/")


def _url(text: str) -> str:
    if not _URL.fullmatch(text):
        raise ValueError("must be a URL such as http://host:port")
    return text.rstrip("/")


def _rc_url(secret: Secret) -> Secret:
    url = secret.get_secret_value()
    if not _SOCKET.fullmatch(url):
        _url(url)
    return Secret(url.rstrip("/"))


def _own_or_url(secret: Secret) -> Secret:
    return secret if secret.get_secret_value() == OWN_RC else _rc_url(secret)


def _url_base(text: str) -> str:
    stripped = text.strip("/ ")
    return f"/{stripped}" if stripped else ""


Duration = Annotated[float, Written(formats.seconds, formats.duration_text, formats.DURATION_FORM)]
Poll = Annotated[Duration, Checked(_poll)]
Rate = Annotated[int, Written(formats.bytes_per_day, formats.rate_text, formats.RATE_FORM)]
Window = Annotated[tuple[int, int], Written(formats.window, formats.window_text, formats.WINDOW_FORM)]
Bandwidth = Annotated[str, Checked(bandwidth)]
Cron = Annotated[str, Written(cron_line)]
Address = Annotated[tuple[str, int], Written(formats.address, formats.address_text)]
NodeName = Annotated[str, Checked(node_name)]
Name = Annotated[str, Checked(_name)]
Folder = Annotated[str, Checked(_folder)]
Root = Annotated[str, Checked(_root)]
Remote = Annotated[str, Checked(_remote)]
Url = Annotated[str, Checked(_url)]
SecretUrl = Annotated[Secret, Checked(_rc_url)]
RcUrl = Annotated[Secret, Checked(_own_or_url)]
UrlBase = Annotated[str, Checked(_url_base)]

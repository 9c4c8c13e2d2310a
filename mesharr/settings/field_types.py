"""Define the types of settings: how each is written in mesharr.yml, and what it is then.

Durations are seconds, sizes bytes. Secrets are `SecretStr`: `get_secret_value()` is called where a request is
made, and nowhere else.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, SecretStr, WithJsonSchema

from mesharr.scanners.base import is_windows_path
from mesharr.settings import value_formats as formats
from mesharr.settings.bandwidth import bandwidth
from mesharr.settings.cron import cron_line

_NODE = re.compile(r"[a-z0-9][a-z0-9-]{0,23}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_URL = re.compile(r"https?://[^\s/]+(/\S*)?")
OWN_RC = "own"
"""What stands for an `rclone rcd` that mesharr starts itself."""
_SOCKET = re.compile(r"unix://([^\s/]*@)?/\S+")


def _form(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern})


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


def _rc_url(secret: SecretStr) -> SecretStr:
    url = secret.get_secret_value()
    if not _SOCKET.fullmatch(url):
        _url(url)
    return SecretStr(url.rstrip("/"))


def _own_or_url(secret: SecretStr) -> SecretStr:
    return secret if secret.get_secret_value() == OWN_RC else _rc_url(secret)


def _not_empty(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().strip():
        raise ValueError("is empty")
    return secret


def _url_base(text: str) -> str:
    stripped = text.strip("/ ")
    return f"/{stripped}" if stripped else ""


Duration = Annotated[
    float,
    BeforeValidator(formats.seconds),
    PlainSerializer(formats.duration_text),
    _form(formats.DURATION_FORM),
]
Poll = Annotated[Duration, AfterValidator(_poll)]
Rate = Annotated[
    int, BeforeValidator(formats.bytes_per_day), PlainSerializer(formats.rate_text), _form(formats.RATE_FORM)
]
Window = Annotated[
    tuple[int, int],
    BeforeValidator(formats.window),
    PlainSerializer(formats.window_text),
    _form(formats.WINDOW_FORM),
]
Bandwidth = Annotated[str, AfterValidator(bandwidth)]
Cron = Annotated[str, BeforeValidator(cron_line)]
Address = Annotated[
    tuple[str, int],
    BeforeValidator(formats.address),
    PlainSerializer(formats.address_text),
    WithJsonSchema({"type": "string"}),
]
NodeName = Annotated[str, AfterValidator(node_name)]
Name = Annotated[str, AfterValidator(_name)]
Folder = Annotated[str, AfterValidator(_folder)]
Root = Annotated[str, AfterValidator(_root)]
Remote = Annotated[str, AfterValidator(_remote)]
Url = Annotated[str, AfterValidator(_url)]
SecretUrl = Annotated[SecretStr, AfterValidator(_rc_url)]
RcUrl = Annotated[SecretStr, AfterValidator(_own_or_url)]
Secret = Annotated[SecretStr, AfterValidator(_not_empty)]
UrlBase = Annotated[str, AfterValidator(_url_base)]

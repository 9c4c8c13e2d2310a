"""What a node's config holds, as frozen models. Durations are seconds, sizes bytes, windows minutes.

A field's default is the one that the starter file names. Secrets are `SecretStr`: their text is
taken with `get_secret_value()` where a request is made, and nowhere else.
"""

import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SecretStr,
    SerializeAsAny,
    WithJsonSchema,
    create_model,
)

from mesharr.core.planning.limits import LIMIT_DEFAULTS
from mesharr.notify.base import NotifierSettings
from mesharr.scanners.base import ScannerSettings
from mesharr.settings import value_formats as formats
from mesharr.settings.cron import cron_line

_NODE = re.compile(r"[a-z0-9][a-z0-9-]{0,23}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_URL = re.compile(r"https?://[^\s/]+(/\S*)?")
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
        raise ValueError("a node's name is of a-z, 0-9 and -, and at most 24 long")
    return text


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("a name is of a-z, 0-9 and -, and at most 32 long")
    return text


def _folder(text: str) -> str:
    if not text.startswith("/"):
        raise ValueError("must be an absolute path: it begins with /")
    if ".." in text.split("/") or any(ord(char) < 32 for char in text):
        raise ValueError("must not contain .. or control characters")
    return re.sub("/+", "/", text).rstrip("/") or "/"


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
Remote = Annotated[str, AfterValidator(_remote)]
Url = Annotated[str, AfterValidator(_url)]
SecretUrl = Annotated[SecretStr, AfterValidator(_rc_url)]
Secret = Annotated[SecretStr, AfterValidator(_not_empty)]


class Model(BaseModel):
    """Base of all settings: unknown keys are errors, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class StoreSettings(Model):
    """The shared directory. `rc` is the remote control of the mount that `path` lies on."""

    path: Folder = Field(description="the .mesharr directory, on the rclone mount itself")
    poll: Poll = Field(default=30.0, description="how often the events of the peers are looked for")
    rc: SecretUrl | None = Field(default=None, description="remote control of that rclone mount")


class AppSettings(Model):
    """One arr. `kind` is filled in from the key when it is not named."""

    kind: str = Field(default="", description="radarr, sonarr, lidarr or readarr (default: the key)")
    url: Url
    api_key: Secret
    timeout: Poll = 30.0


class LibrarySettings(Model):
    """One library, as the arr (`root`), mesharr (`path`, `cloud`, `local`) and the servers (`scan`) see it.

    `app` is None for a library that is only scanned. `rc` None stands for the store's remote control
    when `cloud` lies on the same mount.
    """

    app: Name | None = None
    path: Folder = Field(description="the merged library, as mesharr sees it")
    root: Folder | None = Field(default=None, description="a root folder of the app, as the app sees it")
    cloud: Folder = Field(
        default_factory=lambda known: str(known["path"]),
        description="its branch on the drive, as mesharr sees it (default: path)",
    )
    rc: SecretUrl | None = None
    local: Folder | None = Field(default=None, description="where new files are before the upload")
    remote: Remote | None = Field(default=None, description="where rclone puts them, such as gdrive:Movies")
    scan: Folder = Field(
        default_factory=lambda known: str(known["root"] or known["path"]),
        description="as the media servers see it (default: root)",
    )
    quality_profile: str = Field(
        default="", description="taken when the name of the peer's profile is unknown here"
    )
    follow: Literal["all", "mine"] = "all"


class RcloneSettings(Model):
    """The rclone program. An empty `config` leaves the search for its configuration to rclone."""

    binary: str = "rclone"
    config: str = ""


class UploadSettings(Model):
    """How new files get to the drive. `limit` is bytes a day, `window` minutes of the local day.

    With `cloudplow` and `none` another program brings them there, and is waited for.
    """

    mode: Literal["move", "copy", "cloudplow", "none"] = "move"
    rclone: RcloneSettings = RcloneSettings()
    window: Window | None = None
    limit: Rate | None = None
    bwlimit: str = Field(default="", description="as rclone's --bwlimit takes it, such as 20M")
    transfers: int = Field(default=2, ge=1, le=64)


if TYPE_CHECKING:

    class HoldSettings(Model):
        """Its fields are not known before it is made."""

        def __getattr__(self, name: str) -> int: ...

else:
    HoldSettings = create_model(
        "HoldSettings",
        __base__=Model,
        __doc__="How much one peer may cause before the user is asked.",
        **{name: (int, Field(default=default, ge=0)) for name, default in LIMIT_DEFAULTS.items()},
    )
"""How much one peer may cause before the user is asked: a setting for each row of the table of limits."""


class PolicySettings(Model):
    """What this household wants done when a peer does something."""

    on_import: Literal["monitor", "leave"] = "monitor"
    on_remove: Literal["remove", "unmonitor", "keep"] = "remove"
    on_remonitor: Literal["claim", "revert"] = "claim"
    first_contact: Literal["ask", "go"] = "ask"
    gone_after: Duration = 600.0
    quiet_after: Duration = 600.0
    replaced_after: Duration = 600.0
    holds: HoldSettings = HoldSettings()


class ServerSettings(Model):
    """Where webhooks and the status page are served. Without `api_key` only /ping answers."""

    listen: Address = ("0.0.0.0", 9494)  # noqa: S104 - a container listens on every address
    url: Url | None = Field(default=None, description="how the apps reach this node, for mesharr connect")
    api_key: Secret | None = None
    url_base: Annotated[str, AfterValidator(_url_base)] = ""


class ScheduleSettings(Model):
    """`reconcile`: the cron line, in local time, of the full comparison. `audit`: how often the own files are
    looked at, `history` the arrs' own records.
    """

    reconcile: Cron = "0 4 * * *"
    audit: Poll = 900.0
    history: Poll = 900.0


class LogSettings(Model):
    """How much is logged, and in which form."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Config(Model):
    """All of mesharr.yml, with the environment over it and every default filled in."""

    node: NodeName
    store: StoreSettings
    apps: dict[Name, AppSettings] = {}
    libraries: dict[Name, LibrarySettings] = {}
    uploads: UploadSettings = UploadSettings()
    scanners: tuple[SerializeAsAny[ScannerSettings], ...] = ()
    policy: PolicySettings = PolicySettings()
    notify: tuple[SerializeAsAny[NotifierSettings], ...] = ()
    server: ServerSettings = ServerSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    log: LogSettings = LogSettings()

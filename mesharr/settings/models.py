"""Define mesharr.yml as frozen models: durations in seconds, sizes in bytes.

The starter file shows the default of each field. Secrets are `SecretStr`: `get_secret_value()` is called
where a request is made, and nowhere else.
"""

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

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

from mesharr.core.planning.limits import ALL_PERCENT, LIMIT_DEFAULTS
from mesharr.notify.base import NotifierSettings
from mesharr.scanners.base import ScannerSettings, ServerFolder, is_windows_path
from mesharr.settings import value_formats as formats
from mesharr.settings.bandwidth import bandwidth
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
Secret = Annotated[SecretStr, AfterValidator(_not_empty)]


class Model(BaseModel):
    """Base of all settings: unknown keys are errors, and values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class StoreSettings(Model):
    """`store:`: the shared directory of the mesh."""

    path: Folder = Field(description="the .mesharr directory, on the rclone mount itself")
    poll: Poll = Field(default=30.0, description="how often peers' events are read while nothing goes on")
    rc: SecretUrl | None = Field(default=None, description="remote control of that rclone mount")
    rc_ca_file: str = ""
    """Certificates (PEM) to trust for an https `rc` beside the known authorities; "" for none."""


class AppSettings(Model):
    """An entry of `apps:`: Radarr, Sonarr, Lidarr or Readarr."""

    kind: str = Field(default="", description="radarr, sonarr, lidarr or readarr (default: the key)")
    url: Url
    api_key: Secret
    timeout: Poll = 30.0
    """Seconds to wait for an answer."""
    ca_file: str = ""
    """Certificates (PEM) to trust for https beside the known authorities; "" for none."""


class LibrarySettings(Model):
    """An entry of `libraries:`, with its folder as each program sees it."""

    app: Name | None = None
    """The app that manages it; None for a library that is only scanned."""
    path: Folder = Field(description="the merged library, as mesharr sees it")
    root: Root | None = Field(default=None, description="a root folder of the app, as the app sees it")
    cloud: Folder = Field(
        default_factory=lambda known: str(known["path"]),
        description="its branch on the drive, as mesharr sees it (default: path)",
    )
    rc: SecretUrl | None = None
    """Remote control of the mount of `cloud`; None for the store's, when both are one mount."""
    rc_ca_file: str = ""
    """Certificates (PEM) to trust for an https `rc` beside the known authorities; "" for none."""
    local: Folder | None = Field(default=None, description="where new files are before the upload")
    remote: Remote | None = Field(default=None, description="where rclone puts them, such as gdrive:Movies")
    scan: ServerFolder = Field(
        default_factory=lambda known: str(known["root"] or known["path"]),
        description="as the media servers see it (default: root)",
    )
    quality_profile: str = Field(
        default="", description="taken when the name of the peer's profile is unknown here"
    )
    follow: Literal["all", "mine"] = "all"
    """Whether items that the app does not have yet are added (all) or not (mine)."""


class RcloneSettings(Model):
    """`uploads.rclone:`: the rclone program."""

    binary: str = "rclone"
    """Its name on PATH, or its path."""
    config: str = ""
    """Its config file; "" for the one that rclone finds itself."""


class CloudplowSettings(Model):
    """`uploads.cloudplow:`: the cloudplow program, for `mode: cloudplow`."""

    binary: str = "cloudplow"
    """Its name on PATH, or its path."""
    config: Folder = "/opt/cloudplow/config.json"
    """Its config.json, as mesharr sees it."""
    start: Literal["always", "replacements", "never"] = "replacements"
    """For which waiting files mesharr starts `cloudplow upload`; the others wait for its own schedule."""


class UploadSettings(Model):
    """`uploads:`: how new files get to the drive."""

    mode: Literal["move", "copy", "cloudplow", "none"] = "move"
    """With none another program uploads them; so does cloudplow, which mesharr checks and starts."""
    rclone: RcloneSettings = RcloneSettings()
    cloudplow: CloudplowSettings = CloudplowSettings()
    window: Window | None = None
    """Start and end in minutes of the local day; None for the whole day."""
    limit: Rate | None = None
    """Bytes a day; None for no limit."""
    bwlimit: Bandwidth = Field(
        default="", description='as rclone takes it: 20M, 10M:1M or "08:00,512k 23:00,off"'
    )
    transfers: int = Field(default=2, ge=1, le=64)
    copy_links: bool = False
    """Whether a file of `local` that is a link out of it is uploaded by its target; else it is refused."""


def _limit_field(name: str, default: int) -> Any:
    """Return the field of one setting of the table of limits; a share is at most all."""
    if name.endswith("_percent"):
        return Field(default=default, ge=0, le=ALL_PERCENT)
    return Field(default=default, ge=0)


if TYPE_CHECKING:

    class HoldSettings(Model):
        """Its fields are not known before it is made."""

        def __getattr__(self, name: str) -> int: ...

else:
    HoldSettings = create_model(
        "HoldSettings",
        __base__=Model,
        __doc__="How much one peer may cause before the user is asked.",
        **{name: (int, _limit_field(name, default)) for name, default in LIMIT_DEFAULTS.items()},
    )
"""How much one peer may cause before the user is asked: a setting for each row of the table of limits."""


class PolicySettings(Model):
    """`policy:`: what this household wants when a peer does something."""

    on_import: Literal["monitor", "leave"] = "monitor"
    on_remove: Literal["remove", "unmonitor", "keep"] = "remove"
    on_remonitor: Literal["claim", "revert"] = "claim"
    first_contact: Literal["ask", "go"] = "ask"
    gone_after: Duration = 600.0
    quiet_after: Duration = 600.0
    replaced_after: Duration = 600.0
    holds: HoldSettings = HoldSettings()


class TrustSettings(Model):
    """`trust:`: whose events are applied."""

    introductions: Literal["ask", "accept"] = "ask"
    """Whether the user is asked about a node that a peer trusts, or it is trusted here, too."""


class ServerSettings(Model):
    """`server:`: where webhooks are received."""

    listen: Address = ("0.0.0.0", 9494)  # noqa: S104 - a container listens on every address
    url: Url | None = Field(default=None, description="how the apps reach this node, for mesharr connect")
    api_key: Secret | None = None
    """What webhooks are sent with, and who opens the page logs in with; None: neither is possible."""
    url_base: Annotated[str, AfterValidator(_url_base)] = ""


class ScheduleSettings(Model):
    """`schedule:`: when mesharr does what no event starts."""

    reconcile: Cron = "0 4 * * *"
    """The cron line of the full comparison, in local time."""
    audit: Poll = 900.0
    """Seconds between checks of this node's own files in the store."""
    history: Poll = 900.0
    """Seconds between reads of the apps' history."""
    backup_days: int = Field(default=7, ge=0, le=365)
    """How many days the daily backups of this node are kept; 0 makes none."""


class LogSettings(Model):
    """`log:`: how much is logged, and in which form."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Config(Model):
    """All of mesharr.yml, overridden by the environment, with every default filled in."""

    node: NodeName
    store: StoreSettings
    apps: dict[Name, AppSettings] = {}
    libraries: dict[Name, LibrarySettings] = {}
    uploads: UploadSettings = UploadSettings()
    scanners: tuple[SerializeAsAny[ScannerSettings], ...] = ()
    policy: PolicySettings = PolicySettings()
    trust: TrustSettings = TrustSettings()
    notify: tuple[SerializeAsAny[NotifierSettings], ...] = ()
    server: ServerSettings = ServerSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    log: LogSettings = LogSettings()

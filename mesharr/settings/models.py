"""Define mesharr.yml as frozen settings: durations in seconds, sizes in bytes.

A field's description is what editors show of it, and what the page of settings says.
"""

from typing import TYPE_CHECKING, Any, Literal

from mesharr.core.planning.limits import ALL_PERCENT, LIMITS
from mesharr.notify.base import NotifierSettings
from mesharr.scanners.base import ScannerSettings, ServerFolder
from mesharr.settings.definition import FilledSecret, Settings, setting
from mesharr.settings.field_types import (
    Address,
    Bandwidth,
    Cron,
    Duration,
    Folder,
    Name,
    NodeName,
    Poll,
    Rate,
    RcUrl,
    Remote,
    Root,
    SecretUrl,
    Url,
    UrlBase,
    Window,
)


class StoreSettings(Settings):
    """`store:`: the shared directory of the mesh."""

    path: Folder = setting(description="the .mesharr directory, on the rclone mount itself")
    poll: Poll = setting(default=30.0, description="how often peers' events are read while nothing goes on")
    rc: SecretUrl | None = setting(default=None, description="remote control of that rclone mount")
    rc_ca_file: str = setting(
        default="", description="certificates (PEM) to trust for an https `rc` beside the known authorities"
    )


class AppSettings(Settings):
    """An entry of `apps:`: Radarr, Sonarr, Lidarr or Readarr."""

    kind: str = setting(default="", description="radarr, sonarr, lidarr or readarr (default: the key)")
    url: Url = setting(description="its address, such as http://radarr:7878")
    api_key: FilledSecret = setting(description="its API key, from Settings > General")
    timeout: Poll = setting(default=30.0, description="how long it may take to answer")
    ca_file: str = setting(
        default="", description="certificates (PEM) to trust for https beside the known authorities"
    )


class LibrarySettings(Settings):
    """An entry of `libraries:`, with its folder as each program sees it."""

    app: Name | None = setting(
        default=None, description="the app that manages it; without one the library is only scanned"
    )
    path: Folder = setting(description="the merged library, as mesharr sees it")
    root: Root | None = setting(default=None, description="a root folder of the app, as the app sees it")
    cloud: Folder = setting(
        default_factory=str,
        description="its branch on the drive, as mesharr sees it (default: path)",
    )
    rc: SecretUrl | None = setting(
        default=None,
        description="remote control of the mount of `cloud` (default: the store's, when both are one mount)",
    )
    rc_ca_file: str = setting(
        default="", description="certificates (PEM) to trust for an https `rc` beside the known authorities"
    )
    local: Folder | None = setting(default=None, description="where new files are before the upload")
    remote: Remote | None = setting(default=None, description="where rclone puts them, such as gdrive:Movies")
    scan: ServerFolder = setting(
        default_factory=str,
        description="as the media servers see it (default: root)",
    )
    quality_profile: str = setting(
        default="", description="taken when the name of the peer's profile is unknown here"
    )
    follow: Literal["all", "mine"] = setting(
        default="all",
        description="whether items that the app does not have yet are added (all) or not (mine)",
    )

    def __post_init__(self) -> None:
        """Fill in the folders that are the same as others unless they are named."""
        object.__setattr__(self, "cloud", self.cloud or self.path)
        object.__setattr__(self, "scan", self.scan or self.root or self.path)


class RcloneSettings(Settings):
    """`uploads.rclone:`: the rclone program."""

    binary: str = setting(default="rclone", description="its name on PATH, or its path")
    config: str = setting(
        default="", description="its config file (default: the one that rclone finds itself)"
    )
    rc: RcUrl | None = setting(
        default=None, description="own (one rclone rcd that mesharr starts), or the URL of a given one"
    )
    """None: a process for each file."""
    rc_ca_file: str = setting(
        default="", description="certificates (PEM) to trust for an https rc beside the known authorities"
    )


class CloudplowSettings(Settings):
    """`uploads.cloudplow:`: the cloudplow program, for `mode: cloudplow`."""

    binary: str = setting(default="cloudplow", description="its name on PATH, or its path")
    config: Folder = setting(
        default="/opt/cloudplow/config.json", description="its config.json, as mesharr sees it"
    )
    start: Literal["always", "replacements", "never"] = setting(
        default="replacements",
        description="for which files mesharr starts `cloudplow upload`; the others wait for its schedule",
    )


class UploadSettings(Settings):
    """`uploads:`: how new files get to the drive."""

    mode: Literal["move", "copy", "cloudplow", "none"] = setting(
        default="move",
        description="move and copy by rclone, cloudplow by that program; none: another one brings them",
    )
    rclone: RcloneSettings = setting(default=RcloneSettings(), description="the rclone program")
    cloudplow: CloudplowSettings = setting(default=CloudplowSettings(), description="the cloudplow program")
    window: Window | None = setting(
        default=None, description="the hours in which uploads start, such as 01:00-08:00 (default: always)"
    )
    limit: Rate | None = setting(
        default=None, description="how much is uploaded in 24 hours, such as 700GB/day (default: no limit)"
    )
    bwlimit: Bandwidth = setting(
        default="", description='as rclone takes it: 20M, 10M:1M or "08:00,512k 23:00,off"'
    )
    transfers: int = setting(default=2, ge=1, le=64, description="how many files are uploaded at a time")
    copy_links: bool = setting(
        default=False,
        description="a link in `local` that leads out of it: uploaded as its target (true), or refused",
    )

    @property
    def sends(self) -> bool:
        """Whether mesharr itself sends files to the drive."""
        return self.mode in {"move", "copy"}


def _limits() -> dict[str, Any]:
    """Return the settings of the table of limits; a share is at most all."""
    found: dict[str, Any] = {}
    for row in LIMITS:
        for name, default in row.settings.items():
            kept, span = f"how many {row.many} need no approval", "within a day"
            most = None
            if name.endswith("_percent"):
                kept, most = f"{row.many} of which share of the library need no approval (%)", ALL_PERCENT
            elif name == row.setting_name:
                span = "within an hour or at once" if row.at_once else "within an hour"
            found[name] = setting(default=default, ge=0, le=most, description=f"{kept} {span}")
    return found


if TYPE_CHECKING:

    class HoldSettings(Settings):
        """Its fields are not known before it is made."""

        def __getattr__(self, name: str) -> int: ...

else:
    HoldSettings = type(
        "HoldSettings",
        (Settings,),
        {
            "__module__": __name__,
            "__doc__": "How much one peer may cause before the user is asked.",
            "__annotations__": dict.fromkeys(_limits(), int),
            **_limits(),
        },
    )
"""How much one peer may cause before the user is asked: a setting for each row of the table of limits."""


class PolicySettings(Settings):
    """`policy:`: what this household wants when a peer does something."""

    on_import: Literal["monitor", "leave"] = setting(
        default="monitor", description="what becomes of an item that this household imported"
    )
    on_remove: Literal["remove", "unmonitor", "keep"] = setting(
        default="remove",
        description="an item that a peer removed (never its files; you are asked about an own one)",
    )
    on_remonitor: Literal["claim", "revert"] = setting(
        default="claim",
        description="monitored by hand though a peer owns it: it is this household's, or is unmonitored",
    )
    first_contact: Literal["ask", "go"] = setting(
        default="ask", description="whether many additions at once need your approval"
    )
    gone_after: Duration = setting(
        default=600.0,
        description="how long a file has to be missing from the drive before it is published as gone",
    )
    quiet_after: Duration = setting(
        default=600.0,
        description="how long after a scan a flag is checked again: a scan may write an old one back",
    )
    replaced_after: Duration = setting(
        default=600.0,
        description="how long a scan waits for a file that does not come, or a replaced one still visible",
    )
    holds: HoldSettings = setting(
        default=HoldSettings(), description="how much one peer may cause before you are asked"
    )


class TrustSettings(Settings):
    """`trust:`: whose events are applied."""

    introductions: Literal["ask", "accept"] = setting(
        default="ask",
        description="whether the user is asked about a node that a peer trusts, or it is trusted here, too",
    )


class ServerSettings(Settings):
    """`server:`: where webhooks are received."""

    listen: Address = setting(
        default=("0.0.0.0", 9494),  # noqa: S104 - a container listens on every address
        description="address and port of the webhooks and the page",
    )
    url: Url | None = setting(default=None, description="how the apps reach this node, for mesharr connect")
    api_key: FilledSecret | None = setting(
        default=None,
        description="the key of the webhooks and of the page (default: neither can be used)",
    )
    url_base: UrlBase = setting(
        default="", description="the path below which a reverse proxy serves it, such as /mesharr"
    )

    @property
    def key(self) -> str:
        """The key of the webhooks and of the page, "" for none."""
        return self.api_key.get_secret_value() if self.api_key else ""


class ScheduleSettings(Settings):
    """`schedule:`: when mesharr does what no event starts."""

    reconcile: Cron = setting(
        default="0 4 * * *",
        description="when everything is compared: a cron line, or @daily and the like, in local time",
    )
    audit: Poll = setting(
        default=900.0, description="how often this node's own files on the drive are checked"
    )
    history: Poll = setting(
        default=900.0, description="how often the apps' history is read for missed webhooks"
    )
    backup_days: int = setting(
        default=7,
        ge=0,
        le=365,
        description="how many days the daily backups in backups/scheduled are kept; 0: none are made",
    )


class LogSettings(Settings):
    """`log:`: how much is logged, and in which form."""

    level: Literal["debug", "info", "warning", "error"] = setting(
        default="info", description="how much is logged"
    )
    format: Literal["text", "json"] = setting(default="text", description="lines for people or for programs")


class Config(Settings):
    """All of mesharr.yml, overridden by the environment, with every default filled in."""

    version: int = setting(
        default=1, ge=1, description="the version of the form of this file; older ones are understood"
    )
    node: NodeName = setting(description="this household's name; once others trust it, it stays")
    store: StoreSettings = setting(
        description="the directory on the drive through which the nodes exchange events"
    )
    apps: dict[Name, AppSettings] = setting(
        default={}, description="Radarr, Sonarr, Lidarr and Readarr, by name"
    )
    libraries: dict[Name, LibrarySettings] = setting(
        default={}, description="the parts of the drive; every node uses the same names"
    )
    uploads: UploadSettings = setting(default=UploadSettings(), description="how new files get to the drive")
    scanners: tuple[ScannerSettings, ...] = setting(
        default=(), description="media servers, and programs that scan for them"
    )
    policy: PolicySettings = setting(
        default=PolicySettings(), description="what this household wants when a peer does something"
    )
    trust: TrustSettings = setting(default=TrustSettings(), description="whose events are applied")
    notify: tuple[NotifierSettings, ...] = setting(default=(), description="where you are notified")
    server: ServerSettings = setting(
        default=ServerSettings(), description="the webhooks and the page, on one port"
    )
    schedule: ScheduleSettings = setting(
        default=ScheduleSettings(), description="when mesharr does what no event starts"
    )
    log: LogSettings = setting(default=LogSettings(), description="how much is logged, and in which form")

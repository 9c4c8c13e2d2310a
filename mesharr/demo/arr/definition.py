"""What differs between the kinds of app in the part that they have in common."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mesharr.demo.wire import JsonObject

WEBHOOK: Mapping[str, object] = {"url": "", "method": 1, "username": "", "password": "", "headers": []}
"""The fields of a webhook connection with their defaults."""

MEDIA_MANAGEMENT: Mapping[str, object] = {
    "recycleBin": "",
    "recycleBinCleanupDays": 7,
    "downloadPropersAndRepacks": "preferAndUpgrade",
    "deleteEmptyFolders": False,
    "fileDate": "none",
    "rescanAfterRefresh": "always",
    "setPermissionsLinux": False,
    "chmodFolder": "755",
    "chownGroup": "",
    "skipFreeSpaceCheckWhenImporting": False,
    "minimumFreeSpaceWhenImporting": 100,
    "copyUsingHardlinks": True,
    "importExtraFiles": False,
    "extraFileExtensions": "srt",
}
"""The part of the media management page that every arr has."""
MEDIA_RESETS: Mapping[str, object] = {
    "downloadPropersAndRepacks": "preferAndUpgrade",
    "fileDate": "none",
    "rescanAfterRefresh": "always",
}
"""What its omitted settings become."""


@dataclass(frozen=True)
class AppDefinition:
    """What one kind of app is called, offers and accepts."""

    app: str
    """Its name, as in `appName`."""
    version: str
    triggers: tuple[str, ...]
    """The triggers of a connection: those that start with `on`, and what widens them."""
    commands: Mapping[str, Mapping[str, object]]
    """Command names with the parameters each knows and their defaults; others are ignored."""
    config: Mapping[str, JsonObject]
    """The settings pages under `/config/`, with the values a new installation has."""
    config_resets: Mapping[str, object] = field(default_factory=dict)
    """What an omitted setting becomes on PUT where it is not just false, 0 or empty."""
    api: str = "/api/v3"
    """Where the API's paths start."""
    refresh_command: str = ""
    """The command that refreshes items; without ids, all of them."""
    ids_property: str = ""
    """What lists of items' ids are called, as in `movieIds`."""
    label: re.Pattern[str] = re.compile(r"[a-z0-9-]+", re.IGNORECASE)
    """What a tag may be called."""
    qualities: tuple[JsonObject, ...] = ()
    """The qualities as the API shows them, the worst first."""
    webhook: Mapping[str, object] = field(default_factory=lambda: dict(WEBHOOK))
    hides_passwords: bool = True
    """Whether a connection's password reads back as asterisks."""
    names_fold_case: bool = True
    """Whether two connections whose names differ only in case clash."""
    idle_triggers: frozenset[str] = frozenset()
    """Triggers that alone do not enable a connection."""

    @property
    def wiki(self) -> str:
        """Where links for more information point."""
        return f"https://wiki.servarr.com/{self.app.lower()}"

    def implementations(self) -> Mapping[str, Mapping[str, object]]:
        """Return the kinds of connection there are, each with its fields."""
        return {"Webhook": self.webhook, "CustomScript": {"path": "", "arguments": ""}}

    def enables(self, triggers: Mapping[str, bool]) -> bool:
        """Return whether a connection with these triggers is on at all."""
        return any(
            on
            for trigger, on in triggers.items()
            if trigger.startswith("on") and trigger not in self.idle_triggers
        )

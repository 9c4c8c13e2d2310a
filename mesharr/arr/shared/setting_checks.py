"""What the settings of any arr say, and what they do on a shared drive."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from mesharr.arr.shared.api import ArrApi, Payload
from mesharr.arr.shared.profiles_tags import IdNames
from mesharr.core.arr.model import SettingProblem
from mesharr.core.errors import Refused
from mesharr.core.events.schema import LibraryInfo


class RecommendedSetting(msgspec.Struct, frozen=True):
    """What a setting should be: the values that do no harm, what any other does, and the fix.

    When `harmful` are given, only these do.
    """

    harmless: tuple[object, ...]
    harm: str
    fix: str
    harmful: tuple[object, ...] = ()

    def hurts(self, value: object) -> bool:
        """Return whether a setting with this value does harm."""
        return value in self.harmful if self.harmful else value not in self.harmless


_MEDIA: Final = "in Settings > Media Management"


def recommended_settings(thing: str) -> Mapping[str, RecommendedSetting]:
    """Return what every arr's media management should be; `thing` is its word for an item (`Series`)."""
    off = f"switch it off {_MEDIA}"
    return {
        "deleteEmptyFolders": RecommendedSetting((False,), "it deletes folders of the peers", off),
        f"createEmpty{thing}Folders": RecommendedSetting(
            (False,), "it creates folders on the shared drive", off
        ),
        "setPermissionsLinux": RecommendedSetting((False,), "it changes modes on the shared drive", off),
        "fileDate": RecommendedSetting(
            ("none",),
            "each scan may write times to the shared drive",
            f"set Change File Date to None {_MEDIA}",
        ),
        "rescanAfterRefresh": RecommendedSetting(
            ("afterManual", "never"),
            "the daily refresh lists every folder of the drive",
            f"set Rescan {thing} Folder after Refresh to After Manual Refresh {_MEDIA}",
        ),
    }


SHELF_WISHES: Final[Mapping[str, RecommendedSetting]] = {
    "watchLibraryForChanges": RecommendedSetting(
        (False,),
        "it adds whomever files come of, and scans whenever one does",
        f"switch Watch Root Folders for file changes off {_MEDIA}",
    ),
    "importExtraFiles": RecommendedSetting(
        (False,),
        "when a peer replaces a file it deletes the extra files beside it",
        f"switch Import Extra Files off {_MEDIA}",
    ),
    "recycleBin": RecommendedSetting(
        (),
        "whoever the metadata server no longer knows is deleted with the folder on the shared drive",
        f"set Recycling Bin {_MEDIA} to a folder of your own",
        harmful=("", None),
    ),
    "writeAudioTags": RecommendedSetting(
        ("no", "newFiles"),
        "it rewrites files of the peers",
        "set writing of tags to Never, or to new downloads only, in Settings > Metadata",
    ),
}
"""What those of Lidarr and Readarr should be besides."""


def findings_in(
    api: ArrApi, base: str, wishes: Mapping[str, RecommendedSetting], *pages: str
) -> tuple[SettingProblem, ...]:
    """Return what these pages of the settings lack of the wishes. One request each.

    A setting that the arr does not have is fine.
    """
    settings: dict[str, Any] = {}
    for page in ("mediamanagement", *pages):
        settings |= api.ask(dict[str, Any], "GET", f"{base}/config/{page}")
    return tuple(
        SettingProblem(f"{api.title}'s {name} is {_shown(settings[name])}: {wish.harm}", wish.fix)
        for name, wish in wishes.items()
        if name in settings and wish.hurts(settings[name])
    )


def check_lists(api: ArrApi, base: str, things: str, fix: str) -> None:
    """Raise `Refused` when the arr's lists clean its library: they would remove what peers brought."""
    lists = api.ask(dict[str, Any], "GET", f"{base}/config/importlist")
    level = str(lists.get("listSyncLevel"))
    if level.lower().startswith("removeand"):
        raise Refused(
            f"{api.title}'s listSyncLevel is {level}: "
            f"it removes {things} that no list has, so the peers' too",
            fix,
        )


def check_roots(api: ArrApi, base: str, what: str) -> None:
    """Raise `Refused` when a root folder would monitor what the arr finds in it, and so download `what`."""
    for root in api.ask(list[_Root], "GET", f"{base}/rootfolder"):
        options = {root.default_monitor_option, root.default_new_item_monitor_option} - {"none"}
        if options:
            raise Refused(
                f"{api.title}'s root folder {root.path} monitors {' and '.join(sorted(options))}: "
                f"it would download {what}",
                f"set Monitor and Monitor New Items of {root.path} to None in Settings > Media Management",
            )


def roots_of(api: ArrApi, base: str) -> Mapping[str, bool]:
    """Return the root folders and whether the arr reaches each. One request."""
    listed = api.ask(list[_Root], "GET", f"{base}/rootfolder")
    return {root.path.rstrip("/"): root.accessible for root in listed}


def started_of(api: ArrApi, base: str) -> str:
    """Return when an arr was started, in its own words."""
    start = str(api.ask(dict[str, Any], "GET", f"{base}/system/status").get("startTime") or "")
    api.started(start)
    return start


def described(api: ArrApi, base: str, profiles: IdNames, formats: tuple[str, ...]) -> LibraryInfo:
    """Return what a hello says of an arr; `formats` name the naming settings that make a path."""
    status = api.ask(dict[str, Any], "GET", f"{base}/system/status")
    naming = api.ask(dict[str, Any], "GET", f"{base}/config/naming")
    return LibraryInfo(
        app=api.title.lower(),
        version=str(status.get("version") or ""),
        naming="/".join(str(naming[name]) for name in formats if naming.get(name)),
        profiles=tuple(sorted(profiles.fresh().values())),
    )


def _shown(value: object) -> str:
    return "empty" if value in ("", None) else str(value)


class _Root(Payload, frozen=True):
    path: str = ""
    accessible: bool = False
    default_monitor_option: str = "none"
    default_new_item_monitor_option: str = "none"

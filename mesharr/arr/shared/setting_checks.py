"""Read the settings of an app, and find those that do harm on a shared drive."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from mesharr.arr.shared.api import ArrApi, Payload
from mesharr.arr.shared.profiles_tags import IdNames
from mesharr.core.answers import other_program
from mesharr.core.arr.model import SettingProblem
from mesharr.core.errors import AppRefused, Refused
from mesharr.core.events.schema import LibraryInfo
from mesharr.core.text import printable


class RecommendedSetting(msgspec.Struct, frozen=True):
    """What one setting of an app should be, and why."""

    harmless: tuple[object, ...]
    """The values that do no harm; not used when `harmful` names values."""
    harm: str
    """What any other value does, as the second half of a sentence."""
    fix: str
    """What the user changes, and on which page of the app."""
    harmful: tuple[object, ...] = ()
    """The only values that do harm; () when all but `harmless` do."""

    def hurts(self, value: object) -> bool:
        """Return whether the setting does harm with this value; None does only where it is named."""
        if self.harmful:
            return value in self.harmful
        return value is not None and value not in self.harmless


_PAGE: Final = "in Settings > Media Management"


def recommended_settings(item_word: str) -> Mapping[str, RecommendedSetting]:
    """Return the recommended settings for an app that calls an item `item_word` (`Series`)."""
    off = f"switch it off {_PAGE}"
    return {
        "deleteEmptyFolders": RecommendedSetting((False,), "it deletes folders of the peers", off),
        f"createEmpty{item_word}Folders": RecommendedSetting(
            (False,), "it creates folders on the shared drive", off
        ),
        "setPermissionsLinux": RecommendedSetting((False,), "it changes modes on the shared drive", off),
        "fileDate": RecommendedSetting(
            ("none",),
            "each scan may write times to the shared drive",
            f"set Change File Date to None {_PAGE}",
        ),
        "rescanAfterRefresh": RecommendedSetting(
            ("afterManual", "never"),
            "the daily refresh lists every folder of the drive",
            f"set Rescan {item_word} Folder after Refresh to After Manual Refresh {_PAGE}",
        ),
    }


RECOMMENDED_FOR_WORKS: Final[Mapping[str, RecommendedSetting]] = {
    "watchLibraryForChanges": RecommendedSetting(
        (False,),
        "it adds the authors of files that appear, and scans for each of them",
        f"switch Watch Root Folders for file changes off {_PAGE}",
    ),
    "importExtraFiles": RecommendedSetting(
        (False,),
        "when a peer replaces a file it deletes the extra files beside it",
        f"switch Import Extra Files off {_PAGE}",
    ),
    "recycleBin": RecommendedSetting(
        (),
        "an item that the metadata server no longer knows is deleted with its folder on the shared drive",
        f"set Recycling Bin {_PAGE} to a folder of your own",
        harmful=("", None),
    ),
    "writeAudioTags": RecommendedSetting(
        ("no", "newFiles"),
        "it rewrites files of the peers",
        "set writing of tags to Never, or to new downloads only, in Settings > Metadata",
    ),
}
"""What Lidarr and Readarr should be set to besides `recommended_settings`."""


class SettingsApi:
    """The settings of one app."""

    def __init__(self, api: ArrApi) -> None:
        self._api = api

    def problems(
        self, recommended: Mapping[str, RecommendedSetting], *pages: str
    ) -> tuple[SettingProblem, ...]:
        """Return the settings that differ harmfully from `recommended`, each with its fix.

        One request for media management and one for each of `pages`. A setting that the app does not have
        is no problem.
        """
        settings: dict[str, Any] = {}
        for page in ("mediamanagement", *pages):
            settings |= self._api.ask(dict[str, Any], "GET", f"{self._api.root}/config/{page}")
        return tuple(
            SettingProblem(f"{self._api.title}'s {name} is {_display(settings[name])}: {each.harm}", each.fix)
            for name, each in recommended.items()
            if name in settings and each.hurts(settings[name])
        )

    def check_list_cleaning(self, items_word: str, fix: str) -> None:
        """Raise `Refused` when import lists clean the library: that would remove what peers added."""
        lists = self._api.ask(dict[str, Any], "GET", f"{self._api.root}/config/importlist")
        level = str(lists.get("listSyncLevel"))
        if level.lower().startswith("removeand"):
            raise Refused(
                f"{self._api.title}'s listSyncLevel is {level}: "
                f"it removes {items_word} that no list has, so the peers' too",
                fix,
            )

    def check_root_monitoring(self, downloads: str) -> None:
        """Raise `Refused` when a root folder monitors what is found in it, and so `downloads` it."""
        for root in self._root_folders():
            options = {root.default_monitor_option, root.default_new_item_monitor_option} - {"none"}
            if options:
                raise Refused(
                    f"{self._api.title}'s root folder {root.path} monitors {' and '.join(sorted(options))}: "
                    f"it would download {downloads}",
                    f"set Monitor and Monitor New Items of {root.path} to None "
                    "in Settings > Media Management",
                )

    def download_client_problems(self) -> tuple[SettingProblem, ...]:
        """Return the download clients that the app cannot reach: `Arr.download_client_problems`."""
        title = self._api.title
        health = self._api.ask(list[_HealthRow], "GET", f"{self._api.root}/health")
        known = [each.message for each in health if each.is_client_outage]
        return tuple(
            SettingProblem(f"{title}: {message}", f"see Settings > Download Clients in {title}")
            for message in dict.fromkeys(known or self._failed_tests())
        )

    def _failed_tests(self) -> Iterator[str]:
        """Yield why the app cannot use its enabled download clients; it tests each now."""
        path = f"{self._api.root}/downloadclient/testall"
        for test in self._api.ask(list[_ClientTest], "POST", path, accepted={400}):
            for failure in test.validation_failures:
                if failure.severity == "error":
                    yield failure.error_message or "a download client does not answer"

    def roots(self) -> Mapping[str, bool]:
        """Return whether the app can reach each of its root folders, by path. One request."""
        return {root.path.rstrip("/"): root.accessible for root in self._root_folders()}

    def has_file(self, path: str) -> bool:
        """Return whether the app sees a file at an absolute path. One request."""
        kind = self._api.ask(
            dict[str, Any], "GET", f"{self._api.root}/filesystem/type", params={"path": path}
        )
        return kind.get("type") == "file"

    def start_time(self) -> str:
        """Return when the app was started, as it writes it, "" when it does not say. One request."""
        start = str(self._status().get("startTime") or "")
        self._api.note_start_time(start)
        return start

    def library_info(self, profiles: IdNames, formats: tuple[str, ...]) -> LibraryInfo:
        """Return app, version, naming format and profiles.

        `formats` are the naming settings that make a path.

        Three requests, two when `profiles` were read some minutes ago.
        """
        status = self._status()
        naming = self._api.ask(dict[str, Any], "GET", f"{self._api.root}/config/naming")
        return LibraryInfo(
            app=self._api.title.lower(),
            version=printable(str(status.get("version") or "")),
            naming=printable("/".join(str(naming[name]) for name in formats if naming.get(name)), 2000),
            profiles=tuple(sorted(map(printable, profiles.recent().values()))),
        )

    def _status(self) -> dict[str, Any]:
        status = self._api.ask(dict[str, Any], "GET", f"{self._api.root}/system/status")
        if failure := other_program(self._api.title, str(status.get("appName") or "")):
            raise AppRefused(*failure)
        return status

    def _root_folders(self) -> "list[_RootFolder]":
        return self._api.ask(list[_RootFolder], "GET", f"{self._api.root}/rootfolder")


def _display(value: object) -> str:
    return "empty" if value in ("", None) else str(value)


class _HealthRow(Payload, frozen=True):
    source: str | None = None
    type: str | None = None
    message: str | None = None

    @property
    def is_client_outage(self) -> bool:
        """Whether the row is about a download client that does not answer.

        When there is no client at all, the app reports a mere warning.
        """
        failed = self.source == "DownloadClientCheck" and self.type == "error"
        return failed or self.source == "DownloadClientStatusCheck"


class _TestFailure(Payload, frozen=True):
    error_message: str | None = None
    severity: str = "error"


class _ClientTest(Payload, frozen=True):
    validation_failures: tuple[_TestFailure, ...] = ()


class _RootFolder(Payload, frozen=True):
    path: str = ""
    accessible: bool = False
    default_monitor_option: str = "none"
    default_new_item_monitor_option: str = "none"

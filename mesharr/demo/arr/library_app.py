"""A simulated app with a library: how tests and the demo make one, watch it and disturb it."""

import os
import time
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import httpx

from mesharr.demo.arr.api.common import CommonApi
from mesharr.demo.arr.app import CommonTables, SimulatedApp, post_over_http
from mesharr.demo.arr.library import Between, Library
from mesharr.demo.arr.notifications.sender import Post
from mesharr.demo.arr.releases import Release
from mesharr.demo.disk.folders import ScanDir
from mesharr.demo.wire import Call, reply

L = TypeVar("L", bound=Library[Any])
C = TypeVar("C")


@dataclass(frozen=True)
class Backup:
    """A copy of the whole database; the disk and the download client are not in it."""

    common: CommonTables
    library: Any


class LibraryApp(SimulatedApp, Generic[L, C]):
    """An app with a library of type `L`; `C` is what its metadata server knows.

    `library.facts` switches on what real apps were seen to do now and then.
    """

    def __init__(  # noqa: PLR0913 - keyword arguments of a constructor, each with its own meaning
        self,
        *,
        name: str = "",
        roots: Sequence[str],
        api_key: str,
        catalogue: C,
        now: Callable[[], float] = time.time,
        post: Post = post_over_http,
        workers: bool = False,
        between: Between | None = None,
        scandir: ScanDir = os.scandir,
    ) -> None:
        """Make an app with an empty library; without a name it has that of its kind.

        Without `workers` commands wait for `run_commands`.
        """
        super().__init__(name=name, roots=roots, api_key=api_key, now=now, post=post, workers=workers)
        self.imports_by_hand = False
        """Whether a person imports each download from its folder: nothing says then where it came from."""
        CommonApi(self)
        self.library: L = self.open_library(catalogue, scandir)
        self.library.between = between
        self.route("POST", "/downloadclient/testall", self._test_clients)

    @abstractmethod
    def open_library(self, catalogue: C, scandir: ScanDir) -> L:
        """Make the library, and add its routes and commands."""

    @property
    def deleted_media(self) -> list[str]:
        """Files deleted, or recycled, because of a request."""
        return self.library.disposal.requested

    @property
    def metadata_down(self) -> bool:
        """Whether the metadata server does not answer."""
        return self.library.metadata_down

    @metadata_down.setter
    def metadata_down(self, down: bool) -> None:
        self.library.metadata_down = down

    @property
    def between(self) -> Between | None:
        """Called with a stage and an item's id in the middle of what the app does.

        `"scan"`: a scan has listed a folder and done nothing yet. `"metadata"`: a refresh has read the
        item's row, and writes it when the metadata server has answered; in Radarr the scan that follows
        does, if it attaches a file. `"episodes"`, in Sonarr, and `"works"`, in Lidarr and Readarr: a refresh
        has read those of the item, and writes them.
        """
        return self.library.between

    @between.setter
    def between(self, hook: Between | None) -> None:
        self.library.between = hook

    def fail_download(self, release: Release) -> None:
        """Let a grabbed download fail in its client: no event, a history row for each of its parts."""
        self.library.fail(release)

    def remove_download(self, release: Release) -> None:
        """Remove a grabbed download in its client: neither an event nor a history row."""
        self.library.dequeue(release.download_id)

    def leave_pending(self, release: Release) -> None:
        """Let a download end after a better one was imported: it stays `importPending` in the queue."""
        self.library.refuse_import(release)

    def snapshot(self) -> Backup:
        """Return a backup of the database as it is now."""
        with self.lock:
            return Backup(self.copy_common(), self.library.tables.copy())

    def restore(self, backup: Backup) -> None:
        """Put a backup back and restart: later rows never were, ids are given again."""
        with self.lock:
            self.restore_common(backup.common)
            self.library.tables = backup.library.copy()

    def _test_clients(self, _call: Call) -> httpx.Response:
        """Test the one download client.

        A client that does not answer makes the response a 400, as in the real apps.
        """
        if not self.library.facts.client_away:
            return reply(200, [{"id": 1, "isValid": True, "validationFailures": []}])
        failure = {
            "propertyName": "Host",
            "errorMessage": "Unable to connect to SABnzbd",
            "severity": "error",
            "isWarning": False,
        }
        return reply(400, [{"id": 1, "isValid": False, "validationFailures": [failure]}])

    def queue_refresh(self) -> None:
        """Queue the scheduled refresh of every item; `/command` lists it while it runs."""
        name = self.definition.refresh_command
        self.commands.submit(name, dict(self.definition.commands[name]), "scheduled")

    def tag_users(self) -> Mapping[int, Mapping[str, Sequence[int]]]:
        """Return the items that have each tag."""
        users: dict[int, dict[str, list[int]]] = {}
        name = self.definition.ids_property
        for item in self.library.items():
            for tag in item.tags:
                users.setdefault(tag, {name: []})[name].append(item.id)
        return users

    def library_folders(self) -> frozenset[str]:
        """Return the folders of all items."""
        return frozenset(item.path for item in self.library.items())

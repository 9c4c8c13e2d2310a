"""Whose turn it is: which uploads are advanced next, and together."""

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence

from mesharr.core.paths import folder_of
from mesharr.node.outward.uploading.small_files import MOST_FILES, first_batch
from mesharr.state.queues.uploads import Upload, Uploads


class Turns:
    """The uploads that run, and those that may begin. Safe to share between threads."""

    def __init__(self, uploads: Uploads, transfers: int, *, sends: bool) -> None:
        """Take how many `transfers` run at the same time, where this node `sends` files itself."""
        self._uploads = uploads
        self._sends = sends
        self._free = transfers
        self._slots = threading.Lock()
        self._running: set[tuple[str, str]] = set()

    def begin(self, now: int) -> Iterator[list[Upload]]:
        """Yield the uploads that are due: what is sent at once, or looked for in one folder.

        No more are sent than there are free transfers: a file that replaces another one is the next.
        What waits for another program is looked for together with what waits beside it, due or not: one
        listing shows all of it. What is yielded runs until its `end`.
        """
        taken = set(self._running)  # two facts may state the same file
        for due in self._in_turn(taken, now):
            self._running.update((each.library, each.path) for each in due)
            self._count_free(-int(self._is_to_send(due[0])))
            yield due

    def end(self, due: Sequence[Upload]) -> None:
        """Let others take the turn of uploads that `begin` gave, as it gave them."""
        self._running.difference_update((each.library, each.path) for each in due)
        self._count_free(int(self._is_to_send(due[0])))

    def _is_to_send(self, upload: Upload) -> bool:
        """Return whether an upload takes one of the transfers."""
        return upload.phase == "waiting" and self._sends

    def _in_turn(self, taken: set[tuple[str, str]], now: int) -> Iterator[list[Upload]]:
        yield from self._to_send(taken, now)
        folders: dict[tuple[str, str], list[Upload]] = defaultdict(list)
        uploads = self._uploads
        for upload in uploads.due_after_sending(now) if self._sends else uploads.due(now):
            if (upload.library, upload.path) not in taken:
                taken.add((upload.library, upload.path))
                folders[upload.library, folder_of(upload.path)].append(upload)
        for upload in uploads.all() if folders and not self._sends else ():
            beside = folders.get((upload.library, folder_of(upload.path)))
            if beside and (upload.library, upload.path) not in taken:
                taken.add((upload.library, upload.path))
                beside.append(upload)
        yield from folders.values()

    def _to_send(self, taken: set[tuple[str, str]], now: int) -> Iterator[list[Upload]]:
        """Yield what is due to be sent, once for each free transfer; of thousands few are read."""
        while self._sends and self._free > 0:
            due: dict[tuple[str, str], Upload] = {}
            for each in self._uploads.due_to_send(now, self._free * MOST_FILES + len(taken)):
                if (each.library, each.path) not in taken:
                    due.setdefault((each.library, each.path), each)
            found = first_batch(list(due.values()), self._free)
            if not found:
                return
            taken.update((each.library, each.path) for each in found)
            yield found

    def _count_free(self, change: int) -> None:
        with self._slots:
            self._free += change

"""The routes that tell what happened and what is on its way: history and queue."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import httpx

from mesharr.simulator.arr import SimulatedArr
from mesharr.simulator.payloads import Release
from mesharr.simulator.wire import Call, JsonObject, error, page_of, reply, seconds_of


class Dated(Protocol):
    """What every history row says."""

    @property
    def id(self) -> int: ...
    @property
    def date(self) -> float: ...
    @property
    def event_type(self) -> str: ...


class Queued(Protocol):
    """What every queue row says."""

    @property
    def release(self) -> Release: ...


H = TypeVar("H", bound=Dated)
Q = TypeVar("Q", bound=Queued)


@dataclass(frozen=True)
class HistoryFeed(Generic[H]):
    """Adds the history's routes. `owner` is what this arr calls an item, as in `/history/movie`.

    `numbers` are the event types by the numbers clients may filter with.
    """

    rows: Callable[[], Iterable[H]]
    resource: Callable[[H, Call], JsonObject]
    belongs: Callable[[H, Call], bool]
    numbers: Mapping[str, str]
    owner: str

    def add_to(self, arr: SimulatedArr) -> None:
        """Answer the history's paths."""
        arr.route("GET", "/history", self._paged)
        arr.route("GET", "/history/since", self._since)
        arr.route("GET", f"/history/{self.owner}", self._of_owner)

    def _since(self, call: Call) -> httpx.Response:
        """Oldest first, the given second included, all of it."""
        since = int(seconds_of(call.query.get("date", "")))
        return reply(200, [self.resource(row, call) for row in self._chosen(call) if int(row.date) >= since])

    def _of_owner(self, call: Call) -> httpx.Response:
        rows = [row for row in self._chosen(call) if self.belongs(row, call)]
        return reply(200, [self.resource(row, call) for row in reversed(rows)])

    def _paged(self, call: Call) -> httpx.Response:
        rows = self._chosen(call)
        if call.query.get("sortDirection", "descending").lower() != "ascending":
            rows.reverse()
        return reply(200, page_of(call, rows, "date", lambda row: self.resource(row, call)))

    def _chosen(self, call: Call) -> list[H]:
        kinds = {self.numbers.get(kind, kind) for kind in call.query.get_list("eventType")}
        rows = [row for row in self.rows() if not kinds or row.event_type in kinds]
        return sorted(rows, key=lambda row: (row.date, row.id))


@dataclass(frozen=True)
class QueueFeed(Generic[Q]):
    """Adds the queue's routes; it is the download client's, so no backup holds it.

    A download can have several rows: deleting one of them deletes the download.
    """

    queue: dict[int, Q]
    resource: Callable[[Q, Call], JsonObject]
    concerns: Callable[[Q, Call], bool]

    def add_to(self, arr: SimulatedArr) -> None:
        """Answer the queue's paths."""
        arr.route("GET", "/queue", self._paged)
        arr.route("GET", "/queue/details", self._details)
        arr.route("DELETE", "/queue/{id}", self._delete)

    def _paged(self, call: Call) -> httpx.Response:
        page = page_of(call, self._chosen(call), "timeleft", lambda row: self.resource(row, call))
        return reply(200, page)

    def _details(self, call: Call) -> httpx.Response:
        return reply(200, [self.resource(row, call) for row in self._chosen(call)])

    def _delete(self, call: Call) -> httpx.Response:
        row = self.queue.get(call.id)
        if row is None:
            raise error(404, "NotFound")
        for number, other in list(self.queue.items()):
            if other.release.download_id == row.release.download_id:
                del self.queue[number]
        return reply(200, {})

    def _chosen(self, call: Call) -> list[Q]:
        return [row for row in list(self.queue.values()) if self.concerns(row, call)]

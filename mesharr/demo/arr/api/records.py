"""The routes of history, queue and import-list exclusions."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import httpx

from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.releases import Release
from mesharr.demo.wire import Call, Fields, Invalid, JsonObject, error, invalid, page_of, reply, seconds_of


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
E = TypeVar("E")


@dataclass(frozen=True)
class HistoryApi(Generic[H]):
    """Adds the history's routes. `owner` is what this arr calls an item, as in `/history/movie`.

    `numbers` are the event types by the numbers clients may filter with.
    """

    rows: Callable[[], Iterable[H]]
    resource: Callable[[H, Call], JsonObject]
    belongs: Callable[[H, Call], bool]
    numbers: Mapping[str, str]
    owner: str

    def add_to(self, arr: SimulatedApp) -> None:
        """Answer the history's paths."""
        arr.route("GET", "/history", self._paged)
        arr.route("GET", "/history/since", self._since)
        arr.route("GET", f"/history/{self.owner}", self._of_owner)

    def _since(self, call: Call) -> httpx.Response:
        """List all rows since a date, that second included, oldest first."""
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
class QueueApi(Generic[Q]):
    """Adds the queue's routes; it is the download client's, so no backup holds it.

    A download can have several rows: deleting one of them deletes the download.
    """

    queue: Callable[[], Mapping[int, Q]]
    """The rows; none while the download client does not answer."""
    resource: Callable[[Q, Call], JsonObject]
    concerns: Callable[[Q, Call], bool]
    remove: Callable[[str], None]
    """Remove a download by its id at the client."""

    def add_to(self, arr: SimulatedApp) -> None:
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
        row = self.queue().get(call.id)
        if row is None:
            raise error(404, "NotFound")
        self.remove(row.release.download_id)
        return reply(200, {})

    def _chosen(self, call: Call) -> list[Q]:
        return [row for row in list(self.queue().values()) if self.concerns(row, call)]


@dataclass(frozen=True)
class ExclusionApi(Generic[E]):
    """Adds the routes of import-list exclusions.

    `path`, and what each of its two properties is called.
    """

    path: str
    number: str
    title: str
    rows: Callable[[], dict[int, E]]
    resource: Callable[[E], JsonObject]
    exclude: Callable[[Fields], E]

    def add_to(self, arr: SimulatedApp) -> None:
        """Answer the exclusions' paths."""
        arr.route("GET", self.path, self._all)
        arr.route("GET", f"{self.path}/paged", self._paged)
        arr.route("POST", self.path, self._add)
        arr.route("DELETE", f"{self.path}/{{id}}", self._delete)

    def _all(self, _call: Call) -> httpx.Response:
        return reply(200, [self.resource(row) for row in self.rows().values()])

    def _paged(self, call: Call) -> httpx.Response:
        return reply(200, page_of(call, list(self.rows().values()), "id", self.resource))

    def _add(self, call: Call) -> httpx.Response:
        fields = call.fields()
        number = int(fields.given(self.number, 0))
        if number <= 0 or not fields.get(self.title):
            name = _property(self.number if number <= 0 else self.title)
            raise invalid(Invalid(name, f"'{name}' must not be empty.", None, "NotEmptyValidator"))
        if any(self.resource(row)[self.number] == number for row in self.rows().values()):
            message = "This exclusion has already been added."
            raise invalid(Invalid(_property(self.number), message, number))
        return reply(201, self.resource(self.exclude(fields)))

    def _delete(self, call: Call) -> httpx.Response:
        if self.rows().pop(call.id, None) is None:
            raise error(404, f"ImportListExclusion with ID {call.id} does not exist")
        return reply(200, {})


def _property(name: str) -> str:
    return name[0].upper() + name[1:]

"""What travels between an arr and its clients: requests taken apart, replies put together."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

import httpx
import msgspec

JsonObject = dict[str, Any]
T = TypeVar("T")
_CONTAINERS = (dict, list, tuple)


class KeptNulls(JsonObject):
    """An object whose nulls are sent: a dictionary of the app rather than one of its resources."""


class HttpError(Exception):
    """The request ends here with this status and JSON body."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


@dataclass(frozen=True)
class Invalid:
    """One failed check of a 400."""

    property_name: str
    """The property of the body, as `Path`."""
    message: str
    attempted: object = None
    """The refused value."""
    code: str = "PredicateValidator"
    """The name of the validator."""

    def resource(self) -> JsonObject:
        """Return the object of the array in the reply."""
        return {
            "propertyName": self.property_name,
            "errorMessage": self.message,
            "attemptedValue": self.attempted,
            "severity": "error",
            "errorCode": self.code,
        }


def invalid(*failures: Invalid) -> HttpError:
    """Return a 400 whose body is an array, as validators answer."""
    return HttpError(400, [failure.resource() for failure in failures])


def error(status: int, message: str) -> HttpError:
    """Return any other error: an object with a message and a description."""
    return HttpError(status, {"message": message, "description": f"Simulated: {message}"})


def reply(status: int, value: object) -> httpx.Response:
    """A JSON reply. Nulls are left out, as the arrs' serializer does."""
    content = msgspec.json.encode(without_nulls(value))
    return httpx.Response(status, content=content, headers={"Content-Type": "application/json"})


def without_nulls(value: Any) -> Any:
    """Return the same JSON value with every null property dropped; nulls of lists stay."""
    if isinstance(value, KeptNulls):
        return value
    if isinstance(value, dict):
        return {
            name: without_nulls(item) if isinstance(item, _CONTAINERS) else item
            for name, item in value.items()
            if item is not None
        }
    if isinstance(value, (list, tuple)):
        return [without_nulls(item) if isinstance(item, _CONTAINERS) else item for item in value]
    return value


@lru_cache(maxsize=1024)
def iso(seconds: float) -> str:
    """Return seconds since the epoch as the apps write a date: UTC, whole seconds, `Z`."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(text: str) -> float:
    """Return the reverse of `iso`; a date without zone is taken as UTC. A wrong date is a 400."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise error(400, f"The value '{text}' is not valid.") from wrong
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


class Fields(Mapping[str, Any]):
    """A JSON object whose property names are looked up whatever their case."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {name.lower(): value for name, value in values.items()}

    def __getitem__(self, name: str) -> Any:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def given(self, name: str, default: Any) -> Any:
        """Return the value, or the default when the property is absent or null."""
        value = self.get(name)
        return default if value is None else value


@dataclass(frozen=True)
class Call:
    """One request that passed the key check, as a handler receives it."""

    query: httpx.QueryParams
    body: bytes
    id: int = 0
    """The number in the path, 0 for none."""
    agent: str = ""
    """The User-Agent header."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """The named parts of the path."""

    def json(self) -> Any:
        """Return the parsed body; a broken one is a 400 object, as model binding answers."""
        try:
            return json.loads(self.body)
        except ValueError as broken:
            problem = {"title": "One or more validation errors occurred.", "status": 400}
            raise HttpError(400, problem) from broken

    def fields(self) -> Fields:
        """Return the body as one object."""
        value = self.json()
        if not isinstance(value, dict):
            raise HttpError(400, {"title": "The JSON value could not be converted.", "status": 400})
        return Fields(value)

    def items(self) -> list[Fields]:
        """Return the body as an array of objects."""
        value = self.json()
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise HttpError(400, {"title": "The JSON value could not be converted.", "status": 400})
        return [Fields(item) for item in value]

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a boolean query parameter."""
        text = self.query.get(name)
        return default if text is None else text.lower() == "true"

    def numbers(self, name: str) -> list[int]:
        """Return the whole numbers of a query parameter, repeated or separated by commas."""
        parts = [part for text in self.query.get_list(name) for part in text.split(",") if part]
        try:
            return [int(part) for part in parts]
        except ValueError as wrong:
            raise error(400, f"The value '{parts}' is not valid.") from wrong


def page_of(call: Call, rows: Sequence[T], sort_key: str, resource: Callable[[T], JsonObject]) -> JsonObject:
    """Return the page the query asks for, in the paging envelope.

    Sorting was done by the caller.

    Only the rows on the page are made into resources.
    """
    page = max(1, next(iter(call.numbers("page")), 1))
    size = max(1, next(iter(call.numbers("pageSize")), 10))
    return {
        "page": page,
        "pageSize": size,
        "sortKey": call.query.get("sortKey", sort_key),
        "sortDirection": call.query.get("sortDirection", "descending"),
        "totalRecords": len(rows),
        "records": [resource(row) for row in rows[(page - 1) * size : page * size]],
    }

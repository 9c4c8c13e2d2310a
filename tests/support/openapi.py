"""Hold requests, answers and routes against an app's own OpenAPI document."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest

from mesharr.demo.arr.app import SimulatedApp

REPO: Final = Path(__file__).parents[2]
VARIABLE: Final = "MESHARR_OPENAPI"
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}


V1_READS: Final = {
    "/tag": ("TagResource", "/api/v1/tag"),
    "/tag/detail": ("TagDetailsResource", "/api/v1/tag/detail"),
    "/qualityprofile": ("QualityProfileResource", "/api/v1/qualityprofile"),
    "/metadataprofile": ("MetadataProfileResource", "/api/v1/metadataprofile"),
    "/rootfolder": ("RootFolderResource", "/api/v1/rootfolder"),
    "/command": ("CommandResource", "/api/v1/command"),
    "/history": ("HistoryResourcePagingResource", "/api/v1/history"),
    "/queue": ("QueueResourcePagingResource", "/api/v1/queue"),
    "/queue/details": ("QueueResource", "/api/v1/queue/details"),
    "/importlistexclusion": ("ImportListExclusionResource", "/api/v1/importlistexclusion"),
    "/config/mediamanagement": ("MediaManagementConfigResource", "/api/v1/config/mediamanagement"),
    "/config/naming": ("NamingConfigResource", "/api/v1/config/naming"),
    "/config/metadataprovider": ("MetadataProviderConfigResource", "/api/v1/config/metadataprovider"),
    "/notification": ("NotificationResource", "/api/v1/notification"),
    "/notification/schema": ("NotificationResource", "/api/v1/notification/schema"),
    "/system/status": ("SystemResource", "/api/v1/system/status"),
    "/health": ("HealthResource", "/api/v1/health"),
}
"""What Lidarr and Readarr both answer: schema and documented path."""

V3_READS: Final[Mapping[str, tuple[str, str | None]]] = {
    "/tag": ("TagResource", "/api/v3/tag"),
    "/tag/detail": ("TagDetailsResource", "/api/v3/tag/detail"),
    "/qualityprofile": ("QualityProfileResource", "/api/v3/qualityprofile"),
    "/rootfolder": ("RootFolderResource", "/api/v3/rootfolder"),
    "/command": ("CommandResource", "/api/v3/command"),
    "/history": ("HistoryResourcePagingResource", "/api/v3/history"),
    "/queue": ("QueueResourcePagingResource", "/api/v3/queue"),
    "/queue/details": ("QueueResource", "/api/v3/queue/details"),
    "/config/mediamanagement": ("MediaManagementConfigResource", None),
    "/config/naming": ("NamingConfigResource", "/api/v3/config/naming"),
    "/config/importlist": ("ImportListConfigResource", "/api/v3/config/importlist"),
    "/notification": ("NotificationResource", "/api/v3/notification"),
    "/notification/schema": ("NotificationResource", "/api/v3/notification/schema"),
    "/system/status": ("SystemResource", "/api/v3/system/status"),
    "/health": ("HealthResource", "/api/v3/health"),
}
"""What Radarr and Sonarr both answer: schema and documented path."""
_PAGES: Final = ("mediamanagement", "naming", "importlist", "metadataprovider", "development")


def document(name: str) -> "OpenApi | None":
    """The document `<name>.json` of the directory in MESHARR_OPENAPI, or of one beside the repository."""
    beside = [*REPO.parent.glob("openapi"), *REPO.parent.glob("*/openapi")]
    named = os.environ.get(VARIABLE)
    for folder in [Path(named)] if named else beside:
        path = folder / f"{name}.json"
        if path.is_file():
            return OpenApi(json.loads(path.read_text()))
    return None


class OpenApi:
    """One document. `beyond` names members a request may have although the document lacks them.

    The parameters of a command are such: they belong to the command it names, and the documents
    show only the envelope.
    """

    def __init__(self, text: Mapping[str, Any]) -> None:
        self.text = text
        self.beyond: Mapping[str, frozenset[str]] = {}

    def complaints(self, request: httpx.Request) -> list[str]:
        """What in a request the document does not know."""
        path = request.url.path[request.url.path.index("/api/") :]
        operation = self._operation(request.method.lower(), path)
        if operation is None:
            return [f"there is no {request.method} {path}"]
        found = list(self._of_query(request, operation))
        if request.content:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            found += self._of(json.loads(request.content), schema, "body", self.beyond.get(path, frozenset()))
        elif "requestBody" in operation:
            found.append("the body is missing")
        return [f"{request.method} {path}: {complaint}" for complaint in found]

    def check_answer(self, answer: httpx.Response, name: str, documented: str | None) -> None:
        """Assert that an answer holds only properties of the schema with this name, of its types and enums.

        `documented` is the path under which the document says so, if it says it anywhere.
        """
        assert answer.status_code == 200, answer.text
        if documented is not None:
            assert "get" in self.text["paths"][documented]
        value = answer.json()
        items = value if isinstance(value, list) else [value]
        for item in items:
            # the document knows only the properties that all commands share
            item.pop("body", None)
        self.check(items, name)

    def check(self, items: list[Any], name: str) -> None:
        """Assert that these values have the schema of that name, and no property beside it."""
        assert [
            place
            for item in items
            for place in self._unknown(self.text["components"]["schemas"][name], item, name)
        ] == []
        schema = {"$ref": f"#/components/schemas/{name}", "components": self.text["components"]}
        nullable = json.loads(json.dumps(schema), object_hook=_with_null)
        validator = jsonschema.Draft202012Validator(nullable)
        for item in items:
            validator.validate(item)

    def routes_beside(self, arr: SimulatedApp) -> list[tuple[str, str]]:
        """Return the routes that an app answers and its document does not know."""
        known = {
            (method.upper(), path.lower())
            for path, methods in self.text["paths"].items()
            for method in methods
        }
        known |= {
            (method, path.replace(f"/config/{page}", "/config/{name}"))
            for method, path in known
            for page in _PAGES
        }
        # the arrs answer a PUT on the page itself as well, which their documents leave out
        known.add(("PUT", f"{arr.definition.api}/config/{{name}}"))
        return [route for route in arr.routes() if route not in known]

    def _unknown(self, schema: Mapping[str, Any], value: Any, at: str) -> Iterator[str]:
        schema = self._resolved(schema)
        if isinstance(value, list):
            for item in value:
                yield from self._unknown(schema.get("items", {}), item, f"{at}[]")
        elif isinstance(value, dict) and "properties" in schema:
            for name, item in value.items():
                if name not in schema["properties"]:
                    yield f"{at}.{name}"
                else:
                    yield from self._unknown(schema["properties"][name], item, f"{at}.{name}")

    def _operation(self, method: str, path: str) -> Mapping[str, Any] | None:
        literal_first = sorted(self.text["paths"].items(), key=lambda entry: "{" in entry[0])
        for template, methods in literal_first:
            pattern = re.sub(r"\\\{\w+\\\}", r"\\d+", re.escape(template))
            if method in methods and re.fullmatch(pattern, path):
                found: Mapping[str, Any] = methods[method]
                return found
        return None

    def _of_query(self, request: httpx.Request, operation: Mapping[str, Any]) -> Iterator[str]:
        known = {each["name"]: each for each in operation.get("parameters", []) if each["in"] == "query"}
        for name, text in request.url.params.items():
            if name not in known:
                yield f"query {name} is unknown"
            else:
                yield from self._of(self._typed(text, known[name]["schema"]), known[name]["schema"], name)

    def _typed(self, text: str, schema: Mapping[str, Any]) -> Any:
        """Return a query's value; a list is written by repeating its name."""
        kind = self._resolved(schema).get("type")
        if kind == "array":
            return [self._typed(text, self._resolved(schema)["items"])]
        return text if kind == "string" else json.loads(text)

    def _of(
        self, value: Any, schema: Mapping[str, Any], where: str, beyond: frozenset[str] = frozenset()
    ) -> Iterator[str]:
        schema = self._resolved(schema)
        kind = schema.get("type")
        if kind and not _is(value, kind):
            yield f"{where} is {value!r}, not of type {kind}"
        elif value is not None and value not in schema.get("enum", [value]):
            yield f"{where} is {value!r}, not one of {schema['enum']}"
        elif kind == "array":
            for number, member in enumerate(value):
                yield from self._of(member, schema["items"], f"{where}[{number}]")
        elif kind == "object":
            yield from self._of_members(value, schema, where, beyond)

    def _of_members(
        self, value: Mapping[str, Any], schema: Mapping[str, Any], where: str, beyond: frozenset[str]
    ) -> Iterator[str]:
        known: Mapping[str, Any] = schema.get("properties", {})
        for name, member in value.items():
            if name in known:
                yield from self._of(member, known[name], f"{where}.{name}")
            elif name not in beyond and schema.get("additionalProperties") is False:
                yield f"{where}.{name} is unknown"

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in schema:
            return schema
        found: Mapping[str, Any] = self.text["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return found


def document_or_skip(kind: str) -> OpenApi:
    """Return the document of a kind of app; skip the test where the document is not at hand."""
    found = document(kind)
    if found is None:
        pytest.skip(f"{kind}'s API document is not here: set {VARIABLE} to its folder")
    return found


def _with_null(node: dict[str, Any]) -> dict[str, Any]:
    if node.pop("nullable", False) is True and isinstance(node.get("type"), str):
        node["type"] = [node["type"], "null"]
    return node


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])

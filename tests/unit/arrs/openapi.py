"""Holds what a simulated arr answers and takes against that arr's own API document."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest

from mesharr.demo.arr.app import SimulatedApp
from tests.contract.arr.openapi import VARIABLE, document

_PAGES = ("mediamanagement", "naming", "importlist", "metadataprovider", "development")

V1_READS = {
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


class Document:
    """An arr's API document: schemas by name, and paths."""

    def __init__(self, text: Mapping[str, Any]) -> None:
        self._text = text
        self._schemas: Mapping[str, Any] = text["components"]["schemas"]

    def check_answer(self, answer: httpx.Response, name: str, documented: str | None) -> None:
        """An answer holds only properties of the schema with this name, of its types and enums.

        `documented` is the path under which the document says so, if it says it anywhere.
        """
        assert answer.status_code == 200, answer.text
        if documented is not None:
            assert "get" in self._text["paths"][documented]
        value = answer.json()
        items = value if isinstance(value, list) else [value]
        for item in items:
            # the document knows only the properties that all commands share
            item.pop("body", None)
        self.check(items, name)

    def check(self, items: list[Any], name: str) -> None:
        """These values have the schema of that name, and no property beside it."""
        assert [place for item in items for place in self._unknown(self._schemas[name], item, name)] == []
        schema = {"$ref": f"#/components/schemas/{name}", "components": self._text["components"]}
        nullable = json.loads(json.dumps(schema), object_hook=_with_null)
        validator = jsonschema.Draft202012Validator(nullable)
        for item in items:
            validator.validate(item)

    def routes_beside(self, arr: SimulatedApp) -> list[tuple[str, str]]:
        """The routes that an arr answers and its document does not know."""
        known = {
            (method.upper(), path.lower())
            for path, methods in self._text["paths"].items()
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
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        if isinstance(value, list):
            for item in value:
                yield from self._unknown(schema.get("items", {}), item, f"{at}[]")
        elif isinstance(value, dict) and "properties" in schema:
            for name, item in value.items():
                if name not in schema["properties"]:
                    yield f"{at}.{name}"
                else:
                    yield from self._unknown(schema["properties"][name], item, f"{at}.{name}")


def document_or_skip(kind: str) -> Document:
    """The document of a kind of arr; the test is skipped where it is not at hand."""
    found = document(kind)
    if found is None:
        pytest.skip(f"{kind}'s API document is not here: set {VARIABLE} to its folder")
    return Document(found.text)


def _with_null(node: dict[str, Any]) -> dict[str, Any]:
    if node.pop("nullable", False) is True and isinstance(node.get("type"), str):
        node["type"] = [node["type"], "null"]
    return node

"""Every property the simulator sends or takes has to be one that Radarr's API document names."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest

from tests.simulator.household import DUNE, HEAT, Household

ROOT = Path(__file__).resolve().parents[2]
PLACES = [
    Path(os.environ.get("MESHARR_OPENAPI", "") or "nowhere"),
    *ROOT.parent.glob("*/openapi"),
]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    for place in PLACES:
        path = place / "radarr.json" if place.is_dir() else place
        if path.is_file():
            found: dict[str, Any] = json.loads(path.read_text())
            return found
    pytest.skip("Radarr's API document is not here: set MESHARR_OPENAPI to it")


def unknown(document: dict[str, Any], schema: dict[str, Any], value: Any, at: str) -> Iterator[str]:
    """The places of properties in a value that the schema does not name."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if isinstance(value, list):
        for item in value:
            yield from unknown(document, schema.get("items", {}), item, f"{at}[]")
    elif isinstance(value, dict) and "properties" in schema:
        for name, item in value.items():
            if name not in schema["properties"]:
                yield f"{at}.{name}"
            else:
                yield from unknown(document, schema["properties"][name], item, f"{at}.{name}")


def strict(document: dict[str, Any], name: str, value: Any) -> None:
    """Types and enums of one resource, by the schema of that name."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    nullable = json.loads(json.dumps(schema), object_hook=with_null)
    for item in value if isinstance(value, list) else [value]:
        jsonschema.Draft202012Validator(nullable).validate(item)


def with_null(node: dict[str, Any]) -> dict[str, Any]:
    if node.pop("nullable", False) is True and isinstance(node.get("type"), str):
        node["type"] = [node["type"], "null"]
    return node


READS = {
    "/movie": ("MovieResource", "/api/v3/movie"),
    "/movie/1": ("MovieResource", "/api/v3/movie/{id}"),
    f"/movie/lookup?term=tmdb:{DUNE.tmdb_id}": ("MovieResource", None),
    f"/movie/lookup/tmdb?tmdbId={DUNE.tmdb_id}": ("MovieResource", None),
    "/moviefile?movieId=1": ("MovieFileResource", "/api/v3/moviefile"),
    "/tag": ("TagResource", "/api/v3/tag"),
    "/tag/detail": ("TagDetailsResource", "/api/v3/tag/detail"),
    "/qualityprofile": ("QualityProfileResource", "/api/v3/qualityprofile"),
    "/rootfolder": ("RootFolderResource", "/api/v3/rootfolder"),
    "/command": ("CommandResource", "/api/v3/command"),
    "/history/since?date=2020-01-01T00:00:00Z&includeMovie=true": ("HistoryResource", None),
    "/history": ("HistoryResourcePagingResource", "/api/v3/history"),
    "/queue": ("QueueResourcePagingResource", "/api/v3/queue"),
    "/queue/details": ("QueueResource", "/api/v3/queue/details"),
    "/exclusions": ("ImportListExclusionResource", "/api/v3/exclusions"),
    "/config/mediamanagement": ("MediaManagementConfigResource", None),
    "/config/naming": ("NamingConfigResource", "/api/v3/config/naming"),
    "/config/importlist": ("ImportListConfigResource", "/api/v3/config/importlist"),
    "/notification": ("NotificationResource", "/api/v3/notification"),
    "/notification/schema": ("NotificationResource", "/api/v3/notification/schema"),
    "/system/status": ("SystemResource", "/api/v3/system/status"),
    "/health": ("HealthResource", "/api/v3/health"),
    "/wanted/missing": ("MovieResourcePagingResource", "/api/v3/wanted/missing"),
}


@pytest.fixture
def lived_in(house: Household) -> Household:
    house.connect()
    house.client.post("/tag", json={"label": "a"})
    house.added(tags=[1])
    house.radarr.download(DUNE.tmdb_id)
    house.radarr.add(HEAT.tmdb_id)
    house.radarr.grab(HEAT.tmdb_id)
    body = {"tmdbId": 5, "movieTitle": "x", "movieYear": 2000}
    house.client.post("/exclusions", json=body)
    return house


@pytest.mark.parametrize("path", READS)
def test_what_is_sent_is_in_the_document(document: dict[str, Any], lived_in: Household, path: str) -> None:
    name, documented = READS[path]
    answer = lived_in.client.get(path)
    assert answer.status_code == 200
    if documented is not None:
        assert "get" in document["paths"][documented]
    schema = document["components"]["schemas"][name]
    value = answer.json()
    items = value if isinstance(value, list) else [value]
    for item in items:
        # the document knows only the properties that all commands share
        item.pop("body", None)
    assert [place for item in items for place in unknown(document, schema, item, name)] == []
    strict(document, name, value)


BODIES = {
    "MovieResource": {
        "tmdbId": 1,
        "qualityProfileId": 1,
        "path": "/x",
        "rootFolderPath": "/",
        "monitored": False,
        "minimumAvailability": "released",
        "tags": [1],
        "addOptions": {"monitor": "none", "searchForMovie": False, "addMethod": "manual"},
    },
    "MovieEditorResource": {
        "movieIds": [1],
        "monitored": False,
        "qualityProfileId": 1,
        "minimumAvailability": "released",
        "rootFolderPath": "/",
        "tags": [1],
        "applyTags": "add",
        "moveFiles": False,
        "deleteFiles": False,
        "addImportExclusion": False,
    },
    "ImportListExclusionResource": {"tmdbId": 1, "movieTitle": "x", "movieYear": 2000},
    "TagResource": {"label": "a"},
}


@pytest.mark.parametrize("name", BODIES)
def test_what_is_taken_is_in_the_document(document: dict[str, Any], name: str) -> None:
    schema = document["components"]["schemas"][name]
    assert list(unknown(document, schema, BODIES[name], name)) == []
    strict(document, name, BODIES[name])


def test_every_route_is_in_the_document(document: dict[str, Any], house: Household) -> None:
    known = {
        (method.upper(), path.lower()) for path, methods in document["paths"].items() for method in methods
    }
    known |= {
        (method, path.replace("/config/" + page, "/config/{name}"))
        for method, path in known
        for page in ("mediamanagement", "naming", "importlist")
    }
    # Radarr answers a PUT on the page itself as well, which its document leaves out
    known.add(("PUT", "/api/v3/config/{name}"))
    missing = [route for route in house.radarr.routes() if route not in known]
    assert missing == []

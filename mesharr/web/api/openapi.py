"""Describe the JSON API as an OpenAPI document, made from the structs that it answers with."""

from collections.abc import Mapping
from typing import Any

import msgspec

from mesharr.node.conflict_notes import ANSWERS
from mesharr.node.reports.activity import ActivityDocument
from mesharr.node.reports.catalogue import LibraryDocument
from mesharr.node.reports.conflicts import ConflictsDocument
from mesharr.node.reports.documents import PeersDocument
from mesharr.node.reports.item_document import ItemDocument
from mesharr.node.reports.lists import ApprovalsDocument, UploadsDocument
from mesharr.node.status.model import Report
from mesharr.web.common.requests import Accepted, Approved, Rejected


class Message(msgspec.Struct, frozen=True):
    """Why a request was not answered."""

    message: str


class Parameter(msgspec.Struct, frozen=True):
    """A parameter of a request."""

    name: str
    about: str
    number: bool = False
    place: str = "query"


class Operation(msgspec.Struct, frozen=True):
    """One request of the API."""

    method: str
    path: str
    """Below `/api/v1`."""
    about: str
    answer: type[msgspec.Struct]
    parameters: tuple[Parameter, ...] = ()


_NUMBER = Parameter("n", "the number that the list of approvals shows", number=True, place="path")
_ITEM = (
    Parameter("library", "the name of the library", place="path"),
    Parameter("item", "the id of the item, such as tmdb:603", place="path"),
)

OPERATIONS: tuple[Operation, ...] = (
    Operation("get", "/status", "What `mesharr status --json` prints.", Report),
    Operation(
        "get",
        "/activity",
        "What happened, newest first.",
        ActivityDocument,
        (
            Parameter("peer", "the name or the id of a node"),
            Parameter("library", "the name of a library"),
            Parameter("kind", "added, imported, changed, removed, download, claimed, node or hello"),
            Parameter("before", "`older` of the answer before, to go on", number=True),
            Parameter("limit", "how many, at most 200", number=True),
        ),
    ),
    Operation("get", "/approvals", "What `mesharr approve --json` prints.", ApprovalsDocument),
    Operation("post", "/approvals/{n}/approve", "Approve changes.", Approved, (_NUMBER,)),
    Operation("post", "/approvals/{n}/reject", "Reject changes.", Rejected, (_NUMBER,)),
    Operation("get", "/conflicts", "What `mesharr resolve --json` prints.", ConflictsDocument),
    *(
        Operation(
            "post",
            f"/conflicts/{{library}}/{{item}}/{answer}",
            "Decide between two households' files of an item.",
            ConflictsDocument,
            (*_ITEM, Parameter("path", "that of the second file, to decide about this one alone")),
        )
        for answer in ANSWERS
    ),
    Operation("get", "/peers", "What `mesharr peers --json` prints.", PeersDocument),
    Operation(
        "post",
        "/peers/{node}/accept",
        "Trust a node that asks to join.",
        Accepted,
        (
            Parameter("node", "its name, or its label", place="path"),
            Parameter("words", "its fingerprint words, as they were compared"),
        ),
    ),
    Operation("get", "/uploads", "What `mesharr uploads --json` prints.", UploadsDocument),
    Operation(
        "get",
        "/library",
        "The items of the mesh by title.",
        LibraryDocument,
        (
            Parameter("search", "a part of the title, or an id"),
            Parameter("library", "the name of a library"),
            Parameter("owner", "the id of a node"),
            Parameter("page", "from 1", number=True),
        ),
    ),
    Operation(
        "get", "/library/{library}/{item}", "One item with its files and its history.", ItemDocument, _ITEM
    ),
)


def document(version: str, url_base: str) -> dict[str, Any]:
    """Return the OpenAPI document of the API."""
    every: list[type[msgspec.Struct]] = [*(each.answer for each in OPERATIONS), Message]
    answers = list(dict.fromkeys(every))
    schemas, components = msgspec.json.schema_components(answers, ref_template="#/components/schemas/{name}")
    refs = dict(zip(answers, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for each in OPERATIONS:
        paths.setdefault(f"/api/v1{each.path}", {})[each.method] = _operation(each, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "mesharr", "version": version},
        "servers": [{"url": url_base or "/"}],
        "security": [{"header": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"header": {"type": "apiKey", "in": "header", "name": "X-Api-Key"}},
        },
    }


def _operation(each: Operation, refs: Mapping[type[msgspec.Struct], dict[str, Any]]) -> dict[str, Any]:
    failed = {"description": "why not", "content": {"application/json": {"schema": refs[Message]}}}
    return {
        "summary": each.about,
        "operationId": f"{each.method}{each.path}".translate(_NO_MARKS),
        "parameters": [_parameter(one) for one in each.parameters],
        "responses": {
            "200": {"description": "OK", "content": {"application/json": {"schema": refs[each.answer]}}},
            "401": failed,
            "404": failed,
            "429": failed,
        },
    }


_NO_MARKS = {ord("/"): "_", ord("-"): "_", ord("{"): None, ord("}"): None}


def _parameter(one: Parameter) -> dict[str, Any]:
    return {
        "name": one.name,
        "in": one.place,
        "required": one.place == "path",
        "description": one.about,
        "schema": {"type": "integer" if one.number else "string"},
    }

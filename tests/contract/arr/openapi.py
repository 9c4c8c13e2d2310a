"""Holds requests against an arr's own OpenAPI document, property by property."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx

REPO: Final = Path(__file__).parents[3]
VARIABLE: Final = "MESHARR_OPENAPI"
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}


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
        is_text = self._resolved(schema).get("type") == "string"
        return text if is_text else json.loads(text)

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


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])

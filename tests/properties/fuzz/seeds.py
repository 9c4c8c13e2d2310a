"""Where fuzzing starts: the published vector, files made of it, and what others wrote before."""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Final

from mesharr.log import layout, mesh
from mesharr.log.codec import Event
from mesharr.log.keys import Token, token_text
from tests.properties.fuzz.targets import BRANCH, LONG
from tests.unit.log.samples import ALICE, BOB, MESH, VECTORS, content_of, name_of

CORPUS: Final = os.path.join(os.path.dirname(__file__), "corpus")
_ITEM: Final = (
    '"item":{"id":"tmdb:438631","kind":"movie","ids":{"tmdb":438631,"imdb":"tt1160419"},"folder":"Dune"}'
)
_COPY: Final = '{"path":"Dune/Dune.mkv","size":9876543210,"units":["movie"],"languages":["en"]}'
_SPOKEN: Final = f'"library":"movies",{_ITEM}'
_OF_ONE: Final = '"library":"movies","id":"tmdb:1"'
_BODIES: Final[Mapping[str, str]] = {
    "library.found": f'{{"library":"movies","items":[{{{_ITEM},"copies":[{_COPY}]}}]}}',
    "item.added": f"{{{_SPOKEN}}}",
    "item.changed": f'{{{_OF_ONE},"folder":"Dune (2021)","version":2}}',
    "item.moved": f'{{{_OF_ONE},"to":"movies-4k"}}',
    "item.aliased": f'{{{_OF_ONE},"alias":"tmdb:2"}}',
    "item.left": f"{{{_OF_ONE}}}",
    "item.removed": f'{{{_OF_ONE},"seen":{{"alice-56475aa7.5e2f91aa":[3,"{"ab" * 32}"]}}}}',
    "file.imported": f'{{{_SPOKEN},"copies":[{_COPY}],"replaced":["a/b.mkv"],"term":1}}',
    "file.renamed": f'{{{_OF_ONE},"files":[{{"old":"a/b.mkv","new":{_COPY}}}],"seen":{{}}}}',
    "file.removed": f'{{{_OF_ONE},"paths":["a/b.mkv"],"reason":"x","seen":{{}}}}',
    "unit.grabbed": f'{{{_OF_ONE},"units":["movie"]}}',
    "unit.claimed": f'{{{_OF_ONE},"units":["movie","S01E02"],"term":2147483648}}',
    "node.hello": '{"name":"alice","key":"k","trusts":["b"],"heads":{"s":[3,"id"]},"libraries":{"m":{}}}',
    "stream.opened": '{"closes":{"5e2f91aa":3}}',
    "node.left": "{}",
}


def published() -> list[bytes]:
    """Return the lines of the published vector."""
    with open(VECTORS, encoding="utf-8") as file:
        return [event["line"].encode() for event in json.load(file)["events"]]


def seeds(target: str) -> list[bytes]:
    """Return what a target starts from: good inputs, made here, and the corpus, whose names begin with it."""
    made = _MADE[target]()
    names = sorted(name for name in os.listdir(CORPUS) if name.startswith(f"{target}-"))
    for name in names:
        with open(os.path.join(CORPUS, name), "rb") as file:
            made.append(file.read())
    return made


def _file(events: Sequence[Event], *, segment: bool = False) -> bytes:
    name = name_of(events)
    path = layout.segment_path(name) if segment else layout.tail_path(name)
    return path.encode() + b"\n" + content_of(events)


def _files() -> list[bytes]:
    with open(VECTORS, encoding="utf-8") as file:
        vector = json.load(file)
    whole = b"".join(line + b"\n" for line in published())
    return [
        vector["tail_path"].encode() + b"\n" + whole,
        _file(LONG),
        _file(LONG[:3], segment=True),
        _file(LONG[2:5]),
        _file([*LONG[:2], *BRANCH]),
    ]


def _names() -> list[bytes]:
    name = name_of(LONG)
    return [
        layout.tail_path(name).encode(),
        layout.segment_path(name).encode(),
        layout.tail_name(name).encode(),
    ]


def _tokens() -> list[bytes]:
    return [
        token_text(Token(MESH, name, key.public)).encode()
        for name, key in (("alice", ALICE), ("bob-2", BOB), ("x" * 24, BOB))
    ]


_MADE = {
    "line": published,
    "signed": lambda: [body.encode() for body in _BODIES.values()],
    "name": _names,
    "file": _files,
    "body": lambda: [f"{kind}\n{body}".encode() for kind, body in _BODIES.items()],
    "mesh": lambda: [mesh.encode(mesh.Mesh(name="Höhle", id=MESH, made="2026-11-22T18:00:00Z"))],
    "anchor": lambda: [mesh.anchor(MESH, "movies")],
    "token": _tokens,
}

"""The arrows between the rooms of the package, read from its imports.

cli → service → bootstrap → inbound → node → log, state, disk, {arr,scanners,uploads,notify}.base → core, and
config beside them. Each rule is also given a planted violation, so that none of them can sleep.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "mesharr"

ADAPTERS = ("arr", "scanners", "uploads", "notify")
BASES = tuple(f"{room}.base" for room in ADAPTERS)
SHARED = ("api", "connection", "flags", "heard", "lately", "names", "settings", "shelf", "shelf_heard")
PORTS = frozenset({*BASES, *(f"arr.{name}" for name in SHARED), "scanners.media_browser"})
"""What an adapter may import of its own room: the port, and how one talks to any program of its kind."""

# What each room may import of mesharr besides itself. A name with a dot is one module of a room.
MAY: Mapping[str, tuple[str, ...]] = {
    "core": (),
    "disk": ("core",),
    "log": ("core", "disk"),
    "state": ("core",),
    **dict.fromkeys(ADAPTERS, ("core",)),
    "node": ("core", "disk", "log", "state", *BASES),
    "inbound": ("core", "disk", "log", "state", "node", *BASES),
    "settings": ("core", *ADAPTERS),
    "config": ("core", "settings", *ADAPTERS),
    "hook": (),
    "simulator": (),
    "container": (),
    "bootstrap": ("core", "disk", "log", "state", "node", "inbound", "config", "settings", *ADAPTERS),
    "service": ("core", "log", "state", "node", "inbound", "config", "bootstrap", *ADAPTERS),
    "doctor": ("core", "disk", "state", "node", "config", "settings", *BASES),
    "cli": (
        "core",
        "disk",
        "log",
        "state",
        "node",
        "inbound",
        "config",
        "settings",
        "bootstrap",
        "service",
        "doctor",
        "hook",
        *ADAPTERS,
    ),
    "__main__": ("cli", "hook"),
}

# The adapters and their ports are of one shape; what finds them by their place is the package itself.
CORE_MAY_IMPORT = {
    "__future__",
    "base64",
    "binascii",
    "bisect",
    "collections",
    "collections.abc",
    "contextlib",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "graphlib",
    "hashlib",
    "heapq",
    "itertools",
    "json",
    "math",
    "msgspec",
    "msgspec.json",
    "msgspec.structs",
    "operator",
    "re",
    "string",
    "typing",
    "unicodedata",
}
FROM_PATHLIB = {"PurePosixPath"}
CLOCKS = {"now", "utcnow", "today"}
NODE_MAY_NOT = ("httpx", "pydantic", "yaml", "typer", "starlette", "uvicorn")


def module_of(path: str) -> str:
    """Return the dotted name below mesharr: `log/store/folder.py` gives `log.store`, `__init__.py` its package."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def room_of(module: str) -> str:
    return module.partition(".")[0]


def imports_of(module: str, source: str, is_package: bool = False) -> Iterator[tuple[int, str, str]]:
    """Yield (line, module, name or "") of every import in a source, wherever it stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, ""
        elif isinstance(node, ast.ImportFrom):
            parts = f"mesharr.{module}".split(".")
            if is_package:
                parts.append("__init__")
            above = ".".join(parts[: -node.level]) if node.level else ""
            origin = ".".join(part for part in (above, node.module or "") if part)
            for alias in node.names:
                yield node.lineno, origin, alias.name


def inner(origin: str, name: str, modules: frozenset[str]) -> str | None:
    """Return the module of mesharr that an import is about, relative to it; None for a foreign one."""
    if origin == "mesharr":
        return name if name in modules or name in MAY else ""
    if not origin.startswith("mesharr."):
        return None
    relative = origin.removeprefix("mesharr.")
    return f"{relative}.{name}" if name and f"{relative}.{name}" in modules else relative


def violations(sources: Mapping[str, str]) -> list[str]:
    """Return every broken arrow in sources, which map a path below the package to its text."""
    modules = frozenset(module_of(path) for path in sources)
    found = [said for path, source in sources.items() for said in file_violations(path, source, modules)]
    return found + _circles(sources, modules)


def file_violations(path: str, source: str, modules: frozenset[str]) -> Iterator[str]:
    """Yield the arrows that one file breaks; `modules` are those the package has."""
    module = module_of(path)
    if module == "__init__":
        module = ""
    room = room_of(module)
    for line, origin, name in imports_of(module, source, path.endswith("__init__.py")):
        target = inner(origin, name, modules)
        if target is None:
            said = _foreign(room, origin, name)
        elif target == "" or room_of(target) == room:
            said = _within(module, target)
        else:
            said = _across(module, room, target)
        if said:
            yield f"{path}:{line}: {said}"
    if room == "core":
        yield from _clock_violations(path, source)


def _across(module: str, room: str, target: str) -> str:
    if room == "":
        return f"the package itself imports {target}"
    if room not in MAY:
        return f"{room} is no room that the arrows know"
    if room_of(target) == "simulator" and module.startswith("cli.demo"):
        return ""
    allowed = MAY[room]
    if any(target == one or target.startswith(f"{one}.") for one in allowed):
        return ""
    return f"{room} imports {target}"


def _within(module: str, target: str) -> str:
    room = room_of(module)
    if room in ADAPTERS and module not in {room, *PORTS} and target not in {*PORTS, module}:
        return f"the adapter {module} imports {target or 'mesharr'}"
    if room in ADAPTERS and module in PORTS and target and target not in PORTS:
        return f"the port {module} imports {target}"
    if room in ADAPTERS and module == f"{room}.base" and target:
        return f"the port {module} imports {target}"
    return ""


def _foreign(room: str, origin: str, name: str) -> str:
    if room == "core":
        if origin == "pathlib" and name in FROM_PATHLIB:
            return ""
        return "" if origin in CORE_MAY_IMPORT else f"core imports {origin}, which is not known to be pure"
    if room == "node" and origin.partition(".")[0] in NODE_MAY_NOT:
        return f"node imports {origin}"
    if room in {"hook", "__main__"} and origin.partition(".")[0] not in sys.stdlib_module_names:
        return f"{room} imports {origin}, which is not of the standard library"
    return ""


def _clock_violations(path: str, source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
            yield f"{path}:{node.lineno}: core asks the clock ({node.func.attr})"
        if isinstance(node.func, ast.Name) and node.func.id in {"open", "print", "input"}:
            yield f"{path}:{node.lineno}: core does I/O ({node.func.id})"


def _circles(sources: Mapping[str, str], modules: frozenset[str]) -> list[str]:
    """Return the rooms that import each other, also by way of a third."""
    arrows: dict[str, set[str]] = {}
    for path, source in sources.items():
        module = module_of(path)
        for _, origin, name in imports_of(module, source, path.endswith("__init__.py")):
            target = inner(origin, name, modules)
            if target and room_of(target) != room_of(module):
                arrows.setdefault(room_of(module), set()).add(room_of(target))
    return [f"{room} imports itself by way of others" for room in sorted(arrows) if _reaches(room, arrows)]


def _reaches(start: str, arrows: Mapping[str, set[str]]) -> bool:
    seen: set[str] = set()
    ahead = list(arrows[start])
    while ahead:
        room = ahead.pop()
        if room == start:
            return True
        if room not in seen:
            seen.add(room)
            ahead += arrows.get(room, ())
    return False


def package_sources() -> dict[str, str]:
    return {path.relative_to(PACKAGE).as_posix(): path.read_text() for path in sorted(PACKAGE.rglob("*.py"))}


def module_names() -> frozenset[str]:
    return frozenset(module_of(path.relative_to(PACKAGE).as_posix()) for path in PACKAGE.rglob("*.py"))


def test_every_import_of_the_package_follows_the_arrows() -> None:
    assert violations(package_sources()) == []


def test_every_room_is_known_to_the_arrows() -> None:
    assert {room_of(module_of(path)) for path in package_sources()} - {"__init__"} <= set(MAY)


@pytest.mark.parametrize(
    ("path", "source", "said"),
    [
        ("core/x.py", "import os", "core imports os"),
        ("core/x.py", "def f():\n    import time", "core imports time"),
        ("core/x.py", "import random", "core imports random"),
        ("core/x.py", "from pathlib import Path", "core imports pathlib"),
        ("core/x.py", "import httpx", "core imports httpx"),
        ("core/x.py", "from mesharr.log import codec", "core imports log"),
        ("core/x.py", "from ..log import codec", "core imports log"),
        ("core/x.py", "import mesharr.state.db", "core imports state.db"),
        ("core/x.py", "from datetime import datetime\nx = datetime.now()", "core asks the clock"),
        ("core/x.py", "open('x')", "core does I/O"),
        ("disk/x.py", "from mesharr.log import layout", "disk imports log"),
        ("log/x.py", "from mesharr.state import db", "log imports state"),
        ("log/x.py", "from mesharr.node import publish", "log imports node"),
        ("state/x.py", "from mesharr.log import layout", "state imports log"),
        ("state/x.py", "import mesharr.config", "state imports config"),
        (
            "arr/whisparr.py",
            "from mesharr.arr.radarr import KIND",
            "the adapter arr.whisparr imports arr.radarr",
        ),
        ("arr/whisparr.py", "from mesharr.arr import kinds", "the adapter arr.whisparr imports arr"),
        ("arr/whisparr.py", "from mesharr.scanners.base import request", "arr imports scanners.base"),
        ("arr/whisparr.py", "from mesharr import config", "arr imports config"),
        ("arr/base.py", "from mesharr.arr.radarr import KIND", "the port arr.base imports arr.radarr"),
        ("uploads/x.py", "from mesharr.disk import child", "uploads imports disk"),
        ("node/x.py", "from mesharr.arr.radarr import KIND", "node imports arr.radarr"),
        ("node/x.py", "from mesharr.arr import kinds", "node imports arr"),
        ("node/x.py", "from mesharr.config import Config", "node imports config"),
        ("node/x.py", "import httpx", "node imports httpx"),
        ("node/x.py", "def f():\n    from httpx import Client", "node imports httpx"),
        ("node/x.py", "from mesharr.inbound import http", "node imports inbound"),
        ("inbound/x.py", "from mesharr import bootstrap", "inbound imports bootstrap"),
        ("inbound/x.py", "from mesharr.uploads.rclone import Rclone", "inbound imports uploads.rclone"),
        ("settings/x.py", "from mesharr.node import publish", "settings imports node"),
        ("config.py", "from mesharr.log import keys", "config imports log"),
        ("bootstrap.py", "from mesharr.cli import app", "bootstrap imports cli"),
        ("bootstrap.py", "from mesharr.simulator import arr", "bootstrap imports simulator"),
        ("cli/commands/status.py", "from mesharr.demo.arr.app import Simulated", "cli imports simulator"),
        ("simulator/x.py", "from mesharr.core import paths", "simulator imports core"),
        ("hook.py", "import msgspec", "hook imports msgspec"),
        ("hook.py", "from mesharr.core import paths", "hook imports core"),
        ("__main__.py", "import typer", "__main__ imports typer"),
        ("__init__.py", "from mesharr import config", "the package itself imports config"),
        ("helpers/x.py", "from mesharr.core import paths", "helpers is no room"),
    ],
)
def test_a_planted_violation_is_found(path: str, source: str, said: str) -> None:
    found = list(file_violations(path, source, module_names()))
    assert any(line.startswith(f"{path}:") and said in line for line in found), found


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("cli/commands/demo.py", "from mesharr.demo.arr.app import Simulated"),
        ("cli/demo_drive.py", "import mesharr.demo.http"),
        ("arr/whisparr.py", "from mesharr.arr.base import ArrKind\nfrom mesharr.core.arr.model import Held"),
        ("arr/whisparr.py", "from .base import ArrKind"),
        ("node/x.py", "from mesharr.arr.base import Arr\nfrom mesharr.disk.child import Disk"),
        ("core/x.py", "from pathlib import PurePosixPath\nimport msgspec"),
        ("cli/x.py", "from mesharr import bootstrap\nfrom mesharr.config import Config"),
    ],
)
def test_what_the_arrows_allow_is_not_reported(path: str, source: str) -> None:
    assert list(file_violations(path, source, module_names())) == []


def test_two_rooms_that_import_each_other_are_found() -> None:
    circle = {
        "node/a.py": "from mesharr.state import b",
        "state/b.py": "from mesharr.disk import c",
        "disk/c.py": "import mesharr.node.a",
    }
    assert "node imports itself by way of others" in violations(circle)


def test_an_adapter_is_found_by_its_place_and_named_nowhere() -> None:
    named = {
        f"{room}.{path.stem}"
        for room in ADAPTERS
        for path in (PACKAGE / room).glob("*.py")
        if path.stem != "__init__" and f"{room}.{path.stem}" not in PORTS
    }
    sources = package_sources()
    modules = frozenset(module_of(path) for path in sources)
    importers = [
        f"{path} imports {target}"
        for path, source in sources.items()
        for _, origin, name in imports_of(module_of(path), source, path.endswith("__init__.py"))
        if (target := inner(origin, name, modules)) in named
        and room_of(str(target)) in {"arr", "scanners"}
        and module_of(path) != target
    ]
    assert importers == []

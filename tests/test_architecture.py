"""The arrows between the wings of the package, read from its imports, and the size of its rooms.

cli → daemon → bootstrap → node → state, log, disk, the ports → core, and config beside them. A wing is a
folder of modules, or one module; what `ARROWS` does not allow is a violation. Each rule is also given a
planted violation, so that none of them can sleep.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "mesharr"

ADAPTERS = ("arr", "scanners", "uploads", "notify")
PORTS = ("arr.base", "scanners.base", "uploads.base", "notify.base")
CORE = ("core", "core.events", "core.registry", "core.arr", "core.detect", "core.planning")
STATE = ("state", "state.conditions", "state.events", "state.queues", "state.records")
LOG = ("log", "log.store")
SETTINGS = ("settings", "settings.definition")
NODE = (
    "node", "node.outward", "node.outward.stream", "node.inward", "node.inward.streams", "node.joining",
    "node.status", "node.passes", "node.reports",
)  # fmt: skip

ARROWS: Mapping[str, tuple[str, ...]] = {
    "core": (),
    "core.events": ("core",),
    "core.registry": ("core", "core.events"),
    "core.arr": ("core", "core.events", "core.registry"),
    "core.detect": ("core", "core.events", "core.registry", "core.arr"),
    "core.planning": ("core", "core.events", "core.registry", "core.arr", "core.detect"),
    "bounded_http": ("core",),
    "disk": ("core", "bounded_http"),
    "log": ("core", "core.events"),
    "log.store": ("core", "disk", "log"),
    "state": (*CORE, "state.conditions", "state.events", "state.queues", "state.records"),
    "state.conditions": ("core", "state.db"),
    "state.events": ("core", "core.events", "core.registry", "state.db"),
    "state.queues": (*CORE, "state.db"),
    "state.records": (*CORE, "state.db"),
    "arr": (*CORE, "arr.base", "arr.shared"),
    "arr.base": CORE,
    "arr.shared": (*CORE, "arr.base", "bounded_http"),
    "scanners": (*CORE, "settings.definition", "scanners.base", "scanners.media_browser"),
    "scanners.base": (*CORE, "settings.definition", "bounded_http"),
    "scanners.media_browser": (*CORE, "scanners.base"),
    "uploads": (*CORE, "uploads.base"),
    "uploads.base": CORE,
    "notify": (*CORE, "settings.definition", "notify.base"),
    "notify.base": (*CORE, "settings.definition"),
    "logs": ("core", "log_repeats"),
    "log_repeats": (),
    "node": (*CORE, *STATE, *LOG, *PORTS, "disk"),
    "node.outward": (*CORE, *STATE, *LOG, *PORTS, "disk", "node", "node.outward.stream"),
    "node.outward.stream": (*CORE, *STATE, *LOG, *PORTS, "disk", "node"),
    "node.inward": (*CORE, *STATE, *LOG, *PORTS, "disk", "node"),
    "node.inward.streams": (*CORE, *STATE, *LOG, "disk", "node"),
    "node.joining": (*CORE, *STATE, *LOG, *PORTS, "disk", "node", "node.outward"),
    "node.status": (*CORE, *STATE, *LOG, *PORTS, "disk", "node"),
    "node.reports": (*CORE, *STATE, *LOG, *PORTS, "disk", "node", "node.status"),
    "node.passes": (*CORE, *STATE, *LOG, *PORTS, "disk", *NODE),
    "inbound": ("core", "arr.base"),
    "web.common": (*CORE, *STATE, *NODE, "disk", "inbound", "doctor"),
    "web.api": (*CORE, *STATE, *NODE, "inbound", "web.common"),
    "web.pages": (*CORE, *STATE, *NODE, "inbound", "doctor", "web.common"),
    "web": (*CORE, *STATE, *NODE, "inbound", "web.common", "web.api", "web.pages"),
    "settings.definition": ("core",),
    "settings": (*CORE, "settings.definition", *ADAPTERS, *PORTS),
    "config": ("core", *SETTINGS, *ADAPTERS, *PORTS),
    "doctor": (*CORE, *STATE, *NODE, *PORTS, "disk", "config", *SETTINGS),
    "bootstrap": (
        *CORE, *STATE, *LOG, *NODE, *ADAPTERS, *PORTS, "disk", "config", *SETTINGS, "bounded_http",
    ),
    "daemon": (
        *CORE, *STATE, *LOG, *NODE, *ADAPTERS, *PORTS, "inbound", "config", *SETTINGS, "bootstrap",
        "web", "web.common", "doctor",
    ),
    "demo": (),
    "demo.disk": ("demo",),
    "demo.arr": ("demo", "demo.disk"),
    "demo.radarr": ("demo", "demo.disk", "demo.arr"),
    "demo.household": ("config", "daemon", "log", "state", "demo", "demo.radarr"),
    "demo.show": ("core", "disk", "log", "log.store", "demo.household"),
    "hook": (),
    "container": (),
    "cli": (
        *CORE, *STATE, *LOG, *NODE, *ADAPTERS, *PORTS, "arr.shared", "disk", "inbound", "daemon", "bootstrap",
        "doctor", "config", *SETTINGS, "logs", "hook", "bounded_http", "cli.commands",
    ),
    "cli.commands": ("cli", "cli.actions", "hook"),
    "cli.actions": (
        *CORE, *STATE, *LOG, *NODE, *ADAPTERS, *PORTS, "disk", "inbound", "daemon", "bootstrap", "doctor",
        "config", *SETTINGS, "logs", "hook", "cli", "demo.show",
    ),
    "__main__": ("cli", "cli.actions", "hook"),
}  # fmt: skip
"""What each wing may import of mesharr besides itself; a wing is known by the longest name here that fits."""

LISTS_ITS_COMMANDS = {("cli", "cli.commands")}
"""Arrows back that a wing needs to find its own plug-ins by their place."""

ONE_IMPORTER = {"core.events.fast_path": "log.batch"}
"""Modules that only one other may import: two definitions of a valid body are met in one place."""

MODULES_IN_A_FOLDER = 12
LINES_IN_A_FILE = 400
LINES_IN_A_FUNCTION = 60

LARGE_FOLDERS = {
    "cli/commands": "one file for each command: found by its name, imported by nobody",
    "cli/actions": "one file for each command: what it does",
}
"""Folders with more modules than that, each with its reason."""

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
    "urllib.parse",
}
FROM_PATHLIB = {"PurePosixPath"}
CLOCKS = {"now", "utcnow", "today"}
NODE_MAY_NOT = ("httpx", "pydantic", "yaml", "typer", "starlette", "uvicorn")


def module_of(path: str) -> str:
    """Return the dotted name below mesharr: `log/codec.py` gives `log.codec`, `__init__.py` its package."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def wing_of(module: str) -> str:
    """Return the wing a module is in, "" for none that the arrows know."""
    parts = module.split(".")
    names = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((name for name in names if name in ARROWS), "")


@cache
def imports_of(module: str, source: str, is_package: bool = False) -> tuple[tuple[int, str, str], ...]:
    """Return (line, module, name or "") of every import in a source, wherever it stands."""
    return tuple(_imports_in(module, source, is_package))


def _imports_in(module: str, source: str, is_package: bool) -> Iterator[tuple[int, str, str]]:
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
        return name if name in modules or name in ARROWS else ""
    if not origin.startswith("mesharr."):
        return None
    relative = origin.removeprefix("mesharr.")
    return f"{relative}.{name}" if name and f"{relative}.{name}" in modules else relative


def violations(sources: Mapping[str, str]) -> list[str]:
    """Return every broken arrow in sources, which map a path below the package to its text."""
    modules = frozenset(module_of(path) for path in sources)
    found = [said for path, source in sources.items() for said in file_violations(path, source, modules)]
    return found + _circles(sources, modules) + _rings(sources, modules)


def file_violations(path: str, source: str, modules: frozenset[str]) -> Iterator[str]:
    """Yield the arrows that one file breaks; `modules` are those the package has."""
    module = module_of(path)
    if module == "__init__":
        module = ""
    for line, origin, name in imports_of(module, source, path.endswith("__init__.py")):
        target = inner(origin, name, modules)
        said = _foreign(module, origin, name) if target is None else _broken_arrow(module, target)
        if said:
            yield f"{path}:{line}: {said}"
    if module.startswith("core."):
        yield from _clock_violations(path, source)


def _broken_arrow(module: str, target: str) -> str:
    if module == "" and target:
        return f"the package itself imports {target}"
    if not target or module == target:
        return ""
    if module != ONE_IMPORTER.get(target, module):
        return f"{module} imports {target}, which only {ONE_IMPORTER[target]} may"
    wing, other = wing_of(module), wing_of(target)
    if not wing:
        return f"{module.partition('.')[0]} is no room that the arrows know"
    if wing == other and (not _is_adapter(module) or _adapter_of(module) == _adapter_of(target)):
        return ""
    allowed = ARROWS[wing]
    if other in allowed or target in allowed:
        return ""
    return f"{wing if not _is_adapter(module) else f'the adapter {module}'} imports {target}"


def _is_adapter(module: str) -> bool:
    """Whether a module is one of several of a shape, which know their port and nothing of each other."""
    return wing_of(module) in ADAPTERS and module not in ADAPTERS


def _adapter_of(module: str) -> str:
    """Return the adapter a module is part of: a large one is a folder (`arr.sonarr`)."""
    return ".".join(module.split(".")[:2])


def _foreign(module: str, origin: str, name: str) -> str:
    room = module.partition(".")[0]
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
    """Return the wings that import each other, also by way of a third."""
    arrows: dict[str, set[str]] = {}
    for path, source in sources.items():
        module = module_of(path)
        for _, origin, name in imports_of(module, source, path.endswith("__init__.py")):
            target = inner(origin, name, modules)
            arrow = (wing_of(module), wing_of(target or ""))
            if (
                target
                and arrow[0] != arrow[1]
                and arrow not in LISTS_ITS_COMMANDS
                and not _is_registry(module)
            ):
                arrows.setdefault(arrow[0], set()).add(_unit(target))
    return [f"{wing} imports itself by way of others" for wing in sorted(arrows) if _reaches(wing, arrows)]


def _rings(sources: Mapping[str, str], modules: frozenset[str]) -> list[str]:
    """Return modules that import each other, also in a function or for their types alone; one ring of all."""
    arrows: dict[str, set[str]] = {}
    for path, source in sources.items():
        module = module_of(path)
        imported = imports_of(module, source, path.endswith("__init__.py"))
        arrows[module] = {inner(origin, name, modules) or "" for _, origin, name in imported} - {module}
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return [f"modules that import each other: {', '.join(error.args[1])}"]
    return []


def _is_registry(module: str) -> bool:
    """Whether a module is the `__init__` of a room of adapters, which finds them by their place."""
    return module in ADAPTERS


def _unit(module: str) -> str:
    """Return what stands for a module in a circle: `state.db`, below two folders of its own, is a unit."""
    return module if module == "state.db" else wing_of(module)


def _reaches(start: str, arrows: Mapping[str, set[str]]) -> bool:
    seen: set[str] = set()
    ahead = list(arrows[start])
    while ahead:
        wing = ahead.pop()
        if wing == start:
            return True
        if wing not in seen:
            seen.add(wing)
            ahead += arrows.get(wing, ())
    return False


def package_sources() -> dict[str, str]:
    return {path.relative_to(PACKAGE).as_posix(): path.read_text() for path in sorted(PACKAGE.rglob("*.py"))}


def module_names() -> frozenset[str]:
    return frozenset(module_of(path.relative_to(PACKAGE).as_posix()) for path in PACKAGE.rglob("*.py"))


def test_every_import_of_the_package_follows_the_arrows() -> None:
    assert violations(package_sources()) == []


def test_every_module_is_in_a_wing_that_the_arrows_know() -> None:
    assert [
        path for path in package_sources() if path != "__init__.py" and not wing_of(module_of(path))
    ] == []


def test_no_folder_is_crowded_without_a_reason() -> None:
    counts = Counter(
        path.rpartition("/")[0] for path in package_sources() if not path.endswith("__init__.py")
    )
    crowded = {folder for folder, count in counts.items() if count > MODULES_IN_A_FOLDER}
    assert crowded == set(LARGE_FOLDERS)


def test_no_file_and_no_function_is_too_long_to_be_read_at_once() -> None:
    sources = package_sources()
    long_files = [path for path, source in sources.items() if source.count("\n") > LINES_IN_A_FILE]
    long_functions = [
        f"{path}:{node.lineno} {node.name}"
        for path, source in sources.items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= LINES_IN_A_FUNCTION
    ]
    assert (long_files, long_functions) == ([], [])


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
        (
            "core/events/x.py",
            "from mesharr.core.registry.fold import fold",
            "core.events imports core.registry",
        ),
        (
            "core/registry/x.py",
            "from mesharr.core.arr.snapshot import Snapshot",
            "core.registry imports core.arr",
        ),
        ("core/arr/x.py", "from mesharr.core.detect.model import Evidence", "core.arr imports core.detect"),
        (
            "core/detect/x.py",
            "from mesharr.core.planning.plan import plan",
            "core.detect imports core.planning",
        ),
        (
            "log/x.py",
            "from mesharr.core.events.fast_path import PATTERNS",
            "log.x imports core.events.fast_path, which only log.batch may",
        ),
        ("core/events/x.py", "from mesharr.core.events import fast_path", "which only log.batch may"),
        ("node/x.py", "from mesharr.node.outward.downloads.grabs import Grabs", "node imports node.outward"),
        ("node/outward/x.py", "from mesharr.node.inward import visit", "node.outward imports node.inward"),
        ("node/inward/x.py", "from mesharr.node.outward import intake", "node.inward imports node.outward"),
        (
            "node/inward/streams/x.py",
            "from mesharr.node.inward import visit",
            "node.inward.streams imports node.inward",
        ),
        (
            "node/outward/stream/x.py",
            "from mesharr.node.outward import intake",
            "node.outward.stream imports node.outward",
        ),
        (
            "node/inward/x.py",
            "from mesharr.node.joining import first_day",
            "node.inward imports node.joining",
        ),
        ("node/joining/x.py", "from mesharr.node.inward import visit", "node.joining imports node.inward"),
        ("node/status/x.py", "from mesharr.node.outward import transfer", "node.status imports node.outward"),
        ("node/outward/x.py", "from mesharr.node.passes import engine", "node.outward imports node.passes"),
        ("state/events/x.py", "from mesharr.state import items", "state.events imports state"),
        ("log/x.py", "from mesharr.log.store import folder", "log imports log.store"),
        ("arr/shared/x.py", "from mesharr.arr.sonarr import Sonarr", "arr.shared imports arr"),
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
        (
            "arr/whisparr/signals.py",
            "from mesharr.arr.radarr import KIND",
            "the adapter arr.whisparr.signals imports arr.radarr",
        ),
        ("arr/whisparr.py", "from mesharr.arr import kinds", "the adapter arr.whisparr imports arr"),
        ("arr/whisparr.py", "from mesharr.scanners.base import request", "arr imports scanners.base"),
        ("arr/whisparr.py", "from mesharr import config", "arr imports config"),
        ("arr/base.py", "from mesharr.arr.radarr import KIND", "arr.base imports arr.radarr"),
        ("uploads/x.py", "from mesharr.disk import child", "the adapter uploads.x imports disk"),
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
        ("bootstrap.py", "from mesharr.demo.arr import app", "bootstrap imports demo.arr"),
        (
            "cli/actions/demo.py",
            "from mesharr.demo.arr.app import SimulatedApp",
            "cli.actions imports demo.arr",
        ),
        ("cli/commands/x.py", "from mesharr.state import state", "cli.commands imports state"),
        ("demo/radarr/x.py", "from mesharr.daemon.service import Service", "demo.radarr imports daemon"),
        ("demo/servers.py", "from mesharr.demo.show import Show", "demo imports demo.show"),
        ("demo/arr/x.py", "from mesharr.core import paths", "demo.arr imports core"),
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
        ("cli/actions/demo.py", "from mesharr.demo.show import Show"),
        ("demo/household.py", "from mesharr.daemon.service import Service"),
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


def test_two_modules_of_a_room_that_import_each_other_are_found() -> None:
    ring = {
        "disk/a.py": "def later() -> None:\n    from mesharr.disk.b import B",
        "disk/b.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from mesharr.disk import a",
    }
    (said,) = violations(ring)
    assert said.startswith("modules that import each other: disk.")


def test_an_adapter_is_found_by_its_place_and_named_nowhere() -> None:
    named = {
        f"{room}.{path.stem}"
        for room in ("arr", "scanners")
        for path in (PACKAGE / room).glob("*.py")
        if path.stem != "__init__" and f"{room}.{path.stem}" not in ARROWS
    }
    sources = package_sources()
    modules = frozenset(module_of(path) for path in sources)
    importers = [
        f"{path} imports {target}"
        for path, source in sources.items()
        for _, origin, name in imports_of(module_of(path), source, path.endswith("__init__.py"))
        if (target := inner(origin, name, modules)) in named and module_of(path) != target
    ]
    assert importers == []

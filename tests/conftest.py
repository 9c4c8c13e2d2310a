"""How the tests are run.

Property tests: the same examples each time where `CI` is set, new ones elsewhere. The whole suite runs in
several processes, a part of it (`pytest tests/unit/log`) in this one; `-n` decides otherwise.
"""

import functools
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from mesharr.core.registry.facts import Cuts
from mesharr.state.events.item_facts import ItemFacts
from mesharr.state.items import Items
from tests.support.mounts import note_limit

_TESTS = Path(__file__).parent
_CACHE = _TESTS.parent / ".pytest_cache" / "bytecode"
_LONG = (
    *("tests/behaviour/outages/", "tests/behaviour/events/", "tests/behaviour/crashes/"),
    "tests/properties/",
)
"""The topics that a run of the whole suite leaves to the campaigns."""
_LONGEST = "tests/properties/"
"""Where single tests take minutes: begun last, one of them would go on alone when all others are over."""
_MANY_CHANGED = 50
"""So many changed files of tests are compiled once before several processes would do it each."""

# Where no bytecode is written beside the files, every process would compile them all again: each of those
# that run the tests, and each command that a test gives.
if sys.dont_write_bytecode:
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(_CACHE)
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("dev", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


@pytest.fixture(autouse=True, scope="session")
def _no_fold_in_a_transaction() -> Iterator[None]:
    """Fail whatever folds an item in a transaction: a fold may take long, and webhooks wait for its end."""
    read = Items.facts

    def facts(items: Items, library: str, item: str, cuts: Cuts | None = None) -> ItemFacts:
        with items._db._lock:
            assert not items._db._depth, f"{library} {item} is folded in a transaction"
        return read(items, library, item, cuts)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Items, "facts", facts)
        yield


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_timeout_set_timer(settings: Any) -> None:
    """Note the limit of the test that begins: what it waits for is given up, and named, before it is over."""
    if settings.timeout:
        note_limit(settings.timeout)


def _is_whole(config: pytest.Config) -> bool:
    """Return whether no part of the suite was asked for by its path."""
    told = getattr(config, "workerinput", {}).get("whole")
    return config.args_source == pytest.Config.ArgsSource.TESTPATHS if told is None else bool(told)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process of xdist what it cannot see: how the run was started."""
    node.workerinput["whole"] = _is_whole(node.config)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a run of the whole suite mark the long topics as campaigns, and leave out their samples.

    The longest tests come first.
    """
    if not _is_whole(config):
        return
    samples = [item for item in items if item.get_closest_marker("sample")]
    config.hook.pytest_deselected(items=samples)
    items[:] = [item for item in items if item not in samples]
    items.sort(key=lambda item: not item.nodeid.startswith(_LONGEST))
    for item in items:
        if item.nodeid.startswith(_LONG):
            item.add_marker(pytest.mark.campaign)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return how many processes `-n auto` means: 0 (this one) for a part of the suite, or on one core.

    Half of them begin with what waits for mounts, of which campaigns have most.
    """
    cores = len(os.sched_getaffinity(0))
    if cores == 1 or not _is_whole(config):
        return 0
    return cores + (4 if config.getoption("markexpr") == "campaign" else 1)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Have the tests compiled, by a process a core, before several processes begin with the same files."""
    cores = len(os.sched_getaffinity(0))
    if not getattr(session.config.option, "tx", None) or os.environ.get("PYTEST_XDIST_WORKER"):
        return
    compiled = _CACHE.parent / "compiled"
    since = compiled.stat().st_mtime if compiled.exists() else 0.0
    changed = [file for file in sorted(_TESTS.rglob("test_*.py")) if file.stat().st_mtime > since]
    if len(changed) < _MANY_CHANGED:
        return
    collect = (sys.executable, "-m", "pytest", "--collect-only", "-qq", "-n", "0", "-p", "no:cacheprovider")
    parts = [changed[at::cores] for at in range(cores)]
    running = [
        subprocess.Popen([*collect, *map(str, part)], cwd=_TESTS.parent, stdout=subprocess.DEVNULL)
        for part in parts
    ]
    codes = [process.wait() for process in running]
    if not any(codes):  # what cannot be collected is told by the run itself
        compiled.parent.mkdir(exist_ok=True)
        compiled.touch()


@functools.cache
def _text_of(file: str) -> str:
    return (_TESTS.parent / file).read_text(encoding="utf-8")


def _needs_mounts(file: str) -> bool:
    """Return whether a file of tests makes mounts or runs whole daemons."""
    return file.startswith("tests/e2e/") or "pytest.mark.mount" in _text_of(file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Return what shares the tests out. xdist's own groups do not work with pytest 9.2 (xdist 3.8).

    What needs real mounts or whole daemons waits most of the time: half of the processes begin with it, and
    each has its part of it, one after the other. With all at it at once the cores would idle.
    Tests that share a fixture of their file stay together.
    """
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling

    parts = itertools.cycle(range(max(1, len(config.getvalue("tx")) // 2)))

    @functools.cache
    def part_of(_together: str) -> str:
        return f"mounts {next(parts)}"

    def scope_of(nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if not _needs_mounts(file):
            return nodeid
        return part_of(file if 'scope="module"' in _text_of(file) else nodeid)

    scheduling = LoadScopeScheduling(config, log)
    scheduling._split_scope = scope_of
    return scheduling

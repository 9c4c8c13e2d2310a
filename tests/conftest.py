"""How the tests are run.

Property tests: the same examples each time where `CI` is set, new ones elsewhere. The whole suite runs in
several processes, a part of it (`pytest tests/unit/log`) in this one; `-n` decides otherwise.
"""

import functools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from mesharr.core.registry.facts import Cuts
from mesharr.state.events.item_facts import ItemFacts
from mesharr.state.items import Items

_END_TO_END = Path(__file__).with_name("e2e")

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


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return how many processes `-n auto` means: 0 (this one) for a part of the suite, or on one core."""
    cores = len(os.sched_getaffinity(0))
    if cores == 1 or config.args_source != pytest.Config.ArgsSource.TESTPATHS:
        return 0
    return cores + 2  # one of them waits for mounts, and some tests in the others wait for commands


def _needs_mounts(file: Path) -> bool:
    """Return whether a file of tests makes mounts or runs whole daemons."""
    return file.is_relative_to(_END_TO_END) or "pytest.mark.mount" in file.read_text(encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Return what shares the tests out. xdist's own groups do not work with pytest 9.2 (xdist 3.8).

    What needs real mounts or whole daemons runs in one process, one after the other: several at once
    would leave the cores idle, for they wait most of the time.
    """
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling

    def scope_of(nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "mounts" if needs_mounts(config.rootpath / file) else nodeid

    needs_mounts = functools.cache(_needs_mounts)
    scheduling = LoadScopeScheduling(config, log)
    scheduling._split_scope = scope_of
    return scheduling

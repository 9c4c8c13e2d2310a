"""Check everything that can be wrong with a node's setup; change nothing.

A small file is put into each `local` for a moment, to see where else it shows.
"""

from collections.abc import Callable, Iterator
from typing import Final

from mesharr.doctor.arrs import arrs
from mesharr.doctor.check_result import CheckResult
from mesharr.doctor.files import libraries, mounts, store
from mesharr.doctor.items import items
from mesharr.doctor.node_setup import NodeSetup
from mesharr.doctor.peers import peers
from mesharr.doctor.programs import (
    config,
    folder_uploads,
    notifiers,
    scanners,
    second_uploaders,
    uploads,
    webhook_endpoint,
)
from mesharr.doctor.views import views

CHECKS: Final[tuple[Callable[[NodeSetup], Iterator[CheckResult]], ...]] = (
    config,
    store,
    libraries,
    mounts,
    webhook_endpoint,
    arrs,
    views,
    scanners,
    uploads,
    folder_uploads,
    second_uploaders,
    notifiers,
    peers,
    items,
)
"""Every check, in the order in which one part of the setup depends on another."""
_NOT_OF_CONFIG: Final = frozenset({webhook_endpoint, peers, items})
"""The checks of what happens, not of what mesharr.yml says."""


def run_checks(setup: NodeSetup, *, of_config: bool = False) -> Iterator[CheckResult]:
    """Yield the results of all checks, one after another: each check may take seconds.

    With `of_config`, only of those that prove what mesharr.yml names: paths, addresses, keys.
    """
    for check in CHECKS:
        if not (of_config and check in _NOT_OF_CONFIG):
            yield from check(setup)

"""How the tests are run.

Property tests: the same examples each time where `CI` is set, new ones elsewhere. In several processes
(`-n 2 --dist loadgroup`): what needs real mounts or whole daemons in one of them, one after the other.
"""

import os
from pathlib import Path

import pytest
from hypothesis import settings

_END_TO_END = Path(__file__).with_name("e2e")

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("dev", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("mount") or item.path.is_relative_to(_END_TO_END):
            item.add_marker(pytest.mark.xdist_group("mounts"))

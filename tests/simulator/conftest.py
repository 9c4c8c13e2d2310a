from pathlib import Path

import pytest

from tests.simulator.household import Household


@pytest.fixture
def house(tmp_path: Path) -> Household:
    return Household(tmp_path)

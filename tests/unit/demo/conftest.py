from pathlib import Path

import pytest

from tests.unit.arrs.sonarr.household import SonarrHousehold
from tests.unit.demo.household import Household


@pytest.fixture
def house(tmp_path: Path) -> Household:
    return Household(tmp_path)


@pytest.fixture
def tv(tmp_path: Path) -> SonarrHousehold:
    return SonarrHousehold(tmp_path)

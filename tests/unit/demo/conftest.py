from pathlib import Path

import pytest

from tests.unit.demo.household import Household
from tests.unit.demo.lidarr_household import LidarrHousehold
from tests.unit.demo.readarr_household import ReadarrHousehold
from tests.unit.demo.sonarr_household import SonarrHousehold


@pytest.fixture
def house(tmp_path: Path) -> Household:
    return Household(tmp_path)


@pytest.fixture
def tv(tmp_path: Path) -> SonarrHousehold:
    return SonarrHousehold(tmp_path)


@pytest.fixture
def lidarr(tmp_path: Path) -> LidarrHousehold:
    return LidarrHousehold(tmp_path)


@pytest.fixture
def readarr(tmp_path: Path) -> ReadarrHousehold:
    return ReadarrHousehold(tmp_path)

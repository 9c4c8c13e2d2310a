from pathlib import Path

import pytest

from tests.simulator.household import Household
from tests.simulator.lidarr_household import LidarrHousehold
from tests.simulator.readarr_household import ReadarrHousehold
from tests.simulator.sonarr_household import SonarrHousehold


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

from pathlib import Path

import pytest

from tests.unit.arrs.lidarr.household import LidarrHousehold
from tests.unit.arrs.readarr.household import ReadarrHousehold
from tests.unit.arrs.sonarr.household import SonarrHousehold


@pytest.fixture
def tv(tmp_path: Path) -> SonarrHousehold:
    return SonarrHousehold(tmp_path)


@pytest.fixture
def lidarr(tmp_path: Path) -> LidarrHousehold:
    return LidarrHousehold(tmp_path)


@pytest.fixture
def readarr(tmp_path: Path) -> ReadarrHousehold:
    return ReadarrHousehold(tmp_path)

"""Which folders Lidarr and Readarr are asked to scan."""

import pytest

from mesharr.arr.shared.works_arr import folders_to_scan

HERE, OLD = "/music/New", "/music/Old"


@pytest.mark.parametrize(
    ("listed", "changed", "folders"),
    [
        pytest.param([], [], [HERE], id="nothing is listed"),
        pytest.param([f"{HERE}/A/1"], [f"{HERE}/B/1"], [HERE], id="a new file in its folder"),
        pytest.param([f"{HERE}/A/1"], [f"{HERE}/A/1"], [f"{HERE}/A"], id="all that is listed is gone"),
        pytest.param([f"{HERE}/A/1", f"{OLD}/A/1"], [f"{OLD}/A/1"], [f"{OLD}/A"], id="gone from elsewhere"),
        pytest.param(
            [f"{HERE}/A/1", f"{OLD}/A/1"],
            [f"{HERE}/B/1", f"{OLD}/A/1"],
            [HERE, f"{OLD}/A"],
            id="new here and gone from elsewhere",
        ),
        pytest.param([f"{HERE}/A/1"], [f"{HERE} 2/A/1"], [f"{HERE} 2/A"], id="a folder with a longer name"),
    ],
)
def test_files_outside_of_the_items_folder_are_scanned_where_they_were(
    listed: list[str], changed: list[str], folders: list[str]
) -> None:
    assert folders_to_scan(HERE, listed, changed) == folders

"""How a media server on Windows is given a folder whose name Windows does not have."""

import pytest

from mesharr.scanners.base import folder_at

ROOT = r"D:\TV"


@pytest.mark.parametrize(
    "name",
    [
        "a\\b",
        "a: b",
        "What?",
        "a*",
        '"a"',
        "<a>",
        "a|b",
        "S.H.I.E.L.D.",
        "a ",
        "a.. ",
        "CON",
        "nul.x",
        "Lpt1",
    ],
)
def test_a_folder_that_windows_names_otherwise_is_scanned_with_the_one_it_is_in(name: str) -> None:
    assert folder_at(ROOT, f"Show/{name}") == rf"{ROOT}\Show"
    assert folder_at(ROOT, f"{name}/Season 01") == ROOT
    assert folder_at("/tv", f"{name}/Season 01") == f"/tv/{name}/Season 01"


@pytest.mark.parametrize("name", ["Contact (1997)", "A.B (2001)", " a", ".a", "é"])
def test_any_other_folder_is_scanned_itself(name: str) -> None:
    assert folder_at(ROOT, f"{name}/Season 01") == rf"{ROOT}\{name}\Season 01"

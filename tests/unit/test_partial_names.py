"""The names of half files: what a filter of rclone selects, decided here too."""

import pytest

from mesharr.uploads.rclone.partial_names import pattern_of, selects, suffix_of

SUFFIX = suffix_of("alice")


@pytest.mark.parametrize("name", ["a.mkv", "A [x] {1}? *.mkv", r"back\slash.mkv", "Ä" * 70 + ".mkv"])
def test_a_filter_selects_the_half_files_of_its_name_alone(name: str) -> None:
    pattern = pattern_of(name, SUFFIX)
    kept = name if len(name.encode()) <= 100 else name[:70]
    assert selects(pattern, f"{kept}.0badf00d{SUFFIX}")
    for other in (name, f"{kept}.0badf00d.m000000.partial", f"x{kept}.0badf00d{SUFFIX}", f"{kept}.0{SUFFIX}"):
        assert not selects(pattern, other)

"""Numbers, sizes and titles as a user reads them."""

import pytest

from mesharr.core.text import quantity, size_text, speed_text, title_key, unequal_sizes


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 copies"), (1, "1 copy"), (2, "2 copies"), (20_000, "20,000 copies")]
)
def test_a_count_is_one_or_several(number: int, text: str) -> None:
    assert quantity(number, "copy", "copies") == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (4_200_000_000, "4.2 GB"), (2 * 10**12, "2.0 TB")],
)
def test_a_size_is_in_powers_of_a_thousand(size: int, text: str) -> None:
    assert size_text(size) == text
    assert speed_text(size) == f"{text}/s"


def test_sizes_that_differ_never_read_the_same() -> None:
    assert unequal_sizes(4_200_000_000, 3_000_000) == ("4.2 GB", "3.0 MB")
    assert unequal_sizes(4_200_000_000, 4_200_000_001) == ("4,200,000,000 bytes", "4,200,000,001 bytes")


def test_titles_are_sorted_whatever_their_case() -> None:
    assert sorted(["Heat", "alien", "Zodiac", "dune"], key=title_key) == ["alien", "dune", "Heat", "Zodiac"]

"""An import takes what the app's scan is far from, and they stop before they meet, whatever the pace is."""

import pytest

from mesharr.node.inward.bulk.towards_scan import (
    AT_ONCE,
    IMPORT_MS,
    SCANNED_PER_S,
    WORTHWHILE,
    LeftToScan,
    scanned_meanwhile,
)


def _left(*rows: range) -> LeftToScan:
    left = LeftToScan()
    for row in rows:
        left.put(row)
    return left


@pytest.mark.parametrize("waited_ms", [0, 700, 3_000, 9_000])
@pytest.mark.parametrize("scanned", [0, 1, 40, 199])
def test_no_file_is_imported_when_the_fastest_scan_has_come_to_it(scanned: int, waited_ms: int) -> None:
    far = _left(range(200)).far(frozenset(range(scanned)), waited_ms)
    assert list(far) == sorted(far, reverse=True)
    for place, ref in enumerate(far, 1):
        reached = scanned + AT_ONCE + SCANNED_PER_S * (waited_ms + IMPORT_MS * place) / 1000
        assert ref >= reached - 1


def test_what_has_a_file_behind_others_shows_that_the_scan_was_there() -> None:
    far = _left(range(200)).far({3, 150}, 0)
    assert min(far) == 151 + AT_ONCE + scanned_meanwhile(49, 0)


def test_each_add_is_scanned_in_its_own_order_and_all_are_imported_after_each_other() -> None:
    near = AT_ONCE + scanned_meanwhile(300, 0)
    far = _left(range(100, 250), range(500, 650)).far((), 0)
    assert far == (*range(249, 100 + near - 1, -1), *range(649, 500 + near - 1, -1))


def test_what_is_imported_or_has_a_file_is_not_left() -> None:
    left = _left(range(WORTHWHILE), range(500, 501))
    assert left.is_worthwhile()
    left.drop({0, 500})
    assert not left.is_worthwhile()
    assert left.far((), 0)[0] == WORTHWHILE - 1
    assert _left().far((), 0) == ()

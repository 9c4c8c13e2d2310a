"""An import takes what the app's scan is far from, and they stop before they meet, whatever the pace is."""

import pytest

from mesharr.core.arr.model import ArrItem, ArrScans
from mesharr.node.inward.bulk.towards_scan import (
    AT_ONCE,
    BEGIN_MS,
    IMPORT_MS,
    LISTED_SCAN_MS,
    SCAN_MS,
    WORTHWHILE,
    LeftToScan,
)

NOW = 1_764_000_000_000


def _film(ref: int) -> ArrItem:
    return ArrItem(
        ref=ref,
        id=f"tmdb:{ref}",
        kind="movie",
        ids={"tmdb": ref},
        title=f"Film {ref}",
        year=2001,
        folder=f"/movies/Film {ref} (2001)",
        profile="",
        tags=(),
        monitored={"movie": False},
        files=(),
    )


def _left(*refs: range) -> LeftToScan:
    left = LeftToScan()
    for each in refs:
        left.put(map(_film, each))
    return left


def _queued(*refs: range) -> ArrScans:
    return ArrScans(queued=tuple(ref for each in refs for ref in each))


def _far(left: LeftToScan, scans: ArrScans, waited_ms: int = 0) -> list[int]:
    return [each.ref for each in left.far(scans, NOW, NOW + waited_ms)]


@pytest.mark.parametrize("waited_ms", [0, 700, 3_000, 9_000])
@pytest.mark.parametrize("scanned", [0, 1, 40, 199])
def test_no_file_is_imported_when_the_fastest_scan_has_come_to_it(scanned: int, waited_ms: int) -> None:
    far = _far(_left(range(200)), _queued(range(scanned, 200)), waited_ms)
    assert far == sorted(far, reverse=True)
    for place, ref in enumerate(far, 1):
        imported_in = waited_ms + BEGIN_MS + IMPORT_MS * place
        assert ref > scanned + AT_ONCE + imported_in / SCAN_MS - 1


def test_most_of_a_large_add_is_imported_at_once() -> None:
    assert len(_far(_left(range(500)), _queued(range(500)))) > 375


def test_what_is_imported_keeps_the_scan_from_what_stands_behind_it() -> None:
    left = _left(range(1_000))
    left.note_imported([_film(ref) for ref in range(100, 500)])
    far = _far(left, _queued(range(1_000)), 2_000)
    near = AT_ONCE + (100 * SCAN_MS + 400 * LISTED_SCAN_MS - BEGIN_MS - 2_000) // IMPORT_MS
    assert far[:500] == list(range(999, 499, -1))
    assert near > 500
    assert set(range(100, 500)).isdisjoint(far)


def test_what_the_scan_has_begun_with_or_nobody_added_is_left_to_it() -> None:
    far = _far(_left(range(200)), _queued(range(150, 200), range(900, 1_100)))
    assert far[0] == 199
    assert set(far) <= set(range(150, 200))
    assert _far(_left(range(200)), ArrScans(running=frozenset(range(200)))) == []


def test_nothing_is_imported_while_something_else_keeps_the_import_from_beginning() -> None:
    left, scans = _left(range(200)), _queued(range(200))
    queued = scans.queued
    assert _far(left, ArrScans(queued=queued, moving=True)) == []
    assert _far(left, ArrScans(queued=queued, importing=True)) == []
    left.imports_until = NOW + 3_000  # it is the own one, which ends in time
    behind_own = _far(left, ArrScans(queued=queued, importing=True))
    assert behind_own == _far(_left(range(200)), scans, 3_000)


def test_how_far_the_scan_has_to_come_is_known() -> None:
    left = _left(range(50))
    assert left.last_place(_queued(range(20, 90))) == 30
    assert left.last_place(_queued(range(90, 99))) == 0


def test_what_is_imported_or_has_a_file_is_not_left() -> None:
    left, scans = _left(range(2 * WORTHWHILE + 1)), _queued(range(500))
    assert left.is_worthwhile(scans)
    assert not left.is_worthwhile(_queued(range(WORTHWHILE, 500)))
    left.note_imported([_film(0)])
    assert not left.is_worthwhile(scans)
    assert left.waiting(["tmdb:0", "tmdb:1", "tmdb:99"]) == {"tmdb:0", "tmdb:1"}
    left.note_read(["tmdb:0", "tmdb:1"], frozenset(range(2 * WORTHWHILE + 1)))
    assert left.waiting(["tmdb:0", "tmdb:1"]) == set()
    assert not left.has_any()

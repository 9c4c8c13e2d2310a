"""A file that became another item's, and whose folder is the first item's again."""

import pytest

from mesharr.core.events.schema import FileImported
from mesharr.core.registry.places import Standing
from tests.unit.core.detect.test_item_diff import (
    BETTER,
    BOB,
    ME,
    PATH,
    bodies,
    compared,
    copy_at,
    holds,
    shows,
    was,
)

HANDED_OVER = ("2026-11-22T12:00:02.000Z-0000", BOB, "00000001", 2)
BEFORE, SINCE = "2026-11-22T12:00:01.000Z-0000", "2026-11-22T12:00:03.000Z-0000"


@pytest.mark.parametrize(
    ("at", "by", "path", "size", "again"),
    [
        (SINCE, ME, PATH, 100, True),
        (BEFORE, ME, PATH, 100, False),  # the other item has the folder
        (
            SINCE,
            BOB,
            PATH,
            100,
            False,
        ),  # who brought the newest file tells of the others, and no two households
        (SINCE, ME, "Elsewhere/Dune.mkv", 100, False),
        (SINCE, ME, PATH, 200, False),  # a peer may have put another file there, and tells of it soon
    ],
)
def test_a_file_is_the_items_again_once_a_newer_import_took_the_folder_back(
    at: str, by: str, path: str, size: int, again: bool
) -> None:
    both = (copy_at(BETTER, "one"), copy_at(path, "two", size=size))
    registry = holds(
        both[0],
        by=by,
        ended={path.lower(): path},
        handed_over={path.lower(): HANDED_OVER},
        standing=Standing(filed=True, done=True, stamp=(at, by, "00000001", 3)),
    )
    found = bodies(compared(shows(*both), was(both[0], copy_at(path, "two")), registry))
    assert [body.copies for body in found if isinstance(body, FileImported)] == ([both[1:]] if again else [])
    assert len(found) == int(again)

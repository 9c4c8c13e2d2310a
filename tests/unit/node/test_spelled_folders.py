"""What the drive shows of an item whose folder is spelled in several ways."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from mesharr.core.events.schema import Copy
from mesharr.core.paths import same_key
from mesharr.node.inward.files.spelled_folders import files_by_spelling
from tests.unit.core.planning.test_plan import FILM, copy_at, shows, wants

OLD, NEW = FILM.folder, FILM.folder.upper()
HERE, THERE = copy_at(f"{OLD}/a.mkv"), copy_at(f"{NEW}/b.mkv", "other")


class Drive:
    """A drive with these files, which counts how many were asked for."""

    def __init__(self, *files: Copy, tells_apart: bool = True) -> None:
        self._form = str if tells_apart else same_key
        self._sizes = {self._form(file.path): file.size for file in files}
        self.asked = 0

    def sizes(self, paths: Iterable[str]) -> dict[str, int | None]:
        asked = list(paths)
        self.asked += len(asked)
        return {path: self._sizes.get(self._form(path)) for path in asked}


def _seen(
    drive: Drive, *listed: Copy, copies: tuple[Copy, ...] = (HERE, THERE), folder: str = OLD
) -> dict[str, Any]:
    item: Any = SimpleNamespace(registry=wants(*copies, folder=NEW, version=1))
    asked: Any = drive
    return dict(files_by_spelling(item, shows(*listed, folder=folder), asked))


def test_files_in_two_folders_are_found_in_each() -> None:
    assert _seen(Drive(HERE, THERE), HERE) == {OLD: {same_key(HERE.path)}, NEW: {same_key(THERE.path)}}


def test_another_file_of_the_name_is_not_the_copy() -> None:
    former = copy_at(f"{NEW}/a.mkv", size=HERE.size + 1)
    assert _seen(Drive(HERE, former), copies=(HERE,)) == {OLD: {same_key(HERE.path)}}


@pytest.mark.parametrize("listed", [(), (HERE,)])
def test_a_drive_that_does_not_tell_spellings_apart_has_one_folder(listed: tuple[Copy, ...]) -> None:
    assert _seen(Drive(HERE, THERE, tells_apart=False), *listed) == {}


def test_nothing_is_looked_for_where_the_app_lists_what_it_should_in_the_meshs_folder() -> None:
    drive = Drive(HERE, THERE)
    assert (_seen(drive, HERE, THERE, folder=NEW), drive.asked) == ({}, 0)


def test_who_has_all_it_should_in_another_folder_than_the_meshs_is_looked_for_as_the_others_wait() -> None:
    other = copy_at(f"{NEW}/b.mkv")
    seen = _seen(Drive(HERE, other), HERE, copies=(HERE, other))
    assert seen == {OLD: {same_key(HERE.path)}, NEW: {same_key(other.path)}}


def test_a_copy_that_is_still_in_the_former_spelling_is_found_there() -> None:
    assert _seen(Drive(HERE), copies=(copy_at(f"{NEW}/a.mkv"),)) == {OLD: {same_key(HERE.path)}}

"""A rename is one mapping: in one event no file has two names, and no name two files."""

import msgspec
import pytest

from mesharr.core.errors import Rejected
from mesharr.core.events.schema import Copy, FileRenamed, Renamed, body_of
from mesharr.core.paths import same_key


def _read(*pairs: tuple[str, str]) -> FileRenamed:
    files = tuple(Renamed(old=old, new=Copy(path=new, size=1, units=("movie",))) for old, new in pairs)
    raw = msgspec.json.encode(FileRenamed(library="tv", id="tvdb:1", files=files, seen={}))
    body = body_of("file.renamed", raw)
    assert isinstance(body, FileRenamed)
    return body


def test_files_may_exchange_their_names_and_keep_them() -> None:
    exchanged = _read(("A/a.mkv", "A/b.mkv"), ("A/b.mkv", "A/a.mkv"), ("A/c.mkv", "A/C.mkv"))
    assert exchanged.old_paths() == {"A/b.mkv": "A/a.mkv", "A/a.mkv": "A/b.mkv", "A/C.mkv": "A/c.mkv"}


@pytest.mark.parametrize(
    "pairs",
    [
        (("A/a.mkv", "A/b.mkv"), ("A/A.mkv", "A/c.mkv")),
        (("A/a.mkv", "A/c.mkv"), ("A/b.mkv", "A/C.mkv")),
    ],
)
def test_one_file_of_two_names_or_two_of_one_are_refused(pairs: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(Rejected, match=r"one file is renamed|two files are renamed"):
        _read(*pairs)


def _name(number: int) -> str:
    return f"Dome (2013)/Season 01/Dome (2013) - S01E{number:03} - The Long Title of the Episode.mkv"


def _rename(*pairs: tuple[int, int]) -> FileRenamed:
    """Files of as many bytes as their number, which get the name of another number."""
    files = tuple(
        Renamed(old=_name(old), new=Copy(path=_name(new), size=old, units=(f"S01E{old:03}",)))
        for old, new in pairs
    )
    return FileRenamed(library="tv", id="tvdb:1", files=files, seen={})


def _numbers(part: FileRenamed) -> list[tuple[int, str]]:
    return [(renamed.new.size, renamed.new.path) for renamed in part.files]


@pytest.mark.parametrize("step", [1, -1])
def test_a_long_rename_frees_each_name_before_another_file_takes_it(step: int) -> None:
    """A hundred episodes are renumbered by one: each part of it can be applied before the next one came."""
    parts = _rename(*((n, n + step) for n in range(1, 101))).parts()
    assert len(parts) > 1
    on_drive = {_name(n): n for n in range(1, 101)}
    for part in parts:
        for path in part.ended_paths():
            del on_drive[path]
        for size, path in _numbers(part):
            assert path not in on_drive
            on_drive[path] = size
    assert on_drive == {_name(n + step): n for n in range(1, 101)}


def test_files_of_a_long_rename_that_exchange_names_are_in_one_part() -> None:
    """Each episode of the first half of a season has the name of one of the second half, and the reverse."""
    swapped = [(n, n + 50) for n in range(1, 51)] + [(n + 50, n) for n in range(1, 51)]
    parts = _rename(*swapped).parts()
    assert len(parts) > 1
    for part in parts:
        assert {same_key(path) for path in part.ended_paths()} == {
            same_key(copy.path) for copy in part.stated_copies()
        }
    assert sorted(each for part in parts for each in _numbers(part)) == sorted(_numbers(_rename(*swapped)))


def test_a_ring_that_is_longer_than_a_line_is_stated_by_several() -> None:
    ring = _rename(*((n, n % 100 + 1) for n in range(1, 101)))
    parts = ring.parts()
    assert len(parts) > 1
    assert sorted(each for part in parts for each in _numbers(part)) == sorted(_numbers(ring))

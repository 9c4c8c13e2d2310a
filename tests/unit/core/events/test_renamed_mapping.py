"""A rename is one mapping: in one event no file has two names, and no name two files."""

import msgspec
import pytest

from mesharr.core.errors import Rejected
from mesharr.core.events.schema import Copy, FileRenamed, Renamed, body_of


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

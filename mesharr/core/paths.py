"""Check and compare library paths: relative to the library, POSIX, hostile until checked.

A *library path* is a `str` that `library_path` has accepted: relative, `/`-separated, without an empty,
`.` or `..` part, without a control character of ASCII, spelled as on the drive. One of C1, which a terminal
obeys, may be in it: where a path is shown, such characters are escaped.
Two spellings that differ in case or Unicode form only are one path: for identity compare with `same_key`.
The spelling travels nevertheless: what asks whether a name has changed compares the text.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final

from mesharr.core.errors import Rejected

MAX_PATH_BYTES: Final = 4095
"""How long a path may be as JSON, in bytes: as long as Linux takes one, and a rename fits into an event."""
MAX_PART_BYTES: Final = 1024
"""How long a part of it may be: as long as FUSE takes a name."""
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


def library_path(text: str) -> str:
    """Return `text` unchanged when it is a library path.

    Raises `Rejected` with the reason when it is none.
    """
    if not text or text.startswith("/"):
        raise Rejected(f"not a library-relative path: {text[:80]!r}")
    if _CONTROL.search(text):
        raise Rejected(f"control character in path: {text[:80]!r}")
    # A character has at most four bytes, so a short text needs no encoding to be measured.
    if len(text) * 4 > MAX_PATH_BYTES and _json_bytes(text) > MAX_PATH_BYTES:
        raise Rejected(f"path longer than {MAX_PATH_BYTES} bytes: {text[:80]!r}")
    for part in text.split("/"):
        if part in {"", ".", ".."}:
            raise Rejected(f"path leaves or repeats its place: {text[:80]!r}")
        if len(part) * 4 > MAX_PART_BYTES and len(part.encode("utf-8")) > MAX_PART_BYTES:
            raise Rejected(f"path part longer than {MAX_PART_BYTES} bytes: {part[:80]!r}")
    return text


def _json_bytes(text: str) -> int:
    """Return how many bytes a text without control characters takes in JSON."""
    return len(text.encode()) + text.count("\\") + text.count('"')


def same_key(path: str) -> str:
    """Return the key under which two spellings of one path are equal (NFC, casefolded)."""
    if path.isascii():
        return path.casefold()  # the same, in a third of the time
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def unicode_form(path: str) -> str:
    """Return the one form of all spellings that differ in their Unicode form only (NFC)."""
    return unicodedata.normalize("NFC", path)


def is_own_spelling(listed: str, before: str, published: str) -> bool:
    """Return whether a program that had `before` follows `published`, in its own Unicode form.

    A program on a disk that keeps one Unicode form lists every name in that form.
    """
    return unicode_form(listed) == unicode_form(published) != unicode_form(before)


def parts_below(
    root: Sequence[str], parts: Sequence[str], key: Callable[[str], str] = same_key
) -> Sequence[str] | None:
    """Return the parts of a path below `root`, None when it is not below; compared by `key`."""
    head, rest = parts[: len(root)], parts[len(root) :]
    return rest if head == root or [*map(key, head)] == [*map(key, root)] else None


def below(root: str, path: str) -> str | None:
    """Return `path` relative to `root` as a library path, or None when it is not below.

    Both are absolute paths as one program sees them. The Unicode form of the root does not matter: the config
    may have another one than the program. Its capitals do: to a program they are another folder, which the
    household may not want to share.
    """
    rest = parts_below(_parts_of_root(root), PurePosixPath(path).parts, unicode_form)
    if not rest:
        return None
    try:
        return library_path("/".join(rest))
    except Rejected:
        return None


@lru_cache(maxsize=64)
def _parts_of_root(root: str) -> Sequence[str]:
    """Return the parts of a path of which there are few, each asked for with every file."""
    return PurePosixPath(root).parts


def why_not_shared(root: str, path: str) -> str:
    """Return why a path below `root` is no library path, "" when it is one or is not below."""
    rest = parts_below(_parts_of_root(root), PurePosixPath(path).parts, unicode_form)
    if not rest:
        return ""
    try:
        library_path("/".join(rest))
    except Rejected as rejected:
        return rejected.what.partition(": ")[0]
    return ""


def spelled_root(root: str, path: str) -> str:
    """Return `root` as it is spelled in a path below it, "" when the path is not below."""
    parts = PurePosixPath(path).parts
    rest = parts_below(_parts_of_root(root), parts, unicode_form)
    return str(PurePosixPath(*parts[: -len(rest)])) if rest else ""


def at(root: str, path: str) -> str:
    """Return the absolute path of a library path below `root`."""
    return str(PurePosixPath(root) / library_path(path))


def folder_of(path: str) -> str:
    """Return the folder that a library path is in, "" when it is in the root of the library."""
    parent = str(PurePosixPath(path).parent)
    return "" if parent == "." else parent


def stem_of(path: str) -> str:
    """Return the file name without its last suffix: `A (2021)/A.2021.mkv` gives `A.2021`."""
    return PurePosixPath(path).stem

"""Check and compare library paths: relative to the library, POSIX, hostile until checked.

A *library path* is a `str` that `library_path` has accepted: relative, `/`-separated, without an empty,
`.` or `..` part, without a control character, spelled as on the drive. Two spellings that differ in case or
Unicode form only are one path: for identity compare with `same_key`. The spelling travels nevertheless: what
asks whether a name has changed compares the text.
"""

import re
import unicodedata
from pathlib import PurePosixPath

from mesharr.core.errors import Rejected

MAX_PATH_BYTES = 1024
MAX_PART_BYTES = 255
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # Unicode's Cc and Cs


def library_path(text: str) -> str:
    """Return `text` unchanged when it is a library path.

    Raises `Rejected` with the reason when it is none.
    """
    if not text or text.startswith("/") or "\\" in text:
        raise Rejected(f"not a library-relative path: {text[:80]!r}")
    # A character has at most four bytes, so a short text needs no encoding to be measured.
    if len(text) * 4 > MAX_PATH_BYTES and len(text.encode("utf-8", "surrogatepass")) > MAX_PATH_BYTES:
        raise Rejected(f"path longer than {MAX_PATH_BYTES} bytes: {text[:80]!r}")
    if _CONTROL.search(text):
        raise Rejected(f"control character in path: {text[:80]!r}")
    for part in text.split("/"):
        if part in {"", ".", ".."}:
            raise Rejected(f"path leaves or repeats its place: {text[:80]!r}")
        if len(part) * 4 > MAX_PART_BYTES and len(part.encode("utf-8")) > MAX_PART_BYTES:
            raise Rejected(f"path part longer than {MAX_PART_BYTES} bytes: {part[:80]!r}")
    return text


def same_key(path: str) -> str:
    """Return the key under which two spellings of one path are equal (NFC, casefolded)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def is_own_spelling(listed: str, before: str, published: str) -> bool:
    """Return whether a program that had `before` follows `published`, in its own Unicode form.

    A program on a disk that keeps one Unicode form lists every name in that form.
    """
    listed, before, published = (unicodedata.normalize("NFC", path) for path in (listed, before, published))
    return listed == published != before


def below(root: str, path: str) -> str | None:
    """Return `path` relative to `root` as a library path, or None when it is not below.

    Both are absolute paths as one program sees them; comparison is exact, part by part.
    """
    root_parts = PurePosixPath(root).parts
    parts = PurePosixPath(path).parts
    if len(parts) <= len(root_parts) or parts[: len(root_parts)] != root_parts:
        return None
    try:
        return library_path("/".join(parts[len(root_parts) :]))
    except Rejected:
        return None


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

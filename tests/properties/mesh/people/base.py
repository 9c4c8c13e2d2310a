"""What the people of every arr have in common."""

import os
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from mesharr.demo.arr.library_app import LibraryApp
from mesharr.demo.disk.folders import write_media
from tests.properties.mesh.deeds import Deed

Unit = tuple[str, str]
"""An item and a unit of it."""
Flags = Mapping[Unit, bool]
AGAIN = ("import again", "import same name")
SPELLED = ("recase", "respell", "recase folder", "respell folder")
"""Renames that change only how a name is written."""
SIDECARS = ("import with subtitle", "import with odd subtitle")
"""Imports of a file with another beside it, which the second has nobody take."""
FILED = ("rename", "move files", "overwrite", "odd name", "late subtitle", *SPELLED, *AGAIN)
"""What can be done with an item that has a file."""
ODD = ("a\\b", "next\x85line")
"""What stands in a name that only some drives carry."""
UNSENDABLE = "no drive takes this"
"""What stands in the name of a file that cannot be uploaded."""
ACCENT = unicodedata.normalize("NFC", "é")


class People(Protocol):
    """The people of one arr: `whats` are their deeds.

    `stages` are where a refresh of it can stop between reading and writing rows.
    """

    whats: tuple[str, ...]
    stages: tuple[str, ...]
    pause: Callable[[], None]
    """Called between the steps of what takes some time, so that nodes see it half done."""

    def id(self, item: int) -> str:
        """Return the mesh's id of an item."""

    def ref(self, item: int) -> int:
        """Return the arr's own id of an item, 0 when it is not there."""

    def possible(self, item: int) -> Sequence[str]:
        """Return what could be done now with an item."""

    def do(self, deed: Deed) -> Flags:
        """Do what is possible, and return the units it switches on or off; OSError when the arr cannot."""


def at_once() -> None:
    """Let no time pass."""


def write_new(path: str, size: int, part: str = "") -> None:
    """Put a file below a library, as a household does that has files and no app yet.

    It has none where another video has that `part` of its name: the app would list one of the two.
    """
    folder = os.path.dirname(path)
    videos = [name for name in os.listdir(folder) if name.endswith(".mkv")] if os.path.isdir(folder) else []
    if not os.path.exists(path) and not any(part in name for name in videos):
        write_media(path, size, None, {})


def overwrite(path: str, size: int) -> None:
    """Write another content into a file that is there, as a person or a program beside the app does."""
    if os.path.exists(path):
        write_media(path, size, None, {})


def beside(what: str, name: str) -> dict[str, bytes]:
    """Return what comes beside a file of this name, as far as the deed says."""
    stem = os.path.splitext(os.path.basename(name))[0]
    odd = f"{UNSENDABLE} " if what == SIDECARS[1] else ""
    return {f"{stem}.{odd}en.srt": b"subtitles"} if what in SIDECARS else {}


def subtitled_late(path: str) -> None:
    """Put a subtitle beside a file that is there, as a program does that looks for them later."""
    if os.path.exists(path):
        with open(f"{os.path.splitext(path)[0]}.de.srt", "wb") as subtitle:
            subtitle.write(b"subtitles")


def moved_by_page(arr: LibraryApp[Any, Any], route: str, name: str) -> None:
    """Give an item's folder another name in the web page, and have the app move the files afterwards."""
    shown = arr.click("GET", f"/{route}", {})
    if name != os.path.basename(shown["path"]):
        folder = os.path.dirname(shown["path"])
        arr.click("PUT", f"/{route}?moveFiles=true", {**shown, "path": f"{folder}/{name}"})


def folder_name_of(arr: LibraryApp[Any, Any], route: str) -> str:
    """Return the name of an item's folder."""
    return os.path.basename(str(arr.click("GET", f"/{route}", {})["path"]))


def written_anew(what: str, name: str) -> str:
    """Return a name whose first word has other capitals, or whose accent is of the other Unicode form.

    A name without an accent gets one.
    """
    stem, dot, suffix = name.rpartition(".")
    if not dot:
        stem, suffix = name, ""
    if what.startswith("recase"):
        first, space, rest = stem.partition(" ")
        stem = f"{first.title() if first.isupper() else first.upper()}{space}{rest}"
    elif ACCENT in unicodedata.normalize("NFC", stem):
        form = "NFD" if unicodedata.is_normalized("NFC", stem) else "NFC"
        stem = unicodedata.normalize(form, stem)  # type: ignore[arg-type]  # one of the two
    else:
        first, space, rest = stem.partition(" ")
        stem = f"{first}{ACCENT}{space}{rest}"
    return f"{stem}{dot}{suffix}"

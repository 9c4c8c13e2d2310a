"""Implement what the command ManualImport does alike in every app.

It reads the files, and moves those from outside.
"""

import os
import shutil
from dataclasses import dataclass

from mesharr.demo.disk.folders import within
from mesharr.demo.wire import Fields, JsonObject


class DestinationExistsError(Exception):
    """A file cannot be moved into its item's folder: its name is taken there."""


@dataclass(frozen=True)
class GivenFile:
    """One file of a ManualImport, which the body describes completely."""

    path: str
    quality_id: int
    """The app's own id of the quality."""
    languages: tuple[str, ...]
    """The names of its languages."""
    group: str | None
    """The release group."""
    fields: Fields
    """The whole description, with the ids that only one kind of app has."""

    def number(self, name: str) -> int:
        """Return an id of the description; KeyError when it is not given."""
        return int(self.fields[name])

    def numbers(self, name: str) -> list[int]:
        """Return a list of ids of the description, empty when it is not given."""
        return [int(number) for number in self.fields.given(name, [])]

    def is_inside(self, folder: str) -> bool:
        """Return whether the file lies in its item's folder already, so that it stays as it is."""
        return within(self.path, folder)

    def size(self) -> int:
        """Return the file's size in bytes.

        Raises `OSError` for a file that is not there, which ends the whole command.
        """
        return os.path.getsize(self.path)


def given_files(body: JsonObject) -> list[GivenFile]:
    """Return the files of a ManualImport in their order."""
    return [_given(Fields(item)) for item in body["files"]]


def move_in(source: str, target: str, *, overwrite: bool = False) -> None:
    """Move a file from outside to its place; DestinationExistsError when a file is there."""
    if os.path.exists(target) and not overwrite:
        raise DestinationExistsError(f"Destination already exists: {target}")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.move(source, target)


def _given(fields: Fields) -> GivenFile:
    quality = Fields(Fields(fields["quality"])["quality"])
    named = [str(Fields(language)["name"]) for language in fields.given("languages", [])]
    group = str(fields.given("releaseGroup", "")) or None
    return GivenFile(str(fields["path"]), int(quality["id"]), tuple(named) or ("Unknown",), group, fields)

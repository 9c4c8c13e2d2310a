"""Register files by explicit ids with the command ManualImport.

One command takes files of many items. A file that lies in its item's folder stays where and as it is, and the
app reports nothing. One that lies elsewhere would be moved: the caller makes sure that it does not.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

from mesharr.arr.shared.api import ArrApi, Commands, Payload
from mesharr.core.arr.model import FileToImport
from mesharr.core.errors import Refused

Ids = Mapping[str, Any]
"""The members of a file in the command that name by the app's own ids what the file is."""
Key = TypeVar("Key")
Value = TypeVar("Value")
Found = TypeVar("Found")

FRESH_S: Final = 10.0
"""How old an answer may be that lacks what is looked up (s): the app may have learned it since."""
RECENT: Final = 64
"""How many answers are kept."""
NAMES_AGE_S: Final = 24 * 3600.0
"""How old the names of qualities and languages may be (s): their ids are the same in every database."""
_UNKNOWN: Final = 0
"""The app's id of the unknown quality, and of the unknown language, in every app."""


class RecentAnswers(Generic[Key, Value]):
    """What an app last answered about some things, so that it need not be asked again at once."""

    def __init__(
        self, api: ArrApi, ask: Callable[[Key], Value], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._api = api
        self._ask = ask
        self._clock = clock
        self._kept: dict[Key, tuple[int, float, Value]] = {}

    def keep(self, key: Key, value: Value) -> Value:
        """Keep and return an answer just received; drop the oldest beyond `RECENT` answers."""
        self._kept.pop(key, None)
        self._kept[key] = (self._api.generation, self._clock(), value)
        while len(self._kept) > RECENT:
            del self._kept[next(iter(self._kept))]
        return value

    def find(self, key: Key, within: Callable[[Value], Found | None]) -> Found | None:
        """Return what `within` finds in the answer about `key`, None when it is not there.

        No request when the kept answer has it, or is only seconds old; else one.
        """
        generation, at, value = self._kept.get(key, (-1, 0.0, None))
        if value is not None and generation == self._api.generation:
            found = within(value)
            if found is not None or self._clock() - at < FRESH_S:
                return found
        return within(self.keep(key, self._ask(key)))


class _Definition(Payload, frozen=True):
    quality: Mapping[str, Any] = {}


class _Language(Payload, frozen=True):
    id: int = 0
    name: str = ""


class FileImports:
    """Makes the command of one app."""

    def __init__(
        self,
        api: ArrApi,
        base: str,
        commands: Commands,
        ids_of: Callable[[FileToImport], Ids | None],
        *,
        options: Ids | None = None,
        names_languages: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take how files are named.

        `ids_of` returns the ids of a file, None when the app lacks one. `options` are further members of
        the command. `names_languages`: its files have languages and a release group.
        """
        self._api = api
        self._base = base
        self._commands = commands
        self._ids_of = ids_of
        self._options = options or {}
        self._names_languages = names_languages
        self._clock = clock
        self._found: dict[tuple[int, FileToImport], Ids] = {}
        """By generation and file the ids that `importable` found, until the next command."""
        self._read_at = (-1, 0.0)
        """The generation and time at which qualities and languages were read."""
        self._qualities: dict[str, Ids] = {}
        self._languages: dict[str, Ids] = {}

    def importable(self, file: FileToImport) -> bool:
        """Return whether the app has all that the file is said to be: `Arr.importable`."""
        ids = self._ids_of(file)
        if ids is not None:
            self._found[self._api.generation, file] = ids
        return ids is not None

    def run(self, files: Sequence[FileToImport]) -> int:
        """Queue the command for the importable files, and return its id: `Arr.import_files`."""
        known = (
            (file, self._found.get((self._api.generation, file)) or self._ids_of(file)) for file in files
        )
        named = [(file, ids) for file, ids in known if ids is not None]
        self._found.clear()
        if not named:
            raise Refused(
                f"{self._api.title} lacks what the files are of: {', '.join(f.path for f in files)}"
            )
        self._load_names()
        body = {"importMode": "auto", **self._options}
        bodies = [self._body(file, ids) for file, ids in named]
        return self._commands.run({"name": "ManualImport", **body, "files": bodies})

    def _body(self, file: FileToImport, ids: Ids) -> dict[str, Any]:
        body: dict[str, Any] = {
            "path": file.path,
            **ids,
            "quality": {
                "quality": self._qualities.get(file.quality) or self._qualities.get("", {"id": _UNKNOWN}),
                "revision": {"version": 1, "real": 0, "isRepack": False},
            },
            "indexerFlags": 0,
        }
        if self._names_languages:
            named = [self._languages[name] for name in file.languages if name in self._languages]
            body["languages"] = named or [{"id": _UNKNOWN, "name": "Unknown"}]
            body["releaseGroup"] = file.group
        return body

    def _load_names(self) -> None:
        """Read the app's qualities and languages, unless they were read within a day. Two requests."""
        generation, at = self._read_at
        if generation == self._api.generation and self._clock() - at < NAMES_AGE_S:
            return
        listed = self._api.ask(list[_Definition], "GET", f"{self._base}/qualitydefinition")
        by_name = {str(each.quality.get("name")): each.quality for each in listed}
        unknown = [quality for quality in by_name.values() if quality.get("id") == _UNKNOWN]
        self._qualities = {**by_name, **({"": unknown[0]} if unknown else {})}
        if self._names_languages:
            languages = self._api.ask(list[_Language], "GET", f"{self._base}/language")
            self._languages = {each.name: {"id": each.id, "name": each.name} for each in languages}
        self._read_at = (self._api.generation, self._clock())

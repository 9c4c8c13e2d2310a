"""Register files by explicit ids with the command ManualImport.

One command takes files of many items. A file that lies in its item's folder stays where and as it is, and the
app reports nothing. One that lies elsewhere would be moved: the caller makes sure that it does not.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

from mesharr.arr.shared.api import ArrApi, Commands, Payload
from mesharr.arr.shared.profiles_tags import IdNames
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


class _Names:
    """What an app calls things by name, as it was read last."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._read_at = (-1, 0.0)
        """The generation and time at which they were read."""
        self._known: Mapping[str, Ids] = {}

    def known(self, generation: int) -> Mapping[str, Ids] | None:
        """Return them, None when they were not read within a day from this database."""
        read_in, at = self._read_at
        return self._known if generation == read_in and self._clock() - at < NAMES_AGE_S else None

    def keep(self, known: Mapping[str, Ids], generation: int) -> Mapping[str, Ids]:
        """Keep and return what was just read."""
        self._known = known
        self._read_at = (generation, self._clock())
        return known


class FileNames:
    """The qualities and languages of one app by their names, as its API writes them."""

    def __init__(
        self,
        api: ArrApi,
        profiles: IdNames,
        *,
        has_languages: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take an app whose `profiles` name most qualities, without a request.

        `has_languages`: its files have languages.
        """
        self._api = api
        self._profiles = profiles
        self.has_languages = has_languages
        self._qualities = _Names(clock)
        self._languages = _Names(clock)

    def qualities(self, names: Collection[str]) -> Mapping[str, Ids]:
        """Return qualities, with these as far as the app has them; the unknown one is "", too.

        At most one request, which is not made again within a day.
        """
        generation = self._api.generation
        known = _with_unknown({**self._profiles.qualities(), **(self._qualities.known(generation) or {})})
        if known.keys() >= set(names) or self._qualities.known(generation) is not None:
            return known
        listed = self._api.ask(list[_Definition], "GET", f"{self._api.root}/qualitydefinition")
        by_name = {str(each.quality.get("name")): each.quality for each in listed}
        return _with_unknown(self._qualities.keep(by_name, generation))

    def languages(self, names: Collection[str]) -> Mapping[str, Ids]:
        """Return languages, with these as far as the app has them; none when its files have none.

        At most one request, which is not made again within a day.
        """
        if not (names and self.has_languages):
            return {}
        generation = self._api.generation
        if (known := self._languages.known(generation)) is not None:
            return known
        rows = self._api.ask(list[_Language], "GET", f"{self._api.root}/language")
        named = {each.name: {"id": each.id, "name": each.name} for each in rows}
        return self._languages.keep(named, generation)


def _with_unknown(qualities: Mapping[str, Ids]) -> Mapping[str, Ids]:
    unknown = [each for each in qualities.values() if each.get("id") == _UNKNOWN]
    return {**qualities, "": unknown[0]} if unknown else qualities


class FileImports:
    """Makes the command of one app."""

    def __init__(
        self,
        api: ArrApi,
        commands: Commands,
        names: FileNames,
        ids_of: Callable[[FileToImport], Ids | None],
        *,
        options: Ids | None = None,
    ) -> None:
        """Take how files are named.

        `ids_of` returns the ids of a file, None when the app lacks one. `options` are further members of
        the command.
        """
        self._api = api
        self._commands = commands
        self._names = names
        self._ids_of = ids_of
        self._options = options or {}
        self._found: dict[tuple[int, FileToImport], Ids] = {}
        """By generation and file the ids that `importable` found, until the next command."""

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
        body = {"importMode": "auto", **self._options}
        qualities = self._names.qualities({file.quality for file, _ in named})
        languages = self._names.languages({name for file, _ in named for name in file.languages})
        bodies = [self._body(file, ids, qualities, languages) for file, ids in named]
        return self._commands.run({"name": "ManualImport", **body, "files": bodies})

    def _body(
        self, file: FileToImport, ids: Ids, qualities: Mapping[str, Ids], languages: Mapping[str, Ids]
    ) -> dict[str, Any]:
        body: dict[str, Any] = {
            "path": file.path,
            **ids,
            "quality": {
                "quality": qualities.get(file.quality) or qualities.get("", {"id": _UNKNOWN}),
                "revision": {"version": 1, "real": 0, "isRepack": False},
            },
            "indexerFlags": 0,
        }
        if self._names.has_languages:
            named = [languages.get(name) for name in file.languages]
            body["languages"] = [each for each in named if each] or [{"id": _UNKNOWN, "name": "Unknown"}]
            body["releaseGroup"] = file.group
        return body

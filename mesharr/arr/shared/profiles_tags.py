"""Map the ids of quality profiles, metadata profiles and tags to their names, and back."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from mesharr.arr.shared.api import ArrApi, Payload
from mesharr.core.errors import Refused

WRITE_AGE_S: Final = 600.0
"""How old names may be for the later ones of many writes in a row (s)."""
READ_AGE_S: Final = 3600.0
"""How old names may be for reads (s): an app may be restored from a backup and restarted unnoticed."""


class IdNames:
    """The names of one of an app's lists by id: quality profiles, metadata profiles, or tags.

    The list is read again when an unknown id turns up, when it is old, and when the app may have another
    database than before. Before a write it is always read: the apps drop unused tags every day, and a tag
    that is created again has another id. Of many writes in a row only the first reads it: what they use is
    not dropped.
    """

    def __init__(self, api: ArrApi, path: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._path = path
        self._clock = clock
        self.known: Mapping[int, str] = {}
        """Names by id as they were last read."""
        self._read_at = 0.0
        self._generation = -1

    def names(self, ids: Iterable[int]) -> Mapping[int, str]:
        """Return names by id, with these ids as far as the app has them. At most one request."""
        needed = set(ids)
        return self.known if not needed or self._covers(needed, READ_AGE_S) else self.refresh()

    def refresh(self) -> Mapping[int, str]:
        """Return names by id as they are now. One request."""
        generation = self._api.generation
        listed = self._api.ask(list[_NameRow], "GET", self._path)
        named = {entry.id: entry.label or entry.name or "" for entry in listed}
        if any(self.known.get(number, name) != name for number, name in named.items()):
            # an id that names something else: another database
            self._api.generation = generation = generation + 1
        self.known = named
        self._read_at, self._generation = self._clock(), generation
        return self.known

    def expire(self) -> None:
        """Have the next use read the list again."""
        self._generation = -1

    def _covers(self, ids: Iterable[int], age_s: float) -> bool:
        """Return whether names not older than `age_s`, of this database, have all of these ids."""
        fresh = self._generation == self._api.generation and self._clock() - self._read_at < age_s
        return fresh and self.known.keys() >= set(ids)

    def profile_id(self, *names: str, recent: bool = False) -> int:
        """Return the id of the first of these quality profiles that the app has.

        `recent` accepts names read some minutes ago, for one of many writes. Raises `Refused` when the app
        has none of them.
        """
        ids = {name: number for number, name in self._names_for_write(recent).items()}
        for name in names:
            if name in ids:
                return ids[name]
        raise Refused(
            f"{self._api.title} has no quality profile {' or '.join(repr(name) for name in names if name)}",
            f"make one, or set quality_profile of the library to one of: {', '.join(sorted(ids))}",
        )

    def metadata_profile_id(self, *, recent: bool = False) -> int:
        """Return the id of the metadata profile to add with: Standard, else the first but None.

        The profile None leaves an item without works. Raises `Refused` when there is no other.
        """
        named = {name: number for number, name in self._names_for_write(recent).items() if name != "None"}
        if not named:
            raise Refused(f"{self._api.title} has no metadata profile", "make one in Settings > Profiles")
        return named.get("Standard") or next(iter(named.values()))

    def ensure_tag(self, label: str, *, recent: bool = False) -> int:
        """Return the id of a tag, created when the app lacks it. Labels are lower case in every app."""
        label = label.lower()
        for number, known in self._names_for_write(recent).items():
            if known == label:
                return number
        created = self._api.ask(_NameRow, "POST", self._path, json={"label": label}).id
        self.known = {**self.known, created: label}
        return created

    def _names_for_write(self, recent: bool) -> Mapping[int, str]:
        return self.known if recent and self._covers((), WRITE_AGE_S) else self.refresh()


class LabelledItem(Payload, frozen=True):
    """An item's profile and tags as any app lists them; a tag list that was never set is null."""

    quality_profile_id: int = 0
    tags: tuple[int, ...] | None = ()


class Labels:
    """The names of the quality profiles and tags that items of one app carry."""

    def __init__(self, api: ArrApi, base: str) -> None:
        self.profiles = IdNames(api, f"{base}/qualityprofile")
        self.tags = IdNames(api, f"{base}/tag")

    def load(self, rows: Sequence[LabelledItem], *, refresh: bool = False) -> None:
        """Read the names of all ids in these rows.

        At most one request for profiles and one for tags.

        `refresh` reads them also when they are known. Once for a whole library that costs little, and it
        reveals a restored database.
        """
        if refresh:
            self.profiles.expire()
            self.tags.expire()
        self.profiles.names(row.quality_profile_id for row in rows)
        self.tags.names(tag for row in rows for tag in row.tags or ())

    def names_of(self, row: LabelledItem) -> tuple[str, tuple[str, ...]]:
        """Return the profile's name, "" for an unknown id, and the tags' labels, sorted."""
        profiles, tags = self.profiles.known, self.tags.known
        profile = profiles.get(row.quality_profile_id, "")
        return profile, tuple(sorted(tags[tag] for tag in row.tags or () if tag in tags))


class _NameRow(Payload, frozen=True):
    id: int
    name: str | None = None
    label: str | None = None

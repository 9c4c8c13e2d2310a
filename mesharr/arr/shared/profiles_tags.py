"""Map the ids of quality profiles, metadata profiles and tags to their names, and back."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from mesharr.arr.shared.api import ArrApi, Payload
from mesharr.core.errors import Refused

WRITE_AGE_S: Final = 600.0
"""How old names may be for the later ones of many writes, or of many full lists, in a row (s)."""
READ_AGE_S: Final = 3600.0
"""How old names may be for reads (s): an app may be restored from a backup and restarted unnoticed."""


class IdNames:
    """The names of one of an app's lists by id: quality profiles, metadata profiles, or tags.

    The list is read again when an unknown id turns up, when it is old, and when the app may have another
    database than before. Before a write it is always read: the apps drop unused tags every day, and a tag
    that is created again has another id. Of many writes in a row only the first reads it: what they use is
    not dropped. A tag that is not on the list is created: an app that has it answers with its id.
    """

    def __init__(self, api: ArrApi, path: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._path = path
        self._clock = clock
        self.known: Mapping[int, str] = {}
        """Names by id as they were last read."""
        self._read_at = 0.0
        self._generation = -1
        self._ensured: dict[str, tuple[int, float, int]] = {}
        """By label of a tag that was created here: the generation, when (s), and its id."""
        self._qualities: Mapping[str, Mapping[str, Any]] = {}

    def names(self, ids: Iterable[int]) -> Mapping[int, str]:
        """Return names by id, with these ids as far as the app has them. At most one request."""
        needed = set(ids) - {created for label in self._ensured if (created := self._created(label))}
        return self.known if not needed or self._covers(needed, READ_AGE_S) else self.refresh()

    def recent(self) -> Mapping[int, str]:
        """Return names by id as they were some minutes ago. At most one request."""
        return self.known if self._covers((), WRITE_AGE_S) else self.refresh()

    def refresh(self) -> Mapping[int, str]:
        """Return names by id as they are now. One request."""
        generation = self._api.generation
        listed = self._api.ask(list[_NameRow], "GET", self._path)
        named = {entry.id: entry.label or entry.name or "" for entry in listed}
        self._qualities = {str(each.get("name")): each for entry in listed for each in entry.qualities()}
        if any(self.known.get(number, name) != name for number, name in named.items()):
            # an id that names something else: another database
            self._api.generation = generation = generation + 1
        self.known = named
        self._read_at, self._generation = self._clock(), generation
        return self.known

    def qualities(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the qualities that quality profiles order, by name, as the app writes them.

        As they were last read; none when the app may have another database since. No request.
        """
        return self._qualities if self._generation == self._api.generation else {}

    def expire(self, age_s: float = 0.0) -> None:
        """Have the next use read the list again, unless it is younger than `age_s`."""
        if not self._covers((), age_s):
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
        """Return the id of a tag, created when the app lacks it. Labels are lower case in every app.

        One request at most, two when the app has just dropped the tag.
        """
        label = label.lower()
        if recent and (created := self._created(label)):
            return created
        if self._generation == self._api.generation and label in self.known.values():
            for number, known in self._names_for_write(recent).items():
                if known == label:
                    return number
        created = self._api.ask(_NameRow, "POST", self._path, json={"label": label}).id
        self.known = {**self.known, created: label}
        self._ensured[label] = (self._api.generation, self._clock(), created)
        return created

    def _created(self, label: str) -> int:
        """Return the id of a tag that was created some minutes ago, 0 for another one."""
        generation, at, created = self._ensured.get(label, (-1, 0.0, 0))
        is_recent = generation == self._api.generation and self._clock() - at < WRITE_AGE_S
        return created if is_recent else 0

    def _names_for_write(self, recent: bool) -> Mapping[int, str]:
        return self.recent() if recent else self.refresh()


class LabelledItem(Payload, frozen=True):
    """An item's profile and tags as any app lists them; a tag list that was never set is null."""

    quality_profile_id: int = 0
    tags: tuple[int, ...] | None = ()


class Labels:
    """The names of the quality profiles and tags that items of one app carry."""

    def __init__(self, api: ArrApi) -> None:
        self.profiles = IdNames(api, f"{api.root}/qualityprofile")
        self.tags = IdNames(api, f"{api.root}/tag")

    def load(self, rows: Sequence[LabelledItem], *, refresh: bool = False, recent: bool = False) -> None:
        """Read the names of all ids in these rows.

        At most one request for profiles and one for tags.

        `refresh` reads them also when they are known. Once for a whole library that costs little, and it
        reveals a restored database. With `recent`, names read some minutes ago do.
        """
        if refresh:
            age_s = WRITE_AGE_S if recent else 0.0
            self.profiles.expire(age_s)
            self.tags.expire(age_s)
        self.profiles.names(row.quality_profile_id for row in rows)
        self.tags.names(tag for row in rows for tag in row.tags or ())

    def names_of(self, row: LabelledItem) -> tuple[str, tuple[str, ...]]:
        """Return the profile's name, "" for an unknown id, and the tags' labels, sorted."""
        profiles, tags = self.profiles.known, self.tags.known
        profile = profiles.get(row.quality_profile_id, "")
        return profile, tuple(sorted(tags[tag] for tag in row.tags or () if tag in tags))


class _ProfileItem(Payload, frozen=True):
    """A quality of a profile, or a group of them."""

    quality: Mapping[str, Any] | None = None
    items: "tuple[_ProfileItem, ...] | None" = None


class _NameRow(Payload, frozen=True):
    id: int
    name: str | None = None
    label: str | None = None
    items: tuple[_ProfileItem, ...] | None = None

    def qualities(self) -> Iterator[Mapping[str, Any]]:
        """Yield the qualities that a profile orders; none for what is no quality profile."""
        for each in self.items or ():
            yield from (part.quality for part in (each, *(each.items or ())) if part.quality)

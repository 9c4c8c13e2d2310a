"""What any arr calls the ids of its profiles and tags."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from mesharr.arr.shared.api import ArrApi, Payload
from mesharr.core.errors import Refused

RECENT_S: Final = 600.0
"""How old the names may be that the later ones of many writes use (s)."""
OLD_S: Final = 3600.0
"""How old the names of what is read may be (s): an arr may be restored, and started anew, unseen."""


class IdNames:
    """What an arr calls the ids of one of its lists: quality profiles, tags.

    Kept by id, and asked for again when an unknown id turns up, when they are old, and when the arr may have
    another database than before. Before a write they are always asked for: the arrs drop unused tags every
    day, and a tag made anew has another id. Of many writes in a row the first asks for all: what they use is
    not dropped.
    """

    def __init__(self, api: ArrApi, path: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._path = path
        self._clock = clock
        self.known: Mapping[int, str] = {}
        self._asked = 0.0
        self._era = -1

    def of(self, ids: Iterable[int]) -> Mapping[int, str]:
        """Return names by id, of these ids as far as the arr has them."""
        wanted = set(ids)
        return self.known if not wanted or self._knows(wanted, OLD_S) else self.fresh()

    def fresh(self) -> Mapping[int, str]:
        """Return names by id as they are now. One request."""
        era = self._api.era
        listed = self._api.ask(list[_Listed], "GET", self._path)
        named = {entry.id: entry.label or entry.name or "" for entry in listed}
        if any(self.known.get(number, name) != name for number, name in named.items()):
            self._api.era = era = era + 1  # an id that names something else: another database
        self.known = named
        self._asked, self._era = self._clock(), era
        return self.known

    def forget(self) -> None:
        """Have the next use ask for all."""
        self._era = -1

    def _knows(self, ids: Iterable[int], age: float) -> bool:
        """Whether names that are not older than `age` (s), and of this database, hold all of these ids."""
        fresh = self._era == self._api.era and self._clock() - self._asked < age
        return fresh and self.known.keys() >= set(ids)

    def chosen(self, *names: str, recent: bool = False) -> int:
        """Return the id of the first of these quality profiles there is; `Refused` when there is none.

        `recent`: what was asked some minutes ago will do, for one of many writes.
        """
        ids = {name: number for number, name in self._asked_lately(recent).items()}
        for name in names:
            if name in ids:
                return ids[name]
        raise Refused(
            f"{self._api.title} has no quality profile {' or '.join(repr(name) for name in names if name)}",
            f"make one, or set quality_profile of the library to one of: {', '.join(sorted(ids))}",
        )

    def ordinary(self, *, recent: bool = False) -> int:
        """Return the id of the metadata profile to add with: Standard, else the first but None, which has
        nothing of an item; `Refused` when there is no other.
        """
        named = {name: number for number, name in self._asked_lately(recent).items() if name != "None"}
        if not named:
            raise Refused(f"{self._api.title} has no metadata profile", "make one in Settings > Profiles")
        return named.get("Standard") or next(iter(named.values()))

    def made(self, label: str, *, recent: bool = False) -> int:
        """Return the id of a tag, which exists afterwards. Labels are lower case in every arr."""
        label = label.lower()
        for number, known in self._asked_lately(recent).items():
            if known == label:
                return number
        made = self._api.ask(_Listed, "POST", self._path, json={"label": label}).id
        self.known = {**self.known, made: label}
        return made

    def _asked_lately(self, recent: bool) -> Mapping[int, str]:
        return self.known if recent and self._knows((), RECENT_S) else self.fresh()


class Labelled(Payload, frozen=True):
    """What any arr's item has of these. A tag list that was never set is null."""

    quality_profile_id: int = 0
    tags: tuple[int, ...] | None = ()


class Labels:
    """What an arr calls the quality profile and the tags of its items."""

    def __init__(self, api: ArrApi, base: str) -> None:
        self.profiles = IdNames(api, f"{base}/qualityprofile")
        self.tags = IdNames(api, f"{base}/tag")

    def learn(self, rows: Sequence[Labelled], *, anew: bool = False) -> None:
        """Ask for what is not known yet of many items: at most one request for profiles and one for tags.

        `anew`: as if nothing was known. Once for a whole library it costs little, and a restored database
        shows.
        """
        if anew:
            self.profiles.forget()
            self.tags.forget()
        self.profiles.of(row.quality_profile_id for row in rows)
        self.tags.of(tag for row in rows for tag in row.tags or ())

    def of(self, row: Labelled) -> tuple[str, tuple[str, ...]]:
        """Return the name of an item's profile, "" when the arr has none by that id, and its tags, sorted."""
        profiles, tags = self.profiles.known, self.tags.known
        profile = profiles.get(row.quality_profile_id, "")
        return profile, tuple(sorted(tags[tag] for tag in row.tags or () if tag in tags))


class _Listed(Payload, frozen=True):
    id: int
    name: str | None = None
    label: str | None = None

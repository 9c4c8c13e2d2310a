"""The base of all event bodies, and the parts that bodies are made of.

The base has the questions that every body answers for itself. Paths and folders are library paths
(`mesharr.core.paths`); sizes are bytes. The stages ask a body these questions and never compare its type with
a list of types, so that a new type of event answers for itself.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import ClassVar, Final, Literal, Self

import msgspec

from mesharr.core.events.chunking import fits, grouped, room_beside
from mesharr.core.text import quantity

Heads = dict[str, tuple[int, str]]
"""Streams, each with (seq, id) of an event in it."""

Vector = Heads
"""What an author had applied of an item when it decided: of each stream the last event about the item.

The id proves it: nobody can name an event that does not exist yet.
"""

UnitsOfPath = Callable[[str], Iterable[str]]
"""Returns the units that the copy at a path satisfies."""

PLACE: Final = ""
"""The register of an item's folder and series type, beside the registers of its units."""

REASSIGNED: Final = "reassigned"
"""The reason of a removal whose files are on the drive still, and are another item's now."""

InNewIncarnation = Literal["publish", "first_day", "recheck_files", "prove_again"]
"""What a new incarnation does with an unpublished body: publish it, leave it to its first day, which states
the same anew, or publish it once its files were checked, or once it is proven again.
"""


ActivityKind = Literal[
    "added", "imported", "changed", "removed", "download", "claimed", "node", "hello", "other"
]
"""The kinds of events that the activity of a mesh is filtered by; `other` is what no class names."""


def no_units(_path: str) -> Iterable[str]:
    """Return the units of a path that nothing is known of."""
    return ()


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The base of bodies and of their parts. Members that a newer program adds are ignored.

    A body is a tree, so the garbage collector need not search it for cycles.
    """


class Item(Part, frozen=True, kw_only=True):
    """A library entry: a movie, a series, an artist or an author."""

    id: str
    """The id that names the item in its library, e.g. `tmdb:438631`."""
    kind: str
    """movie, series, artist or author."""
    ids: dict[str, int | str] = {}
    """Every known id by its source, the one in `id` included."""
    title: str = ""
    year: int = 0
    """0 for what has no year."""
    folder: str
    """The library path of the folder that holds the files."""
    profile: str = ""
    """The name of the author's quality profile."""
    series_type: str = ""
    """standard, daily or anime; "" for what is no series."""

    @property
    def all_ids(self) -> tuple[str, ...]:
        """Every known id with its source: `imdb:tt1160419`, `tmdb:438631`."""
        return tuple(sorted({self.id, *(f"{source}:{value}" for source, value in self.ids.items())}))

    @property
    def called(self) -> str:
        """The title a user knows the item by, with its year if there is one."""
        title = self.title or self.id
        return f"{title} ({self.year})" if self.year else title


class Copy(Part, frozen=True, kw_only=True):
    """A media file on the shared drive."""

    path: str
    size: int
    """Bytes, as verified on the drive."""
    units: tuple[str, ...]
    """The units that the file satisfies."""
    quality: str = ""
    group: str = ""
    languages: tuple[str, ...] = ()
    checks: dict[str, int] = {}
    """By unit a number that is the same in every app (an episode's TVDB id): where two apps have different
    numbers for a unit, they number the series differently and mean two things.
    """
    parts: tuple[str, ...] = ()
    """What the file is within its units, by ids that every app of the kind knows: MusicBrainz tracks of an
    album; () where the units state it, or the author's app did not.
    """
    release: str = ""
    """Which release or edition of the unit the file is of: a MusicBrainz release, a Goodreads edition; ""
    where there is no such thing, or the author's app did not state it.
    """


class Body(Part, frozen=True, kw_only=True):
    """The base of every event body, with the answers of a body that touches no item and no file."""

    type_name: ClassVar[str] = ""
    """The event type under which a body is published, e.g. `item.added`."""
    in_new_incarnation: ClassVar[InNewIncarnation] = "publish"
    """What a new incarnation does with a body that the one before it had not published.

    A restored database may hold bodies that were published, and whose effect has ended since.
    """
    notice: ClassVar[str] = ""
    """The word of `notify: on:` that a peer's event is notified under, "" for none."""
    activity: ClassVar[ActivityKind] = "other"
    """The kind under which the event is listed."""
    found_by_type: ClassVar[bool] = False
    """Whether events are searched by this type, so that the database keeps an index of them."""
    takes_ownership: ClassVar[bool] = False
    """Whether the body makes its author the owner of its units, at the `rank` of its term."""
    divisible: ClassVar[str] = ""
    """The list member that is divided when the body is too long for a line, "" for none."""

    @property
    def library(self) -> str:
        """The library the body is about, "" for none."""
        return ""

    @property
    def seen(self) -> Vector:
        """What the author had applied of the item when it decided; {} where that decides nothing."""
        return {}

    @property
    def over(self) -> Heads:
        """The events at the maximum term that this event supersedes.

        See `mesharr.core.registry.supersede`.
        """
        return {}

    @property
    def rank(self) -> int:
        """The term or version under which the body writes its `registers`, 0 when it writes none."""
        return 0

    @property
    def registers(self) -> tuple[str, ...]:
        """The registers of an item that the body writes: units, or `PLACE`."""
        return ()

    @property
    def replaces_files(self) -> bool:
        """Whether the copies of the body replace others.

        Such copies are uploaded before those that replace none.
        """
        return False

    def touched_items(self) -> tuple[tuple[str, str], ...]:
        """Return the (library, item id) pairs whose state depends on the body."""
        return ()

    def item_in(self, ids: Collection[str]) -> Item | None:
        """Return the body's description of the item with one of these ids, None without any."""
        return None

    def stated_copies(self) -> tuple[Copy, ...]:
        """Return the copies that the body states to be on the drive."""
        return ()

    def stated_copies_of(self, ids: Collection[str]) -> tuple[Copy, ...]:
        """Return the stated copies of the item with one of these ids."""
        return self.stated_copies()

    def ended_paths(self) -> tuple[str, ...]:
        """Return the paths of the copies that end with the body."""
        return ()

    def old_paths(self) -> Mapping[str, str]:
        """Return, by the paths of the stated copies that are renamed files, the paths that they had."""
        return {}

    def map_copies(self, change: Callable[[Copy], Copy | None]) -> Self:
        """Return the body with each stated copy changed, and without those that `change` makes None."""
        return self

    def with_sizes(self, sizes: Mapping[str, int]) -> Self:
        """Return the body with the sizes (bytes, by path) of its stated copies replaced where given."""
        return self.map_copies(
            lambda copy: msgspec.structs.replace(copy, size=sizes.get(copy.path, copy.size))
        )

    def only_copies(self, paths: Collection[str]) -> Self:
        """Return the body with those of its stated copies only that lie at one of these paths."""
        return self.map_copies(lambda copy: copy if copy.path in paths else None)

    def with_term(self, term: int, over: Heads) -> Self:
        """Return a body that takes ownership, with its term and the events it supersedes."""
        return msgspec.structs.replace(self, term=term, over=over) if self.takes_ownership else self

    def parts(self, units_of: UnitsOfPath = no_units) -> tuple[Self, ...]:
        """Return bodies that together state what this one states, each short enough for a line.

        `units_of` names the units of an ended path: it is published with a copy that replaces it. What
        cannot be divided is returned as it is.
        """
        return (self,) if fits(self) else self.divided(units_of)

    def divided(self, units_of: UnitsOfPath) -> tuple[Self, ...]:
        """Return the parts of a body that is too long for a line: its `divisible` list in groups."""
        if not self.divisible:
            return (self,)
        room = room_beside(msgspec.structs.replace(self, **{self.divisible: ()}))
        groups = grouped(self.members_within(room), room)
        return tuple(msgspec.structs.replace(self, **{self.divisible: group}) for group in groups)

    def members_within(self, room: int) -> tuple[object, ...]:
        """Return the members of the `divisible` list, each of at most `room` bytes.

        A longer member is divided itself.
        """
        return tuple(getattr(self, self.divisible))

    def deed(self, title: str) -> str:
        """Return what the author did, to follow its name: `imported Dune (2021) Bluray-2160p`.

        `title` is that of the body's item.
        """
        return f"published {self.type_name}"

    def summary(self) -> str:
        """Return the library, the item and the number of list members, for `mesharr log show`."""
        return " ".join(word for word in (self.library, self.item_words(), *self.counts()) if word)

    def item_words(self) -> str:
        """Return the only item of the body as a user reads it, "" for none or several."""
        return ""

    def counts(self) -> tuple[str, ...]:
        """Return how many members the body has of each kind, e.g. `2 copies`."""
        return ()

    @property
    def note(self) -> str:
        """What a notification of the event adds to its items, "" for nothing."""
        return ""


class ItemBodyById(Body, frozen=True, kw_only=True):
    """The base of the bodies about one item of one library that name it by its id."""

    library: str
    id: str

    def touched_items(self) -> tuple[tuple[str, str], ...]:
        """Return the (library, item id) pair of the one item."""
        return ((self.library, self.id),)

    def item_words(self) -> str:
        """Return the id of the item."""
        return self.id


class ItemBodyInFull(Body, frozen=True, kw_only=True):
    """The base of the bodies about one item of one library that describe it in full."""

    library: str
    item: Item

    def touched_items(self) -> tuple[tuple[str, str], ...]:
        """Return the (library, item id) pair of the one item."""
        return ((self.library, self.item.id),)

    def item_in(self, ids: Collection[str]) -> Item | None:
        """Return the description of the item."""
        return self.item

    def item_words(self) -> str:
        """Return the title and the id of the item."""
        return f"{self.item.title} ({self.item.id})"


ItemBody = ItemBodyById | ItemBodyInFull
"""The bodies about one item of one library."""


def count_words(members: Collection[object], one: str, many: str = "") -> str:
    """Return `1 copy` or `2 copies`, as `mesharr log show` prints it."""
    return quantity(len(members), one, many)

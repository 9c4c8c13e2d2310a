"""What a node can say, as values: the bodies of events and their checks.

A body is decoded once, by `body_of`, which believes nothing: ids, paths, lengths and ranges are
checked there, so that code behind it needs no suspicion. Paths and folders are library paths
(`mesharr.core.paths`); sizes are bytes; `seen` maps a stream to the seq up to which its author had
applied it when deciding; `over` and `heads` map a stream to (seq, id) of an event in it.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from mesharr.core.errors import Rejected
from mesharr.core.events.validation import check, check_plain, is_plain

Vector = dict[str, int]
Heads = dict[str, tuple[int, str]]


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Base of every event body. Members a newer program adds are kept in the line and ignored here.

    A body is a tree, so the garbage collector need not look at it for cycles.
    """


class Item(Body, frozen=True, kw_only=True):
    """A library entry. `id` is the id that names it in its library, e.g. `tmdb:438631`.

    `ids` repeats it with all others known; `folder` is where its files lie; `profile` is the
    author's quality profile name; `kind` is movie, series, artist or author.
    """

    id: str
    kind: str
    ids: dict[str, int | str] = {}
    title: str = ""
    year: int = 0
    folder: str
    profile: str = ""
    series_type: str = ""

    @property
    def called(self) -> str:
        """What a person calls it: its title, with the year of what has one."""
        title = self.title or self.id
        return f"{title} ({self.year})" if self.year else title


class Copy(Body, frozen=True, kw_only=True):
    """A media file on the drive: its path, its size as verified there, and the units it satisfies.

    `checks` maps a unit to a number that is the same wherever the unit is (an episode's TVDB id): where
    the numbers differ, two arrs count otherwise and speak of two things.
    """

    path: str
    size: int
    units: tuple[str, ...]
    quality: str = ""
    group: str = ""
    languages: tuple[str, ...] = ()
    checks: dict[str, int] = {}


class ItemBody(Body, frozen=True, kw_only=True):
    """Base of the bodies that speak of one item of one library."""

    library: str

    @property
    def item_id(self) -> str:
        """The id of the item this body speaks of."""
        raise AttributeError


class _ById(ItemBody, frozen=True, kw_only=True):
    id: str

    @property
    def item_id(self) -> str:
        return self.id


class _ByItem(ItemBody, frozen=True, kw_only=True):
    item: Item

    @property
    def item_id(self) -> str:
        return self.item.id


class ItemAdded(_ByItem, frozen=True, kw_only=True):
    """My arr has a new item."""


class FileImported(_ByItem, frozen=True, kw_only=True):
    """My arr imported these copies and they are on the drive; `replaced` paths ended with it.

    `over`: see `mesharr.core.registry.supersede`.
    """

    copies: tuple[Copy, ...]
    replaced: tuple[str, ...] = ()
    term: int
    seen: Vector = {}
    over: Heads = {}


class ItemChanged(_ById, frozen=True, kw_only=True):
    """Folder or series type of the item changed; `version` is 1 + the version its author saw.

    `over`: see `mesharr.core.registry.supersede`.
    """

    folder: str = ""
    series_type: str = ""
    version: int = 1
    over: Heads = {}


class ItemMoved(_ById, frozen=True, kw_only=True):
    """The item went to another library, named by `to`."""

    to: str


class ItemAliased(_ById, frozen=True, kw_only=True):
    """The item's foreign id was replaced: `alias` names the same item as `id`."""

    alias: str


class ItemLeft(_ById, frozen=True, kw_only=True):
    """My arr no longer lists the item; its files are untouched."""


class ItemRemoved(_ById, frozen=True, kw_only=True):
    """The item left my arr and its files are proven gone from the drive."""

    reason: str = ""
    seen: Vector


class Renamed(Body, frozen=True, kw_only=True):
    """One file's rename: the path it had, and the copy as it is now."""

    old: str
    new: Copy


class FileRenamed(_ById, frozen=True, kw_only=True):
    """Files of the item have other names on the drive now, or another size under their own."""

    files: tuple[Renamed, ...]
    seen: Vector


class FileRemoved(_ById, frozen=True, kw_only=True):
    """Files of the item are proven gone from the drive."""

    paths: tuple[str, ...]
    reason: str = ""
    seen: Vector


class UnitGrabbed(_ById, frozen=True, kw_only=True):
    """I am downloading these units; others wait. Repeated daily while it lasts."""

    units: tuple[str, ...]


class UnitReleased(_ById, frozen=True, kw_only=True):
    """My grab of these units ended."""

    units: tuple[str, ...]


class UnitClaimed(_ById, frozen=True, kw_only=True):
    """I take these units over: they are monitored here from now on.

    `over`: see `mesharr.core.registry.supersede`.
    """

    units: tuple[str, ...]
    term: int
    over: Heads = {}


class Found(Body, frozen=True, kw_only=True):
    """One entry of an inventory."""

    item: Item
    copies: tuple[Copy, ...] = ()


class LibraryFound(Body, frozen=True, kw_only=True):
    """What my arr already held when I joined. It makes no owner."""

    library: str
    items: tuple[Found, ...]


class LibraryInfo(Body, frozen=True, kw_only=True):
    """How a node keeps one library, so that peers can warn of differences."""

    app: str = ""
    version: str = ""
    naming: str = ""
    profiles: tuple[str, ...] = ()


class NodeHello(Body, frozen=True, kw_only=True):
    """Who I am, whom I trust, and what I have applied: `heads` maps a stream to [seq, id]."""

    name: str
    version: str = ""
    key: str
    trusts: tuple[str, ...] = ()
    heads: Heads = {}
    libraries: dict[str, LibraryInfo] = {}


class StreamOpened(Body, frozen=True, kw_only=True):
    """This incarnation begins and closes the earlier ones named, each at the head its owner knew."""

    closes: dict[str, int] = {}


class NodeLeft(Body, frozen=True, kw_only=True):
    """I leave the mesh: what I own has no owner any more."""


TYPES: Final[Mapping[str, type[Body]]] = {
    "library.found": LibraryFound,
    "item.added": ItemAdded,
    "item.changed": ItemChanged,
    "item.moved": ItemMoved,
    "item.aliased": ItemAliased,
    "item.left": ItemLeft,
    "item.removed": ItemRemoved,
    "file.imported": FileImported,
    "file.renamed": FileRenamed,
    "file.removed": FileRemoved,
    "unit.grabbed": UnitGrabbed,
    "unit.released": UnitReleased,
    "unit.claimed": UnitClaimed,
    "node.hello": NodeHello,
    "stream.opened": StreamOpened,
    "node.left": NodeLeft,
}
NAMES: Final[Mapping[type[Body], str]] = {body: name for name, body in TYPES.items()}
_DECODE: Final = {name: msgspec.json.Decoder(body).decode for name, body in TYPES.items()}
_encode: Final = msgspec.json.Encoder().encode


def type_of(body: Body) -> str:
    """Return the event type a body is published under."""
    return NAMES[type(body)]


def body_of(type_name: str, raw: bytes | msgspec.Raw) -> Body | None:
    """Return the checked body of an event, or None when this program does not know the type.

    Raises `Rejected` when the body lacks something, or says something no honest node would say.
    """
    decode = _DECODE.get(type_name)
    if decode is None:
        return None
    try:
        body = decode(raw)
        (check_plain if is_plain(bytes(raw)) else check)(body)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Rejected(f"body of {type_name}: {error}") from error
    except Rejected as error:
        raise Rejected(f"body of {type_name}: {error.what}") from error
    return body


def body_as_written(type_name: str, raw: bytes) -> Body | None:
    """Return the checked body when `raw` is, byte for byte, how this program writes it; else None.

    None says nothing against `raw`: a newer program, or another one, may spell it otherwise. What
    comes back unchanged has no member twice, no member unknown here, no number with a fraction, and
    is no deeper than its type.
    """
    try:
        body = body_of(type_name, raw)
    except Rejected:
        return None
    return body if body is not None and _encode(body) == raw else None


def items_of(body: Body) -> tuple[tuple[str, str], ...]:
    """Return the (library, item id) pairs whose state depends on this body."""
    match body:
        case ItemAliased():
            return ((body.library, body.id), (body.library, body.alias))
        case ItemMoved():
            return ((body.library, body.id), (body.to, body.id))
        case ItemBody():
            return ((body.library, body.item_id),)
        case LibraryFound():
            return tuple((body.library, found.item.id) for found in body.items)
        case _:
            return ()

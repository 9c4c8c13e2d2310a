"""A malicious peer that all households of a world trust: it appends lies between what people do.

It states nothing that a peer may bring about: no removal of what it proves to have seen, no change of a
folder. So at rest the apps show the files that they show without it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Final

import msgspec

from mesharr.core.errors import Rejected
from mesharr.core.events.schema import (
    Body,
    Copy,
    FileImported,
    FileRemoved,
    Item,
    ItemAdded,
    ItemAliased,
    ItemLeft,
    ItemRemoved,
    NodeHello,
    NodeLeft,
    StreamOpened,
    UnitClaimed,
    UnitGrabbed,
)
from mesharr.core.events.validation import MAX_TERM
from mesharr.core.hlc import text_of
from mesharr.core.registry.conflicts import conflicts
from mesharr.log import codec, layout
from mesharr.log.keys import NodeKey, key_text
from mesharr.log.layout import FileName
from mesharr.state.peers import Peer, read_peers, trusted, write_peers
from tests.properties.mesh.deeds import Act, Deed
from tests.properties.mesh.house import MeshHousehold
from tests.support.household import MESH

if TYPE_CHECKING:
    from tests.properties.mesh.world import World

_FUTURE: Final = 2**31
_WORDS: Final[tuple[object, ...]] = (2**53, -1, None, "", "../../x", "a" * 4097, "\u202e", [], {}, "tmdb:007")
KINDS: Final = {"movies": "movie", "tv": "series", "music": "artist", "books": "author"}


class Liar:
    """One node without an app, whose lies are drawn from its seed."""

    def __init__(self, world: "World", seed: int) -> None:
        """Have every household trust it."""
        self._world = world
        self._rng = Random(f"liar {seed}")
        self._key = NodeKey(self._rng.randbytes(32))
        self.node = layout.node_id("liar", self._key.public)
        self._store = world.homes[0].house.drive / ".mesharr"
        self._streams: dict[str, list[codec.Event]] = {}
        self.told: list[str] = []
        """The lies that were told."""
        peer = Peer(node=self.node, name="liar", key=key_text(self._key.public), since="2026-11-22")
        for home in world.homes:
            write_peers(str(home.house.dir), trusted(read_peers(str(home.house.dir)), peer))

    def among(self, acts: Iterable[Act]) -> Iterator[Act]:
        """Yield acts, with lies between them."""
        for act in acts:
            for _ in range(self._rng.randint(0, 2)):
                self._lie()
            yield act
        self._lie()

    def _lie(self) -> None:
        lie = self._rng.choice((self._say, self._say, self._say, self._spoil, self._fork, self._junk))
        lie()

    def _note(self, what: str) -> None:
        self.told.append(what)
        self._world.note(f"liar: {what}")

    # -- events

    def _say(self) -> None:
        body = self._body()
        self._note(body.type_name)
        self._append(body.type_name, msgspec.json.encode(body))

    def _spoil(self) -> None:
        """A body of which a member has become something else, or of a type that nobody knows."""
        body = self._body()
        tree = msgspec.to_builtins(body)
        if tree:
            tree[self._rng.choice(sorted(tree))] = self._rng.choice(_WORDS)
        name = self._rng.choice((body.type_name, "item.eaten"))
        self._note(f"a spoilt {name}")
        self._append(name, msgspec.json.encode(tree))

    def _body(self) -> Body:
        rng = self._rng
        house = rng.choice(self._world.homes).house
        library = rng.choice(self._world.libraries)
        known = sorted(house.state.items.all(library)) or ["tmdb:1"]
        id_ = rng.choice(known)
        state = house.state.items.state(library, id_)
        paths = tuple(living.copy.path for living in state.copies.values())[:20]
        units = tuple(sorted(state.owned_units))[:20] or ("movie",)
        item = Item(id=id_, kind=KINDS[library], ids={"tmdb": 999}, title="Another", folder="Another (1999)")
        copy = Copy(path=f"Another (1999)/{rng.randint(1, 9)}.mkv", size=1, units=units)
        false = {stream: self._false(seq, event) for stream, (seq, event) in state.seen.items()}
        bodies: tuple[Callable[[], Body], ...] = (
            lambda: ItemRemoved(library=library, id=id_, seen=false),
            lambda: FileRemoved(
                library=library, id=id_, paths=paths or ("Another (1999)/1.mkv",), seen=false
            ),
            lambda: FileImported(
                library=library, item=item, copies=(copy,), replaced=paths, term=MAX_TERM, seen=false
            ),
            lambda: ItemAdded(library=library, item=item),
            lambda: ItemAliased(library=library, id=id_, alias=f"tmdb:{rng.randint(90_000, 90_003)}"),
            lambda: ItemLeft(library=library, id=id_),
            lambda: UnitClaimed(library=library, id=id_, units=units, term=MAX_TERM),
            lambda: UnitGrabbed(library=library, id=id_, units=units),
            lambda: StreamOpened(closes={house.engine.publisher.stream.rpartition(".")[2]: _FUTURE}),
            lambda: self._hello(house),
            NodeLeft,
        )
        return rng.choice(bodies)()

    def _false(self, seq: int, event: str) -> tuple[int, str]:
        """Return an event that does not exist, made of one that does."""
        rng = self._rng
        return rng.choice(((_FUTURE, event), (seq + 1, event), (seq, f"{rng.getrandbits(256):064x}")))

    def _hello(self, house: MeshHousehold) -> Body:
        heads = {house.engine.publisher.stream: (_FUTURE, "f" * 64)}
        return NodeHello(name="liar", version="9", key=key_text(self._key.public), heads=heads)

    def _append(self, type_name: str, body: bytes) -> None:
        """Sign the next event of one of its streams, the clock of which is far ahead or of now."""
        inc = self._rng.choice(("00000001", "00000002", "00000003"))
        events = self._streams.setdefault(inc, [])
        event = self._event(inc, events, type_name, body)
        events.append(event)
        self._put(events, 0)

    def _event(self, inc: str, before: list[codec.Event], type_name: str, body: bytes) -> codec.Event:
        number = len(before)
        ahead = f"9998-12-31T23:59:59.999Z-{number:04d}"
        draft = codec.UnsignedEvent(
            mesh=MESH,
            node=self.node,
            inc=inc,
            seq=number + 1,
            prev=before[-1].id if before else codec.ZEROS,
            hlc=text_of(self._world.clock.ms, number) if inc == "00000001" else ahead,
            type=type_name,
            body=body,
        )
        try:
            return codec.encode(draft, self._key.sign)
        except Rejected:  # no line may say that
            return codec.encode(msgspec.structs.replace(draft, type="node.left", body=b"{}"), self._key.sign)

    def _put(self, events: list[codec.Event], k: int) -> None:
        first, last = events[0], events[-1]
        name = FileName(self.node, first.inc, first.seq, last.seq, last.id[:8], k)
        (self._store / layout.tail_path(name)).write_bytes(b"".join(each.line + b"\n" for each in events))

    def _fork(self) -> None:
        """Go on from an earlier event in another way."""
        for inc, events in self._streams.items():
            if len(events) > 2 and self._rng.random() < 0.5:
                other = events[: self._rng.randrange(len(events) - 1)]
                other.append(self._event(inc, other, "node.left", b"{}"))
                self._put(other, 0)
                self._note(f"a fork of {inc}")
                return

    # -- files

    def _junk(self) -> None:
        """Names under the label of a household, in its own stream and in others."""
        rng = self._rng
        stream = rng.choice(self._world.homes).house.engine.publisher.stream
        node, _, inc = stream.rpartition(".")
        for _ in range(rng.randint(1, 12)):
            first = rng.choice((1, 40, 10**6))
            name = FileName(
                node,
                rng.choice((inc, f"{rng.getrandbits(32):08x}")),
                first,
                first + rng.choice((0, 9)),
                f"{rng.getrandbits(32):08x}",
                0,
            )
            (self._store / layout.tail_path(name)).write_bytes(rng.randbytes(rng.randint(0, 60)))
        self._note(f"junk under {node}")


def plain(acts: Iterable[Act]) -> Iterator[Act]:
    """Yield the deeds alone, none of them in a request: they come out the same beside anything."""
    for act in acts:
        if isinstance(act, Deed):
            yield replace(act, stage="", during=0)


def open_choices(world: "World") -> dict[tuple[str, str], list[set[str]]]:
    """Return by item of each library the files of each conflict: of these an app shows either."""
    state = world.homes[0].house.state
    return {
        (library, item): [{each.kept, each.other} for each in conflicts(state.items.state(library, item))]
        for library in world.libraries
        for item in state.items.all(library)
    }


def files_by_unit(
    world: "World", choices: Mapping[tuple[str, str], Sequence[set[str]]]
) -> dict[tuple[str, str, str, str], tuple[str, ...]]:
    """Return which files every app shows for each unit, all of a choice where it shows one of them."""
    found: dict[tuple[str, str, str, str], set[str]] = {}
    for home in world.homes:
        for library in world.libraries:
            for item, shown in home.shown(library).items():
                either = choices.get((library, item), ())
                for copy in shown.files.values():
                    paths = {copy.path}.union(*(pair for pair in either if copy.path in pair))
                    for unit in copy.units:
                        found.setdefault((home.house.name, library, item, unit), set()).update(paths)
    return {each: tuple(sorted(paths)) for each, paths in found.items()}

"""A trusted peer that lies: what its key signs is read and believed, as far as it may be.

It sees the whole drive and what every node holds, and lies in every field that it can write: what it had
seen, its clock, ids, folders, heads, and the names of files. All its chance is its own: the same seed has the
same troubles without it.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from functools import cache
from random import Random
from typing import Any, Final

import msgspec

from mesharr.core.errors import Rejected
from mesharr.core.events.schema import (
    Body,
    Copy,
    FileImported,
    FileRemoved,
    Found,
    Item,
    ItemAdded,
    ItemAliased,
    ItemChanged,
    ItemRemoved,
    LibraryFound,
    NodeHello,
    NodeLeft,
    StreamOpened,
    UnitClaimed,
)
from mesharr.core.events.validation import MAX_TERM
from mesharr.core.hlc import text_of
from mesharr.log import codec, layout
from mesharr.log.chain import MAX_FILE
from mesharr.log.keys import NodeKey, key_text, verifier
from mesharr.log.layout import FileName
from mesharr.node.model import Trusted
from tests.properties.sim.damage import reach
from tests.properties.sim.facts import ITEMS, LIBRARIES, any_fact
from tests.properties.sim.node import Node
from tests.properties.sim.world import MESH, World

_FUTURE: Final = 2**31
_STREAMS: Final = 12
"""How many incarnations it begins at most: a node that reads them all in two days has no more."""
_WORDS: Final[tuple[object, ...]] = (
    *(2**53 - 1, 2**53, MAX_TERM, MAX_TERM + 1, 0, -1, 1.5, None, True, [], {}, [[[[[[[[[]]]]]]]]]),
    *("", " ", "/", "..", "../../x", "a" * 4096, "a" * 4097, "\u202e", "\u0085", "é", "e\u0301", "tmdb:007"),
    *("tmdb:1", "tmdb:999999", "imdb:tt1", "movie", "U1", "movies", "tv", "none", "n0-00000000", "f" * 64),
)
"""What it puts in the place of something."""


class _Branch(msgspec.Struct):
    """One incarnation, as it goes on."""

    inc: str
    clock: str
    events: list[codec.Event] = []
    first: int = 1
    """Where its newest tail begins."""


class Liar:
    """A peer that every node trusts."""

    def __init__(self, world: World, nodes: Sequence[Node], signed: dict[str, str]) -> None:
        self._world = world
        self._nodes = nodes
        self._signed = signed
        self._rng = Random(f"liar {world.seed}")
        key = NodeKey(self._rng.randbytes(32))
        self._key = key
        self.label = layout.node_id("liar", key.public)
        self.own = Trusted(self.label, "liar", key.public, cache(verifier(key.public)))
        self._branches = [self._branch("now")]
        self._lies: tuple[Callable[[], None], ...] = (
            *(self._say, self._say, self._say, self._say, self._say_anything, self._say_anything),
            *(self._fork, self._begin, self._junk, self._sparse, self._spoil, self._break, self._borrow),
            *(self._stop, self._half, self._fill),
        )

    def plan(self, end: int, calm_ms: int) -> None:
        """Lie in the hours of trouble, which end then, and in the first ones that are calm."""
        world, rng = self._world, self._rng
        for _ in range(rng.randint(3, 12)):
            world.after(rng.randint(0, end - world.now), self.lie)
        for _ in range(rng.randint(1, 5)):
            world.after(end - world.now + rng.randint(0, calm_ms), self.lie)
        world.after(end - world.now + rng.randint(0, calm_ms), self._fork)
        world.after(end - world.now + calm_ms, self._flood if rng.random() < 0.2 else self._junk)

    def lie(self) -> None:
        """Tell one lie of any kind."""
        lie = self._rng.choice(self._lies)
        self._world.say(f"the liar: {lie.__name__}")
        lie()

    # -- events

    def _say(self) -> None:
        """Bodies that are well formed, and not true."""
        branch = self._any_branch()
        for _ in range(self._rng.randint(1, 5)):
            self._sign(branch, self._body())
        self._publish(branch)

    def _say_anything(self) -> None:
        """Bodies in which a member has become something else, and of types that nobody knows."""
        branch, rng = self._any_branch(), self._rng
        for _ in range(rng.randint(1, 3)):
            body = self._body()
            tree: Any = msgspec.to_builtins(body)
            for _ in range(rng.randint(1, 3)):
                self._spoil_member(tree)
            name = rng.choice((body.type_name, body.type_name, body.type_name, "item.eaten"))
            self._sign_raw(branch, name, msgspec.json.encode(tree))
        self._publish(branch)

    def _spoil_member(self, tree: Any) -> None:
        """Put something else in the place of any member, at any depth."""
        while isinstance(tree, dict | list) and tree:
            at = self._rng.choice(sorted(tree, key=str)) if isinstance(tree, dict) else 0
            inner = tree[at]
            if not isinstance(inner, dict | list) or not inner or self._rng.random() < 0.3:
                tree[at] = deepcopy(self._rng.choice(_WORDS))  # a later one may spoil its members
                return
            tree = inner

    def _body(self) -> Body:
        """Return the body of a lie."""
        rng = self._rng
        library, id_ = rng.choice(LIBRARIES), f"tmdb:{rng.randint(1, ITEMS)}"
        other = rng.choice((f"tmdb:{rng.randint(1, ITEMS)}", f"imdb:tt{rng.randint(1, ITEMS)}", "tmdb:999"))
        item = Item(id=id_, kind="movie", ids={"tmdb": 999}, title="Another", folder=f"Film {other[5:]}")
        path = f"Film {rng.randint(1, ITEMS)} (2000)/file {rng.randint(0, 3)}.mkv"
        copy = Copy(path=path, size=rng.choice((0, 1, 2**53 - 1)), units=("u1", "u2"))
        paths = tuple(f"Film {id_[5:]} (2000)/file {number}.mkv" for number in range(4))
        top = rng.choice((1, MAX_TERM))
        bodies: tuple[Callable[[], Body], ...] = (
            lambda: ItemRemoved(library=library, id=id_, seen=self._vector(library, id_)),
            lambda: ItemRemoved(library=library, id=id_, seen=self._vector(library, id_)),
            lambda: FileRemoved(library=library, id=id_, paths=paths, seen=self._vector(library, id_)),
            lambda: FileImported(
                library=library,
                item=item,
                copies=(copy,),
                replaced=paths,
                term=top,
                seen=self._vector(library, id_),
                over=self._vector(library, id_),
            ),
            lambda: ItemAdded(library=library, item=item),
            lambda: ItemAliased(library=library, id=id_, alias=other),
            lambda: ItemChanged(library=library, id=id_, folder=f"Film {other[5:]}", version=top),
            lambda: LibraryFound(library=library, items=(Found(item=item, copies=(copy,)),)),
            lambda: UnitClaimed(library=library, id=id_, units=("u1",), term=top, over=self._vector(library)),
            self._hello,
            self._hello,
            lambda: StreamOpened(closes={inc: rng.choice((1, _FUTURE)) for inc in self._incs()}),
            NodeLeft,
            lambda: any_fact(rng, rng.choice(self._nodes).state),
            lambda: any_fact(rng, rng.choice(self._nodes).state),
        )
        return rng.choice(bodies)()

    def _hello(self) -> Body:
        """A hello that names events of the others' streams which nobody wrote."""
        heads = {node.stream: self._claim(node) for node in self._nodes}
        trusts = tuple(node.label for node in self._nodes)
        return NodeHello(name="liar", version="9", key=key_text(self._key.public), trusts=trusts, heads=heads)

    def _vector(self, library: str, id_: str = "") -> dict[str, tuple[int, str]]:
        """Return what it says to have seen: of some streams the truth, of others none."""
        rng = self._rng
        truth: Mapping[str, tuple[int, str]] = {}
        if id_ and rng.random() < 0.6:
            truth = rng.choice(self._nodes).state.items.state(library, id_).seen
            if rng.random() < 0.5:  # true ids, and more than they stand for
                truth = {stream: (_FUTURE, id_) for stream, (_, id_) in truth.items()}
        some = rng.sample(list(self._nodes), min(len(self._nodes), rng.randint(0, 6)))
        return {**truth, **{node.stream: self._claim(node) for node in some}}

    def _claim(self, node: Node) -> tuple[int, str]:
        """Return an event of a node's stream: one that exists, or a number with another id."""
        rng = self._rng
        last, id_ = node.state.streams.cursor(node.stream)
        if reach(self._world, node.stream) < last:  # nobody knows the id of what was never on the drive
            last, id_ = 0, f"{rng.getrandbits(256):064x}"
        seq = rng.randint(1, max(1, last))
        held = node.state.streams.known_id(node.stream, seq) or id_ if last else id_
        return rng.choice(
            (
                (max(1, last), id_),
                (seq, held),
                (_FUTURE, id_),
                (max(1, last) + rng.randint(1, 9), held),
                (max(1, last) + 1, f"{rng.getrandbits(256):064x}"),
                (seq, f"{rng.getrandbits(256):064x}"),
            )
        )

    def _incs(self) -> list[str]:
        return [branch.inc for branch in self._branches] + [
            node.stream.rpartition(".")[2] for node in self._nodes
        ]

    # -- its streams

    def _branch(self, clock: str) -> _Branch:
        return _Branch(f"{self._rng.getrandbits(32):08x}", clock)

    def _any_branch(self) -> _Branch:
        return self._rng.choice(self._branches)

    def _clock(self, clock: str, before: Sequence[codec.Event]) -> str:
        """Return the next clock value: of now, of the end of time, or of its beginning."""
        number = len(before)
        if clock == "ahead":
            return f"9998-12-31T23:59:59.999Z-{number:04d}"
        if clock == "behind":
            return f"2001-01-01T00:00:00.000Z-{number:04d}"
        last = before[-1].hlc if before else ""
        return max(text_of(self._world.now), last)[:25] + f"{number:04d}"

    def _sign(self, branch: _Branch, body: Body) -> None:
        self._sign_raw(branch, body.type_name, msgspec.json.encode(body))

    def _sign_raw(self, branch: _Branch, type_name: str, body: bytes) -> None:
        """Sign the next event; what no line may be is not said."""
        with suppress(Rejected):
            branch.events.append(self._event(branch, branch.events, type_name, body))

    def _event(
        self, branch: _Branch, before: Sequence[codec.Event], type_name: str, body: bytes
    ) -> codec.Event:
        draft = codec.UnsignedEvent(
            mesh=MESH,
            node=self.label,
            inc=branch.inc,
            seq=len(before) + 1,
            prev=before[-1].id if before else codec.ZEROS,
            hlc=self._clock(branch.clock, before),
            type=type_name,
            body=body,
        )
        event = codec.encode(draft, self._key.sign)
        self._signed[event.id] = event.stream
        return event

    def _publish(self, branch: _Branch) -> None:
        """Put a tail on the drive, and now and then a segment before it."""
        last = len(branch.events)
        if not last:
            return
        if last - branch.first > 20 and self._rng.random() < 0.5:
            middle = self._rng.randint(branch.first + 1, last)
            self._put(branch.events[branch.first - 1 : middle - 1], layout.segment_path)
            branch.first = middle
        self._put(branch.events[branch.first - 1 :], layout.tail_path)

    def _put(self, events: Sequence[codec.Event], place: Callable[[FileName], str], k: int = 0) -> None:
        first, last = events[0], events[-1]
        content = b"".join(event.line + b"\n" for event in events)
        if len(content) <= MAX_FILE:
            name = FileName(self.label, first.inc, first.seq, last.seq, last.id[:8], k)
            self._world.files.setdefault(place(name), self._world.file(content))

    def _begin(self) -> None:
        """Begin another incarnation, with another clock."""
        if len(self._branches) < _STREAMS:
            self._branches.append(self._branch(self._rng.choice(("now", "ahead", "ahead", "behind"))))
        for _ in range(self._rng.randint(1, 3)):
            self._sign(self._branches[-1], self._body())
        self._publish(self._branches[-1])

    def _fork(self) -> None:
        """Go on from an earlier event in another way, in files that begin anywhere."""
        branch, rng = self._any_branch(), self._rng
        if len(branch.events) < 2:
            return
        at = rng.randint(0, len(branch.events) - 1)
        other = branch.events[:at]
        for _ in range(rng.randint(1, 4)):
            body = self._body()
            with suppress(Rejected):
                other.append(self._event(branch, other, body.type_name, msgspec.json.encode(body)))
        if len(other) > at:
            begins = rng.randint(0, at)
            self._put(
                other[begins:], rng.choice((layout.tail_path, layout.segment_path, layout.segment_path))
            )

    def _fill(self) -> None:
        """State of one item as much as lines hold."""
        branch, rng = self._any_branch(), self._rng
        id_ = f"tmdb:{rng.randint(1, ITEMS)}"
        item = Item(id=id_, kind="movie", title="Full", folder="Full")
        seen = self._vector("movies", id_)
        for number in range(rng.choice((2, 2, 2, 2, 2, 40))):
            paths = tuple(f"Full/{number % 3} {each}" for each in range(90))
            copies = tuple(Copy(path=path, size=1, units=("u1",)) for path in paths)
            self._sign(
                branch,
                FileImported(library="movies", item=item, copies=copies, replaced=paths, term=1, seen=seen),
            )
        self._publish(branch)

    # -- files that nobody may believe

    def _junk(self) -> None:
        """Small files under anybody's label, some of them far ahead of all others."""
        rng = self._rng
        for _ in range(rng.choice((1, 2, 4, 8, 40))):
            stream, last = self._any_stream()
            first = last + rng.choice((1, 1, 1, 2, 1000))
            self._drop(stream, first, first + rng.choice((0, 0, 3, 10**8)), rng.randbytes(rng.randint(0, 40)))

    def _flood(self) -> None:
        """Many streams under the label of a node that has just said something."""
        node, rng = self._rng.choice(self._nodes), self._rng
        for _ in range(120):
            self._drop(f"{node.label}.{rng.getrandbits(32):08x}", 1, rng.choice((1, 9)), b"{}\n")

    def _sparse(self) -> None:
        """Files of one line each, of a stream that has gaps between them."""
        branch = self._branch("now")
        for number in range(self._rng.randint(2, 12)):
            first = number * 1000 + 7
            self._drop(f"{self.label}.{branch.inc}", first, first, b"{}\n")

    def _any_stream(self) -> tuple[str, int]:
        """Return a stream, whose anyone's it is, and its last seq."""
        node, branch = self._rng.choice(self._nodes), self._any_branch()
        return self._rng.choice(
            (
                (node.stream, node.state.streams.cursor(node.stream)[0]),
                (node.stream, node.state.streams.cursor(node.stream)[0]),
                (f"{node.label}.{self._rng.getrandbits(32):08x}", 0),
                (f"{self.label}.{branch.inc}", len(branch.events)),
                (f"{self.label}.{self._rng.getrandbits(32):08x}", 0),
            )
        )

    def _drop(self, stream: str, first: int, last: int, content: bytes) -> None:
        node, _, inc = stream.rpartition(".")
        rng = self._rng
        name = FileName(node, inc, first, last, f"{rng.getrandbits(32):08x}", rng.randint(0, 2))
        where = layout.tail_path(name) if rng.random() < 0.8 else layout.segment_path(name)
        self._drop_at(where, content)

    def _drop_at(self, where: str, content: bytes) -> None:
        if where not in self._world.files:
            self._world.files[where] = self._world.file(content)
            self._world.foreign.add(where)

    def _lines(self) -> tuple[_Branch, list[bytes]]:
        branch = self._any_branch()
        return branch, [event.line for event in branch.events]

    def _drop_lines(self, branch: _Branch, lines: Sequence[bytes], at: int) -> None:
        """Put lines on the drive, under the name that its events would have from `at` on."""
        events, rng = branch.events, self._rng
        name = FileName(self.label, branch.inc, at + 1, at + len(lines), events[-1].id[:8], rng.randint(1, 5))
        self._drop_at(layout.tail_path(name), b"".join(line + b"\n" for line in lines))

    def _spoil(self) -> None:
        """Its own file, in which one line has the signature of another."""
        branch, lines = self._lines()
        if len(lines) > 1:
            at = self._rng.randrange(len(lines) - 1)
            lines[at] = lines[at][:-96] + lines[at + 1][-96:]
            self._drop_lines(branch, lines, 0)

    def _break(self) -> None:
        """Its own file, without a line in the middle."""
        branch, lines = self._lines()
        if len(lines) > 2:
            del lines[self._rng.randrange(1, len(lines) - 1)]
            self._drop_lines(branch, lines, 0)

    def _stop(self) -> None:
        """A next event whose clock stands still."""
        branch = self._any_branch()
        if branch.events:
            last = branch.events[-1]
            line = last.line[: last.line.index(b'"seq":')] + b'"seq":%d,"prev":"%b","hlc":"%b",' % (
                last.seq + 1,
                last.id.encode(),
                last.hlc.encode(),
            )
            signed = line + b'"type":"node.left","body":{}}'
            signature = self._key.sign(codec.pae(signed))
            self._drop_signed(branch, signed, signature)

    def _drop_signed(self, branch: _Branch, signed: bytes, signature: bytes) -> None:
        line = b'%b,"sig":"%b"}' % (signed[:-1], base64.urlsafe_b64encode(signature)[:86])
        seq = len(branch.events) + 1
        name = FileName(self.label, branch.inc, seq, seq, codec.event_id(signed)[:8], 0)
        self._drop_at(layout.tail_path(name), line + b"\n")

    def _half(self) -> None:
        """Its newest tail under a name that promises more."""
        branch, lines = self._lines()
        if lines:
            self._drop_lines(branch, lines[: self._rng.randint(1, len(lines))], len(lines))

    def _borrow(self) -> None:
        """A true file of a node under its own name, the name of another node, or another range."""
        rng = self._rng
        places = [where for where in sorted(self._world.files) if where not in self._world.foreign]
        if not places:
            return
        where = rng.choice(places)
        name = layout.parse_path(where)
        if name is not None:
            other = rng.choice((self.label, *(node.label for node in self._nodes)))
            changed = msgspec.structs.replace(
                name, node=other, k=name.k + rng.randint(1, 3), last=name.last + rng.choice((0, 1))
            )
            if changed.node != name.node or changed.last != name.last:
                self._drop_at(layout.tail_path(changed), self._world.files[where].content)

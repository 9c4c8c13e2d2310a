"""Meshes to fold: worlds in which nodes act on what they have applied, and heaps of facts nobody would state.

A world is played from a script of small numbers, so that Hypothesis can shrink it and a seeded loop
can make it. Everything in it is about one item, a series of three episodes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from random import Random

import msgspec
from hypothesis import strategies as st

from mesharr.core import hlc
from mesharr.core.events.schema import (
    Body,
    Copy,
    FileImported,
    FileRemoved,
    FileRenamed,
    Found,
    Heads,
    Item,
    ItemAdded,
    ItemAliased,
    ItemChanged,
    ItemLeft,
    ItemMoved,
    ItemRemoved,
    LibraryFound,
    NodeLeft,
    Renamed,
    UnitClaimed,
    UnitGrabbed,
    UnitReleased,
)
from mesharr.core.events.validation import MAX_TERM, check
from mesharr.core.registry.facts import Cuts, Fact, Stamp
from mesharr.core.registry.fold import fold
from mesharr.core.registry.item_state import ItemState

LIBRARY = "tv"
ELSEWHERE = "tv-4k"
ID = "tvdb:1"
ALIAS = "tvdb:2"
NODES = ("alice-00000001", "bob-00000002", "carol-00000003", "dave-00000004")
SKEW_MS = (0, -180_000, 300_000, 1_800_000)
"""How far the clock of each node is off; the last is so far ahead that nobody follows it."""
UNITS = ("1:1", "1:2", "1:3")
PATHS = ("S/1.mkv", "S/2.mkv", "S/3.mkv", "S/caf\u00e9.mkv", "S/1 (HD).mkv", "S/1-2.mkv")
SPELLINGS = {"S/1.mkv": "s/1.MKV", "S/caf\u00e9.mkv": "S/CAFE\u0301.mkv"}
"""Other spellings of some of the paths: they are the same paths."""
TRUE = "true"
_START_MS = hlc.parts_of("2026-11-22T18:00:00.000Z-0000")[0]

Fold = Callable[[Sequence[Fact], Cuts], ItemState]
Step = tuple[int, str, int, int]


def real_fold(facts: Sequence[Fact], cuts: Cuts) -> ItemState:
    """The fold under test."""
    return fold(LIBRARY, ID, facts, cuts)


def item(folder: str = "S", series_type: str = "standard") -> Item:
    """Return the one item there is."""
    return Item(
        id=ID, kind="series", ids={"tvdb": 1}, title="S", year=2020, folder=folder, series_type=series_type
    )


def copy_at(path: str, *units: str, size: int = 100) -> Copy:
    """Return a copy."""
    return Copy(path=path, size=size, units=units or ("1:1",))


def event_id(*said: object) -> str:
    """Return an id as events have it, the same for the same words."""
    return sha256(repr(said).encode()).hexdigest()


def fact_of(stream: str, seq: int, clock: str, body: Body, prev: str = "") -> Fact:
    """Return a fact with an id that is, as on the drive, made of all it says and of the one before it."""
    said = f"{prev} {stream} {seq} {clock}".encode() + msgspec.json.encode(body)
    return Fact(stream, seq, clock, body, sha256(said).hexdigest())


class Moment(msgspec.Struct, frozen=True):
    """A node stated `fact` when it had applied `before`."""

    before: tuple[Fact, ...]
    fact: Fact


class World(msgspec.Struct, frozen=True):
    """All that was stated: events in no particular order, and the moments they were stated in."""

    events: tuple[Fact, ...]
    moments: tuple[Moment, ...] = ()

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The events that speak of the item."""
        return facts_in(self.events)

    @property
    def cuts(self) -> Cuts:
        """What the events say of every item."""
        return cuts_in(self.events)

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams there are."""
        return tuple(sorted({fact.stream for fact in self.events}))


def facts_in(events: Iterable[Fact]) -> tuple[Fact, ...]:
    """Return those events that speak of the item."""
    return tuple(event for event in events if not isinstance(event.body, NodeLeft))


def cuts_in(events: Iterable[Fact]) -> Cuts:
    """Return who left, as the events say."""
    left: dict[str, Stamp] = {}
    for event in events:
        if isinstance(event.body, NodeLeft):
            left[event.node] = max(event.stamp, left.get(event.node, event.stamp))
    return Cuts(left=left)


class _Node:
    """A node that plays: its incarnation, its clock, and what it has applied."""

    def __init__(self, number: int) -> None:
        self.name = NODES[number]
        self.skew = SKEW_MS[number]
        self.inc = 1
        self.clock = hlc.ZERO
        self.applied: dict[str, int] = {}

    @property
    def stream(self) -> str:
        return f"{self.name}.{self.inc:08x}"


class _Game:
    def __init__(self) -> None:
        self.nodes = [_Node(number) for number in range(len(NODES))]
        self.streams: dict[str, list[Fact]] = {}
        self.moments: list[Moment] = []
        self.time = _START_MS

    def received(self, node: _Node) -> tuple[Fact, ...]:
        """Return what a node has applied."""
        return tuple(
            fact for stream, facts in self.streams.items() for fact in facts[: node.applied.get(stream, 0)]
        )

    def hear(self, node: _Node, a: int, b: int) -> None:
        """A node applies more of one stream, or of all of them."""
        names = sorted(self.streams)
        for name in names if b > 4 else names[a % len(names) :][:1] if names else ():
            end = len(self.streams[name])
            node.applied[name] = min(end, node.applied.get(name, 0) + (end if b > 2 else b + 1))

    def restart(self, node: _Node, a: int) -> None:
        """A node lost its database, or got an old one back: a new incarnation that knows less."""
        node.inc += 1
        node.clock = hlc.ZERO
        node.applied = {stream: seq * (a % 3) // 2 for stream, seq in node.applied.items()}

    def state(self, node: _Node, body: Body) -> None:
        """A node states something."""
        before = self.received(node)
        wall = self.time + node.skew
        ahead = hlc.text_of(wall + hlc.MAX_AHEAD_MS, 9999)
        newest = max((fact.hlc for fact in before if fact.hlc <= ahead), default=hlc.ZERO)
        node.clock = hlc.tick(wall, node.clock, newest)
        mine = self.streams.setdefault(node.stream, [])
        fact = fact_of(node.stream, len(mine) + 1, node.clock, body, mine[-1].id if mine else "")
        mine.append(fact)
        node.applied[node.stream] = len(mine)
        self.moments.append(Moment(before, fact))

    def step(self, step: Step) -> None:
        number, kind, a, b = step
        node = self.nodes[number % len(self.nodes)]
        self.time += (a + b) % 3 * 1000
        if kind == "hear":
            self.hear(node, a, b)
        elif kind == "catch up":
            self.hear(node, a, 7)
        elif kind == "restart":
            self.restart(node, a)
        else:
            events = self.received(node)
            view = real_fold(facts_in(events), cuts_in(events))
            body = _ACTS[kind](view, node, a, b)
            if body is not None:
                check(body)
                self.state(node, body)


def _path(number: int, spelled: int = 0) -> str:
    path = PATHS[number % len(PATHS)]
    return SPELLINGS.get(path, path) if spelled % 4 == 3 else path


def _units(number: int) -> tuple[str, ...]:
    return UNITS[:2] if number % 7 == 5 else (UNITS[number % len(UNITS)],)


def _next_term(view: ItemState, units: Iterable[str]) -> int:
    return 1 + max(view.terms.get(unit, 0) for unit in units)


def _living_path(view: ItemState, number: int) -> str | None:
    paths = [living.copy.path for living in view.copies.values()]
    return paths[number % len(paths)] if paths else None


def _adds(view: ItemState, node: _Node, a: int, b: int) -> Body | None:
    if view.present and node.name not in view.left_by:
        return None
    return ItemAdded(library=LIBRARY, item=item(folder="S" if a % 2 else "S2"))


def _imports(view: ItemState, node: _Node, a: int, b: int) -> Body:
    units = _units(b)
    replaced = tuple(
        living.copy.path for living in view.copies.values() if set(units) & set(living.copy.units)
    )
    return FileImported(
        library=LIBRARY,
        item=item(),
        copies=(copy_at(_path(a, b), *units, size=100 + b),),
        replaced=replaced if b % 3 else (),
        term=_next_term(view, units),
        seen=view.seen,
        over=view.events_at_maximum,
    )


def _renames(view: ItemState, node: _Node, a: int, b: int) -> Body | None:
    old = _living_path(view, a)
    if old is None:
        return None
    copies = {living.copy.path: living.copy for living in view.copies.values()}
    new = msgspec.structs.replace(copies[old], path=_path(b, a))
    return FileRenamed(library=LIBRARY, id=ID, files=(Renamed(old=old, new=new),), seen=view.seen)


def _removes_file(view: ItemState, node: _Node, a: int, b: int) -> Body | None:
    path = _living_path(view, a)
    if path is None:
        return None
    path = SPELLINGS.get(path, path) if b % 2 else path
    return FileRemoved(library=LIBRARY, id=ID, paths=(path,), seen=view.seen)


def _leaves(view: ItemState, node: _Node, a: int, b: int) -> Body | None:
    if not view.present or node.name in view.left_by:
        return None
    return ItemLeft(library=LIBRARY, id=ID)


def _removes(view: ItemState, node: _Node, a: int, b: int) -> Body | None:
    return ItemRemoved(library=LIBRARY, id=ID, seen=view.seen) if view.present else None


def _claims(view: ItemState, node: _Node, a: int, b: int) -> Body | None:
    units = tuple(
        unit for unit in _units(a) if view.copies_of(unit) and view.owner_of(unit) not in {"", node.name}
    )
    if not units:
        return None
    return UnitClaimed(
        library=LIBRARY, id=ID, units=units, term=_next_term(view, units), over=view.events_at_maximum
    )


def _jumps(view: ItemState, node: _Node, a: int, b: int) -> Body:
    """No honest node does this: it takes the highest number there is, or the one before, naming nobody."""
    top = MAX_TERM - b % 2
    if a % 3 == 0:
        return ItemChanged(library=LIBRARY, id=ID, folder=f"J{b}", version=top)
    return UnitClaimed(library=LIBRARY, id=ID, units=_units(a), term=top)


def _moves(view: ItemState, node: _Node, a: int, b: int) -> Body | None:
    """Its library was changed, from here to there or the other way round."""
    here, there = (LIBRARY, ELSEWHERE) if b % 2 else (ELSEWHERE, LIBRARY)
    return ItemMoved(library=here, id=ID, to=there) if view.present or b % 2 == 0 else None


def _grabs(view: ItemState, node: _Node, a: int, b: int) -> Body:
    return UnitGrabbed(library=LIBRARY, id=ID, units=_units(a))


def _releases(view: ItemState, node: _Node, a: int, b: int) -> Body:
    return UnitReleased(library=LIBRARY, id=ID, units=_units(a))


def _finds(view: ItemState, node: _Node, a: int, b: int) -> Body | None:
    if node.stream in view.seen:
        return None  # an inventory is what a node joins with
    other = Found(item=msgspec.structs.replace(item(), id="tvdb:9"), copies=(copy_at("Other/1.mkv"),))
    copies = tuple(copy_at(_path(a + n, b), UNITS[n]) for n in range(b % 3))
    return LibraryFound(library=LIBRARY, items=(other, Found(item=item(), copies=copies)))


def _changes(view: ItemState, node: _Node, a: int, b: int) -> Body | None:
    if not view.present:
        return None
    folder, series_type = f"S{a}" if a else "", ("", "anime", "daily", "")[b % 4]
    next_ = view.version + 1
    return ItemChanged(
        library=LIBRARY,
        id=ID,
        folder=folder,
        series_type=series_type,
        version=next_,
        over=view.events_at_maximum,
    )


def _aliases(view: ItemState, node: _Node, a: int, b: int) -> Body:
    return ItemAliased(library=LIBRARY, id=ID, alias=ALIAS)


def _leaves_mesh(view: ItemState, node: _Node, a: int, b: int) -> Body | None:
    return NodeLeft() if a > 4 else None


_ACTS: dict[str, Callable[[ItemState, _Node, int, int], Body | None]] = {
    "add": _adds,
    "import": _imports,
    "rename": _renames,
    "remove file": _removes_file,
    "leave": _leaves,
    "remove": _removes,
    "claim": _claims,
    "jump": _jumps,
    "move": _moves,
    "grab": _grabs,
    "release": _releases,
    "find": _finds,
    "change": _changes,
    "alias": _aliases,
    "leave mesh": _leaves_mesh,
}
OFTEN = ("hear", "catch up", "import", "claim", "rename")
KINDS = ("hear", "catch up", "catch up", "restart", *OFTEN, *_ACTS)


def played(script: Iterable[Step]) -> World:
    """Return the world that comes of a script."""
    game = _Game()
    for step in script:
        game.step(step)
    return World(tuple(fact for facts in game.streams.values() for fact in facts), tuple(game.moments))


def random_world(random: Random) -> World:
    """Return a plausible world, the same one for the same state of `random`."""
    steps = random.randint(6, 36)
    return played(
        (random.randrange(4), random.choice(KINDS), random.randrange(8), random.randrange(8))
        for _ in range(steps)
    )


def worlds() -> st.SearchStrategy[World]:
    """Worlds whose nodes act on what they have applied."""
    step = st.tuples(st.integers(0, 3), st.sampled_from(KINDS), st.integers(0, 7), st.integers(0, 7))
    return st.lists(step, min_size=1, max_size=36).map(played)


_vectors = st.dictionaries(
    st.sampled_from([f"{node}.00000001" for node in NODES]),
    st.tuples(st.integers(1, 9), st.sampled_from([event_id("nobody"), TRUE])),
    max_size=4,
)
"""Some name no event there is. The ids of the others are put in when the events are."""
_copies = st.builds(
    lambda path, other, units, size: Copy(path=_path(path, other), size=size, units=units),
    st.integers(0, 5),
    st.integers(0, 3),
    st.lists(st.sampled_from(UNITS), max_size=3, unique=True).map(tuple),
    st.integers(0, 3),
)
_paths = st.lists(st.builds(_path, st.integers(0, 5), st.integers(0, 3)), max_size=3).map(tuple)
_terms = st.sampled_from([1, 1, 2, 3, 2**31])
_some_units = st.lists(st.sampled_from(UNITS), max_size=3, unique=True).map(tuple)


def _said(kind: type[Body], **members: st.SearchStrategy[object]) -> st.SearchStrategy[Body]:
    return st.builds(kind, library=st.just(LIBRARY), **members)


_id = st.just(ID)
_bodies: st.SearchStrategy[Body] = st.one_of(
    _said(ItemAdded, item=st.builds(item, st.sampled_from(["S", "T", ""]))),
    _said(
        FileImported,
        item=st.just(item()),
        copies=st.lists(_copies, max_size=3).map(tuple),
        replaced=_paths,
        term=_terms,
        seen=_vectors,
    ),
    _said(
        FileRenamed,
        id=_id,
        files=st.lists(
            st.builds(Renamed, old=st.builds(_path, st.integers(0, 5)), new=_copies), max_size=3
        ).map(tuple),
        seen=_vectors,
    ),
    _said(FileRemoved, id=_id, paths=_paths, seen=_vectors),
    _said(ItemLeft, id=_id),
    _said(ItemRemoved, id=_id, seen=_vectors),
    _said(UnitClaimed, id=_id, units=_some_units, term=_terms),
    _said(UnitGrabbed, id=_id, units=_some_units),
    _said(UnitReleased, id=_id, units=_some_units),
    _said(ItemChanged, id=_id, folder=st.sampled_from(["", "S", "T"]), version=_terms),
    _said(ItemAliased, id=_id, alias=st.just(ALIAS)),
    st.builds(
        lambda way: ItemMoved(library=way[0], id=ID, to=way[1]),
        st.permutations([LIBRARY, ELSEWHERE, "kids"]),
    ),
    _said(
        LibraryFound,
        items=st.lists(
            st.builds(Found, item=st.just(item()), copies=st.lists(_copies, max_size=2).map(tuple)),
            max_size=2,
        ).map(tuple),
    ),
    st.just(NodeLeft()),
)


def heaps() -> st.SearchStrategy[World]:
    """Facts nobody would state together: any body at any place, with any vector, term and clock."""
    clocks = st.builds(hlc.text_of, st.integers(_START_MS, _START_MS + 5), st.integers(0, 2))
    facts = st.builds(
        Fact, st.sampled_from([f"{node}.00000001" for node in NODES[:3]]), st.integers(1, 9), clocks, _bodies
    )
    unique = st.lists(facts, max_size=14, unique_by=lambda fact: (fact.stream, fact.seq))
    return unique.map(lambda events: World(tuple(_named(events))))


def _named(facts: Iterable[Fact]) -> Iterator[Fact]:
    """Yield the facts with ids; those of an odd seq name what came before them in the heap, if they can.

    A vector may name what came before, by its id or another one, and what is not there.
    """
    heads: Heads = {}
    ids: dict[tuple[str, int], str] = {}
    for fact in facts:
        body = fact.body
        if fact.seq % 2 and isinstance(body, FileImported | UnitClaimed | ItemChanged):
            body = msgspec.structs.replace(body, over=dict(heads))
        if body.seen:
            seen = {
                stream: (seq, ids.get((stream, seq), id_) if id_ == TRUE else id_)
                for stream, (seq, id_) in body.seen.items()
            }
            body = msgspec.structs.replace(body, seen=seen)
        named = fact_of(fact.stream, fact.seq, fact.hlc, body)
        yield named
        ids[named.stream, named.seq] = named.id
        heads[named.stream] = (named.seq, named.id)

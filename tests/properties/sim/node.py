"""A node of the simulation: the real state and the real stages over a faulty store, driven by hand.

It dies at a chosen *point*, which is a moment before or after a call on the store or a commit. What was
committed stays, as it would in the file; everything else is gone.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any, cast

import mesharr
from mesharr.core.errors import MesharrError, Refused
from mesharr.core.events.schema import Body
from mesharr.core.events.validation import MAX_TERM
from mesharr.log import codec, layout
from mesharr.log.keys import NodeKey, verifier
from mesharr.log.store.folder import Store
from mesharr.log.store.prefetch import PrefetchLimits
from mesharr.node.inward.streams.follow import Follower
from mesharr.node.model import Me, Trusted
from mesharr.node.outward.last_look import LastLook
from mesharr.node.outward.stream.incarnation import Incarnations
from mesharr.node.outward.stream.prove_again import UnprovenFacts
from mesharr.node.outward.stream.publish import Publisher
from mesharr.node.outward.stream.store_audit import Auditor
from mesharr.node.passes.engine import Engine
from mesharr.node.passes.running_time import RunningTime
from mesharr.state.db import Database
from mesharr.state.state import State
from tests.properties.sim.world import HOUR, MESH, MINUTE, FaultyStore, StoreKind, World

AUDIT_MS = 15 * MINUTE
ONE_BY_ONE = PrefetchLimits(in_flight=1, slow_s=1e9)
"""No read runs in another thread: a seed plays the same each time."""


class Crash(BaseException):
    """The process is dead."""


@cache
def _empty() -> Database:
    return Database(":memory:")


class SimDatabase(Database):
    """A database in memory that passes a point before and after each commit."""

    def __init__(self, at: Callable[[str], None]) -> None:
        self._at: Callable[[str], None] = lambda _: None
        super().__init__(":memory:")
        self._at = at

    def _migrate(self, *, update: bool = True) -> None:
        """Copy the tables: to make them takes longer than ten steps."""
        _empty()._connection.backup(self._connection)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do as the real one does; only the outermost commit is a point."""
        outermost = self._depth == 0
        with super().transaction():
            yield
            if outermost:
                self._at("before commit")
        if outermost:
            self._at("after commit")

    def image(self) -> sqlite3.Connection:
        """Return a copy of everything committed."""
        copy = sqlite3.connect(":memory:")
        self._connection.backup(copy)
        return copy

    def become(self, image: sqlite3.Connection) -> None:
        """Hold what `image` holds."""
        image.backup(self._connection)


class SimPublisher(Publisher):
    """The real publisher; what it signs is noted."""

    home: "Node"

    def _event(self, body: Body, stream: str, seq: int, prev: str, now: int) -> codec.Event:
        event = super()._event(body, stream, seq, prev, now)
        self.home.signed[event.id] = event.stream
        return event

    def _with_term(self, body: Body) -> Body:
        jumps = body.rank == MAX_TERM  # see `tests.properties.sim.facts`
        return body if jumps else super()._with_term(body)


class SimLastLook(LastLook):
    """Looks, where every file is there."""

    def step(self, now: int) -> None:
        """Take everything as seen."""
        for entry in self._state.outbox.to_look_at(now, now):
            self._state.outbox.note_look(entry.n, now)


class SimIncarnations(Incarnations):
    """The real ones; what is drawn comes from the seed."""

    home: "Node"

    def _reincarnate(self, now: int) -> None:
        with self._state.transaction():
            super()._reincarnate(now)
            self._state.own_streams.begin(self.home.draw_inc())


class Parts:
    """What a node is built of. A mutant replaces one of them; nothing of the product changes."""

    incarnations: type[SimIncarnations] = SimIncarnations
    publisher: type[SimPublisher] = SimPublisher
    follower: type[Follower] = Follower
    auditor: type[Auditor] = Auditor
    troubles: tuple[str, ...] = ()
    liar: bool = False
    """Whether only a peer that lies finds the mutant out."""

    def store(self, store: FaultyStore) -> Store:
        """Return what the stages are given as their store."""
        return store

    def starting(self, state: State) -> None:
        """A process begins over this state."""

    def broken(self) -> AbstractContextManager[object]:
        """Break a rule of the program for as long as a seed is played."""
        return nullcontext()


class Node:
    """One node: its key, its database, its clock, its view of the drive, and whom it trusts."""

    def __init__(
        self, world: World, name: str, kind: StoreKind, parts: Parts, signed: dict[str, str]
    ) -> None:
        self.world = world
        self.name = name
        self.key = NodeKey(world.rng.randbytes(32))
        self.verify = cache(verifier(self.key.public))
        self.label = layout.node_id(name, self.key.public)
        self.signed = signed
        self.parts = parts
        self.trust: dict[str, Trusted] = {}
        self.skew = 0
        self.poll_ms = MINUTE
        self.die_in = 0
        self.alive = False
        self.refused = ""
        self.broke = ""
        self.dead = False
        self.audited = False
        """Whether the last step looked at its own files, too."""
        self.watch: Callable[[Node], None] = lambda _: None
        self.store = FaultyStore(world, name, kind, self.at)
        self.engine: Engine | None = None
        self.publisher: SimPublisher | None = None
        self._turn = 0
        self._audit_at = 0
        self.new_database()

    # -- what it is made of

    @property
    def own(self) -> Trusted:
        """This node as others trust it."""
        return Trusted(self.label, self.name, self.key.public, self.verify)

    @property
    def stream(self) -> str:
        """Its present stream."""
        return f"{self.label}.{self.state.own_streams.incarnation()}"

    def clock(self) -> int:
        """Return the wall time as this machine has it."""
        return self.world.now + self.skew

    def draw_inc(self) -> str:
        """Return the name of a new incarnation."""
        return f"{self.world.rng.getrandbits(32):08x}"

    def new_database(self, image: sqlite3.Connection | None = None) -> None:
        """Begin with an empty database, or with what another held."""
        self.engine = None
        self.db = SimDatabase(self.at)
        if image is not None:
            self.db.become(image)
        self.state = State(self.db)
        if not self.state.own_streams.incarnation():
            self.state.own_streams.begin(self.draw_inc())
            self.state.node.join(MESH)
        self.fresh = True

    def at(self, point: str) -> None:
        """Pass a point, and die there if it is the one."""
        if self.dead:
            raise Crash(point)
        if self.die_in:
            self.die_in -= 1
            if not self.die_in:
                self.dead = True
                self.world.say(f"{self.name} dies {point}")
                raise Crash(point)

    # -- life

    def start(self) -> None:
        """Begin a process; its first step comes at once."""
        self.alive, self.dead, self.engine = True, False, None
        self.turn(0)

    def stop(self) -> None:
        """End the process where it stands."""
        self.alive, self.engine, self.die_in = False, None, 0
        self._turn += 1

    def turn(self, ms: int) -> None:
        """Have the next step come in so many milliseconds, and no other before."""
        self._turn += 1
        turn = self._turn
        self.world.after(ms, lambda: self._step(turn))

    def say(self, body: Body) -> None:
        """Have the node tell something, which is durable when this returns."""
        item = next((item for _, item in body.touched_items()), "")
        self.state.outbox.put(item, body, "", "simulated", self.clock())
        self.turn(self.world.between(0, 2000))

    def _step(self, turn: int) -> None:
        if turn != self._turn or not self.alive:
            return
        again = self.step()
        if self.alive:
            self.turn(again)
        elif not self.world.faults.error and not self.world.faults.late:
            self.world.after(self.world.between(1, 60_000), self.start)
        else:
            self.world.after(self.world.between(1000, 20 * MINUTE), self.start)

    def step(self) -> int:
        """Take one step of the log; return in how many milliseconds the next is due."""
        audit = self.audited = self.world.now >= self._audit_at or self.engine is None
        try:
            engine = self.engine or self._build()
            self._see_files()
            again = engine.exchange(audit=audit)
            self.refused = ""
            due = again - self.clock()
            wait = self.poll_ms if due >= HOUR else max(50, min(due, self.poll_ms))
            if audit:
                self._audit_at = self.world.now + AUDIT_MS
        except MesharrError as error:
            self.refused = str(error) if isinstance(error, Refused) else ""
            wait = min(2 * self.poll_ms, 5 * MINUTE)
        except Crash:
            self.stop()
            self.dead, wait = False, 0
        except Exception as error:  # noqa: BLE001 - a stage that raises anything else is what is looked for
            self.broke = f"{type(error).__name__}: {error}"
            wait = self.poll_ms
        self.watch(self)
        return wait

    def _see_files(self) -> None:
        """Do as transfer would where every file is there: what waits for the drive waits no more."""
        if not self.state.outbox.count():
            return
        UnprovenFacts(self.label, {}, self.state).step(self.clock())
        for unsaid in (
            *self.state.outbox.due("drive", self.clock()),
            *self.state.outbox.due("gone", self.clock()),
        ):
            self.state.outbox.make_ready(unsaid.n, unsaid.body, self.clock())

    def _build(self) -> Engine:
        parts, state = self.parts, self.state
        parts.starting(state)
        me = Me(self.label, self.name, MESH)
        store = parts.store(self.store)
        own = parts.incarnations(me, self.key, store, state)
        publisher = parts.publisher(own, self.key, store, self._peers, state, dict, mesharr.__version__)
        own.home = publisher.home = self
        self.publisher = publisher
        nothing = cast(Any, None)
        self.engine = Engine(
            state=state,
            clock=self.clock,
            tick=RunningTime(state, self.clock).tick,
            first_day=nothing,
            intake=nothing,
            grabs=nothing,
            history=nothing,
            transfer=nothing,
            own_files=nothing,
            last_look=SimLastLook({}, nothing, state),
            publisher=publisher,
            follower=parts.follower(
                me, self.own, store, self._peers, state, lambda: publisher.stream, limits=ONE_BY_ONE
            ),
            auditor=parts.auditor(me, self.own, store, state, lambda: publisher.stream),
            reconciler=nothing,
            nightly=nothing,
            watch=nothing,
            notices=nothing,
            scanners=(),
        )
        return self.engine

    def _peers(self) -> dict[str, Trusted]:
        return dict(self.trust)

"""One seed: some nodes, some hours in which everything goes wrong, and then two quiet days.

Which things go wrong is drawn per seed, so that some seeds have few kinds of trouble and others all.
"""

import sqlite3
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Final

import msgspec

from mesharr.core.errors import MesharrError
from mesharr.core.events.schema import Body, FileImported
from mesharr.log.keys import NodeKey
from mesharr.node.inward.streams.budget import PEER_REQUESTS
from tests.properties.sim import damage
from tests.properties.sim.checks import Watch, positions
from tests.properties.sim.facts import an_import, any_fact, fat_fact
from tests.properties.sim.hostile import MOST, bounded_at
from tests.properties.sim.liar import Liar
from tests.properties.sim.node import Node, Parts
from tests.properties.sim.world import HOUR, MINUTE, SECOND, START_MS, YEAR, Faults, StoreKind, World

TROUBLES: Final = (
    *("crash", "off", "clock", "restore", "clone", "trust"),
    *("down", "delete", "scatter", "lie", "remount", "burst", "spoil", "fork"),
)
QUIET_MS: Final = 30 * HOUR
QUIET_LOOKS: Final = (
    (20 * MINUTE, 5 * MINUTE),
    (2 * HOUR, 15 * MINUTE),
    (4 * HOUR, 30 * MINUTE),
    (7 * HOUR, HOUR),
    (12 * HOUR, 3 * HOUR),
    (24 * HOUR, HOUR),
)
"""How often each node looks, by how long it has been quiet."""
LAST_WORD: Final = 118 * MINUTE
"""When each node says something once more, before it is looked for."""
THREE_LOOKS: Final = 46 * MINUTE
CROWD: Final = 3 * PEER_REQUESTS
"""How many names of streams each node has read at least, of each peer, after three looks."""


class Report(msgspec.Struct):
    """What a run came to."""

    seed: int
    counts: dict[str, int]
    found: list[str]
    nodes: int
    steps: int
    events: int
    hours: float
    fingerprint: str
    trace: list[str]

    @property
    def bad(self) -> bool:
        """Whether something was wrong."""
        return any(self.counts.values())


class Run:
    """A world with its nodes, from the first hello to the last check."""

    def __init__(self, seed: int, parts: Parts, *, hasty: bool = False, liar: bool = False) -> None:
        """A hasty run ends at the first thing that is wrong. With a `liar` there is a peer that lies."""
        self.world = World(seed)
        self.parts = parts
        self.signed: dict[str, str] = {}
        self.watch = Watch(self.world, self.signed)
        self.world.deleting = self.watch.look_at_deletion
        if hasty:
            self.world.halted = lambda: bool(self.watch.counts)
        self.clones: list[Node] = []
        rng = self.world.rng
        self.stranger = NodeKey(rng.randbytes(32))
        count = rng.choice((2, 2, 2, 3, 3, 3, 4, 4, 5)) if rng.random() < 0.95 else rng.randint(6, 20)
        kinds: tuple[StoreKind, ...] = ("directory", "off", "caching", "caching")
        if liar:
            count = min(count, 4)  # it does to twenty what it does to four, and they cost most
        self.nodes = [self._node(f"n{number}", rng.choice(kinds)) for number in range(count)]
        self.troubles = [name for name in TROUBLES if rng.random() < 0.45 or name in parts.troubles]
        for node in self.nodes:
            for peer in self.nodes:
                if peer is not node and not ("trust" in self.troubles and rng.random() < 0.3):
                    node.trust[peer.label] = peer.own
        self.said: dict[str, list[FileImported]] = {node.name: [] for node in self.nodes}
        self.liar: Liar | None = None
        if liar:
            self.liar = Liar(self.world, self.nodes, self.signed)
            self.watch.excused.add(self.liar.label)
            for node in self.nodes:
                node.trust[self.liar.label] = self.liar.own
                node.poll_ms *= 2

    def _node(self, name: str, kind: StoreKind) -> Node:
        node = Node(self.world, name, kind, self.parts, self.signed)
        node.poll_ms = self.world.rng.choice((60, 120, 300)) * SECOND
        node.watch = self.watch.look
        return node

    def play(self) -> Report:
        """Let the hours of trouble pass, then the quiet ones, and check."""
        world, rng = self.world, self.world.rng
        world.faults = self._faults()
        world.say(f"{[(node.name, node.store.kind) for node in self.nodes]} {self.troubles} {world.faults}")
        for node in self.nodes:
            world.after(rng.randint(0, 10 * MINUTE), node.start)
        end = world.now + rng.randint(1, 4) * HOUR // (2 if self.liar else 1)
        for _ in range(rng.randint(5, 40)):
            world.after(rng.randint(0, end - world.now), self._fact)
        likely = [*self.troubles, *self.parts.troubles * 4]
        for _ in range(rng.randint(2, 14) if likely else 0):
            trouble: Callable[[], None] = getattr(self, f"_{rng.choice(likely)}")
            world.after(rng.randint(0, end - world.now), trouble)
        if self.liar:
            self.liar.plan(end, QUIET_LOOKS[1][0])
        world.run_until(end)
        self._calm()
        calm = world.now
        for node in self.nodes if self.liar else ():
            world.after(LAST_WORD, partial(self._import, node))
        world.run_until(calm + 2 * HOUR)
        told = {node.name: (node.stream, node.state.streams.cursor(node.stream)[0]) for node in self.nodes}
        if self.liar:
            world.run_until(calm + 2 * HOUR + THREE_LOOKS)
            self.watch.look_at_hours(self.nodes, told, crowd=CROWD)
        world.run_until(calm + 4 * HOUR)
        self.watch.look_at_hours(self.nodes, told)
        world.run_until(calm + QUIET_MS)
        if not world.halted():
            self._costs()
            self.watch.look_at_all(self.nodes)
            if self.liar:
                self._look_at_lies(self.liar)
        return self._report()

    def _report(self) -> Report:
        watch = self.watch
        return Report(
            self.world.seed,
            dict(watch.counts),
            watch.found,
            len(self.nodes),
            watch.steps,
            watch.events,
            (self.world.now - START_MS) / HOUR,
            positions(self.nodes),
            self.world.trace,
        )

    def _faults(self) -> Faults:
        rng = self.world.rng

        def maybe(most: float) -> float:
            return rng.random() * most if rng.random() < 0.5 else 0.0

        return Faults(
            error=maybe(0.1),
            ambiguous=maybe(0.1),
            torn=maybe(0.15),
            lost=maybe(0.15),
            stuck=maybe(0.1),
            late=maybe(0.5),
            late_ms=10 * MINUTE,
            stale_ms=rng.choice((0, MINUTE, 5 * MINUTE)),
            write_back_ms=rng.choice((5 * SECOND, MINUTE, 10 * MINUTE)),
        )

    def _calm(self) -> None:
        """From here on nothing goes wrong: all live, and what mounts held is uploaded or lost."""
        world = self.world
        world.faults = Faults(stale_ms=world.faults.stale_ms, write_back_ms=5 * SECOND)
        world.say("calm")
        for clone in self.clones:
            clone.stop()
            clone.store.mount_again(keep_pending=world.chance(0.5))
        for node in self.nodes:
            node.store.down = False
            node.die_in = 0
            if world.chance(0.5):
                node.store.mount_again(keep_pending=world.chance(0.5))
            if not node.alive:
                node.start()
        for after, ms in QUIET_LOOKS:
            world.after(after, partial(self._look_each, ms))
        world.after(6 * HOUR, self._mount_all)
        for node in self.nodes if "trust" in self.troubles else ():
            for peer in self.nodes:
                if peer is not node and world.chance(0.7):
                    node.trust[peer.label] = peer.own

    def _import(self, node: Node) -> None:
        self._tell(node, an_import(self.world.rng, node.state))

    def _look_at_lies(self, liar: Liar) -> None:
        """Check what the liar may have done to the items, to what waited, and to the streams."""
        whom = {tuple(sorted(node.trust)): node for node in self.nodes}  # those of one group hold the same
        for node in whom.values():
            self.watch.look_at_items(node, liar.label)
        # one a month, and a clock that is set forward and back ends two months
        claims = 3 if "clock" in self.troubles else 1
        for node in self.nodes:
            if node.label not in self.watch.excused | self.watch.restored:
                self.watch.look_at_words(node, self.said[node.name], claims)

    def _look_each(self, ms: int) -> None:
        """What is quiet needs no look each minute: most of what a seed costs is looks."""
        for node in self.nodes:
            node.poll_ms = ms

    def _mount_all(self) -> None:
        """A file that is stuck in a mount's cache is not shown beyond the mount's own life."""
        for node in self.nodes:
            node.store.mount_again(keep_pending=self.world.chance(0.5))

    # -- troubles

    def _any(self) -> Node:
        return self.world.rng.choice(self.nodes)

    def _tell(self, node: Node, body: Body) -> None:
        """Have a node say something; it does not die by that, whatever was planned for it."""
        node.die_in, armed = 0, node.die_in
        node.say(body)
        node.die_in = armed
        if isinstance(body, FileImported) and node in self.nodes:
            self.said[node.name].append(body)

    def _fact(self) -> None:
        node = self._any()
        self._tell(node, any_fact(self.world.rng, node.state))

    def _burst(self) -> None:
        node = self._any()
        for _ in range(self.world.rng.randint(8, 30)):
            self._tell(node, fat_fact(self.world.rng, node.state))

    def _crash(self) -> None:
        node = self._any()
        self._tell(node, any_fact(self.world.rng, node.state))
        node.die_in = self.world.rng.randint(1, 60)

    def _off(self) -> None:
        node = self._any()
        node.stop()
        self.world.after(self.world.between(MINUTE, 3 * HOUR), lambda: None if node.alive else node.start())

    def _clock(self) -> None:
        node, world = self._any(), self.world
        node.skew = world.rng.choice((0, 0, 1, -1)) * world.rng.choice((MINUTE, HOUR, YEAR))
        world.say(f"{node.name} is {node.skew / 1000:.0f} s ahead")

    def _down(self) -> None:
        node = self._any()
        node.store.down = True

        def back() -> None:
            node.store.down = False

        self.world.after(self.world.between(MINUTE, HOUR), back)

    def _remount(self) -> None:
        self._any().store.mount_again(keep_pending=self.world.chance(0.5))

    def _delete(self) -> None:
        damage.delete_something(self.world, self.nodes, {clone.label for clone in self.clones})

    def _scatter(self) -> None:
        damage.scatter(self.world)

    def _lie(self) -> None:
        self.watch.excused.add(damage.lie(self.world, self.nodes, self.stranger))

    def _fork(self) -> None:
        node = self._any()
        self.watch.excused.add(node.label)
        damage.fork(self.world, node)
        self.world.say(f"another branch of {node.name}")

    def _spoil(self) -> None:
        """Somebody spoils a signature in a copy of each file of a node, while the newest are hardly read."""
        node, world = self._any(), self.world
        for _ in range(2):
            self._tell(node, any_fact(world.rng, node.state))
        world.after(world.between(2 * SECOND, MINUTE), lambda: damage.spoil_a_signature(world, node))

    def _trust(self) -> None:
        node, peer = self._any(), self._any()
        if node is peer:
            return
        known = node.trust.get(peer.label)
        frozen = known is not None and not known.frozen
        node.trust[peer.label] = msgspec.structs.replace(peer.own, frozen=frozen)
        self.world.say(f"{node.name} {'freezes' if frozen else 'trusts'} {peer.name}")

    def _restore(self) -> None:
        """Copy a database now; some time later the node goes on with the copy."""
        node, world = self._any(), self.world
        image = node.db.image()
        world.after(world.between(MINUTE, 2 * HOUR), lambda: self._put_back(node, image))

    def _put_back(self, node: Node, image: sqlite3.Connection) -> None:
        world = self.world
        if any(clone.label == node.label for clone in self.clones):
            return
        others = [other for other in self.nodes if other is not node]
        for stream in sorted({stream for stream in self.signed.values() if stream.startswith(node.label)}):
            known = max((other.state.streams.cursor(stream)[0] for other in others), default=0)
            if known > damage.reach(world, stream):
                return  # what only the old database could put back would be lost, and nobody could help it
        world.say(f"{node.name} goes on with an old database")
        node.stop()
        self.watch.restored.add(node.label)
        node.new_database(image)
        if world.faults.late or node.store.pending:
            self.watch.excused.add(node.label)
        node.start()

    def _clone(self) -> None:
        """Somebody copies a config directory and starts it elsewhere; some time later it is stopped."""
        node, world = self._any(), self.world
        if any(clone.label == node.label for clone in self.clones):
            return
        kinds: tuple[StoreKind, ...] = ("directory", "off", "caching")
        clone = Node(world, f"{node.name}-twin", world.rng.choice(kinds), self.parts, self.signed)
        clone.key, clone.label, clone.verify = node.key, node.label, node.verify
        clone.new_database(node.db.image())
        clone.trust, clone.poll_ms, clone.watch = node.trust, node.poll_ms, self.watch.look
        self.clones.append(clone)
        self.watch.excused.add(node.label)
        world.say(f"{node.name} runs twice")
        clone.start()
        for _ in range(world.between(0, 4)):
            world.after(world.between(0, HOUR), lambda: self._tell(clone, any_fact(world.rng, clone.state)))
        world.after(world.between(MINUTE, 2 * HOUR), clone.stop)

    # -- costs

    def _costs(self) -> None:
        """Nothing is published by looking again, and an idle look is one listing."""
        for node in self.nodes:
            self.world.now += 1
            node.step()
        for node in self.nodes:
            self._idle(node)

    def _idle(self, node: Node) -> None:
        node.store.take()
        before, _ = node.state.streams.cursor(node.stream)
        if node.refused or node.engine is None:
            return
        try:
            node.engine.exchange()
        except MesharrError as error:
            self.watch.wrong("stuck", f"{node.name}: {error}")
            return
        calls = node.store.take()
        after, _ = node.state.streams.cursor(node.stream)
        last = node.state.streams.event(node.stream, after)
        gaps = any(row.gap_since for row in node.state.streams.all())
        if before != after and (last is None or last.type != "node.hello"):
            self.watch.wrong("restated", f"{node.name} tells again: {last.type if last else ''}")
        idle = (calls.lists, calls.reads, calls.writes, calls.deletes) == (1, 0, 0, 0)
        if before == after and not idle and not gaps and not self.world.foreign:
            self.watch.wrong("costly", f"{node.name} is idle and asks {calls}")


def play(seed: int, parts: Parts | None = None, *, hasty: bool = False, liar: bool = False) -> Report:
    """Run one seed to its end, or to the first thing that is wrong."""
    parts = parts or Parts()
    with parts.broken(), bounded_at(MOST) if liar else nullcontext():
        return Run(seed, parts, hasty=hasty, liar=liar).play()

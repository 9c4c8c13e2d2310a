"""What must hold all the time, and what must hold when everything is quiet.

Counters end up in the last line a campaign prints; `found` says in words what was wrong.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from mesharr.core.errors import Rejected
from mesharr.core.events.schema import FileImported
from mesharr.core.registry.facts import Cuts
from mesharr.log import codec, layout
from mesharr.log.chain import split_lines, verifies
from mesharr.node.outward.stream.publish import Publisher
from tests.properties.sim import hostile
from tests.properties.sim.damage import is_whole, reach
from tests.properties.sim.node import Node
from tests.properties.sim.world import World

KINDS = (
    "diverged",
    "lost",
    "untrusted",
    "went_back",
    "broken_chain",
    "forked",
    "restated",
    "costly",
    "stuck",
    "late",
    "unreadable",
    "hidden",
    "misdescribed",
    "joined",
    "dropped",
    "restarted",
    "expensive",
)


class Watch:
    """Looks at each node after each of its steps."""

    def __init__(self, world: World, signed: dict[str, str]) -> None:
        self.world = world
        self.signed = signed
        self.counts: Counter[str] = Counter()
        self.found: list[str] = []
        self.excused: set[str] = set()
        self.restored: set[str] = set()
        self.steps = 0
        self.events = 0
        self.forks: dict[str, int] = {}
        self._cursors: dict[str, dict[str, tuple[int, str]]] = defaultdict(dict)
        self._clocks: dict[str, dict[str, str]] = defaultdict(dict)
        self._place: dict[str, int] = {}

    def wrong(self, kind: str, what: str) -> None:
        """Count a violation."""
        assert kind in KINDS, kind
        self.counts[kind] += 1
        if len(self.found) < 20:
            self.found.append(f"{kind}: {what}")
        self.world.say(f"!! {kind}: {what}")

    def look_at_deletion(self, where: str, delete: Callable[[], None]) -> None:
        """Check that an owner deletes no file whose events are readable nowhere else."""
        name = layout.parse_path(where)
        stream = name.stream if name else ""
        before = reach(self.world, stream)
        delete()
        after = reach(self.world, stream)
        if after < before and stream not in self.world.damaged:
            self.wrong("unreadable", f"{where} was deleted: {stream} reached {before}, now {after}")

    def look(self, node: Node) -> None:
        """Check what the step of a node has changed."""
        self.steps += 1
        calls = node.store.take()
        streams = node.state.streams
        if node.fresh:
            node.fresh = False
            self._cursors[node.name] = {row.stream: (row.seq, row.id) for row in streams.all()}
            self._clocks[node.name] = {row.stream: row.hlc for row in streams.all()}
            self._place[node.name] = max((place for place, _ in streams.newest(1)), default=0)
            return
        if node.broke:
            self.wrong("stuck", f"{node.name} raised {node.broke}")
            node.broke = ""
        self._look_at_new(node)
        self._look_at_cursors(node)
        if calls.junk > hostile.most_junk(node) and not node.audited:
            self.wrong("expensive", f"{node.name} read {calls.junk} files in vain in one look")

    def _look_at_new(self, node: Node) -> None:
        heads = self._cursors[node.name]
        trusted = {label for label, peer in node.trust.items() if not peer.frozen} | {node.label}
        for place, stored in node.state.streams.newest(1_000_000, self._place[node.name]):
            self._place[node.name] = place
            self.events += 1
            author = stored.stream.rpartition(".")[0]
            if self.signed.get(stored.id) != stored.stream or author not in trusted:
                self.wrong("untrusted", f"{node.name} applied {stored.stream} {stored.seq} {stored.id[:8]}")
            seq, id_ = heads.get(stored.stream, (0, codec.ZEROS))
            try:
                event = codec.parse(stored.line)
            except Rejected as error:
                self.wrong("broken_chain", f"{node.name} keeps what is no event: {error}")
                continue
            if stored.seq != seq + 1 or event.prev != id_ or event.seq != stored.seq or event.id != stored.id:
                self.wrong("broken_chain", f"{node.name}: {stored.stream} {stored.seq} after {seq}")
            if event.hlc <= self._clocks[node.name].get(stored.stream, ""):
                self.wrong("broken_chain", f"{node.name}: the clock of {stored.stream} {stored.seq}")
            self._clocks[node.name][stored.stream] = event.hlc
            key = node.own if author == node.label else node.trust.get(author)
            if key and not verifies(key.verify, stored.line):
                self.wrong("untrusted", f"{node.name}: the signature of {stored.stream} {stored.seq}")
            heads[stored.stream] = (stored.seq, stored.id)

    def _look_at_cursors(self, node: Node) -> None:
        heads = self._cursors[node.name]
        rows = node.state.streams.all()
        for stream in heads.keys() - {row.stream for row in rows}:
            self.wrong("went_back", f"{node.name}: {stream} is forgotten")
            del heads[stream]
        for row in rows:
            seq, id_ = heads.get(row.stream, (0, codec.ZEROS))
            if row.seq < seq:
                self.wrong("went_back", f"{node.name}: {row.stream} from {seq} to {row.seq}")
            elif row.seq != seq or (row.seq and row.id != id_):
                self.wrong("broken_chain", f"{node.name}: {row.stream} at {row.seq} without its events")
            heads[row.stream] = (row.seq, row.id)

    def look_at_hours(
        self, nodes: list[Node], told: dict[str, tuple[str, int]], *, crowd: int = 2**31
    ) -> None:
        """Check that what was told hours ago has arrived by audits alone, where stores are honest.

        A stream of which a reader has nothing yet is a name to it; among more than a `crowd` of such names
        it is found in its turn, or with its next event, which its owner says within the hour.
        """
        for author in nodes:
            stream, seq = told[author.name]
            if author.store.kind == "caching" or author.stream != stream or author.refused:
                continue
            forked = any(stream in node.state.streams.cuts().forks for node in nodes)
            if not forked and reach(self.world, stream) < seq:
                self.wrong("unreadable", f"{stream} cannot be read up to {seq} by whoever comes now")
            for reader in nodes:
                if reader is author or not trusts(reader, author):
                    continue
                streams = reader.state.streams
                if not streams.cursor(stream)[0] and self._names_of(author) > crowd:
                    continue
                if streams.cursor(stream)[0] < seq and stream not in streams.cuts().forks:
                    self.wrong("late", f"{reader.name} has not read {stream} {seq} of hours ago")

    def _names_of(self, node: Node) -> int:
        """Return how many streams of a node the names on the drive claim."""
        tails = (layout.parse_tail(where.rpartition("/")[2]) for where in self.world.files)
        return len({name.inc for name in tails if name and name.node == node.label})

    def look_at_items(self, node: Node, liar: str) -> None:
        """Check what a node holds of the items about which somebody lied."""
        for kind, what in hostile.wrong_items(node, liar, self.forks):
            self.wrong(kind, what)

    def look_at_words(self, node: Node, said: Sequence[FileImported], claims: int) -> None:
        """Check that a node published what it was to, in no more streams than peers can have it begin."""
        for what in hostile.unsaid(node, said):
            self.wrong("dropped", what)
        begun = hostile.incarnations(node, self.signed)
        if begun > 1 + claims:
            self.wrong("restarted", f"{node.name} wrote {begun} streams")

    # -- when everything is quiet

    def look_at_all(self, nodes: list[Node]) -> None:
        """Check that all nodes hold the same, and that what was told has arrived."""
        for node in nodes:
            if node.refused:
                self.wrong("stuck", f"{node.name} refuses: {node.refused}")
            if node.state.outbox.count():
                self.wrong("stuck", f"{node.name} still has to say {node.state.outbox.count()}")
        cuts = {node.name: node.state.streams.cuts().forks for node in nodes}
        forked = {stream for forks in cuts.values() for stream in forks}
        for stream in sorted(forked):
            if stream.rpartition(".")[0] not in self.excused:
                self.wrong("forked", f"{stream}: {[forks.get(stream) for forks in cuts.values()]}")
        for author in nodes:
            self._arrived(author, nodes, forked)
        self._same_streams(nodes, forked)
        self._same_forks(nodes)
        self._same_registries(nodes)

    def _arrived(self, author: Node, nodes: list[Node], forked: set[str]) -> None:
        head, _ = author.state.streams.cursor(author.stream)
        if author.stream in forked:
            self.wrong("lost", f"{author.name} still writes to {author.stream}, which is forked")
        for reader in nodes:
            if reader is author or not trusts(reader, author):
                continue
            seq, _ = reader.state.streams.cursor(author.stream)
            if seq != head and author.stream not in forked:
                self.wrong("diverged", f"{reader.name} is at {seq} of {author.stream}, which is at {head}")
            said = {row.stream: row.acknowledged for row in author.state.streams.all() if row.acknowledged}
            for stream, acknowledged in said.items():
                if stream.rpartition(".")[0] == reader.label and acknowledged > seq:
                    self.wrong(
                        "lost", f"{author.name} takes {acknowledged} as read by {reader.name} at {seq}"
                    )

    def _same_streams(self, nodes: list[Node], forked: set[str]) -> None:
        """Every stream of a trusted node stands at the same event everywhere."""
        heads: dict[str, dict[tuple[int, str], str]] = defaultdict(dict)
        for node in nodes:
            held = {row.stream: (row.seq, row.id) for row in node.state.streams.all()}
            for author in nodes:
                if author is node or trusts(node, author):
                    for stream in sorted({s for s in self.signed.values() if s.startswith(author.label)}):
                        heads[stream].setdefault(held.get(stream, (0, codec.ZEROS)), node.name)
        for stream, found in sorted(heads.items()):
            if len(found) > 1 and stream not in forked and not self._never_left(stream, nodes):
                positions = {name: seq for (seq, _), name in found.items()}
                self.wrong("lost", f"{stream} is at {positions}")

    def _never_left(self, stream: str, nodes: list[Node]) -> bool:
        """Whether a stream was signed in a database that was replaced before anybody saw of it."""
        return not any(node.state.streams.cursor(stream)[0] for node in nodes if node.label not in stream)

    def _same_forks(self, nodes: list[Node]) -> None:
        """Whoever can read two branches knows the lowest event in which they differ."""
        lowest: dict[str, int] = {}
        for node in nodes:
            for stream, seq in node.state.streams.cuts().forks.items():
                lowest[stream] = min(seq, lowest.get(stream, seq))
        self.forks = lowest
        for stream, seq in sorted(lowest.items()):
            for node in nodes:
                label = stream.rpartition(".")[0]
                peer = node.trust.get(label)
                if node.label != label and (peer is None or peer.frozen):
                    continue
                here = node.state.streams.cuts().forks.get(stream)
                shown = lowest_difference(self.world, node, stream)
                if here is not None and shown is not None and shown < here:
                    self.wrong("diverged", f"{node.name} cuts {stream} at {here}, the drive shows {shown}")
                if here != seq and other_branch(self.world, node, stream, seq):
                    self.wrong("diverged", f"{node.name} has {here} for the fork of {stream} at {seq}")

    def _same_registries(self, nodes: list[Node]) -> None:
        """Nodes that trust the same nodes hold the same bytes."""
        groups: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
        for node in nodes:
            if any(peer.frozen for peer in node.trust.values()):
                continue
            groups[tuple(sorted({*node.trust, node.label}))].setdefault(digest(node, self.forks), node.name)
        for digests in groups.values():
            if len(digests) > 1:
                self.wrong("diverged", f"the registries of {sorted(digests.values())} differ")


def trusts(reader: Node, author: Node) -> bool:
    """Whether a node reads what another says now."""
    peer = reader.trust.get(author.label)
    return peer is not None and not peer.frozen


def other_branch(world: World, node: Node, stream: str, seq: int) -> bool:
    """Whether a whole file on the drive has another event at `seq` than the node holds."""
    held = node.state.streams.known_id(stream, seq)
    for where, file in world.files.items():
        name = layout.parse_path(where)
        if held is None or name is None or name.stream != stream or not name.first <= seq <= name.last:
            continue
        if where not in world.foreign and is_whole(name, file.content):
            line = split_lines(file.content)[seq - name.first]
            if codec.event_id(codec.cut(line)) != held:
                return True
    return False


def lowest_difference(world: World, node: Node, stream: str) -> int | None:
    """Return the lowest seq at which a whole file on the drive has another event than the node holds."""
    found: list[int] = []
    for where, file in world.files.items():
        name = layout.parse_path(where)
        if name is None or name.stream != stream or where in world.foreign:
            continue
        if is_whole(name, file.content):
            for seq, line in enumerate(split_lines(file.content), name.first):
                held = node.state.streams.known_id(stream, seq)
                if held is not None and held != codec.event_id(codec.cut(line)):
                    found.append(seq)
                    break
    return min(found, default=None)


def digest(node: Node, forks: Mapping[str, int]) -> str:
    """Return the fingerprint of what the registry of a node holds, these forks being known to it."""
    hashed = hashlib.sha256()
    items = node.state.items
    cuts = Cuts(forks=forks, left=node.state.streams.cuts().left)
    for library in items.libraries():
        for item in sorted(items.all(library)):
            state = items.state(library, item, cuts)
            if state.seen:
                hashed.update(state.encoded())
    return hashed.hexdigest()


def positions(nodes: Iterable[Node]) -> str:
    """Return the fingerprint of everything nodes have applied: equal runs have equal ones."""
    hashed = hashlib.sha256()
    for node in nodes:
        for row in node.state.streams.all():
            hashed.update(f"{node.name} {row.stream} {row.seq} {row.id} {row.acknowledged}\n".encode())
        hashed.update(digest(node, {}).encode())
    return hashed.hexdigest()[:16]


def slow(publisher: Publisher | None) -> str:
    """Return why a node publishes slowly, "" when it does not."""
    return publisher.slow if publisher else ""

"""What others do to the drive: delete, scatter copies of their own making, and lie."""

from collections.abc import Collection

import msgspec

from mesharr.core.errors import Rejected
from mesharr.core.events.schema import ItemRemoved
from mesharr.core.hlc import text_of
from mesharr.log import codec, layout
from mesharr.log.chain import split_lines
from mesharr.log.keys import NodeKey
from mesharr.log.layout import EVENTS, FileName
from tests.properties.sim.facts import any_fact
from tests.properties.sim.node import Node
from tests.properties.sim.world import MESH, OTHER_MESH, World


def reach(world: World, stream: str) -> int:
    """Return the seq up to which the whole files on the drive hold a stream without a gap."""
    ranges = sorted(
        (name.first, name.last)
        for where, file in world.files.items()
        if (name := layout.parse_path(where)) and name.stream == stream
        if where not in world.foreign and is_whole(name, file.content)
    )
    reached = 0
    for first, last in ranges:
        if first <= reached + 1:
            reached = max(reached, last)
    return reached


def is_whole(name: FileName, content: bytes) -> bool:
    """Return whether a file holds what its name says, as far as its form tells."""
    try:
        lines = split_lines(content)
        last = codec.event_id(codec.cut(lines[-1]))
    except Rejected:
        return False
    return len(lines) == name.last - name.first + 1 and last.startswith(name.h8)


def delete_something(world: World, nodes: list[Node], twice: Collection[str]) -> None:
    """Somebody tidies up: a file of an incarnation that is written now is gone.

    Not where two machines have one key: what only the one that is stopped later had is gone with it. Nor what
    only the drive still has, since its author goes on with an old database: nobody could put that back.
    """
    living = [node for node in nodes if node.alive and node.label not in twice]
    held = {node.stream: node.state.streams.cursor(node.stream)[0] for node in living}
    places = [
        where
        for where in sorted(world.files)
        if (name := layout.parse_path(where))
        and name.last <= held.get(name.stream, 0)
        and where not in world.foreign
    ]
    if places:
        where = world.rng.choice(places)
        del world.files[where]
        name = layout.parse_path(where)
        world.damaged.add(name.stream if name else "")
        world.say(f"somebody deletes {where}")


def scatter(world: World) -> None:
    """A sync program leaves names that are none of ours."""
    places = [where for where in sorted(world.files) if where.startswith(f"{EVENTS}/")]
    base = world.rng.choice(places) if places else f"{EVENTS}/x"
    where = world.rng.choice(
        (
            f"{base}.partial",
            f"{base[:-6]} (conflicted copy).jsonl",
            f"{base[:-6]} (1).jsonl",
            base.upper().replace("EVENTS", "events"),
            f"{EVENTS}/desktop.ini",
        )
    )
    world.put(where, world.files[base].content if base in world.files else b"")
    world.foreign.add(where)


def lie(world: World, nodes: list[Node], stranger: NodeKey) -> str:
    """Somebody who can write to the drive puts a file there that nobody may believe.

    Returns the label of the node whose own key signed it, "" when none did.
    """
    node = world.rng.choice(nodes)
    seq, _ = node.state.streams.cursor(node.stream)
    inc = node.stream.rpartition(".")[2]
    kind = world.rng.choice(("garbage", "borrowed", "stranger", "forged", "mesh", "cut", "far", "clock"))
    if kind == "garbage":
        name = _name(world, node.label, inc, max(1, seq - 1), seq + world.between(0, 3))
        _drop(world, name, world.rng.randbytes(world.between(0, 400)) + b"\n")
    elif kind == "far":
        name = _name(world, node.label, inc, seq + 1000, seq + 1000 + world.between(0, 5))
        _drop(world, name, b"{}\n")
    elif kind == "cut":
        _repeat_a_part(world, node)
    elif kind == "clock":
        _stop_the_clock(world, node)
    elif kind == "borrowed":
        _borrow(world, node, world.rng.choice(nodes))
    else:
        _forge(world, node, stranger, kind)
    world.say(f"a lie about {node.name}: {kind}")
    return node.label if kind == "clock" else ""


def _name(world: World, label: str, inc: str, first: int, last: int) -> FileName:
    return FileName(label, inc, first, last, f"{world.rng.getrandbits(32):08x}", world.between(0, 2))


def _drop(world: World, name: FileName, content: bytes) -> None:
    where = layout.tail_path(name) if world.chance(0.7) else layout.segment_path(name)
    if where not in world.files:
        world.put(where, content)
        world.foreign.add(where)


def _repeat_a_part(world: World, node: Node) -> None:
    """A true file under the next k, without its final newline or cut in the middle."""
    places = [where for where in sorted(world.files) if f"{node.stream}" in where]
    if not places:
        return
    where = world.rng.choice(places)
    name = layout.parse_path(where)
    content = world.files[where].content
    if name is None or not content:
        return
    cut = content[:-1] if world.chance(0.5) else content[: world.between(0, len(content) - 1)]
    _drop(world, msgspec.structs.replace(name, k=name.k + world.between(1, 3)), cut)


def spoil_a_signature(world: World, node: Node) -> None:
    """A true file under the next k, in which one line has the signature of another."""
    for where in sorted(world.files):
        name = layout.parse_path(where) if node.stream in where else None
        lines = world.files[where].content[:-1].split(b"\n")
        if name is None or len(lines) < 2 or len(lines) != name.last - name.first + 1:
            continue
        at = world.between(0, len(lines) - 2)
        lines[at] = lines[at][:-96] + lines[at + 1][-96:]
        where_to = msgspec.structs.replace(name, k=name.k + world.between(1, 3))
        _drop(world, where_to, b"".join(line + b"\n" for line in lines))


def fork(world: World, node: Node) -> None:
    """The owner's own key signs another branch: a segment has its first events, a tail the rest."""
    label, _, inc = node.stream.rpartition(".")
    held = node.state.streams.since(node.stream, 1)
    if len(held) < 4:
        return
    first = world.between(2, len(held) - 2)
    events: list[codec.Event] = []
    for kept in held[first - 1 :]:
        body = any_fact(world.rng, node.state)
        draft = codec.UnsignedEvent(
            mesh=MESH,
            node=label,
            inc=inc,
            seq=kept.seq,
            prev=events[-1].id if events else held[first - 2].id,
            hlc=kept.hlc,
            type=body.type_name,
            body=msgspec.json.encode(body),
        )
        events.append(codec.encode(draft, node.key.sign))
        node.signed[events[-1].id] = node.stream  # who has read nothing of the other branch follows this one
    middle = len(events) // 2
    for part, place in ((events[:middle], layout.segment_path), (events[middle:], layout.tail_path)):
        name = FileName(label, inc, part[0].seq, part[-1].seq, part[-1].id[:8], 0)
        world.put(place(name), b"".join(event.line + b"\n" for event in part))


def _stop_the_clock(world: World, node: Node) -> None:
    """The owner's own key signs a next event whose clock value is that of the last one."""
    seq, prev = node.state.streams.cursor(node.stream)
    last = node.state.streams.event(node.stream, seq)
    if last is None:
        return
    label, _, inc = node.stream.rpartition(".")
    body = any_fact(world.rng, node.state)
    draft = codec.UnsignedEvent(
        mesh=MESH,
        node=label,
        inc=inc,
        seq=seq + 1,
        prev=prev,
        hlc=last.hlc,
        type=body.type_name,
        body=msgspec.json.encode(body),
    )
    event = codec.encode(draft, node.key.sign)
    _drop(world, FileName(label, inc, seq + 1, seq + 1, event.id[:8], 0), event.line + b"\n")


def _borrow(world: World, node: Node, other: Node) -> None:
    """Another node's file, under this node's name."""
    places = [where for where in sorted(world.files) if other.stream in where]
    name = layout.parse_path(world.rng.choice(places)) if places and other is not node else None
    if name is not None:
        content = world.files[next(where for where in places if layout.parse_path(where) == name)].content
        inc = node.stream.rpartition(".")[2]
        _drop(world, msgspec.structs.replace(name, node=node.label, inc=inc), content)


def _forge(world: World, node: Node, stranger: NodeKey, kind: str) -> None:
    """Events signed by a stranger, in this node's name or the stranger's own, or of another mesh."""
    label = layout.node_id("eve", stranger.public) if kind == "stranger" else node.label
    inc = node.stream.rpartition(".")[2]
    seq, prev = node.state.streams.cursor(node.stream) if kind != "stranger" else (0, codec.ZEROS)
    signs = node.key.sign if kind == "mesh" else stranger.sign
    events: list[codec.Event] = []
    for number in range(1, world.between(1, 3) + 1):
        body = any_fact(world.rng, node.state)
        if world.chance(0.5):
            body = ItemRemoved(library="movies", id="tmdb:1", seen={node.stream: (max(1, seq), prev)})
        draft = codec.UnsignedEvent(
            mesh=OTHER_MESH if kind == "mesh" else MESH,
            node=label,
            inc=inc,
            seq=seq + number,
            prev=prev,
            hlc=text_of(world.now + number),
            type=body.type_name,
            body=msgspec.json.encode(body),
        )
        events.append(codec.encode(draft, signs))
        prev = events[-1].id
    name = FileName(label, inc, events[0].seq, events[-1].seq, prev[:8], 0)
    _drop(world, name, b"".join(event.line + b"\n" for event in events))

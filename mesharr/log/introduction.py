"""Read how an untrusted node introduces itself: by the hello that its own key signed."""

from typing import Final

from mesharr.core.errors import Rejected
from mesharr.core.events.introduction import Introduction
from mesharr.core.events.schema import NodeHello, body_of
from mesharr.log import chain, codec, keys, layout
from mesharr.log.codec import Event
from mesharr.log.layout import FileName

MAX_IDS: Final = 256
"""So many of the newest events are kept, of which a peer's hello may name one."""
_MARK: Final = f'"type":"{NodeHello.type_name}"'.encode()


def read_introduction(content: bytes, name: FileName, mesh: str) -> Introduction:
    """Return the introduction in a tail; raise `Rejected` when it has none that verifies."""
    key = next(
        (key for line in reversed(chain.split_lines(content)) if (key := key_in(line, name.node))), None
    )
    if key is None:
        raise Rejected("no node.hello in it has the key of its node")
    events = chain.verify_file(content, name, mesh, keys.verifier(key))
    hellos = [(event, hello) for event in events if (hello := _hello(event, key))]
    if not hellos:
        raise Rejected("its node.hello is not valid")
    newest, said = hellos[-1]
    first = max(hellos[0][0].seq, name.last + 1 - MAX_IDS)
    return Introduction(
        stream=name.stream,
        key=key,
        trusts=said.trusts,
        hlc=newest.hlc,
        first=first,
        ids=tuple(event.id for event in events if event.seq >= first),
    )


def key_in(line: bytes, node: str) -> bytes | None:
    """Return the key in a `node.hello` line, None unless the node's label is made of it.

    The line's signature is not verified.
    """
    if _MARK not in line:
        return None
    try:
        event = codec.parse(line)
    except Rejected:
        return None
    return _key(event, node)


def _key(event: Event, node: str) -> bytes | None:
    body = _body(event)
    key = keys.parse_key(body.key) if body else None
    label = node.rpartition("-")[0]
    return key if key is not None and layout.node_id(label, key) == node else None


def _hello(event: Event, key: bytes) -> NodeHello | None:
    return _body(event) if _key(event, event.node) == key else None


def _body(event: Event) -> NodeHello | None:
    if event.type != NodeHello.type_name:
        return None
    try:
        body = body_of(event.type, event.body)
    except Rejected:
        return None
    return body if isinstance(body, NodeHello) else None

"""peers.yml: whom this node trusts. A file that people may read, and that two commands write.

Trust is per node and local. To untrust freezes: the entry stays, with the day it was frozen, so that
what was applied keeps its author and a second `trust` takes the peer up again where it stood.
"""

import contextlib
import os
import re

import msgspec
import yaml

from mesharr.core.errors import Refused

PEERS_NAME = "peers.yml"
_HEAD = "# The peers this node trusts. Written by `mesharr trust TOKEN` and `mesharr untrust NODE`.\n"
_NODE = re.compile(r"[a-z0-9][a-z0-9-]{0,23}-[0-9a-f]{8}")


class Peer(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One trusted peer: node id, name, public key as its token spells it, since when (UTC, ISO 8601).

    `frozen` is when it was untrusted; "" means trusted now.
    """

    node: str
    name: str
    key: str
    since: str
    frozen: str = ""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    peers: tuple[Peer, ...] = ()


def trusted(peers: tuple[Peer, ...], peer: Peer) -> tuple[Peer, ...]:
    """Return `peers` with `peer` trusted. One that is trusted already stays as it is; a frozen one thaws.

    Raises `Refused` when the node id is already trusted with another key.
    """
    known = next((entry for entry in peers if entry.node == peer.node), None)
    if known is None:
        return tuple(sorted((*peers, peer), key=lambda entry: entry.node))
    if known.key != peer.key:
        raise Refused(
            f"{peer.node} is already trusted with another key", f"compare with {peer.name} in person"
        )
    return tuple(msgspec.structs.replace(entry, frozen="") if entry is known else entry for entry in peers)


def untrusted(peers: tuple[Peer, ...], node: str, now: str) -> tuple[Peer, ...]:
    """Return `peers` with the named one frozen since `now`, or since it already was."""
    return tuple(
        msgspec.structs.replace(entry, frozen=entry.frozen or now) if entry.node == node else entry
        for entry in peers
    )


def find(peers: tuple[Peer, ...], word: str) -> Peer:
    """Return the peer with this node id or name; raise `Refused` when none or several have it."""
    found = [peer for peer in peers if word in {peer.node, peer.name}]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(peer.node for peer in found or peers) or "none"
    if found:
        raise Refused(f"several peers are called {word}", f"name one by its node: {listed}")
    raise Refused(f"no peer is called {word}", f"known: {listed}")


def read_peers(config_dir: str) -> tuple[Peer, ...]:
    """Return the peers of a config dir, none when it has no file; raise `Refused` for a broken one."""
    path = os.path.join(config_dir, PEERS_NAME)
    try:
        with open(path, encoding="utf-8") as stream:
            found = yaml.load(stream, Loader=yaml.BaseLoader)  # noqa: S506 - it makes only text
        peers = msgspec.convert(found or {}, _File).peers
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        words = " ".join(str(error).split())[:300]
        raise Refused(f"{path} cannot be used: {words}", "fix it, or trust each peer again") from error
    for peer in peers:
        if not _NODE.fullmatch(peer.node) or not peer.key:
            raise Refused(
                f"{path} names {peer.node[:80]!r}, which is no node", "fix it, or trust the peer again"
            )
    return peers


def write_peers(config_dir: str, peers: tuple[Peer, ...]) -> None:
    """Make peers.yml hold these peers. A reader sees the old file or the new one, whole."""
    path = os.path.join(config_dir, PEERS_NAME)
    plain = {"peers": [msgspec.to_builtins(peer) for peer in peers]}
    fresh = f"{path}.new"
    try:
        with open(fresh, "w", encoding="utf-8") as stream:
            stream.write(_HEAD + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True))
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(fresh, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(fresh)
        raise Refused(
            f"{path} cannot be written ({error.strerror})", "make the config dir writable"
        ) from error

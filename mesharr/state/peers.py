"""peers.yml: the peers that this node trusts. Users may read it.

Trust is per node and local. To untrust a peer freezes its entry: it stays, with the time of that, so that the
events that were applied keep their author, and a second `trust` continues where the peer was.
"""

import contextlib
import fcntl
import os
import re
from collections.abc import Iterator

import msgspec

from mesharr.core.errors import Refused

PEERS_NAME = "peers.yml"
_HEAD = "# The peers this node trusts. Written by `mesharr trust TOKEN` and `mesharr untrust NODE`.\n"
_NODE = re.compile(r"[a-z0-9][a-z0-9-]{0,23}-[0-9a-f]{8}")
_VALUE = r"(-?[A-Za-z0-9_][A-Za-z0-9_-]*|'[A-Za-z0-9_:-]*')"
_WRITTEN = re.compile(
    rf"- node: {_VALUE}\n  name: {_VALUE}\n  key: {_VALUE}\n  since: {_VALUE}\n(?:  frozen: {_VALUE}\n)?"
)
"""An entry as `write_peers` writes it: words that mean the same to every reader of YAML."""


class Peer(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One entry of peers.yml. Times are in UTC (ISO 8601)."""

    node: str
    """The id of the node, such as `alice-4b1e0f77`."""
    name: str
    """The name of the node, such as `alice`."""
    key: str
    """The public key, as the token of the node spells it."""
    since: str
    """When the peer was trusted first."""
    frozen: str = ""
    """When the peer was untrusted, "" while it is trusted."""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    peers: tuple[Peer, ...] = ()


def trusted(peers: tuple[Peer, ...], peer: Peer) -> tuple[Peer, ...]:
    """Return `peers` with `peer` added, or not frozen any more; one that is trusted stays.

    Raises `Refused` when the node id has an entry with another key.
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
    """Return `peers` with the entry of a node frozen since `now`, or since it was frozen before."""
    return tuple(
        msgspec.structs.replace(entry, frozen=entry.frozen or now) if entry.node == node else entry
        for entry in peers
    )


def find(peers: tuple[Peer, ...], word: str) -> Peer:
    """Return the peer with this node id or name; raise `Refused` for none or several."""
    found = [peer for peer in peers if word in {peer.node, peer.name}]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(peer.node for peer in found or peers) or "none"
    if found:
        raise Refused(f"several peers are called {word}", f"name one by its node: {listed}")
    raise Refused(f"no peer is called {word}", f"known: {listed}")


def read_peers(config_dir: str) -> tuple[Peer, ...]:
    """Return the peers of a config dir, none without a file; raise `Refused` for a broken file."""
    path = os.path.join(config_dir, PEERS_NAME)
    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
        peers = _as_written(text)
        if peers is None:
            peers = _edited(text)
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        words = " ".join(str(error).split())[:300]
        raise Refused(f"{path} cannot be used: {words}", "fix it, or trust each peer again") from error
    for peer in peers:
        if not _NODE.fullmatch(peer.node) or not peer.key:
            raise Refused(
                f"{path} names {peer.node[:80]!r}, which is no node", "fix it, or trust the peer again"
            )
    return peers


def _as_written(text: str) -> tuple[Peer, ...] | None:
    """Return the peers of a file that is as `write_peers` left it, None for any other.

    To import a parser of YAML takes longer than what a command does with the peers.
    """
    head = f"{_HEAD}peers:\n"
    if not text.startswith(head):
        return None
    peers, at = [], len(head)
    while entry := _WRITTEN.match(text, at):
        peers.append(Peer(*(value.strip("'") for value in entry.groups(default=""))))
        at = entry.end()
    return tuple(peers) if at == len(text) else None


def _edited(text: str) -> tuple[Peer, ...]:
    """Return the peers of a file that a user changed; raise `ValueError` for a broken one."""
    import yaml  # noqa: PLC0415 - see `_as_written`

    try:
        found = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes only text
        return msgspec.convert(found or {}, _File).peers
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise ValueError(str(error)) from error


@contextlib.contextmanager
def changing_peers(config_dir: str) -> Iterator[tuple[Peer, ...]]:
    """Yield the peers; within, nobody else changes them, and `write_peers` writes them.

    Raises what `read_peers` raises.
    """
    with contextlib.ExitStack() as held:
        try:
            folder = os.open(config_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            pass  # nobody else can write there either
        except OSError as error:
            raise Refused(
                f"{config_dir} cannot be used ({error.strerror})", "make the config dir readable"
            ) from error
        else:
            held.callback(os.close, folder)
            with contextlib.suppress(OSError):  # a network drive may lock no folders
                fcntl.flock(folder, fcntl.LOCK_EX)
        yield read_peers(config_dir)


def write_peers(config_dir: str, peers: tuple[Peer, ...]) -> None:
    """Write peers.yml. A reader at the same time reads the old file or the new one, whole."""
    import yaml  # noqa: PLC0415 - see `_as_written`

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

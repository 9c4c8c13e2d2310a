"""Who this node is and whom it trusts: `init`, `keygen`, `token`, `trust`, `untrust`, `peers`."""

import os
import socket
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from mesharr.cli.context import Misuse, Session, note, say, say_json, session_of
from mesharr.cli.output import ago, print_table, printable
from mesharr.core.errors import MesharrError, Refused

if TYPE_CHECKING:
    from mesharr.config import Config
    from mesharr.log.keys import NodeKey
    from mesharr.log.mesh import Mesh
    from mesharr.node.status.model import PeerReport


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command, short in _SHORT.items():
        app.command(command.__name__, short_help=short)(command)


def init(
    context: typer.Context,
    new_mesh: Annotated[
        str | None, typer.Option("--new-mesh", metavar="NAME", help="make a mesh: one person, once")
    ] = None,
    node: Annotated[
        str | None, typer.Option("--node", metavar="NAME", help="this node's name (default: the host's)")
    ] = None,
    anchor: Annotated[
        str | None,
        typer.Option("--anchor", metavar="LIBRARY", help="anchor a library that the mesh has got since"),
    ] = None,
) -> None:
    """Make what is missing: the starter config, the key; with --new-mesh also the mesh. Keeps what exists."""
    session = session_of(context)
    _make_folders(session)
    _make_config(session, node)
    key = _make_key(session)
    config = _config(session)
    if node is not None and config.node != node:
        raise Misuse(f"mesharr.yml names this node {config.node}, not {node}", "change `node:` there")
    if new_mesh is not None:
        from mesharr.cli.new_mesh import found_mesh  # noqa: PLC0415 - see mesharr.cli.app

        found_mesh(config, new_mesh)
    if anchor is not None:
        from mesharr.cli.new_mesh import anchor_library  # noqa: PLC0415 - see mesharr.cli.app

        anchor_library(config, anchor)
    _say_where_we_are(session, config, key)


def _make_folders(session: Session) -> None:
    try:
        for name in ("", "spool", "logs"):
            os.makedirs(os.path.join(session.config_dir, name), exist_ok=True)
    except OSError as error:
        raise Refused(
            f"cannot make {session.config_dir} ({error.strerror})", "name another with --config-dir"
        ) from error


def _make_config(session: Session, node: str | None) -> None:
    from mesharr.settings.models import node_name  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.settings.starter import node_name_from, starter_text  # noqa: PLC0415 - see mesharr.cli.app

    name = node or session.environ.get("MESHARR__NODE") or node_name_from(socket.gethostname())
    try:
        node_name(name)
    except ValueError as error:
        raise Misuse(f"{name!r} cannot name a node", str(error)) from error
    path = os.path.join(session.config_dir, "mesharr.yml")
    try:
        # Keys may be written into it, so nobody else needs to read it.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise Refused(f"cannot write {path} ({error.strerror})", "make the config dir writable") from error
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(starter_text(name))
    say(f"made {path}")


def _make_key(session: Session) -> "NodeKey":
    from mesharr.bootstrap.identity import key_path, load_key, lost_key  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.log import keys  # noqa: PLC0415 - see mesharr.cli.app

    path = key_path(session.config_dir)
    if os.path.lexists(path) or lost_key(session.config_dir):
        return load_key(session.config_dir)
    key = keys.generate(path)
    say(f"made {path}: keep a copy of it where only you can read it")
    return key


def _say_where_we_are(session: Session, config: "Config", key: "NodeKey") -> None:
    try:
        mesh = _mesh(config)
    except MesharrError as error:
        say(f"this node is {config.node}; its store does not answer yet: {error}")
        say(f"next: edit {os.path.join(session.config_dir, 'mesharr.yml')}; then: mesharr config check")
        say("after that, one person and once: mesharr init --new-mesh NAME; everybody: mesharr token")
        return
    say(f"this node is {config.node}, in the mesh {mesh.name} ({mesh.id}); give its token to the others:")
    say(_token_text(config, key, mesh))


def _mesh(config: "Config") -> "Mesh":
    from mesharr.bootstrap.files import open_disk  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.bootstrap.store import open_store, read_mesh  # noqa: PLC0415 - see mesharr.cli.app

    disk = open_disk()
    try:
        return read_mesh(open_store(config, disk))
    finally:
        disk.close()


def _config(session: Session) -> "Config":
    from mesharr.config import load_config  # noqa: PLC0415 - see mesharr.cli.app

    return load_config(session.config_dir, session.environ)


def keygen(context: typer.Context) -> None:
    """Make this node's key. Fails when there is one: `token` prints its public half."""
    from mesharr.bootstrap.identity import key_path  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.log import keys  # noqa: PLC0415 - see mesharr.cli.app

    session = session_of(context)
    _make_folders(session)
    path = key_path(session.config_dir)
    keys.generate(path)
    say(f"made {path}: keep a copy of it where only you can read it")


def token(context: typer.Context) -> None:
    """Print this node's token, for `mesharr trust` on the other nodes. It holds no secret."""
    from mesharr.bootstrap.identity import load_key  # noqa: PLC0415 - see mesharr.cli.app

    session = session_of(context)
    config = _config(session)
    key = load_key(session.config_dir)
    say(_token_text(config, key, _mesh(config)))


def _token_text(config: "Config", key: "NodeKey", mesh: "Mesh") -> str:
    from mesharr.log.keys import Token, token_text  # noqa: PLC0415 - see mesharr.cli.app

    return token_text(Token(mesh.id, config.node, key.public))


def trust(
    context: typer.Context,
    text: Annotated[
        str, typer.Argument(metavar="TOKEN", help="what `mesharr token` prints on the other node")
    ],
) -> None:
    """Trust a node: from now on this node applies what it says. Takes up a frozen peer again."""
    from mesharr.log.keys import key_text, parse_token  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.node.status.peer_report import fingerprint  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.state.peers import Peer, read_peers, trusted, write_peers  # noqa: PLC0415 - see mesharr.cli.app

    session = session_of(context)
    try:
        found = parse_token(text, mesh=_known_mesh(session), own=_own_key(session))
    except Refused as error:
        raise Misuse(error.what, error.fix) from error
    before = read_peers(session.config_dir)
    peer = Peer(node=found.node, name=found.name, key=key_text(found.key), since=_now())
    after = trusted(before, peer)
    if any(entry.name == peer.name and entry.node != peer.node for entry in before):
        note(f"another peer is called {peer.name} too: is this a new key of the same household?")
    if after == before:
        say(f"{peer.node} is trusted already")
        return
    write_peers(session.config_dir, after)
    say(f"{peer.node} is trusted (key {fingerprint(peer.key)}); it has to trust this node too")


def _known_mesh(session: Session) -> str | None:
    """Return the id of this node's mesh, None (and a note) while the store cannot be seen."""
    config = _config(session)
    try:
        return _mesh(config).id
    except MesharrError as error:
        note(f"cannot check that the token is for this mesh: {error}")
        return None


def _own_key(session: Session) -> bytes | None:
    from mesharr.bootstrap.identity import key_path, load_key  # noqa: PLC0415 - see mesharr.cli.app

    if not os.path.lexists(key_path(session.config_dir)):
        return None
    return load_key(session.config_dir).public


def untrust(
    context: typer.Context,
    word: Annotated[str, typer.Argument(metavar="NODE", help="a peer's node or name, as `peers` shows it")],
) -> None:
    """Freeze a peer: what it said so far stays, what it says from now on is not read."""
    from mesharr.state.peers import find, read_peers, untrusted, write_peers  # noqa: PLC0415 - see mesharr.cli.app

    session = session_of(context)
    before = read_peers(session.config_dir)
    try:
        peer = find(before, word)
    except Refused as error:
        raise Misuse(error.what, error.fix) from error
    if peer.frozen:
        say(f"{peer.node} is frozen since {peer.frozen}")
        return
    write_peers(session.config_dir, untrusted(before, peer.node, _now()))
    say(f"{peer.node} is frozen; `mesharr trust` with its token takes it up again")


def peers(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Show whom this node trusts, how far it follows them, and how far they follow it.

    `lag`: events of theirs that are not applied here yet; `last seen`: when their last applied event was
    made, by their clock; `acknowledged`: the last of this node's events they said to have applied.
    """
    import msgspec  # noqa: PLC0415 - see mesharr.cli.app

    from mesharr.cli import open_node  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.node.status.peer_report import peer_reports, strangers  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.state.peers import read_peers  # noqa: PLC0415 - see mesharr.cli.app

    session = session_of(context)
    trusted = read_peers(session.config_dir)
    state = open_node.open_state(session.config_dir)
    with closing(state.db):
        found = peer_reports(state, open_node.node_if_known(session), trusted)
        unknown = strangers(state, trusted)
    if as_json:
        say_json({"peers": msgspec.to_builtins(found), "unknown": msgspec.to_builtins(unknown)})
        return
    if found:
        _print_table(found)
    else:
        say("no peers yet: enter their tokens with `mesharr trust TOKEN`")
    for peer in found:
        if peer.trusts_me is False and not peer.frozen and not peer.left:
            say(f"{peer.name} does not trust you yet: send them your token (`mesharr token`)")
        if peer.why:
            say(f"{peer.name}: {printable(peer.why)}")
    for stranger in unknown:
        say(f"{stranger.node} writes to this mesh and is not trusted here: `mesharr trust TOKEN`")


def _print_table(found: "tuple[PeerReport, ...]") -> None:
    columns = ("node", "key", "trusted", "lag", "last seen", "acknowledged", "trusts you")
    rows = [
        (
            peer.node,
            peer.fingerprint,
            f"frozen {ago(peer.frozen)}" if peer.frozen else "left" if peer.left else ago(peer.since),
            peer.lag,
            ago(peer.last_seen),
            peer.acknowledged,
            _TRUST[peer.trusts_me],
        )
        for peer in found
    ]
    print_table(columns, rows)


_TRUST = {True: "yes", False: "no", None: "not known"}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_SHORT: dict[Callable[..., None], str] = {
    init: "Make the starter config and the key; or, once, the mesh.",
    keygen: "Make this node's key.",
    token: "Print this node's token, for `mesharr trust` on the others.",
    trust: "Trust a node: from now on this node applies what it says.",
    untrust: "Freeze a peer: what it says from now on is not read.",
    peers: "Show whom this node trusts, and how far each follows.",
}

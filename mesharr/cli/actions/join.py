"""Run `mesharr join`: trust the node of a token, and ask to be accepted by it and its peers."""

import os
import sys
from contextlib import closing

import typer

from mesharr.bootstrap.files import open_disk, open_library
from mesharr.bootstrap.store import mesh_of
from mesharr.bootstrap.store_look import DEADLINE_S
from mesharr.cli.access.config import load, own_words
from mesharr.cli.access.mounts import KnownMounts, known_mounts
from mesharr.cli.context import FAILED, Misuse, Session, note, say, session_of
from mesharr.cli.newcomers import add_peer, has_same_words, peer_entry
from mesharr.cli.setup import make_folders, make_key
from mesharr.cli.terminal.busy import busy
from mesharr.config import CONFIG_NAME, Config, ConfigError
from mesharr.core.errors import MesharrError, Refused
from mesharr.log import layout
from mesharr.log.keys import Token, parse_token, words_of


def join(context: typer.Context, *, text: str, yes: bool) -> None:
    """Trust the node of a token, and ask to be accepted by it and its peers.

    The request is this node's own hello, which its daemon publishes: it states the key, and whom it trusts.
    """
    session = session_of(context)
    _parsed(text)  # before the user answers ten questions
    _set_up(session)
    config = load(session)
    make_folders(session)
    key = make_key(session)
    known = known_mounts(session, config.libraries)
    with busy("looking at the drive"):
        inviter = _token(text, config, known, key.public)
    node = layout.node_id(config.node, key.public)
    say(f"the fingerprint words of {inviter.node}: {words_of(inviter.key)}")
    say(own_words(node, key))
    if not has_same_words(inviter.name, words_of(inviter.key), yes=yes):
        raise typer.Exit(FAILED)
    is_new = add_peer(session.config_dir, peer_entry(inviter.node, inviter.name, inviter.key))
    say(f"{inviter.node} is trusted" if is_new else f"{inviter.node} is trusted already")
    _check_libraries(config, inviter.mesh, known)
    say("this node asks to join as soon as it runs: mesharr run")
    say(f"then, at {inviter.name} and at each of its peers: mesharr accept {config.node}")


def _set_up(session: Session) -> None:
    """Have the user of a terminal set this node up, where it has no config yet."""
    if os.path.lexists(os.path.join(session.config_dir, CONFIG_NAME)):
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError(
            (f"no {CONFIG_NAME} in {session.config_dir}",),
            "set this node up first: mesharr init --yes, then: mesharr join TOKEN",
        )
    from mesharr.cli.actions.init import set_up_to_join  # noqa: PLC0415 - only for a node without a config

    say("this node is not set up yet: first some questions about this household")
    set_up_to_join(session)


def _token(text: str, config: Config, known: KnownMounts, own: bytes) -> Token:
    """Return the contents of a token; raise when it is not for the mesh of this node."""
    return _parsed(text, mesh_of(config, known.store).id, own)


def _parsed(text: str, mesh: str | None = None, own: bytes | None = None) -> Token:
    try:
        return parse_token(text, mesh=mesh, own=own)
    except Refused as error:
        raise Misuse(error.what, error.fix) from error


def _check_libraries(config: Config, mesh_id: str, known: KnownMounts) -> None:
    """Print which libraries are not those of the mesh; they wait, and nothing else does."""
    with busy("looking at the libraries"), closing(open_disk(DEADLINE_S)) as disk:
        for name in config.libraries:
            try:
                open_library(config, name, mesh_id, disk, known.of_library(name)).check_available()
            except MesharrError as error:
                note(str(error))

"""Run `mesharr accept`: trust nodes that ask to join, by name; without a name, list them."""

from contextlib import closing

import msgspec
import typer

from mesharr.bootstrap.node_key import load_key
from mesharr.cli.access.config import load, own_words
from mesharr.cli.access.state import open_state
from mesharr.cli.context import Misuse, Session, note, say, say_json, session_of
from mesharr.cli.joining.newcomers import (
    APPLIES,
    add_peer,
    confirm_words,
    look_for_newcomers,
    peer_entry,
)
from mesharr.cli.output import print_lines
from mesharr.config import Config
from mesharr.core.errors import MesharrError, Refused
from mesharr.log import keys, layout
from mesharr.node.status.introductions import find_unknown, unknown_nodes, unknown_text
from mesharr.node.status.model import UnknownNode
from mesharr.state.peers import read_peers


def accept(context: typer.Context, *, names: list[str], yes: bool, as_json: bool) -> None:
    """Trust nodes that ask to join, by name; without a name, list them."""
    session = session_of(context)
    config = load(session)
    key = load_key(session.config_dir)
    node = layout.node_id(config.node, key.public)
    found = _unknown(session, config, node)
    if not names:
        _print(found, as_json)
        return
    say(own_words(node, key))
    for each in _chosen(found, names):
        _accept(session, each, yes=yes)
    say(APPLIES)


def _unknown(session: Session, config: Config, node: str) -> tuple[UnknownNode, ...]:
    """Return the nodes that are not trusted here, as the drive or the database has them."""
    peers = read_peers(session.config_dir)
    state = open_state(session.config_dir)
    with closing(state.db):
        try:
            look_for_newcomers(config, state, node, peers)
        except MesharrError as error:
            note(f"the drive cannot be read now: {error}")
        return unknown_nodes(state, node, peers)


def _chosen(found: tuple[UnknownNode, ...], names: list[str]) -> list[UnknownNode]:
    try:
        return [find_unknown(found, name) for name in dict.fromkeys(names)]
    except Refused as error:
        raise Misuse(error.what, error.fix) from error


def _accept(session: Session, unknown: UnknownNode, *, yes: bool) -> None:
    key = keys.parse_key(unknown.key)
    assert key is not None
    confirm_words(unknown.name, unknown.words, yes=yes)
    add_peer(session.config_dir, peer_entry(unknown.node, unknown.name, key))
    say(f"{unknown.node} is trusted; its fingerprint words: {unknown.words}")
    if not unknown.asks:
        say(f"{unknown.name} has to trust this node too")


def _print(found: tuple[UnknownNode, ...], as_json: bool) -> None:
    if as_json:
        say_json(msgspec.to_builtins({"unknown": found}))
        return
    print_lines([unknown_text(each) for each in found], every=True)
    if not found:
        say("nobody asks to join")

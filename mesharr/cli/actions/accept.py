"""Run `mesharr accept`: trust nodes that ask to join, by name; without a name, list them."""

import sys
from contextlib import closing

import msgspec
import typer

from mesharr.bootstrap.node_key import load_key
from mesharr.cli.access.config import load, own_words
from mesharr.cli.access.state import open_state
from mesharr.cli.context import FAILED, Misuse, Session, note, say, say_json, session_of
from mesharr.cli.newcomers import (
    APPLIES,
    add_peer,
    has_same_words,
    look_for_newcomers,
    peer_entry,
)
from mesharr.cli.output import print_lines
from mesharr.cli.terminal.busy import busy
from mesharr.core.errors import MesharrError, Refused
from mesharr.log import keys, layout
from mesharr.node.status.introductions import after_reading, find_unknown, unknown_nodes, unknown_text
from mesharr.node.status.model import UnknownNode
from mesharr.settings.models import Config
from mesharr.state.peers import read_peers


def accept(context: typer.Context, *, names: list[str], every: bool, yes: bool, as_json: bool) -> None:
    """Trust nodes that ask to join, by name or all of them; without either, list them."""
    if names and every:
        raise Misuse("both names and --all were given", "give one of them")
    if every and not (yes or sys.stdin.isatty()):
        raise Misuse("nobody can compare the fingerprint words here", "add --yes, or give names")
    session = session_of(context)
    config = load(session)
    key = load_key(session.config_dir)
    node = layout.node_id(config.node, key.public)
    with busy("reading who asks to join", quiet=as_json):
        found = _unknown(session, config, node)
    chosen = _all_who_ask(found) if every else _chosen(found, names)
    if not chosen:
        _print(found, as_json)
        return
    say(own_words(node, key))
    accepted = [each for each in chosen if _accept(session, each, yes=yes)]
    if accepted:
        say(APPLIES)
    if every:
        print_lines([unknown_text(each) for each in found if each not in chosen], every=True)
    if len(accepted) < len(chosen):
        raise typer.Exit(FAILED)


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


def _all_who_ask(found: tuple[UnknownNode, ...]) -> list[UnknownNode]:
    """Return those who ask to join or whom a peer introduces, without namesakes of known nodes."""
    return [each for each in found if each.key and (each.asks or each.introduced_by) and not each.is_namesake]


def _accept(session: Session, unknown: UnknownNode, *, yes: bool) -> bool:
    """Trust a node; return whether the user has the same words."""
    key = keys.parse_key(unknown.key)
    assert key is not None
    if not has_same_words(unknown.name, unknown.words, yes=yes):
        return False
    add_peer(session.config_dir, peer_entry(unknown.node, unknown.name, key))
    say(f"{unknown.node} is trusted; its fingerprint words: {unknown.words}")
    if unknown.is_own_name:
        say(f"if it is this node with its old key: {after_reading(unknown.node)} take over what it owned")
    elif not unknown.asks:
        say(f"{unknown.name} has to trust this node too")
    return True


def _print(found: tuple[UnknownNode, ...], as_json: bool) -> None:
    if as_json:
        say_json(msgspec.to_builtins({"unknown": found}))
        return
    print_lines([unknown_text(each) for each in found], every=True)
    if not found:
        say("nobody asks to join")

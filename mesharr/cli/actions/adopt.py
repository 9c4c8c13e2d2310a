"""Run `mesharr adopt`: take over what a node that left owned, or what nobody owns."""

import sys
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import closing

import msgspec
import typer

from mesharr.bootstrap.clock import wall_ms
from mesharr.cli.access.config import check_library, load, node_of
from mesharr.cli.context import FAILED, Misuse, Session, note, say, say_json, session_of
from mesharr.cli.output import print_table
from mesharr.cli.takeover import state_of, take_over, units_text
from mesharr.config import Config
from mesharr.core.errors import Refused
from mesharr.core.hlc import parts_of
from mesharr.core.text import author_of, name_of, number_text, quantity
from mesharr.log import keys
from mesharr.node.ownership import Takeover, adoptable, has_left
from mesharr.node.status.introductions import after_reading
from mesharr.state.peers import read_peers
from mesharr.state.state import State


def adopt(
    context: typer.Context,
    *,
    source: str | None,
    library: str | None,
    ownerless: bool,
    dry_run: bool,
    every: bool,
    as_json: bool,
) -> None:
    """Take over what a node that left owned, or what nobody owns: monitored here from then on."""
    session = session_of(context)
    config = load(session)
    if library is not None:
        check_library(config, library)
    libraries = [name for name in _managed(config) if library in {None, name}]
    me = node_of(session, config)
    state = state_of(session)
    with closing(state.db):
        nodes = (_named(session, state, me, source),) if source else ()
        refused = _refusal(session, state, nodes[0]) if nodes else None
        if refused and not dry_run:
            raise refused
        found = adoptable(state, libraries, me, nodes, ownerless=ownerless or not source)
        if as_json:
            _print_json(found.takeovers, found.absent, dry_run, str(refused or ""))
        else:
            _print_counts(found.takeovers, found.absent, every=every)
            if refused:
                say(f"not possible yet: {refused}")
        if dry_run:
            return
        gone = {*nodes, *_gone(session, state)}
        if not found.takeovers:
            _note_adopted(state, config, me, gone)
            return
        if sys.stdin.isatty() and not as_json and not typer.confirm("take over all of this?"):
            raise typer.Exit(FAILED)
        why = f"adopted from {nodes[0]}" if nodes else "adopted: it had no owner"
        take_over(state, found.takeovers, why)
        _note_adopted(state, config, me, gone)
    if not as_json:
        count = quantity(len(found.takeovers), "item")
        say(f"adopted {count}; a running daemon publishes it now")


def _managed(config: Config) -> list[str]:
    return [name for name, each in config.libraries.items() if each.app]


def _gone(session: Session, state: State) -> list[str]:
    """Return the peers that left the mesh or are frozen."""
    peers = read_peers(session.config_dir)
    return [peer.node for peer in peers if peer.frozen or has_left(state, peer.node)]


def _note_adopted(state: State, config: Config, me: str, nodes: Collection[str]) -> None:
    """Keep of which of these nodes nothing is left in any library."""
    if not nodes:
        return
    left = adoptable(state, _managed(config), me, nodes, ownerless=False).takeovers
    for node in set(nodes).difference(*(each.units for each in left)):
        # by the clock of the node, where that is ahead: what it published before is adopted
        said = [parts_of(row.hlc)[0] for row in state.streams.all() if author_of(row.stream) == node]
        state.node_warnings.note_adopted(node, max([wall_ms(), *said]))


def _named(session: Session, state: State, me: str, word: str) -> str:
    """Return the id of a node of which events were applied, by its id or name."""
    heard = {author_of(row.stream) for row in state.streams.all() if row.seq} - {me}
    nodes = sorted(node for node in heard if word in {node, name_of(node)})
    if not nodes:
        raise _unread(session, state, word) or Misuse(
            f"no event of a node {word} was ever received", f"known: {', '.join(sorted(heard)) or 'none'}"
        )
    if len(nodes) > 1:
        raise Misuse(f"{word} may be {' or '.join(nodes)}", "give the full id")
    return nodes[0]


def _unread(session: Session, state: State, word: str) -> Refused | None:
    """Return what reads the events of a node of which none was read; None for an unknown one."""
    read = {node: f"mesharr accept {node}" for node in state.node_warnings.unknown()}
    mesh = state.node.get().mesh
    for peer in read_peers(session.config_dir):
        token = keys.token_text(keys.Token(mesh, peer.name, keys.parse_key(peer.key) or b""))
        read[peer.node] = f"mesharr trust {token}" if peer.frozen else "let mesharr run here"
    for node, command in read.items():
        if word in {node, name_of(node)}:
            then = f"{after_reading(node)} take over what it owned"
            return Refused(f"no event of {node} was read here", f"{command}, {then}")
    return None


def _refusal(session: Session, state: State, node: str) -> Refused | None:
    """Return why nothing of a node can be adopted yet; None when it can."""
    trusted = {peer.node for peer in read_peers(session.config_dir) if not peer.frozen}
    if node not in trusted or has_left(state, node):
        return None
    return Refused(
        f"{node} is trusted and has not left the mesh",
        "have its household run mesharr leave, or take over single items with mesharr claim; "
        f"if it is gone for good: mesharr untrust {node}",
    )


def _print_json(takeovers: Sequence[Takeover], absent: int, dry_run: bool, refused: str) -> None:
    counts = Counter(takeover.library for takeover in takeovers)
    say_json(
        {
            "dry_run": dry_run,
            "refused": refused,
            "libraries": dict(counts),
            "not_in_this_arr": absent,
            "items": msgspec.to_builtins(list(takeovers)),
        }
    )


def _print_counts(takeovers: Sequence[Takeover], absent: int, *, every: bool) -> None:
    items = Counter(takeover.library for takeover in takeovers)
    units = Counter(dict.fromkeys(items, 0))
    for takeover in takeovers:
        units[takeover.library] += len(takeover.all_units)
    if takeovers:
        counts = [(name, number_text(items[name]), number_text(units[name])) for name in items]
        print_table(("library", "items", "units"), counts, every=True)
        rows = [(each.library, each.title, units_text(each.all_units).strip(" ()")) for each in takeovers]
        print_table(("library", "item", "units"), rows, order="item", every=every)
    else:
        say("there is nothing to adopt")
    if absent:
        note(f"{quantity(absent, 'more item is', 'more items are')} not in your apps, and unchanged")

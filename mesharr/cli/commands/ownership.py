"""Who has what: `claim` takes over an item, `adopt` what nobody has any more, `leave` gives up all."""

import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from mesharr.cli.context import DONE, FAILED, Misuse, Session, note, say, say_json, session_of
from mesharr.cli.output import MOST, print_table, printable
from mesharr.core.errors import Refused
from mesharr.core.text import quantity

if TYPE_CHECKING:
    from mesharr.node.ownership import Takeover
    from mesharr.state.state import State

AsJson = Annotated[bool, typer.Option("--json", help="print one JSON document")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="show what would be taken over; change nothing")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("claim", short_help="Take an item over: monitored here, and nowhere else.")(claim)
    app.command("adopt", short_help="Take over what a node left behind, or nobody owns.")(adopt)
    app.command("leave", short_help="Leave the mesh: give up all that this node owns.")(leave)


def claim(
    context: typer.Context,
    library: Annotated[str, typer.Argument(help="a library of mesharr.yml")],
    item: Annotated[str, typer.Argument(help="its id, as tmdb:438631, or its title or a part of it")],
    units: Annotated[
        list[str] | None, typer.Argument(metavar="UNIT", help="as S01E02; else all that have a file")
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take an item over, or some units of it: monitored here from then on, and nowhere else.

    It needs no quiet time and no limit, as monitoring it in the arr does. Units without a file are
    nobody's, and cannot be claimed. A running daemon tells it at its next poll.
    """
    from mesharr.cli import open_node  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.node.ownership import claimable  # noqa: PLC0415 - see mesharr.cli.app

    session = session_of(context)
    config = open_node.load(session)
    open_node.check_library(config, library)
    me = open_node.node_of(session, config)
    state = _state_of(session)
    with closing(state.db):
        chosen = _chosen(state, library, item)
        try:
            taking = claimable(state, library, chosen, me, units or ())
        except Refused as error:
            raise Misuse(error.what, error.fix) from error
        if taking.units and not dry_run:
            _take(state, [taking], "claimed by its person")
    if as_json:
        said = {"library": library, "item": chosen, "title": taking.title, "from": taking.units}
        say_json({**said, "dry_run": dry_run})
        return
    name = f"{library}: {printable(taking.title)}"
    if not taking.units:
        say(f"{name} is this node's already")
        return
    for owner, theirs in taking.units.items():
        say(f"{'would claim' if dry_run else 'claimed'} {name}: {_units(theirs)}, {_whose(owner)} until now")


def _state_of(session: Session) -> "State":
    import os  # noqa: PLC0415 - see mesharr.cli.app

    from mesharr.bootstrap.identity import DB_NAME, open_state  # noqa: PLC0415 - see mesharr.cli.app

    if not os.path.exists(os.path.join(session.config_dir, DB_NAME)):
        raise Refused("this node has not run yet: it knows of no item", "run mesharr run, or mesharr sync")
    return open_state(session.config_dir)


def _chosen(state: "State", library: str, word: str) -> str:
    """Return the id of the one item that is meant, and that the arr has."""
    from mesharr.node.ownership import is_here, named  # noqa: PLC0415 - see mesharr.cli.app

    found = sorted(named(state, library, word), key=lambda each: each[1])
    if not found:
        raise Misuse(f"nothing in {library} is called {word!r}", "give a part of its title, or its id")
    if len(found) > 1:
        listed = "".join(f"\n  {item}  {printable(title)}" for item, title in found[:MOST])
        more = f"\n  ... and {len(found) - MOST} more" if len(found) > MOST else ""
        raise Misuse(f"{len(found)} items of {library} match {word!r}:{listed}{more}", "give the id of one")
    item, title = found[0]
    if not is_here(state, library, item):
        raise Misuse(f"this node's arr does not have {printable(title)}", "add it there, and claim it then")
    return item


def _take(state: "State", takings: "Sequence[Takeover]", why: str) -> None:
    from mesharr.bootstrap.identity import wall_ms  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.node.ownership import take  # noqa: PLC0415 - see mesharr.cli.app

    take(state, takings, why, wall_ms())


def _units(units: Sequence[str]) -> str:
    if len(units) == 1 and ":" not in units[0]:
        return units[0]
    named = ", ".join(units[:5])
    return f"{len(units)} units ({named}{', ...' if len(units) > 5 else ''})"


def _whose(owner: str) -> str:
    return f"of {printable(owner)}" if owner else "nobody's"


def adopt(
    context: typer.Context,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="NODE", help="a node that left, or that is not trusted any more"),
    ] = None,
    library: Annotated[str | None, typer.Option("--library", help="only this library")] = None,
    ownerless: Annotated[
        bool, typer.Option("--missing-owner", help="what has files and no owner (the default without --from)")
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take over what a node left behind, or what nobody owns: monitored here from then on.

    Only what this node's arr has can be adopted. It asks before it does, unless stdin is no terminal.
    """
    from mesharr.cli import open_node  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.node.ownership import adoptable  # noqa: PLC0415 - see mesharr.cli.app

    session = session_of(context)
    config = open_node.load(session)
    if library is not None:
        open_node.check_library(config, library)
    libraries = [name for name, each in config.libraries.items() if each.app and library in {None, name}]
    me = open_node.node_of(session, config)
    state = _state_of(session)
    with closing(state.db):
        nodes = (_abandoned(session, state, me, source),) if source else ()
        found = adoptable(state, libraries, me, nodes, ownerless=ownerless or not source)
        if as_json:
            _print_json(found.takings, found.absent, dry_run)
        else:
            _print_counts(found.takings, found.absent)
        if not found.takings or dry_run:
            return
        if sys.stdin.isatty() and not as_json and not typer.confirm("take all of this over?"):
            raise typer.Exit(FAILED)
        _take(state, found.takings, f"adopted from {nodes[0]}" if nodes else "adopted: it had no owner")
    if not as_json:
        say(f"adopted {quantity(len(found.takings), 'item')}; a running daemon tells it at its next poll")


def _abandoned(session: Session, state: "State", me: str, word: str) -> str:
    """Return the label of a node that left, or is not listened to any more; its name is enough."""
    from mesharr.node.ownership import is_gone  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.state.peers import read_peers  # noqa: PLC0415 - see mesharr.cli.app

    heard = {row.stream.rpartition(".")[0] for row in state.streams.all()} - {me}
    nodes = sorted(node for node in heard if word in {node, node.rpartition("-")[0]})
    if not nodes:
        raise Misuse(
            f"nothing was ever heard here of a node {word}", f"known: {', '.join(sorted(heard)) or 'none'}"
        )
    if len(nodes) > 1:
        raise Misuse(f"{word} may be {' or '.join(nodes)}", "give the whole of it")
    trusted = {peer.node for peer in read_peers(session.config_dir) if not peer.frozen}
    if nodes[0] in trusted and not is_gone(state, nodes[0]):
        raise Refused(
            f"{nodes[0]} is trusted and has not left: what it owns is its own",
            f"claim single items with mesharr claim; when it is gone for good: mesharr untrust {nodes[0]}",
        )
    return nodes[0]


def _print_json(takings: "Sequence[Takeover]", absent: int, dry_run: bool) -> None:
    import msgspec  # noqa: PLC0415 - see mesharr.cli.app

    counts = Counter(taking.library for taking in takings)
    say_json(
        {
            "dry_run": dry_run,
            "libraries": dict(counts),
            "not_in_this_arr": absent,
            "items": msgspec.to_builtins(list(takings)),
        }
    )


def _print_counts(takings: "Sequence[Takeover]", absent: int) -> None:
    items = Counter(taking.library for taking in takings)
    units = Counter(dict.fromkeys(items, 0))
    for taking in takings:
        units[taking.library] += len(taking.all_units)
    if takings:
        print_table(("library", "items", "units"), [(name, items[name], units[name]) for name in items])
        rows = [(each.library, each.title, _units(each.all_units)) for each in takings]
        print_table(("library", "item", "units"), rows, MOST)
    else:
        say("there is nothing to adopt")
    if absent:
        note(f"{absent} more are not in this node's arr, and stay as they are")


def leave(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    as_json: AsJson = False,
) -> None:
    """Leave the mesh: what this node owns has no owner any more; files and arrs stay as they are.

    The others take it over with `mesharr adopt --from`. Stop mesharr once it is told: what this node says
    later counts again.
    """
    from mesharr.bootstrap.identity import wall_ms  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.cli import open_node  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.node.ownership import give_up, is_gone  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.state.lock import is_held  # noqa: PLC0415 - see mesharr.cli.app

    session = session_of(context)
    node = open_node.node_of(session, open_node.load(session))
    state = open_node.open_state(session.config_dir)
    with closing(state.db):
        _check_leaving(state, node, yes)
        give_up(state, node, wall_ms())
        told = is_gone(state, node)
        paused = [dirty.title or dirty.item for dirty in state.dirty.all() if dirty.why.startswith("paused:")]
    running = is_held(session.config_dir)
    if as_json:
        say_json({"node": node, "left": True, "running": running, "paused": paused})
        raise typer.Exit(DONE)
    if told:
        say(f"{node} has left: the mesh was told; stop mesharr")
    else:
        when = "at the next poll of the daemon" if running else "by the next mesharr sync"
        say(f"{node} leaves: it is told {when}; stop mesharr afterwards")
    if paused:
        say(f"monitor these again in your arr, a peer downloads them: {printable(', '.join(paused))}")


def _check_leaving(state: "State", node: str, yes: bool) -> None:
    """Return when this node is in a mesh, and its person wants to leave it."""
    if not state.notes.get("mesh"):
        raise Refused("there is nothing to leave: this node has not been in a mesh yet", "stop mesharr here")
    if yes:
        return
    if not sys.stdin.isatty():
        raise Misuse("leaving gives up all that this node owns", "say --yes")
    if not typer.confirm(f"{node} gives up all that it owns in this mesh?"):
        raise typer.Exit(FAILED)

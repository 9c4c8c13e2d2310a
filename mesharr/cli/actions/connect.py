"""Run `mesharr connect`: connect your apps to mesharr (Settings > Connect)."""

from collections.abc import Iterable, Sequence
from contextlib import closing

import typer

from mesharr.bootstrap.clock import wall_ms
from mesharr.cli.access.state import open_state
from mesharr.cli.connections import ConnectionOptions, connect_app
from mesharr.cli.context import FAILED, Misuse, note, say_json, session_of
from mesharr.cli.output import print_table
from mesharr.cli.terminal.busy import busy
from mesharr.config import load_config
from mesharr.node.status.connections import note_connection

_CONNECTED = frozenset({"made", "changed", "unchanged"})


def connect(
    context: typer.Context, apps: Sequence[str], options: ConnectionOptions, *, as_json: bool
) -> None:
    """Add mesharr to apps, none for all (Settings > Connect), with all triggers it needs."""
    session = session_of(context)
    config = load_config(session.config_dir, session.environ)
    if not config.apps:
        raise Misuse("no app is configured", "add your apps under `apps` in mesharr.yml")
    for name in apps:
        if name not in config.apps:
            raise Misuse(f"there is no app {name}", f"known: {', '.join(sorted(config.apps))}")
    with busy("connecting the apps", quiet=as_json):
        done = [connect_app(config, name, options) for name in apps or config.apps]
    _note_connected(session.config_dir, [each.app for each in done if each.outcome in _CONNECTED])
    if as_json:
        say_json(
            {
                "apps": [
                    {"app": each.app, "outcome": each.outcome, "target": each.target, "why": each.why}
                    for each in done
                ]
            }
        )
    else:
        rows = [(each.app, each.outcome, each.target) for each in done]
        print_table(("app", "connection", "target"), rows, every=True)
        for each in done:
            if each.why:
                note(f"{each.app}: {each.why}")
    if any(each.outcome == "failed" for each in done):
        raise typer.Exit(FAILED)


def _note_connected(config_dir: str, apps: Iterable[str]) -> None:
    """Have `status` no longer say that the connections of these apps are lost."""
    state = open_state(config_dir)
    with closing(state.db):
        for app in apps:
            note_connection(state, app, "", wall_ms())

"""Check the setup and suggest fixes."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated

import msgspec
import typer

from mesharr.bootstrap.engine import Runtime, open_apps, open_libraries, open_rclone, open_scanners
from mesharr.bootstrap.files import open_disk
from mesharr.bootstrap.store import hears_peers
from mesharr.cli import open_node
from mesharr.cli.connections import hook_url, in_container, open_connections
from mesharr.cli.context import WAITING, Session, command_app, say, say_json, session_of
from mesharr.cli.output import printable
from mesharr.disk.mounts import read_mountinfo
from mesharr.doctor import examine
from mesharr.doctor.diagnosis import Diagnosis
from mesharr.doctor.house import House
from mesharr.node.model import Me
from mesharr.node.status.report import report
from mesharr.state.peers import read_peers

app = command_app()


@app.command()
def doctor(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="also what is as it should be")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Look at mounts, libraries, arrs, media servers, uploads and peers; change nothing.

    Works beside a running daemon. The exit code is 3 when something is wrong; what could merely be better
    is shown and changes no exit code.
    """
    found: list[Diagnosis] = []
    with opened_house(session_of(context)) as house:
        for diagnosis in examine(house):
            found.append(diagnosis)
            if not as_json and (everything or diagnosis.level != "good"):
                _print(diagnosis)
    if as_json:
        say_json({"found": msgspec.to_builtins(found)})
    else:
        counts = {level: sum(each.level == level for each in found) for level in ("good", "note", "wrong")}
        say(f"{counts['wrong']} wrong, {counts['note']} to think about, {counts['good']} good")
    if any(each.level == "wrong" for each in found):
        raise typer.Exit(WAITING)


def _print(diagnosis: Diagnosis) -> None:
    say(f"{_MARKS[diagnosis.level]}  {diagnosis.subject}: {printable(diagnosis.what)}")
    if diagnosis.fix:
        say(f"       {printable(diagnosis.fix)}")


_MARKS = {"good": "good ", "note": "note ", "wrong": "WRONG"}


@contextmanager
def opened_house(session: Session) -> Iterator[House]:
    """Open the node of a session; nothing of it is changed."""
    config = open_node.load(session)
    node = open_node.node_of(session, config)
    state, disk = open_node.open_state(session.config_dir), open_disk(10.0)
    with closing(state.db), closing(disk):
        known = state.notes.get("mesh")
        mesh, seen = open_node.look(config, known, state.notes.get("store:ground"))
        mesh_id = known or (mesh.id if mesh else "")
        runtime = Runtime(config_dir=session.config_dir, config=config, state=state, disk=disk)
        scanners = open_scanners(runtime)
        yield House(
            config=config,
            state=state,
            disk=disk,
            report=report(state, Me(node, config.node, mesh_id), read_peers(session.config_dir), seen),
            libraries=open_libraries(runtime, mesh_id, {}),
            apps=open_apps(runtime),
            scanners={name: scanner for name, (_, scanner) in scanners.items()},
            lacking=lambda name: open_connections(config, name).missing_triggers(hook_url(config, name)),
            hears=lambda: hears_peers(config, disk),
            remotes=lambda: open_rclone(config).remotes(),
            mountinfo=read_mountinfo(),
            in_container=in_container(),
        )

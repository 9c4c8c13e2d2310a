"""Run `mesharr doctor`: check the setup and suggest fixes."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial

import msgspec
import typer

from mesharr.bootstrap.engine import (
    Runtime,
    open_apps,
    open_libraries,
    open_notifier,
    open_scanners,
)
from mesharr.bootstrap.files import open_disk
from mesharr.bootstrap.mount_check import check_mounts
from mesharr.bootstrap.store import why_peers_are_late
from mesharr.bootstrap.uploaders import open_folder_uploader, open_rclone
from mesharr.cli.access.config import load, node_of
from mesharr.cli.access.state import readable_state
from mesharr.cli.connections import connection_problem, in_container
from mesharr.cli.context import DOUBTFUL, DOWN, WAITING, WRONG, Session, say, say_json, session_of
from mesharr.cli.output import printable
from mesharr.cli.terminal.busy import Doing, busy
from mesharr.config import outline_of
from mesharr.core.text import quantity
from mesharr.disk.mounts import read_mountinfo
from mesharr.disk.programs import running_programs
from mesharr.doctor.all_checks import run_checks
from mesharr.doctor.check_result import CheckResult
from mesharr.doctor.mount_server import is_served_here
from mesharr.doctor.node_setup import NodeSetup
from mesharr.node.model import Me
from mesharr.node.status.report import report
from mesharr.settings.models import Config
from mesharr.state.peers import read_peers

CHECKING = "checking the setup"
"""What is shown while the checks run."""


def doctor(context: typer.Context, *, everything: bool, as_json: bool) -> None:
    """Check mounts, libraries, apps, media servers, uploads and peers."""
    session = session_of(context)
    with busy(CHECKING, quiet=as_json) as doing, open_setup(session, load(session)) as setup:
        found = gathered(run_checks(setup), doing)
    if as_json:
        say_json({"found": msgspec.to_builtins(found)})
    else:
        print_results(found, everything=everything)
    end_by(found)


def gathered(results: Iterable[CheckResult], doing: Doing) -> Sequence[CheckResult]:
    """Return all results of checks, each of which may take seconds; show how many there are."""
    found: list[CheckResult] = []
    for result in results:
        if result in found:
            continue  # two ways to prove one thing say it once
        found.append(result)
        doing(f"{CHECKING}: {quantity(len(found), 'result')}")
    return found


def print_results(found: Sequence[CheckResult], *, everything: bool) -> None:
    """Print results and how many there are of each level; what is ok only with `everything`."""
    for result in found:
        if everything or result.level != "good":
            _print(result)
    counts = {level: sum(each.level == level for each in found) for level in ("good", "note", "wrong")}
    wrong, warnings = quantity(counts["wrong"], "error"), quantity(counts["note"], "warning")
    say(f"{wrong}, {warnings}, {counts['good']} ok")


def end_by(results: Sequence[CheckResult]) -> None:
    """End the command with the exit code of these results; return when none is wrong."""
    errors = [each for each in results if each.level == "wrong"]
    if errors:
        raise typer.Exit(DOWN if all(each.down for each in errors) else WAITING)


def checked(session: Session, config: Config) -> tuple[CheckResult, ...]:
    """Return the results of all checks of the setup of a session's node."""
    with open_setup(session, config) as setup:
        return tuple(run_checks(setup))


def _print(result: CheckResult) -> None:
    say(f"{_MARKS[result.level]}  {result.subject}: {printable(result.what)}", _COLOURS[result.level])
    if result.fix:
        say(f"         fix: {printable(result.fix)}")


_MARKS = {"good": "ok     ", "note": "warning", "wrong": "ERROR  "}
_COLOURS = {"good": "", "note": DOUBTFUL, "wrong": WRONG}


@contextmanager
def open_setup(session: Session, config: Config) -> Iterator[NodeSetup]:
    """Open the setup of a session's node; nothing is changed."""
    node = node_of(session, config)
    state, disk = readable_state(session.config_dir), open_disk(10.0)
    with closing(state.db), closing(disk):
        known = state.node.get().mesh
        mesh, seen = check_mounts(outline_of(config), state, session.config_dir)
        mesh_id = known or (mesh.id if mesh else "")
        runtime = Runtime(config_dir=session.config_dir, config=config, state=state, disk=disk)
        scanners = open_scanners(runtime)
        yield NodeSetup(
            config=config,
            state=state,
            disk=disk,
            report=report(state, Me(node, config.node, mesh_id), read_peers(session.config_dir), seen),
            libraries=open_libraries(runtime, mesh_id, {}),
            apps=open_apps(runtime),
            scanners={name: scanner for name, (_, scanner) in scanners.items()},
            connection_problem=partial(connection_problem, config),
            check_peers_visible=lambda: why_peers_are_late(config, disk),
            rclone_remotes=lambda: open_rclone(config).remotes(),
            read_remote=lambda target, limit: open_rclone(config).read(target, limit),
            remote_has_hash=lambda target: open_rclone(config).has_hash(target),
            folder_uploader=open_folder_uploader(config),
            open_notifier=open_notifier,
            programs=tuple(running_programs()),
            mountinfo=read_mountinfo(),
            mounted_here=is_served_here,
            in_container=in_container(),
        )

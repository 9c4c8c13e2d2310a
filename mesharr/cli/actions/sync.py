"""Run `mesharr sync`: do everything once: read, compare, publish, change the apps."""

import os
import time
from collections.abc import Sequence
from contextlib import closing
from functools import partial

import msgspec
import typer

from mesharr import logs
from mesharr.bootstrap.clock import wall_ms
from mesharr.bootstrap.engine import (
    Runtime,
    app_of,
    build_engine,
    run_dry,
)
from mesharr.bootstrap.files import open_disk
from mesharr.bootstrap.identity import open_state
from mesharr.bootstrap.node_key import load_key
from mesharr.bootstrap.store import open_store, read_mesh
from mesharr.cli.access.config import load
from mesharr.cli.access.state import copied_state
from mesharr.cli.actions.status import report_of
from mesharr.cli.context import FAILED, WAITING, Session, note, say, say_json, session_of
from mesharr.cli.output import print_table, printable
from mesharr.cli.status_text import counter_label, print_asks, print_first_days, print_waiting
from mesharr.cli.terminal.busy import busy
from mesharr.cli.terminal.progress import progress_shown
from mesharr.config import Config, secrets_of
from mesharr.core.errors import Refused
from mesharr.core.text import number_text
from mesharr.daemon.durable_inbox import DurableInbox
from mesharr.disk.child import Disk
from mesharr.inbound import spool
from mesharr.log.keys import NodeKey
from mesharr.node.passes import sync as node_sync
from mesharr.node.passes.dry_run import DryRunReport, PlannedAction
from mesharr.node.passes.sync import SyncResult
from mesharr.state.lock import Busy, hold_lock
from mesharr.state.state import State


def sync(context: typer.Context, *, dry_run: bool, every: bool, as_json: bool) -> None:
    """Read the peers' events, compare, publish, and change the apps: once, then exit."""
    session = session_of(context)
    # read before anything is created in a config dir that cannot be used
    config, key = load(session), load_key(session.config_dir)
    if dry_run:
        _dry(session, config, key, every=every, as_json=as_json)
        return
    try:
        with hold_lock(session.config_dir):
            done = _run(session, config, key, quiet=as_json)
        _print(session, done, every=every, as_json=as_json)
    except Busy:
        _request(session, as_json)


def _request(session: Session, as_json: bool) -> None:
    """Leave a request for the daemon, which checks for it at each poll."""
    state = open_state(session.config_dir)
    with closing(state.db):
        state.node.request_sync(wall_ms())
    if as_json:
        say_json({"requested": True})
    else:
        say("the daemon is running: it compares all libraries now; see `mesharr status`")


def _run(session: Session, config: Config, key: NodeKey, *, quiet: bool) -> SyncResult:
    state = open_state(session.config_dir, locked=True)
    take_down = logs.setup("warning", "text", None, secrets_of(config))
    disk = open_disk()
    try:
        _drain(session, config, state)
        runtime = Runtime(config_dir=session.config_dir, config=config, state=state, disk=disk)
        return _synced(runtime, key, quiet=quiet)
    finally:
        state.db.close()
        disk.close()
        take_down()


def _synced(runtime: Runtime, key: NodeKey, *, quiet: bool) -> SyncResult:
    mesh_id = _mesh_id(runtime.config, runtime.state, runtime.disk)
    engine, uploader = build_engine(runtime, mesh_id, key)
    try:
        with progress_shown(engine.first_day, quiet=quiet):
            return node_sync.sync(engine, _compared(runtime.config), time.sleep)
    finally:
        if uploader:
            uploader.stop()


def _compared(config: Config) -> list[str]:
    return [name for name, library in config.libraries.items() if library.app]


def _mesh_id(config: Config, state: State, disk: Disk) -> str:
    """Return the id of the store's mesh; raise `Refused` when this node belongs to another one."""
    store = open_store(config, disk)
    store.check_available()
    found = read_mesh(store).id
    known = state.node.get().mesh
    if known and known != found:
        raise Refused(
            f"the store belongs to the mesh {found}, this node to {known}",
            "mount the right remote, or start with an empty config directory to join this mesh",
        )
    return found


def _drain(session: Session, config: Config, state: State) -> None:
    """Read what the apps' scripts left in the spool while no daemon ran."""
    inbox = DurableInbox(state, wall_ms, lambda: None)
    spool.drain(os.path.join(session.config_dir, "spool"), inbox, partial(app_of, config))


def _print(session: Session, done: SyncResult, *, every: bool, as_json: bool) -> None:
    found = report_of(session)
    if as_json:
        said = msgspec.to_builtins(found)
        waits = {name: said[name] for name in ("waiting", "uploads", "scans", "asks")}
        say_json({"done": done.done, "problems": done.problems, **waits})
    else:
        if done.done:
            rows = [(counter_label(name), number_text(n)) for name, n in done.done.items()]
            print_table(("done", "how many"), rows, every=True)
        elif not done.problems:
            say("nothing to do")
        print_asks(found.asks, every=every)
        print_first_days(found)
        print_waiting(found, every=every)
        _note_problems(done.problems)
    if done.problems:
        raise typer.Exit(FAILED)
    if found.asks:
        raise typer.Exit(WAITING)


def _note_problems(problems: Sequence[str]) -> None:
    for problem in problems:
        note(printable(problem))


def _dry(session: Session, config: Config, key: NodeKey, *, every: bool, as_json: bool) -> None:
    state = copied_state(session.config_dir)
    take_down = logs.setup("error", "text", None, secrets_of(config))
    disk = open_disk()
    try:
        runtime = Runtime(config_dir=session.config_dir, config=config, state=state, disk=disk)
        with busy("looking what would be done", quiet=as_json):
            found = run_dry(runtime, _mesh_id(config, state, disk), key)
        waits = bool(any(hold.waits for hold in state.holds.all()) or state.refusals.all())
    finally:
        state.db.close()
        disk.close()
        take_down()
    _print_report(found, every=every, as_json=as_json)
    if found.problems:
        raise typer.Exit(FAILED)
    if waits:
        raise typer.Exit(WAITING)


def _print_report(found: DryRunReport, *, every: bool, as_json: bool) -> None:
    if as_json:
        say_json(msgspec.to_builtins(found))
        return
    if found.publish:
        say(f"would publish ({len(found.publish)}):")
        rows = [(each.library, each.item, each.type, each.after, each.why) for each in found.publish]
        print_table(("library", "item", "event", "after", "why"), rows, order="item", every=every)
    _print_actions("would do", [each for each in found.do if not each.held], every=every)
    held = [each for each in found.do if each.held]
    _print_actions("would need your approval", held, every=every)
    _print_actions("would wait for", found.wait, every=every)
    if not (found.publish or found.do or found.problems):
        say("nothing to do")
    _note_problems(found.problems)


def _print_actions(title: str, actions: Sequence[PlannedAction], *, every: bool) -> None:
    if actions:
        say(f"{title} ({len(actions)}):")
        rows = [(each.library, each.title, each.action, each.held or each.why) for each in actions]
        print_table(("library", "item", "action", "why"), rows, order="item", every=every)

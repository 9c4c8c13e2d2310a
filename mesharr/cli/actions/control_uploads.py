"""Run `mesharr uploads` with --pause, --resume, --retry or --existing."""

from contextlib import closing

import msgspec
import typer

from mesharr.bootstrap import identity
from mesharr.bootstrap.clock import wall_ms
from mesharr.bootstrap.engine import Runtime, open_apps, open_libraries
from mesharr.bootstrap.files import open_disk
from mesharr.cli.access.config import load
from mesharr.cli.access.database import note_when_it_applies
from mesharr.cli.access.state import open_state
from mesharr.cli.actions.retry import retry
from mesharr.cli.actions.uploads import print_list
from mesharr.cli.context import FAILED, Session, note, say, say_json, session_of
from mesharr.cli.output import printable
from mesharr.cli.terminal.busy import busy
from mesharr.core.errors import MesharrError
from mesharr.core.text import quantity, size_text
from mesharr.node.joining.existing_files import Queued, queue_existing


def pause_uploads(context: typer.Context, *, paused: bool, as_json: bool) -> None:
    """Pause the uploads, or have all of them go on, and list them."""
    session = session_of(context)
    state, now = open_state(session.config_dir), wall_ms()
    with closing(state.db), state.transaction():
        if paused:
            state.node.pause_uploads(state.node.get().uploads_paused or now)
        else:
            state.node.pause_uploads(0)
            state.uploads.retry(now)
    if not (paused or as_json):
        say("uploads go on")
        note_when_it_applies(session.config_dir)
    print_list(session, as_json)


def retry_uploads(context: typer.Context, *, as_json: bool) -> None:
    """Try all uploads now."""
    retry(context, scans=False, items=False, uploads=True, as_json=as_json)


def upload_existing(context: typer.Context, *, as_json: bool) -> None:
    """Queue the files that existed before mesharr."""
    session = session_of(context)
    with busy("looking for existing files", quiet=as_json):
        done, problems = _queued(session)
    if as_json:
        say_json({"queued": msgspec.to_builtins(done), "problems": problems})
    else:
        for each in done:
            found = f"; {each.found} were on the drive already, and are published" if each.found else ""
            said = f"{quantity(each.files, 'file')} ({size_text(each.size)}) to upload"
            say(f"{each.library}: {said}{found}")
        for problem in problems:
            note(printable(problem))
    if problems:
        raise typer.Exit(FAILED)


def _queued(session: Session) -> tuple[list[Queued], list[str]]:
    """Queue the existing files of each library; return what was queued, and why some was not."""
    config = load(session)
    done: list[Queued] = []
    problems: list[str] = []
    disk = open_disk()
    state = identity.open_state(session.config_dir)
    try:
        runtime = Runtime(config_dir=session.config_dir, config=config, state=state, disk=disk)
        apps = open_apps(runtime)
        for library in open_libraries(runtime, state.node.get().mesh, {}).values():
            try:
                if library.app:
                    done.append(queue_existing(library, apps[library.app].arr, state, runtime.clock()))
            except MesharrError as error:
                problems.append(f"{library.name}: {error}")
    finally:
        state.db.close()
        disk.close()
    return done, problems

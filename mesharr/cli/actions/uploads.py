"""Run `mesharr uploads`: list the uploads; with --existing, also upload existing files."""

from contextlib import closing

import msgspec
import typer

from mesharr.bootstrap.engine import Runtime, open_apps, open_libraries
from mesharr.bootstrap.files import open_disk
from mesharr.bootstrap.identity import open_state
from mesharr.cli import open_node
from mesharr.cli.context import FAILED, Session, note, say, say_json, session_of
from mesharr.cli.output import printable
from mesharr.cli.status_text import print_uploads
from mesharr.core.errors import MesharrError
from mesharr.core.text import quantity
from mesharr.node.joining.existing_files import Queued, queue_existing
from mesharr.node.reports.documents import uploads_document


def uploads(context: typer.Context, *, existing: bool, as_json: bool) -> None:
    """List the uploads; with --existing, queue the files that existed before mesharr."""
    session = session_of(context)
    if existing:
        _queue(session, as_json)
    else:
        _list(session, as_json)


def _list(session: Session, as_json: bool) -> None:
    state = open_node.open_state(session.config_dir)
    with closing(state.db):
        found = uploads_document(state)
    if as_json:
        say_json(msgspec.to_builtins(found))
    elif found.uploads:
        print_uploads(found.uploads)
    else:
        say("no uploads")


def _queue(session: Session, as_json: bool) -> None:
    done, problems = _queued(session)
    if as_json:
        say_json({"queued": msgspec.to_builtins(done), "problems": problems})
    else:
        for each in done:
            found = f"; {each.found} were on the drive already, and are published" if each.found else ""
            said = f"{quantity(each.files, 'file')} ({each.size:,} bytes) to upload"
            say(f"{each.library}: {said}{found}")
        for problem in problems:
            note(printable(problem))
    if problems:
        raise typer.Exit(FAILED)


def _queued(session: Session) -> tuple[list[Queued], list[str]]:
    """Queue the existing files of each library; return what was queued, and why some was not."""
    config = open_node.load(session)
    done: list[Queued] = []
    problems: list[str] = []
    disk = open_disk()
    state = open_state(session.config_dir)
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

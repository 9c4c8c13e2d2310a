"""Run `mesharr uploads`: list, pause, resume or retry them, or queue existing files."""

from contextlib import closing
from functools import partial

import msgspec
import typer

from mesharr.bootstrap.engine import Runtime, open_apps, open_libraries
from mesharr.bootstrap.files import open_disk
from mesharr.bootstrap.identity import open_state, wall_ms
from mesharr.cli import open_node
from mesharr.cli.actions.retry import retry
from mesharr.cli.context import FAILED, Misuse, Session, note, say, say_json, session_of
from mesharr.cli.output import printable, watched
from mesharr.cli.status_text import print_upload_limits, print_uploads
from mesharr.core.errors import MesharrError
from mesharr.core.text import quantity
from mesharr.node.joining.existing_files import Queued, queue_existing
from mesharr.node.reports.documents import uploads_document


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the command: at most one of these; none lists the uploads once."""

    watch: bool
    pause: bool
    resume: bool
    retry: bool
    existing: bool


def uploads(context: typer.Context, ask: Ask, *, as_json: bool) -> None:
    """List the uploads, pause, resume or retry them, or queue existing files."""
    session = session_of(context)
    asked = [name for name, is_asked in msgspec.structs.asdict(ask).items() if is_asked]
    if len(asked) > 1:
        raise Misuse(f"--{asked[0]} and --{asked[1]} were given", "give one of them")
    if ask.existing:
        _queue(session, as_json)
    elif ask.watch:
        watched(partial(_list, session, as_json))
    elif ask.retry:
        retry(context, scans=False, items=False, uploads=True, as_json=as_json)
    elif ask.pause or ask.resume:
        _pause(session, paused=ask.pause)
        _list(session, as_json)
    else:
        _list(session, as_json)


def _pause(session: Session, *, paused: bool) -> None:
    """Pause the uploads, or have all of them go on."""
    state, now = open_node.open_state(session.config_dir), wall_ms()
    with closing(state.db), state.transaction():
        if paused:
            state.node.pause_uploads(state.node.get().uploads_paused or now)
        else:
            state.node.pause_uploads(0)
            state.uploads.retry(now)


def _list(session: Session, as_json: bool) -> None:
    state = open_node.open_state(session.config_dir)
    with closing(state.db):
        found = uploads_document(state, wall_ms())
    if as_json:
        say_json(msgspec.to_builtins(found))
        return
    print_upload_limits(found.limits)
    if found.uploads:
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

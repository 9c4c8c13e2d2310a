"""Run `mesharr uploads --existing`: also upload the files that existed before mesharr."""

import click
import msgspec

from mesharr.bootstrap.engine import Runtime, open_apps, open_libraries
from mesharr.bootstrap.files import open_disk
from mesharr.bootstrap.identity import open_state
from mesharr.cli.access.config import load
from mesharr.cli.context import FAILED, Session, note, say, say_json
from mesharr.cli.output import printable
from mesharr.core.errors import MesharrError
from mesharr.core.text import quantity
from mesharr.node.joining.existing_files import Queued, queue_existing


def upload_existing(session: Session, *, as_json: bool) -> None:
    """Queue the files that existed before mesharr."""
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
        raise click.exceptions.Exit(FAILED)


def _queued(session: Session) -> tuple[list[Queued], list[str]]:
    """Queue the existing files of each library; return what was queued, and why some was not."""
    config = load(session)
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

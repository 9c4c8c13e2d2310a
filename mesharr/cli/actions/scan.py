"""Run `mesharr scan`: put folders into the queues of the media servers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
import typer

from mesharr.bootstrap.clock import wall_ms
from mesharr.bootstrap.engine import Runtime, open_libraries, scanner_names
from mesharr.bootstrap.files import open_disk
from mesharr.cli.access.config import load
from mesharr.cli.access.state import open_state
from mesharr.cli.context import Misuse, say, say_json, session_of
from mesharr.cli.output import printable
from mesharr.cli.terminal.busy import busy
from mesharr.core.errors import Unavailable
from mesharr.core.paths import folder_of
from mesharr.disk.local_branch import is_media
from mesharr.node.model import Library
from mesharr.scanners.base import ScannerSettings, parts_under
from mesharr.settings.models import Config


class Requested(msgspec.Struct, frozen=True):
    """A folder that media servers are asked to scan."""

    library: str
    folder: str
    """Relative to the library, "" for all of it."""
    scanners: tuple[str, ...]
    """The names of the servers."""


def scan(context: typer.Context, paths: Sequence[str], *, as_json: bool) -> None:
    """Have the media servers scan folders, by any of their paths."""
    session = session_of(context)
    config = load(session)
    servers, disk = scanner_names(config), open_disk()
    state = open_state(session.config_dir)
    try:
        runtime = Runtime(config_dir=session.config_dir, config=config, state=state, disk=disk)
        with busy("looking for the folders", quiet=as_json):
            libraries = open_libraries(runtime, state.node.get().mesh, servers)
            found = [_request(path, config, servers, libraries) for path in paths]
        with state.transaction():
            for each in found:
                state.scans.put(each.scanners, each.library, each.folder, wall_ms())
    finally:
        state.db.close()
        disk.close()
    if as_json:
        say_json({"scans": msgspec.to_builtins(found)})
        return
    for each in found:
        place = f"{each.library}: {printable(each.folder) or 'the whole library'}"
        say(f"{place}: to be scanned by {', '.join(each.scanners)}")


def _request(
    path: str,
    config: Config,
    servers: Mapping[str, ScannerSettings],
    libraries: Mapping[str, Library],
) -> Requested:
    """Return what a path asks for.

    Raises `Misuse` when it is in no library, or in one that nobody scans.
    """
    places = list(_places(config, servers))
    found = [
        (len(root), name, "/".join(below))
        for name, root in places
        if (below := parts_under(root, path)) is not None
    ]
    if not found:
        known = ", ".join(dict.fromkeys(root for _, root in places))
        raise Misuse(f"{printable(path)} is in no library", f"known folders: {known}")
    _, name, relative = max(found)
    library = libraries[name]
    if not library.scan_roots:
        raise Misuse(f"no media server scans {name}", "name one under scanners in mesharr.yml")
    folder = folder_of(relative) if relative and _is_file(library, relative) else relative
    return Requested(name, folder, tuple(library.scan_roots))


def _places(config: Config, servers: Mapping[str, ScannerSettings]) -> Iterator[tuple[str, str]]:
    """Yield each library with each folder that a program sees it at."""
    for name, library in config.libraries.items():
        own: Iterable[str | None] = (library.path, library.root, library.cloud, library.local, library.scan)
        for root in (*own, *(server.paths.get(name) for server in servers.values())):
            if root:
                yield name, root


def _is_file(library: Library, path: str) -> bool:
    """Return whether a library path is a file; one that is gone, as far as its name tells."""
    try:
        if library.storage.sizes((path,), fresh=False)[path] is not None:
            return True
    except Unavailable:
        pass  # the scan waits for the mount
    return is_media(path)

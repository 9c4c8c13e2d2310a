"""Prove that path, cloud, local, remote and the root of an app are one library.

The anchor is in `cloud`, so `path`, the app's root and `remote` have to show it too. A file of the doctor's
own in `local` has to show in `path` and in the app's root, and not in `cloud`; it is removed again.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mesharr.core.errors import MesharrError, Unavailable
from mesharr.core.paths import at
from mesharr.disk.child import Missing
from mesharr.doctor.check_result import CheckResult
from mesharr.doctor.node_setup import NodeSetup
from mesharr.node.model import Library
from mesharr.node.outward.upload_paths import ANCHOR, check_remote
from mesharr.settings.models import LibrarySettings

_Check = Callable[[NodeSetup, Library, LibrarySettings], Iterator[CheckResult]]
_CONTENT = b"mesharr doctor was here; this file may be deleted\n"


def own_file_views(setup: NodeSetup) -> Iterator[CheckResult]:
    """Prove the folders of each library by a file of mesharr's own, before a mesh has anchors."""
    for name, library in setup.libraries.items():
        places = setup.config.libraries[name]
        yield from _results(_local if places.local else _whole, setup, library, places)


def views(setup: NodeSetup) -> Iterator[CheckResult]:
    """Prove the folders of each library."""
    for name, library in setup.libraries.items():
        fixes: set[str] = set()
        for check in (_remote, _local, _anchor):
            for result in _results(check, setup, library, setup.config.libraries[name]):
                if result.level == "good" or result.fix not in fixes:
                    yield result
                fixes.add(result.fix)


def _results(
    check: _Check, setup: NodeSetup, library: Library, places: LibrarySettings
) -> Iterator[CheckResult]:
    try:
        yield from check(setup, library, places)
    except MesharrError as error:
        yield _wrong(library, error.what, error.fix)


def _remote(setup: NodeSetup, library: Library, _: LibrarySettings) -> Iterator[CheckResult]:
    """Prove that uploads arrive where `cloud` shows them."""
    if library.remote:
        check_remote(setup.read_remote, library)
        yield CheckResult(f"library {library.name}", "good", f"{library.remote} has its anchor")


def _anchor(setup: NodeSetup, library: Library, places: LibrarySettings) -> Iterator[CheckResult]:
    """Prove that the drive's files show in `path` and for the app."""
    if not setup.report.libraries[library.name].available:
        return
    if places.path != places.cloud and setup.disk.stat(at(places.path, ANCHOR)) is None:
        what = f"{places.path} does not show what is in {places.cloud}: {ANCHOR} is missing there"
        yield _wrong(library, what, "path has to be the union of local and cloud, as the app uses it")
        return
    yield from _seen_by_app(setup, library, places, ANCHOR)


def _local(setup: NodeSetup, library: Library, places: LibrarySettings) -> Iterator[CheckResult]:
    """Prove with a file that `local` is a branch of `path`."""
    if not places.local:
        return
    found = setup.disk.stat(places.local)
    if found is None or not found.is_dir:
        what = f"local {places.local} " + ("does not exist" if found is None else "is no folder")
        yield _wrong(library, what, "correct local, or make that folder")
        return
    try:
        with _own_file(setup, places.local) as name:
            yield from _shown(setup, library, places, name)
    except _NotWritable as error:
        fix = "let the user that mesharr runs as write there: it removes uploaded files from it"
        yield _wrong(library, f"local {places.local} cannot be written to: {error.what}", fix)


def _whole(setup: NodeSetup, library: Library, places: LibrarySettings) -> Iterator[CheckResult]:
    """Prove by a file in `path` that it is the app's root; skip a folder that takes none."""
    try:
        with _own_file(setup, places.path) as name:
            yield from _seen_by_app(setup, library, places, name)
    except _NotWritable:
        return


def _shown(setup: NodeSetup, library: Library, places: LibrarySettings, name: str) -> Iterator[CheckResult]:
    shown, cloud = setup.disk.stat(at(places.path, name)), setup.disk.stat(at(places.cloud, name))
    if cloud is not None:
        what = f"local {places.local} and cloud {places.cloud} are one folder"
        yield _wrong(
            library, what, "local is the folder with new files, before their upload: correct one of them"
        )
    elif shown is None and places.path != places.cloud:  # the library's check says so when the two are one
        what = f"local {places.local} is not below path {places.path}: a file in it does not show there"
        yield _wrong(
            library, what, "set local to the branch of the union that takes new files, or correct path"
        )
    elif shown is not None:
        what = f"a file in {places.local} shows in {places.path}"
        yield CheckResult(f"library {library.name}", "good", what)
        yield from _seen_by_app(setup, library, places, name)


def _seen_by_app(
    setup: NodeSetup, library: Library, places: LibrarySettings, name: str
) -> Iterator[CheckResult]:
    """Prove that the app's root is `path`."""
    link = setup.apps.get(library.app)
    if link is None:
        return
    title = link.kind.title
    try:
        seen = link.arr.has_file(at(library.root, name))
    except MesharrError:
        return  # the check of the apps says so
    if not seen:
        what = f"{title} does not see {library.root}/{name}, and it is in {places.path} here"
        where = f"root ({library.root}) and path ({places.path})"
        yield _wrong(library, what, f"{where} have to be one folder, also inside {title}'s container")
    else:
        what = f"{library.root} in {title} shows what {places.path} shows here"
        yield CheckResult(f"library {library.name}", "good", what)


class _NotWritable(Unavailable):
    pass


@contextmanager
def _own_file(setup: NodeSetup, folder: str) -> Iterator[str]:
    """Put a file of a new name into a folder while the block runs."""
    name = f".mesharr-doctor-{secrets.token_hex(4)}"
    try:
        setup.disk.create(at(folder, name), _CONTENT)
    except Missing:
        raise
    except Unavailable as error:
        raise _NotWritable(error.what, error.fix) from error
    try:
        yield name
    finally:
        setup.disk.unlink(at(folder, name))


def _wrong(library: Library, what: str, fix: str) -> CheckResult:
    return CheckResult(f"library {library.name}", "wrong", what, fix)

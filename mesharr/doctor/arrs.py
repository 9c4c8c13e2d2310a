"""Check that the apps are reachable, safely set up, connected, and see the same files."""

from collections.abc import Iterator
from itertools import islice

from mesharr.core.arr.snapshot import Snapshot, snapshot_of
from mesharr.core.errors import MesharrError
from mesharr.core.paths import unicode_form
from mesharr.core.text import unequal_sizes
from mesharr.doctor.check_result import CheckResult, failed
from mesharr.doctor.node_setup import NodeSetup
from mesharr.node.model import AppLink, Library
from mesharr.node.status.connections import connect_command
from mesharr.scanners.base import is_windows_path

FILES_TO_PROVE = 3
"""How many files of a library are compared with the drive."""
ITEMS_TO_READ = 200
"""Among how many items of the app those files are chosen."""


def arrs(setup: NodeSetup) -> Iterator[CheckResult]:
    """Check each configured app, and the libraries it manages."""
    for name, link in setup.apps.items():
        subject = f"app {name}"
        try:
            info = link.arr.library_info()
        except MesharrError as error:
            fix = error.fix or f"check that {link.kind.title} runs, and its url in mesharr.yml"
            yield failed(subject, error, fix)
            continue
        yield CheckResult(
            subject, "good", f"{link.kind.title} {info.version} answers and accepts the API key"
        )
        yield from _reachable(setup, subject, name, link)


def _reachable(setup: NodeSetup, subject: str, name: str, link: AppLink) -> Iterator[CheckResult]:
    """Run the other checks of an app that answers; a check that fails is one more result."""
    for check in (_settings, _connection, _roots, _paths):
        try:
            yield from check(setup, subject, name, link)
        except MesharrError as error:
            yield failed(subject, error)


def _settings(_setup: NodeSetup, subject: str, _name: str, link: AppLink) -> Iterator[CheckResult]:
    link.arr.check_settings()
    for problem in link.arr.setting_problems():
        yield CheckResult(subject, "note", problem.what, problem.fix)


def _connection(setup: NodeSetup, subject: str, name: str, link: AppLink) -> Iterator[CheckResult]:
    if problem := setup.connection_problem(name):
        yield CheckResult(subject, "wrong", problem, connect_command(name))
    else:
        yield CheckResult(subject, "good", f"{link.kind.title} sends its events to mesharr")


def _roots(setup: NodeSetup, subject: str, name: str, link: AppLink) -> Iterator[CheckResult]:
    roots = link.arr.roots()
    if windows := sorted(filter(is_windows_path, roots)):
        what = f"{link.kind.title} runs on Windows: its root folder is {windows[0]}"
        fix = "mesharr cannot follow Windows paths: run it on Linux, also in Docker or WSL"
        yield CheckResult(subject, "wrong", what, fix)
        return
    reachable = {unicode_form(root): reached for root, reached in roots.items()}
    for library in _libraries_of(setup, name):
        if unicode_form(library.root) not in reachable:
            known = ", ".join(sorted(roots)) or "none"
            what = f"{library.root} (library {library.name}) is no root folder of {link.kind.title}"
            yield CheckResult(subject, "wrong", what, f"set root to one of: {known}; or add it there")
        elif not reachable[unicode_form(library.root)]:
            what = f"{link.kind.title} cannot reach its root folder {library.root}"
            yield CheckResult(subject, "wrong", what, f"mount it for {link.kind.title} too")


def _paths(setup: NodeSetup, _subject: str, name: str, link: AppLink) -> Iterator[CheckResult]:
    """Prove `root` and `path` of each library with files that the app lists."""
    libraries = [each for each in _libraries_of(setup, name) if setup.report.libraries[each.name].available]
    items = list(islice(link.arr.read_all(), ITEMS_TO_READ)) if libraries else []
    for library in libraries:
        with_files = [found for each in items if (found := snapshot_of(each, library.root)) and found.files]
        if not with_files:
            continue
        try:
            yield _proof(setup, library, link, with_files[:FILES_TO_PROVE])
        except MesharrError as error:  # of its mount, not of the app
            yield failed(f"library {library.name}", error)


def _proof(setup: NodeSetup, library: Library, link: AppLink, snapshots: list[Snapshot]) -> CheckResult:
    subject = f"library {library.name}"
    copies = [next(iter(each.files.values())) for each in snapshots]
    sizes = library.storage.sizes([copy.path for copy in copies])
    present = [copy for copy in copies if sizes[copy.path] == copy.size]
    path = setup.config.libraries[library.name].path
    example = (present or copies)[0].path
    title = link.kind.title
    if present:
        what = f"{library.root} in {title} is {path} here: {example} has the same size in both"
        return CheckResult(subject, "good", what)
    size = sizes[example]
    found = "is not there here"
    if size is not None:
        seen, listed = unequal_sizes(size, copies[0].size)
        found = f"has {seen} here, {title} lists {listed}"
    return CheckResult(
        subject,
        "wrong",
        f"{title} lists {library.root}/{example}; {path}/{example} {found}",
        f"root ({library.root}) and path ({path}) of the library have to be the same folder",
    )


def _libraries_of(setup: NodeSetup, name: str) -> list[Library]:
    return [library for library in setup.libraries.values() if library.app == name]

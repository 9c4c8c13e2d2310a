"""The arrs: reachable, harmless, connected, and their paths proven with real files."""

from collections.abc import Iterator
from itertools import islice

from mesharr.core.arr.snapshot import Snapshot, snapshot_of
from mesharr.core.errors import MesharrError
from mesharr.doctor.diagnosis import Diagnosis
from mesharr.doctor.house import House
from mesharr.node.model import AppLink, Library

PROOFS = 3
"""How many files of a library are looked for on the drive."""
LOOKED_THROUGH = 200
"""Among how many items of the arr they are searched for."""


def arrs(house: House) -> Iterator[Diagnosis]:
    """Look at each configured arr, and at the libraries it keeps."""
    for name, link in house.apps.items():
        subject = f"app {name}"
        try:
            info = link.arr.library_info()
        except MesharrError as error:
            fix = error.fix or f"see that {link.kind.title} runs, and that its url in mesharr.yml is right"
            yield Diagnosis(subject, "wrong", error.what, fix)
            continue
        yield Diagnosis(subject, "good", f"{link.kind.title} {info.version} answers, and takes the key")
        yield from _asked(house, subject, name, link)


def _asked(house: House, subject: str, name: str, link: AppLink) -> Iterator[Diagnosis]:
    """Look further at an arr that answers; what fails on the way is one more finding."""
    for look in (_settings, _connection, _roots, _paths):
        try:
            yield from look(house, subject, name, link)
        except MesharrError as error:
            yield Diagnosis(subject, "wrong", error.what, error.fix)


def _settings(_house: House, subject: str, _name: str, link: AppLink) -> Iterator[Diagnosis]:
    link.arr.check_settings()
    for finding in link.arr.setting_problems():
        yield Diagnosis(subject, "note", finding.what, finding.fix)


def _connection(house: House, subject: str, name: str, link: AppLink) -> Iterator[Diagnosis]:
    lacking = house.lacking(name)
    title = link.kind.title
    if lacking is None:
        what = f"{title} has no connection to mesharr: it is heard late, and partly at night only"
        yield Diagnosis(subject, "wrong", what, f"mesharr connect {name}")
    elif lacking:
        what = f"the connection in {title} has switched off: {', '.join(lacking)}"
        yield Diagnosis(subject, "wrong", what, f"mesharr connect {name}")
    else:
        yield Diagnosis(subject, "good", f"{title} tells mesharr what happens there")


def _roots(house: House, subject: str, name: str, link: AppLink) -> Iterator[Diagnosis]:
    roots = link.arr.roots()
    for library in _of(house, name):
        if library.root not in roots:
            known = ", ".join(sorted(roots)) or "none"
            what = f"{library.root} (library {library.name}) is no root folder of {link.kind.title}"
            yield Diagnosis(subject, "wrong", what, f"set root to one of: {known}; or add it there")
        elif not roots[library.root]:
            what = f"{link.kind.title} cannot reach its root folder {library.root}"
            yield Diagnosis(subject, "wrong", what, f"mount it for {link.kind.title} too")


def _paths(house: House, _subject: str, name: str, link: AppLink) -> Iterator[Diagnosis]:
    """Prove `root` and `path` of each library: a file the arr shows has to be here, with its size."""
    libraries = [each for each in _of(house, name) if house.report.libraries[each.name].alive]
    held = list(islice(link.arr.read_all(), LOOKED_THROUGH)) if libraries else []
    for library in libraries:
        shown = [found for each in held if (found := snapshot_of(each, library.root)) and found.files]
        if shown:
            yield _proof(house, library, link, shown[:PROOFS])


def _proof(house: House, library: Library, link: AppLink, shown: list[Snapshot]) -> Diagnosis:
    subject = f"library {library.name}"
    copies = [next(iter(each.files.values())) for each in shown]
    sizes = library.storage.sizes([copy.path for copy in copies])
    there = [copy for copy in copies if sizes[copy.path] == copy.size]
    path = house.config.libraries[library.name].path
    example = (there or copies)[0].path
    if there:
        return Diagnosis(
            subject, "good", f"{library.root} there is {path} here: {example} is seen with its size"
        )
    size = sizes[example]
    seen = "is not there" if size is None else f"has {size} bytes, {link.kind.title} says {copies[0].size}"
    return Diagnosis(
        subject,
        "wrong",
        f"{link.kind.title} shows {library.root}/{example}; {path}/{example} {seen} here",
        f"root ({library.root}) and path ({path}) of the library have to be the same folder",
    )


def _of(house: House, name: str) -> list[Library]:
    return [library for library in house.libraries.values() if library.app == name]

"""The store and the libraries: mounts, anchors, what a container is shown, and what the peers see in time."""

from collections.abc import Iterator

from mesharr.core.errors import Refused
from mesharr.disk.mounts import is_remote, mount_of, passes_on
from mesharr.doctor.diagnosis import Diagnosis
from mesharr.doctor.house import House
from mesharr.node.reported import Answer

_RSLAVE = "bind its parent folder with rslave (in compose: /mnt:/mnt:rslave)"


def store(house: House) -> Iterator[Diagnosis]:
    """Look at the store."""
    path = house.config.store.path
    yield _answer("store", house.report.store, f"{path} answers")
    try:
        late = house.hears()
    except Refused as refused:
        yield Diagnosis("store", "wrong", refused.what, refused.mend)
    else:
        if late:
            yield Diagnosis("store", "note", late)
    yield from _shown(house, "store", path)


def libraries(house: House) -> Iterator[Diagnosis]:
    """Look at each library's folders."""
    for name, answer in house.report.libraries.items():
        library, subject = house.config.libraries[name], f"library {name}"
        yield _answer(subject, answer, f"{library.cloud} is the library's cloud branch, its anchor reads")
        for path in dict.fromkeys((library.cloud, library.path)):
            yield from _shown(house, subject, path)
        if library.local and library.path == library.cloud:
            yield Diagnosis(
                subject,
                "note",
                f"path and cloud are one folder: what is in {library.local} is seen after its upload only",
                "set path to the union of both, as the arr and the media servers use it",
            )


def _answer(subject: str, answer: Answer, good: str) -> Diagnosis:
    why = answer.why.removeprefix(f"{subject} is not alive: ").removeprefix(f"{subject} not alive: ")
    return (
        Diagnosis(subject, "good", good) if answer.alive else Diagnosis(subject, "wrong", f"not alive: {why}")
    )


def _shown(house: House, subject: str, path: str) -> Iterator[Diagnosis]:
    """Find a mount in a container that would not be seen again after it was made anew on the host."""
    remote = is_remote(mount_of(path, house.mountinfo))
    if house.in_container and remote and not passes_on(path, house.mountinfo):
        yield Diagnosis(subject, "wrong", f"a mount that starts again is not seen at {path}", _RSLAVE)

"""The store and the libraries: mounts, anchors, what a container is shown, and what the peers see in time."""

from collections.abc import Iterator

from mesharr.core.errors import Refused
from mesharr.disk.mounts import is_remote, mount_of, propagates_mounts
from mesharr.doctor.diagnosis import Diagnosis
from mesharr.doctor.house import House
from mesharr.node.status.model import Availability

_RSLAVE = "bind its parent folder with rslave (in compose: /mnt:/mnt:rslave)"


def store(house: House) -> Iterator[Diagnosis]:
    """Look at the store."""
    path = house.config.store.path
    yield _answer("store", house.report.store, f"{path} answers")
    try:
        late = house.hears()
    except Refused as refused:
        yield Diagnosis("store", "wrong", refused.what, refused.fix)
    else:
        if late:
            yield Diagnosis("store", "note", late)


def libraries(house: House) -> Iterator[Diagnosis]:
    """Look at each library's folders."""
    for name, answer in house.report.libraries.items():
        library, subject = house.config.libraries[name], f"library {name}"
        yield _answer(subject, answer, f"{library.cloud} is the library's cloud branch, its anchor reads")
        if library.local and library.path == library.cloud:
            yield Diagnosis(
                subject,
                "note",
                f"path and cloud are one folder: what is in {library.local} is seen after its upload only",
                "set path to the union of both, as the arr and the media servers use it",
            )


def _answer(subject: str, answer: Availability, good: str) -> Diagnosis:
    why = answer.why.removeprefix(f"{subject} is unavailable: ").removeprefix(f"{subject} unavailable: ")
    return (
        Diagnosis(subject, "good", good)
        if answer.alive
        else Diagnosis(subject, "wrong", f"unavailable: {why}")
    )


def mounts(house: House) -> Iterator[Diagnosis]:
    """Find the mounts in a container that would not be seen again after they were made anew on the host."""
    if not house.in_container:
        return
    config, info = house.config, house.mountinfo
    folders = [path for library in config.libraries.values() for path in (library.cloud, library.path)]
    remote = [path for path in (config.store.path, *folders) if is_remote(mount_of(path, info))]
    points = dict.fromkeys(mount_of(path, info).point for path in remote if not propagates_mounts(path, info))
    if points:
        what = f"what is mounted anew on the host is not seen here at: {', '.join(points)}"
        yield Diagnosis("container", "wrong", what, _RSLAVE)
    elif remote:
        yield Diagnosis("container", "good", "what is mounted anew on the host is seen here")

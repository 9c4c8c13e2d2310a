"""The config, the door, the media servers and the uploads."""

from collections.abc import Iterator

from mesharr.core.errors import MesharrError
from mesharr.doctor.diagnosis import Diagnosis, tried
from mesharr.doctor.house import House
from mesharr.settings.lacking import lacking


def scanners(house: House) -> Iterator[Diagnosis]:
    """Look at each media server, and at what scans for one."""
    for name, scanner in house.scanners.items():
        yield from tried(f"scanner {name}", "answers, and takes the credentials", scanner.check_available)


def uploads(house: House) -> Iterator[Diagnosis]:
    """See that rclone runs and knows the remotes of the libraries."""
    if house.config.uploads.mode not in {"move", "copy"}:
        return
    wanted = {
        library.remote.partition(":")[0]: name
        for name, library in house.config.libraries.items()
        if library.remote and library.local and not library.remote.startswith(":")
    }
    if not wanted:
        return
    try:
        known = house.remotes()
    except MesharrError as error:
        yield Diagnosis("uploads", "wrong", error.what, error.fix or "set uploads.rclone.binary")
        return
    for remote, library in wanted.items():
        if remote in known:
            yield Diagnosis("uploads", "good", f"rclone knows {remote}: (library {library})")
        else:
            listed = ", ".join(sorted(known)) or "none"
            what = f"rclone knows no remote {remote}: (library {library})"
            yield Diagnosis("uploads", "wrong", what, f"name it in rclone's config; it has: {listed}")


def config(house: House) -> Iterator[Diagnosis]:
    """Name what mesharr.yml does not name yet."""
    for each in lacking(house.config):
        yield Diagnosis("mesharr.yml", "note", f"it lacks {each}", "name it, unless you mean it so")


def door(house: House) -> Iterator[Diagnosis]:
    """See that webhooks can be taken."""
    if house.config.apps and house.config.server.api_key is None:
        what = "server.api_key is not set: no webhook is taken"
        yield Diagnosis("server", "wrong", what, "set it, for instance by MESHARR__SERVER__API_KEY")

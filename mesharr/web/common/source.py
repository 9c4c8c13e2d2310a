"""What the page reads: this node's state, and its config as far as it is shown."""

import time
from collections.abc import Callable, Mapping, Sequence

import msgspec

from mesharr.core.errors import MesharrError
from mesharr.disk.free_space import why_not_writable
from mesharr.doctor.check_result import CheckResult
from mesharr.node.model import Me
from mesharr.node.status.model import Availability, MountCheck, Report
from mesharr.node.status.report import report
from mesharr.state.peers import Peer, read_peers
from mesharr.state.state import State

REPORT_S = 5.0
"""How long a report is kept at most: not all of it is in the database."""
Doctor = Callable[[], Sequence[CheckResult]]
"""Checks the setup, which may take a minute."""


class Program(msgspec.Struct, frozen=True):
    """An app or a media server of the config."""

    name: str
    kind: str
    """What it is called: Radarr, Plex."""
    subject: str
    """What its outages are kept under: `app:radarr`."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One node, as the page sees it."""

    config_dir: str
    node: str
    """The label of this node."""
    name: str
    version: str
    """Of mesharr."""
    libraries: tuple[str, ...] = ()
    programs: tuple[Program, ...] = ()
    url_base: str = ""
    """With a slash before it, "" for none."""
    state: State
    """Over a connection of its own: what reads it delays no stage."""
    many_missing: int = 20
    """Up to so many missing items of a library are a line each of what needs the user's action."""
    clock: Callable[[], int]
    """Returns the time in ms since the epoch."""
    wake: Callable[[], None] = lambda: None
    """Wakes the stages, after something was approved or rejected."""
    doctor: Doctor | None = None
    requests: Callable[[], Mapping[tuple[str, str], int]] = dict
    """Returns how many requests were sent since the start, by (program, outcome)."""

    def peers(self) -> tuple[Peer, ...]:
        """Return the peers of this node as their file is now; none while it cannot be used."""
        try:
            return read_peers(self.config_dir)
        except MesharrError:
            return ()

    def report(self) -> Report:
        """Return the report of `mesharr status`, of what the stages know: no mount is touched."""
        me = Me(self.node, self.name, self.state.node.get().mesh)
        found = report(self.state, me, self.peers(), self._mounts(), self.many_missing, self.clock())
        return msgspec.structs.replace(found, running=True)

    def _mounts(self) -> MountCheck:
        down = {subject: outage.why for subject, outage in self.state.outages.all().items()}
        down |= {subject: what for subject, what, *_ in self.state.refusals.all()}

        def availability(subject: str) -> Availability:
            return Availability(available=subject not in down, why=down.get(subject, ""))

        return MountCheck(
            store=availability("store"),
            libraries={name: availability(f"library:{name}") for name in self.libraries},
            full_disk=why_not_writable(self.config_dir),
        )


class Latest:
    """The report, which many ask for: made again when the database changed, or after a while."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._kept: tuple[object, float, Report] | None = None

    def get(self) -> Report:
        """Return the report of the database as it is now.

        What else it is made of, such as the file of the peers, may be `REPORT_S` seconds old.
        """
        mark, now, kept = self._source.state.db.mark(), time.monotonic(), self._kept
        if kept is None or kept[0] != mark or now - kept[1] >= REPORT_S:
            kept = self._kept = (mark, now, self._source.report())
        return kept[2]

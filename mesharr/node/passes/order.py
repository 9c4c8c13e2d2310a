"""List the stages of a node in the one order in which things follow from each other.

A pass of `mesharr sync`, of its dry run and of the simulation goes through it from the top; of the daemon
each loop goes through its own rows, in this order, in a thread of its own.
"""

from collections.abc import Callable, Collection
from typing import Final, Literal

import msgspec

from mesharr.node.passes.stages import Stages

LoopName = Literal["intake", "mesh", "transfer", "reconcile", "first day", "scan", "watch", "notices"]
"""The daemon's loops; there is a loop `scan` for each scanner."""
Request = Literal["compare", "hourly", "audit", "poll"]
"""What a stage may wait for: the nightly comparison, an hour, the next audit or poll."""


class StageRow(msgspec.Struct, frozen=True, kw_only=True):
    """One stage."""

    name: str
    """Its name."""
    loop: LoopName
    """The loop of the daemon that runs it."""
    run: Callable[[Stages], object]
    """Runs it; returns when it wants to come again (ms), where it says that."""
    on: Request | None = None
    """The request that it waits for, None: it is run each time."""
    in_pass: bool = True
    """Whether a pass has it; if not, only the daemon."""
    in_sync: bool = True
    """Whether `sync` and its dry run have it, too."""

    def is_due(self, requests: Collection[str]) -> bool:
        """Return whether it is run each time, or its request is among these."""
        return self.on is None or self.on in requests


def _audit(stages: Stages) -> None:
    stages.publisher.recheck()
    stages.auditor.step()


def _compare(stages: Stages) -> None:
    stages.nightly.step(stages.clock())
    stages.grabs.recheck()


def _scan(stages: Stages) -> None:
    for scanner in stages.scanners:
        scanner.step(stages.clock())


STAGES: Final[tuple[StageRow, ...]] = (
    StageRow(name="audit", loop="mesh", on="audit", run=_audit),
    StageRow(name="follow", loop="mesh", on="poll", run=lambda stages: stages.follower.step(stages.clock())),
    StageRow(name="first day", loop="first day", run=lambda stages: stages.first_day.run(stages.clock())),
    StageRow(
        name="describe",
        loop="intake",
        in_pass=False,
        run=lambda stages: stages.nightly.descriptions.step(stages.clock()),
    ),
    StageRow(
        name="history", loop="intake", in_pass=False, run=lambda stages: stages.history.step(stages.clock())
    ),
    StageRow(name="intake", loop="intake", run=lambda stages: stages.intake.step(stages.clock())),
    StageRow(name="compare", loop="intake", on="compare", run=_compare),
    StageRow(
        name="hourly",
        loop="intake",
        on="hourly",
        in_pass=False,
        run=lambda stages: stages.nightly.hourly(stages.clock()),
    ),
    StageRow(name="grabs", loop="intake", run=lambda stages: stages.grabs.step(stages.clock())),
    StageRow(name="transfer", loop="transfer", run=lambda stages: stages.transfer.step(stages.clock())),
    StageRow(name="own files", loop="transfer", run=lambda stages: stages.own_files.step(stages.clock())),
    StageRow(name="last look", loop="mesh", run=lambda stages: stages.last_look.step(stages.clock())),
    StageRow(
        name="publish",
        loop="mesh",
        run=lambda stages: stages.publisher.step(stages.clock(), stages.tick()),
    ),
    StageRow(name="reconcile", loop="reconcile", run=lambda stages: stages.reconciler.step(stages.clock())),
    StageRow(name="scan", loop="scan", run=_scan),
    StageRow(name="watch", loop="watch", in_sync=False, run=lambda stages: stages.watch.step(stages.clock())),
    StageRow(
        name="notify", loop="notices", in_sync=False, run=lambda stages: stages.notices.step(stages.clock())
    ),
)
"""Every stage, in order."""


def stages_of_pass(*, compare: bool, sync: bool = False) -> tuple[StageRow, ...]:
    """Return the stages of one pass, with or without the comparison of whole libraries.

    A `sync` that compares also audits: where cron runs it, there is no daemon that would.
    """
    requests = {"poll"} | ({"compare", "audit"} if compare and sync else {"compare"} if compare else set())
    rows = (row for row in STAGES if row.in_pass and row.is_due(requests))
    return tuple(row for row in rows if row.in_sync or not sync)


def stages_of_loop(loop: LoopName) -> tuple[StageRow, ...]:
    """Return the stages of one of the daemon's loops."""
    return tuple(row for row in STAGES if row.loop == loop)

"""Hold the stages of one node, and what they share."""

from collections.abc import Callable

import msgspec

from mesharr.node.inward.reconcile import Reconciler
from mesharr.node.inward.scan import ScanStage
from mesharr.node.inward.streams.follow import Follower
from mesharr.node.joining.first_day import FirstDay
from mesharr.node.outward.arr_history import ArrHistory
from mesharr.node.outward.compare.full_compare import FullComparison
from mesharr.node.outward.downloads.grabs import Grabs
from mesharr.node.outward.intake import Intake
from mesharr.node.outward.last_look import LastLook
from mesharr.node.outward.own_files import OwnFileWatch
from mesharr.node.outward.stream.publish import Publisher
from mesharr.node.outward.stream.store_audit import Auditor
from mesharr.node.outward.transfer import Transfer
from mesharr.node.status.notices import Notices
from mesharr.node.status.watch import Watch
from mesharr.state.state import State


class Stages(msgspec.Struct, kw_only=True, eq=False):
    """The stages of one node over one state. No two threads may drive the same stage at once."""

    state: State
    clock: Callable[[], int]
    """The time (ms)."""
    tick: Callable[[], float]
    """Returns for how long the node has run (s): `RunningTime.tick`."""
    first_day: FirstDay
    intake: Intake
    grabs: Grabs
    history: ArrHistory
    transfer: Transfer
    own_files: OwnFileWatch
    last_look: LastLook
    publisher: Publisher
    follower: Follower
    auditor: Auditor
    reconciler: Reconciler
    nightly: FullComparison
    watch: Watch
    notices: Notices
    scanners: tuple[ScanStage, ...]

"""What a node says of itself, as values; how they are computed is in `mesharr.node.status.report`.

Times are text in UTC (`2026-11-22T18:19:24Z`), "" for never.
"""

import msgspec

from mesharr.node.conflict_notes import ConflictReport
from mesharr.node.missing_items import MissingItem


class Availability(msgspec.Struct, frozen=True):
    """Whether the store or a library answers, and why not."""

    alive: bool
    why: str = ""


class MountCheck(msgspec.Struct, frozen=True):
    """What a look at the mounts found. `mesh_name` is "" while the store does not answer."""

    store: Availability
    mesh_name: str = ""
    libraries: dict[str, Availability] = {}


class FirstDayReport(msgspec.Struct, frozen=True, kw_only=True):
    """How far the first day of a library is. `doing` says it in words, `step` is "done" when it is over.

    `counts`: items with files that the mesh lacked (`found`), items without (`wanted`), files that are on
    this disk only (`local`) or nowhere on the drive with their size (`unseen`). `met` says by peer what came
    of meeting it.
    """

    library: str
    step: str
    doing: str
    done: int
    total: int
    since: str
    why: str
    counts: dict[str, int]
    met: dict[str, str]


class PeerReport(msgspec.Struct, frozen=True, kw_only=True):
    """A trusted (or frozen) peer. `lag`: events of its that were seen and are not applied here.

    `last_seen` is the time, by its own clock, of its last applied event; `acknowledged` the seq of
    mine up to which it said to have applied; `trusts_me` None before its first hello. `why` says what
    stops it. `left`: it left the mesh, and told nothing since.
    """

    node: str
    name: str
    fingerprint: str
    since: str
    frozen: str | None
    lag: int
    last_seen: str
    acknowledged: int
    trusts_me: bool | None
    version: str
    why: str
    left: bool = False


class UnknownNode(msgspec.Struct, frozen=True):
    """A node that writes to this mesh and is not trusted here."""

    node: str
    since: str


class EventCounts(msgspec.Struct, frozen=True, kw_only=True):
    """My own stream: `queued` events are signed and in no confirmed file of the store, `confirmed` ones are
    in one (or a peer has read them), `acknowledged` ones were applied by every trusted peer. `slow` says
    why publishing is slow, `uploading` how many files the mount has taken and not uploaded yet.
    `anew` says since when and why this is a new stream.
    """

    queued: int
    confirmed: int
    acknowledged: int
    slow: str = ""
    uploading: str = ""
    anew: str = ""


class HeldItem(msgspec.Struct, frozen=True):
    """An item whose action waits in a hold."""

    item: str
    title: str


class HoldReport(msgspec.Struct, frozen=True, kw_only=True):
    """A group that waits for `approve`, or is approved and being worked on."""

    n: int
    peer: str
    library: str
    kind: str
    since: str
    why: str
    approved: bool
    items: tuple[HeldItem, ...]


class Refusal(msgspec.Struct, frozen=True):
    """What only a person can fix: what it is about, what is wrong, what to do."""

    subject: str
    what: str
    fix: str = msgspec.field(name="mend")
    since: str


class UploadReport(msgspec.Struct, frozen=True, kw_only=True):
    """A file on its way to the drive; `phase` is "waiting" or "sent" (there, not yet let go of here).

    `done` bytes have gone up, at `speed` bytes a second (0: it is not being uploaded now).
    """

    library: str
    path: str
    size: int
    phase: str
    done: int
    speed: int
    since: str
    tries: int
    why: str


class WaitingItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item that is not yet as the mesh wants it; `state` is "", "failed", "refused", "held",
    "stuck" or "excluded" (its person told the arr never to add it).
    """

    library: str
    item: str
    title: str
    state: str
    why: str
    since: str
    next: str
    tries: int


class FailingApp(msgspec.Struct, frozen=True):
    """An arr that has not answered, or refused to, since then; `last`: when it was asked last."""

    app: str
    since: str
    last: str
    why: str


class ScanReport(msgspec.Struct, frozen=True, kw_only=True):
    """A folder that a media server has to be told of."""

    scanner: str
    library: str
    folder: str
    since: str
    next: str
    why: str
    refused: bool


class GrabReport(msgspec.Struct, frozen=True):
    """Units of an item that this node downloads, and the others wait for. `first` is the peer that began
    before, "" when none did.
    """

    library: str
    item: str
    title: str
    units: tuple[str, ...]
    since: str
    first: str


class WrongClock(msgspec.Struct, frozen=True):
    """A peer whose clock is far ahead of mine, and what it showed last."""

    node: str
    clock: str


class QuarantinedFile(msgspec.Struct, frozen=True):
    """A file of the store that did not verify; it is tried again."""

    place: str
    why: str
    since: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that `status` says. `queue` counts what waits, by kind; `asks` names what waits for a person.

    `left`: this node left the mesh, and told nothing since.
    """

    node: str
    name: str
    mesh: str
    mesh_name: str
    left: bool = False
    store: Availability
    libraries: dict[str, Availability]
    failing: tuple[FailingApp, ...] = ()
    first_days: tuple[FirstDayReport, ...] = ()
    peers: tuple[PeerReport, ...]
    unknown: tuple[UnknownNode, ...]
    queue: dict[str, int]
    events: EventCounts
    holds: tuple[HoldReport, ...]
    refused: tuple[Refusal, ...]
    uploads: tuple[UploadReport, ...]
    waiting: tuple[WaitingItem, ...]
    grabs: tuple[GrabReport, ...]
    scans: tuple[ScanReport, ...]
    lost: tuple[MissingItem, ...]
    doubled: tuple[ConflictReport, ...]
    clocks: tuple[WrongClock, ...]
    rejected: tuple[QuarantinedFile, ...]
    counters: dict[str, int]
    asks: tuple[str, ...]

"""The report of `mesharr status` as values; `mesharr.node.status.report` computes it.

Times are text in UTC (`2026-11-22T18:19:24Z`), "" for never. Where a field has another name in the JSON of
`--json`, the JSON keeps an older word.
"""

import msgspec

from mesharr.node.conflict_notes import ConflictReport
from mesharr.node.missing_items import OpenItem
from mesharr.node.status.list_model import BlockedUploads, HoldReport, PeerUploads, UploadLimits, UploadReport
from mesharr.state.queues.uploads import UploadTotals


class Availability(msgspec.Struct, frozen=True):
    """Whether the store or a library is available."""

    available: bool = msgspec.field(name="alive")
    why: str = ""
    """Why it is not available, or what else is wrong with it; "" for nothing."""


class MountCheck(msgspec.Struct, frozen=True):
    """The result of a check of the mounts."""

    store: Availability
    mesh_name: str = ""
    """The mesh's name, "" while the store is unavailable."""
    libraries: dict[str, Availability] = {}
    """By the library's name."""
    points: dict[str, str] = {}
    """The mount point of the store and of each library, by the subjects of outages."""
    refused: frozenset[str] = frozenset()
    """The subjects of those that are not available and whose user has to act."""
    full_disk: str = ""
    """Why nothing can be written to the config directory, "" when something can."""


class DownReport(msgspec.Struct, frozen=True, kw_only=True):
    """Something outside of this node that does not answer; it is tried again by itself."""

    subject: str
    """`store`, `library:movies`, `app:radarr`, `scanner:plex`, or `disk`: that of the config directory."""
    name: str
    """The same for the user: `library movies`."""
    since: str
    """Since when the stages know, "" when only this check found it."""
    why: str
    mount: str = ""
    """The mount point it lies on, "" for what is no path or was not looked at."""


class FirstDayReport(msgspec.Struct, frozen=True, kw_only=True):
    """The progress of the first day of a library."""

    library: str
    step: str
    """The name of the step (`mesharr.state.first_days.STEPS`), "done" when the first day is over."""
    doing: str
    """The step and its progress in words."""
    done: int
    """How many items of `total` the step is done with."""
    total: int
    since: str
    why: str
    """What it waits for, "" when it goes on."""
    counts: dict[str, int]
    """How many items the mesh lacked with files (`found`) and without (`wanted`); how many files are on this
    disk only (`local`) or nowhere with their size (`unseen`).
    """
    met: dict[str, str]
    """What merging with each peer means, by the peer."""


class PeerReport(msgspec.Struct, frozen=True, kw_only=True):
    """A peer, trusted or frozen."""

    node: str
    name: str
    called: str = ""
    """What people read for it: its name, or its id where another known node has that name."""
    fingerprint: str
    """16 hex digits of its key's hash."""
    words: str
    """The same in words that can be read out."""
    since: str
    """When it was trusted."""
    frozen: str | None
    """Since when it is frozen, None when it is not."""
    lag: int
    """How many of its events are on the store and not applied here."""
    last_seen: str
    """The time, by its own clock, of its last applied event.

    A running node publishes one at least daily, if only a hello.
    """
    acknowledged: int
    """The number of the last event of mine that it states to have applied."""
    trusts_me: bool | None
    """None before its first hello, and for this node before a new key."""
    version: str
    """Its version of mesharr, "" before its first hello."""
    why: str
    """What keeps its events from being applied, "" for nothing."""
    left: bool = False
    """Whether it left the mesh, and has published nothing since."""
    adopted: str = ""
    """Since when this node owns all that it could take over of it, once it left or was frozen."""
    uploads: PeerUploads | None = None
    """How much of its daily limit of uploads it has used, None when it has no limit or left."""
    is_former_self: bool = False
    """Whether it has the name of this node and never trusted it: it counts as this one before a new key."""


class UnknownNode(msgspec.Struct, frozen=True, kw_only=True):
    """A node that writes to this mesh and is not trusted here."""

    node: str
    name: str
    called: str = ""
    """What people read for it: its name, or its id where another known node has that name."""
    since: str
    key: str = ""
    """Its public key as text, by its own word; "" while nothing of it was read that its key signed."""
    words: str = ""
    """The fingerprint of that key in words, to be compared with the words that its user sees."""
    asks: bool = False
    """Whether it trusts this node: it asks to join."""
    introduced_by: tuple[str, ...] = ()
    """The names of the peers that trust it by that key."""
    is_namesake: bool = False
    """Whether a peer or this node has its name, with another key."""
    is_own_name: bool = False
    """Whether it is this node that has its name: it may be this node as it was before a new key."""
    is_known: bool = False
    """Whether events of it were applied here, as of this node before a new key."""


class EventCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How far this node's own events are."""

    queued: int
    """Signed, and in no confirmed file of the store."""
    confirmed: int
    """In a confirmed file, or applied by a peer."""
    acknowledged: int
    """Applied by every trusted peer."""
    slow: str = ""
    """Why publishing is slow, "" when it is not."""
    uploading: str = ""
    """How many files the store's mount has not uploaded yet, "" for none."""
    new_stream: str = msgspec.field(name="anew", default="")
    """Since when and why this is a new stream, "" when it is the first one."""


class Refusal(msgspec.Struct, frozen=True):
    """Something that only the user can fix."""

    subject: str
    """What it is about, such as `app:radarr`."""
    what: str
    fix: str = msgspec.field(name="mend")
    """What to do, "" when nobody knows."""
    since: str


class WaitingItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item that is not yet as the mesh wants it."""

    library: str
    item: str
    title: str
    state: str
    """ "failed", "refused", "held" (needs approval), "rejected" (by the user), "stuck", "excluded" (never to
    be added) or "".
    """
    why: str
    since: str
    next: str
    """When it is tried next."""
    tries: int
    """How often it failed."""
    done: bool = False
    """Whether it is as the mesh wants it, and only looked at once more."""


class FailingApp(msgspec.Struct, frozen=True):
    """An app that does not answer, or refuses to."""

    app: str
    since: str
    last: str
    """When it was asked last."""
    why: str


class ScanReport(msgspec.Struct, frozen=True, kw_only=True):
    """A folder that a media server has to scan."""

    scanner: str
    library: str
    folder: str
    since: str
    next: str
    """When the scan is requested next."""
    why: str
    """Why the last request failed, "" when none did."""
    refused: bool
    """Whether only the user can fix that."""


class TrashReport(msgspec.Struct, frozen=True, kw_only=True):
    """A media server's trash of a library, which is to be emptied."""

    scanner: str
    library: str
    since: str
    next: str
    """When that is tried next."""
    why: str
    """Why it was not emptied, "" when that was not tried yet."""


class GrabReport(msgspec.Struct, frozen=True):
    """Units of an item that this node downloads, and other nodes wait for."""

    library: str
    item: str
    title: str
    units: tuple[str, ...]
    since: str
    first: str
    """The peer that downloads them too and began before, "" when none does."""


class WrongClock(msgspec.Struct, frozen=True):
    """A peer whose clock is far ahead of this node's."""

    node: str
    clock: str
    """Its time when that was noticed."""


class QuarantinedFile(msgspec.Struct, frozen=True):
    """A file of the store that did not verify; it is tried again."""

    place: str
    why: str
    since: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that `mesharr status` shows."""

    node: str
    """The label of this node, such as `alice-8014635b`."""
    running: bool = False
    """Whether its daemon runs."""
    name: str
    mesh: str
    """The id of the mesh."""
    mesh_name: str
    """Its name, "" before the store was available for the first time."""
    left: bool = False
    """Whether this node left the mesh, and has published nothing since."""
    store: Availability
    libraries: dict[str, Availability]
    down: tuple[DownReport, ...] = ()
    """What does not answer: mounts, apps, media servers, and a config directory that is full."""
    failing: tuple[FailingApp, ...] = ()
    first_days: tuple[FirstDayReport, ...] = ()
    peers: tuple[PeerReport, ...]
    unknown: tuple[UnknownNode, ...]
    queue: dict[str, int]
    """How much waits, by kind."""
    events: EventCounts
    holds: tuple[HoldReport, ...]
    refused: tuple[Refusal, ...]
    uploads: tuple[UploadReport, ...]
    """The first of them, unless all were asked for."""
    upload_totals: UploadTotals = UploadTotals()
    upload_limits: UploadLimits
    blocked_uploads: tuple[BlockedUploads, ...] = ()
    waiting: tuple[WaitingItem, ...]
    grabs: tuple[GrabReport, ...]
    scans: tuple[ScanReport, ...]
    trash: tuple[TrashReport, ...] = ()
    missing: tuple[OpenItem, ...] = msgspec.field(name="lost")
    asked: tuple[OpenItem, ...] = ()
    """Items that the apps list although the mesh has them as removed."""
    conflicts: tuple[ConflictReport, ...] = msgspec.field(name="doubled")
    clocks: tuple[WrongClock, ...]
    rejected: tuple[QuarantinedFile, ...]
    counters: dict[str, int]
    asks: tuple[str, ...]
    """What needs the user's action, a line each, with the next step."""

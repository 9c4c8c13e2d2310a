"""Remember what mesharr did to an item; each change is a function of the present value.

Another thread may change the memory of an item while an app is asked. So what comes of a request is always
written as a function of the value that is there then, never as a copy that was read before.
"""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from mesharr.core.arr.model import ScanState

MOST_SCANS = 6
"""How many scans and imports of an item are asked for within `NIGHT_MS`, while its files stay as they are.

With two files for one track the app takes now one, now the other: what differs changes with each scan.
"""

_with = msgspec.structs.replace


class PauseRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A unit that is kept unmonitored while a peer downloads it."""

    set_at: int
    """When mesharr set it unmonitored last (ms)."""
    read_unmonitored: bool = False
    """Whether the app has listed it as unmonitored since."""
    set_back: bool = False
    """Whether it was monitored again during the pause, and mesharr set it back, which is done once."""
    left_to_user: bool = False
    """Whether it was monitored once more after that: then that is what the user wants."""
    counts_for: str = ""
    """The peer whose limit the pause counts for, "" for none: what a user approved does not count."""


class ItemMemory(msgspec.Struct, frozen=True, kw_only=True):
    """What mesharr did to an item in its app, and what it saw there. Times are in ms, 0: never."""

    added_at: int = 0
    """When mesharr added the item."""
    set_unmonitored_at: Mapping[str, int] = {}
    """Units that mesharr added or set unmonitored, by when."""
    confirmed_unmonitored: tuple[str, ...] = ()
    """Units that were seen to have stayed unmonitored after the last scan of the item."""
    user_flag_suspects: Mapping[str, int] = {}
    """Confirmed units that are monitored again, perhaps by the user, by when that was first seen."""
    must_monitor: tuple[str, ...] = ()
    """Units that this node has just imported or claimed: they are to be monitored here."""
    paused: Mapping[str, PauseRecord] = {}
    """Units that a peer downloads."""
    set_monitored_at: Mapping[str, int] = {}
    """Units that mesharr set monitored, by when, until no scan can write the old flag back any more."""
    user_conflicts: Mapping[str, int] = {}
    """Units that claims sent to and fro, by when a further claim of them was refused here."""
    scans_requested: int = 0
    """How many scans and imports by ids mesharr asked for to reach `scan_goal`."""
    scan_goal: str = ""
    """Which files the requested scans were to find, and which to drop."""
    import_goal: str = ""
    """The last goal that an import by ids was to reach, whether or not the app could do it."""
    scans_settled: int = 0
    """How often a scan or import that mesharr asked for had the app list the files of `scanned_files`."""
    scan_command: int = 0
    """The app's id of the scan or import that runs for mesharr, 0: none."""
    recent_scans: tuple[int, ...] = ()
    """When mesharr asked for scans and imports for the files of `scanned_files`, the last ones."""
    scanned_files: str = ""
    """The digest of the item's files in the mesh that `recent_scans` counts for."""
    files_given_up: tuple[str, ...] = ()
    """The digests of earlier files of the mesh from which the app strayed again and again, the last ones."""
    scan_ended_at: int = 0
    """When a scan of the item last ended, as far as known."""
    scans_checked_at: int = 0
    """When the app was last asked what it scans."""
    unlisted_since: int = 0
    """When the app was first seen, within a day, not to list a file that it had imported."""
    unlisted_scan: bool = False
    """Whether it was asked for a scan since."""
    absent_since: int = 0
    """Since when a file of the next add, scan or import is not on the drive, 0: all are."""
    visible_since: int = 0
    """When all new files were first seen on the drive while a replaced one was still there."""
    folder_requested: str = ""
    """The folder that the app was last asked to take: it may keep another spelling."""
    folder_change: str = ""
    """The change of the folder that the app was asked to follow, "" once it lists that folder."""
    shares_folder_with: str = ""
    """The id of the other item in the same folder of the mesh, of which the app can list one."""
    moved_folder: str = ""
    """The folder to which the mesh moved the item, while the files are to follow."""
    moved_seen_at: int = 0
    """When that was seen first (ms)."""
    series_type_change: str = ""
    """The last change of the series type that was followed here."""
    restore_requested: bool = False
    """Whether the user asked for an item back that is missing in the app."""
    remove_requested: bool = False
    """Whether the user asked to have an item removed from the app."""
    removal_unmonitored: tuple[str, ...] = ()
    """Units set unmonitored because a peer removed the item, which is this household's too."""
    removal_followed: bool = False
    """Whether these were seen to have stayed so: from then on their flags are the user's."""
    endings_checked: Mapping[str, str] = {}
    """Copies of this node (keys) that were looked for since a peer ended their path, by that ending (HLC)."""
    own_files_checked: Mapping[str, int] = {}
    """Copies of this node (keys) that the app does not list, by the day they were looked for last."""


def counted_pause(memory: ItemMemory, peer: str) -> str | None:
    """Return for whom a pause of the item counts that goes with one by `peer`; None for none."""
    peers = (pause.counts_for for pause in memory.paused.values())
    return next((known for known in peers if known in {"", peer}), None)


def after_add(memory: ItemMemory, units: Iterable[str], now: int) -> ItemMemory:
    """Return the memory once an add is about to be requested: its units come unmonitored."""
    return _with(memory, added_at=now, set_unmonitored_at=dict.fromkeys(units, now), absent_since=0)


def after_set_monitored(memory: ItemMemory, units: Collection[str], now: int) -> ItemMemory:
    """Return the memory once units were set monitored: scans are to be checked again."""
    raised = {**memory.set_monitored_at, **dict.fromkeys(units, now)}
    return _with(memory, set_monitored_at=raised, scans_checked_at=0)


def after_import_monitored(memory: ItemMemory, units: Collection[str], now: int) -> ItemMemory:
    """Return the memory once imported units were set monitored; later imports still have to be."""
    rest = tuple(unit for unit in memory.must_monitor if unit not in units)
    return after_set_monitored(_with(memory, must_monitor=rest), units, now)


def after_set_unmonitored(memory: ItemMemory, units: Collection[str], now: int) -> ItemMemory:
    """Return the memory once these units were set unmonitored."""
    return _with(
        memory,
        set_unmonitored_at={**memory.set_unmonitored_at, **dict.fromkeys(units, now)},
        user_flag_suspects=without(memory.user_flag_suspects, units),
    )


def after_pause(memory: ItemMemory, units: Iterable[str], counts_for: str, now: int) -> ItemMemory:
    """Return the memory once these units are about to be paused for a peer's download."""
    paused = dict(memory.paused)
    for unit in units:
        before = paused.get(unit)
        set_back = before is not None and (before.set_back or before.read_unmonitored)
        paused[unit] = PauseRecord(set_at=now, set_back=set_back, counts_for=counts_for)
    return _with(memory, paused=paused)


def after_scan_request(memory: ItemMemory, command: int, now: int) -> ItemMemory:
    """Return the memory once a scan was requested, which may write back old flags."""
    return _with(_counted_scan(memory, now), scan_command=command, confirmed_unmonitored=())


def before_import(memory: ItemMemory, goal: str, now: int) -> ItemMemory:
    """Return the memory once an import by ids is about to be requested; no scan follows from it."""
    return _with(_counted_scan(memory, now), import_goal=goal)


def after_failed_import(memory: ItemMemory) -> ItemMemory:
    """Return the memory after an import that the app failed to answer: it is asked for again."""
    requested = max(0, memory.scans_requested - 1)
    return _with(memory, import_goal="", scans_requested=requested, recent_scans=memory.recent_scans[:-1])


def _counted_scan(memory: ItemMemory, now: int) -> ItemMemory:
    recent = (*memory.recent_scans, now)[-MOST_SCANS:]
    requested = memory.scans_requested + 1
    return _with(memory, scans_requested=requested, recent_scans=recent, absent_since=0)


def after_scan_end(memory: ItemMemory, now: int) -> ItemMemory:
    """Return the memory once the scan that mesharr asked for has ended."""
    return _with(memory, scan_command=0, scan_ended_at=now)


def after_scan_check(memory: ItemMemory, scans: ScanState, now: int, *, restarted: bool) -> ItemMemory:
    """Return the memory once the app said what it scans.

    `restarted`: the app was restarted since the whole library was last compared.
    """
    if restarted:
        memory = after_restart(memory, dict.fromkeys(memory.user_flag_suspects, True))
    ended = now if scans.running else max(memory.scan_ended_at, scans.ended)
    return _with(memory, scan_ended_at=ended, scans_checked_at=now)


def after_restart(memory: ItemMemory, monitored: Mapping[str, bool]) -> ItemMemory:
    """Return the memory after the app was restarted, which lists these flags now.

    What it monitors although that was confirmed unmonitored may come of an old database: such a flag is
    undone as a stale one. What stayed unmonitored over the restart is confirmed: from then on a flag is
    the user's.
    """
    changed = frozenset(unit for unit in memory.confirmed_unmonitored if monitored.get(unit))
    return _with(
        memory,
        confirmed_unmonitored=tuple(unit for unit in memory.confirmed_unmonitored if unit not in changed),
        user_flag_suspects=without(memory.user_flag_suspects, changed),
    )


def after_claim(memory: ItemMemory, units: Collection[str]) -> ItemMemory:
    """Return the memory once these units are claimed: nothing keeps them unmonitored any more."""
    return _with(
        memory,
        user_flag_suspects=without(memory.user_flag_suspects, units),
        set_unmonitored_at=without(memory.set_unmonitored_at, units),
        confirmed_unmonitored=tuple(unit for unit in memory.confirmed_unmonitored if unit not in units),
    )


def after_own_files_check(
    memory: ItemMemory, keys: Iterable[str], day: int, known: Collection[str]
) -> ItemMemory:
    """Return the memory once copies were looked for on a day; only `known` ones are kept."""
    days = {**memory.own_files_checked, **dict.fromkeys(keys, day)}
    return _with(memory, own_files_checked={key: last for key, last in days.items() if key in known})


def without_own_files_check(memory: ItemMemory, keys: Collection[str]) -> ItemMemory:
    """Return the memory without the last looks for copies: the next visit looks for them."""
    checked = {key: day for key, day in memory.own_files_checked.items() if key not in keys}
    return _with(memory, own_files_checked=checked)


def after_removal(memory: ItemMemory) -> ItemMemory:
    """Return the memory once the item was removed: requests since then are still to be done."""
    return ItemMemory(
        must_monitor=memory.must_monitor,
        restore_requested=memory.restore_requested,
        shares_folder_with=memory.shares_folder_with,
    )


def without(units: Mapping[str, int], gone: Collection[str]) -> dict[str, int]:
    """Return the times of the other units."""
    return {unit: at for unit, at in units.items() if unit not in gone}

"""The inventory of a first day: the items and files here that the mesh does not know."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.events.schema import Copy, Found, ItemAdded, LibraryFound, NodeHello, body_of
from mesharr.core.planning.first_day import is_wanted, still_unknown, unknown_copies
from mesharr.core.text import author_of, quantity
from mesharr.log import codec
from mesharr.node.model import Library
from mesharr.state.state import State

log = logging.getLogger(__name__)


def compare_items(
    library: Library,
    snapshots: Mapping[str, Snapshot],
    state: State,
    on_drive: Callable[[Sequence[Copy]], Sequence[Copy]],
) -> tuple[list[Found], dict[str, int]]:
    """Return what of these items the mesh lacks, and counts of items and files.

    The counts are: `found` items with files on the drive, `wanted` items without files, `local` files that
    are on this disk only, `unseen` files that are nowhere with their size. `on_drive` returns which files are
    on the drive with their sizes.
    """
    gaps = {item: gap for item, each in snapshots.items() if (gap := _gap(library, item, each, state))}
    copies = [copy for gap in gaps.values() for copy in gap]
    seen = {copy.path for copy in on_drive(copies)}
    full = [
        Found(item=snapshots[item].item, copies=there)
        for item, gap in gaps.items()
        if (there := tuple(copy for copy in gap if copy.path in seen))
    ]
    wanted = [
        Found(item=each.item) for item, each in snapshots.items() if _is_wanted(library, item, each, state)
    ]
    unseen = [copy for copy in copies if copy.path not in seen]
    local = sum(library.storage.local_stat(copy.path) is not None for copy in unseen)
    counts = {"found": len(full), "wanted": len(wanted), "local": local, "unseen": len(unseen) - local}
    return [*full, *wanted], counts


def queue_inventory(library: str, state: State, now: int, looked: int) -> None:
    """Put the inventory into the outbox, without what was published or queued since it was made.

    `looked` is when its files were seen on the drive (ms).
    The caller holds a transaction.
    """
    entries = state.first_days.inventory(library)
    states = {found.item.id: state.items.state(library, found.item.id) for found in entries}
    full = tuple(
        left
        for found in entries
        if found.copies
        and (
            left := still_unknown(found, states[found.item.id], state.outbox.pending(library, found.item.id))
        )
    )
    if full:
        body = LibraryFound(library=library, items=full)
        state.outbox.put("", body, "", "was here already", now, looked=looked)
    for found in entries:
        if not found.copies and not states[found.item.id].present:
            added = ItemAdded(library=library, item=found.item)
            state.outbox.put(found.item.id, added, "", "was wanted already", now)
    state.first_days.forget_inventory(library)


def log_counts(library: str, total: int, counts: Mapping[str, int]) -> None:
    """Log what the comparison of a whole library found."""
    count = Counter(counts)
    log.info(
        "%s: first day: of %s the mesh lacks %d with files and %d that are wanted",
        library,
        quantity(total, "item", "items"),
        count["found"],
        count["wanted"],
    )
    if count["local"]:
        local = quantity(count["local"], "existing local file", "existing local files")
        log.info("%s: %s not uploaded yet; to upload: mesharr uploads --existing", library, local)
    if count["unseen"]:
        unseen = quantity(count["unseen"], "file is", "files are")
        log.warning("%s: %s not on the drive with the size in the app, and not published", library, unseen)


def _gap(library: Library, item: str, snapshot: Snapshot, state: State) -> tuple[Copy, ...]:
    """Return the files of an item that the mesh does not know."""
    baseline = state.items.baseline(library.name, item)
    if baseline is None or not baseline.present:
        return ()
    pending = state.outbox.pending(library.name, item)
    return unknown_copies(snapshot, baseline, state.items.state(library.name, item), pending)


def _is_wanted(library: Library, item: str, snapshot: Snapshot, state: State) -> bool:
    known = not snapshot.files and state.items.baseline(library.name, item)
    return bool(known) and is_wanted(snapshot, state.items.state(library.name, item))


def will_publish(state: State, node: str, library: str) -> bool:
    """Return whether a peer may still publish an inventory of a library, as far as it has said.

    One that has published something of it did so, and so did one that says it joined; one that does not name
    the library has none.
    """
    if node in state.streams.authors(library):
        return False
    streams = [row.stream for row in state.streams.all() if author_of(row.stream) == node]
    hellos = [each for name in streams if (each := state.streams.latest(name, NodeHello.type_name))]
    if not hellos:
        return True
    newest = max(hellos, key=lambda each: each.hlc)
    body = body_of(newest.type, codec.parse(newest.line).body)
    return isinstance(body, NodeHello) and library in body.libraries and library not in body.joined

"""Which files the media servers were asked to scan, so that each change is asked for once.

For each folder of an item a digest of the files in it is kept, instead of the files: an artist or a series
may have thousands.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from itertools import chain

import msgspec

from mesharr.core.paths import folder_of, same_key
from mesharr.core.registry.item_state import ItemState
from mesharr.state.state import State

DIGEST_BYTES = 8


def scan_targets(registry: ItemState) -> dict[str, str]:
    """Return the folders of an item, by the digest of the files that are and were in each."""
    lines: dict[str, list[str]] = defaultdict(list)
    for each in registry.copies.values():
        lines[folder_of(each.copy.path)].append(f"{each.copy.size} {each.copy.path}")
    for path in (*registry.ended.values(), *chain(*registry.former_spellings.values())):
        lines[folder_of(path)].append(f"- {path}")
    return {_digest(each): folder for folder, each in lines.items()}


def _digest(lines: list[str]) -> str:
    return blake2b("\n".join(sorted(lines)).encode(), digest_size=DIGEST_BYTES).hexdigest()


def unscanned(
    state: State, library: str, item: str, targets: dict[str, str], *, has_files: bool = True
) -> list[str]:
    """Return the folders of `targets` that have to be scanned, sorted.

    An item without living copies (`has_files` False) that was never scanned needs no scan.
    """
    requested = state.scan_marks.of(library, item)
    if not requested and not has_files:
        return []
    return sorted(folder for digest, folder in targets.items() if digest not in requested)


def note_gone(state: State, library: str, item: str, paths: Iterable[str]) -> None:
    """Keep that folders were scanned after these files of the item had gone.

    The event that states it follows, from here or from a peer: it is no news then.
    """
    registry, keys = state.items.state(library, item), {same_key(path) for path in paths}
    gone = {key: living.copy.path for key, living in registry.copies.items() if key in keys}
    if not gone:
        return
    after = msgspec.structs.replace(
        registry,
        copies={key: living for key, living in registry.copies.items() if key not in gone},
        ended={**registry.ended, **gone},
    )
    requested, targets = state.scan_marks.of(library, item), scan_targets(registry)
    # a folder in which a peer's change still waits is scanned for that
    scanned = {folder for digest, folder in targets.items() if digest in requested}
    marks = {digest for digest, folder in scan_targets(after).items() if folder in scanned}
    state.scan_marks.put(library, item, requested | marks)


def folders_waiting_for(state: State, registry: ItemState, library: str, item: str) -> frozenset[str]:
    """Return the folders that have to be scanned for what the registry holds of an item."""
    targets = scan_targets(registry)
    return frozenset(unscanned(state, library, item, targets, has_files=bool(registry.copies)))


def note_scanned(state: State, library: str, item: str, targets: Mapping[str, str]) -> None:
    """Keep that the scan of these folders was requested."""
    state.scan_marks.put(library, item, targets)

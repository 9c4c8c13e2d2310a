"""Inward, the files: the arr shows what lives on the drive, and no more what left it."""

from collections.abc import Iterable

import msgspec

from mesharr.core.actions import Move, Rescan
from mesharr.core.draft import Draft
from mesharr.core.events import Copy
from mesharr.core.paths import same_key

SCANS = 2
"""A lower-quality replacement is refused by the first scan and taken by the second; a third is vain."""

ADD_SCAN_MS = 60_000
"""How long an arr gets for the scan it makes by itself after an add."""


class Unlike(msgspec.Struct, frozen=True):
    """What differs: copies the arr should show and does not, paths it shows that have ended, and copies it
    shows with another size than they have.
    """

    absent: tuple[Copy, ...] = ()
    stale: tuple[str, ...] = ()
    overwritten: tuple[Copy, ...] = ()


def unlike(draft: Draft) -> Unlike:
    """Return what differs of the files; the memory of scans is over when nothing does."""
    absent, stale = _absent_and_stale(draft)
    overwritten = () if absent or stale else _overwritten(draft)
    if not (absent or stale or overwritten):
        draft.remember(scans=0, scans_for="")
    if not (absent or stale) and (not overwritten or _looked_at(draft, overwritten)):
        _settled(draft)
        overwritten = ()
    return Unlike(absent, stale, overwritten)


def plan_files(draft: Draft, differs: Unlike) -> None:
    """Plan what lets the arr show the files as they are."""
    if differs.absent or differs.stale:
        if folder := _folder_to_take(draft, differs.absent):
            why = f"its files are in {folder}"
            draft.actions.append(Move(draft.actual.ref, folder, differs.absent, why))
        else:
            _scan(draft, differs.absent, differs.stale)
    elif differs.overwritten:
        _scan(draft, differs.overwritten, ())


def _absent_and_stale(draft: Draft) -> tuple[tuple[Copy, ...], tuple[str, ...]]:
    absent = tuple(
        each.copy
        for key, each in draft.wanted.copies.items()
        if each.copy.units
        and key not in draft.actual.files
        and not any(_shows(draft, unit) for unit in each.copy.units)
    )
    stale = tuple(
        copy.path
        for key, copy in draft.actual.files.items()
        if key in draft.wanted.ended and (absent or not _has_living(draft, copy))
    )
    return absent, stale


def _overwritten(draft: Draft) -> tuple[Copy, ...]:
    """Return the copies the arr shows with another size than they have."""
    return tuple(
        draft.wanted.copies[key].copy
        for key, shown in draft.actual.files.items()
        if key in draft.wanted.copies and draft.wanted.copies[key].copy.size != shown.size
    )


def _looked_at(draft: Draft, copies: tuple[Copy, ...]) -> bool:
    """Whether a scan of ours has looked at them: what the arr shows after it is its own business."""
    done = bool(draft.memory.scans) and not draft.memory.command
    return done and draft.memory.scans_for == _goal(copies, ())


def _shows(draft: Draft, unit: str) -> bool:
    return unit not in draft.odd and any(
        unit in draft.wanted.copies[key].copy.units
        for key in draft.actual.files
        if key in draft.wanted.copies
    )


def _has_living(draft: Draft, copy: Copy) -> bool:
    return any(_shows(draft, unit) for unit in copy.units)


def _settled(draft: Draft) -> None:
    ended = draft.now if draft.memory.command or _adding(draft) else draft.memory.scan_ended
    draft.remember(command=0, visible_since=0, scan_ended=ended)


def _adding(draft: Draft) -> bool:
    return draft.memory.added > draft.memory.scan_ended


def _folder_to_take(draft: Draft, absent: tuple[Copy, ...]) -> str:
    """Return the folder the item's files are in, when it has none here and looks in another; else ""."""
    if draft.actual.files or _lie_in(draft.actual.item.folder, absent):
        return ""
    described = draft.wanted.item.folder if draft.wanted.item else ""
    return next((folder for folder in (draft.wanted.folder, described) if _lie_in(folder, absent)), "")


def _scan(draft: Draft, absent: tuple[Copy, ...], stale: tuple[str, ...]) -> None:
    goal = _goal(absent, stale)
    if goal != draft.memory.scans_for:
        draft.remember(scans_for=goal, scans=0)
    since_add = draft.now - draft.memory.added
    if draft.memory.command:
        draft.wait(draft.now + 2_000, "the arr is scanning")
    elif _adding(draft) and not draft.actual.files and since_add < ADD_SCAN_MS:
        draft.wait(draft.now + max(2_000, since_add), "the arr scans what was just added")
    elif draft.memory.scans >= SCANS:
        draft.stuck = True
        draft.why.append(
            "the arr scanned twice and does not take the file: see its manual import for the reason"
        )
    else:
        why = "its file is on the drive" if absent else "its file left the drive"
        draft.actions.append(Rescan(draft.actual.ref, absent, stale, why))


def _goal(absent: Iterable[Copy], stale: Iterable[str]) -> str:
    return "|".join([*(f"{copy.path}:{copy.size}" for copy in absent), *(f"-{path}" for path in stale)])


def _lie_in(folder: str, copies: Iterable[Copy]) -> bool:
    below = same_key(f"{folder}/")
    return bool(folder) and any(same_key(copy.path).startswith(below) for copy in copies)

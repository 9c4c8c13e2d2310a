"""Products that are wrong on purpose, one at a time: the random histories have to find each of them out.

Each lacks what close sequences of imports, renames and moves once needed. What it lacks is taken out while a
seed is played, and nothing of the product knows of it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple
from unittest.mock import patch

from mesharr.core.detect.file_diff import FileDiff
from mesharr.core.detect.listed_files import ListedFiles
from mesharr.core.events.schema import Copy
from mesharr.core.planning import files
from mesharr.core.planning.context import PlanContext
from mesharr.core.registry.item_state import LivingCopy
from mesharr.node.inward import visit
from mesharr.node.outward.compare.evidence import ItemEvidence
from mesharr.node.outward.compare.item_commit import ComparisonCommits
from mesharr.node.outward.own_files import OwnFileWatch
from mesharr.node.outward.stream.publish import Publisher
from mesharr.state.queues.new_files import NewFiles
from tests.properties.mesh.drawing import promptly_of
from tests.properties.mesh.points import POINTS
from tests.properties.mesh.world import World, outcome, setups_of
from tests.support.household import MOVIES, LibrarySetup
from tests.support.library_setups import MUSIC


class Mutant(NamedTuple):
    """Something the product lacks, and the short histories that find it out: one or both of two kinds."""

    of: Any
    """The class or module that the method or function belongs to."""
    method: str
    instead: Callable[..., Any]
    """What is called instead of it, with the same arguments."""
    point: str = ""
    """The close sequence that finds it out, by the name that `points` has."""
    theme: str = ""
    seed: int = 0
    """Of which theme and seed the deeds are drawn that find it out, or of one of the next few seeds."""
    deeds: int = 8
    """How many of them."""
    setup: LibrarySetup = MOVIES
    """The library that they are about."""

    @property
    def by_each_history(self) -> "tuple[Mutant, ...]":
        """The mutant with each of its histories alone."""
        alone = (self._replace(theme=""), self._replace(point=""))
        return tuple(each for each in alone if each.point or each.theme)

    @property
    def tries(self) -> "tuple[Mutant, ...]":
        """The mutant with each history to play until one finds it out.

        Any change of timing in the product moves drawn histories.
        """
        seeds = range(self.seed, self.seed + (TRIES if self.theme else 1))
        return tuple(self._replace(seed=seed) for seed in seeds)


def _changed_with_a_reason(files: ListedFiles, key: str, copy: Copy) -> bool:
    """Take the size of a known path for known, unless something explains that it changed."""
    is_unexplained = key in files.registry.copies and key not in files.evidence.imported
    return not is_unexplained and _IS_CHANGED(files, key, copy)


def _named_by_the_app(diff: FileDiff, key: str, _: LivingCopy) -> bool:
    """Take a copy for replaced only if the app names it, by the name that was published."""
    return key in diff.evidence.replaced


def _scans_by_goal(
    context: PlanContext,
    absent: tuple[Copy, ...],
    stale: tuple[str, ...],
    misread: tuple[Copy, ...] = (),
    *,
    by_ids: bool = True,
) -> None:
    """Have the app scan, and begin to count its scans anew whenever other files are missing."""
    if files._goal(absent, stale) != context.memory.scan_goal:
        context.remember(scans_requested=0, recent_scans=(), scans_settled=0)
    _TAKE_FILES(context, absent, stale, by_ids=False)


_IS_CHANGED, _TAKE_FILES = ListedFiles._is_changed, files._take_files


def _forgotten(watch: OwnFileWatch, new: NewFiles, _: int) -> None:
    """Look for no file."""
    watch._state.new_files.drop(new)


def _nothing(*_: object) -> None:
    """Do nothing."""


MUTANTS: Final[dict[str, Mutant]] = {
    "scans are counted for what is missing, and not for the item": Mutant(
        *(files, "_take_files", _scans_by_goal),
        point="each scan decides anew between two files for a track",
        theme="undecided",
        seed=17,
        setup=MUSIC,
    ),
    "an import ends only what its app names": Mutant(
        *(FileDiff, "_is_replaced", _named_by_the_app),
        point="a name that was not published hands on what it ended",
        theme="renames",
        seed=10,
    ),
    "files that were just published are not looked for": Mutant(
        *(OwnFileWatch, "_look", _forgotten),
        point="movies: a folder that is moved a second after an import",
        theme="moved at once",
        deeds=4,
    ),
    "another size at a known path is no news": Mutant(
        *(ListedFiles, "_is_changed", _changed_with_a_reason),
        point="a file is overwritten",
        theme="overwrite",
        deeds=4,
    ),
    "who imports need not monitor": Mutant(
        *(Publisher, "_require_monitored", _nothing), theme="two imports", seed=0
    ),
    "files found after an add wait for an hour": Mutant(
        *(ItemEvidence, "_was_just_added", lambda *_: False),
        point="movies: a folder is added with its files",
    ),
    "folders that differ in spelling only are one": Mutant(
        *(visit, "files_by_spelling", lambda *_: {}),
        point="an import into the former spelling of a folder",
    ),
    "an item keeps the files that another one has in its folder": Mutant(
        *(ComparisonCommits, "_hand_over", _nothing),
        point="a film takes the folder of another one, and its file is replaced there",
    ),
}
TROUBLE = 0.3
TRIES = 8
"""How many seeds of a theme are played for a mutant at most."""


def found_in(folder: Path, mutant: Mutant, *, sound: bool = False) -> list[str]:
    """Return what does not hold after the history of a mutant, or of the sound product in its place."""
    if sound:
        return _played(folder, mutant)
    with patch.object(mutant.of, mutant.method, mutant.instead):
        return _played(folder, mutant)


def _played(folder: Path, mutant: Mutant) -> list[str]:
    if mutant.point:
        [point] = [each for each in POINTS if each.name == mutant.point]
        world = World(folder, count=2, setups=setups_of(point.acts), uploading=point.uploading)
        return outcome(world, point.acts, promptly=point.promptly)[0]
    world = World(folder, count=2, items=1, setups=(mutant.setup,))
    acts = world.drawn(mutant.seed, mutant.deeds, trouble=TROUBLE, theme=mutant.theme)
    return outcome(world, acts, promptly=promptly_of(mutant.theme))[0]

"""Comparing comes to an end: what was published is not published again, whatever was compared."""

from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesharr.core import hlc
from mesharr.core.arr.snapshot import Baseline, Snapshot, baseline_after, baseline_of
from mesharr.core.detect.item_diff import compare
from mesharr.core.detect.model import Change, ComparedItem, Evidence, PublishFact
from mesharr.core.detect.pending import Pending, PendingCopy
from mesharr.core.events.schema import Body, Copy, FileImported
from mesharr.core.events.validation import check
from mesharr.core.paths import same_key
from mesharr.core.registry.facts import Fact
from mesharr.core.registry.item_state import ItemState
from tests.unit.core.strategies import (
    NODES,
    PATHS,
    SPELLINGS,
    UNITS,
    World,
    copy_at,
    event_id,
    item,
    random_world,
    real_fold,
    worlds,
)

ME = NODES[0]
NOW = 1_764_000_000_000
REASONS = ("", "manual", "upgrade", "missingfromdisk", "unsure")


class Case(msgspec.Struct, frozen=True):
    """Everything one comparison looks at, and the facts its registry is made of."""

    facts: tuple[Fact, ...]
    shown: Snapshot | None
    baseline: Baseline | None
    evidence: Evidence
    pending: Pending
    now: int = NOW

    def registry(self) -> ItemState:
        return real_fold(self.facts, World(self.facts).cuts)


def some(random: Random, paths: tuple[str, ...]) -> list[str]:
    return [path for path in paths if random.random() < 0.3]


def case_of(world: World, random: Random) -> Case:
    """Return a comparison on top of a world: an arr that shows anything, a baseline and evidence alike."""
    registry = real_fold(world.facts, world.cuts)
    known = [each.copy for each in registry.copies.values() if random.random() < 0.6]
    fresh = [
        copy_at(path, random.choice(UNITS), size=random.choice((100, 101))) for path in some(random, PATHS)
    ]
    files = {same_key(copy.path): copy for copy in [*fresh, *known]}
    if random.random() < 0.3:
        files = {key: _respelled(copy) for key, copy in files.items()}
    placed = item(random.choice(("S", "s", "S2", registry.folder or "S")))
    shown = Snapshot(ref=1, item=placed, files=files, multi_file_units=random.random() < 0.3)
    before = dict.fromkeys(some(random, PATHS), 100) | {copy.path: copy.size for copy in known[::2]}
    baseline = random.choice(
        (
            None,
            Baseline(present=False),
            Baseline(folder="S", series_type="standard", files=before),
            Baseline(folder="S3", files=before, unconfirmed=dict.fromkeys(some(random, PATHS), 1)),
            Baseline(folder="S", files=before, gone_unpublished=tuple(some(random, PATHS))),
            baseline_of(shown),
        )
    )
    evidence = Evidence(
        delete_reason=random.choice(("", "", "deleted", "unsure")),
        imported=frozenset(same_key(path) for path in some(random, PATHS)),
        retagged=frozenset(same_key(path) for path in some(random, PATHS)),
        replaced=frozenset(same_key(path) for path in some(random, PATHS)),
        renamed={same_key(path): random.choice(PATHS) for path in some(random, PATHS)},
        drop_reasons={same_key(path): random.choice(REASONS) for path in some(random, PATHS)},
    )
    pending = Pending(
        copies={
            same_key(path): PendingCopy(
                copy_at(path, random.choice(UNITS), size=random.choice((100, 101))),
                random.choice(("", *PATHS)),
                tuple(some(random, PATHS)),
            )
            for path in some(random, PATHS)[:1]
            if same_key(path) not in registry.copies  # as if it were published, it waits in no world
        }
    )
    return Case(world.facts, shown if random.random() < 0.85 else None, baseline, evidence, pending)


def _respelled(copy: Copy) -> Copy:
    return msgspec.structs.replace(copy, path=SPELLINGS.get(copy.path, copy.path))


def compared(case: Case) -> tuple[tuple[Change, ...], Baseline | None]:
    """Return what one comparison says, and the baseline after it."""
    found = compare(
        ComparedItem(case.shown, case.baseline, case.registry(), case.evidence, case.pending, ME, case.now)
    )
    return found.changes, found.baseline


def said(changes: tuple[Change, ...]) -> list[Body]:
    return [change.body for change in changes if isinstance(change, PublishFact)]


def published(case: Case, changes: tuple[Change, ...], baseline: Baseline | None) -> Case:
    """Return the same comparison after everything was published."""
    stream, registry = f"{ME}.0000000e", case.registry()
    facts = list(case.facts)
    for body in said(changes):
        check(body)
        seq = 1 + sum(fact.stream == stream for fact in facts)
        facts.append(
            Fact(stream, seq, hlc.text_of(NOW + 10**9 + seq), _signed(body, registry), event_id(seq))
        )
    return msgspec.structs.replace(case, facts=tuple(facts), baseline=baseline, pending=Pending())


def _signed(body: Body, registry: ItemState) -> Body:
    if not isinstance(body, FileImported):
        return body
    units = {unit for copy in body.copies for unit in copy.units}
    return msgspec.structs.replace(body, term=1 + max(registry.terms.get(unit, 0) for unit in units))


def check_settles(case: Case) -> None:
    changes, baseline = compared(case)
    after = published(case, changes, baseline)
    for evidence in (case.evidence, Evidence()):
        again = msgspec.structs.replace(after, evidence=evidence)
        for _ in range(2):
            repeated, kept = compared(again)
            assert said(repeated) == []
            again = msgspec.structs.replace(again, baseline=kept)
    # Once the hour is over for what nobody explained, that is published, and then nothing more.
    later = msgspec.structs.replace(after, now=NOW + 10**8)
    rest, baseline = compared(later)
    settled = published(later, rest, baseline)
    assert said(compared(settled)[0]) == []


@settings(max_examples=150)
@given(world=worlds(), seed=st.integers(0, 2**32))
def test_what_was_published_is_not_published_again(world: World, seed: int) -> None:
    check_settles(case_of(world, Random(seed)))


@pytest.mark.campaign
def test_what_was_published_is_not_published_again_in_worlds_that_are_the_same_every_time() -> None:
    for seed in range(600):
        random = Random(seed)
        check_settles(case_of(random_world(random), random))


@settings(max_examples=100)
@given(world=worlds(), seed=st.integers(0, 2**32))
def test_an_arr_that_lists_its_baseline_publishes_nothing(world: World, seed: int) -> None:
    case = case_of(world, Random(seed))
    imported = Evidence(imported=case.evidence.imported)  # known already: it is stated again
    known = baseline_of(case.shown)
    same = msgspec.structs.replace(case, baseline=known, evidence=imported, pending=Pending())
    changes, baseline = compared(same)
    assert changes == ()
    assert baseline is not None
    assert msgspec.structs.replace(baseline, heard={}) == known


@settings(max_examples=100)
@given(world=worlds(), seed=st.integers(0, 2**32))
def test_an_arr_that_lists_what_the_mesh_holds_publishes_nothing(world: World, seed: int) -> None:
    case = case_of(world, Random(seed))
    registry = case.registry()
    if not registry.present or ME in registry.left_by:
        return
    # what was listed before in the mesh's spelling and is not now, the user renamed
    known = {same_key(path) for path in (case.baseline.files if case.baseline else ())}
    copies = [each.copy if key in known else _respelled(each.copy) for key, each in registry.copies.items()]
    shown = Snapshot(
        ref=1,
        item=item(registry.folder, registry.series_type),
        files={same_key(copy.path): copy for copy in copies},
    )
    evidence = msgspec.structs.replace(case.evidence, imported=frozenset())  # of those it imported none
    same = msgspec.structs.replace(case, shown=shown, pending=Pending(), evidence=evidence)
    assert said(compared(same)[0]) == []


@settings(max_examples=100)
@given(world=worlds(), seed=st.integers(0, 2**32))
def test_absence_alone_never_becomes_a_removal(world: World, seed: int) -> None:
    case = case_of(world, Random(seed))
    registry = case.registry()
    # of a file whose publisher has the item no more, whoever misses it says so
    theirs = {key for key, each in registry.copies.items() if each.node not in {ME, *registry.left_by}}
    missing = dict.fromkeys(theirs, "missingfromdisk")
    unexplained = msgspec.structs.replace(case, evidence=Evidence(drop_reasons=missing))
    empty = msgspec.structs.replace(case.shown, files={}) if case.shown else None
    for shown in (empty, None):
        changes, _ = compared(msgspec.structs.replace(unexplained, shown=shown))
        assert not [body for body in said(changes) if "Removed" in type(body).__name__]


@settings(max_examples=100)
@given(world=worlds(), seed=st.integers(0, 2**32))
def test_what_the_mesh_brought_into_the_arr_publishes_nothing(world: World, seed: int) -> None:
    random = Random(seed)
    case = case_of(world, random)
    registry = case.registry()
    if case.shown is None or not registry.present:
        return
    found = {key: each.copy for key, each in registry.copies.items() if random.random() < 0.8}
    before = msgspec.structs.replace(case.shown, files={}, item=item(registry.folder, registry.series_type))
    brought = msgspec.structs.replace(before, files=found)
    baseline = baseline_after(baseline_of(before), brought, registry) or baseline_of(before)
    after = msgspec.structs.replace(
        case, shown=brought, baseline=baseline, evidence=Evidence(), pending=Pending()
    )
    assert compared(after)[0] == ()

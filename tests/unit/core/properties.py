"""What holds of every fold of every world. Each check takes the fold it checks, so that a broken one can be
shown to fail.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from random import Random

import msgspec

from mesharr.core import hlc
from mesharr.core.events.schema import (
    Body,
    Copy,
    FileImported,
    FileRemoved,
    FileRenamed,
    Found,
    Heads,
    ItemAdded,
    ItemAliased,
    ItemChanged,
    ItemLeft,
    ItemMoved,
    ItemRemoved,
    LibraryFound,
    Renamed,
    UnitClaimed,
    UnitGrabbed,
    UnitReleased,
    Vector,
)
from mesharr.core.events.validation import MAX_TERM
from mesharr.core.paths import same_key
from mesharr.core.registry.facts import Cuts, Fact, Stamp
from mesharr.core.registry.item_state import ItemState
from mesharr.core.registry.ownership import Owner
from tests.unit.core.strategies import (
    ALIAS,
    ID,
    LIBRARY,
    NODES,
    PATHS,
    SPELLINGS,
    UNITS,
    Fold,
    World,
    copy_at,
    cuts_in,
    event_id,
    fact_of,
    facts_in,
    item,
)

Check = Callable[[Fold, World, Random], None]
LATE = hlc.text_of(hlc.parts_of("2027-11-22T00:00:00.000Z-0000")[0])
EARLY = hlc.text_of(hlc.parts_of("2025-11-22T00:00:00.000Z-0000")[0])
NEW = "erin-00000005"
"""A node that has said nothing yet."""


def _same(one: ItemState, other: ItemState) -> None:
    assert one.encoded() == other.encoded(), f"{one}\n{other}"


def _after(world: World) -> int:
    return 1 + max((event.seq for event in world.events), default=0)


# -- order


def any_order_gives_the_same_bytes(fold: Fold, world: World, random: Random) -> None:
    """Facts that come in another order, and twice, say the same."""
    state = fold(world.facts, world.cuts)
    shuffled = [*world.facts, *random.sample(world.facts, k=len(world.facts) // 2)]
    random.shuffle(shuffled)
    _same(state, fold(shuffled, world.cuts))
    _same(state, fold(world.facts[::-1], world.cuts))


def a_prefix_of_each_stream_and_then_the_rest_give_the_same_bytes(
    fold: Fold, world: World, random: Random
) -> None:
    """A node that received a part of each stream first ends where one ends that received all at once."""
    heads = {stream: random.randint(0, _after(world)) for stream in world.streams}
    first = [fact for fact in world.facts if fact.seq <= heads[fact.stream]]
    fold(first, cuts_in(first))
    rest = [fact for fact in world.facts if fact.seq > heads[fact.stream]]
    _same(fold(world.facts, world.cuts), fold([*first, *rest], world.cuts))


def a_fork_is_out_of_the_fold_whichever_branch_came_first(fold: Fold, world: World, random: Random) -> None:
    """From the lowest forked seq on, neither branch counts."""
    if not world.streams:
        return
    stream, seq = random.choice(world.streams), random.randint(1, _after(world))
    stem = [event for event in world.events if event.stream != stream or event.seq < seq]
    branch = [event for event in world.events if event not in stem]
    other = [
        Fact(stream, seq + n, LATE, _import(path, unit, term=50))
        for n, (path, unit) in enumerate(zip(PATHS, UNITS, strict=False))
    ]
    cuts = msgspec.structs.replace(cuts_in(stem), forks={stream: seq})
    expected = fold(facts_in(stem), cuts_in(stem))
    _same(expected, fold(facts_in([*stem, *branch]), cuts))
    _same(expected, fold([*other, *facts_in(stem)], cuts))


# -- copies


def stated(world: World) -> Iterator[tuple[str, Fact]]:
    """Yield the key of each path a fact states to be a copy, with the fact."""
    for fact in world.facts:
        copies: Iterable[Copy] = ()
        match fact.body:
            case FileImported(copies=imported):
                copies = imported
            case FileRenamed(files=files):
                copies = [each.new for each in files]
            case LibraryFound(items=items):
                copies = [copy for found in items if found.item.id == ID for copy in found.copies]
        for copy in copies:
            yield same_key(copy.path), fact


def _ended_by(fact: Fact) -> tuple[set[str] | None, Vector]:
    match fact.body:
        case FileImported(replaced=paths, seen=seen) | FileRemoved(paths=paths, seen=seen):
            return {same_key(path) for path in paths}, seen
        case FileRenamed(files=files, seen=seen):
            return {same_key(each.old) for each in files}, seen
        case ItemRemoved(seen=seen):
            return None, seen
        case _:
            return set(), {}


def is_ended(key: str, statement: Fact, world: World) -> bool:
    """Return whether some other fact whose vector covers the statement ends its path."""
    ids = {(fact.stream, fact.seq): fact.id for fact in world.facts}
    for fact in world.facts:
        keys, seen = _ended_by(fact)
        seq, id_ = seen.get(statement.stream, (0, ""))
        covered = statement.seq <= seq and ids.get((statement.stream, seq)) == id_ and fact != statement
        if covered and (keys is None or key in keys):
            return True
    return False


def a_path_lives_while_a_statement_of_it_is_not_ended(fold: Fold, world: World, random: Random) -> None:
    """Whichever came first, the statement or what ends it; and only by what had seen it."""
    facts = sorted(world.facts, key=lambda fact: not _ended_by(fact)[1])  # what ends comes first
    state = fold(facts, world.cuts)
    alive = {key for key, fact in stated(world) if not is_ended(key, fact, world)}
    assert set(state.copies) == alive
    assert set(state.ended) == {key for key, _ in stated(world)} - alive


def a_removal_that_saw_nothing_ends_nothing(fold: Fold, world: World, random: Random) -> None:
    """Copies and adds that a removal does not cover survive it, except its author's own adds."""
    author = random.choice(NODES)
    blind = Fact(f"{author}.0000000f", 1, LATE, ItemRemoved(library=LIBRARY, id=ID, seen={}))
    before, after = fold(world.facts, world.cuts), fold([*world.facts, blind], world.cuts)
    assert before.copies == after.copies
    assert set(before.adders) - {author} == set(after.adders)
    assert after.removed_by == ("" if after.present else author)


def a_vector_that_lies_ends_nothing(fold: Fold, world: World, random: Random) -> None:
    """A removal that names events there are not, or by another id, says no more than one that names none: it
    ends nothing, and what is said later lives too.
    """
    author, far = random.choice(NODES), random.choice((0, 1, 3, 2**33))
    lies = {stream: (seq + far, event_id("a lie")) for stream, (seq, _) in _heads(world).items()}
    lies[f"{NEW}.00000001"] = (2**33, event_id("a lie"))
    paths = tuple(PATHS)
    ends = (
        ItemRemoved(library=LIBRARY, id=ID, seen=lies),
        FileRemoved(library=LIBRARY, id=ID, paths=paths, seen=lies),
        msgspec.structs.replace(_import("S/lie.mkv", "1:1", term=1), replaced=paths, seen=lies),
        FileRenamed(
            library=LIBRARY, id=ID, files=(Renamed(old=paths[0], new=copy_at("S/lie.mkv")),), seen=lies
        ),
    )
    lied = [fact_of(f"{author}.0000000f", n, LATE, body) for n, body in enumerate(ends, 1)]
    blind = [msgspec.structs.replace(fact, body=msgspec.structs.replace(fact.body, seen={})) for fact in lied]
    later = fact_of(f"{NEW}.00000001", 1, EARLY, _import(PATHS[0], "1:1", term=1))
    others = (*world.facts, later)
    before, after = fold(others, world.cuts), fold([*lied, *others], world.cuts)
    assert after.copies == fold([*blind, *others], world.cuts).copies
    assert before.copies.keys() | {"s/lie.mkv"} == after.copies.keys()
    assert set(before.adders) - {author} <= set(after.adders)


def what_is_stated_after_a_removal_lives(fold: Fold, world: World, random: Random) -> None:
    """An item removed with all that was known of it lives again when it is added, or imported, again."""
    author, path = random.choice(NODES), random.choice(PATHS)
    removed = Fact(f"{author}.0000000f", 1, LATE, ItemRemoved(library=LIBRARY, id=ID, seen=_heads(world)))
    state = fold([*world.facts, removed], world.cuts)
    assert not state.present
    assert state.removed_by == author
    again = Fact(f"{author}.0000000f", 2, f"{LATE[:-1]}1", ItemAdded(library=LIBRARY, item=item("Anew")))
    state = fold([again, removed, *world.facts], world.cuts)
    assert state.adders == (author,)
    assert state.folder == "Anew"
    assert not state.removed_by
    again = msgspec.structs.replace(again, body=_import(path, "1:1", term=9))
    state = fold([again, *world.facts, removed], world.cuts)
    assert list(state.copies) == [same_key(path)]
    assert not state.removed_by


def other_spellings_are_the_same_path(fold: Fold, world: World, random: Random) -> None:
    """A removal that spells the paths in another case or Unicode form ends them as well."""
    paths = tuple(SPELLINGS.get(path, path.upper()) for path in PATHS)
    body = FileRemoved(library=LIBRARY, id=ID, paths=paths, seen=_heads(world))
    removed = Fact("alice-00000001.0000000f", 1, LATE, body)
    assert not fold([*world.facts, removed], world.cuts).copies


def _heads(world: World) -> Vector:
    last: dict[str, Fact] = {}
    for fact in world.facts:
        last[fact.stream] = max(fact, last.get(fact.stream, fact), key=lambda fact: fact.seq)
    return {stream: (fact.seq, fact.id) for stream, fact in last.items()}


def _import(path: str, unit: str, term: int) -> FileImported:
    return FileImported(library=LIBRARY, item=item("Anew"), copies=(copy_at(path, unit),), term=term, seen={})


# -- descriptions


def a_third_party_describes_nothing(fold: Fold, world: World, random: Random) -> None:
    """Who has no copy and was not first to add it gives an item that is there no id, title or folder."""
    before = fold(world.facts, world.cuts)
    evil = msgspec.structs.replace(item("Evil"), title="Evil", ids={"tvdb": 666})
    lies: tuple[Body, ...] = (
        ItemAdded(library=LIBRARY, item=evil),
        LibraryFound(library=LIBRARY, items=(Found(item=evil),)),
        ItemAliased(library=LIBRARY, id=ID, alias=ALIAS),
    )
    told = [fact_of(f"{NEW}.00000001", n, LATE, body) for n, body in enumerate(lies, 1)]
    after = fold([*told, *world.facts], world.cuts)
    has = {living.brought_by for living in before.copies.values()} | {*before.adders}
    if has & {fact.node for fact in world.facts if fact.body.item_in((ID,))}:
        assert (after.id, after.item, after.folder) == (before.id, before.item, before.folder)
    elif not before.present:
        assert after.item == evil


# -- owners


def _departures(world: World) -> Mapping[str, tuple[str, str, str, int]]:
    gone = dict(world.cuts.left)
    for fact in world.facts:
        if isinstance(fact.body, ItemLeft | ItemRemoved):
            gone[fact.node] = max(fact.stamp, gone.get(fact.node, fact.stamp))
    return gone


def takes(world: World, unit: str) -> Iterator[tuple[int, bool, Fact]]:
    """Yield (term, whether it is a claim, fact) of every import and claim of a unit that is not given up.

    One at the top counts no more when another of the unit has named it, or a later one of its stream.
    """
    gone = _departures(world)
    takes = list(_takes(world, unit))
    top = [fact for fact in world.facts if _is_top(fact)]
    for term, claimed, fact in takes:
        if fact.node in gone and fact.stamp < gone[fact.node]:
            continue
        later = [each for each in top if each.stream == fact.stream and each.seq >= fact.seq]
        names = [_over(other).get(fact.stream) for _, _, other in takes]
        if term == MAX_TERM and any((each.seq, each.id) in names for each in later):
            continue
        yield term, claimed, fact


def _takes(world: World, unit: str) -> Iterator[tuple[int, bool, Fact]]:
    for fact in world.facts:
        match fact.body:
            case FileImported(copies=copies, term=term):
                if any(unit in copy.units for copy in copies):
                    yield term, False, fact
            case UnitClaimed(units=units, term=term):
                if unit in units:
                    yield term, True, fact


def _over(fact: Fact) -> Heads:
    return fact.body.over if isinstance(fact.body, FileImported | UnitClaimed) else {}


def _is_top(fact: Fact) -> bool:
    return MAX_TERM in {getattr(fact.body, "term", 0), getattr(fact.body, "version", 0)}


def the_highest_term_owns_then_an_import_then_the_earliest(fold: Fold, world: World, random: Random) -> None:
    """No import or claim that its author has not given up beats the owner's, and it is one of them."""
    state = fold(world.facts, world.cuts)
    for unit in UNITS:
        found = sorted(takes(world, unit), key=lambda take: (-take[0], take[1], take[2].stamp))
        owner = state.owners.get(unit)
        if not found:
            assert owner is None
        else:
            term, claimed, fact = found[0]
            assert owner is not None
            assert (owner.node, owner.term, owner.claimed, owner.stamp) == (
                fact.node,
                term,
                claimed,
                fact.stamp,
            )


def an_owner_needs_a_copy_to_own(fold: Fold, world: World, random: Random) -> None:
    """A unit without a living copy has no owner to be respected."""
    state = fold(world.facts, world.cuts)
    for unit in UNITS:
        if not state.copies_of(unit):
            assert state.owner_of(unit) == ""


def a_node_unheard_of_changes_no_owner_whose_event_is_there(fold: Fold, world: World, random: Random) -> None:
    """Whoever's streams are missing, what others own stays theirs, but for a jump nobody here has named."""
    missing = random.choice(NODES)
    events = [event for event in world.events if event.node != missing]
    full, part = fold(world.facts, world.cuts), fold(facts_in(events), cuts_in(events))
    for unit, owner in full.owners.items():
        if owner.node != missing:
            assert part.owners.get(unit) == owner or _is_jump(part.owners[unit])


def a_missing_stream_changes_an_owner_only_by_what_its_author_gave_up_there(
    fold: Fold, world: World, random: Random
) -> None:
    """A stream not here yet changes no owner whose event is, unless its author gives up things in it, or
    names a jump there.
    """
    if not world.streams:
        return
    missing = random.choice(world.streams)
    events = [event for event in world.events if event.stream != missing]
    full, part = fold(world.facts, world.cuts), fold(facts_in(events), cuts_in(events))
    author = missing.rpartition(".")[0]
    for unit, owner in full.owners.items():
        here = any(event.stamp == owner.stamp and event.node == owner.node for event in events)
        other = part.owners.get(unit)
        if here and other != owner:
            assert other is not None
            assert _is_jump(other) or (other.node == author and author in _departures(world))


def _is_jump(owner: Owner) -> bool:
    return owner.term == MAX_TERM


def a_jump_is_beaten_by_one_ordinary_claim(fold: Fold, world: World, random: Random) -> None:
    """Whoever has seen it takes a unit, or places the item, though the jumper's clock is a year ahead; and
    where the jump is not received, too.
    """
    unit = random.choice(UNITS)
    stream = f"{random.choice(NODES)}.0000000f"
    far = ItemChanged(library=LIBRARY, id=ID, folder="Far", version=MAX_TERM)
    jumps = [fact_of(stream, 1, LATE, _claim(unit, MAX_TERM, {})), fact_of(stream, 2, LATE, far)]
    view = fold([*world.facts, *jumps], world.cuts)
    near = ItemChanged(
        library=LIBRARY, id=ID, folder="Near", version=view.version + 1, over=view.events_at_maximum
    )
    claim = _claim(unit, 1 + view.terms.get(unit, 0), view.events_at_maximum)
    answers = [fact_of(f"{NEW}.00000001", n, EARLY, body) for n, body in enumerate((claim, near), 1)]
    for facts in ([*answers, *world.facts, *jumps], [*answers, *world.facts], [*world.facts, *answers]):
        after = fold(facts, world.cuts)
        assert (after.owners[unit].node, after.folder) == (NEW, "Near")
        assert after.terms[unit] < MAX_TERM


def _claim(unit: str, term: int, over: Heads) -> UnitClaimed:
    return UnitClaimed(library=LIBRARY, id=ID, units=(unit,), term=term, over=over)


def who_departs_gives_up_only_what_is_its_own(fold: Fold, world: World, random: Random) -> None:
    """Leaving ends no copy and takes nothing from others."""
    author = random.choice(NODES)
    left = Fact(f"{author}.0000000f", 1, LATE, ItemLeft(library=LIBRARY, id=ID))
    before = fold(world.facts, world.cuts)
    stamp = (LATE, author, "0000000f", 1)
    gone = Cuts(left={**world.cuts.left, author: stamp})
    for after in (fold([left, *world.facts], world.cuts), fold(world.facts, gone)):
        assert after.copies == before.copies
        assert set(after.adders) == set(before.adders) - {author}
        for unit, owner in before.owners.items():
            if owner.node != author:
                assert after.owners.get(unit) == owner
        assert author not in {owner.node for owner in after.owners.values()}
        assert after.terms == before.terms


def an_inventory_never_makes_an_owner(fold: Fold, world: World, random: Random) -> None:
    """With or without the inventories, the same own the same, at the same terms."""
    without = [fact for fact in world.facts if not isinstance(fact.body, LibraryFound)]
    full, part = fold(world.facts, world.cuts), fold(without, world.cuts)
    assert (full.owners, full.terms, full.contributors) == (part.owners, part.terms, part.contributors)


# -- locks


def grabs_stand_in_the_order_they_began_until_they_are_over(fold: Fold, world: World, random: Random) -> None:
    """The first who downloads a unit comes first; each counts until it releases, imports or leaves."""
    state, gone = fold(world.facts, world.cuts), _departures(world)
    for unit in UNITS:
        grabs: dict[str, str] = {}
        for fact in sorted(world.facts, key=lambda fact: fact.stamp):
            if fact.node in gone and fact.stamp < gone[fact.node]:
                continue
            match fact.body:
                case UnitGrabbed(units=units) if unit in units:
                    grabs.setdefault(fact.node, fact.hlc)
                case UnitReleased(units=units) if unit in units:
                    grabs.pop(fact.node, None)
                case FileImported(copies=copies) if any(unit in copy.units for copy in copies):
                    grabs.pop(fact.node, None)
        held = [(lock.since, lock.node) for lock in state.locks.get(unit, ())]
        assert held == sorted((since, node) for node, since in grabs.items())


# -- what a node does is so where it did it


def what_a_node_does_holds_in_its_own_view(fold: Fold, world: World, random: Random) -> None:
    """An act is decided on what was applied; right after it, the actor's registry shows it done."""
    for moment in world.moments:
        events = [*moment.before, moment.fact]
        before = fold(facts_in(moment.before), cuts_in(moment.before))
        after = fold(facts_in(events), cuts_in(events))
        _holds(before, after, moment.fact, events)


def _stamps(events: Iterable[Fact], of: type[Body]) -> Iterator[Stamp]:
    return (event.stamp for event in events if isinstance(event.body, of))


def _removals(events: Iterable[Fact]) -> list[Fact]:
    return [event for event in events if isinstance(event.body, ItemRemoved)]


def _holds(before: ItemState, after: ItemState, fact: Fact, events: Iterable[Fact]) -> None:
    node = fact.node
    match fact.body:
        case ItemAdded():
            assert after.present
            assert node not in after.left_by
        case FileImported(copies=copies, replaced=replaced):
            keys = {same_key(copy.path) for copy in copies}
            assert keys <= set(after.copies)
            assert not ({same_key(path) for path in replaced} - keys) & set(after.copies)
            assert {after.owners[unit].node for copy in copies for unit in copy.units} == {node}
        case FileRenamed(files=files):
            for each in files:
                assert same_key(each.new.path) in after.copies
            gone = {same_key(each.old) for each in files} - {same_key(each.new.path) for each in files}
            assert not gone & set(after.copies)
            assert after.owners == before.owners
        case FileRemoved(paths=paths):
            assert set(after.copies) == set(before.copies) - {same_key(path) for path in paths}
            assert after.owners == before.owners
        case ItemLeft():
            assert after.copies == before.copies
            assert node in after.left_by
        case ItemRemoved():
            assert not after.present
            assert after.removed_by == max(_removals(events), key=lambda removal: removal.stamp).node
        case UnitClaimed(units=units, term=term):
            jumped = term >= MAX_TERM - 1
            assert jumped or {after.owners[unit].node for unit in units} == {node}
        case ItemMoved(library=here, to=there) if fact.stamp == max(_stamps(events, ItemMoved)):
            assert (after.moved_to, after.moved_from) == ((there, ()) if here == LIBRARY else ("", (here,)))
        case _:
            assert after.owners == before.owners or cuts_in([fact]).left


CHECKS: tuple[Check, ...] = (
    any_order_gives_the_same_bytes,
    a_prefix_of_each_stream_and_then_the_rest_give_the_same_bytes,
    a_fork_is_out_of_the_fold_whichever_branch_came_first,
    a_path_lives_while_a_statement_of_it_is_not_ended,
    a_removal_that_saw_nothing_ends_nothing,
    a_vector_that_lies_ends_nothing,
    what_is_stated_after_a_removal_lives,
    other_spellings_are_the_same_path,
    the_highest_term_owns_then_an_import_then_the_earliest,
    a_third_party_describes_nothing,
    an_owner_needs_a_copy_to_own,
    a_node_unheard_of_changes_no_owner_whose_event_is_there,
    a_missing_stream_changes_an_owner_only_by_what_its_author_gave_up_there,
    who_departs_gives_up_only_what_is_its_own,
    an_inventory_never_makes_an_owner,
    grabs_stand_in_the_order_they_began_until_they_are_over,
    what_a_node_does_holds_in_its_own_view,
    a_jump_is_beaten_by_one_ordinary_claim,
)

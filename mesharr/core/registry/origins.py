"""Tell who brought each file, whoever renamed it.

A copy stays that of who brought it. Where its household has replaced it and another one renames it all the
same, both files are on the drive: the renamed one is that of who renamed it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from mesharr.core.events.schema import Copy, FileImported, FileRenamed
from mesharr.core.paths import same_key
from mesharr.core.registry.endings import Ending, Endings
from mesharr.core.registry.facts import Fact
from mesharr.core.registry.proofs import Proofs

_Event = tuple[str, int]


def stated_with_origins(
    ordered: Sequence[Fact], ids: Collection[str], proofs: Proofs
) -> Iterator[tuple[Fact, str, Copy, str]]:
    """Yield each copy that events, by stamp, state: its key, and who brought its file."""
    if not any(isinstance(fact.body, FileRenamed) for fact in ordered):
        for fact in ordered:
            for copy in fact.body.stated_copies_of(ids):
                yield fact, same_key(copy.path), copy, fact.node
        return
    brought: dict[str, tuple[str, Fact]] = {}
    replaced: dict[str, Fact] = {}
    in_place = _in_place_of(ordered, ids, proofs)
    imports = _imports_over(ordered, in_place, proofs)
    for fact in ordered:
        # all at once: of two files that exchange their names each takes its origin along
        before: dict[str, str] = {}
        for new, old in fact.body.old_paths().items():
            was, key = same_key(old), same_key(new)
            origin, _ = brought.get(was, ("", None))
            # a file that only got another spelling has no new name that an import could be over
            name = "" if new != old and key == was else key
            is_left_behind = was in replaced and proofs.knows(fact, replaced[was])
            is_left_behind |= _is_replaced_meanwhile(fact, was, name, imports.get(origin), proofs)
            before[key] = fact.node if is_left_behind else origin
        ended = in_place.get((fact.stream, fact.seq), ())
        replaced |= dict.fromkeys(_own(ended, fact, brought, proofs), fact)
        for copy in fact.body.stated_copies_of(ids):
            key = same_key(copy.path)
            brought[key] = before.get(key) or fact.node, fact
            replaced.pop(key, None)
            yield fact, key, copy, brought[key][0]


def _own(
    keys: Iterable[str], fact: Fact, brought: Mapping[str, tuple[str, Fact]], proofs: Proofs
) -> Iterator[str]:
    """Yield those of these paths whose file the author of an event brought and knew of."""
    for key in keys:
        node, stated = brought.get(key, ("", fact))
        if node == fact.node and proofs.knows(fact, stated):
            yield key


def _in_place_of(
    ordered: Iterable[Fact], ids: Collection[str], proofs: Proofs
) -> Mapping[_Event, Collection[str]]:
    """Return by import the keys of the paths whose files it is in place of.

    Those are the ones that it ended, and those of its units that any node had ended since the author of the
    import last imported of them: an app that misses a file imports another one later.
    """
    found: dict[_Event, Collection[str]] = {}
    stated: dict[str, tuple[Copy, Fact]] = {}
    ended: dict[str, list[str]] = defaultdict(list)
    before: dict[tuple[str, str], int] = {}
    for fact in ordered:
        body = fact.body
        keys = [same_key(path) for path in body.ended_paths()]
        if isinstance(body, FileImported):
            found[fact.stream, fact.seq] = in_place = set(keys)
            for unit in body.registers:
                in_place.update(ended[unit][before.get((fact.node, unit), 0) :])
                before[fact.node, unit] = len(ended[unit])
        if not isinstance(body, FileRenamed):
            for key in keys:
                if key in stated and proofs.knows(fact, stated[key][1]):
                    copy, _ = stated.pop(key)
                    for unit in copy.units:
                        ended[unit].append(key)
        for copy in body.stated_copies_of(ids):
            stated[same_key(copy.path)] = copy, fact
    return found


def _imports_over(
    ordered: Iterable[Fact], in_place: Mapping[_Event, Collection[str]], proofs: Proofs
) -> Mapping[str, Endings]:
    """Return by node the paths at which it imported a file over another one, or in place of it."""
    found: dict[str, list[Ending]] = defaultdict(list)
    for fact in ordered:
        if isinstance(fact.body, FileImported):
            seen = proofs.seen_by(fact)
            keys = (*(same_key(copy.path) for copy in fact.body.copies), *in_place[fact.stream, fact.seq])
            found[fact.node] += [Ending(key, seen, fact) for key in keys]
    return {node: Endings(endings) for node, endings in found.items()}


def _is_replaced_meanwhile(fact: Fact, old: str, new: str, imports: Endings | None, proofs: Proofs) -> bool:
    """Return whether a file was renamed while who had brought it imported another in its place.

    Neither author knew of the other's event, and `imports` are those of who brought it.
    """
    if imports is None:
        return False
    seen = proofs.seen_by(fact)
    is_elsewhere = imports.concurrent_with(new, fact, seen) is None
    return is_elsewhere and imports.concurrent_with(old, fact, seen) is not None

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
    imports = _imports_over(ordered, proofs)
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
        if isinstance(fact.body, FileImported):
            replaced |= dict.fromkeys(_own_ended(fact, brought, proofs), fact)
        for copy in fact.body.stated_copies_of(ids):
            key = same_key(copy.path)
            brought[key] = before.get(key) or fact.node, fact
            replaced.pop(key, None)
            yield fact, key, copy, brought[key][0]


def _own_ended(fact: Fact, brought: Mapping[str, tuple[str, Fact]], proofs: Proofs) -> Iterator[str]:
    """Yield the keys of the paths at which an import ends a file that its own household brought."""
    for key in map(same_key, fact.body.ended_paths()):
        node, stated = brought.get(key, ("", fact))
        if node == fact.node and proofs.knows(fact, stated):
            yield key


def _imports_over(ordered: Iterable[Fact], proofs: Proofs) -> Mapping[str, Endings]:
    """Return by node the paths at which it imported a file over another one, or in place of it."""
    found: dict[str, list[Ending]] = defaultdict(list)
    for fact in ordered:
        if isinstance(fact.body, FileImported):
            seen = proofs.seen_by(fact)
            paths = (*(copy.path for copy in fact.body.copies), *fact.body.ended_paths())
            found[fact.node] += [Ending(same_key(path), seen, fact) for path in paths]
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

"""Which ids are one item: a node speaks for the rows of its own app, and joins no items of others."""

from collections.abc import Mapping, Sequence
from random import Random

import pytest

from mesharr.core.registry.identity.one_item import Ids, SaidBy, around, connected

A, B, C, D, M = "alice", "bob", "carol", "dave", "mallory"
IDS = "123456"
Pair = tuple[str, str]
Words = Mapping[str, Sequence[Pair]]
"""By node the aliases that it publishes."""
Stated = Mapping[str, Sequence[str]]
"""By id the nodes that state it."""


def word_of(node: str, words: Words, id_: str) -> Ids:
    """Return the ids of which a node says that they are one with this one."""
    pairs = words.get(node, ())
    return connected(id_, lambda one: [other for pair in pairs if one in pair for other in pair])


def joined(item: str, words: Words, stated: Stated) -> Ids:
    """Return the ids that are one item with one."""

    def said_of(id_: str) -> SaidBy:
        said = {node: word_of(node, words, id_) for node in words}
        return {node: ids for node, ids in said.items() if len(ids) > 1}

    return around(item, said_of).joined(lambda id_: stated.get(id_, ()))


@pytest.mark.parametrize(
    "words",
    [
        {M: [("7", "9")]},
        {M: [("7", "x"), ("x", "9")]},
        {M: [("x", "7"), ("9", "x"), ("x", "y")]},
        {M: [("7", "x")], D: [("x", "9")]},
        {M: [("7", "x")], D: [("x", "y")], C: [("y", "9")]},
    ],
)
@pytest.mark.parametrize("stated", [{"7": [A], "9": [B]}, {"7": [A], "9": [A]}, {"7": [A, M], "9": [B, M]}])
def test_two_items_of_others_are_joined_by_no_word_nor_by_several(words: Words, stated: Stated) -> None:
    assert "9" not in joined("7", words, stated)
    assert "7" not in joined("9", words, stated)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_said_each_id_is_of_one_item_and_no_item_is_of_two_that_others_keep_apart(
    seed: int,
) -> None:
    rng = Random(seed)
    for _ in range(40):
        nodes = (A, B, C, D, M)[: rng.randint(2, 5)]
        words = {
            node: [(rng.choice(IDS), rng.choice(IDS)) for _ in range(rng.randint(0, 2))] for node in nodes
        }
        stated = {id_: [node for node in nodes if rng.random() < 0.3] for id_ in IDS}
        items = {id_: joined(id_, words, stated) for id_ in IDS}
        for id_, ids in items.items():
            assert id_ in ids
            assert all(items[other] == ids for other in ids)
            # who says nothing of the ids has the item by the same one as all others who say nothing
            silent = {one for one in ids for node in stated[one] if word_of(node, words, one) == {one}}
            assert len(silent) < 2

"""Cases of several ids: what nodes say and state, and which ids are one item by that."""

from typing import Any

_A, _B, _C, _D = "alice-4b1e0f77", "bob-00000002", "carol-00000003", "dave-00000004"
Case = tuple[str, dict[str, list[list[str]]], dict[str, list[str]], list[list[str]]]

_CASES: list[Case] = [
    ("nobody says anything", {}, {"tmdb:7": [_A], "tmdb:9": [_B]}, [["tmdb:7"], ["tmdb:9"]]),
    (
        "an id that nobody states is joined whoever says so",
        {_B: [["tmdb:7", "tmdb:107"]]},
        {"tmdb:7": [_A, _C]},
        [["tmdb:107", "tmdb:7"]],
    ),
    (
        "whose items are all under one of two ids joins them",
        {_A: [["tmdb:7", "tmdb:107"]]},
        {"tmdb:7": [_A], "tmdb:107": [_A, _C]},
        [["tmdb:107", "tmdb:7"]],
    ),
    (
        "who has an item under one of two ids joins them not alone, if others have items under both",
        {_A: [["tmdb:7", "tmdb:107"]]},
        {"tmdb:7": [_A, _C], "tmdb:107": [_D]},
        [["tmdb:107"], ["tmdb:7"]],
    ),
    (
        "those others say so too",
        {_A: [["tmdb:7", "tmdb:107"]], _C: [["tmdb:107", "tmdb:7"]]},
        {"tmdb:7": [_A, _C], "tmdb:107": [_D]},
        [["tmdb:107", "tmdb:7"]],
    ),
    (
        "two items of others are two",
        {_C: [["tmdb:7", "tmdb:9"]]},
        {"tmdb:7": [_A, _C], "tmdb:9": [_B, _C]},
        [["tmdb:7"], ["tmdb:9"]],
    ),
    (
        "two items of one node are two",
        {_C: [["tmdb:7", "tmdb:9"]]},
        {"tmdb:7": [_A], "tmdb:9": [_A]},
        [["tmdb:7"], ["tmdb:9"]],
    ),
    (
        "two items of others are two, by an id between them too",
        {_C: [["tmdb:7", "tmdb:70"], ["tmdb:70", "tmdb:9"]]},
        {"tmdb:7": [_A], "tmdb:9": [_B]},
        [["tmdb:7"], ["tmdb:70"], ["tmdb:9"]],
    ),
    (
        "two items of others are two, whoever says so together",
        {_C: [["tmdb:7", "tmdb:70"]], _D: [["tmdb:70", "tmdb:9"]]},
        {"tmdb:7": [_A], "tmdb:9": [_B]},
        [["tmdb:7"], ["tmdb:70"], ["tmdb:9"]],
    ),
    (
        "an id that is said of two items is that of whoever has an item by it",
        {_A: [["tmdb:7", "tmdb:107"]], _C: [["tmdb:107", "tmdb:9"]]},
        {"tmdb:7": [_A], "tmdb:9": [_B]},
        [["tmdb:107", "tmdb:7"], ["tmdb:9"]],
    ),
    (
        "ids that were replaced twice, each node having seen another part of it",
        {
            _A: [["tvdb:1", "tvdb:2"], ["tvdb:2", "tvdb:3"]],
            _B: [["tvdb:2", "tvdb:3"]],
            _C: [["tvdb:1", "tvdb:3"]],
        },
        {"tvdb:1": [_A, _C], "tvdb:2": [_B], "tvdb:3": [_A]},
        [["tvdb:1", "tvdb:2", "tvdb:3"]],
    ),
    (
        "eight ids of one node",
        {_A: [[f"tmdb:{n}", f"tmdb:{n + 1}"] for n in range(1, 8)]},
        {"tmdb:1": [_A]},
        [[f"tmdb:{n}" for n in range(1, 9)]],
    ),
    (
        "nine ids of one node are none",
        {_A: [[f"tmdb:{n}", f"tmdb:{n + 1}"] for n in range(1, 9)], _B: [["tmdb:1", "tmdb:2"]]},
        {"tmdb:1": [_A]},
        [["tmdb:1", "tmdb:2"], *([f"tmdb:{n}"] for n in range(3, 10))],
    ),
]


def aliases() -> list[dict[str, Any]]:
    """Return what nodes say and state of ids, and the items that these are."""
    return [
        {"name": name, "aliased": said, "stated": stated, "items": items}
        for name, said, stated, items in _CASES
    ]

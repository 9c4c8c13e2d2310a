import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesharr.log import layout
from mesharr.log.layout import MAX_SEQ, FileName
from tests.unit.log.samples import ALICE_NODE, INC

NAME = "alice-56475aa7.5e2f91aa.0000000001-0000000003.dee7409a.0.jsonl"
HEX8 = st.text("0123456789abcdef", min_size=8, max_size=8)
NODES = st.builds(
    "{}-{}".format, st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=24), HEX8
)
RANGES = st.tuples(st.integers(1, MAX_SEQ), st.integers(1, MAX_SEQ)).map(sorted)
FILE_NAMES = st.builds(
    lambda node, inc, bounds, h8, k: FileName(node, inc, bounds[0], bounds[1], h8, k),
    NODES,
    HEX8,
    RANGES,
    HEX8,
    st.integers(0, 999_999),
)


@given(FILE_NAMES)
def test_every_name_is_read_back_as_it_was_written(name: FileName) -> None:
    assert layout.parse_tail(layout.tail_name(name)) == name
    assert layout.parse_segment(name.stream, layout.segment_name(name)) == name
    assert layout.parse_path(layout.tail_path(name)) == name
    assert layout.parse_path(layout.segment_path(name)) == name


@given(FILE_NAMES)
def test_every_name_is_lower_case_and_at_most_120_characters(name: FileName) -> None:
    text = layout.tail_name(name)
    assert text == text.lower()
    assert len(text) <= 120


@given(st.text(max_size=140))
def test_any_other_text_is_no_name(text: str) -> None:
    assert layout.parse_tail(text) is None
    assert layout.parse_segment(f"{ALICE_NODE}.{INC}", text) is None
    assert layout.parse_path(text) is None


@pytest.mark.parametrize(
    "name",
    [
        NAME.upper(),
        NAME.replace("alice", "Alice"),
        NAME.replace("dee7409a", "DEE7409A"),
        NAME.replace(".jsonl", " (conflicted copy 2026-11-22).jsonl"),
        NAME.replace(".0.jsonl", ".0 (1).jsonl"),
        NAME.replace(".0.jsonl", ".jsonl"),
        NAME.replace(".0.jsonl", ".00.jsonl"),
        NAME.replace(".0.jsonl", ".-1.jsonl"),
        f"{NAME}.a1b2c3d4.partial",
        f".{NAME}",
        f"{NAME}\n",
        NAME.replace("0000000001-0000000003", "0000000004-0000000003"),
        NAME.replace("0000000001-", "0000000000-"),
        NAME.replace("0000000001-", "1-"),
        NAME.replace("0000000003", "000000000٣"),
        NAME.replace("alice", "a" * 25),
        NAME.replace("alice", ""),
        NAME.replace("5e2f91aa", "5e2f91a"),
        NAME.replace(".0.jsonl", f".{'9' * 60}.jsonl"),
        "desktop.ini",
        "",
        "..",
    ],
)
def test_what_sync_programs_and_strangers_leave_behind_is_no_name(name: str) -> None:
    assert layout.parse_tail(name) is None
    assert layout.parse_path(f"events/{name}") is None


@pytest.mark.parametrize(
    "where",
    [
        f"events/../{NAME}",
        f"/events/{NAME}",
        f"events//{NAME}",
        f"other/{NAME}",
        f"archive/{NAME}",
        "archive/../0000000001-0000000003.dee7409a.0.jsonl",
        "archive/alice-56475aa7.5e2f91aa/x/0000000001-0000000003.dee7409a.0.jsonl",
        "mesh.json",
    ],
)
def test_no_path_but_a_tails_or_a_segments_is_one(where: str) -> None:
    assert layout.parse_path(where) is None


def test_a_nodes_label_is_its_name_and_the_beginning_of_its_keys_hash() -> None:
    key = bytes(32)
    assert layout.node_id("bob", key) == f"bob-{hashlib.sha256(key).hexdigest()[:8]}"


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("alice", True),
        ("a-1", True),
        ("a" * 24, True),
        ("a" * 25, False),
        ("", False),
        ("Al", False),
        ("é", False),
    ],
)
def test_a_node_name_is_short_lower_case_ascii(name: str, good: bool) -> None:
    assert layout.is_node_name(name) is good

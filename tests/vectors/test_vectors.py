"""The published vectors are what this code makes, and the program comes to the verdict of each."""

import json
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mesharr.core.errors import Rejected
from mesharr.core.events.schema import body_of
from mesharr.core.registry.identity.one_item import SaidBy, around, connected
from mesharr.disk.child import LocalDisk
from mesharr.log import batch, chain, codec, layout
from mesharr.log.chain import Fork, Head
from mesharr.log.keys import parse_key, verifier
from mesharr.log.store.folder import DirectoryStore
from mesharr.log.store.fsck import verify_store
from mesharr.node.inward.streams.follow import Follower
from mesharr.node.model import Me, Trusted
from mesharr.state.db import Database
from mesharr.state.state import State
from tests.unit.log.samples import BOB, BOB_NODE
from tests.vectors.__main__ import FOLDER, documents

DOCUMENTS = documents()


def _published(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{kind}.json").read_text(encoding="utf-8"))
    return found


def _cases(kind: str) -> list[Any]:
    cases = _published(kind)[kind]
    return [pytest.param(case, id=case.get("name") or str(number)) for number, case in enumerate(cases)]


LINES = _published("lines")
MESH: str = LINES["mesh"]
NODE: str = LINES["node"]
_KEY = parse_key(LINES["public_key"])
assert _KEY is not None
KEY = _KEY
VERIFY = verifier(KEY)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_published_vectors_are_those_that_the_script_makes(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == DOCUMENTS[name]


def test_the_readme_names_every_file_of_the_vectors() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert {path.name for path in FOLDER.iterdir()} == {*DOCUMENTS, "README.md"}
    assert [name for name in DOCUMENTS if f"`{name}`" not in text] == []


@pytest.mark.parametrize("case", _cases("lines"))
def test_a_line_has_the_verdict_of_its_vector(case: dict[str, Any]) -> None:
    line = case["line"].encode() if "line" in case else bytes.fromhex(case["line_hex"])
    key = parse_key(case["public_key"]) if "public_key" in case else KEY
    assert key is not None
    try:
        event = codec.parse(line)
        valid = chain.verifies(verifier(key), line)
    except Rejected:
        valid = False
    assert valid == case["valid"], case.get("reason")
    if valid:
        assert event.id == case["id"]


@pytest.mark.parametrize("case", _cases("bodies"))
def test_a_body_has_the_verdict_of_its_vector(case: dict[str, Any]) -> None:
    codec.check_body(case["body"].encode())  # its line is valid in either case
    try:
        applied = body_of(case["type"], case["body"].encode()) is not None
    except Rejected:
        applied = False
    assert applied == case["applied"], case.get("reason")


@pytest.mark.parametrize("case", _cases("names"))
def test_a_path_has_the_verdict_of_its_vector(case: dict[str, Any]) -> None:
    assert (layout.parse_path(case["path"]) is not None) == case["valid"]


@pytest.mark.parametrize("case", _cases("files"))
def test_a_file_has_the_verdict_of_its_vector_read_whole_or_line_by_line(case: dict[str, Any]) -> None:
    name = layout.parse_path(case["path"])
    assert name is not None
    content, cursor = case["content"].encode(), Head(**case["cursor"])
    own = {number: line.encode() for number, line in enumerate(case["has"], 1)}

    def known(first: int, last: int) -> dict[int, bytes]:
        return {seq: line for seq, line in own.items() if first <= seq <= last}

    for read in (batch.read, chain.read_file):
        verdict, fork, taken = "taken", 0, 0
        try:
            found = read(content, name, MESH, VERIFY, cursor, known)
            taken = 0 if not found else len(found) if isinstance(found, tuple) else len(found.lines)
        except Fork as error:
            verdict, fork = "fork", error.seq
        except Rejected:
            verdict = "refused"
        expected = (case["verdict"], case.get("fork_at", 0), case.get("taken", 0))
        assert (verdict, fork, taken) == expected, case.get("reason")


@pytest.mark.parametrize("case", _cases("stores"))
def test_a_store_has_the_verdict_of_its_vector(case: dict[str, Any], tmp_path: Path) -> None:
    for where, content in case["files"].items():
        (tmp_path / where).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / where).write_text(content, encoding="utf-8")
    (tmp_path / "events").mkdir(exist_ok=True)
    store = DirectoryStore(str(tmp_path), LocalDisk())
    damaged = [finding for finding in verify_store(store, {NODE: KEY}) if finding.kind == "damaged"]
    assert (not damaged) == case["whole"], damaged
    reader, state = case["reader"], State(Database(":memory:"))
    alice = Trusted(NODE, "alice", KEY, VERIFY)
    own = Trusted(BOB_NODE, "bob", BOB.public, verifier(BOB.public))
    me = Me(BOB_NODE, "bob", MESH)
    follower = Follower(me, own, store, lambda: {NODE: alice}, state, lambda: f"{BOB_NODE}.00000001")
    for minute in range(3):
        follower.step(1_790_000_000_000 + minute * 60_000)
    if reader["seq"] is not None:
        assert state.streams.cursor(reader["stream"])[0] == reader["seq"]
    assert state.streams.cuts().forks.get(reader["stream"]) == reader["cut"]


@pytest.mark.parametrize("case", _cases("aliases"))
def test_the_ids_of_a_vector_are_the_items_that_it_names(case: dict[str, Any]) -> None:
    def said_of(id_: str) -> SaidBy:
        said = {node: connected(id_, partial(_linked, pairs)) for node, pairs in case["aliased"].items()}
        return {node: ids for node, ids in said.items() if len(ids) > 1}

    for ids in case["items"]:
        for id_ in ids:
            found = around(id_, said_of).joined(lambda each: case["stated"].get(each, ()))
            assert sorted(found) == ids


def _linked(pairs: Sequence[Sequence[str]], id_: str) -> Iterable[str]:
    return (each for pair in pairs if id_ in pair for each in pair)

"""docs/log-format.md shows what this code makes; its own small verifier is run on what it shows."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mesharr.core.events.base import Part
from mesharr.core.events.schema import (
    TYPES,
    Body,
    Copy,
    Found,
    Item,
    LibraryInfo,
    PathConflict,
    Renamed,
    UploadsInfo,
)
from mesharr.core.events.validation import RULES
from mesharr.log import keys, mesh
from mesharr.log.mesh import Mesh
from tests.unit.log.samples import ALICE, MESH, content_of, worked_example

DOC = Path(__file__).parents[3] / "docs" / "log-format.md"


@pytest.fixture(scope="module")
def doc() -> str:
    """The text of the document."""
    return DOC.read_text(encoding="utf-8")


def test_the_document_shows_the_bytes_of_the_vector(doc: str, published: dict[str, Any]) -> None:
    for event in published["events"]:
        assert f"\n{event['line']}\n" in doc
        assert event["id"] in doc
        assert event["signature_hex"] in doc
        assert f"| {event['signed_bytes']} |" in doc
    for name in ("seed_hex", "public_key", "public_key_hex", "node", "tail_path", "segment_path"):
        assert published[name] in doc
    assert published["pae_of_first_begins"] in doc


def test_the_document_shows_the_other_files_as_they_are_written(doc: str) -> None:
    assert mesh.encode(Mesh(name="films", id=MESH, made="2026-11-22T18:00:00Z")).decode() in doc
    assert mesh.anchor(MESH, "movies").decode() in doc
    assert keys.token_text(keys.Token(MESH, "alice", ALICE.public)) in doc


def test_the_document_lists_every_type_with_its_members(doc: str) -> None:
    rows = dict(re.findall(r"^\| `([a-z.]+)` \| (.*?) \|", doc, re.MULTILINE))
    for kind, body in TYPES.items():
        assert re.findall(r"`(\w+)`", rows[kind]) == list(body.__struct_fields__), kind


@pytest.mark.parametrize("part", [Item, Copy, Found, Renamed, LibraryInfo, UploadsInfo, PathConflict])
def test_the_document_lists_the_members_of_every_part(doc: str, part: type) -> None:
    (row,) = re.findall(rf"^\| {part.__name__} \| (.*?) \|", doc, re.MULTILINE)
    assert re.findall(r"`(\w+)`", row) == list(part.__struct_fields__)  # type: ignore[attr-defined]


def test_the_document_has_the_form_of_every_member_that_is_no_mere_text(doc: str) -> None:
    table = doc.partition("**Which bodies count.**")[2].partition("**What an ending covers.**")[0]
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\|(.*?)\|", table, re.MULTILINE))))
    bodies: list[type[Part]] = [
        *TYPES.values(),
        Item,
        Copy,
        Found,
        Renamed,
        LibraryInfo,
        UploadsInfo,
        PathConflict,
    ]
    fields = [field for body in bodies for field in msgspec.structs.fields(body)]
    assert {field.name for field in fields if field.type is not str or field.name in RULES} - named == set()


@pytest.mark.parametrize(
    "named", [*TYPES.values(), Item, Copy, Found, Renamed, LibraryInfo, UploadsInfo, PathConflict]
)
def test_the_members_that_the_document_shows_bold_are_those_that_a_body_needs(
    doc: str, named: type[Part]
) -> None:
    title = f"`{named.type_name}`" if issubclass(named, Body) else named.__name__
    (row,) = re.findall(rf"^\| {re.escape(title)} \| (.*?) \|", doc, re.MULTILINE)
    needed = [field.name for field in msgspec.structs.fields(named) if field.required]
    assert sorted(re.findall(r"\*\*`(\w+)`\*\*", row)) == sorted(needed)


def run_verifier(doc: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Run the document's own program, which knows nothing of mesharr, over a file."""
    (program,) = re.findall(r"```python\n(.*?)```", doc, re.DOTALL)
    return subprocess.run(
        [sys.executable, "-c", program, str(path), MESH, keys.key_text(ALICE.public)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PATH": os.environ["PATH"]},
    )


def test_the_documents_own_verifier_accepts_the_vector(
    doc: str, tmp_path: Path, published: dict[str, Any]
) -> None:
    path = tmp_path / published["tail_path"].rpartition("/")[2]
    path.write_bytes(content_of(worked_example()))
    done = run_verifier(doc, path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["1", "node.hello", "2", "item.added", "3", "file.imported"]


def test_the_documents_own_verifier_refuses_an_altered_byte(
    doc: str, tmp_path: Path, published: dict[str, Any]
) -> None:
    path = tmp_path / published["tail_path"].rpartition("/")[2]
    path.write_bytes(content_of(worked_example()).replace(b"Dune.2021", b"Dune.2022"))
    done = run_verifier(doc, path)
    assert done.returncode == 1
    assert "line 3: bad signature" in done.stderr


def test_the_documents_own_verifier_answers_for_the_name_of_a_segment(
    doc: str, tmp_path: Path, published: dict[str, Any]
) -> None:
    path = tmp_path / published["segment_path"]
    path.parent.mkdir(parents=True)
    path.write_bytes(content_of(worked_example()))
    done = run_verifier(doc, path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["1", "node.hello", "2", "item.added", "3", "file.imported"]


@pytest.mark.parametrize("name", ["desktop.ini", "a.b.c.d.e.f", "x", "0000000001.jsonl"])
def test_the_documents_own_verifier_answers_for_any_other_name(doc: str, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(content_of(worked_example()))
    done = run_verifier(doc, tmp_path / name)
    assert (done.returncode, done.stderr) == (1, "not the name of a tail or a segment\n")

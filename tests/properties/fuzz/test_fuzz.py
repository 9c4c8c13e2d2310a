"""Hostile bytes do no harm: a seeded loop, the corpus, what Hypothesis thinks of, and 4 MiB of rubbish.

`python -m tests.fuzz` goes on for as long as one likes.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mesharr.core.errors import Rejected
from mesharr.core.events.schema import body_of
from mesharr.log import chain, codec
from mesharr.log.chain import MAX_FILE, START
from mesharr.log.keys import verifier
from mesharr.log.layout import FileName
from tests.properties.fuzz.__main__ import loop
from tests.properties.fuzz.mutate import mutated
from tests.properties.fuzz.seeds import CORPUS, seeds
from tests.properties.fuzz.targets import LONG, TARGETS
from tests.unit.log.samples import ALICE, ALICE_NODE, INC, MESH

VERIFY = verifier(ALICE.public)
RUNS = {"file": 300}
POOLS = {target: seeds(target) for target in TARGETS}


@pytest.mark.parametrize("place", sorted(os.listdir(CORPUS)))
def test_an_input_of_the_corpus_is_read_as_it_was(place: str) -> None:
    # the name says whether it is taken: <target>-taken-… or <target>-refused-…
    target, _, rest = place.partition("-")
    with open(os.path.join(CORPUS, place), "rb") as file:
        assert TARGETS[target](file.read()) is rest.startswith("taken-")


def test_the_corpus_is_small() -> None:
    assert sum(os.path.getsize(os.path.join(CORPUS, name)) for name in os.listdir(CORPUS)) < 48 * 1024


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_what_fuzzing_starts_from_is_taken(target: str) -> None:
    given = [seed for seed in seeds(target) if TARGETS[target](seed)]
    assert given


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_seeded_mutations_do_no_harm(target: str) -> None:
    chance = random.Random(f"{target} in pytest")
    taken = sum(
        TARGETS[target](mutated(chance.choice(POOLS[target]), chance, POOLS[target]))
        for _ in range(RUNS.get(target, 1000))
    )
    assert taken, "no mutation was ever taken: they are too wild to find anything"


@pytest.mark.parametrize("target", sorted(TARGETS))
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_hypothesis_thinks_of_does_no_harm(target: str, data: st.DataObject) -> None:
    """A target asserts by itself what it takes and refuses; anything else that it raises fails."""
    seed = data.draw(st.sampled_from(POOLS[target]))
    at, until = sorted((data.draw(st.integers(0, len(seed))), data.draw(st.integers(0, len(seed)))))
    middle = data.draw(st.one_of(st.binary(max_size=60), st.text(max_size=40).map(_utf8), _json()))
    assert TARGETS[target](seed[:at] + middle + seed[until:]) in (False, True)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _json() -> st.SearchStrategy[bytes]:
    leaves = st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just("../x")
    )
    values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner))
    return values.map(lambda value: _utf8(_dumped(value)))


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def test_a_body_too_deep_for_the_stack_is_rejected() -> None:
    raw = b'{"library":"movies","id":"tmdb:1","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with pytest.raises(Rejected):
        body_of("item.left", raw)
    with pytest.raises(Rejected):
        codec.check_body(raw)


def _fill(unit: bytes) -> bytes:
    return (unit * (MAX_FILE // len(unit) + 1))[: MAX_FILE - 1] + b"\n"


def _lines_of(unit: bytes) -> bytes:
    return (unit + b"\n") * (MAX_FILE // (len(unit) + 1))


TRAILER = b',"sig":"%s"}' % (b"A" * 86)
RUBBISH = {
    "zeros": b"\0" * MAX_FILE,
    "one long line": _fill(b"x"),
    "newlines only": _fill(b"\n"),
    "open brackets": _fill(b"["),
    "the beginnings of lines": _lines_of(b'{"v":1,'),
    "the shortest lines with a signature": _lines_of(b'{"v":1,' + TRAILER),
    "one signed line again and again": _lines_of(LONG[0].line),
    "lines with another number in the end": _lines_of(LONG[0].line[:-90] + b"A" * 86 + LONG[0].line[-4:]),
    "bodies of equal members": _lines_of(LONG[0].line[:-120] + b'"a":1,' * 2000 + b'"a":1}' + TRAILER),
    "bodies without end": _lines_of(LONG[0].line[:-120] + b"[" * 12_000 + TRAILER),
    "random": random.Random(1).randbytes(MAX_FILE - 1) + b"\n",
}


@pytest.mark.parametrize("kind", sorted(RUBBISH))
@pytest.mark.parametrize("read", [chain.read_file, chain.verify_file])
def test_four_mib_of_rubbish_cost_work_in_proportion_to_their_lines(
    kind: str, read: Callable[..., Any]
) -> None:
    content = RUBBISH[kind]
    count = content.count(b"\n")
    messages: list[int] = []
    calls = 0

    def verify(signature: bytes, message: bytes) -> bool:
        messages.append(len(message))
        return VERIFY(signature, message)

    def tally(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    name = FileName(ALICE_NODE, INC, 1, max(count, 1), LONG[0].id[:8], 0)
    arguments = (
        (content, name, MESH, verify, START) if read is chain.read_file else (content, name, MESH, verify)
    )
    sys.setprofile(tally)
    try:
        with pytest.raises(Rejected):
            read(*arguments)
    finally:
        sys.setprofile(None)
    assert len(messages) <= 2 * count + 2
    assert sum(messages) <= 2 * len(content) + 100 * len(messages)
    assert calls <= 120 * count + 5000  # a signature is some 70 calls


@pytest.mark.parametrize("target", ["mesh", "anchor", "token", "name", "signed"])
def test_a_mib_of_rubbish_is_no_document(target: str) -> None:
    for unit in (b"\0", b"[", b'{"a":', b"9", b"mesharr1:", b"a/", b" "):
        assert TARGETS[target](unit * (1024 * 1024 // len(unit))) is False


def test_the_plain_loop_runs_without_atheris(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--plain", "--runs", "50"]
    root = Path(__file__).parents[3]
    environ = {**os.environ, "PYTHONPATH": str(root)}
    ended = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert [line.partition(":")[0] for line in ended.stdout.splitlines()] == [*TARGETS]
    assert list(tmp_path.iterdir()) == []


def test_an_input_that_does_harm_is_kept_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fragile(data: bytes) -> bool:
        data.decode()
        return False

    monkeypatch.chdir(tmp_path)
    assert loop("name", 500, 1, fragile) == 1
    with pytest.raises(UnicodeDecodeError):
        fragile((tmp_path / "fuzz-name.bin").read_bytes())
    said = capsys.readouterr()
    assert "did harm; it is in fuzz-name.bin" in said.out
    assert "UnicodeDecodeError" in said.err

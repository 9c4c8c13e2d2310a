"""A power cut between any two commits leaves what was committed, whole, and nothing of what was not."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mesharr.state.db import Database
from mesharr.state.state import State
from tests.unit.state.samples import DUNE, MOVIES, NOW, A, facts_about

WORK = """
import os, signal, sys
from mesharr.state.db import Database
from mesharr.state.state import State
from tests.unit.state.samples import A, DUNE, MOVIES, NOW, added, imported, opened, stored

state, dies = opened(sys.argv[1]), int(sys.argv[2])
reached = 0

def point():
    global reached
    reached += 1
    if reached == dies:
        os.kill(os.getpid(), signal.SIGKILL)

point()                                                       # 1: nothing but the tables
with state.transaction():
    state.streams.apply([stored(1, added())], NOW)
    point()                                                   # 2: the event, not yet the mark
    state.dirty.mark([(MOVIES, DUNE)], NOW)
    point()                                                   # 3: both, not yet committed
point()                                                       # 4: both are there
n = state.outbox.put(DUNE, imported("a.mkv", "b.mkv"), "drive", "", NOW)
point()                                                       # 5: a fact waits
with state.transaction():
    state.outbox.withdraw(MOVIES, DUNE, frozenset({"a.mkv"}))
    point()                                                   # 6: half withdrawn
point()                                                       # 7: withdrawn
with state.transaction():
    for entry in state.outbox.all():
        state.streams.apply([stored(2, entry.body)], NOW)
        point()                                               # 8: signed and still waiting
        state.outbox.drop(entry.n)
        point()                                               # 9: signed and dropped, not yet committed
point()                                                       # 10: signed
"""


Outcome = tuple[int, int, list[int], list[str]]


def outcome(path: Path) -> Outcome:
    """Return (cursor, dirty items, copies of each waiting fact, paths of uploads) of a reopened database."""
    state = State(Database(str(path)))
    assert state.db.row("PRAGMA integrity_check") == ("ok",)
    facts = [len(getattr(entry.body, "copies", ())) for entry in state.outbox.all()]
    uploads = [upload.path for upload in state.uploads.all()]
    seq, _ = state.streams.cursor(A)
    assert len(facts_about(state, DUNE)) == seq
    dirty = len(state.dirty.due([MOVIES], NOW))
    state.db.close()
    return seq, dirty, facts, uploads


NOTHING: Outcome = (0, 0, [], [])
APPLIED: Outcome = (1, 1, [], [])
WAITING: Outcome = (1, 1, [2], ["a.mkv", "b.mkv"])
WITHDRAWN: Outcome = (1, 1, [1], ["b.mkv"])
SIGNED: Outcome = (2, 1, [], [])


@pytest.mark.parametrize(
    ("dies", "expected"),
    [
        (1, NOTHING),
        (3, NOTHING),
        (4, APPLIED),
        (5, WAITING),
        (6, WAITING),
        (7, WITHDRAWN),
        (9, WITHDRAWN),
        (10, SIGNED),
    ],
)
def test_what_was_committed_survives_and_nothing_else(tmp_path: Path, dies: int, expected: Outcome) -> None:
    path = tmp_path / "mesharr.db"
    root = str(Path(__file__).parents[3])
    died = subprocess.run(
        [sys.executable, "-c", WORK, str(path), str(dies)], cwd=root, check=False, capture_output=True
    )
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    assert outcome(path) == expected


def test_a_database_whose_making_was_cut_short_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "mesharr.db"
    path.write_bytes(b"")
    assert outcome(path) == NOTHING

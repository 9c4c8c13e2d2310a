"""When a program that uploads whole folders is started, and how its end is taken."""

import pytest

from mesharr.core.durations import HOUR_MS
from mesharr.core.errors import Refused, Unavailable
from mesharr.node.outward.uploading.allowance import Allowance
from mesharr.node.outward.uploading.others.folder_uploads import AGAIN_MS, FolderUploads, When
from mesharr.state.db import Database
from mesharr.state.state import State

NOW = 1_790_000_000_000


class Program:
    """A program that runs until a test ends it; `fails` is raised by a start, `wrong` by a check."""

    def __init__(self) -> None:
        self.starts = 0
        self.runs = False
        self.checked: list[str] = []
        self.fails: Exception | None = None
        self.wrong: Exception | None = None

    def check(self, library: str) -> None:
        self.checked.append(library)
        if self.wrong:
            raise self.wrong

    def start(self) -> None:
        if self.fails:
            raise self.fails
        self.starts += 1
        self.runs = True

    def is_running(self) -> bool:
        return self.runs


class Stage:
    """The stage over an empty database, with a clock moved by hand."""

    def __init__(self, when: When, opens_at: int = 0) -> None:
        self.now = NOW
        self.state = State(Database(":memory:"))
        self.program = Program()
        allowance = Allowance(opens_at=lambda now: max(now, opens_at))
        self.stage = FolderUploads(
            self.program, when, ("movies",), self.state, allowance, clock=lambda: self.now
        )

    def waits(self, name: str, *, replaces: bool = False) -> int:
        """Have a file wait that was seen on the local branch; return its number."""
        self.state.uploads.put(1, "movies", [(name, 4)], replaces=replaces, since=self.now)
        upload = self.state.uploads.all()[-1 if not replaces else 0]
        self.state.uploads.note_local(upload, b"{}")
        self.state.uploads.later(upload, self.now + 300_000, "not on the drive yet")
        return upload.n

    def step(self, later_ms: int = 0) -> int:
        """Step the stage some time later; return how often the program was started so far."""
        self.now += later_ms
        self.stage.step(self.now)
        return self.program.starts

    def end(self) -> None:
        self.program.runs = False
        self.step()


def test_by_default_only_a_replacement_starts_it_at_once_and_outside_the_window() -> None:
    stage = Stage("replacements", opens_at=NOW + HOUR_MS)
    assert (stage.step(), stage.stage.next_due()) == (0, None)
    stage.waits("new.mkv")
    assert (stage.step(), stage.stage.next_due()) == (0, None)
    stage.waits("better.mkv", replaces=True)
    assert stage.stage.next_due() == stage.now
    assert stage.step() == 1


def test_never_is_never_and_checks_nothing() -> None:
    stage = Stage("never")
    stage.waits("better.mkv", replaces=True)
    assert (stage.step(), stage.stage.next_due(), stage.program.checked) == (0, None, [])


def test_always_waits_for_the_window_alone() -> None:
    stage = Stage("always", opens_at=NOW + HOUR_MS)
    stage.waits("new.mkv")
    assert (stage.step(), stage.stage.next_due()) == (0, NOW + HOUR_MS)
    assert stage.step(HOUR_MS) == 1


def test_after_its_end_the_drive_is_looked_at_and_what_waits_on_starts_it_ever_later() -> None:
    stage = Stage("always")
    stage.waits("new.mkv")
    assert stage.step() == 1
    assert stage.state.uploads.due(stage.now) == []
    stage.end()
    assert len(stage.state.uploads.due(stage.now)) == 1
    assert stage.stage.next_due() == stage.now + AGAIN_MS
    for run in range(8):
        wait = min(AGAIN_MS * 2**run, HOUR_MS)
        assert stage.step(wait - 1) == run + 1
        assert stage.step(1) == run + 2
        stage.end()


def test_a_file_that_came_since_or_another_try_that_was_asked_for_does_not_wait() -> None:
    stage = Stage("always")
    stage.waits("new.mkv")
    stage.step()
    stage.end()
    stage.waits("another.mkv")
    assert stage.step() == 2
    stage.end()
    assert stage.step() == 2
    stage.state.uploads.retry(stage.now)
    assert stage.step() == 3


@pytest.mark.parametrize(("error", "refused"), [(Refused("no", "do it"), 1), (Unavailable("another run"), 0)])
def test_a_start_that_fails_is_tried_again_later_and_only_what_needs_the_user_is_reported(
    error: Exception, refused: int
) -> None:
    stage = Stage("always")
    stage.waits("new.mkv")
    stage.program.fails = error
    assert stage.step() == 0
    assert len(stage.state.refusals.all()) == refused
    assert stage.stage.next_due() == stage.now + AGAIN_MS
    stage.program.fails = None
    assert stage.step(AGAIN_MS) == 1
    assert stage.state.refusals.all() == []


def test_a_folder_that_it_does_not_upload_is_reported_until_it_does() -> None:
    stage = Stage("replacements")
    stage.program.wrong = Refused("cloudplow does not upload /mnt/local", "name it")
    stage.step()
    assert stage.state.refusals.all() == []  # nothing waits for it
    stage.waits("new.mkv")
    stage.step()
    [(subject, what, *_)] = stage.state.refusals.all()
    assert (subject, what) == ("cloudplow:movies", "cloudplow does not upload /mnt/local")
    stage.program.wrong = None
    stage.step()
    assert stage.state.refusals.all() == []

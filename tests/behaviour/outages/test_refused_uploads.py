"""A remote that takes nothing is paused; what the user has to change is named once, with its fix."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mesharr.core.durations import DAY_MS
from mesharr.core.errors import MesharrError, Outage, Refused, Unavailable
from mesharr.disk.child import Disk, LocalDisk
from mesharr.node.passes.startup_retry import retry_refused
from mesharr.node.status.outages import known_outages
from mesharr.uploads.base import FileRefused, Progress, Quota, Uploaded, Uploader
from tests.support.household import Clock, CopyUploader, make_drive, settle
from tests.support.local_branch import LocalBranchHousehold, branches

OTHER = "shows"


class PickyUploader(CopyUploader):
    """Fails on what begins with one of the keys of `errors`; `asked` holds every target."""

    def __init__(self, drive: Path, errors: Mapping[str, MesharrError], asked: list[str]) -> None:
        super().__init__(drive)
        self.errors = errors
        self.asked = asked

    def upload(
        self, source: str, target: str, report: Callable[[Progress], None], *, replaces: bool = False
    ) -> Uploaded:
        self.asked.append(target)
        for beginning, error in self.errors.items():
            if target.startswith(beginning):
                raise error
        return super().upload(source, target, report, replaces=replaces)


class Alice(LocalBranchHousehold):
    """Her two libraries are on two remotes; what she puts into `upload` waits to be uploaded."""

    def make_disk(self) -> Disk:
        return LocalDisk()

    def make_uploader(self) -> Uploader:
        if not hasattr(self, "errors"):
            self.errors: dict[str, MesharrError] = {}
            self.asked: list[str] = []
        return PickyUploader(self.drive, self.errors, self.asked)

    def upload(self, library: str, name: str, size: int = 10) -> None:
        """Queue an upload that no event waits for."""
        path = self.dir / "local" / library / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
        self.state.uploads.put(10**6, library, [(name, size)], replaces=False, since=self.clock())

    def waiting(self) -> list[str]:
        """Return what was not uploaded yet."""
        return [each.path for each in self.state.uploads.all() if each.phase == "waiting"]

    def why(self, name: str) -> str:
        return next((each.why for each in self.state.uploads.all() if each.path == name), "")

    def step(self) -> None:
        self.engine.transfer.step(self.clock())


@pytest.fixture
def make(tmp_path: Path, clock: Clock) -> Callable[..., Alice]:
    def made(**uploads: Any) -> Alice:
        drive = tmp_path / "drive"
        make_drive(drive, ("movies", OTHER))
        libraries = {
            name: {"path": str(drive / name), **branches(tmp_path, name, remote)}
            for name, remote in (("movies", "first"), (OTHER, "second"))
        }
        config: dict[str, Any] = {"uploads": {"mode": "copy", **uploads}, "libraries": libraries}
        house = Alice("alice", tmp_path, drive, clock, **config)
        (tmp_path / "alice" / "local" / OTHER).mkdir()
        settle(clock, house, seconds=60, steps=6)
        return house

    return made


@pytest.mark.parametrize(
    "error",
    [Quota("rclone takes no more for now: 429"), Refused("rclone: invalid_grant", "sign in again")],
    ids=["quota", "refused"],
)
def test_a_remote_that_takes_nothing_is_paused_and_the_other_goes_on(
    make: Callable[..., Alice], clock: Clock, error: MesharrError
) -> None:
    alice = make()
    alice.errors["first:"] = error
    for n in range(5):
        alice.upload("movies", f"Film {n}/a.mkv")
    alice.upload(OTHER, "Show/a.mkv")
    alice.step()
    assert alice.asked == ["first:movies/Film 0/a.mkv", f"second:{OTHER}/Show/a.mkv"]
    assert alice.why("Film 0/a.mkv") == str(error)
    assert alice.why("Film 4/a.mkv") == f"first: is paused: {error}"
    refused = [(subject, fix) for subject, _, fix, _ in alice.state.refusals.all()]
    assert refused == ([("upload:movies", error.fix)] if isinstance(error, Refused) else [])
    alice.asked.clear()
    for _ in range(24 * 60):
        clock.forward(60)
        alice.step()
    assert len(alice.asked) <= 24 + 5  # one try an hour, in the end
    alice.errors.clear()
    clock.forward(3600)
    alice.step()
    assert alice.waiting() == []
    assert alice.state.refusals.all() == []


def test_an_rclone_that_does_not_answer_is_an_outage_until_it_does_or_nothing_waits(
    make: Callable[..., Alice], clock: Clock
) -> None:
    alice = make()
    alice.errors["first:"] = alice.errors["second:"] = Outage("rclone's remote control cannot be reached")
    alice.upload("movies", "Film/a.mkv")
    alice.upload(OTHER, "Show/a.mkv")
    alice.step()
    (down,) = known_outages(alice.state).items()
    assert (down[0], down[1].why) == ("uploader:rclone", "rclone's remote control cannot be reached")
    del alice.errors["second:"]
    clock.forward(3600)
    alice.step()
    assert known_outages(alice.state) == {}
    alice.upload("movies", "Film/b.mkv")
    alice.step()
    assert list(known_outages(alice.state)) == ["uploader:rclone"]
    alice.state.uploads.drop_of(10**6)
    alice.step()
    assert known_outages(alice.state) == {}


def test_a_new_start_and_retry_end_the_pause(make: Callable[..., Alice], clock: Clock) -> None:
    alice = make()
    alice.errors["first:"] = Refused("rclone: invalid_grant", "sign in again")
    alice.upload("movies", "Film/a.mkv")
    alice.step()
    alice.errors.clear()
    clock.forward(10)
    alice.step()
    assert alice.why("Film/a.mkv")
    retry_refused(alice.state, clock())
    alice.step()
    assert alice.waiting() == []


def test_a_file_that_is_refused_holds_back_no_other_and_is_tried_a_few_times_a_day(
    make: Callable[..., Alice], clock: Clock
) -> None:
    alice = make()
    alice.errors["first:movies/Film 0/"] = FileRefused("the name is too long", "give it a shorter name")
    for n in range(3):
        alice.upload("movies", f"Film {n}/a.mkv")
    alice.step()
    assert alice.waiting() == ["Film 0/a.mkv"]
    for _ in range(24 * 60):
        clock.forward(60)
        alice.step()
    assert len([each for each in alice.asked if "Film 0" in each]) <= 8
    ((subject, *_),) = alice.state.refusals.all()
    assert subject == "upload:movies:Film 0/a.mkv"


def test_a_file_larger_than_the_daily_limit_goes_when_the_last_day_was_empty(
    make: Callable[..., Alice], clock: Clock
) -> None:
    alice = make(limit="100B/day")
    alice.upload("movies", "Film 1/a.mkv", 60)
    alice.upload("movies", "Film 2/a.mkv", 250)
    alice.upload("movies", "Film 3/a.mkv", 30)
    alice.step()
    assert alice.why("Film 2/a.mkv") == "waiting: the daily upload limit is reached"
    assert [target[-12:-6] for target in alice.asked] == ["Film 1", "Film 3"]
    clock.forward(DAY_MS / 1000 + 1)
    alice.step()
    assert alice.waiting() == []
    alice.upload("movies", "Film 4/a.mkv", 1)
    alice.step()
    assert alice.why("Film 4/a.mkv") == "waiting: the daily upload limit is reached"


def test_a_film_that_is_a_link_out_of_the_local_branch_is_named(
    make: Callable[..., Alice], clock: Clock, tmp_path: Path
) -> None:
    alice = make()
    (tmp_path / "debrid").mkdir()
    (tmp_path / "debrid" / "a.mkv").write_bytes(b"x" * 10)
    alice.upload("movies", "Film/a.mkv")
    linked = alice.dir / "local" / "movies" / "Film" / "a.mkv"
    linked.unlink()
    linked.symlink_to(tmp_path / "debrid" / "a.mkv")
    alice.step()
    assert alice.asked == []
    ((subject, what, fix, _),) = alice.state.refusals.all()
    assert subject == "upload:movies:Film/a.mkv"
    assert str(tmp_path / "debrid" / "a.mkv") in what
    assert "link" in fix


def test_with_copy_links_a_link_is_uploaded_as_its_file_which_stays(
    make: Callable[..., Alice], clock: Clock, tmp_path: Path
) -> None:
    alice = make(mode="move", copy_links=True)
    debrid = tmp_path / "debrid" / "a.mkv"
    debrid.parent.mkdir()
    alice.upload("movies", "Film/a.mkv")
    linked = alice.dir / "local" / "movies" / "Film" / "a.mkv"
    linked.unlink()
    linked.symlink_to(debrid)
    alice.step()
    assert (alice.asked, alice.state.refusals.all()) == ([], [])
    assert (
        alice.why("Film/a.mkv")
        == f"Film/a.mkv is a link to {debrid}, where no file is now: start what it is on"
    )
    debrid.write_bytes(b"y" * 10)
    for _ in range(3):
        clock.forward(DAY_MS / 1000)
        alice.step()
    assert (tmp_path / "drive" / "movies" / "Film" / "a.mkv").read_bytes() == b"y" * 10
    assert not linked.is_symlink()
    assert debrid.exists()


def test_a_failure_that_may_pass_is_tried_again_soon(make: Callable[..., Alice], clock: Clock) -> None:
    alice = make()
    alice.errors["first:"] = Unavailable("connection reset")
    alice.upload("movies", "Film/a.mkv")
    alice.step()
    alice.errors.clear()
    clock.forward(3)
    alice.step()
    assert alice.waiting() == []

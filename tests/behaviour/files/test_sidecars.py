"""What lies beside a film goes to the drive with it, or alone: it never holds the film back."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mesharr.core.errors import MesharrError, Unavailable
from mesharr.uploads.base import FileRefused, Occupied, Progress, Uploaded, Uploader
from tests.support.crashing import CrashUploader, Mortal, Uploading
from tests.support.household import Clock, make_drive, settle

FILM = "Film 7 (2007)"
STEM = f"{FILM}/{FILM} Bluray-1080p"
FILE, SUBTITLE = f"{STEM}.mkv", f"{STEM}.en.srt"
Houses = tuple["Alice", Mortal]


class PickyUploader(CrashUploader):
    """An uploader that fails on some files; `asked` holds what it was asked for.

    Some files get other content while they are sent, once each.
    """

    errors: dict[str, MesharrError]
    asked: list[str]
    rewrites: dict[str, bytes]
    taken_back: list[tuple[str, int]]

    def upload(
        self, source: str, target: str, report: Callable[[Progress], None], *, replaces: bool = False
    ) -> Uploaded:
        path = target.removeprefix("remote:movies/")
        self.asked.append(path)
        if path in self.errors:
            raise self.errors[path]
        sent = super().upload(source, target, report, replaces=replaces)
        if path in self.rewrites:
            Path(source).write_bytes(self.rewrites.pop(path))
        return sent

    def take_back(self, target: str, size: int) -> bool:
        self.taken_back.append((target, size))
        return True


class Alice(Uploading):
    """Her uploader fails on the files in `errors`."""

    def make_uploader(self) -> Uploader:
        if not hasattr(self, "errors"):
            self.errors: dict[str, MesharrError] = {}
            self.asked: list[str] = []
            self.taken_back: list[tuple[str, int]] = []
            self.rewrites: dict[str, bytes] = {}
        made = PickyUploader(self.drive, self.points, self.mounts)
        made.errors, made.asked, made.rewrites = self.errors, self.asked, self.rewrites
        made.taken_back = self.taken_back
        return made

    @property
    def branch(self) -> Path:
        return self.local / "movies"

    def on_drive(self, path: str) -> bool:
        return (self.drive / "movies" / path).exists()

    def subtitled_late(self, content: bytes, path: str = SUBTITLE) -> None:
        """Have Bazarr bring a subtitle of its own to a film of the drive."""
        (self.branch / FILM).mkdir(exist_ok=True)
        (self.branch / path).write_bytes(content)


@pytest.fixture
def houses(tmp_path: Path, clock: Clock) -> Houses:
    make_drive(tmp_path / "drive")
    alice = Alice("alice", tmp_path, clock, late=0)
    bob = Mortal("bob", tmp_path, clock, late=0)
    alice.mounts.append(bob.mount)
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=300, steps=30)
    alice.radarr.add(7)
    return alice, bob


def imported(houses: Houses, clock: Clock, *, extras: dict[str, bytes] | None = None) -> None:
    alice, bob = houses
    alice.radarr.download(7, size=4096, extras=extras)
    settle(clock, alice, bob)


def test_a_subtitle_goes_with_its_film(houses: Houses, clock: Clock) -> None:
    imported(houses, clock, extras={SUBTITLE.partition("/")[2]: b"1"})
    alice, bob = houses
    assert alice.on_drive(FILE)
    assert alice.on_drive(SUBTITLE)
    assert not (alice.branch / FILM).exists()  # the empty folder went too
    assert alice.branch.exists()
    assert bob.shows(7) == (False, True)
    assert alice.waits() == {}


@pytest.mark.parametrize(
    "error",
    [
        FileRefused("the name is too long for the drive", "give it a shorter name"),
        FileRefused("cannot be read (Permission denied)", "let mesharr read it"),
        Unavailable("changed while uploading"),
    ],
    ids=lambda error: error.what,
)
def test_a_subtitle_that_fails_is_tried_again_alone(
    houses: Houses, clock: Clock, error: MesharrError
) -> None:
    alice, bob = houses
    alice.errors[SUBTITLE] = error
    imported(houses, clock, extras={SUBTITLE.partition("/")[2]: b"1"})
    assert bob.shows(7) == (False, True)
    assert alice.asked.count(FILE) == 1
    (waiting,) = alice.state.uploads.all()
    assert (waiting.path, waiting.why) == (SUBTITLE, str(error))
    refused = [(subject, fix) for subject, _, fix, _ in alice.state.refusals.all()]
    assert refused == ([(f"upload:movies:{SUBTITLE}", error.fix)] if error.fix else [])
    assert alice.asked.count(SUBTITLE) <= (1 if error.fix else 12)
    del alice.errors[SUBTITLE]
    settle(clock, alice, bob, seconds=12 * 3600, steps=24)
    assert alice.on_drive(SUBTITLE)
    assert not (alice.branch / FILM).exists()
    assert alice.waits() == {}
    assert alice.state.refusals.all() == []
    assert alice.events() == ["item.added", "file.imported"]


@pytest.mark.parametrize("after", [b"longer than before", b"2"], ids=["another size", "the same size"])
def test_a_subtitle_that_changes_while_it_is_sent_holds_its_film_not_back(
    houses: Houses, clock: Clock, after: bytes
) -> None:
    alice, bob = houses
    alice.rewrites[SUBTITLE] = after
    imported(houses, clock, extras={SUBTITLE.partition("/")[2]: b"1"})
    assert alice.asked.count(FILE) == 1
    assert bob.shows(7) == (False, True)
    settle(clock, alice, bob, seconds=3600, steps=24)
    assert (alice.drive / "movies" / SUBTITLE).read_bytes() == after
    assert not (alice.branch / FILM).exists()
    assert alice.asked.count(FILE) == 1
    assert alice.waits() == {}
    assert alice.state.refusals.all() == []
    assert alice.events() == ["item.added", "file.imported"]


def test_a_linked_subtitle_is_named_and_one_that_links_inside_goes_by_its_target(
    houses: Houses, clock: Clock, tmp_path: Path
) -> None:
    alice, bob = houses
    (tmp_path / "elsewhere.srt").write_bytes(b"outside")
    folder = alice.branch / FILM
    folder.mkdir(parents=True)
    (alice.branch / "all.srt").write_bytes(b"inside")
    (alice.branch / f"{STEM}.de.srt").symlink_to(alice.branch / "all.srt")
    (alice.branch / f"{STEM}.fr.srt").symlink_to(tmp_path / "elsewhere.srt")
    imported(houses, clock)
    assert bob.shows(7) == (False, True)
    assert (alice.drive / "movies" / f"{STEM}.de.srt").read_bytes() == b"inside"
    assert not os.path.lexists(alice.branch / f"{STEM}.de.srt")
    assert (alice.branch / "all.srt").exists()
    assert not alice.on_drive(f"{STEM}.fr.srt")
    ((subject, what, fix, _),) = alice.state.refusals.all()
    assert subject == f"upload:movies:{STEM}.fr.srt"
    assert str(tmp_path / "elsewhere.srt") in what
    assert fix
    (alice.branch / f"{STEM}.fr.srt").unlink()
    settle(clock, alice, bob, seconds=12 * 3600, steps=24)
    assert alice.waits() == {}
    assert alice.state.refusals.all() == []
    assert (tmp_path / "elsewhere.srt").exists()


def test_a_subtitle_that_comes_after_the_upload_goes_to_the_drive_and_the_own_servers_hear(
    houses: Houses, clock: Clock
) -> None:
    alice, bob = houses
    imported(houses, clock)
    assert not (alice.branch / FILM).exists()
    alice.plex.scans.clear()
    alice.subtitled_late(b"late")
    (alice.branch / FILM / "poster.jpg").write_bytes(b"no sidecar")
    settle(clock, alice, bob)
    assert (alice.drive / "movies" / SUBTITLE).read_bytes() == b"late"
    assert not (alice.branch / SUBTITLE).exists()
    assert (alice.branch / FILM / "poster.jpg").exists()
    assert alice.plex.scans == [str(alice.library / FILM)]
    alice.subtitled_late(b"a better one")  # Bazarr replaces it
    settle(clock, alice, bob)
    assert (alice.drive / "movies" / SUBTITLE).read_bytes() == b"a better one"
    assert alice.plex.scans == [str(alice.library / FILM)] * 2
    assert alice.events() == ["item.added", "file.imported"]
    assert alice.waits() == {}


def test_a_subtitle_in_a_name_that_is_no_text_is_reported_with_its_film_until_it_is_renamed(
    houses: Houses, clock: Clock
) -> None:
    alice, bob = houses
    imported(houses, clock)
    (alice.branch / FILM).mkdir()
    unreadable = alice.branch / os.fsdecode(f"{STEM}.fr".encode() + b"\xe9.srt")
    unreadable.write_bytes(b"sous-titres")
    settle(clock, alice, bob)
    (subject, what, fix, _) = alice.state.refusals.all()[0]
    assert (subject, what.partition(":")[0]) == ("encoding:movies:tmdb:7", "Film 7 is not uploaded")
    assert f"{STEM}.fr\ufffd.srt" in what
    assert "rename it" in fix
    unreadable.rename(alice.branch / SUBTITLE)
    settle(clock, alice, bob)
    assert alice.on_drive(SUBTITLE)
    assert alice.state.refusals.all() == []


def test_a_late_subtitle_replaces_none_that_another_household_brought(houses: Houses, clock: Clock) -> None:
    alice, bob = houses
    imported(houses, clock)
    (alice.drive / "movies" / SUBTITLE).write_bytes(b"of somebody else")
    for content in (b"of her own", b"of her own, and better"):
        alice.subtitled_late(content)
        settle(clock, alice, bob, seconds=3600, steps=24)
        assert (alice.drive / "movies" / SUBTITLE).read_bytes() == b"of somebody else"
        assert (alice.branch / SUBTITLE).read_bytes() == content, "she sees her own still"
    assert alice.asked.count(SUBTITLE) <= 2
    assert alice.waits() == {}
    (alice.drive / "movies" / SUBTITLE).unlink()
    settle(clock, alice, bob, seconds=26 * 3600, steps=48)
    assert alice.on_drive(SUBTITLE)
    assert not (alice.branch / FILM).exists()


def test_a_late_subtitle_that_came_beside_another_households_is_taken_back(
    houses: Houses, clock: Clock
) -> None:
    alice, bob = houses
    imported(houses, clock)
    alice.errors[SUBTITLE] = Occupied(f"remote:movies/{SUBTITLE}", 5, is_twin=True)
    alice.subtitled_late(b"of her own")
    settle(clock, alice, bob, seconds=3600, steps=24)
    assert alice.taken_back == [(f"remote:movies/{SUBTITLE}", 10)]
    assert (alice.branch / SUBTITLE).read_bytes() == b"of her own"
    assert alice.waits() == {}


def test_an_own_subtitle_that_another_household_has_replaced_is_not_put_back(
    houses: Houses, clock: Clock
) -> None:
    alice, bob = houses
    imported(houses, clock)
    alice.subtitled_late(b"first")
    settle(clock, alice, bob)
    (alice.drive / "movies" / SUBTITLE).write_bytes(b"of somebody else")
    alice.subtitled_late(b"a better one")
    settle(clock, alice, bob)
    assert (alice.drive / "movies" / SUBTITLE).read_bytes() == b"of somebody else"


def test_an_own_subtitle_that_was_renamed_with_its_film_is_replaced_by_a_better_one(
    houses: Houses, clock: Clock
) -> None:
    alice, bob = houses
    imported(houses, clock, extras={SUBTITLE.partition("/")[2]: b"1"})
    movies, renamed = alice.drive / "movies", f"{FILM}/Film 7 renamed"
    bob.radarr.rename(7, "Film 7 renamed.mkv")
    (movies / SUBTITLE).rename(movies / f"{renamed}.en.srt")  # as Radarr does with the extras of a film
    settle(clock, alice, bob)
    for better in (b"a better one", b"the best of all"):
        alice.subtitled_late(better, f"{renamed}.en.srt")
        settle(clock, alice, bob)
        assert (movies / f"{renamed}.en.srt").read_bytes() == better
    assert not (alice.branch / FILM).exists()


def test_what_equals_an_own_subtitle_that_is_still_there_may_be_another_households(
    houses: Houses, clock: Clock
) -> None:
    alice, bob = houses
    imported(houses, clock, extras={SUBTITLE.partition("/")[2]: b"1"})
    other = f"{STEM}.hi.srt"
    (alice.drive / "movies" / other).write_bytes(b"1")
    alice.subtitled_late(b"a better one", other)
    settle(clock, alice, bob)
    assert (alice.drive / "movies" / other).read_bytes() == b"1"


def test_the_subtitle_of_an_upgrade_replaces_that_of_the_former_film(houses: Houses, clock: Clock) -> None:
    alice, bob = houses
    imported(houses, clock, extras={SUBTITLE.partition("/")[2]: b"of bobs film"})
    (alice.drive / "movies" / SUBTITLE).write_bytes(b"of somebody else")
    alice.radarr.download(7, size=5000, extras={SUBTITLE.partition("/")[2]: b"of the new one"})
    settle(clock, alice, bob)
    assert (alice.drive / "movies" / SUBTITLE).read_bytes() == b"of the new one"


def test_in_mode_copy_a_late_subtitle_is_sent_once_and_stays(tmp_path: Path, clock: Clock) -> None:
    make_drive(tmp_path / "drive")
    alice = Alice("alice", tmp_path, clock, late=0)
    alice.changes["uploads"]["mode"] = "copy"
    alice.restart()
    settle(clock, alice, seconds=300, steps=30)
    alice.radarr.add(7)
    alice.radarr.download(7, size=4096, extras={SUBTITLE.partition("/")[2]: b"1"})
    settle(clock, alice)
    late = f"{STEM}.de.srt"
    (alice.branch / late).write_bytes(b"late")
    settle(clock, alice)
    assert alice.on_drive(late)
    assert (alice.branch / late).exists()
    asked = list(alice.asked)
    alice.restart()
    settle(clock, alice, seconds=12 * 3600, steps=24)
    assert alice.asked == asked
    assert alice.waits() == {}

"""Two households import different files to one path: the second one waits for its user's decision."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from mesharr.core.durations import HOUR_MS
from mesharr.core.errors import Misconfigured
from mesharr.node import conflict_notes
from mesharr.node.conflict_notes import ConflictReport, known_conflicts
from mesharr.node.outward.uploading.same_path.answers import SET_ASIDE
from mesharr.node.status.conditions import lasting_conditions
from mesharr.node.status.peer_report import told_conflicts
from mesharr.state.queues.upload_conflicts import Resolution
from mesharr.state.queues.uploads import Upload
from mesharr.uploads.base import Occupied, Progress, Uploaded
from tests.support.crashing import Crash, CrashUploader, Lives, TwinUploader, Uploading, faults_of_crashes
from tests.support.household import Clock, make_drive, settle

FILM = "Film 7 (2007)"
FILE = f"{FILM}/{FILM} Bluray-1080p.mkv"
OTHER = f"{FILM}/{FILM} Bluray-1080p - bob.mkv"
ITEM = "tmdb:7"
ALICES, BOBS = 4096, 9000
EACH_POINT = 18
Houses = tuple[Uploading, Uploading]


def made(root: Path, clock: Clock) -> Houses:
    """Return two households of which the second one's mount shows nothing new for ten minutes."""
    make_drive(root / "drive")
    alice, bob = Uploading("alice", root, clock, late=0), Uploading("bob", root, clock, late=600)
    for one, other in ((alice, bob), (bob, alice)):
        one.trust(other)
        one.mounts.append(other.mount)
    settle(clock, alice, bob, seconds=300, steps=30)
    return alice, bob


def both_imported(houses: Houses, clock: Clock) -> None:
    """Have both import a film of one name; the second one hears of the first one's file too late."""
    alice, bob = houses
    for house in (bob, alice):
        house.radarr.add(7)
        folder = house.local / "movies" / FILM  # the simulated app sees folders of its local branch only
        folder.mkdir()
        (folder / "poster.jpg").touch()
    alice.radarr.download(7, size=ALICES)
    settle(clock, alice, seconds=30, steps=10)
    bob.radarr.download(7, size=BOBS)
    settle(clock, bob, alice, seconds=60, steps=12)


@pytest.fixture
def houses(tmp_path: Path, clock: Clock) -> Houses:
    houses = made(tmp_path, clock)
    both_imported(houses, clock)
    return houses


def on_drive(house: Uploading, path: str = FILE) -> int:
    """Return the size of a file of the drive, 0 for none."""
    place = house.drive / "movies" / path
    return place.stat().st_size if place.is_file() else 0


def conflicts(house: Uploading) -> tuple[ConflictReport, ...]:
    return known_conflicts(house.state, house.clock())


def told(house: Uploading) -> list[str]:
    """Return the keys of the conflicts that a user is notified of."""
    found = lasting_conditions(house.state, (), "", house.clock())
    return [key for key, each in found.items() if each.kind == "conflict"]


def told_to(house: Uploading, peer: Uploading) -> list[tuple[str, int, str, int]]:
    """Return the files of a peer that wait for one of this household, as its hello tells: with sizes."""
    found = told_conflicts(house.state, house.node, [peer.node])
    return [(each.kept_node, each.kept_size, each.other_node, each.other_size) for each in found]


def answered(house: Uploading, answer: Resolution, clock: Clock, *others: Uploading) -> None:
    conflict_notes.resolve(house.state, conflicts(house), answer)
    settle(clock, house, *others, seconds=2 * 3600, steps=60)


def listed(house: Uploading) -> list[tuple[str, int]]:
    """Return the files that the app lists, by name."""
    found = house.links["radarr"].arr.read(ITEM)
    assert found
    return [(Path(each.path).name, each.size) for each in found.files]


def test_the_peers_file_stays_and_the_user_is_asked_once(houses: Houses, clock: Clock) -> None:
    alice, bob = houses
    assert on_drive(bob) == ALICES
    assert (bob.local / "movies" / FILE).stat().st_size == BOBS
    assert bob.events() == []
    (found,) = conflicts(bob)
    assert (found.item, found.node, found.waits) == (ITEM, alice.node, True)
    assert "mesharr resolve tmdb:7 keep-theirs, keep-mine or keep-both" in found.fix
    assert told(bob) == [f"conflict:movies:{ITEM}:{FILE}"]
    settle(clock, bob, alice, seconds=86_400, steps=60)
    assert on_drive(bob) == ALICES
    assert conflicts(bob) == (found,)
    assert (found.kept_size, found.other_size, found.answers) == (ALICES, BOBS, conflict_notes.ANSWERS)
    assert conflicts(alice) == ()  # nothing is to be decided there
    assert told_to(alice, bob) == [(alice.node, ALICES, bob.node, BOBS)]
    assert told_to(bob, alice) == []
    assert told(bob) == [f"conflict:movies:{ITEM}:{FILE}"]
    assert [house.radarr.deleted_media for house in houses] == [[], []]


def test_keep_theirs_sets_the_own_file_aside_and_the_app_finds_theirs(houses: Houses, clock: Clock) -> None:
    alice, bob = houses
    answered(bob, "keep-theirs", clock, alice)
    assert on_drive(bob) == ALICES
    assert (bob.local / "movies" / SET_ASIDE / FILE).stat().st_size == BOBS
    assert not (bob.local / "movies" / FILE).exists()
    assert listed(bob) == listed(alice) == [(Path(FILE).name, ALICES)]
    assert "file.imported" not in bob.events()
    assert [each.waits() for each in houses] == [{}, {}]
    assert conflicts(bob) == ()
    assert bob.radarr.deleted_media == []


def test_keep_mine_replaces_theirs_knowing_of_it(houses: Houses, clock: Clock) -> None:
    alice, bob = houses
    answered(bob, "keep-mine", clock, alice)
    assert on_drive(bob) == BOBS
    assert bob.events() == ["file.imported"]
    assert listed(bob) == listed(alice) == [(Path(FILE).name, BOBS)]
    (living,) = alice.state.items.state("movies", ITEM).copies.values()
    assert (living.copy.size, living.brought_by) == (BOBS, bob.node)
    assert [each.waits() for each in houses] == [{}, {}]
    assert conflicts(bob) == conflicts(alice) == ()


def test_keep_both_publishes_the_own_file_under_another_name(houses: Houses, clock: Clock) -> None:
    alice, bob = houses
    (bob.local / "movies" / FILE).with_suffix(".en.srt").write_bytes(b"text")
    answered(bob, "keep-both", clock, alice)
    assert (on_drive(bob), on_drive(bob, OTHER)) == (ALICES, BOBS)
    assert on_drive(bob, OTHER.replace(".mkv", ".en.srt")) == 4
    copies = alice.state.items.state("movies", ITEM).copies.values()
    assert {(each.copy.path, each.brought_by) for each in copies} == {(FILE, alice.node), (OTHER, bob.node)}
    assert listed(alice) == [(Path(FILE).name, ALICES)]
    assert listed(bob) in ([(Path(FILE).name, ALICES)], [(Path(OTHER).name, BOBS)])
    for house in houses:
        house.engine.nightly.step(clock())
    settle(clock, *houses, seconds=2 * 3600, steps=40)
    assert bob.events() == ["file.imported"]
    assert [each.waits() for each in houses] == [{}, {}]
    assert conflicts(bob) == ()
    (told,) = conflicts(alice)
    assert not told.waits
    conflict_notes.resolve(alice.state, [told], "keep-both")
    settle(clock, *houses, seconds=3600)
    assert conflicts(alice) == ()


def test_a_kept_file_that_waits_for_its_upload_survives_a_comparison(houses: Houses, clock: Clock) -> None:
    alice, bob = houses
    settle(clock, bob, alice, seconds=1200, steps=20)
    bob.uploader.fail = None
    conflict_notes.resolve(bob.state, conflicts(bob), "keep-both")
    bob.engine.transfer.step(clock())
    (waiting,) = bob.state.uploads.all()
    assert waiting.path == OTHER
    bob.state.node.pause_uploads(clock())
    bob.engine.nightly.step(clock())
    settle(clock, bob, alice, seconds=600)
    assert [each.path for each in bob.state.uploads.all()] == [OTHER]


@pytest.mark.parametrize("deleted", ["item", "file"])
def test_a_kept_file_of_which_nothing_is_left_is_waited_for_no_more(
    houses: Houses, clock: Clock, deleted: str
) -> None:
    alice, bob = houses
    settle(clock, bob, alice, seconds=1200, steps=20)
    bob.state.node.pause_uploads(clock())
    conflict_notes.resolve(bob.state, conflicts(bob), "keep-both")
    bob.engine.transfer.step(clock())
    if deleted == "item":
        bob.radarr.delete(7)
    else:
        (bob.local / "movies" / OTHER).unlink()
        bob.state.uploads.retry(clock())
    settle(clock, bob, alice, seconds=7200, steps=60)
    assert (bob.state.uploads.all(), bob.state.outbox.all()) == ([], [])
    bob.state.node.pause_uploads(0)
    bob.state.uploads.retry(clock())
    settle(clock, bob, alice, seconds=3600)
    assert (on_drive(bob), on_drive(bob, OTHER)) == (ALICES, 0)
    assert "file.imported" not in bob.events()


def test_what_the_peer_took_away_meanwhile_is_no_conflict_any_more(houses: Houses, clock: Clock) -> None:
    alice, bob = houses
    (alice.drive / "movies" / FILE).unlink()  # through the union, which the simulated app does not see
    alice.radarr.delete_file(7)
    settle(clock, alice, bob, seconds=3 * 3600, steps=60)
    assert on_drive(bob) == BOBS
    assert conflicts(bob) == ()
    assert bob.events() == ["file.imported"]


def test_a_file_that_no_event_tells_of_is_asked_about_after_an_hour(tmp_path: Path, clock: Clock) -> None:
    alice, bob = made(tmp_path, clock)
    place = bob.drive / "movies" / FILE
    place.parent.mkdir()
    place.write_bytes(b"x" * 100)
    bob.radarr.add(7)
    bob.radarr.download(7, size=BOBS)
    (bob.local / "movies" / FILE).write_bytes(b"y" * BOBS)
    settle(clock, bob, seconds=1800, steps=20)
    assert conflicts(bob) == ()
    settle(clock, bob, seconds=3600, steps=30)
    (found,) = conflicts(bob)
    assert on_drive(bob) == 100
    with pytest.raises(Misconfigured, match="no household has published"):
        conflict_notes.resolve(bob.state, [found], "keep-theirs")
    answered(bob, "keep-mine", clock, alice)
    assert on_drive(bob) == BOBS
    assert bob.waits() == {}


def _paused_upload(bob: Uploading, clock: Clock) -> Upload:
    """Have a household import film 7 while its uploads are paused; return the upload."""
    bob.radarr.add(7)
    bob.radarr.download(7, size=BOBS)
    bob.state.node.pause_uploads(clock())
    settle(clock, bob, seconds=30, steps=6)
    (upload,) = bob.state.uploads.all()
    return upload


@pytest.mark.parametrize(
    ("began", "is_half", "seconds"),
    [
        pytest.param(True, True, 10, id="half of an own upload, at the second look"),
        # this household may have sent it before the app overwrote it, or another one has not published yet
        pytest.param(True, False, 600, id="another content"),
        pytest.param(False, True, 600, id="half, of whoever sent it"),
    ],
)
def test_what_a_killed_upload_left_is_replaced(
    tmp_path: Path, clock: Clock, began: bool, is_half: bool, seconds: int
) -> None:
    _, bob = made(tmp_path, clock)
    upload = _paused_upload(bob, clock)
    if began:
        bob.state.uploads.note_target(upload, "remote:movies")
    place = bob.drive / "movies" / FILE  # under its own name, as on a remote without partial names
    place.parent.mkdir()
    half = (bob.local / "movies" / FILE).read_bytes()[: BOBS // 2] if is_half else b"x" * (BOBS // 2)
    place.write_bytes(half)
    bob.state.node.pause_uploads(0)
    bob.state.uploads.retry(clock())
    settle(clock, bob, seconds=seconds - 5, steps=seconds)
    if seconds > 10:
        assert on_drive(bob) == BOBS // 2
    settle(clock, bob, seconds=1800 if seconds > 10 else 5, steps=20)
    assert on_drive(bob) == BOBS
    assert conflicts(bob) == ()


def test_what_another_program_is_sending_is_left_alone(tmp_path: Path, clock: Clock) -> None:
    _, bob = made(tmp_path, clock)
    upload = _paused_upload(bob, clock)
    bob.state.uploads.note_target(upload, "remote:movies")
    content = (bob.local / "movies" / FILE).read_bytes()
    place = bob.drive / "movies" / FILE
    place.parent.mkdir()
    bob.state.node.pause_uploads(0)
    for size in range(1000, BOBS, 1000):
        place.write_bytes(content[:size])
        bob.state.uploads.retry(clock())
        settle(clock, bob, seconds=1, steps=1)
        assert on_drive(bob) == size


def test_two_files_of_two_names_cannot_be_resolved_for_an_app(houses: Houses, clock: Clock) -> None:
    alice, bob = houses
    answered(bob, "keep-both", clock, alice)
    with pytest.raises(Misconfigured, match="are on the drive"):
        conflict_notes.resolve(alice.state, conflicts(alice), "keep-mine")


def test_an_upgrade_of_the_peers_file_that_the_app_listed_asks_nobody(houses: Houses, clock: Clock) -> None:
    alice, bob = houses
    answered(bob, "keep-theirs", clock, alice)
    (bob.drive / "movies" / FILE).unlink()  # its app deletes the old file through the union
    bob.radarr.download(7, size=BOBS + 1)
    settle(clock, bob, alice, seconds=3600, steps=40)
    assert on_drive(bob) == BOBS + 1
    assert conflicts(bob) == ()


def twin_uploader(house: Uploading) -> TwinUploader:
    """Have a household upload to a drive that allows several files of one name."""
    uploader = TwinUploader(house.drive, house.points, house.mounts)
    house.make_uploader = lambda: uploader  # type: ignore[method-assign]  # of one household
    house.restart()
    return uploader


@pytest.mark.parametrize(
    "answer",
    [
        "keep-mine",
        pytest.param("keep-theirs", marks=pytest.mark.campaign),
        pytest.param("keep-both", marks=pytest.mark.campaign),
    ],
)
def test_an_upload_beside_another_file_of_its_name_is_taken_back_and_asked_about(
    tmp_path: Path, clock: Clock, answer: Resolution
) -> None:
    alice, bob = houses = made(tmp_path, clock)
    uploader = twin_uploader(bob)
    both_imported(houses, clock)
    assert uploader.sent == [f"remote:movies/{FILE}"]
    assert uploader.twins == {}  # a mount would show either of the two
    assert on_drive(bob) == ALICES
    assert (bob.local / "movies" / FILE).stat().st_size == BOBS
    assert bob.events() == []
    (found,) = conflicts(bob)
    assert (found.waits, found.node) == (True, alice.node)
    assert told_to(alice, bob) == [(alice.node, ALICES, bob.node, BOBS)]
    answered(bob, answer, clock, alice)
    first, second = {"keep-theirs": (ALICES, 0), "keep-mine": (BOBS, 0), "keep-both": (ALICES, BOBS)}[answer]
    assert (on_drive(bob), on_drive(bob, OTHER)) == (first, second)
    assert [each.waits() for each in houses] == [{}, {}]
    assert conflicts(bob) == ()
    assert told_to(alice, bob) == []


class AtOneTime(CrashUploader):
    """An uploader whose first file comes beside one of a size that the `other` household sends."""

    other = 0
    tries = 0

    def upload(
        self, source: str, target: str, report: Callable[[Progress], None], *, replaces: bool = False
    ) -> Uploaded:
        self.tries += 1
        if self.tries == 1:
            raise Occupied(target, self.other, is_twin=True)
        return super().upload(source, target, report, replaces=replaces)

    def take_back(self, target: str, size: int) -> bool:
        return True


def test_of_two_that_both_took_theirs_back_the_larger_goes_first(tmp_path: Path, clock: Clock) -> None:
    alice, bob = houses = made(tmp_path, clock)
    uploaders = [AtOneTime(house.drive, house.points, house.mounts) for house in houses]
    for house, uploader, other in zip(houses, uploaders, (BOBS, ALICES), strict=True):
        uploader.other = other
        house.make_uploader = lambda uploader=uploader: uploader  # type: ignore[method-assign,misc]  # of one household
        house.restart()
        house.radarr.add(7)
        house.radarr.download(7, size=BOBS if house is bob else ALICES)
    settle(clock, alice, bob, seconds=300, steps=300)
    assert on_drive(bob) == BOBS
    assert [each.tries for each in uploaders] == [1, 2]
    settle(clock, alice, bob, seconds=3600, steps=60)
    assert (on_drive(bob), bob.events()) == (BOBS, ["file.imported"])
    (found,) = conflicts(alice)
    assert (found.node, found.waits) == (bob.node, True)


@pytest.mark.campaign
def test_a_twin_that_cannot_be_taken_back_waits_and_keeps_the_local_file(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = houses = made(tmp_path, clock)
    uploader = twin_uploader(bob)
    uploader.keeps_twins = True
    both_imported(houses, clock)
    (found,) = conflicts(bob)
    assert "the drive has two files named" in found.what
    conflict_notes.resolve(bob.state, [found], "keep-theirs")
    settle(clock, bob, alice, seconds=3 * 3600, steps=40)
    assert (bob.local / "movies" / FILE).stat().st_size == BOBS
    uploader.twins.clear()  # by rclone dedupe
    settle(clock, bob, alice, seconds=3 * 3600, steps=40)
    assert (bob.local / "movies" / SET_ASIDE / FILE).stat().st_size == BOBS
    assert [each.waits() for each in houses] == [{}, {}]


@pytest.mark.campaign
def test_a_twin_that_the_drive_lists_late_is_found_because_the_mount_shows_the_other(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = houses = made(tmp_path, clock)
    uploader = twin_uploader(bob)
    uploader.lists_late = True
    both_imported(houses, clock)
    settle(clock, bob, alice, seconds=3 * 3600, steps=60)
    assert uploader.twins == {}
    assert (on_drive(bob), bob.events()) == (ALICES, [])
    assert (bob.local / "movies" / FILE).stat().st_size == BOBS
    (found,) = conflicts(bob)
    assert found.node == alice.node


def test_a_file_that_the_drive_has_twice_is_published_and_told(tmp_path: Path, clock: Clock) -> None:
    _, bob = made(tmp_path, clock)
    twin_uploader(bob).further = 1
    bob.radarr.add(7)
    bob.radarr.download(7, size=BOBS)
    settle(clock, bob, seconds=1200, steps=20)
    assert "file.imported" in bob.events()
    ((subject, what, fix, _),) = bob.state.refusals.all()
    assert (subject, what.partition(":")[0]) == (
        "second_uploader:movies",
        f"the drive has 2 files named {FILE.partition('/')[2]} in {FILM}",
    )
    assert fix.startswith(f'rclone dedupe skip "remote:movies/{FILM}" deletes')


def dies(answer: Resolution, *, twin: bool = False) -> Lives:
    def live(folder: Path, number: int) -> tuple[list[str], list[str]]:
        clock = Clock()
        alice, bob = houses = made(folder, clock)
        if twin:
            twin_uploader(bob)
            bob.points.armed, bob.points.die_at = True, number
        both_imported(houses, clock)
        bob.points.armed, bob.points.die_at = True, number
        for _ in range(3):
            with contextlib.suppress(Crash):  # the command may die, too: its user gives it again
                conflict_notes.resolve(bob.state, conflicts(bob), answer)
            settle(clock, bob, alice, seconds=HOUR_MS / 1000, steps=15)
        bob.points.armed = False
        settle(clock, bob, alice, seconds=HOUR_MS / 1000, steps=10)
        wanted = {"keep-theirs": (ALICES, 0), "keep-mine": (BOBS, 0), "keep-both": (ALICES, BOBS)}[answer]
        wrong = [] if (on_drive(bob), on_drive(bob, OTHER)) == wanted else [f"not {wanted}"]
        wrong += [f"{house.name} waits: {house.waits()}" for house in houses if house.waits()]
        expected = [(Path(FILE).name, wanted[0])], [(Path(OTHER).name, wanted[1])]
        wrong += [
            f"{house.name} lists {found}" for house in houses if (found := listed(house)) not in expected
        ]
        return bob.points.names, wrong

    return live


@pytest.mark.campaign
@pytest.mark.parametrize("answer", ["keep-theirs", "keep-mine", "keep-both"])
def test_dying_while_it_is_carried_out_changes_nothing(tmp_path: Path, answer: Resolution) -> None:
    assert faults_of_crashes(dies(answer), tmp_path, f"resolve {answer}", EACH_POINT) == []


@pytest.mark.campaign
def test_dying_while_a_twin_is_taken_back_loses_nothing(tmp_path: Path) -> None:
    assert faults_of_crashes(dies("keep-mine", twin=True), tmp_path, "twin", 2 * EACH_POINT) == []

"""Events say which tracks of which release a file of an album is, at the cost of one request an import."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from mesharr.core.events.schema import Copy, body_of
from mesharr.node.joining.existing_files import queue_existing
from mesharr.state.events.streams import StoredEvent
from tests.arrs.lidarr.app import SimulatedLidarr
from tests.behaviour.everyday.test_every_arr import LIDARR, READARR
from tests.support.household import Clock, Household, LibrarySetup, make_drive, settle
from tests.unit.arrs.lidarr.household import BOC, CAMPFIRE, GEOGADDI, GEOGADDI_CD
from tests.unit.arrs.readarr.household import EARTHSEA, LE_GUIN


class Tracked(Household):
    """A household with one app of this kind."""

    def __init__(self, name: str, root: Path, clock: Clock, setup: LibrarySetup = LIDARR) -> None:
        super().__init__(name, root, root / "drive", clock, setups=[setup])

    @property
    def lidarr(self) -> SimulatedLidarr:
        app = self.arrs["lidarr"]
        assert isinstance(app, SimulatedLidarr)
        return app

    def had(self, *albums: str) -> None:
        """Add the artist, and download albums, as before mesharr ran: no webhook tells of it."""
        self.deaf = True
        self.lidarr.add(BOC)
        self.lidarr.run_commands()
        for album in albums:
            self.lidarr.download(album)
        self.deaf = False

    def copies(self) -> Mapping[str, Copy]:
        """Every copy this node has published, by the end of its path."""
        rows = self.state.streams.since(self.engine.publisher.stream, 1)
        bodies = (body_of(row.type, _body(row)) for row in rows)
        return {
            copy.path.rpartition("/")[2]: copy for body in bodies if body for copy in body.stated_copies()
        }

    def tracks(self) -> Mapping[str, str]:
        """The MusicBrainz id of each track with a file, by the file's name."""
        [artist] = self.ask("artist", "lidarr")
        files = {
            file["id"]: file["path"] for file in self.ask(f"trackfile?artistId={artist['id']}", "lidarr")
        }
        return {
            files[track["trackFileId"]].rpartition("/")[2]: track["foreignTrackId"]
            for track in self.ask(f"track?artistId={artist['id']}", "lidarr")
            if track["trackFileId"]
        }

    def track_requests(self) -> int:
        return sum(path.startswith("/api/v1/track?") for _, path in self.requests())


def _body(row: StoredEvent) -> bytes:
    line: dict[str, msgspec.Raw] = msgspec.json.decode(row.line, type=dict[str, msgspec.Raw])
    return bytes(line["body"])


@pytest.fixture
def alice(tmp_path: Path, clock: Clock) -> Tracked:
    make_drive(tmp_path / "drive", ("music",))
    return Tracked("alice", tmp_path, clock)


def _pair(alice: Tracked, root: Path, clock: Clock) -> Tracked:
    bob = Tracked("bob", root, clock)
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    return bob


def test_an_import_states_its_tracks_and_their_release_for_one_request_of_its_author(
    alice: Tracked, tmp_path: Path, clock: Clock
) -> None:
    bob = _pair(alice, tmp_path, clock)
    alice.lidarr.add(BOC)
    settle(clock, alice, bob, seconds=60, steps=6)
    for house in (alice, bob):
        house.forget_requests()
    alice.lidarr.download(GEOGADDI)
    settle(clock, alice, bob)
    published = alice.copies()
    assert len(published) == 2
    assert {name: copy.parts for name, copy in published.items()} == {
        name: (track,) for name, track in alice.tracks().items()
    }
    assert {copy.release for copy in published.values()} == {GEOGADDI_CD}
    assert alice.track_requests() == 1
    assert bob.events() == []


def test_a_rename_states_the_tracks_again(alice: Tracked, tmp_path: Path, clock: Clock) -> None:
    bob = _pair(alice, tmp_path, clock)
    alice.lidarr.add(BOC)
    settle(clock, alice, bob, seconds=60, steps=6)
    alice.lidarr.download(GEOGADDI, folder="Other")
    settle(clock, alice, bob)
    before = {copy.parts for copy in alice.copies().values()}
    alice.lidarr.rename(GEOGADDI, "Geogaddi (2002)")
    settle(clock, alice, bob)
    assert "file.renamed" in alice.events()
    renamed = {copy.parts for copy in alice.copies().values() if "Other" not in copy.path}
    assert renamed == before
    assert all(before)


def test_an_import_in_another_spelling_before_it_is_published_states_its_tracks(
    alice: Tracked, clock: Clock
) -> None:
    settle(clock, alice, seconds=60, steps=6)
    alice.lidarr.add(BOC)
    settle(clock, alice, seconds=60, steps=6)
    alice.lidarr.download(GEOGADDI)
    alice.engine.intake.step(clock())
    assert list(alice.copies()) == []
    alice.lidarr.rename(GEOGADDI, "GEOGADDI (2002)")
    settle(clock, alice)
    published = alice.copies()
    assert {copy.path.split("/")[1] for copy in published.values()} == {"GEOGADDI (2002)"}
    assert all(copy.parts for copy in published.values())


def test_the_files_of_a_first_day_state_their_tracks_and_a_peer_with_the_same_files_asks_for_none(
    alice: Tracked, tmp_path: Path, clock: Clock
) -> None:
    alice.had(GEOGADDI, CAMPFIRE)
    alice.forget_requests()
    settle(clock, alice, seconds=300, steps=30)
    assert "library.found" in alice.events()
    published = alice.copies()
    assert len(published) == 4
    assert {name: copy.parts for name, copy in published.items()} == {
        name: (track,) for name, track in alice.tracks().items()
    }
    assert alice.track_requests() == 1
    bob = Tracked("bob", tmp_path, clock)
    bob.had()
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=300, steps=30)
    assert bob.events() == []
    assert bob.track_requests() == 0


def test_files_that_were_published_without_tracks_are_not_published_again(
    alice: Tracked, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = type(alice.links["lidarr"].arr)
    with monkeypatch.context() as older:
        older.setattr(adapter, "with_parts", lambda _self, item, _paths: item)
        bob = _pair(alice, tmp_path, clock)
        alice.lidarr.add(BOC)
        settle(clock, alice, bob, seconds=60, steps=6)
        alice.lidarr.download(GEOGADDI)
        settle(clock, alice, bob)
    assert {copy.parts for copy in alice.copies().values()} == {()}
    events = alice.events()
    alice.forget_requests()
    for house in (alice, bob):
        house.engine.once(compare=True)
    settle(clock, alice, bob, seconds=3600, steps=30)
    assert alice.events() == events
    assert bob.events() == []
    assert alice.track_requests() == 0
    alice.lidarr.download(CAMPFIRE)
    settle(clock, alice, bob)
    new = [copy for copy in alice.copies().values() if CAMPFIRE in copy.units]
    assert len(new) == 2
    assert all(copy.parts for copy in new)


def test_existing_files_that_were_not_published_state_their_tracks(
    alice: Tracked, tmp_path: Path, clock: Clock
) -> None:
    alice.had(GEOGADDI)
    folder, away = tmp_path / "drive" / "music" / "Boards of Canada", tmp_path / "away"
    folder.rename(away)
    settle(clock, alice, seconds=300, steps=30)
    assert alice.copies() == {}
    away.rename(folder)
    library = alice.engine.first_day._libraries["music"]
    queue_existing(library, alice.links["lidarr"].arr, alice.state, clock())
    settle(clock, alice)
    assert {name: copy.parts for name, copy in alice.copies().items()} == {
        name: (track,) for name, track in alice.tracks().items()
    }


def test_an_import_of_a_book_states_its_edition_without_a_request(tmp_path: Path, clock: Clock) -> None:
    make_drive(tmp_path / "drive", ("books",))
    alice = Tracked("alice", tmp_path, clock, READARR)
    settle(clock, alice, seconds=60, steps=6)
    readarr: SimulatedLidarr = alice.arrs["readarr"]  # type: ignore[assignment]  # both add and download alike
    readarr.add(LE_GUIN)
    settle(clock, alice, seconds=60, steps=6)
    readarr.download(EARTHSEA)
    alice.forget_requests()
    settle(clock, alice)
    [copy] = alice.copies().values()
    [book] = [each for each in alice.ask("book", "readarr") if each["foreignBookId"] == EARTHSEA]
    assert (copy.parts, copy.release) == ((), book["foreignEditionId"])
    assert not any("/edition" in path for _, path in alice.requests())

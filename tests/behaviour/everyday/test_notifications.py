"""The user is notified once of what holds and of what happened, where asked for, and never of more."""

from pathlib import Path
from typing import get_args

import httpx
import pytest

from mesharr.core.errors import Refused, Unavailable
from mesharr.core.events.schema import NodeLeft, body_of
from mesharr.log import codec
from mesharr.node.arr_view import MANY
from mesharr.node.status.notices import TITLES
from mesharr.notify.base import MessageKind, NotifierSettings
from mesharr.state.conditions.notices import SentNotices
from tests.support.household import Clock, Household, import_on, make_drive, pair, settle

ALL = ["imported", "removed", "held", "peer_silent", "upload_failed", "rejected", "refused", "joined"]
DAY = 86_400
Pair = tuple[Household, Household]


def places(*words: str) -> list[dict[str, object]]:
    return [{"url": "json://someone:hidden@host", "on": list(words)}]


@pytest.fixture
def houses(tmp_path: Path, clock: Clock) -> Pair:
    alice, bob = pair(tmp_path, clock, notify=places(*ALL))
    settle(clock, alice, bob)  # what is gathered about the peer that joined goes out
    return alice, bob


def kinds(house: Household) -> list[str]:
    return [message.kind for message in house.notified]


def test_every_word_of_the_config_has_a_title() -> None:
    assert set(TITLES) == set(get_args(MessageKind))


def test_the_user_is_notified_of_a_peers_import_once_and_not_of_an_own_one(
    houses: Pair, clock: Clock
) -> None:
    alice, bob = houses
    bob.notified.clear()
    import_on(clock, alice, bob)
    settle(clock, alice, bob)
    (sent,) = bob.notified
    assert (sent.kind, sent.title) == ("imported", "mesharr bob: imported by others")
    assert sent.text == "alice imported Film 7 (2007) Bluray-1080p (movies)"
    assert "imported" not in kinds(alice)


def test_nobody_is_notified_of_what_was_before_the_first_check(tmp_path: Path, clock: Clock) -> None:
    alice, bob = pair(tmp_path, clock)
    import_on(clock, alice, bob)
    bob.changes = {"notify": places(*ALL)}
    bob.restart()
    settle(clock, alice, bob)
    assert bob.notified == []


def test_many_events_are_one_message_that_names_some(houses: Pair, clock: Clock) -> None:
    alice, bob = houses
    settle(clock, alice, bob)
    bob.notified.clear()
    bob.mute = True
    for film in range(1, 16):
        alice.radarr.add(film)
        alice.radarr.download(film)
    settle(clock, alice, bob)
    bob.mute = False
    settle(clock, alice, bob, seconds=2 * 3600)
    (sent,) = (message for message in bob.notified if message.kind == "imported")
    assert sent.text.count("\n") == 10
    assert sent.text.endswith("... and 5 more: mesharr history")


def test_the_user_is_notified_of_a_refusal_once_and_again_after_it_was_fixed(
    houses: Pair, clock: Clock
) -> None:
    alice, bob = houses
    bob.notified.clear()
    refused = Refused("Radarr refuses the API key", "correct api_key")
    for _ in range(2):
        bob.state.refusals.note("app:other", refused, clock())
        settle(clock, alice, bob)
        bob.state.refusals.clear("app:other")
        settle(clock, alice, bob)
    assert [message.text for message in bob.notified] == ["Radarr refuses the API key: correct api_key"] * 2


def test_the_user_is_notified_of_a_hold_with_what_to_do(tmp_path: Path, clock: Clock) -> None:
    alice, bob = pair(tmp_path, clock, notify=places("held"), policy={"holds": {"first_adds": 2}})
    for film in range(1, 6):
        alice.radarr.add(film)
        alice.radarr.download(film)
    settle(clock, alice, bob)
    (sent,) = bob.notified
    assert sent.text.startswith("3 items in movies: alice caused more than 2 additions within ")
    assert sent.text.endswith(": mesharr approve 1")


def test_a_notification_nobody_took_is_sent_later_also_by_the_next_process(
    houses: Pair, clock: Clock
) -> None:
    alice, bob = houses
    bob.notified.clear()
    bob.mute = True
    import_on(clock, alice, bob)
    bob.restart()
    settle(clock, alice, bob)
    assert bob.notified == []
    bob.mute = False
    settle(clock, alice, bob, seconds=2 * 3600)
    assert kinds(bob) == ["imported"]


def test_the_user_is_notified_only_of_what_was_asked_for(tmp_path: Path, clock: Clock) -> None:
    alice, bob = pair(tmp_path, clock, notify=places("held"))
    import_on(clock, alice, bob)
    bob.state.refusals.note("app:other", Refused("no"), clock())
    settle(clock, alice, bob)
    assert bob.notified == []


def test_the_user_is_notified_of_a_peer_that_publishes_nothing_for_three_days(
    houses: Pair, clock: Clock
) -> None:
    alice, bob = houses
    settle(clock, alice, bob)
    bob.notified.clear()
    settle(clock, bob, seconds=2.5 * DAY, steps=20)
    assert bob.notified == []
    settle(clock, bob, seconds=DAY, steps=20)
    assert kinds(bob) == ["peer_silent"]
    assert bob.notified[0].text.startswith("alice has published nothing since ")


def test_a_peer_that_left_is_not_missed(houses: Pair, clock: Clock) -> None:
    alice, bob = houses
    alice.state.outbox.put("", NodeLeft(), "", "left by the user", clock())
    settle(clock, alice, bob)
    bob.notified.clear()
    settle(clock, bob, seconds=5 * DAY, steps=20)
    assert bob.notified == []


def test_a_url_that_no_service_takes_is_refused_in_status_and_not_repeated(
    tmp_path: Path, clock: Clock
) -> None:
    class Wrong(Household):
        def make_notifier(self, settings: NotifierSettings) -> None:  # type: ignore[override]  # it never returns
            raise Refused("a notify url is not one that Apprise understands", "see its wiki")

    make_drive(tmp_path / "drive")
    bob = Wrong("bob", tmp_path, tmp_path / "drive", clock, notify=places(*ALL))
    settle(clock, bob)
    ((subject, what, _, _),) = bob.state.refusals.all()
    assert what == "a notify url is not one that Apprise understands"
    assert "hidden" not in subject
    kept = bob.state.db.rows("SELECT target FROM sent_notices UNION SELECT target FROM notice_places")
    assert "hidden" not in str(kept)


def test_a_setting_that_does_harm_is_reported_once_while_the_arr_goes_on_working(
    houses: Pair, clock: Clock
) -> None:
    alice, bob = houses
    bob.radarr.config("importlist")["listSyncLevel"] = "removeAndKeep"
    bob.notified.clear()
    for film in range(1, MANY + 2):
        alice.radarr.add(film)
    for film in range(100, 106):
        settle(clock, alice, bob, seconds=10 * 60, steps=10)
        bob.radarr.add(film)  # its webhook is read from the arr, which answers
    (sent,) = (message for message in bob.notified if message.kind == "refused")
    assert "listSyncLevel is removeAndKeep" in sent.text
    assert [subject for subject, *_ in bob.state.refusals.all()] == ["settings:radarr"]
    bob.radarr.config("importlist")["listSyncLevel"] = "disabled"
    settle(clock, alice, bob)
    assert bob.state.refusals.all() == []
    assert bob.movie(1) is not None


def test_the_user_is_notified_why_a_peers_download_ended(tmp_path: Path, clock: Clock) -> None:
    alice, bob = pair(tmp_path, clock, notify=places("released_elsewhere"))
    alice.radarr.add(7)
    settle(clock, alice, bob, seconds=60, steps=6)
    release = alice.radarr.grab(7)
    settle(clock, alice, bob, seconds=120, steps=12)
    alice.radarr.fail_download(release)
    settle(clock, alice, bob, seconds=300, steps=30)
    (sent,) = bob.notified
    assert (sent.kind, sent.text) == ("released_elsewhere", "alice failed to download Film 7 (2007) (movies)")
    (released,) = [row for row in bob.state.streams.newest(50, 0) if row[1].type == "unit.released"]
    body = body_of(released[1].type, codec.parse(released[1].line).body)
    assert body is not None
    assert body.summary() == "movies tmdb:7 1 unit failed"


def test_the_user_is_notified_of_an_item_that_came_back_with_an_older_database(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = pair(tmp_path, clock, notify=places("refused"))
    import_on(clock, alice, bob)
    alice.engine.nightly.step(clock())
    before = alice.radarr.snapshot()
    alice.radarr.delete(7, delete_files=True)
    settle(clock, alice, bob, seconds=3600, steps=60)
    alice.radarr.restore(before)
    alice.engine.nightly.step(clock())
    settle(clock, alice, bob, seconds=300, steps=30)
    (sent,) = alice.notified
    assert "mesharr restore movies tmdb:7" in sent.text


def test_what_is_down_is_told_once_after_some_minutes_and_that_it_is_up_again(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = pair(tmp_path, clock, notify=places("down", "up_again"))
    anchor = bob.library / ".mesharr-anchor"
    content = anchor.read_bytes()
    anchor.unlink()
    bob.arrs["radarr"].fail = _refuse
    settle(clock, alice, bob, seconds=60, steps=2)
    bob.radarr.add(7)
    assert bob.notified == []
    settle(clock, bob, seconds=3600, steps=20)
    assert {(each.kind, each.title) for each in bob.notified} == {("down", "mesharr bob: something is down")}
    library, app = sorted("\n".join(message.text for message in bob.notified).splitlines())
    told = len(bob.notified)
    assert app.startswith("radarr: Radarr cannot be reached")
    assert library.startswith("library movies: No such file: ")
    bob.restart()
    settle(clock, bob, seconds=3600, steps=4)
    assert len(bob.notified) == told, "a restart tells nothing again"
    anchor.write_bytes(content)
    bob.arrs["radarr"].fail = None
    settle(clock, bob, seconds=3600, steps=20)
    assert set(kinds(bob)[told:]) == {"up_again"}
    said = "\n".join(message.text for message in bob.notified[told:])
    assert sorted(said.splitlines()) == ["library movies answers again", "radarr answers again"]


def test_a_media_server_that_is_down_is_told_though_nothing_is_to_be_scanned(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = pair(tmp_path, clock, notify=places("down"))
    settle(clock, alice, bob)
    bob.answer = _nobody  # type: ignore[method-assign, assignment]  # the Plex is switched off
    bob.restart()
    settle(clock, bob, seconds=3600, steps=20)
    assert "plex: Plex cannot be reached" in "\n".join(message.text for message in bob.notified)


def test_a_full_disk_is_told_once_though_nothing_can_be_kept(
    houses: Pair, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, bob = houses
    bob.changes = {"notify": places("disk_full", "up_again")}
    bob.restart()
    settle(clock, bob)
    bob.notified.clear()

    def full(*_: object) -> None:
        raise Unavailable("the database does not answer: database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("mesharr.disk.free_space.LEAST_FREE", 2**62)
        patch.setattr(SentNotices, "note_sent", full)
        for _ in range(5):
            clock.forward(60)
            bob.engine.notices.step(clock())
        (sent,) = bob.notified
        assert sent.text.startswith("config directory: the disk of the config directory")
    clock.forward(60)
    bob.engine.notices.step(clock())
    assert [message.text for message in bob.notified[1:]] == ["config directory can be written again"]


def test_what_the_config_names_no_more_is_neither_down_nor_refused(houses: Pair) -> None:
    _, bob = houses
    bob.state.outages.note("scanner:emby", "Emby did not answer in time", 1)
    bob.state.outages.note("library:gone", "library gone is unavailable", 1)
    bob.state.refusals.note("server:emby", Refused("Emby refuses the credentials", "check token"), 1)
    bob.state.refusals.note("first day:gone", Refused("the first day waits", ""), 1)
    bob.restart()
    assert bob.state.outages.all() == {}
    assert bob.state.refusals.all() == []


def _refuse(_request: httpx.Request) -> None:
    raise httpx.ConnectError("connection refused")


def _nobody(_url: str, _request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("connection refused")

"""What mesharr does itself comes back from the arrs in many ways: none of them makes an event."""

from pathlib import Path

import httpx
import msgspec
import pytest

from tests.support.household import Clock, Household, import_on, settle

HOUR = 3600.0
OLD = "Film 7 (2007) Bluray-1080p.mkv"


def _hours(clock: Clock, hours: int, *households: Household) -> None:
    """Let idle hours pass: hourly looks, nightly comparisons, and the arrs' own refreshes."""
    for hour in range(hours):
        for household in households:
            household.engine.nightly.hourly(clock())
            if hour % 3 == 0:
                household.radarr.daily_refresh()
            if hour % 3 == 1:
                household.engine.nightly.step(clock())
        settle(clock, *households, seconds=HOUR, steps=6)


def _state(*households: Household) -> list[object]:
    return [(house.events(), house.shows(7), house.plex.scans) for house in households]


def test_ten_idle_hours_after_an_import_publish_nothing_but_hellos_and_change_nothing(
    alice_and_bob: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    before = msgspec.json.encode(_state(alice, bob))
    for household in (alice, bob):
        household.radarr.forget_requests()
    _hours(clock, 10, alice, bob)
    assert msgspec.json.encode(_state(alice, bob)) == before
    assert (alice.events(), bob.events()) == (["item.added", "file.imported"], [])
    assert (alice.writes(), bob.writes()) == ([], [])
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_a_restart_between_the_echoes_changes_nothing(
    alice_and_bob: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    settle(clock, alice, bob, seconds=10, steps=5)
    alice.radarr.download(7)
    for _ in range(30):
        settle(clock, alice, bob, seconds=40, steps=1)
        alice.restart()
        bob.restart()
    _hours(clock, 6, alice, bob)
    assert (alice.events(), bob.events()) == (["item.added", "file.imported"], [])
    assert bob.shows(7) == (False, True)
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_the_webhook_of_an_add_that_mesharr_made_is_known_as_its_echo(
    alice_and_bob: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = alice_and_bob
    bob.hooks.clear()
    import_on(clock, alice, bob)
    kinds = [msgspec.json.decode(body)["eventType"] for body in bob.hooks]
    assert kinds == ["MovieAdded"]
    bob.state.inbox.put("radarr", "webhook", bob.hooks[0], clock())
    settle(clock, alice, bob, seconds=60, steps=4)
    assert bob.events() == []
    assert bob.waits() == {}


def test_a_webhook_that_comes_twice_makes_one_event(
    alice_and_bob: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    alice.radarr.download(7)
    for body in list(alice.hooks):
        alice.state.inbox.put("radarr", "webhook", body, clock())
    settle(clock, alice, bob)
    for body in list(alice.hooks):
        alice.state.inbox.put("radarr", "webhook", body, clock())
    settle(clock, alice, bob)
    assert alice.events() == ["item.added", "file.imported"]


@pytest.mark.parametrize("late", [False, True])
def test_a_webhook_and_a_custom_script_of_the_same_import_make_one_event(
    alice_and_bob: tuple[Household, Household], clock: Clock, tmp_path: Path, late: bool
) -> None:
    alice, bob = alice_and_bob
    told = tmp_path / "told"
    told.mkdir()
    _connect_script(alice, tmp_path / "hook.sh", told)
    alice.radarr.add(7)
    alice.radarr.download(7)
    if late:
        settle(clock, alice, bob)
    scripts = sorted(told.iterdir())
    assert len(scripts) == 3  # the test that comes with the registration, the add, the import
    for script in scripts:
        pairs = (entry.partition("=") for entry in script.read_text().split("\0") if entry)
        env = {name.lower(): value for name, _, value in pairs if name.lower().startswith("radarr_")}
        alice.state.inbox.put("radarr", "script", msgspec.json.encode(env), clock())
    settle(clock, alice, bob)
    assert alice.events() == ["item.added", "file.imported"]
    assert alice.waits() == {}
    assert bob.shows(7) == (False, True)


def _connect_script(house: Household, script: Path, told: Path) -> None:
    script.write_text(f'#!/bin/sh\nn=$(ls "{told}" | wc -l)\nenv -0 > "{told}/$((n + 100))"\n')
    script.chmod(0o755)
    flags = ("onDownload", "onUpgrade", "onMovieAdded")
    body = {
        "name": "script",
        "implementation": "CustomScript",
        "configContract": "CustomScriptSettings",
        "tags": [],
        "fields": [{"name": "path", "value": str(script)}],
        **dict.fromkeys(flags, True),
    }
    key = {"X-Api-Key": "key"}
    request = httpx.Request("POST", "http://radarr/api/v3/notification", headers=key, json=body)
    assert house.radarr.handle(request).status_code == 201


def test_a_file_that_goes_missing_at_bob_during_alices_upgrade_is_nobodys_removal(
    alice_and_bob: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    bob.hooks.clear()
    # between the old file's end and alice's event, bob's arr looks for itself
    (alice.library / "Film 7 (2007)" / OLD).rename(alice.drive / "away.mkv")
    bob.radarr.daily_refresh()
    settle(clock, alice, bob, seconds=30, steps=3)
    (alice.drive / "away.mkv").rename(alice.library / "Film 7 (2007)" / OLD)
    assert b"missingFromDisk" in bob.hooks[0]
    alice.radarr.download(7, name="Film 7 (2007) Remux-1080p.mkv", quality="Remux-1080p", size=9000)
    bob.radarr.daily_refresh()
    settle(clock, alice, bob)
    _hours(clock, 3, alice, bob)
    assert alice.events() == ["item.added", "file.imported", "file.imported"]
    assert bob.events() == []
    assert bob.shows(7) == (False, True)
    file = bob.radarr.file(7)
    assert file is not None
    assert (file.relative_path, file.size) == ("Film 7 (2007) Remux-1080p.mkv", 9000)
    assert (alice.waits(), bob.waits()) == ({}, {})

"""Which episodes are monitored: after an add, after a refresh, and what is written over meanwhile."""

from dataclasses import replace
from typing import Any

import pytest

from tests.arrs.sonarr.app import Show
from tests.unit.arrs.sonarr.household import ANIME, OFFICE, SEVERANCE, SonarrHousehold, announced

SPECIALS = [(0, 1), (0, 2)]
FIRST = [(1, 1), (1, 2), (1, 3)]
SECOND = [(2, 1), (2, 2), (2, 3), (2, 4)]


def seasons(tv: SonarrHousehold, series_id: int) -> dict[int, bool]:
    return {season["seasonNumber"]: season["monitored"] for season in tv.get(series_id)["seasons"]}


@pytest.mark.parametrize(
    ("monitor", "episodes", "monitored_seasons"),
    [
        ("all", FIRST + SECOND, {0: False, 1: True, 2: True}),
        ("none", [], {0: False, 1: False, 2: False}),
        ("existing", [(1, 2)], {0: False, 1: True, 2: False}),
        ("missing", [(1, 1), (1, 3), *SECOND], {0: False, 1: True, 2: True}),
        ("future", [], {0: False, 1: False, 2: False}),
        ("recent", [], {0: False, 1: False, 2: False}),
        ("pilot", [(1, 1)], {0: False, 1: False, 2: False}),
        ("firstSeason", FIRST, {0: False, 1: True, 2: False}),
        ("lastSeason", SECOND, {0: False, 1: False, 2: True}),
        ("monitorSpecials", SPECIALS + FIRST + SECOND, {0: True, 1: True, 2: True}),
        ("unmonitorSpecials", FIRST + SECOND, {0: False, 1: True, 2: True}),
        ("skip", FIRST + SECOND, {0: False, 1: True, 2: True}),
    ],
)
def test_add_options_set_every_episode_and_then_the_seasons_after_the_first_scan(
    tv: SonarrHousehold,
    monitor: str,
    episodes: list[tuple[int, int]],
    monitored_seasons: dict[int, bool],
) -> None:
    tv.put_file("S01E02.mkv")
    answer = tv.post_series(monitored=True, addOptions={"monitor": monitor}).json()
    assert seasons(tv, answer["id"]) == {0: False, 1: True, 2: True}
    tv.sonarr.run_commands()
    assert tv.places(answer["id"], "monitored") == episodes
    assert seasons(tv, answer["id"]) == monitored_seasons
    assert "addOptions" not in tv.get(answer["id"])


def test_future_and_recent_episodes_are_told_by_their_dates(tv: SonarrHousehold) -> None:
    show = OFFICE.with_episodes(
        announced(3, 1, "2023-10-01"), announced(3, 2, "2099-01-01"), announced(3, 3, None)
    )
    tv.catalogue[OFFICE.tvdb_id] = replace(show, status="continuing")
    future = tv.added(addOptions={"monitor": "future"})
    assert tv.places(future, "monitored") == [(3, 2), (3, 3)]
    tv.sonarr.delete(OFFICE.tvdb_id)
    assert tv.places(tv.added(addOptions={"monitor": "recent"}), "monitored") == [(3, 1), (3, 2), (3, 3)]


@pytest.mark.parametrize(
    ("options", "episodes", "first_season"),
    [
        ({}, FIRST + SECOND, True),
        ({"ignoreEpisodesWithFiles": True}, [(1, 1), (1, 3), *SECOND], True),
        ({"ignoreEpisodesWithoutFiles": True}, [(1, 2)], True),
        ({"ignoreEpisodesWithFiles": True, "ignoreEpisodesWithoutFiles": True}, [], False),
    ],
)
def test_add_options_without_monitor_go_by_files_and_leave_the_last_season_on(
    tv: SonarrHousehold, options: dict[str, bool], episodes: list[tuple[int, int]], first_season: bool
) -> None:
    tv.put_file("S01E02.mkv")
    series_id = tv.added(addOptions=options)
    assert tv.places(series_id, "monitored") == episodes
    assert seasons(tv, series_id) == {0: False, 1: first_season, 2: True}


def test_future_leaves_the_last_season_of_a_show_that_goes_on_monitored_without_any_episode(
    tv: SonarrHousehold,
) -> None:
    series_id = tv.added(SEVERANCE, addOptions={"monitor": "future"})
    assert tv.places(series_id, "monitored") == []
    assert seasons(tv, series_id) == {1: False, 2: True}


def test_of_two_anime_episodes_with_one_absolute_number_the_later_seasons_is_known(
    tv: SonarrHousehold,
) -> None:
    tv.catalogue[ANIME.tvdb_id] = ANIME.with_episodes(replace(announced(3, 1), absolute=12))
    places = [(row["seasonNumber"], row["episodeNumber"]) for row in tv.episodes(tv.added(ANIME))]
    assert ((3, 1) in places, (2, 4) in places) == (True, False)


def test_without_add_options_nothing_is_told_and_the_flags_stay_as_the_seasons_gave_them(
    tv: SonarrHousehold,
) -> None:
    tv.connect()
    tv.time = 1_111_000_000.0  # before the first episode, so that none looks like one that came back
    series_id = tv.added(addOptions=..., seasons=[{"seasonNumber": 2, "monitored": True}])
    assert tv.events() == []
    assert tv.places(series_id, "monitored") == SECOND
    assert seasons(tv, series_id) == {0: False, 1: False, 2: True}


def test_without_add_options_a_show_with_old_episodes_is_taken_for_one_that_came_back(
    tv: SonarrHousehold,
) -> None:
    series_id = tv.added(addOptions=..., monitored=True, monitorNewItems="all")
    assert tv.places(series_id, "monitored") == []


def test_none_makes_a_series_unmonitored_though_the_body_says_it_is(tv: SonarrHousehold) -> None:
    assert tv.post_series(monitored=True).json()["monitored"] is False


def test_until_the_first_scan_ended_episodes_are_monitored(tv: SonarrHousehold) -> None:
    seen: list[int] = []
    tv.sonarr.between = lambda stage, series_id: seen.append(len(tv.places(series_id, "monitored")))
    tv.added(addOptions={"monitor": "none"})
    assert seen == [0, 0, 7], "none before the refresh is over, all but specials before the end of the scan"


@pytest.mark.parametrize(("new_items", "expected"), [("all", True), ("none", False)])
def test_a_new_season_follows_monitor_new_items_and_specials_never_do(
    tv: SonarrHousehold, new_items: str, expected: bool
) -> None:
    series_id = tv.added(SEVERANCE, monitorNewItems=new_items)
    tv.catalogue[SEVERANCE.tvdb_id] = SEVERANCE.with_episodes(announced(3, 1), announced(0, 1))
    tv.refresh(series_id)
    assert seasons(tv, series_id) == {0: False, 1: False, 2: False, 3: expected}
    assert ((3, 1) in tv.places(series_id, "monitored")) is expected
    assert (0, 1) not in tv.places(series_id, "monitored")


def test_a_new_episode_follows_its_season_even_if_every_other_episode_was_unmonitored(
    tv: SonarrHousehold,
) -> None:
    series_id = tv.added(SEVERANCE, addOptions={"monitor": "all"})
    ids = [episode["id"] for episode in tv.episodes(series_id)]
    body = {"episodeIds": ids, "monitored": False}
    assert tv.client.put("/episode/monitor", json=body).status_code == 202
    tv.catalogue[SEVERANCE.tvdb_id] = SEVERANCE.with_episodes(announced(2, 3), announced(2, 0))
    tv.refresh(series_id)
    assert tv.places(series_id, "monitored") == [(2, 3)]
    assert seasons(tv, series_id)[2] is True


def test_a_refresh_that_brings_a_recent_episode_of_a_monitored_series_searches_it(
    tv: SonarrHousehold,
) -> None:
    series_id = tv.added(SEVERANCE, monitored=True, addOptions={"monitor": "all"})
    yesterday = announced(2, 3, "2023-11-13")
    tv.catalogue[SEVERANCE.tvdb_id] = SEVERANCE.with_episodes(yesterday, announced(2, 4, "2023-01-01"))
    tv.refresh(series_id)
    assert tv.sonarr.searches == [(SEVERANCE.tvdb_id, 2, 3)]
    other = tv.added(OFFICE, monitored=False, addOptions={"monitor": "all"})
    tv.catalogue[OFFICE.tvdb_id] = OFFICE.with_episodes(replace(yesterday, season=2, number=9))
    tv.refresh(other)
    assert len(tv.sonarr.searches) == 1, "a series that is not monitored is not searched"


@pytest.mark.parametrize(
    ("missing", "cutoff", "command"),
    [(True, False, "MissingEpisodeSearch"), (True, True, "SeriesSearch"), (False, False, None)],
)
def test_the_searches_of_an_add_run_after_its_first_scan(
    tv: SonarrHousehold, missing: bool, cutoff: bool, command: str | None
) -> None:
    options = {
        "monitor": "firstSeason",
        "searchForMissingEpisodes": missing,
        "searchForCutoffUnmetEpisodes": cutoff,
    }
    tv.added(monitored=False, addOptions=options)
    names = [row["name"] for row in tv.client.get("/command").json()]
    assert names == ["RefreshSeries", *([command] if command else [])]
    assert tv.sonarr.searches == [(OFFICE.tvdb_id, *place) for place in FIRST if missing]


def test_a_first_scan_writes_the_early_row_back_and_every_episode(tv: SonarrHousehold) -> None:
    def edit(stage: str, series_id: int) -> None:
        if stage == "scan":
            body = {"seriesIds": [series_id], "monitored": False, "tags": [9], "applyTags": "add"}
            assert tv.client.put("/series/editor", json=body).status_code == 202
            ids = [episode["id"] for episode in tv.episodes(series_id)]
            tv.client.put("/episode/monitor", json={"episodeIds": ids, "monitored": False})

    tv.sonarr.between = edit
    series_id = tv.added(monitored=True, addOptions={"monitor": "all"})
    series = tv.get(series_id)
    assert (series["monitored"], series["tags"]) == (True, [])
    assert tv.places(series_id, "monitored") == FIRST + SECOND


def test_a_refresh_writes_over_what_was_edited_while_it_asked_the_metadata_server(
    tv: SonarrHousehold,
) -> None:
    series_id = tv.added(monitored=True, addOptions={"monitor": "all"})

    def edit(stage: str, refreshed: int) -> None:
        if stage == "metadata":
            body: dict[str, Any] = tv.get(refreshed)
            body["seasons"][1]["monitored"] = False
            answer = tv.client.put(f"/series/{refreshed}", json={**body, "monitored": False, "tags": [9]})
            assert answer.status_code == 202
            assert tv.places(refreshed, "monitored") == SECOND

    tv.sonarr.between = edit
    tv.refresh(series_id)
    series = tv.get(series_id)
    assert (series["monitored"], series["tags"]) == (True, [])
    assert seasons(tv, series_id)[1] is True
    assert tv.places(series_id, "monitored") == FIRST + SECOND, "the season takes its episodes along"


def test_a_rescan_that_runs_during_the_first_refresh_ends_the_add_before_there_are_episodes(
    tv: SonarrHousehold,
) -> None:
    """Three workers: it takes the add options, and the refresh writes the seasons back as they were."""
    tv.connect()

    def rescan(stage: str, series_id: int) -> None:
        if stage == "metadata":
            tv.rescan(series_id)

    recent = announced(2, 5, "2023-11-14")
    tv.catalogue[OFFICE.tvdb_id] = OFFICE.with_episodes(recent)
    tv.sonarr.between = rescan
    series_id = tv.added(monitored=False, addOptions={"monitor": "none"})
    assert tv.events() == ["SeriesAdd"]
    assert seasons(tv, series_id) == {0: False, 1: True, 2: True}
    assert tv.places(series_id, "monitored") == [(2, 5)]


def test_a_series_deleted_during_its_refresh_stays_deleted_and_fails_the_command(tv: SonarrHousehold) -> None:
    series_id = tv.added()
    tv.sonarr.between = lambda stage, _: tv.sonarr.delete(OFFICE.tvdb_id) if stage == "metadata" else None
    assert tv.command("RefreshSeries", seriesIds=[series_id]) == "failed"
    assert tv.client.get("/series").json() == []


def test_episodes_unmonitored_during_a_refresh_stay_so(tv: SonarrHousehold) -> None:
    series_id = tv.added(monitored=True, addOptions={"monitor": "all"})
    tv.sonarr.between = lambda stage, _: tv.sonarr.set_monitored(OFFICE.tvdb_id, False, season=1, number=1)
    tv.refresh(series_id)
    assert (1, 1) not in tv.places(series_id, "monitored")


def test_episodes_unmonitored_while_a_refresh_holds_them_are_written_back(tv: SonarrHousehold) -> None:
    series_id = tv.added(monitored=True, addOptions={"monitor": "all"})

    def edit(stage: str, _series: int) -> None:
        if stage == "episodes":
            tv.sonarr.set_monitored(OFFICE.tvdb_id, False, season=1, number=1)

    tv.sonarr.between = edit
    tv.refresh(series_id)
    assert (1, 1) in tv.places(series_id, "monitored")


def test_a_scheduled_refresh_shows_as_a_command_while_it_runs(tv: SonarrHousehold) -> None:
    tv.added()
    seen: list[tuple[str, str]] = []

    def look(stage: str, _series: int) -> None:
        running = [each for each in tv.client.get("/command").json() if each["status"] == "started"]
        seen.extend((stage, each["trigger"]) for each in running)

    tv.sonarr.between = look
    tv.settings(rescanAfterRefresh="afterManual")
    tv.sonarr.queue_refresh()
    tv.sonarr.run_commands()
    assert seen == [("metadata", "scheduled"), ("episodes", "scheduled")]


def test_a_merged_id_is_replaced_at_refresh_without_an_event(tv: SonarrHousehold) -> None:
    tv.connect()
    series_id = tv.added(SEVERANCE)
    tv.catalogue[SEVERANCE.tvdb_id] = replace(SEVERANCE, tvdb_id=400_000, title="Severance (2022)")
    tv.refresh(series_id)
    assert (tv.get(series_id)["tvdbId"], tv.get(series_id)["title"]) == (400_000, "Severance (2022)")
    assert tv.events() == ["SeriesAdd"]


def test_a_show_that_the_server_removed_is_marked_and_not_scanned(tv: SonarrHousehold) -> None:
    series_id = tv.added(SEVERANCE)
    show: Show = tv.catalogue.pop(SEVERANCE.tvdb_id)
    tv.put_file("S01E01.mkv", show=show)
    assert tv.command("RefreshSeries", seriesIds=[series_id]) == "failed"
    assert (tv.get(series_id)["status"], tv.get(series_id)["ended"]) == ("deleted", False)
    assert tv.files(series_id) == {}


def test_a_refresh_that_the_server_does_not_answer_fails_and_scans_all_the_same(tv: SonarrHousehold) -> None:
    ids = [tv.added(OFFICE), tv.added(SEVERANCE)]
    tv.sonarr.metadata_down = True
    for show in (OFFICE, SEVERANCE):
        tv.put_file("S01E01.mkv", show=show)
    assert tv.command("RefreshSeries", seriesIds=ids) == "failed"
    assert [len(tv.files(series_id)) for series_id in ids] == [1, 0], "the rest of the list is not reached"
    assert tv.command("RefreshSeries") == "completed"
    assert [len(tv.files(series_id)) for series_id in ids] == [1, 1]


def test_an_episode_that_the_metadata_lost_takes_the_link_of_its_file_with_it(tv: SonarrHousehold) -> None:
    tv.connect()
    tv.put_file("S02E02.mkv", show=SEVERANCE)
    series_id = tv.added(SEVERANCE)
    tv.catalogue[SEVERANCE.tvdb_id] = replace(SEVERANCE, episodes=SEVERANCE.episodes[:-1])
    tv.refresh(series_id)
    assert tv.files(series_id) == {}
    assert tv.events() == ["SeriesAdd"]


@pytest.mark.parametrize(
    ("policy", "manual", "daily"), [("always", 1, 1), ("afterManual", 1, 0), ("never", 0, 0)]
)
def test_a_refresh_scans_as_the_setting_says(
    tv: SonarrHousehold, policy: str, manual: int, daily: int
) -> None:
    series_id = tv.added()
    tv.settings(rescanAfterRefresh=policy)
    file = tv.put_file("S01E01.mkv")
    tv.sonarr.daily_refresh()
    assert len(tv.files(series_id)) == daily
    tv.refresh(series_id)
    assert len(tv.files(series_id)) == manual
    assert file.exists()

"""A library of 300 series and 60 000 episodes is read with few steps per row."""

import pytest

from tests.arrs.sonarr.app import Show, SimulatedSonarr, weekly
from tests.support.receiver import KEY, Receiver
from tests.support.steps import calls_of

SERIES, EPISODES = 300, 200


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[SimulatedSonarr, Receiver]:
    around = Receiver(tmp_path_factory.mktemp("large"), "TV")
    catalogue = {
        number: Show(number, f"Show {number}", 2000, weekly(number, {1: 100, 2: 100}))
        for number in range(1, SERIES + 1)
    }
    sonarr = SimulatedSonarr(
        roots=[str(around.root)],
        api_key=KEY,
        catalogue=catalogue,
        now=lambda: around.time,
        post=around.receive,
    )
    for number in catalogue:
        sonarr.add(number)
    sonarr.run_commands()
    return sonarr, around


@pytest.mark.campaign
def test_the_list_of_series_takes_a_few_steps_per_episode(large: tuple[SimulatedSonarr, Receiver]) -> None:
    sonarr, around = large
    series = around.client_of(sonarr).get("/series").json()
    assert sum(row["statistics"]["totalEpisodeCount"] for row in series) == SERIES * EPISODES
    assert calls_of(sonarr, around, "/series") < 10 * SERIES * EPISODES


def test_the_episodes_of_one_series_are_found_without_looking_at_the_others(
    large: tuple[SimulatedSonarr, Receiver],
) -> None:
    sonarr, around = large
    series_id = sonarr.series(SERIES).id
    assert calls_of(sonarr, around, f"/episode?seriesId={series_id}") < 100 * EPISODES
    assert calls_of(sonarr, around, f"/series/{series_id}") < 100 * EPISODES


@pytest.mark.campaign
def test_a_backup_shares_its_rows_with_the_library(large: tuple[SimulatedSonarr, Receiver]) -> None:
    sonarr, _ = large
    backup = sonarr.snapshot()
    sonarr.set_monitored(1, False, season=1)
    sonarr.delete(2)
    sonarr.restore(backup)
    assert sonarr.episode(1, 1, 1).monitored is True
    assert len(sonarr.library.all_series()) == SERIES

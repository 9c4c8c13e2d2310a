"""The real daemon as a process, over a shared directory: its doors, its stop, its custom script."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.household import Household
from tests.support.loopback import ask
from tests.support.mounts import until

SHARED = {"uploads": {"mode": "none"}}


@pytest.fixture(scope="module")
def households(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Household, Household]]:
    """Two households whose daemons run; the tests of this file share them, each with films of its own."""
    tmp_path = tmp_path_factory.mktemp("daemons")
    movies = tmp_path / "drive" / "Movies"
    movies.mkdir(parents=True)
    config = {"store": {"path": str(tmp_path / "drive" / ".mesharr"), "poll": "1s"}, **SHARED}
    alice, bob = (
        Household(name, tmp_path / "config", movies, {"path": str(movies)}, config)
        for name in ("alice", "bob")
    )
    try:
        alice.cli("init", "--new-mesh", "home")
        bob.cli("init")
        alice.cli("trust", bob.cli("token").strip())
        bob.cli("trust", alice.cli("token").strip())
        alice.start()
        bob.start()
        alice.connect()
        bob.connect()
        alice.looks()
        bob.looks()
        yield alice, bob
    finally:
        alice.close()
        bob.close()


@pytest.fixture
def pair(households: tuple[Household, Household]) -> tuple[Household, Household]:
    """The two households, with both daemons running."""
    for each in households:
        if each.process is None or each.process.poll() is not None:
            each.start()
    return households


def run_again(household: Household) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mesharr", "--config-dir", str(household.config_dir), "run"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.campaign
def test_a_second_daemon_of_one_config_dir_is_refused_and_the_first_stops_cleanly(
    pair: tuple[Household, Household],
) -> None:
    alice, bob = pair
    second = run_again(alice)
    assert second.returncode == 1
    assert "another mesharr runs on this config dir" in second.stderr
    assert (alice.stop(), bob.stop()) == (0, 0)
    alice.start()
    assert alice.stop() == 0


def test_webhook_and_custom_script_of_one_import_make_one_event(
    pair: tuple[Household, Household], tmp_path: Path
) -> None:
    alice, bob = pair
    before = alice.events()
    script = tmp_path / "mesharr-hook.sh"
    alice.cli("hook", "--script", str(script))
    alice.radarr.add(1)
    file = alice.radarr.download(1)
    movie = alice.movie(1)
    variables = {
        "radarr_eventtype": "Download",
        "radarr_isupgrade": "False",
        "radarr_movie_id": "1",
        "radarr_movie_tmdbid": "1",
        "radarr_movie_path": movie["path"],
        "radarr_moviefile_relativepath": file.relative_path,
        "radarr_moviefile_path": movie["movieFile"]["path"],
    }
    subprocess.run([str(script)], env={**os.environ, **variables}, check=True, timeout=30)
    until(lambda: bob.has_file(1, monitored=False), "bob has the film", 60, every=0.2)
    until(lambda: not list((alice.config_dir / "spool").glob("*.env")), "the spool is empty", 30)
    until(lambda: alice.events() == [*before, "item.added", "file.imported"], "one event each", 30)
    assert bob.tags(1) == ["mesharr-alice"]


@pytest.mark.campaign
def test_a_script_that_runs_while_the_daemon_is_down_is_processed_after_the_start(
    pair: tuple[Household, Household], tmp_path: Path
) -> None:
    alice, bob = pair
    before = alice.events().count("file.imported")
    script = tmp_path / "mesharr-hook.sh"
    alice.cli("hook", "--script", str(script))
    assert alice.stop() == 0
    alice.radarr.add(2)  # the webhook finds nobody: it is lost, as Radarr never repeats one
    file = alice.radarr.download(2)
    movie = alice.movie(2)
    variables = {
        "radarr_eventtype": "Download",
        "radarr_movie_tmdbid": "2",
        "radarr_movie_path": movie["path"],
        "radarr_moviefile_relativepath": file.relative_path,
        "radarr_moviefile_path": movie["movieFile"]["path"],
    }
    subprocess.run([str(script)], env={**os.environ, **variables}, check=True, timeout=30)
    alice.start()
    until(lambda: bob.has_file(2, monitored=False), "bob has the film", 60, every=0.2)
    assert alice.events().count("file.imported") == before + 1


def test_the_webhook_endpoint_asks_for_the_key_and_keeps_nothing_that_is_no_event(
    pair: tuple[Household, Household],
) -> None:
    alice, _ = pair
    before = alice.events()
    url = f"http://127.0.0.1:{alice.port}"
    event = {"eventType": "Download"}
    assert ask("GET", f"{url}/ping").json() == {"status": "OK"}
    assert ask("POST", f"{url}/hook/radarr", json=event).status_code == 401
    assert ask("POST", f"{url}/hook/radarr?apikey=wrong", json=event).status_code == 401
    assert ask("POST", f"{url}/hook/radarr?apikey=hook", json=event).status_code == 400
    assert ask("POST", f"{url}/hook/radarr?apikey=hook", content=b"garbage").status_code == 400
    assert ask("POST", f"{url}/hook/sonarr?apikey=hook", json=event).status_code == 404
    unknown = ask("POST", f"{url}/hook/radarr?apikey=hook", json={"eventType": "Invented"})
    assert unknown.status_code == 200
    assert alice.events() == before


def test_the_page_of_a_running_daemon_is_open_to_who_has_the_key_and_runs_the_doctor(
    pair: tuple[Household, Household],
) -> None:
    alice, _ = pair
    with httpx.Client(
        base_url=f"http://127.0.0.1:{alice.port}", follow_redirects=True, timeout=60
    ) as browser:
        assert "Log in" in browser.get("/").text
        assert "Overview" in browser.post("/login", data={"key": "hook"}).text
        assert "<dt>Node</dt><dd>bob-" in browser.get("/peers").text
        token = browser.get("/doctor").text.partition('name="token" value="')[2].partition('"')[0]
        browser.post("/doctor", data={"token": token})
        until(
            lambda: "error" in browser.get("/doctor").text.partition("Checked")[2], "the doctor is done", 60
        )
    assert (alice.config_dir / "page.secret").stat().st_mode & 0o777 == 0o600


@pytest.mark.campaign
def test_a_changed_config_is_taken_over_by_the_same_process_and_a_wrong_one_changes_nothing(
    pair: tuple[Household, Household],
) -> None:
    alice, _ = pair
    assert alice.process
    path = alice.config_dir / "mesharr.yml"
    text = path.read_text()
    path.write_text(f"{text}polcy: {{}}\n")
    alice.process.send_signal(signal.SIGHUP)
    until(lambda: "the settings stay as they were" in alice.log(), "the wrong config is refused")
    path.write_text(f"{text}trust: {{introductions: accept}}\n")
    alice.process.send_signal(signal.SIGHUP)
    until(lambda: "has changed (trust): starting again with it" in alice.log(), "the config is taken over")
    until(
        lambda: "in the mesh home" in alice.log().rpartition("starting again with it")[2],
        "the stages run again",
        every=0.1,
    )
    assert alice.process.poll() is None
    assert json.loads(alice.cli("config", "show", "--json"))["trust"] == {"introductions": "accept"}
    assert alice.stop() == 0

"""A node that is stopped while its stages are being started."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mesharr.bootstrap.engine import build_engine
from mesharr.config import parse_config
from mesharr.daemon.daemon import Daemon
from mesharr.daemon.service import Service
from mesharr.log import keys
from tests.support.household import make_drive
from tests.support.mounts import until


@contextmanager
def node(tmp_path: Path) -> Iterator[Service]:
    """A node whose store is there, so that its stages are built as soon as it starts."""
    make_drive(tmp_path / "drive")
    config_dir = tmp_path / "config"
    config_dir.mkdir()
    content: dict[str, Any] = {
        "node": "alice",
        "store": {"path": str(tmp_path / "drive" / ".mesharr")},
        "uploads": {"mode": "none"},
        "apps": {"radarr": {"url": "http://127.0.0.1:9", "api_key": "key"}},
        "libraries": {
            "movies": {"app": "radarr", "root": "/movies", "path": str(tmp_path / "drive" / "Movies")}
        },
        "server": {"listen": "127.0.0.1:0", "api_key": "hook"},
    }
    yield Service(
        parse_config(content, "mesharr.yml"), str(config_dir), keys.generate(str(config_dir / "node.key"))
    )


def test_stages_that_are_being_started_are_stopped_once_they_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starting, stopped = threading.Event(), threading.Event()
    running: list[bool] = []
    real_start, real_stop = Daemon.start, Daemon.stop

    def slow_start(daemon: Daemon) -> None:
        starting.set()
        stopped.wait(0.3)
        real_start(daemon)
        running.append(True)

    def stop(daemon: Daemon) -> None:
        stopped.set()
        assert running
        real_stop(daemon)

    monkeypatch.setattr(Daemon, "start", slow_start)
    monkeypatch.setattr(Daemon, "stop", stop)
    with node(tmp_path) as alice:
        alice.start()
        assert starting.wait(20)
        alice.stop()
    assert stopped.is_set()


def test_stages_are_not_started_after_the_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    building, stopped = threading.Event(), threading.Event()
    begun: list[Daemon] = []
    build = build_engine

    def slow_build(*args: Any) -> Any:
        built = build(*args)
        building.set()
        assert stopped.wait(20)
        return built

    def start(daemon: Daemon) -> None:
        begun.append(daemon)

    monkeypatch.setattr("mesharr.daemon.service.build_engine", slow_build)
    monkeypatch.setattr(Daemon, "start", start)
    with node(tmp_path) as alice:
        alice.start()
        assert building.wait(20)
        alice.stop()
        stopped.set()
        until(lambda: not any(thread.name == "join" for thread in threading.enumerate()), "the joiner ends")
    assert begun == []

"""A household with a config dir that commands can be run in: real files, and its Radarr over HTTP."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from mesharr.cli.app import run
from mesharr.demo.http import serve
from tests.support.household import Clock, Household

Output = pytest.CaptureFixture[str]

HOUR_MS = 3_600_000
API_KEY = "key"
SECRET = "s3cr3t-of-the-door"


def past_clock() -> Clock:
    """Return a clock that stands an hour ago: what a test prepares by it is due when a command runs."""
    clock = Clock()
    clock.ms = time.time_ns() // 1_000_000 - HOUR_MS
    return clock


class Commands:
    """Runs commands in the config dir of a household. `out` and `err` are what the last one printed."""

    def __init__(self, house: Household, capture: Output) -> None:
        self.house = house
        self.config = house.dir
        self._capture = capture
        self._lock = threading.Lock()
        self.out = self.err = ""
        self.write_config()

    def write_config(self, radarr: str = "http://127.0.0.1:9", plex: str = "", **changes: Any) -> None:
        """Write mesharr.yml with these addresses; by default nobody answers."""
        library = str(self.house.library)
        movies = {"app": "radarr", "root": library, "path": library, "quality_profile": "Any"}
        mapping = {
            "node": self.house.name,
            "store": {"path": str(self.house.drive / ".mesharr")},
            "apps": {"radarr": {"url": radarr, "api_key": API_KEY}},
            "libraries": {"movies": movies},
            "uploads": {"mode": "none"},
            "scanners": [{"kind": "plex", "url": plex, "token": "token", "pause": "0s"}] if plex else [],
            "server": {"api_key": SECRET},
            **changes,
        }
        (self.config / "mesharr.yml").write_text(yaml.safe_dump(mapping))

    @contextmanager
    def served(self, **changes: Any) -> Iterator[None]:
        """Inside, the household's Radarr and Plex answer over HTTP, and Radarr works on its commands."""

        def radarr(request: httpx.Request) -> httpx.Response:
            with self._lock:
                self.house.radarr.run_commands()
                answer = self.house.radarr.handle(request)
                self.house.radarr.run_commands()
                return answer

        with ExitStack() as stack:
            first = stack.enter_context(serve(radarr))
            second = stack.enter_context(serve(self.house.plex.handle))
            self.write_config(first.url, second.url, **changes)
            yield
        self.write_config()

    def run(self, *words: str) -> int:
        """Run a command and return its exit code."""
        code = run(["--config-dir", str(self.config), *words], {})
        self.out, self.err = self._capture.readouterr()
        return code

    def json(self, *words: str) -> Any:
        """Run a command with `--json` and return the one document it printed, whatever its exit code."""
        self.run(*words, "--json")
        return json.loads(self.out)


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }

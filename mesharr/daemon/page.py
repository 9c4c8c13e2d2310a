"""What the page is given by the daemon: names of the config, and counts of requests."""

import threading
from collections import Counter
from collections.abc import Mapping

import mesharr
from mesharr.arr import kind
from mesharr.bootstrap.clock import wall_ms
from mesharr.bootstrap.engine import scanner_names
from mesharr.settings.models import Config
from mesharr.state.state import State
from mesharr.web.common.source import Program, Source


class RequestCounts:
    """Counts the requests to each program since the start; threads may count at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, program: str, outcome: str) -> None:
        """Count one request."""
        with self._lock:
            self._counts[program, outcome] += 1

    def all(self) -> Mapping[tuple[str, str], int]:
        """Return the counts by (program, outcome)."""
        with self._lock:
            return dict(self._counts)


def open_source(config: Config, config_dir: str, node: str, state: State) -> Source:
    """Return what the page of a node reads; `state` is over a connection of its own."""
    return Source(
        config_dir=config_dir,
        node=node,
        name=config.node,
        version=mesharr.__version__,
        libraries=tuple(config.libraries),
        programs=_programs(config),
        url_base=config.server.url_base,
        state=state,
        many_missing=config.policy.holds.removals,
        clock=wall_ms,
    )


def _programs(config: Config) -> tuple[Program, ...]:
    """Return the apps and media servers, by the names that their outages are kept under."""
    apps = [Program(name, kind(app.kind).title, f"app:{name}") for name, app in config.apps.items()]
    servers = scanner_names(config).items()
    return (*apps, *(Program(name, each.kind.title(), f"scanner:{name}") for name, each in servers))

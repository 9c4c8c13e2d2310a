"""A config that changes while the daemon runs: taken over, refused with its reason, or left alone."""

import logging
import signal
from pathlib import Path
from queue import SimpleQueue

import pytest
import yaml

from mesharr.cli.actions.run import is_to_start_again
from mesharr.config import load_config
from mesharr.daemon.config_watch import ConfigWatch

CONTENT = {"node": "alice", "store": {"path": "/mnt/remote/.mesharr"}}


@pytest.fixture
def watch(tmp_path: Path) -> ConfigWatch:
    write(tmp_path, **CONTENT)
    return ConfigWatch(load_config(str(tmp_path), {}), str(tmp_path), lambda: load_config(str(tmp_path), {}))


def write(folder: Path, **content: object) -> None:
    (folder / "new").write_text(yaml.safe_dump(content))
    (folder / "new").rename(folder / "mesharr.yml")


@pytest.mark.parametrize(
    ("content", "taken", "says"),
    [
        (CONTENT, False, "are the same"),
        ({**CONTENT, "policy": {"on_remove": "keep"}}, True, "has changed (policy): starting again"),
        ({**CONTENT, "store": {**CONTENT["store"], "poll": "10s"}}, True, "(store.poll)"),  # type: ignore[dict-item]  # a mapping
        ({**CONTENT, "polcy": {}}, False, "the settings stay as they were"),
        ({**CONTENT, "polcy": {}, "lgo": {}}, False, "; mesharr.yml:"),  # one line of the log
        ({**CONTENT, "node": "bob"}, False, "has another node: restart mesharr"),
        (
            {**CONTENT, "store": {"path": "/mnt/other/.mesharr"}},
            False,
            "has another store.path: restart mesharr",
        ),
    ],
)
def test_what_becomes_of_a_config_that_was_written(
    watch: ConfigWatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    content: dict[str, object],
    taken: bool,
    says: str,
) -> None:
    caplog.set_level(logging.INFO)
    write(tmp_path, **content)
    assert watch.is_to_be_taken() is taken
    assert says in caplog.text


def test_a_file_is_touched_once(watch: ConfigWatch, tmp_path: Path) -> None:
    assert not watch.is_touched()
    write(tmp_path, **CONTENT)
    assert watch.is_touched()
    assert not watch.is_touched()
    (tmp_path / "secrets.yml").write_text("a: b")
    assert watch.is_touched()


def test_the_node_starts_again_by_a_signal_or_by_the_file_and_stops_by_another(
    watch: ConfigWatch, tmp_path: Path
) -> None:
    signals: SimpleQueue[int] = SimpleQueue()
    signals.put(signal.SIGHUP)  # nothing has changed
    signals.put(signal.SIGTERM)
    assert not is_to_start_again(signals, watch, 0.01)
    write(tmp_path, **CONTENT, policy={"on_remove": "keep"})
    assert is_to_start_again(signals, watch, 0.01)
    signals.put(signal.SIGHUP)
    assert is_to_start_again(signals, watch, 0.01)

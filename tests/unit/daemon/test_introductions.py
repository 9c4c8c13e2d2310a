"""Whom peers introduce is trusted at a poll of the daemon, where the config says so and nowhere else."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mesharr.config import parse_config
from mesharr.core.errors import Refused
from mesharr.daemon.service import Service
from mesharr.log import keys
from tests.support.household import make_drive


@pytest.mark.parametrize(("setting", "is_asked"), [({"introductions": "accept"}, True), ({}, False)])
def test_a_poll_accepts_only_where_the_config_says_so(
    setting: dict[str, str], is_asked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_drive(tmp_path / "drive")
    content: dict[str, Any] = {
        "node": "alice",
        "store": {"path": str(tmp_path / "drive" / ".mesharr")},
        "server": {"listen": "127.0.0.1:0"},
        "trust": setting,
    }
    key = keys.generate(str(tmp_path / "node.key"))
    asked: list[str] = []

    def accept(config_dir: str, *_others: object) -> None:
        asked.append(config_dir)
        raise Refused("peers.yml cannot be written")

    def daemon(*_stages: object, poll: list[Callable[[], None]], **_options: object) -> SimpleNamespace:
        return SimpleNamespace(poll=poll)

    monkeypatch.setattr("mesharr.daemon.service.accept_introduced", accept)
    monkeypatch.setattr("mesharr.daemon.service.Daemon", daemon)
    service = Service(parse_config(content, "mesharr.yml"), str(tmp_path), key)
    try:
        made = cast(Any, service._make_daemon(cast(Any, None), None))
        for callback in made.poll:
            callback()  # what fails is logged, and ends no poll
    finally:
        service.close()
    assert asked == [str(tmp_path)] * is_asked

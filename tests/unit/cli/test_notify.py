"""`mesharr notify test` sends to every entry, and says which did not take the message."""

import json
from pathlib import Path

import pytest

from mesharr.cli.actions import notify
from mesharr.cli.app import run
from mesharr.core.errors import Unavailable
from mesharr.notify.apprise import AppriseSettings
from mesharr.notify.base import Message, Notifier, NotifierKind

CONFIG = "node: alice\nstore: {path: /mnt/.mesharr}\nnotify: [{url: 'json://good'}, {url: 'json://s3cr3t'}]\n"


class Place:
    def __init__(self, url: str) -> None:
        self.url = url

    def send(self, message: Message) -> None:
        assert message.title == "mesharr alice: test"
        if "s3cr3t" in self.url:
            raise Unavailable("the notification by json was not delivered")


def test_each_entry_gets_a_message_and_a_failure_is_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def opened(settings: AppriseSettings) -> Notifier:
        return Place(settings.url.get_secret_value())

    monkeypatch.setattr(notify, "kind", lambda name: NotifierKind(name, AppriseSettings, opened))
    (tmp_path / "mesharr.yml").write_text(CONFIG)
    command = ["--config-dir", str(tmp_path), "notify", "test"]
    assert run(command, {}) == 1
    shown = capsys.readouterr().out
    assert "took the message" in shown
    assert "was not delivered" in shown
    assert "s3cr3t" not in shown
    assert run([*command, "--json"], {}) == 1
    assert [bool(each["error"]) for each in json.loads(capsys.readouterr().out)] == [False, True]


def test_without_an_entry_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mesharr.yml").write_text("node: alice\nstore: {path: /mnt/.mesharr}\n")
    assert run(["--config-dir", str(tmp_path), "notify", "test"], {}) == 0
    assert "no entry under notify" in capsys.readouterr().out

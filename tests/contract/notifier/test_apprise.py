"""Notifications through Apprise, sent to a real server on a loopback port."""

import json
import logging
import os
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.notify.apprise import AppriseNotifier
from mesharr.notify.base import Message, Notifier

pytest.importorskip("apprise")
# Apprise loads all its services at the first URL, and one of them imports imghdr.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

PASSWORD = "hunter2"
HELD = Message(kind="held", title="25 removals wait", text="bob removed 25 films.\nmesharr approve 3")


class Service:
    """Takes Apprise's JSON posts and answers with `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.taken: list[dict[str, Any]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                service.taken.append(json.loads(self.rfile.read(length)))
                self.send_response(service.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"json://alice:{PASSWORD}@127.0.0.1:{self._server.server_port}/{PASSWORD}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.close()


def _all_of(error: MesharrError) -> str:
    return "".join(traceback.format_exception(error)) + repr(error) + error.fix


@pytest.mark.parametrize(
    ("kind", "type_sent"),
    [("held", "warning"), ("imported", "info"), ("upload_failed", "failure"), ("some new word", "info")],
)
def test_a_message_arrives_with_title_text_and_weight(service: Service, kind: str, type_sent: str) -> None:
    notifier: Notifier = AppriseNotifier(service.url)
    notifier.send(Message(kind=kind, title=HELD.title, text=HELD.text))
    (sent,) = service.taken
    assert (sent["title"], sent["message"], sent["type"]) == (HELD.title, HELD.text, type_sent)


def test_a_service_that_fails_is_unavailable_and_its_url_stays_secret(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    service.status = 500
    with caplog.at_level(logging.DEBUG), pytest.raises(Unavailable) as caught:
        AppriseNotifier(service.url).send(HELD)
    assert str(caught.value) == "the notification by json was not delivered"
    assert PASSWORD not in _all_of(caught.value)
    mine = [record.getMessage() for record in caplog.records if record.name == "apprise"]
    assert mine == []


def test_a_service_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"json://alice:{PASSWORD}@127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(Unavailable) as caught:
            AppriseNotifier(url).send(HELD)
    assert PASSWORD not in _all_of(caught.value)


@pytest.mark.parametrize(
    "url", [f"nosuch://{PASSWORD}", PASSWORD, "", f"discord://{PASSWORD}", f"json://:{PASSWORD}@"]
)
def test_a_url_apprise_does_not_take_is_refused_without_showing_it(
    url: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(Refused) as caught:
        AppriseNotifier(url)
    assert "notify" in caught.value.what
    assert "apprise" in caught.value.fix
    assert PASSWORD not in _all_of(caught.value)
    assert PASSWORD not in caplog.text
    assert PASSWORD not in "".join(capsys.readouterr())


def test_a_notifier_does_not_show_its_url(service: Service) -> None:
    assert PASSWORD not in repr(AppriseNotifier(service.url))


def test_without_apprise_the_extra_to_install_is_named() -> None:
    code = (
        "import sys\n"
        "sys.modules['apprise'] = None\n"
        "from mesharr.core.errors import Refused\n"
        "from mesharr.notify.apprise import AppriseNotifier\n"
        "try:\n"
        "    AppriseNotifier('json://x')\n"
        "except Refused as error:\n"
        "    print(error.fix)\n"
    )
    root = str(Path(__file__).resolve().parents[3])
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": root}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "in mesharr's folder: .venv/bin/pip install '.[notify]'\n"

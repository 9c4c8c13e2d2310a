"""The spinner: on a terminal that can draw while a command works, and nowhere else."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path
from threading import Event

import httpx
import pytest

from mesharr.bootstrap.node_key import key_path
from mesharr.cli.context import WAITING
from mesharr.cli.terminal.busy import busy
from mesharr.demo.http import serve
from mesharr.log import keys

WORKING = """
from mesharr.cli.terminal.busy import busy
with busy("reading [all] of it", quiet={quiet}):
    input()
print("done")
"""
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


class Working:
    """A program in a terminal that works until it reads a line. `shown` is what it wrote there."""

    def __init__(self, *argv: str, **environ: str) -> None:
        self._terminal, end = pty.openpty()
        self.shown = ""
        self.program = subprocess.Popen(
            [sys.executable, *argv],
            stdin=subprocess.PIPE,
            stdout=end,
            stderr=end,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm", **environ},
        )
        os.close(end)

    def read_until(self, text: str) -> None:
        """Return as soon as a text was shown."""
        limit = time.monotonic() + 60
        while text not in self.shown:
            assert time.monotonic() < limit, f"not shown: {text!r} in {self.shown!r}"
            if select.select([self._terminal], [], [], 1)[0]:
                self.shown += os.read(self._terminal, 65536).decode()

    def end(self) -> int:
        """Let the program go on to its end; return its exit code."""
        assert self.program.stdin is not None
        self.program.stdin.write(b"\n")
        self.program.stdin.close()
        try:
            while part := os.read(self._terminal, 65536):
                self.shown += part.decode()
        except OSError:
            pass  # so Linux names the end of a terminal
        os.close(self._terminal)
        return self.program.wait(60)


def test_a_terminal_shows_what_is_done_and_keeps_nothing_of_it() -> None:
    working = Working("-c", WORKING.format(quiet=False))
    working.read_until("reading [all] of it")
    assert working.end() == 0
    assert working.shown.count(HIDE) == working.shown.count(SHOW) == 1
    assert working.shown.rpartition("\x1b[2K")[2].strip() == "done", "the line was wiped before the result"


@pytest.mark.parametrize(("quiet", "term"), [(True, "xterm"), (False, "dumb")])
def test_with_json_or_where_nothing_can_be_drawn_there_is_none(quiet: bool, term: str) -> None:
    working = Working("-c", WORKING.format(quiet=quiet), TERM=term)
    assert working.end() == 0
    assert working.shown == "done\r\n"


def test_a_pipe_gets_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with busy("reading") as doing:
        doing("still reading")
    assert capsys.readouterr() == ("", "")


@pytest.mark.campaign
def test_doctor_shows_that_it_works_while_an_app_does_not_answer(tmp_path: Path) -> None:
    asked, seen = Event(), Event()

    def radarr(_request: httpx.Request) -> httpx.Response:
        asked.set()
        assert seen.wait(60)
        return httpx.Response(500)

    with serve(radarr) as server:
        app = f"{{url: {server.url}, api_key: key}}"
        (tmp_path / "mesharr.yml").write_text(
            f"node: alice\nstore: {{path: {tmp_path}/none}}\napps: {{radarr: {app}}}\n"
        )
        keys.generate(key_path(str(tmp_path)))
        words = ("-m", "mesharr", "--config-dir", str(tmp_path), "doctor")
        working = Working(*words)
        working.read_until("checking the setup")
        assert asked.wait(60)
        seen.set()
        assert working.end() == WAITING
        piped = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    last = working.shown.rpartition("\x1b[2K")[2]
    assert "ERROR    app radarr: " in last
    assert "checking the setup" not in last
    assert "app radarr: " in piped.stdout
    assert "\x1b" not in piped.stdout + piped.stderr

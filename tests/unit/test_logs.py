"""The log: where it goes, how it looks, and what it never shows."""

import json
import logging
import os
import re
import subprocess
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest

from mesharr.core.errors import Refused
from mesharr.logs import MAX_FILE, OLD_FILES, Format, setup

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d (INFO   |WARNING|ERROR  ) (\S+): (.*)")
log = logging.getLogger("mesharr.node.inward.streams.follow")


class Logged:
    """A log in a directory, taken down at the end."""

    def __init__(self, directory: Path, fmt: Format = "text", secrets: tuple[str, ...] = ()) -> None:
        self.directory = directory
        self._undo = setup("info", fmt, str(directory), secrets)

    def text(self) -> str:
        return (self.directory / "mesharr.log").read_text(encoding="utf-8")

    def __enter__(self) -> "Logged":
        return self

    def __exit__(self, *_: object) -> None:
        self._undo()


def test_a_record_goes_to_stderr_and_to_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Logged(tmp_path / "logs") as logged:
        log.info("%d events of %s", 3, "bob")
        written = logged.text()
    match = LINE.fullmatch(written.rstrip("\n"))
    assert match is not None
    assert (match[2], match[3]) == ("node.inward.streams.follow", "3 events of bob")
    assert capsys.readouterr().err == written


def test_without_a_directory_there_is_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    undo = setup("warning", "text", None, ())
    log.info("not shown")
    log.warning("shown")
    undo()
    assert capsys.readouterr().err.endswith("WARNING node.inward.streams.follow: shown\n")
    assert list(tmp_path.iterdir()) == []


def test_setting_up_again_replaces_and_taking_down_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = list(logging.getLogger().handlers)
    setup("info", "text", str(tmp_path), ())
    undo = setup("info", "text", str(tmp_path), ())
    log.info("once")
    undo()
    assert capsys.readouterr().err.count("once") == 1
    assert logging.getLogger().handlers == before


def test_a_json_line_is_one_object(tmp_path: Path) -> None:
    with Logged(tmp_path, "json", ("hunter2",)) as logged:
        log.info('a "quoted"\nfilm: Amélie, hunter2')
        try:
            int("hunter2")
        except ValueError:
            log.exception("failed")
        first, second = map(json.loads, logged.text().splitlines())
    assert first["message"] == 'a "quoted"\nfilm: Amélie, ***'
    assert (first["level"], first["logger"]) == ("info", "node.inward.streams.follow")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d", first["time"])
    assert "traceback" not in first
    assert second["traceback"].endswith("invalid literal for int() with base 10: '***'")


def _fails(cause: str, text: str) -> None:
    try:
        os.listdir(f"/nowhere/{cause}")
    except OSError as error:
        raise RuntimeError(text) from error


def test_secrets_are_hidden_in_arguments_tracebacks_and_causes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Logged(tmp_path, secrets=("hunter2",)) as logged:
        try:
            _fails("http://u:pw@rclone/?apikey=abc", "hunter2")
        except RuntimeError as error:
            log.exception("%s and %r", "hunter2", {"key": "hunter2"})
            log.warning("again: %s", error, stack_info=True)
        written = logged.text()
    assert "RuntimeError: ***" in written
    assert "http://***@rclone/?apikey=***" in written
    assert "*** and {'key': '***'}" in written
    assert "hunter2" not in written
    assert "hunter2" not in capsys.readouterr().err


def test_a_message_cannot_look_like_two(tmp_path: Path) -> None:
    with Logged(tmp_path) as logged:
        log.info("title %s", "x\n2026-11-22 ERROR forged\r\x1b[31m\u0085\ttab")
        lines = logged.text().split("\n")
    assert len(lines) == 2
    assert lines[0].endswith("title x\\x0a2026-11-22 ERROR forged\\x0d\\x1b[31m\\x85\ttab")


def test_a_file_name_that_is_no_unicode_is_logged_all_the_same(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.mkv")
    record = logging.LogRecord(
        "mesharr.node.inward.streams.follow", logging.INFO, "", 0, "file %s", (name,), None
    )
    with Logged(tmp_path) as logged:
        (file,) = (found for found in logging.getLogger().handlers if isinstance(found, RotatingFileHandler))
        # To the file alone: what a test run captures it cannot report with such a name in it.
        file.handle(record)
        assert "file caf?.mkv" in logged.text()


def test_the_file_is_rotated_by_size_and_five_old_ones_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Logged(tmp_path):
        for _ in range(OLD_FILES + 3):
            for _ in range(5):
                log.info("x" * (MAX_FILE // 4))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["mesharr.log", *(f"mesharr.log.{number}" for number in range(1, OLD_FILES + 1))]
    assert max(path.stat().st_size for path in tmp_path.iterdir()) <= MAX_FILE
    assert capsys.readouterr().err


def test_a_directory_that_cannot_be_written_costs_the_file_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").write_text("in the way")
    with Logged(tmp_path / "logs"):
        log.info("still here")
    told = capsys.readouterr().err
    assert "cannot write a log file" in told
    assert "still here" in told


def test_the_libraries_are_quiet_at_every_level(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    undo = setup("debug", "text", str(tmp_path), ())
    for name in ("httpx", "httpcore.http11", "uvicorn.access", "uvicorn.error", "apscheduler.scheduler"):
        logging.getLogger(name).info("chatter of %s", name)
    logging.getLogger("apscheduler.scheduler").warning("skipped: maximum number of running instances reached")
    logging.getLogger("apscheduler.executors.default").warning("missed")
    log.debug("ours")
    undo()
    told = capsys.readouterr().err
    assert [line.rpartition(" ")[2] for line in told.splitlines()] == ["missed", "ours"]


def test_an_unknown_level_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Refused, match="debug, info, warning, error"):
        setup("loud", "text", None, ())


@pytest.mark.parametrize(("zone", "offset"), [("UTC", "+00:00"), ("Asia/Kolkata", "+05:30")])
def test_times_are_of_the_zone_the_environment_names(zone: str, offset: str) -> None:
    code = (
        "import logging; from mesharr.logs import setup\n"
        "setup('info', 'text', None, ()); logging.getLogger('mesharr').warning('x')"
    )
    root = str(Path(__file__).resolve().parents[2])
    environ = {"PATH": os.environ["PATH"], "TZ": zone, "PYTHONPATH": root}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    assert ran.stderr.split(" ")[0].endswith(offset)


def test_taking_down_leaves_every_level_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    libraries = [logging.getLogger(name) for name in ("", "httpx", "uvicorn", "watchdog")]
    before = [logger.level for logger in libraries]
    undo = setup("debug", "text", None, ())
    assert [logger.level for logger in libraries] != before
    undo()
    assert [logger.level for logger in libraries] == before
    assert capsys.readouterr().err == ""

"""A flood of warnings: what is written of it, and what is counted."""

import logging
from pathlib import Path

import pytest

from mesharr.log_repeats import ALIKE, MAX_KEYS, SAME, WINDOW_S, RepeatLimit
from mesharr.logs import setup

START = 1_800_000_000.0


class _Lines(logging.Handler):
    """Keeps what it writes."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []
        self.addFilter(RepeatLimit(self))

    def emit(self, record: logging.LogRecord) -> None:
        self.written.append(record.getMessage())

    def warn(self, text: str, *values: object, at: float = 0.0, level: int = logging.WARNING) -> None:
        """Hand a record of that many seconds after the start to the handler."""
        record = logging.LogRecord("mesharr.x", level, "", 0, text, values, None)
        record.created = START + at
        self.handle(record)


def test_a_warning_of_the_same_words_is_counted_after_a_few() -> None:
    lines = _Lines()
    for number in range(5_000):
        lines.warn("wrong key", at=number / 1000)
    assert lines.written == ["wrong key"] * SAME
    lines.warn("something else", at=WINDOW_S)
    assert lines.written[SAME:] == [
        f"{5_000 - SAME} more lines like this one were left out within a minute: wrong key",
        "something else",
    ]


def test_warnings_that_differ_in_a_value_are_counted_later() -> None:
    lines = _Lines()
    for number in range(1_000):
        lines.warn("junk file %s", f"{number}.jsonl", at=1.0)
    assert len(lines.written) == ALIKE
    lines.warn("another warning", at=1.0)
    assert lines.written[-1] == "another warning"


def test_after_a_minute_a_warning_is_written_again() -> None:
    lines = _Lines()
    for minute in range(3):
        for _ in range(SAME):
            lines.warn("the drive is away", at=minute * WINDOW_S)
    assert lines.written == ["the drive is away"] * SAME * 3


def test_what_is_no_warning_is_always_written() -> None:
    lines = _Lines()
    for _ in range(500):
        lines.warn("radarr: Download", level=logging.INFO)
    assert len(lines.written) == 500


def test_many_different_warnings_need_bounded_memory_and_none_is_counted_wrongly() -> None:
    lines = _Lines()
    for number in range(MAX_KEYS * 3):
        lines.warn(f"text {number}")
    assert lines.written == [f"text {number}" for number in range(MAX_KEYS * 3)]


def test_a_clock_that_is_set_back_stops_no_warning() -> None:
    lines = _Lines()
    for _ in range(SAME):
        lines.warn("the drive is away", at=WINDOW_S * 100)
    lines.warn("the drive is away")
    assert len(lines.written) == SAME + 1


def test_the_log_of_the_program_is_limited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    undo = setup("info", "text", str(tmp_path), ())
    for _ in range(300):
        logging.getLogger("asyncio").error("socket.accept() out of system resource")
    undo()
    assert (tmp_path / "mesharr.log").read_text().count("out of system resource") == SAME
    assert capsys.readouterr().err.count("out of system resource") == SAME

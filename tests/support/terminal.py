"""Run a program in a terminal of its own, and answer what it asks."""

import os
import pty
import re
import select
import time
from collections.abc import Mapping, Sequence

_PROMPT = re.compile(r"\][^\n\]]*: $")
"""How a question ends: its default in brackets, a colon, and nothing after it."""


_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Answered:
    """What a program printed, and its exit code."""

    def __init__(self, code: int, out: str) -> None:
        self.code = code
        self.out = out


def run_in_terminal(
    argv: Sequence[str], environ: Mapping[str, str], answers: Sequence[tuple[str, str]], limit_s: float = 180
) -> Answered:
    """Run a program; answer a question by the first answer left whose word is in it, else by Enter."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(argv[0], list(argv), dict(environ))
    left, shown, since = list(answers), "", 0
    end = time.monotonic() + limit_s
    try:
        while True:
            assert time.monotonic() < end, f"still running: {shown[-2000:]}"
            if not select.select([terminal], [], [], 1.0)[0]:
                continue
            try:
                part = os.read(terminal, 65536)
            except OSError:  # Linux says so at the end of a terminal
                break
            if not part:
                break
            shown += part.decode(errors="replace").replace("\r", "")
            shown = _CODES.sub("", shown)  # of a spinner
            question = shown[since:]
            if _PROMPT.search(question):
                since = len(shown)
                os.write(terminal, (_answer(question, left) + "\n").encode())
    finally:
        os.close(terminal)
        _, status = os.waitpid(pid, 0)
    return Answered(os.waitstatus_to_exitcode(status), shown)


def _answer(question: str, left: list[tuple[str, str]]) -> str:
    line = question.rpartition("\n")[2]
    for number, (word, answer) in enumerate(left):
        if word in line:
            del left[number]
            return answer
    return ""

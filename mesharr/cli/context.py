"""What every command is given, and how it ends: the config dir, the output, the exit code."""

import json
import sys
from collections.abc import Mapping
from typing import Any

import msgspec
import typer

from mesharr.core.errors import Refused

DONE, FAILED, MISUSED, WAITING = 0, 1, 2, 3


class Misuse(Refused):
    """The command cannot mean what was written: a bad token, a readable key. The exit code is 2."""


class Session(msgspec.Struct, frozen=True):
    """Where this node's files are, and the environment the command was started with."""

    config_dir: str
    environ: Mapping[str, str]


def session_of(context: typer.Context) -> Session:
    """Return the session that the global options made."""
    found = context.find_object(Session)
    assert found is not None
    return found


def say(text: str) -> None:
    """Print a line of the answer."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """Print a line beside the answer, to stderr."""
    sys.stderr.write(f"mesharr: {text}\n")


def say_json(value: Any) -> None:
    """Print one JSON document."""
    say(json.dumps(value, indent=2, ensure_ascii=False))

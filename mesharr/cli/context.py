"""What every command is given, and how it ends: the config dir, the output, the exit code."""

import json
import sys
from collections.abc import Mapping
from typing import Any

import msgspec
import typer

from mesharr.core.errors import Misconfigured

DONE, FAILED, MISUSED, WAITING = 0, 1, 2, 3


class Misuse(Misconfigured):
    """The command line makes no sense here: an unknown item, a bad token. The exit code is 2."""


class Session(msgspec.Struct, frozen=True):
    """Where this node's files are, and the environment the command was started with."""

    config_dir: str
    environ: Mapping[str, str]


def command_app(help: str = "") -> typer.Typer:  # noqa: A002 - typer's own name for it
    """Return the typer app that a module of `mesharr.cli.commands` declares its command with."""
    return typer.Typer(
        help=help or None,
        no_args_is_help=bool(help),
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )


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

"""What every command shares: the session, printing, and the exit codes."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

from mesharr.core.errors import Damaged, MesharrError, Misconfigured

if TYPE_CHECKING:
    import typer  # where it is used: the daemon does without

_CONTROLS = {each: f"\\u{each:04x}" for each in (*range(9), *range(11, 32), *range(127, 160))}
DONE, FAILED, MISUSED, WAITING, DOWN = 0, 1, 2, 3, 4
"""The exit codes, listed in docs/when-things-go-wrong.md; 4: something outside of mesharr is down."""


class Misuse(Misconfigured):
    """The command line makes no sense here: an unknown item, a bad token. The exit code is 2."""


class Session(msgspec.Struct, frozen=True):
    """The global options and the environment of one command."""

    config_dir: str
    """The directory of mesharr.yml, the key and the database; an absolute path."""
    environ: Mapping[str, str]
    """The environment that the command was started with."""


def command_app(help: str = "") -> "typer.Typer":  # noqa: A002 - typer's own name for it
    """Return the typer app that a module of `mesharr.cli.commands` declares its command with."""
    import typer  # noqa: PLC0415 - see above

    return typer.Typer(
        help=help or None,
        no_args_is_help=bool(help),
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )


def session_of(context: "typer.Context") -> Session:
    """Return the session of a command's context."""
    found = context.find_object(Session)
    assert found is not None
    return found


WRONG, DOUBTFUL = "red", "yellow"
"""The colours of what is wrong, and of what may be."""


def say(text: str, colour: str = "") -> None:
    """Print a line to stdout; on a terminal in a colour, unless that is ""."""
    _write(sys.stdout, text, colour)


def note(text: str) -> None:
    """Print a line to stderr, after the program's name."""
    _write(sys.stderr, f"mesharr: {text}", "")


def has_colours(stream: TextIO) -> bool:
    """Return whether a stream is a terminal on which colours are wanted (see no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _write(stream: TextIO, text: str, colour: str) -> None:
    # a terminal obeys control characters, which a peer's file name may have; a pipe gets what there is
    shown = text.translate(_CONTROLS) if stream.isatty() else text
    if colour and has_colours(stream):
        import typer  # noqa: PLC0415 - see above

        shown = typer.style(shown, fg=colour)
    stream.write(f"{shown}\n")


def exit_code_of(command: Callable[[], object]) -> int:
    """Run a command, print its errors to stderr, and return its exit code."""
    try:
        code = command()
    except SystemExit as end:
        code = end.code
    except (MesharrError, Damaged) as error:
        sys.stdout.flush()
        for line in str(error).splitlines():
            note(line)
        return MISUSED if isinstance(error, Misconfigured) else FAILED
    except KeyboardInterrupt:
        return FAILED
    if code is None:
        return DONE
    return code if isinstance(code, int) else FAILED


def say_json(value: Any) -> None:
    """Print a value to stdout as one JSON document."""
    say(json.dumps(value, indent=2, ensure_ascii=False))

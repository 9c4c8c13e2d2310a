"""The command line: global options, and the commands that the files of this package register.

A file of `mesharr.cli` with a function `register(app)` is found by its place: nothing else has to
change for a new group of commands. A file with an underscore in its name is a part of a command,
imported by it alone, and may import what is heavy.
"""

import sys
from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import mesharr
from mesharr.cli import commands
from mesharr.cli.context import DONE, FAILED, MISUSED, Misuse, Session, note, say
from mesharr.core.errors import MesharrError

_ORDER = (
    *("init", "config", "token", "trust", "untrust", "peers", "run", "connect", "doctor", "status"),
    *("approve", "retry", "sync", "uploads", "claim", "adopt", "leave", "restore", "leave-item", "log"),
)
"""How the help lists the commands: as a household meets them; others follow."""


class _AsMet(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        names = super().list_commands(ctx)
        return sorted(names, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))


def build(environ: Mapping[str, str]) -> typer.Typer:
    """Return the program with all its commands; `environ` is what they see of the environment."""
    app = typer.Typer(
        name="mesharr",
        cls=_AsMet,
        help="Makes the libraries of several households one.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )

    @app.callback()
    def start(
        context: typer.Context,
        config_dir: Annotated[
            str | None,
            typer.Option(
                "--config-dir",
                metavar="DIR",
                help="where this node's files are (else MESHARR_CONFIG_DIR, /config, the user's own)",
            ),
        ] = None,
        version: Annotated[
            bool, typer.Option("--version", is_eager=True, callback=_show_version, help="print the version")
        ] = False,
    ) -> None:
        from mesharr.config import config_dir_from  # noqa: PLC0415 - --help and --version need none of it

        del version
        context.obj = Session(config_dir_from(config_dir, environ), environ)

    for info in iter_modules(commands.__path__):
        import_module(f"{commands.__name__}.{info.name}").register(app)
    return app


def _show_version(value: bool) -> None:
    if value:
        say(f"mesharr {mesharr.__version__}")
        raise typer.Exit


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    """Run one command and return its exit code; an error is one line on stderr for each thing wrong."""
    try:
        code = typer.main.get_command(build(environ)).main(argv, prog_name="mesharr", standalone_mode=True)
    except SystemExit as end:
        return _code_of(end.code)
    except MesharrError as error:
        return _failed(error)
    except KeyboardInterrupt:
        return FAILED
    return _code_of(code)


def _code_of(code: object) -> int:
    if code is None:
        return DONE
    return code if isinstance(code, int) else FAILED


def _failed(error: MesharrError) -> int:
    from mesharr.bootstrap.identity import BadKey  # noqa: PLC0415 - only an error needs it
    from mesharr.config import ConfigError  # noqa: PLC0415 - only an error needs it

    sys.stdout.flush()
    for line in str(error).splitlines():
        note(line)
    return MISUSED if isinstance(error, Misuse | ConfigError | BadKey) else FAILED

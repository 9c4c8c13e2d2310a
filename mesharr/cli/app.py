"""The command line: the global options, and a group that loads each command when it is used.

A module of `mesharr.cli.commands` is one command, found by its place: `leave_item.py` is `leave-item`. The
first line of its docstring is its line in the help, and its `app` declares the command. What the command
does is in the module of that name in `mesharr.cli.actions`: it is imported when the command runs, and not for
its help. Nothing else has to change for a new command.
"""

import os
from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import mesharr
from mesharr.cli import commands
from mesharr.cli.context import Session, exit_code_of, say
from mesharr.cli.values import convert_when_needed
from mesharr.hook import config_dir as config_dir_of

_ORDER = (
    *(
        "init",
        "config",
        "token",
        "join",
        "accept",
        "trust",
        "untrust",
        "peers",
        "run",
        "connect",
        "doctor",
        "status",
    ),
    *(
        "approve",
        "reject",
        "resolve",
        "retry",
        "sync",
        "uploads",
        "scan",
        "find",
        "history",
        "claim",
        "adopt",
        "leave",
        "restore",
        "leave-item",
        "log",
        "notify",
        "backup",
    ),
)
"""How the help lists the commands: in the order in which a new user needs them; others follow."""


class _Commands(MutableMapping[str, Any]):
    """The commands by name: those that were loaded, and the modules of the others."""

    def __init__(self) -> None:
        names = sorted(info.name.replace("_", "-") for info in iter_modules(commands.__path__))
        names.sort(key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))
        self._loaded: dict[str, Any] = dict.fromkeys(names)

    def __getitem__(self, name: str) -> Any:
        if self._loaded[name] is None:
            module = import_module(f"{commands.__name__}.{name.replace('-', '_')}")
            self._loaded[name] = convert_when_needed(typer.main.get_command(module.app))
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded)

    def __len__(self) -> int:
        return len(self._loaded)

    def __contains__(self, name: object) -> bool:
        return name in self._loaded


class _LazyGroup(TyperGroup):
    """A group that imports the module of a command only when the command is invoked."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        convert_when_needed(self)
        self.commands = _Commands()

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write name and short help of each command."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, short_help(name)) for name in self.commands])


def short_help(command: str) -> str:
    """Return the first line of the docstring of a command's module, which is not imported."""
    path = os.path.join(commands.__path__[0], f"{command.replace('-', '_')}.py")
    with open(path, encoding="utf-8") as source:
        return source.readline().strip().strip('"')


def build(environ: Mapping[str, str]) -> typer.Typer:
    """Return the program with all its commands; `environ` is the environment that commands see."""
    app = typer.Typer(
        name="mesharr",
        cls=_LazyGroup,
        help=(
            "Keeps the Radarr/Sonarr/Lidarr/Readarr libraries of several households that share a cloud "
            "drive in sync."
        ),
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
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
                help="the directory of mesharr.yml (default: MESHARR_CONFIG_DIR, /config, or the user's own)",
            ),
        ] = None,
        version: Annotated[
            bool, typer.Option("--version", is_eager=True, callback=_show_version, help="print the version")
        ] = False,
    ) -> None:
        del version
        context.obj = Session(config_dir_of(config_dir or "", environ), environ)

    return app


def _show_version(value: bool) -> None:
    if value:
        say(f"mesharr {mesharr.__version__}")
        raise typer.Exit


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    """Run one command, print its errors to stderr, and return its exit code."""
    program = typer.main.get_command(build(environ))
    return exit_code_of(lambda: program.main(argv, prog_name="mesharr", standalone_mode=True))

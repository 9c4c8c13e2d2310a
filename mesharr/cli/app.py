"""The command line: the global options, and a group that loads each command when it is used.

A module of `mesharr.cli.commands` is one command, found by its place: `leave_item.py` is `leave-item`. The
first line of its docstring is its line in the help, and its function of that name declares the command. What
the command does is in the module of that name in `mesharr.cli.actions`: it is imported when the command runs,
and not for its help. Nothing else has to change for a new command.
"""

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

import click

from mesharr import __version__
from mesharr.cli import commands
from mesharr.cli.context import DONE, FAILED, MISUSED, Session, note
from mesharr.cli.options import option
from mesharr.cli.terminal.completion import completion_options
from mesharr.core.errors import Damaged, MesharrError, Misconfigured
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
        "retry",
        "sync",
        "uploads",
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


class _LazyGroup(click.Group):
    """A group that imports the module of a command only when the command is invoked."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the help."""
        del ctx
        return command_names()

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name, None when there is none."""
        return load_command(cmd_name) if cmd_name in self.list_commands(ctx) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write name and short help of each command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, short_help(name)) for name in self.list_commands(ctx)])


def command_names() -> list[str]:
    """Return the names of the commands, in the order of the help."""
    names = sorted(info.name.replace("_", "-") for info in iter_modules(commands.__path__))
    return sorted(names, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))


def load_command(name: str) -> click.Command:
    """Return the command of a module, which is imported now."""
    place = name.replace("-", "_")
    command = getattr(import_module(f"{commands.__name__}.{place}"), place)
    assert isinstance(command, click.Command)
    return command


def short_help(command: str) -> str:
    """Return the first line of the docstring of a command's module, which is not imported."""
    path = os.path.join(commands.__path__[0], f"{command.replace('-', '_')}.py")
    with open(path, encoding="utf-8") as source:
        return source.readline().strip().strip('"')


def build(environ: Mapping[str, str]) -> click.Group:
    """Return the program with all its commands; `environ` is the environment that commands see."""

    @click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
    @option(
        "--config-dir",
        metavar="DIR",
        help="the directory of mesharr.yml (default: MESHARR_CONFIG_DIR, /config, or the user's own)",
    )
    @click.version_option(__version__, message="mesharr %(version)s", help="print the version")
    @completion_options(environ)
    @click.pass_context
    def mesharr(context: click.Context, config_dir: str | None) -> None:
        """Keep the libraries of households that share a cloud drive in sync.

        They are those of Radarr, Sonarr, Lidarr and Readarr.
        """
        context.obj = Session(config_dir_of(config_dir or "", environ), environ)

    return mesharr


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    """Run one command, print its errors to stderr, and return its exit code."""
    try:
        build(environ).main(argv, prog_name="mesharr", standalone_mode=True)
    except SystemExit as end:
        return _code_of(end.code)
    except (MesharrError, Damaged) as error:
        return _failed(error)
    except KeyboardInterrupt:
        return FAILED
    return DONE


def _code_of(code: object) -> int:
    if code is None:
        return DONE
    return code if isinstance(code, int) else FAILED


def _failed(error: MesharrError | Damaged) -> int:
    sys.stdout.flush()
    for line in str(error).splitlines():
        note(line)
    return MISUSED if isinstance(error, Misconfigured) else FAILED

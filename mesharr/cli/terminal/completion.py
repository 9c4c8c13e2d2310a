"""Have the tab key complete commands and options: print or install the script for it."""

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeVar

import click
from click.shell_completion import get_completion_class

from mesharr.cli.context import Misuse, say
from mesharr.core.errors import Refused

F = TypeVar("F", bound=Callable[..., Any])
SHELLS: Final = ("bash", "zsh", "fish")
_OF_THE_USER: Final = "auto"
"""The value of the options without a shell: it is that of the user."""


def completion_options(environ: Mapping[str, str]) -> Callable[[F], F]:
    """Declare `--install-completion` and `--show-completion`; each ends the program."""

    def declare(command: F) -> F:
        for name, act, text in (
            ("--show-completion", _show, "print the script that completes commands, to customize it"),
            ("--install-completion", _install, "complete commands by the tab key, from the next shell on"),
        ):
            command = click.option(
                name,
                type=click.Choice([*SHELLS, _OF_THE_USER]),
                flag_value=_OF_THE_USER,
                is_flag=False,
                is_eager=True,
                expose_value=False,
                metavar="[bash|zsh|fish]",
                callback=partial(_ended, act, environ),
                help=text,
            )(command)
        return command

    return declare


def _ended(
    act: Callable[[str, Mapping[str, str]], None],
    environ: Mapping[str, str],
    context: click.Context,
    option: click.Parameter,
    value: str | None,
) -> None:
    del option
    if value is None or context.resilient_parsing:
        return
    shell = os.path.basename(environ.get("SHELL", "")) if value == _OF_THE_USER else value
    if shell not in SHELLS:
        raise Misuse(f"the shell {shell or 'of SHELL'} is not known", f"name one of: {', '.join(SHELLS)}")
    act(shell, environ)
    context.exit()


def completion_script(shell: str) -> str:
    """Return the script that has a shell complete the commands of mesharr."""
    found = get_completion_class(shell)
    assert found is not None
    # the script only calls the program back: what it completes is decided then
    complete = found(click.Command("mesharr"), {}, "mesharr", "_MESHARR_COMPLETE")
    return f"{(complete.source_template % complete.source_vars()).rstrip()}\n"


def _show(shell: str, environ: Mapping[str, str]) -> None:
    del environ
    say(completion_script(shell).removesuffix("\n"))


def _install(shell: str, environ: Mapping[str, str]) -> None:
    """Write the script where the shell finds it."""
    home = environ.get("HOME", "") or os.path.expanduser("~")
    data = environ.get("XDG_DATA_HOME", "") or os.path.join(home, ".local/share")
    config = environ.get("XDG_CONFIG_HOME", "") or os.path.join(home, ".config")
    path = {
        "bash": os.path.join(data, "bash-completion/completions/mesharr"),
        "zsh": os.path.join(home, ".zfunc/_mesharr"),
        "fish": os.path.join(config, "fish/completions/mesharr.fish"),
    }[shell]
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(completion_script(shell))
    except OSError as error:
        raise Refused(
            f"cannot write {path} ({error.strerror})", "put what --show-completion prints where you want it"
        ) from error
    say(f"wrote {path}: it is used from the next {shell} on")
    if shell == "zsh":
        say("if ~/.zshrc does not have it yet, add before compinit: fpath=(~/.zfunc $fpath)")

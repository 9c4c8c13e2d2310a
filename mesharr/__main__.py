"""The entry of the `mesharr` program.

`hook` is run by an app, which waits for it: it is handled before anything but the standard library is
imported. `run` stays in memory: it is handled without what the other commands need.
"""

import os
import sys

_OPTION = "--config-dir"


def main() -> int:
    """Run the command that the process was started with and return its exit code."""
    return dispatch(sys.argv[1:], dict(os.environ))


def dispatch(argv: list[str], environ: dict[str, str]) -> int:
    """Run one command; `argv` lacks the program's own name. Returns the exit code."""
    options, rest = _split(argv)
    if rest[:1] == ["hook"]:
        from mesharr import hook  # noqa: PLC0415 - the other commands do not need it

        return hook.main([*options, *rest[1:]], environ)
    _leave_out_httpx_program()
    if rest == ["run"]:
        from mesharr.cli.actions import run as daemon  # noqa: PLC0415 - it does without typer

        return daemon.main(options[-1].removeprefix(f"{_OPTION}=") if options else "", environ)
    from mesharr.cli.app import run  # noqa: PLC0415 - hook must not wait for typer

    return run(argv, environ)


def _leave_out_httpx_program() -> None:
    """Keep httpx from importing the modules of its own command line: rich, pygments, click.

    It does where it finds them, and that is half of the time that its import takes. httpx goes on without
    that module.
    """
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None is how an import is refused


def _split(argv: list[str]) -> tuple[list[str], list[str]]:
    """Return the global option with its value, if given, and the command with its arguments."""
    place = 0
    while place < len(argv) and argv[place].partition("=")[0] == _OPTION:
        place += 2 if argv[place] == _OPTION else 1
    return argv[:place], argv[place:]


if __name__ == "__main__":
    sys.exit(main())

"""Run `mesharr config`: check and show mesharr.yml."""

from collections.abc import Sequence

import msgspec
import typer
import yaml

from mesharr.cli.actions.doctor import CHECKING, end_by, gathered, open_setup, print_results
from mesharr.cli.context import say, say_json, session_of
from mesharr.cli.terminal.busy import busy
from mesharr.config import Config, ConfigError, config_schema, load_config, shown_config
from mesharr.core.text import quantity
from mesharr.doctor.all_checks import run_checks
from mesharr.settings.checks import API_KEY, missing_settings


def check(context: typer.Context, *, online: bool, as_json: bool) -> None:
    """Check mesharr.yml: list everything that is wrong, and settings that may be missing.

    With `online`, prove what it names: mounts, folders, apps, media servers, uploads, places to notify.
    """
    session = session_of(context)
    try:
        config = load_config(session.config_dir, session.environ, open_notifiers=True)
    except ConfigError as error:
        if as_json:
            say_json({"problems": error.problems, "missing": []})
        raise
    missing = missing_settings(config)
    if config.apps and config.server.api_key is None:
        missing.append(f"{API_KEY}: no webhook is accepted, and mesharr connect does not work")
    if as_json and not online:
        say_json({"problems": [], "missing": missing})
        return
    if not as_json:
        _print(config, missing, online=online)
    if online:
        with busy(CHECKING, quiet=as_json) as doing, open_setup(session, config) as setup:
            found = gathered(run_checks(setup, of_config=True), doing)
        if as_json:
            say_json({"problems": [], "missing": missing, "found": msgspec.to_builtins(found)})
        else:
            print_results(found, everything=True)
        end_by(found)


def _print(config: Config, missing: Sequence[str], *, online: bool) -> None:
    say(
        f"mesharr.yml {'has no mistakes' if missing or online else 'is good'}: node {config.node}, "
        f"{quantity(len(config.apps), 'app')}, {quantity(len(config.libraries), 'library', 'libraries')}, "
        f"{quantity(len(config.scanners), 'scanner')}"
    )
    for each in missing:
        say(f"missing: {each}")


def show(context: typer.Context, *, as_json: bool) -> None:
    """Print the effective config, with the environment and defaults, without secrets."""
    session = session_of(context)
    shown = shown_config(load_config(session.config_dir, session.environ))
    if as_json:
        say_json(shown)
    else:
        say(yaml.safe_dump(shown, sort_keys=False, allow_unicode=True).rstrip())


def schema() -> None:
    """Print the JSON schema of mesharr.yml, for editors."""
    say_json(config_schema())

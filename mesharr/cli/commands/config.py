"""`mesharr config`: what this node's config says, and whether it can be used."""

from typing import Annotated

import typer

from mesharr.cli.context import say, say_json, session_of
from mesharr.core.text import quantity


def register(app: typer.Typer) -> None:
    """Add the group `config`."""
    group = typer.Typer(help="Check and show mesharr.yml.", no_args_is_help=True)
    group.command("check", short_help="Say whether mesharr.yml is good, or all that is wrong.")(check)
    group.command("show", short_help="Print the config that is in force, without secrets.")(show)
    group.command("schema")(schema)
    app.add_typer(group, name="config")


def check(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Say whether mesharr.yml can be used, everything that is wrong with it, and what it does not name yet.

    The exit code is 2 when it cannot be used. What is missing changes none.
    """
    from mesharr.config import ConfigError, load_config  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.settings.lacking import DOOR, lacking  # noqa: PLC0415 - see mesharr.cli.app

    session = session_of(context)
    try:
        config = load_config(session.config_dir, session.environ)
    except ConfigError as error:
        if as_json:
            say_json({"problems": error.problems, "missing": []})
        raise
    missing = lacking(config)
    if config.apps and config.server.api_key is None:
        missing.append(f"{DOOR}: no webhook is taken, and mesharr connect does not work")
    if as_json:
        say_json({"problems": [], "missing": missing})
        return
    say(
        f"mesharr.yml {'has no mistakes' if missing else 'is good'}: node {config.node}, "
        f"{quantity(len(config.apps), 'app')}, {quantity(len(config.libraries), 'library', 'libraries')}, "
        f"{quantity(len(config.scanners), 'scanner')}"
    )
    for each in missing:
        say(f"missing: {each}")


def show(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Print the config that is in force: the file, the environment over it, every default. No secrets."""
    import yaml  # noqa: PLC0415 - see mesharr.cli.app

    from mesharr.config import load_config, shown_config  # noqa: PLC0415 - see mesharr.cli.app

    session = session_of(context)
    shown = shown_config(load_config(session.config_dir, session.environ))
    if as_json:
        say_json(shown)
    else:
        say(yaml.safe_dump(shown, sort_keys=False, allow_unicode=True).rstrip())


def schema() -> None:
    """Print the JSON schema of mesharr.yml, for editors."""
    from mesharr.config import config_schema  # noqa: PLC0415 - see mesharr.cli.app

    say_json(config_schema())

"""`mesharr config`: what this node's config says, and whether it can be used."""

from typing import TYPE_CHECKING, Annotated

import typer

from mesharr.cli.session import say, say_json, session_of

if TYPE_CHECKING:
    from mesharr.config import Config


def register(app: typer.Typer) -> None:
    """Add the group `config`."""
    group = typer.Typer(help="Check and show mesharr.yml.", no_args_is_help=True)
    group.command("check", short_help="Say whether mesharr.yml is good, or all that is wrong.")(check)
    group.command("show", short_help="Print the config that is in force, without secrets.")(show)
    group.command("schema")(schema)
    app.add_typer(group, name="config")


def check(context: typer.Context) -> None:
    """Say whether mesharr.yml can be used, everything that is wrong with it, and what it does not name yet.

    The exit code is 2 when it cannot be used. What is missing changes none.
    """
    from mesharr.config import load_config  # noqa: PLC0415 - see mesharr.cli.app

    session = session_of(context)
    config = load_config(session.config_dir, session.environ)
    lacking = _lacking(config)
    say(
        f"mesharr.yml {'has no mistakes' if lacking else 'is good'}: node {config.node}, "
        f"{_count(len(config.apps), 'app')}, {_count(len(config.libraries), 'library', 'libraries')}, "
        f"{_count(len(config.scanners), 'scanner')}"
    )
    for each in lacking:
        say(f"missing: {each}")


def _lacking(config: "Config") -> list[str]:
    """Return what a config that can be used does not name yet, each with what comes of that."""
    told = bool(config.scanners)
    bare = [] if told else [name for name, library in config.libraries.items() if not library.app]
    kept = {library.app for library in config.libraries.values()}
    idle = [name for name in config.apps if name not in kept]
    found = {
        "apps: an arr, else nothing of this household is told and nothing is added here": (
            not config.apps and not (told and config.libraries)
        ),
        "libraries: a part of the drive, else this node reads its peers and does nothing": (
            not config.libraries
        ),
        f"the app of {', '.join(bare)}, or a media server: else nothing is done there": bool(bare),
        f"a library whose app is {', '.join(idle)}: else what happens there is not heard": bool(idle),
        "server.api_key: else no webhook is taken, and mesharr connect does not work": (
            bool(config.apps) and config.server.api_key is None
        ),
    }
    return [said for said, lacks in found.items() if lacks]


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


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

"""Show a film travel between two simulated households."""

from mesharr.cli.options import command, flag, option


@command()
@flag("--json", "as_json", help="one JSON object per step")
@option("--keep", metavar="DIR", help="keep everything in DIR")
def demo(as_json: bool, keep: str | None) -> None:
    """Show a film travel from one household to the other, in under a minute."""
    from mesharr.cli.actions.demo import demo as action

    action(as_json, keep=keep)

"""Run `mesharr backup`: back up this node, list the backups, or go back to one."""

import os

import typer

from mesharr.bootstrap import backup as backups
from mesharr.bootstrap.clock import wall_ms
from mesharr.cli.context import say, say_json, session_of
from mesharr.cli.output import print_table
from mesharr.cli.terminal.busy import busy
from mesharr.core.hlc import time_text
from mesharr.core.text import size_text


def make(context: typer.Context, *, as_json: bool) -> None:
    """Back up database, key, peers and config into `backups/manual` of the config dir."""
    with busy("copying the database", quiet=as_json):
        made = backups.make(session_of(context).config_dir, "manual", wall_ms())
    if as_json:
        say_json(_shape(made))
    else:
        say(f"created {made.path} ({size_text(made.size)}); it has this node's key in it")


def list_(context: typer.Context, *, every: bool, as_json: bool) -> None:
    """List the backups in the config dir, the newest first."""
    found = backups.backups(session_of(context).config_dir)
    if as_json:
        say_json([_shape(each) for each in found])
        return
    if found:
        for folder in dict.fromkeys(os.path.dirname(each.path) for each in found):
            within = [each for each in found if os.path.dirname(each.path) == folder]
            say(f"in {folder}:")
            rows = [
                (time_text(each.made), size_text(each.size), os.path.basename(each.path)) for each in within
            ]
            print_table(("made", "size", "name"), rows, every=every)
    else:
        say("no backups yet: the daemon makes one each day, `mesharr backup make` makes one now")


def restore(context: typer.Context, *, backup: str) -> None:
    """Go back to a backup: its database, key, peers and config are used from the next start on."""
    config_dir = session_of(context).config_dir
    named = [each.path for each in backups.backups(config_dir) if os.path.basename(each.path) == backup]
    with busy("checking the backup"):
        replaced = backups.restore(config_dir, named[0] if named else os.path.abspath(backup), wall_ms())
    say(f"restored {backup}; what was in use is in {replaced}. Start mesharr again.")


def _shape(backup: backups.Backup) -> dict[str, object]:
    return {
        "path": backup.path,
        "kind": backup.kind,
        "made": time_text(backup.made),
        "size": backup.size,
    }

"""Decide whether a config that changed while the daemon runs is taken over."""

import logging
import os
from collections.abc import Callable
from dataclasses import fields

from mesharr.core.errors import MesharrError
from mesharr.settings.config_file import CONFIG_NAME, SECRETS_NAME
from mesharr.settings.definition import Settings
from mesharr.settings.models import Config

log = logging.getLogger(__name__)


class ConfigWatch:
    """Compares the config that the daemon has with what its files are now."""

    def __init__(self, config: Config, config_dir: str, read: Callable[[], Config]) -> None:
        """Take the config that the daemon has; `read` returns that of the files as they are now."""
        self._config = config
        self._config_dir = config_dir
        self._read = read
        self._seen = self._files()

    def is_touched(self) -> bool:
        """Return whether mesharr.yml or secrets.yml was written since this was asked last."""
        before, self._seen = self._seen, self._files()
        return before != self._seen

    def is_to_be_taken(self) -> bool:
        """Return whether the daemon can start again with another config.

        What is wrong with it is logged, and what only a restart by the user changes.
        """
        try:
            found = self._read()
        except MesharrError as error:
            why = str(error).replace("\n", "; ")  # a line for each problem
            log.error(
                "%s has changed and cannot be used; the settings stay as they were: %s", CONFIG_NAME, why
            )
            return False
        changed = changed_settings(self._config, found)
        lasting = [name for name in changed if name in {"node", "store.path"}]
        if lasting:
            names = " and ".join(lasting)
            log.error("%s has another %s: restart mesharr, if that is meant", CONFIG_NAME, names)
            return False
        if not changed:
            log.info("the settings in %s are the same", CONFIG_NAME)
            return False
        log.info("%s has changed (%s): starting again with it", CONFIG_NAME, ", ".join(changed))
        return True

    def _files(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(_stamp(os.path.join(self._config_dir, name)) for name in (CONFIG_NAME, SECRETS_NAME))


def changed_settings(before: Config, after: Config) -> tuple[str, ...]:
    """Return the names of the sections that differ; of `store` those of its settings."""
    store = (f"store.{name}" for name in _different(before.store, after.store))
    return tuple(name for name in (*_different(before, after), *store) if name != "store")


def _different(before: Settings, after: Settings) -> list[str]:
    """Return the names of the settings that differ."""
    return [each.name for each in fields(before) if getattr(before, each.name) != getattr(after, each.name)]


def _stamp(path: str) -> tuple[int, int] | None:
    """Return what changes when a file is written or replaced, None without a file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino

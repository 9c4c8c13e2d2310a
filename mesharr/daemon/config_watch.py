"""Decide whether a config that changed while the daemon runs is taken over."""

import logging
import os
from collections.abc import Mapping

from mesharr.config import CONFIG_NAME, Config, load_config
from mesharr.core.errors import MesharrError
from mesharr.settings.document import SECRETS_NAME

log = logging.getLogger(__name__)


class ConfigWatch:
    """Compares the config that the daemon has with what its files are now."""

    def __init__(self, config: Config, config_dir: str, environ: Mapping[str, str]) -> None:
        self._config = config
        self._config_dir = config_dir
        self._environ = environ
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
            found = load_config(self._config_dir, self._environ, open_notifiers=True)
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
    changed = [name for name in Config.model_fields if getattr(before, name) != getattr(after, name)]
    store = [
        f"store.{name}"
        for name in type(before.store).model_fields
        if getattr(before.store, name) != getattr(after.store, name)
    ]
    return tuple(name for name in (*changed, *store) if name != "store")


def _stamp(path: str) -> tuple[int, int] | None:
    """Return what changes when a file is written or replaced, None without a file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino

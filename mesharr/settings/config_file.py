"""Name mesharr.yml, read its text, say what is wrong with it, bring an older one up to date."""

import os
from collections.abc import Callable, Sequence
from typing import Any, Final

from mesharr.core.errors import Misconfigured

CONFIG_NAME = "mesharr.yml"
SECRETS_NAME = "secrets.yml"
Step = Callable[[dict[str, Any]], dict[str, Any]]
"""Returns the settings of one version in the form of the next; of what it is given nothing is changed."""
STEPS: Final[tuple[Step, ...]] = ()
"""The step from version 1 to 2, from 2 to 3, and so on."""


class ConfigError(Misconfigured):
    """The config cannot be used; `problems` has a line for each thing that is wrong."""

    def __init__(self, problems: tuple[str, ...], fix: str = "") -> None:
        super().__init__("\n".join(problems), fix)
        self.problems = problems


def no_config(config_dir: str) -> ConfigError:
    """Return the error for a directory without a config."""
    return ConfigError((f"no {CONFIG_NAME} in {config_dir}",), "create one with: mesharr init")


def read_config_text(config_dir: str) -> str:
    """Return the text of mesharr.yml; raise `ConfigError` when it is missing or cannot be read."""
    path = os.path.join(config_dir, CONFIG_NAME)
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except FileNotFoundError as error:
        raise no_config(config_dir) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigError((f"{path} cannot be read ({reason})",)) from error


def up_to_date(tree: dict[str, Any], steps: Sequence[Step] = STEPS) -> tuple[dict[str, Any], str]:
    """Return the settings of any version in the newest form, and what is wrong with `version`.

    Of a newer version, or one that is none, nothing can be said but that.
    """
    newest = 1 + len(steps)
    version = tree.get("version", 1)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        return tree, f"must be a number from 1 to {newest}"
    if version > newest:
        return tree, f"is newer than this mesharr, which knows versions up to {newest}: update mesharr"
    for step in steps[version - 1 :]:
        tree = step(tree)
    return {**tree, "version": newest}, ""

"""Name mesharr.yml, read its text, and say what is wrong with it."""

import os

from mesharr.core.errors import Misconfigured

CONFIG_NAME = "mesharr.yml"


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

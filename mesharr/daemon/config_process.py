"""Have the config checked by a process of its own, which ends.

What checks a config is pydantic, which takes 10 MiB as long as a process lasts. The daemon has no use for it
afterwards: what it is given are dataclasses.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

import mesharr
from mesharr.core.errors import Unavailable
from mesharr.settings.config_file import CONFIG_NAME, ConfigError
from mesharr.settings.models import Config

_OPEN_NOTIFIERS: Final = "--open-notifiers"
_PROGRAM: Final = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from mesharr.daemon.config_process import main; main(*sys.argv[2:])"
)


def checked_config(config_dir: str, environ: Mapping[str, str], *, open_notifiers: bool = False) -> Config:
    """Return the config in `config_dir`, overridden by `environ`, as `load_config` does.

    Raises:
        ConfigError: it is missing or wrong.
        Unavailable: it could not be checked; the process has said why.

    """
    root = os.path.dirname(os.path.dirname(os.path.abspath(mesharr.__file__)))
    options = [_OPEN_NOTIFIERS] if open_notifiers else []
    done = subprocess.run(  # noqa: S603 - our own module, no shell
        [sys.executable, "-P", "-c", _PROGRAM, root, config_dir, *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=environ,
        check=False,
    )
    if done.returncode:
        raise Unavailable(f"{CONFIG_NAME} could not be checked: the process ended with {done.returncode}")
    found = pickle.loads(done.stdout)  # noqa: S301 - it comes from our own process
    if isinstance(found, Config):
        return found
    raise ConfigError(*found)


def main(config_dir: str, option: str = "") -> None:
    """Write the config of this process's environment to stdout, or what is wrong with it."""
    from mesharr.config import load_config  # noqa: PLC0415 - in this process alone

    answer, sys.stdout = sys.stdout, sys.stderr  # a library that prints must not write into the answer
    found: Config | tuple[tuple[str, ...], str]
    try:
        found = load_config(config_dir, os.environ, open_notifiers=option == _OPEN_NOTIFIERS)
    except ConfigError as error:
        found = error.problems, error.fix
    answer.buffer.write(pickle.dumps(found))

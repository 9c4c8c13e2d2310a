"""Keep what reading commands need of a valid config, so that none checks it again.

To check mesharr.yml costs more than everything else that `mesharr status` does. So the first command that
finds it valid writes its outline to a file beside it, with a digest of all that the config was made of: as
long as that is the same, the outline is used instead. It holds no secret. A certificate that vanished since
is found by who uses it.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterable, Mapping

import msgspec

import mesharr
from mesharr.core.errors import MesharrError
from mesharr.settings.config_file import read_config_text

OUTLINE_NAME = "mesharr.outline"
PREFIX = "MESHARR__"
"""How the environment variables begin that override the config."""
FILE_SUFFIX = "__FILE"
"""How those of them end whose value is in a file."""


class LibraryOutline(msgspec.Struct, frozen=True):
    """The folders of one library, as `LibrarySettings` has them."""

    path: str
    cloud: str
    local: str
    """Its local branch, "" for none."""


class Outline(msgspec.Struct, frozen=True):
    """What reading commands need of a config."""

    node: str
    """The name of this node."""
    store: str
    """The path of the store."""
    libraries: Mapping[str, LibraryOutline]
    many_removals: int
    """The limit `policy.holds.removals`."""


class Origins(msgspec.Struct, frozen=True):
    """What a config was made of, beside mesharr.yml and the overrides."""

    variables: tuple[str, ...] = ()
    """Environment variables that its tags name."""
    files: tuple[str, ...] = ()
    """Files that its tags name, with secrets.yml where one does."""


class _Kept(msgspec.Struct, frozen=True):
    """The content of the file."""

    version: str
    origins: Origins
    digest: str
    outline: Outline


def kept_outline(config_dir: str, environ: Mapping[str, str]) -> Outline | None:
    """Return the outline of the config as it is now; None unless that was kept."""
    try:
        with open(os.path.join(config_dir, OUTLINE_NAME), "rb") as file:
            kept = msgspec.json.decode(file.read(), type=_Kept)
    except (OSError, msgspec.MsgspecError):
        return None
    try:
        digest = _digest(read_config_text(config_dir), environ, kept.origins)
    except MesharrError:
        return None
    return kept.outline if (kept.version, kept.digest) == (mesharr.__version__, digest) else None


def keep_outline(
    config_dir: str, text: str, environ: Mapping[str, str], origins: Origins, outline: Outline
) -> None:
    """Write the outline of a valid config.

    The config was made of `text`: the file may have another one by now. Where it is impossible to write, the
    config is checked each time.
    """
    digest = _digest(text, environ, origins)
    content = msgspec.json.encode(_Kept(mesharr.__version__, origins, digest, outline))
    path = os.path.join(config_dir, OUTLINE_NAME)
    fresh = f"{path}.{os.getpid()}"
    with contextlib.suppress(OSError):
        try:
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)
            os.replace(fresh, path)
        except OSError:
            os.unlink(fresh)


def _digest(text: str, environ: Mapping[str, str], origins: Origins) -> str:
    """Return a digest of everything that decides what the config is."""
    overrides = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    files = [*origins.files, *(overrides[name] for name in sorted(overrides) if name.endswith(FILE_SUFFIX))]
    named = {name: environ.get(name) for name in origins.variables}
    content = msgspec.json.encode([text, overrides, named, list(_contents(files))], order="sorted")
    return hashlib.sha256(content).hexdigest()


def _contents(paths: Iterable[str]) -> Iterable[bytes | None]:
    for path in paths:
        try:
            with open(path, "rb") as file:
                yield file.read()
        except OSError:
            yield None

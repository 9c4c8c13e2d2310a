"""Collect the secrets of a config, to keep them out of the log."""

from collections.abc import Iterator

from pydantic import BaseModel, SecretStr

from mesharr.settings.models import Config


def secrets_of(config: Config) -> tuple[str, ...]:
    """Return the text of every secret in the config, at any depth."""
    return tuple(dict.fromkeys(_secrets(config)))


def _secrets(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _secrets(getattr(value, name))
    elif isinstance(value, dict):
        for entry in value.values():
            yield from _secrets(entry)
    elif isinstance(value, tuple | list):
        for entry in value:
            yield from _secrets(entry)

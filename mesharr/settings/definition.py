"""Define settings: frozen dataclasses, which need pydantic only to be checked.

Pydantic takes a dataclass with what stands in `metadata` and in `Annotated`. Only `mesharr.config`, which
checks a config, imports it: the daemon is given a checked one, and has no use for pydantic's 10 MiB.
"""

from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Annotated, Any, ClassVar, Final, dataclass_transform

from mesharr.core.secrets import secrets_in_url


def setting(*, description: str, default: Any = MISSING, default_factory: Any = MISSING, **more: Any) -> Any:
    """Declare a setting with what editors show of it.

    `more` are bounds as pydantic names them (`ge`, `pattern`). A default that may change is copied for each.
    """
    if isinstance(default, dict):
        more["json_schema_extra"] = {"default": default}
        default, default_factory = MISSING, default.copy
    metadata = {"description": description, **more}
    if default_factory is not MISSING:
        return field(default_factory=default_factory, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(setting,))
class Settings:
    """Base of all settings: unknown keys are errors, and values never change."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    __pydantic_config__: ClassVar = {"extra": "forbid", "hide_input_in_errors": True}

    def __init_subclass__(cls) -> None:
        """Make a dataclass of each."""
        dataclass(frozen=True, kw_only=True)(cls)


class Secret:
    """A text that is not shown.

    `get_secret_value` is called where a request is made, and nowhere else.
    """

    __slots__ = ("_text",)
    _SHOWN: Final = "**********"

    def __init__(self, text: str) -> None:
        self._text = text

    def __eq__(self, other: object) -> bool:
        """Compare the texts."""
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        """Return the hash of the text."""
        return hash(self._text)

    def __str__(self) -> str:
        """Return stars, or "" for an empty text."""
        return self._SHOWN if self._text else ""

    def __repr__(self) -> str:
        """Return stars, too: tracebacks and logs show values by it."""
        return f"Secret('{self}')"

    def get_secret_value(self) -> str:
        """Return the text."""
        return self._text

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        """Read it as a text, and write stars."""
        from pydantic_core import core_schema as schema  # noqa: PLC0415 - the daemon does without

        return schema.no_info_after_validator_function(
            cls,
            schema.str_schema(),
            serialization=schema.plain_serializer_function_ser_schema(str, when_used="json"),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: Any, _handler: Any) -> dict[str, Any]:
        """Return what an editor is told."""
        return {"type": "string", "format": "password", "writeOnly": True}


@dataclass(frozen=True)
class Checked:
    """A mark of a type in `Annotated` whose values are what a function makes of them."""

    check: Callable[[Any], Any]
    """Returns the value, or refuses it by `ValueError`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        """Check after what the type itself demands."""
        from pydantic_core import core_schema as schema  # noqa: PLC0415 - the daemon does without

        return schema.no_info_after_validator_function(self.check, handler(source))


@dataclass(frozen=True)
class Written:
    """A mark of a type in `Annotated` whose values are written as a text of their own form."""

    parse: Callable[[object], Any]
    """Returns the value of a text, or refuses it by `ValueError`."""
    text: Callable[[Any], str] | None = None
    """Returns the text of a value; None where that is the value."""
    form: str = ""
    """The pattern of the text, for editors."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        """Parse before what the type itself demands."""
        from pydantic_core import core_schema as schema  # noqa: PLC0415 - the daemon does without

        parsed = schema.no_info_before_validator_function(self.parse, handler(source))
        if self.text:
            parsed["serialization"] = schema.plain_serializer_function_ser_schema(self.text)
        return parsed

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> Any:
        """Return the form of the text."""
        if not self.text:
            return handler(core)
        return {"type": "string", "pattern": self.form} if self.form else {"type": "string"}


@dataclass(frozen=True)
class Shown:
    """A mark of a type in `Annotated` of which not all is shown."""

    show: Callable[[Any], str]

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        """Leave the value as it is, and write what is shown."""
        from pydantic_core import core_schema as schema  # noqa: PLC0415 - the daemon does without

        shown = handler(source)
        shown["serialization"] = schema.plain_serializer_function_ser_schema(self.show, when_used="json")
        return shown


def _not_empty(secret: Secret) -> Secret:
    if not secret.get_secret_value().strip():
        raise ValueError("is empty")
    return secret


FilledSecret = Annotated[Secret, Checked(_not_empty)]
"""A secret that is not empty."""


def secrets_of(value: object) -> tuple[str, ...]:
    """Return every secret in settings, at any depth; of a URL also the password alone."""
    return tuple(dict.fromkeys(_secrets(value)))


def _secrets(value: object) -> Iterator[str]:
    if isinstance(value, Secret):
        yield value.get_secret_value()
        yield from secrets_in_url(value.get_secret_value())
    elif isinstance(value, str):
        yield from secrets_in_url(value)
    elif isinstance(value, Settings):
        for each in fields(value):
            yield from _secrets(getattr(value, each.name))
    elif isinstance(value, dict):
        for entry in value.values():
            yield from _secrets(entry)
    elif isinstance(value, tuple | list):
        for entry in value:
            yield from _secrets(entry)

"""Say what pydantic found wrong with settings: the place, and what is expected there."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import fields
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mesharr.core.text import printable
from mesharr.settings.definition import Settings
from mesharr.settings.document import Place, Problem

# no errors of their own: the default could not be computed because of another error
_ECHOES = {"default_factory_not_called"}
_SAID = {
    "missing": "is missing",
    "string_type": "must be text: put it in quotes",
    "dataclass_type": "must be a group of keys",
    "dict_type": "must be a group of keys",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
}


def shape_problems(error: ValidationError, model: type[Settings], above: Place = ()) -> list[Problem]:
    """Return the problems that pydantic found, at places below `above`.

    Of a setting that takes one of some words the wrong word is named; no other value is, as it may be secret.
    """
    return [
        _shape_problem(found["type"], found["loc"], _message_of(found), model, above)
        for found in error.errors(include_url=False, include_context=False)
        if found["type"] not in _ECHOES
    ]


def _shape_problem(kind: str, loc: Place, message: str, model: type[Settings], above: Place) -> Problem:
    if kind == "unexpected_keyword_argument":
        known = _keys_at(model, loc[:-1])
        return Problem((*above, *loc[:-1]), _unknown(str(loc[-1]), known), key=str(loc[-1]))
    place = tuple(part for part in loc if part != "[key]")
    said = _SAID.get(kind) or message.removeprefix("Value error, ")
    return Problem((*above, *place), said[:1].lower() + said[1:])


def _unknown(key: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(key.lower(), sorted(known), 1, 0.5)
    hint = f"did you mean {near[0]!r}?" if near else "known: " + ", ".join(sorted(known))
    return f"unknown key {key!r} ({hint})"


def _message_of(found: ErrorDetails) -> str:
    """Return what pydantic says; of a word that is none of its list, that word and the nearest."""
    word, message = found["input"], found["msg"]
    known = re.findall(r"'([^']*)'", message)
    if found["type"] != "literal_error" or not isinstance(word, str) or not known:
        return message
    near = difflib.get_close_matches(word.lower(), known, 1)
    hint = f"did you mean {near[0]!r}?" if near else "known: " + ", ".join(known)
    return f"unknown word {printable(word, 40)!r} ({hint})"


def _keys_at(model: type[Settings], place: Place) -> tuple[str, ...]:
    """Return the keys that settings allow at a place below it."""
    at: Any = model
    for part in place:
        if _is_settings(at):
            at = next((each.type for each in fields(at) if each.name == part), None)
        else:
            at = _settings_in(at)  # a name or an index inside a dict or a tuple
    at = _settings_in(at)
    return tuple(each.name for each in fields(at)) if _is_settings(at) else ()


def _is_settings(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Settings)


def _settings_in(annotation: Any) -> Any:
    """Return the settings in an annotation such as `dict[str, Settings]`; None without any."""
    if _is_settings(annotation):
        return annotation
    return next((found for part in get_args(annotation) if (found := _settings_in(part)) is not None), None)

"""What an arr says by itself: the bytes of a webhook, the variables of a custom script."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from mesharr.arr.api import NOT_JSON, Said
from mesharr.arr.base import NoSignal


def event_of(said: bytes | Mapping[str, Any], known: frozenset[str], shape: Any) -> Any:
    """Return a webhook's body, or a script's variables in the form of one, as a `shape`.

    None for an event that is not in `known`. Raises `NoSignal` when there is no event type, or the
    event lacks what its shape needs. Numbers may be text in a mapping, not in bytes.
    """
    try:
        payload = msgspec.json.decode(said) if isinstance(said, bytes) else said
        if msgspec.convert(payload, _Head).event_type not in known:
            return None
        return msgspec.convert(payload, shape, strict=isinstance(said, bytes))
    except NOT_JSON as error:
        raise NoSignal(f"not an event of this arr: {error}") from error


class Script:
    """The variables an arr sets for a script, by name: without the prefix, lower case.

    An empty variable is what the arr does not know: it is left out. Lists are joined with `|`, which
    is not escaped in their parts.
    """

    def __init__(self, env: Mapping[str, str], prefix: str) -> None:
        lower = {name.lower(): value for name, value in env.items() if value}
        self._said = {
            name.removeprefix(prefix): value for name, value in lower.items() if name.startswith(prefix)
        }

    def get(self, name: str) -> str | None:
        """Return a variable, None when there is none."""
        return self._said.get(name)

    def parts(self, name: str) -> list[str]:
        """Return the parts of a list, [] when there is none."""
        return self._said[name].split("|") if name in self._said else []

    def renamed(self, before: str, after: str) -> list[dict[str, str]] | None:
        """Return two lists of paths in the form of a webhook, None when one is lacking.

        Of different lengths, they have a `|` in a path: no pair is sure, so none is returned. The
        item is looked at all the same.
        """
        old, new = self.parts(before), self.parts(after)
        if not old or not new:
            return None
        if len(old) != len(new):
            return []
        return [{"previousPath": was, "path": now} for was, now in zip(old, new, strict=True)]


class _Head(Said, frozen=True):
    event_type: Annotated[str, msgspec.Meta(min_length=1)]

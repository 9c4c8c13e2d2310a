"""Override the config by `MESHARR__SECTION__KEY` in the environment, or `…__FILE`.

The parts between the double underscores are keys, in any case; an underscore also finds a key with
a dash (`MESHARR__LIBRARIES__TV_4K__ROOT`). A number is a place in a list. A value that begins with
`[` or `{` is read as YAML.
"""

from collections.abc import Mapping

import yaml

from mesharr.settings.document import Place, Problem, Value
from mesharr.settings.outline import FILE_SUFFIX, PREFIX

# names that users choose have dashes and no underscores; mesharr's own keys the other way round
_NAMED = {"apps", "libraries"}


class Overrides:
    """The overrides of one environment."""

    def __init__(self) -> None:
        self.names: dict[Place, str] = {}
        """The variable that set each place."""
        self.problems: list[Problem] = []
        """What was wrong with variables."""

    def apply(self, tree: Value, environ: Mapping[str, str]) -> Value:
        """Return a copy of `tree` with every override of `environ` in it."""
        names = sorted(name for name in environ if name.startswith(PREFIX))
        files = [name for name in names if name.endswith(FILE_SUFFIX)]
        for name in names:
            if name not in files and name + FILE_SUFFIX not in environ:
                tree = self._set(tree, name, name, environ[name])
        for name in files:
            content = self._content(name, environ[name])
            if content is not None:
                tree = self._set(tree, name, name.removesuffix(FILE_SUFFIX), content)
        return tree

    def _content(self, name: str, path: str) -> str | None:
        try:
            with open(path, encoding="utf-8") as stream:
                return stream.read().strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            self.problems.append(Problem((), f"{name}: {path} cannot be read ({reason})"))
            return None

    def _set(self, tree: Value, name: str, address: str, text: str) -> Value:
        parts = [part for part in address.removeprefix(PREFIX).split("__") if part]
        place, changed = _put(tree, (), parts, _read(text))
        if place is None:
            self.problems.append(Problem((), f"{name} does not match any setting"))
            return tree
        self.names[place] = name
        return changed


def _put(tree: Value, above: Place, parts: list[str], value: Value) -> tuple[Place | None, Value]:
    """Return (the place that was set, the changed copy); no place when the parts lead nowhere."""
    if not parts:
        return (above, value) if above else (None, tree)
    if isinstance(tree, list) or (tree is None and parts[0].isdecimal()):
        return _put_in_list(tree if isinstance(tree, list) else [], above, parts, value)
    if tree is not None and not isinstance(tree, dict):
        return None, tree
    entries = tree or {}
    key = _key(entries, above, parts[0])
    place, changed = _put(entries.get(key), (*above, key), parts[1:], value)
    return place, {**entries, key: changed}


def _put_in_list(
    entries: list[Value], above: Place, parts: list[str], value: Value
) -> tuple[Place | None, Value]:
    index = int(parts[0]) if parts[0].isdecimal() else -1
    if not 0 <= index <= len(entries):
        return None, entries
    grown = [*entries, None] if index == len(entries) else list(entries)
    place, grown[index] = _put(grown[index], (*above, index), parts[1:], value)
    return place, grown


def _key(entries: Mapping[str, Value], above: Place, part: str) -> str:
    wanted = part.lower().replace("-", "_")
    for key in entries:
        if key.lower().replace("-", "_") == wanted:
            return key
    return wanted.replace("_", "-") if above and above[-1] in _NAMED and len(above) == 1 else part.lower()


def _read(text: str) -> Value:
    if not text.lstrip().startswith(("[", "{")):
        return text
    try:
        found: Value = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes only text
    except yaml.YAMLError:
        return text
    return found

"""Read mesharr.yml into a tree of plain values, with the line of every key.

The tags `!env_var NAME [default]`, `!secret NAME` and `!file PATH` are replaced by what they name
while the tree is built. Only `true` and `false` are booleans and only decimal numbers are numbers,
so that `on:`, `off`, `01:00` and `2026-01-01` stay the words they are.
"""

import os
import re
from collections.abc import Callable, Mapping

import msgspec
import yaml

from mesharr.settings.config_file import SECRETS_NAME
from mesharr.settings.outline import Origins

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]
Place = tuple[str | int, ...]


class Problem(msgspec.Struct, frozen=True):
    """Something that is wrong in the tree."""

    place: Place
    """Where it is wrong."""
    text: str
    """What is wrong."""
    line: int = 0
    """The line in the file; 0 for the line of the key, of the place, or of the nearest place above."""
    key: str = ""
    """The key at that place that is wrong; "" when it is the value."""


class Document(msgspec.Struct, frozen=True):
    """The content of a config file."""

    tree: Value
    """Its values; None when it is not YAML."""
    lines: Mapping[Place, int]
    """The line of each place."""
    problems: tuple[Problem, ...]
    """What is wrong with its form and its tags."""
    origins: Origins = Origins()
    """What its tags name."""


class Sources(msgspec.Struct, frozen=True):
    """Where the values of tags come from."""

    directory: str
    """The directory of secrets.yml, to which paths are relative."""
    environ: Mapping[str, str]
    """The environment variables."""


class _Loader(yaml.SafeLoader):
    """YAML with the scalars of version 1.2 alone."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - yaml's own name


_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(~|null|)$"), ["~", "n", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), ["t", "f"])
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(0|[1-9][0-9]{0,17})$"), list("-+0123456789")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+\.[0-9]+$"), list("-+0123456789")
)


def read_document(text: str, sources: Sources) -> Document:
    """Parse a config file; what is wrong with it is in `problems`, never raised."""
    builder = _Builder(sources)
    try:
        node = _composed(text)
        tree = {} if node is None else builder.value(node, ())
    except yaml.YAMLError as error:
        return Document(None, {}, (_syntax_problem(error),))
    return Document(tree, builder.lines, tuple(builder.problems), builder.origins())


def _composed(text: str) -> yaml.Node | None:
    loader = _Loader(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
    finally:
        loader.dispose()
    return node


def _syntax_problem(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    words = getattr(error, "problem", None) or "cannot be read"
    return Problem((), f"not YAML: {words}", mark.line + 1 if mark else 0)


class _Builder:
    """Converts YAML nodes into values, and collects lines and problems."""

    def __init__(self, sources: Sources) -> None:
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self._sources = sources
        self._variables: set[str] = set()
        self._files: set[str] = set()
        self._open: set[int] = set()
        self._secrets: Value = None
        self._tags: dict[str, Callable[[str], Value]] = {
            "!env_var": self._env_var,
            "!secret": self._secret,
            "!file": self._file,
        }

    def origins(self) -> Origins:
        """Return what the tags named so far."""
        return Origins(tuple(sorted(self._variables)), tuple(sorted(self._files)))

    def value(self, node: yaml.Node, place: Place) -> Value:
        """Return the value of a node at a place; a broken part is None and a problem."""
        self.lines.setdefault(place, node.start_mark.line + 1)
        if id(node) in self._open:
            self._wrong(place, "an alias that contains itself", node)
            return None
        self._open.add(id(node))
        try:
            return self._value(node, place)
        finally:
            self._open.discard(id(node))

    def _value(self, node: yaml.Node, place: Place) -> Value:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(entry, (*place, index)) for index, entry in enumerate(node.value)]
        return self._scalar(node, place)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._wrong(place, "a key must be one word", key_node)
                continue
            key = str(key_node.value)
            at = (*place, key)
            if key in found:
                first = self.lines[at]
                self._wrong(place, f"the key {key!r} is given twice (first: line {first})", key_node)
                continue
            self.lines[at] = key_node.start_mark.line + 1
            found[key] = self.value(value_node, at)
        return found

    def _scalar(self, node: yaml.Node, place: Place) -> Value:
        text, tag = str(node.value), str(node.tag)
        try:
            if tag in self._tags:
                return self._tags[tag](text)
            return _plain(text, tag.rpartition(":")[2] if tag.startswith("tag:yaml.org") else tag)
        except _Absent as absent:
            self._wrong(place, str(absent), node)
            return None

    def _wrong(self, place: Place, text: str, node: yaml.Node) -> None:
        self.problems.append(Problem(place, text, node.start_mark.line + 1))

    def _env_var(self, text: str) -> Value:
        name, _, default = text.strip().partition(" ")
        self._variables.add(name)
        if name in self._sources.environ:
            return self._sources.environ[name]
        if not default.strip():
            raise _Absent(f"the environment variable {name} is not set")
        return default.strip()

    def _secret(self, text: str) -> Value:
        name = text.strip()
        if self._secrets is None:
            self._secrets = self._read_secrets()
        found = self._secrets.get(name) if isinstance(self._secrets, dict) else None
        if found is None or isinstance(found, dict | list):
            raise _Absent(f"{SECRETS_NAME} has no {name!r}")
        return found if isinstance(found, str) else str(found)

    def _read_secrets(self) -> Value:
        content = self._content(SECRETS_NAME)
        try:
            node = _composed(content)
        except yaml.YAMLError:
            # the parser's own message may quote a secret
            raise _Absent(f"{SECRETS_NAME} is not YAML") from None
        texts = node.value if isinstance(node, yaml.MappingNode) else []
        return {
            str(key.value): str(entry.value) for key, entry in texts if isinstance(entry, yaml.ScalarNode)
        }

    def _file(self, text: str) -> Value:
        return self._content(text.strip()).strip()

    def _content(self, name: str) -> str:
        path = os.path.join(self._sources.directory, name)
        self._files.add(path)
        return _content(path)


class _Absent(Exception):  # noqa: N818 - it is caught here and never shown as an error
    """The value of a tag is missing, or the tag is unknown."""


def _content(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise _Absent(f"{path} cannot be read ({reason})") from None


def _plain(text: str, kind: str) -> Value:
    if kind == "str":
        return text
    if kind == "null":
        return None
    if kind == "bool":
        return text == "true"
    if kind == "int":
        return int(text)
    if kind == "float":
        return float(text)
    raise _Absent(f"the tag {kind} is none of !env_var, !secret and !file")

"""Read mesharr.yml, check it as a whole, and return it as one frozen value.

Everything that is wrong with the file is reported at once, each with its line:
`mesharr.yml:12: libraries.movies: unknown key 'rooot' (did you mean 'root'?)`.
"""

import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import partial
from typing import Any, TypeVar

import msgspec
from pydantic import TypeAdapter, ValidationError
from pydantic.json_schema import GenerateJsonSchema

from mesharr import arr, notify, scanners
from mesharr.core.errors import Refused
from mesharr.core.secrets import Scrubber
from mesharr.notify.base import NotifierKind, NotifierSettings
from mesharr.scanners.base import ScannerKind
from mesharr.settings.checks import cross_problems
from mesharr.settings.config_file import CONFIG_NAME, ConfigError, no_config, read_config_text, up_to_date
from mesharr.settings.definition import Settings, secrets_of
from mesharr.settings.document import Document, Place, Problem, Sources, Value, read_document
from mesharr.settings.models import Config
from mesharr.settings.outline import LibraryOutline, Origins, Outline, keep_outline
from mesharr.settings.overrides import Overrides
from mesharr.settings.shape import shape_problems

__all__ = [
    "CONFIG_NAME",
    "Config",
    "ConfigError",
    "Kinds",
    "config_schema",
    "known_kinds",
    "load_config",
    "load_outline",
    "no_config",
    "outline_of",
    "parse_config",
    "schema_text",
    "secrets_of",
    "shown_config",
    "validated",
]

S = TypeVar("S", bound=Settings)
_ADAPTERS: dict[type[Settings], TypeAdapter[Any]] = {}
"""By `_adapter`: to make one takes longer than to check a config by it."""


class Kinds(msgspec.Struct, frozen=True):
    """What `kind:` may name."""

    arrs: frozenset[str]
    """Names of the kinds of `apps:`."""
    scanners: Mapping[str, ScannerKind]
    """Kinds of `scanners:` by name, each with the model of its settings."""
    notifiers: Mapping[str, NotifierKind]
    """Kinds of `notify:` by name, each with the model of its settings."""


def known_kinds() -> Kinds:
    """Return the kinds of the adapters that are installed."""
    return Kinds(frozenset(arr.kinds()), scanners.kinds(), notify.kinds())


def load_config(config_dir: str, environ: Mapping[str, str], *, open_notifiers: bool = False) -> Config:
    """Return the config in `config_dir`, overridden by `environ`.

    With `open_notifiers`, an entry of `notify:` that its program refuses is wrong, too; to load such programs
    takes a moment.

    Raises:
        ConfigError: it is missing or wrong; the error has a line for each problem.

    """
    text = read_config_text(config_dir)
    return _loaded(text, config_dir, environ, open_notifiers=open_notifiers)[0]


def load_outline(config_dir: str, environ: Mapping[str, str]) -> Outline:
    """Return and keep what reading commands need of the config in `config_dir`.

    Raises:
        ConfigError: as `load_config`.

    """
    text = read_config_text(config_dir)
    config, origins = _loaded(text, config_dir, environ)
    outline = outline_of(config)
    keep_outline(config_dir, text, environ, origins, outline)
    return outline


def outline_of(config: Config) -> Outline:
    """Return what reading commands need of a config."""
    return Outline(
        node=config.node,
        store=config.store.path,
        libraries={
            name: LibraryOutline(path=each.path, cloud=each.cloud, local=each.local or "")
            for name, each in config.libraries.items()
        },
        many_removals=config.policy.holds.removals,
    )


def _loaded(
    text: str, config_dir: str, environ: Mapping[str, str], *, open_notifiers: bool = False
) -> tuple[Config, Origins]:
    """Return the checked config, and what it was made of."""
    document = read_document(text, Sources(config_dir, environ))
    if document.tree is None and document.problems:
        raise ConfigError(tuple(_line_of(problem, CONFIG_NAME, {}, {}) for problem in document.problems))
    config = _checked(document, environ, CONFIG_NAME, known_kinds(), open_notifiers=open_notifiers)
    return config, document.origins


def parse_config(mapping: Mapping[str, Any], source: str, kinds: Kinds | None = None) -> Config:
    """Return the config of a mapping with the keys of mesharr.yml; errors begin with `source`."""
    return _checked(Document(_plain(mapping), {}, ()), {}, source, kinds or known_kinds())


def config_schema(kinds: Kinds | None = None) -> dict[str, Any]:
    """Return the JSON schema of mesharr.yml, with every kind of scanner and notifier."""
    schema, known = _schema_of(Config), kinds or known_kinds()
    for section, models, base in (
        ("scanners", {name: kind.settings for name, kind in known.scanners.items()}, "ScannerSettings"),
        ("notify", {name: kind.settings for name, kind in known.notifiers.items()}, "NotifierSettings"),
    ):
        entries = []
        for name, model in sorted(models.items()):
            entry = _schema_of(model)
            schema["$defs"].update(entry.pop("$defs", {}))
            entry["properties"]["kind"] = {"const": name, "type": "string"}
            entries.append(entry)
        if entries:
            schema["properties"][section]["items"] = {"anyOf": entries}
        schema["$defs"].pop(base, None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


class _SchemaOfSettings(GenerateJsonSchema):
    """Says of settings what pydantic says of models of its own."""

    def dataclass_schema(self, schema: Any) -> dict[str, Any]:
        """Return the schema of settings, with their docstring."""
        return {**super().dataclass_schema(schema), "description": inspect.cleandoc(schema["cls"].__doc__)}

    def encode_default(self, dft: Any) -> Any:
        """Return a default as it is written in mesharr.yml."""
        return super().encode_default(_dumped(dft) if isinstance(dft, Settings) else dft)


def _schema_of(settings: type[Settings]) -> dict[str, Any]:
    return _adapter(settings).json_schema(schema_generator=_SchemaOfSettings)


def schema_text() -> str:
    """Return the JSON schema of mesharr.yml as the file that editors read."""
    return json.dumps(config_schema(), indent=2, ensure_ascii=False) + "\n"


def shown_config(config: Config) -> dict[str, Any]:
    """Return the config as plain values, with every secret masked, also in URLs."""
    shown = _dumped(config, exclude_none=True)
    # by the settings of their kinds: pydantic knows only what all kinds have
    shown["scanners"] = [_dumped(each, exclude_none=True) for each in config.scanners]
    shown["notify"] = [_dumped(each, exclude_none=True) for each in config.notify]
    return {key: _masked(entry) for key, entry in shown.items()}


def _dumped(settings: Settings, *, exclude_none: bool = False) -> dict[str, Any]:
    """Return settings as plain values, as they are written."""
    adapter = _adapter(type(settings))
    found: dict[str, Any] = adapter.dump_python(settings, mode="json", exclude_none=exclude_none)
    return found


def validated(settings: type[S], entry: object) -> S:
    """Return an entry as settings; raise `pydantic.ValidationError` unless it has their form."""
    found: S = _adapter(settings).validate_python(entry)
    return found


def _adapter(settings: type[Settings]) -> TypeAdapter[Any]:
    """Return what checks the settings of a class, and writes them as plain values."""
    if settings not in _ADAPTERS:
        _ADAPTERS[settings] = TypeAdapter(settings)
    return _ADAPTERS[settings]


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _masked(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_masked(entry) for entry in value]
    return Scrubber(()).scrub(value) if isinstance(value, str) else value


def _plain(value: Any) -> Value:
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    assert value is None or isinstance(value, str | int | float)
    return value


def _checked(
    document: Document, environ: Mapping[str, str], source: str, kinds: Kinds, *, open_notifiers: bool = False
) -> Config:
    overrides = Overrides()
    if isinstance(document.tree, str | list):
        environ = {}  # the file itself is wrong: there is nothing to override
    written = document.tree
    if isinstance(written, dict):
        written, why = up_to_date(written)
        if why:  # what its other keys mean is not known
            problem = Problem(("version",), why)
            raise ConfigError(_sorted_lines((problem,), source, document.lines, {}))
    tree = _with_kinds(_without_empty(overrides.apply(written, environ)))
    spoilt = [problem for problem in document.problems if problem.place not in overrides.names]
    problems = [*spoilt, *overrides.problems]
    places = {problem.place for problem in spoilt}
    default = next((name for name, kind in kinds.notifiers.items() if kind.default), "")
    scanner_models = {name: kind.settings for name, kind in kinds.scanners.items()}
    notifier_models = {name: kind.settings for name, kind in kinds.notifiers.items()}
    scanners, scanner_problems = _entries(tree, "scanners", "scanner", scanner_models)
    refusal = partial(_refusal, kinds) if open_notifiers else None
    notifiers, notifier_problems = _entries(tree, "notify", "notifier", notifier_models, default, refusal)
    problems += [
        problem for problem in (*scanner_problems, *notifier_problems) if problem.place not in places
    ]
    config: Config | None = None
    try:
        config = validated(
            Config, {**tree, "scanners": scanners, "notify": notifiers} if isinstance(tree, dict) else tree
        )
    except ValidationError as error:
        problems += [found for found in shape_problems(error, Config) if found.place not in places]
    if isinstance(tree, dict):
        problems += cross_problems(tree, kinds.arrs)
    if problems or config is None:
        raise ConfigError(_sorted_lines(problems, source, document.lines, overrides.names))
    return config


def _without_empty(tree: Value) -> Value:
    """Leave out the sections that are empty because everything in them is commented out."""
    if not isinstance(tree, dict):
        return tree
    known = {each.name for each in fields(Config)}
    return {key: entry for key, entry in tree.items() if entry is not None or key not in known}


def _with_kinds(tree: Value) -> Value:
    """Fill in the kind of each app that names none: its key."""
    apps = tree.get("apps") if isinstance(tree, dict) else None
    if not isinstance(tree, dict) or not isinstance(apps, dict):
        return tree
    filled: dict[str, Value] = {
        name: {**entry, "kind": entry.get("kind") or name} if isinstance(entry, dict) else entry
        for name, entry in apps.items()
    }
    return {**tree, "apps": filled}


def _entries(
    tree: Value,
    section: str,
    noun: str,
    models: Mapping[str, type[Settings]],
    default: str = "",
    refusal: Callable[[Any], str] | None = None,
) -> tuple[object, list[Problem]]:
    """Return the valid entries of a list, each by the model of its kind, and the problems.

    An entry that names no kind is of the kind `default`. `refusal` returns why an entry cannot work, "" if it
    can.
    """
    entries = tree.get(section) if isinstance(tree, dict) else None
    if not isinstance(entries, list):
        return (() if entries is None else entries), []
    built, problems = [], []
    for index, entry in enumerate(entries):
        place: Place = (section, index)
        model = models.get(str(entry.get("kind", default))) if isinstance(entry, dict) else None
        if model is None:
            known = ", ".join(sorted(models))
            problems.append(Problem((*place, "kind"), f"want a kind of {noun}, one of: {known}"))
            continue
        try:
            built.append(validated(model, entry))
        except ValidationError as error:
            problems += shape_problems(error, model, place)
        else:
            if why := refusal(built[-1]) if refusal else "":
                problems.append(Problem(place, why))
    return tuple(built), problems


def _refusal(kinds: Kinds, settings: NotifierSettings) -> str:
    """Return why a notifier cannot work with its settings, "" when it can."""
    try:
        kinds.notifiers[settings.kind].open(settings)
    except Refused as error:
        return str(error)
    return ""


def _sorted_lines(
    problems: Iterable[Problem], source: str, lines: Mapping[Place, int], names: Mapping[Place, str]
) -> tuple[str, ...]:
    ordered = sorted(problems, key=lambda problem: (_number_of(problem, lines), str(problem.place)))
    return tuple(dict.fromkeys(_line_of(problem, source, lines, names) for problem in ordered))


def _number_of(problem: Problem, lines: Mapping[Place, int]) -> int:
    place = (*problem.place, problem.key)
    while problem.line == 0 and place and place not in lines:
        place = place[:-1]
    return problem.line or (lines.get(place, 0) if place else 0)


def _line_of(problem: Problem, source: str, lines: Mapping[Place, int], names: Mapping[Place, str]) -> str:
    place = (*problem.place, problem.key) if problem.key else problem.place
    override = next((names[at] for at in names if place[: len(at)] == at), "")
    if not override and place and place not in lines:
        override = next((names[at] for at in names if at[: len(place)] == place), "")
    number = _number_of(problem, lines)
    where = override or (f"{source}:{number}" if number else source)
    words = ".".join(str(part) for part in problem.place)
    return f"{where}: {words}: {problem.text}" if words else f"{where}: {problem.text}"

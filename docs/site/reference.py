"""Make the pages of commands and of settings, from the program itself, while the site is built."""

from collections.abc import Iterator, Mapping
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from mesharr.cli.app import build
from mesharr.config import config_schema
from mesharr.settings.formats.value_formats import duration_text

COMMANDS = "commands.md"
SETTINGS = "settings.md"
NONE: Mapping[str, Any] = {}
COMMANDS_HEAD = """\
Each command has `--help`. `--config-dir DIR` before the command names the config dir; `--json` prints the
same for scripts. The exit codes are in the [quick start](quickstart.md#exit-codes)."""
SETTINGS_HEAD = """\
All of `mesharr.yml`. `mesharr config check` names what is wrong, with its line; `mesharr config show` prints
what is in effect. How the environment overrides it is in the [quick start](quickstart.md#the-environment)."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages; MkDocs calls this."""
    files.append(File.generated(config, COMMANDS, content=commands_page()))
    files.append(File.generated(config, SETTINGS, content=settings_page()))
    return files


def commands_page() -> str:
    """Return the page of all commands, as `--help` of each has them."""
    program = typer.main.get_command(build({}))
    parts = [
        "# Commands",
        COMMANDS_HEAD,
        _parameters(program),
    ]
    for path, command in _commands(program, ""):
        usage = " ".join(["mesharr", path, *_usage(command)])
        parts += [f"## {path}", f"```\n{usage}\n```", _text(command.help or ""), _parameters(command)]
    return "\n\n".join(part for part in parts if part) + "\n"


def settings_page() -> str:
    """Return the page of all settings, as the models of mesharr.yml describe them."""
    schema = config_schema()
    parts = [
        "# Settings",
        SETTINGS_HEAD,
    ]
    for name, setting in schema["properties"].items():
        parts += [f"## {name}", _sentence(setting.get("description", ""))]
        parts += list(_section(name, setting, schema["$defs"]))
    return "\n\n".join(part for part in parts if part) + "\n"


def _commands(group: Any, above: str) -> Iterator[tuple[str, Any]]:
    for name, command in sorted(getattr(group, "commands", {}).items()):
        path = f"{above} {name}".strip()
        if not command.hidden:
            yield path, command
            yield from _commands(command, path)


def _usage(command: Any) -> list[str]:
    context = typer.Context(command)
    return [word for part in command.params for word in part.get_usage_pieces(context)] or ["[OPTIONS]"]


def _parameters(command: Any) -> str:
    rows = [
        (_name_of(each), getattr(each, "help", "") or "")
        for each in command.params
        if not getattr(each, "hidden", False)
    ]
    return _table(("", "what it does"), rows)


def _name_of(parameter: Any) -> str:
    metavar = parameter.metavar or ""
    if parameter.param_type_name == "argument":
        return f"`{metavar or (parameter.name or '').upper()}`"
    value = "" if getattr(parameter, "is_flag", False) else f" {metavar or 'VALUE'}"
    return " ".join(f"`{name}{value}`" for name in parameter.opts)


def _section(name: str, setting: Mapping[str, Any], models: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a section has: its own settings, those of each of its entries, or a value."""
    if "items" in setting:
        for entry in setting["items"]["anyOf"]:
            kind = entry["properties"]["kind"]["const"]
            yield f"### {name}: {kind}"
            yield _text(entry.get("description", ""))
            yield from _settings("", entry, models)
    elif "additionalProperties" in setting:
        yield from _settings("NAME.", _model(setting["additionalProperties"], models), models)
    elif "$ref" in setting:
        yield from _settings("", _model(setting, models), models, setting.get("default", {}))


def _settings(
    prefix: str, model: Mapping[str, Any], models: Mapping[str, Any], defaults: Mapping[str, Any] = NONE
) -> Iterator[str]:
    """Yield the table of a model's settings; `defaults` are those that the config file would have."""
    yield _table(("setting", "default", "what it is"), list(_rows(prefix, model, models, defaults)))


def _rows(
    prefix: str, model: Mapping[str, Any], models: Mapping[str, Any], defaults: Mapping[str, Any]
) -> Iterator[tuple[str, ...]]:
    needed = model.get("required", ())
    for name, setting in model["properties"].items():
        if "$ref" in setting and "properties" in _model(setting, models):
            yield from _rows(f"{prefix}{name}.", _model(setting, models), models, defaults.get(name, {}))
            continue
        text = setting.get("description", "")
        if "const" in setting:
            text, default = "", f"`{setting['const']}`"
        else:
            default = "required" if name in needed else _default(defaults.get(name, setting.get("default")))
        choices = setting.get("enum") or setting.get("items", {}).get("enum")
        if choices:
            text = f"{text}: {', '.join(f'`{choice}`' for choice in choices)}"
        yield f"`{prefix}{name}`", default, text


def _model(setting: Mapping[str, Any], models: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = models[setting["$ref"].rpartition("/")[2]]
    return found


def _default(value: Any) -> str:
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, float):
        value = duration_text(value)
    if isinstance(value, list):
        return ", ".join(f"`{each}`" for each in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in lines)


def _text(text: str) -> str:
    return text.replace("\b", "").strip()


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""

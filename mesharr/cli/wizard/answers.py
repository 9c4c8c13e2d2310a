"""What the wizard was answered, and the commented mesharr.yml that it makes of it. Pure."""

import json
import re
from collections.abc import Mapping, Sequence

import msgspec

from mesharr.cli.wizard.places import LibraryPlan, StorePlan


class App(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of `apps:`."""

    name: str
    kind: str
    url: str
    api_key: str
    roots: tuple[str, ...] = ()
    """Its root folders, as it names them."""


class Server(msgspec.Struct, frozen=True):
    """An entry of `scanners:`."""

    kind: str
    url: str
    token: str


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """All that mesharr.yml needs to know of a household."""

    node: str
    store: StorePlan
    apps: tuple[App, ...] = ()
    libraries: tuple[LibraryPlan, ...] = ()
    servers: tuple[Server, ...] = ()
    rclone_config: str = ""
    """The config file of rclone, "" for the usual one."""
    api_key: str
    """The key of the webhooks and the page."""


def config_text(answers: Answers, starter: str) -> str:
    """Return the starter file with these answers in it; its comments and examples stay."""
    sections: dict[str, list[str]] = {
        "store": [_entry("path", answers.store.path), *_entries(rc=answers.store.rc)],
        "apps": [line for app in answers.apps for line in _app(app)],
        "libraries": [line for library in answers.libraries for line in _library(library)],
        "uploads": [f"rclone: {_flow({'config': answers.rclone_config})}"] if answers.rclone_config else [],
        "scanners": [f"- {_flow(msgspec.to_builtins(each))}" for each in answers.servers],
        "server": [_entry("api_key", answers.api_key)],
    }
    text = re.sub(r"(?m)^node: .*$", _entry("node", answers.node), starter, count=1)
    text = re.sub(r"(?m)^  path: .*\n", "", text, count=1)  # the example of the store
    for section, lines in sections.items():
        filled = "".join(f"  {line}\n" for line in lines)
        text = text.replace(f"\n{section}:\n", f"\n{section}:\n{filled}", 1)
    return text


def _app(app: App) -> Sequence[str]:
    kind = {} if app.name == app.kind else {"kind": app.kind}
    return [f"{app.name}: {_flow({**kind, 'url': app.url, 'api_key': app.api_key})}"]


def _library(library: LibraryPlan) -> list[str]:
    values = {key: value for key, value in msgspec.to_builtins(library).items() if key != "name"}
    return [f"{library.name}:", *(f"  {line}" for line in _entries(**values))]


def _entries(**values: str) -> list[str]:
    return [_entry(key, value) for key, value in values.items() if value]


def _entry(key: str, value: str) -> str:
    return f"{key}: {_scalar(value)}"


def _flow(values: Mapping[str, str]) -> str:
    return (
        "{"
        + ", ".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in values.items())
        + "}"
    )


def _scalar(text: str) -> str:
    """Return a value as YAML: bare as people write it, or in quotes where it could be misread."""
    is_plain = re.fullmatch(r"/[\w./ -]*\w|[a-z][a-z0-9-]*|[\w-]+:[\w./-]*\w", text) is not None
    return (
        text
        if is_plain and not re.fullmatch(r"(true|false|yes|no|on|off|null|y|n)", text)
        else json.dumps(text, ensure_ascii=False)
    )

"""What the pages say is there: every command, option and setting exists, and every link leads somewhere."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest
import typer
import yaml

from mesharr.cli.app import build
from mesharr.settings.starter import SCHEMA

REPOSITORY = Path(__file__).parent.parent
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
NAMES = [str(page.relative_to(REPOSITORY)) for page in PAGES]
COMMANDS = typer.main.get_command(build({}))
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PREFIX = re.compile(r"^(?:\$ )?(?:.*&& )?(?:docker \S+ (?:\S+ )*?)?(?:\S*/)?mesharr\s+(.*)$")


def _written(text: str) -> Iterator[str]:
    """Yield the command lines of a page, without the program's name: from shell blocks and code spans."""
    for kind, block in _BLOCK.findall(text):
        if kind == "sh":
            yield from (line.partition(" #")[0].strip() for line in block.splitlines())
    yield from _SPAN.findall(_BLOCK.sub("", text))


def commands_of(text: str) -> list[list[str]]:
    """Return the words after `mesharr` of each command line that a page names."""
    found = [match[1] for line in _written(text) if (match := _PREFIX.match(line))]
    return [shlex.split(line) for line in found if not re.match(r"[…:-]*$|stands\b", line)]


def wrong_with(words: list[str]) -> str:
    """Return what the program would not understand of a command line, "" when all is there."""
    command, path = COMMANDS, "mesharr"
    rest = list(words)
    while rest:
        word = rest.pop(0)
        subcommands = getattr(command, "commands", None)
        options = {name for parameter in command.params for name in parameter.opts}
        if command.context_settings.get("ignore_unknown_options"):
            options |= set(re.findall(r"--[a-z-]+", command.help or ""))  # it reads its words itself
        if word in {"-h", "--help"}:
            continue
        if word.startswith("--"):
            name = word.partition("=")[0]
            if name not in options:
                return f"{path} has no option {name}"
            if subcommands and rest and not rest[0].startswith("-") and rest[0] not in subcommands:
                rest.pop(0)  # the value of a global option
        elif subcommands is not None:
            if word in {"…", "..."}:
                return ""
            if word not in subcommands:
                return f"{path} has no command {word}"
            command, path = subcommands[word], f"{path} {word}"
    return ""


_SETTINGS: Mapping[str, Any] = json.loads(Path(SCHEMA).read_text())
_SETTING = re.compile(r"([a-z_]+(?:\.[a-z_]+)+)(?:: .*)?")


class _Loader(yaml.SafeLoader):
    """Reads the blocks of the pages, with mesharr's own tags as text."""


_Loader.add_multi_constructor("!", lambda loader, _tag, node: loader.construct_scalar(node))


def _forms(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what a value may look like: a list counts as its entries, a choice as each of its kinds."""
    if "$ref" in schema:
        yield from _forms(_SETTINGS["$defs"][schema["$ref"].rpartition("/")[2]])
        return
    yield schema
    for other in (*schema.get("anyOf", ()), *filter(None, [schema.get("items")])):
        yield from _forms(other)


def _below(schema: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    """Yield what a schema says of a member of that name, in each form."""
    for form in _forms(schema):
        if name in form.get("properties", {}):
            yield form["properties"][name]
        elif isinstance(form.get("additionalProperties"), dict):
            yield form["additionalProperties"]


def is_setting(path: str) -> bool:
    """Return whether mesharr.yml has a setting of a dotted name, or the name begins with no section of it."""
    first, *rest = path.split(".")
    schemas = list(_below(_SETTINGS, first))
    if not schemas or schemas[0].get("type") == "string":
        return True
    for name in rest:
        schemas = [each for schema in schemas for each in _below(schema, name)]
    return bool(schemas)


def wrong_settings(text: str) -> list[str]:
    """Return what a page says of mesharr.yml, in code spans and yaml blocks, that is not so."""
    spans = (match[1] for span in _SPAN.findall(_BLOCK.sub("", text)) if (match := _SETTING.fullmatch(span)))
    wrong = [path for path in spans if not is_setting(path)]
    part = {**_SETTINGS, "required": []}
    for kind, block in _BLOCK.findall(text):
        content = yaml.load(block, _Loader) if kind == "yaml" else None
        if isinstance(content, dict) and content.keys() <= _SETTINGS["properties"].keys():
            errors = jsonschema.Draft202012Validator(part).iter_errors(content)
            wrong += [error.message for error in errors]
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_setting_a_page_names_exists(page: Path) -> None:
    assert wrong_settings(page.read_text()) == []


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("`uploads.rclone.rc` and `libraries.movies.root`", False),
        ("`uploads.rlcone`", True),
        ("`libraries.movies.rooot`", True),
        ("`policy.holds.removals_per_day: 40`", False),
        ("`log.levle`", True),
        ("`node.key`, `item.left` and `core.dry_run`", False),
        ("```yaml\nuploads: {limit: 1GB/day}\n```", False),
        ("```yaml\nuploads: {limits: 1GB/day}\n```", True),
        ("```yaml\nservices: {mesharr: {image: mesharr}}\n```", False),
    ],
)
def test_a_setting_that_does_not_exist_is_found(text: str, is_wrong: bool) -> None:
    assert bool(wrong_settings(f"{text}\n")) is is_wrong


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_command_a_page_names_exists(page: Path) -> None:
    named = commands_of(page.read_text())
    assert [wrong for words in named if (wrong := wrong_with(words))] == []


def test_commands_are_found_in_the_pages_at_all() -> None:
    named = {words[0] for page in PAGES for words in commands_of(page.read_text()) if words}
    assert {"init", "trust", "status", "peers", "log", "approve", "retry", "demo"} <= named


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("`mesharr stauts`", "mesharr has no command stauts"),
        ("`mesharr retry --item`", "mesharr retry has no option --item"),
        ("```sh\nmesharr log verfy /mnt  # no such thing\n```\n", "mesharr log has no command verfy"),
        ("`docker exec NAME mesharr statuss`", "mesharr has no command statuss"),
        ("`mesharr --config-dir /config status --json`", ""),
        ("`docker exec NAME mesharr …`", ""),
    ],
)
def test_a_command_that_does_not_exist_is_found(line: str, wrong: str) -> None:
    (words,) = commands_of(line) or [[]]
    assert wrong_with(words) == wrong


def _anchors(page: Path) -> set[str]:
    """Return the fragments the headings of a page can be linked by."""
    headings = re.findall(r"^#+ (.+)$", _BLOCK.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_relative_link_leads_to_a_file_and_a_heading_of_it(page: Path) -> None:
    broken = []
    for link in _LINK.findall(_BLOCK.sub("", page.read_text())):
        if "://" in link or link.startswith("mailto:"):
            continue
        place, _, fragment = link.partition("#")
        target = (page.parent / place) if place else page
        if not target.exists() or (fragment and fragment not in _anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_table_has_a_heading_and_is_shown_as_one(page: Path) -> None:
    lines = ["", *_BLOCK.sub("", page.read_text()).splitlines(), "", ""]
    first = [n for n, line in enumerate(lines) if line.startswith("|") and not lines[n - 1].startswith("|")]
    lost = [lines[n] for n in first if lines[n - 1] or not re.fullmatch(r"\|[\s:|-]+\|", lines[n + 1])]
    assert lost == []


def test_the_page_for_bad_nights_names_what_the_program_says() -> None:
    """A message that was reworded in the code has to be reworded there too."""
    page = (REPOSITORY / "docs" / "when-things-go-wrong.md").read_text()
    source = "\n".join(path.read_text() for path in sorted((REPOSITORY / "mesharr").rglob("*.py")))
    spoken = re.sub(r"\{[^{}]*\}|\"\n\s*f?\"", "", source)
    gone = [phrase for phrase in _phrases(page) if phrase not in source and phrase not in spoken]
    assert gone == []


def _phrases(page: str) -> list[str]:
    """Return the longest plain part of each message quoted in the first column of the page's tables."""
    spans = [span for line in page.splitlines() if line.startswith("| `") for span in _SPAN.findall(line)]
    parts = [max(re.split(r"…|\bX\b|\bNAME\b|\bN\b|\b[AB]\b", span), key=len).strip(" :.") for span in spans]
    return [part for part in parts if part.count(" ") >= 3 and not part.startswith("mesharr ")]


def test_every_test_a_page_names_exists() -> None:
    named = re.compile(r"`(test_\w+)` in `(tests/[\w/]+\.py)`")
    found = [pair for page in PAGES for pair in named.findall(page.read_text())]
    assert len(found) > 10
    lacking = [pair for pair in found if f"def {pair[0]}(" not in (REPOSITORY / pair[1]).read_text()]
    assert lacking == []


def test_each_decision_has_a_number_of_its_own_and_stands_in_the_index_under_its_title() -> None:
    folder = REPOSITORY / "docs" / "decisions"
    records = sorted(page for page in folder.glob("*.md") if page.name != "README.md")
    assert [int(page.name[:4]) for page in records] == list(range(1, len(records) + 1))
    rows = []
    for page in records:
        number, title = page.read_text().partition("\n")[0].removeprefix("# ").split(". ", 1)
        assert int(number) == int(page.name[:4]), page.name
        rows.append(f"| [{page.name[:4]}]({page.name}) | {title} |")
    index = (folder / "README.md").read_text().splitlines()
    assert [line for line in index if line.startswith("| [0")] == rows


def test_every_line_of_the_security_model_names_the_test_that_shows_it() -> None:
    lines = (REPOSITORY / "docs" / "security.md").read_text().splitlines()
    rows = [line for line in lines if line.startswith("| ") and not line.endswith("| shown by |")]
    assert len(rows) > 35
    assert [row for row in rows if not re.search(r"`test_\w+` in `tests/[\w/]+\.py` ?", row)] == []

"""Users read the words of Radarr, rclone and Plex: no message and no page of theirs has a word of ours.

Read are the string literals of the package that are not docstrings and look like text (two words or more),
and the pages for users.
"""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent.parent
PACKAGE = REPOSITORY / "mesharr"

RETIRED = {
    "told": "published, notified, scan requested",
    "tells": "publishes, notifies",
    "heard": "received",
    "hears": "receives",
    "mend": "fix",
    "mended": "fixed",
    "mends": "fixes",
    "put right": "fixed",
    "puts right": "fixes",
    "anew": "again",
    "door": "webhook endpoint",
    "hint": "webhook",
    "hints": "webhooks",
    "let go": "removed",
    "lets go": "removes",
    "takes up": "resumes",
    "lost": "missing without a delete event",
    "hold": "needs approval",
    "holds": "need approval",
    "held": "needs approval",
    "alive": "available, unavailable",
    "the arr": "the app, by its name",
    "an arr": "an app, by its name",
    "arrs": "apps, by their names",
    "its person": "the user",
    "a person": "the user",
    "waits for you": "needs your action",
    "prove gone": "deletions to confirm",
}
"""Each retired word, and what stands in its place."""

USERS_PAGES = (
    *("README.md", "mesharr.yml", "docs/quickstart.md", "docs/arrs.md", "docs/ownership.md"),
    *("docs/first-day.md", "docs/when-things-go-wrong.md"),
    *("docs/setups.md", "docs/container.md", "docs/logs.md", "docs/security.md"),
)

ALLOWED = {
    "docs/when-things-go-wrong.md: lost": "a key or a database that is gone; and waiting loses nothing",
    "mesharr.yml: holds": "the key policy.holds",
    "mesharr.yml: held": "a value of notify.on",
}
"""Words that mean what they mean elsewhere, by `file: word`, each with its reason."""

FIRST_LINE = 90
"""How many characters the first line of a docstring has at most."""

_SPOKEN = re.compile(r"[a-z]+ [a-z]+", re.IGNORECASE)
_SQL = re.compile(r"^\s*(SELECT|INSERT|UPDATE|DELETE|ALTER|PRAGMA|DROP|REPLACE|WITH)\b|\bCREATE\b")


def texts_of(source: str) -> Iterator[str]:
    """Yield the string literals of a source that are text: no docstring, no SQL, at least two words."""
    tree = ast.parse(source)
    documented = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            text = node.value
            if _SPOKEN.search(text) and not _SQL.search(text):
                yield text


def retired_in(text: str) -> list[str]:
    """Return the retired words of a text, whole words; option names and keys of the config are none."""
    plain = re.sub(r"`[^`]*`|\S*[._/-]\S*", " ", text) if "`" in text else re.sub(r"\S*[._/]\S*\w", " ", text)
    return [word for word in RETIRED if re.search(rf"(?i)\b{re.escape(word)}\b", plain)]


def found_in(name: str, text: str) -> list[str]:
    return [f"{name}: {word}" for word in retired_in(text) if f"{name}: {word}" not in ALLOWED]


def test_the_programs_messages_have_no_word_of_ours() -> None:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        for text in texts_of(path.read_text()):
            found += [f"{line}: {text[:80]!r}" for line in found_in(name, text)]
    assert found == []


def test_the_help_of_the_commands_has_no_word_of_ours() -> None:
    """The docstring of a command is its help."""
    found = []
    for path in sorted((PACKAGE / "cli" / "commands").glob("*.py")):
        tree = ast.parse(path.read_text())
        functions = [each for each in tree.body if isinstance(each, ast.FunctionDef)]
        for text in (ast.get_docstring(tree), *(ast.get_docstring(each) for each in functions)):
            found += found_in(path.name, text or "")
    assert found == []


@pytest.mark.parametrize("page", USERS_PAGES)
def test_the_users_pages_have_no_word_of_ours(page: str) -> None:
    lines = (REPOSITORY / page).read_text().splitlines()
    assert [
        f"{number}: {word}" for number, line in enumerate(lines, 1) for word in found_in(page, line)
    ] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("alice is told of it", ["told"]),
        ("2 items are held; Radarr lost them", ["lost", "held"]),
        ("set `policy.holds.removals`, as in the help", []),
        ("adoor and toldness are other words", []),
    ],
)
def test_a_retired_word_is_found_where_it_stands(text: str, words: list[str]) -> None:
    assert sorted(retired_in(text)) == sorted(words)


def first_lines_of(source: str) -> Iterator[str]:
    """Yield the first line of each docstring of a module, its classes and its functions."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if text := ast.get_docstring(node):
            yield text.splitlines()[0]


def test_the_first_line_of_every_docstring_is_short() -> None:
    """A first line states what the thing is or does, and the lines below it state the rest."""
    long = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        lines = first_lines_of(path.read_text())
        long += [f"{name}: {len(line)}: {line}" for line in lines if len(line) > FIRST_LINE]
    assert long == []


def test_every_allowed_word_is_still_there() -> None:
    unused = []
    for each in ALLOWED:
        name, _, word = each.partition(": ")
        path = REPOSITORY / name if name in USERS_PAGES else PACKAGE / name
        texts = [path.read_text()] if name in USERS_PAGES else list(texts_of(path.read_text()))
        if not any(word in retired_in(text) for text in texts):
            unused.append(each)
    assert unused == []


EXACT_SIZES = ("log/", "core/paths.py")
"""Where a limit of the event format is named, to the byte."""
_UNIT = re.compile(r" ?(bytes?|[kKMGT]i?B)\b")


def test_sizes_are_put_into_words_in_one_place() -> None:
    """`mesharr.core.text` does it, so that they read the same in commands, pages, messages and logs."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name == "core/text.py" or name.startswith(EXACT_SIZES):
            continue
        for text in ast.walk(ast.parse(path.read_text())):
            if isinstance(text, ast.JoinedStr):
                found += [
                    f"{name}: {{{ast.unparse(number)}}}{unit.value[:12]}"
                    for number, unit in pairwise(text.values)
                    if isinstance(number, ast.FormattedValue)
                    and isinstance(unit, ast.Constant)
                    and isinstance(unit.value, str)
                    and _UNIT.match(unit.value)
                ]
    assert found == []

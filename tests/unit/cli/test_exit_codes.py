"""The exit codes: the table of the docs has each of them, and no other."""

import re
from pathlib import Path

from mesharr.cli import context

PAGE = Path(__file__).parents[3] / "docs/when-things-go-wrong.md"


def test_the_documented_exit_codes_are_those_of_the_program() -> None:
    table = PAGE.read_text().partition("| exit code |")[2].partition("\n\n")[0]
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    assert documented == {context.DONE, context.FAILED, context.MISUSED, context.WAITING, context.DOWN}

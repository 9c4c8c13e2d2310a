"""The command lines that the README promises are there, once, and lead to what exists."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
README = (REPOSITORY / "README.md").read_text()


def test_there_is_one_line_to_run_and_one_to_test() -> None:
    lines = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert [line.rpartition(" && ")[2] for line in lines] == [
        ".venv/bin/mesharr demo",
        ".venv/bin/python -m pytest",
    ]


def test_the_checks_run_the_test_line_of_the_readme() -> None:
    checks = (REPOSITORY / ".ci/run").read_text()
    (pattern,) = re.findall(r"grep -m 1 -E '([^']+)' README\.md", checks)
    found = re.findall(pattern, README, re.MULTILINE)
    assert len(found) == 1
    assert found[0].endswith("pytest")


def test_every_link_leads_to_a_file_of_the_repository() -> None:
    for page in (REPOSITORY / "README.md", REPOSITORY / "docs" / "quickstart.md"):
        links = re.findall(r"\]\(([^)#:]+)\)", page.read_text())
        assert links
        assert [link for link in links if not (page.parent / link).exists()] == []

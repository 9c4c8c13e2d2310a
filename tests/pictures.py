"""Make the pictures of the documentation again: `python -m tests.pictures`; it needs chromium."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.e2e.test_page_in_browser import browser_of, served_at

IMAGES = Path(__file__).parent.parent / "docs" / "images"
COLUMNS = 120
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def demo() -> None:
    """Draw what `mesharr demo` prints."""
    command = [sys.executable, "-m", "mesharr", "demo"]
    environ = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)}
    printed = subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout
    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - it is to stay open
    console.print(Text.from_ansi(printed))
    drawn = console.export_svg(title="mesharr demo")
    # the fonts would be loaded from another site
    (IMAGES / "demo.svg").write_text(_FONTS.sub("", drawn), encoding="utf-8")


def page() -> None:
    """Take a picture of the overview."""
    with tempfile.TemporaryDirectory() as folder, browser_of(IMAGES) as browser:
        for _served in served_at(Path(folder), browser):
            browser.login()
            browser.shot("page")


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    demo()
    page()

"""Write docs/test-vectors again: `python -m tests.vectors`, after a change of the format."""

import json
from pathlib import Path

from tests.vectors.aliases import aliases
from tests.vectors.files import files, names, setting, stores
from tests.vectors.lines import bodies, lines

FOLDER = Path(__file__).parents[2] / "docs" / "test-vectors"


def documents() -> dict[str, str]:
    """Return the content of each file, by its name."""
    made = {"lines": lines(), "bodies": bodies(), "names": names(), "files": files(), "stores": stores()}
    made["aliases"] = aliases()
    return {
        f"{name}.json": json.dumps({**setting(), name: cases}, indent=1, ensure_ascii=True) + "\n"
        for name, cases in made.items()
    }


if __name__ == "__main__":
    for name, text in documents().items():
        (FOLDER / name).write_text(text, encoding="utf-8")

"""The recorded bodies of ManualImport, with the ids and paths of a test in them."""

import copy
import json
from pathlib import Path
from typing import Any

_RECORDED = json.loads((Path(__file__).parents[1] / "fixtures/recorded/exact-import.json").read_text())


def manual_import(app: str, *files: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the recorded body of this app with these members of its files, and of itself, changed."""
    body: dict[str, Any] = copy.deepcopy(_RECORDED[app])
    [recorded] = body["files"]
    return {**body, "files": [{**recorded, **given} for given in files], **changes}

import json
from typing import Any

import pytest

from tests.unit.log.samples import VECTORS


@pytest.fixture(scope="session")
def published() -> dict[str, Any]:
    """The test vector as it is published; it changes only with the format."""
    with open(VECTORS, encoding="utf-8") as file:
        content: dict[str, Any] = json.load(file)
    return content

"""What the checks of a mesh blame."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from tests.properties.mesh.checks import _doubled


@pytest.mark.parametrize(
    ("command", "is_blamed"),
    [
        ('radarr RescanMovie {"movieId": 1}', True),
        ('radarr RescanMovie {"movieId": 12}', False),
        ('radarr4k RescanMovie {"movieId": 1}', False),
        ('radarr RefreshMovie {"isNew": true}', False),
        ("radarr ManualImport /media/Film 1: 1.mkv", False),
    ],
)
def test_two_rows_of_a_file_are_blamed_for_a_scan_of_its_item_alone(command: str, is_blamed: bool) -> None:
    rows = [SimpleNamespace(item_id=1, path="a.mkv")] * 2
    tables = SimpleNamespace(files=SimpleNamespace(rows=lambda: rows))
    arr = SimpleNamespace(library=SimpleNamespace(tables=tables))
    home: Any = SimpleNamespace(
        house=SimpleNamespace(name="alice", commands=Counter([command])),
        arr=lambda _library: arr,
        app=lambda _library: "radarr",
    )
    assert bool(list(_doubled(home, "movies"))) == is_blamed

"""Pages to ask."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.state.samples import A, B
from tests.unit.web.served import Serve, Served, film


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serve pages; each is closed at the end."""
    found: list[Served] = []

    def serve_one(**changes: Any) -> Served:
        folder = tmp_path / str(len(found))
        folder.mkdir()
        found.append(Served(folder, **changes))
        return found[-1]

    yield serve_one
    for each in found:
        each.close()


@pytest.fixture
def served(serve: Serve) -> Served:
    """A node with a film of its own and one of bob's."""
    found = serve()
    found.apply(A, film(1, "Alien"))
    found.apply(B, film(2, "Dune"))
    return found


@pytest.fixture
def serve_with_requests(serve: Serve) -> Served:
    """A node that sent requests to its programs."""
    return serve(requests=lambda: {("radarr", "2xx"): 5, ("plex", "failed"): 1})

"""Why a file waits that is not on the drive."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from mesharr.core.errors import Unavailable
from mesharr.node.outward.uploading.others.awaited_files import AwaitedFiles
from tests.unit.state.samples import DUNE, MOVIES, NOW, imported, opened

PATH = "Dune (2021)/Dun\ufffd.mkv"


@pytest.mark.parametrize(
    ("unreadable", "why"), [([PATH], "not UTF-8"), ([], "neither here nor on the drive")]
)
def test_a_file_that_the_app_lists_by_a_name_that_is_no_text_waits_for_another_name(
    unreadable: list[str], why: str
) -> None:
    state = opened()
    n = state.outbox.put(DUNE, imported(PATH), "drive", "", NOW)
    (upload,) = state.uploads.of(n)
    nowhere = SimpleNamespace(
        local=SimpleNamespace(unreadable=lambda: unreadable),
        local_stat=lambda _path: None,
        linked_to=lambda _path: "",
        gone=frozenset,
    )
    policy = SimpleNamespace(gone_after=600_000)
    library = SimpleNamespace(name=MOVIES, storage=nowhere, app="", policy=policy)
    look = SimpleNamespace(size=lambda _path: None)
    with pytest.raises(Unavailable, match=why):
        AwaitedFiles(state, uploads_here=True).check(upload, cast(Any, library), cast(Any, look), NOW)
    assert bool(state.uploads.of(n)[0].gone_since) == (not unreadable), "it is not taken for gone"

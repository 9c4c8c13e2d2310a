"""What lists and the page say of changes that need approval."""

import pytest

from mesharr.core.planning.limits import LIMITS, OWN
from mesharr.node.reports.wording import rejected_text, rejecting_text
from mesharr.node.status.list_model import HoldReport
from tests.unit.state.samples import BOB, MOVIES


def hold(kind: str, peer: str = BOB) -> HoldReport:
    return HoldReport(
        n=3, peer=peer, library=MOVIES, kind=kind, since="", why="", items=(), approved=False, rejected=False
    )


@pytest.mark.parametrize("kind", [row.kind for row in LIMITS])
def test_it_is_said_what_follows_when_changes_of_each_kind_are_rejected(kind: str) -> None:
    assert rejecting_text(hold(kind))


def test_what_is_undone_here_cannot_be_approved_after_all() -> None:
    assert "mesharr approve 3" in rejected_text(hold("removals"))
    assert "mesharr approve" not in rejected_text(hold("own_removals", OWN))

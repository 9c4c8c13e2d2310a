"""What lists and the page say of changes that need approval."""

import pytest

from mesharr.core.planning.limits import LIMITS, OWN
from mesharr.node.reports.wording import peer_uploads_text, rejected_text, rejecting_text
from mesharr.node.status.list_model import HoldReport, PeerUploads
from tests.unit.state.samples import BOB, MOVIES


def hold(kind: str, peer: str = BOB) -> HoldReport:
    return HoldReport(
        n=3,
        peer=peer,
        called="bob",
        library=MOVIES,
        kind=kind,
        since="",
        why="",
        items=(),
        approved=False,
        rejected=False,
    )


@pytest.mark.parametrize("kind", [row.kind for row in LIMITS])
def test_it_is_said_what_follows_when_changes_of_each_kind_are_rejected(kind: str) -> None:
    assert rejecting_text(hold(kind))


def test_what_is_undone_here_cannot_be_approved_after_all() -> None:
    assert "mesharr approve 3" in rejected_text(hold("removals"))
    assert "mesharr approve" not in rejected_text(hold("own_removals", OWN))


def test_what_a_peer_has_used_of_its_limit_is_said_in_gigabytes() -> None:
    used = PeerUploads(limit=700 * 10**9, sent=120 * 10**9, waiting=0, at="")
    assert peer_uploads_text(used) == "120.0 GB of 700.0 GB sent in 24 hours"
    absurd = PeerUploads(limit=1, sent=2**53 - 1, waiting=2**53 - 1, at="")
    assert peer_uploads_text(absurd) == "9007.2 TB of 1 B sent in 24 hours, 9007.2 TB waiting"

"""Own files on a mount that says nothing of its uploads: what makes them confirmed."""

from pathlib import Path

import pytest

from mesharr.disk.child import LocalDisk
from mesharr.log import keys
from mesharr.log.store.folder import MountStore
from mesharr.node.model import Me, Trusted
from mesharr.node.outward.stream.store_audit import Auditor
from tests.support.household import MESH, Clock, Household, import_on, pair, settle


class Witnessed(MountStore):
    """A mount with a witness that has seen `seen`, with their sizes."""

    def __init__(self, root: str) -> None:
        super().__init__(root, LocalDisk())
        self.seen: dict[str, int] = {}

    def is_confirmed(self, where: str, size: int) -> bool:
        return self.seen.get(where) == size


@pytest.fixture
def houses(tmp_path: Path, clock: Clock) -> tuple[Household, Household]:
    """Alice has published; what the store said of it is forgotten."""
    alice, bob = pair(tmp_path, clock)
    import_on(clock, alice, bob)
    with alice.state.transaction():
        alice.state.db.write("UPDATE files SET confirmed=0")
    return alice, bob


def auditor(alice: Household, store: MountStore) -> Auditor:
    me = Me(alice.node, alice.name, MESH)
    own = Trusted(alice.node, alice.name, alice.key.public, keys.verifier(alice.key.public))
    return Auditor(me, own, store, alice.state, lambda: alice.engine.publisher.stream)


def unconfirmed(alice: Household) -> list[str]:
    return [row.place for row in alice.state.own_files.all() if not row.confirmed]


def test_a_file_is_not_confirmed_by_its_own_mount(houses: tuple[Household, Household]) -> None:
    alice, bob = houses
    bob_hello = alice.state.streams.latest(_stream(bob), "node.hello")
    assert bob_hello is not None
    alice.state.db.write("DELETE FROM runs WHERE stream=?", (_stream(bob),))
    before = unconfirmed(alice)
    assert before
    auditor(alice, Witnessed(f"{alice.drive}/.mesharr")).step()
    assert unconfirmed(alice) == before


def test_a_witness_that_shows_the_right_size_confirms(houses: tuple[Household, Household]) -> None:
    alice, bob = houses
    alice.state.db.write("DELETE FROM runs WHERE stream=?", (_stream(bob),))
    store = Witnessed(f"{alice.drive}/.mesharr")
    places = unconfirmed(alice)
    store.seen = dict.fromkeys(places, 1)
    auditor(alice, store).step()
    assert unconfirmed(alice) == places
    store.seen = {place: (alice.drive / ".mesharr" / place).stat().st_size for place in places}
    auditor(alice, store).step()
    assert unconfirmed(alice) == []


def test_what_a_peer_says_it_has_applied_is_confirmed(
    houses: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = houses
    settle(clock, alice, bob, seconds=2 * 3600, steps=24)  # an hour after applying, bob says hello
    alice.state.db.write("UPDATE files SET confirmed=0")
    auditor(alice, Witnessed(f"{alice.drive}/.mesharr")).step()
    read = max(row.acknowledged for row in alice.state.streams.all())
    assert read > 1
    rows = alice.state.own_files.all()
    assert [row.confirmed for row in rows] == [row.last <= read for row in rows]
    assert any(row.confirmed for row in rows)


def test_what_was_said_of_an_earlier_incarnation_confirms_nothing(
    houses: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = houses
    settle(clock, alice, bob, seconds=2 * 3600, steps=24)
    old = alice.engine.publisher.stream
    alice.state.own_streams.begin("0badcafe")
    alice.state.db.write("UPDATE files SET confirmed=0")
    alice.state.db.write("UPDATE files SET place=replace(place, ?, ?)", (old, alice.engine.publisher.stream))
    for row in alice.state.own_files.all():
        source = alice.drive / ".mesharr" / row.place.replace(alice.engine.publisher.stream, old)
        source.rename(alice.drive / ".mesharr" / row.place)
    auditor(alice, Witnessed(f"{alice.drive}/.mesharr")).step()
    assert not any(row.confirmed for row in alice.state.own_files.all())


def _stream(household: Household) -> str:
    return str(household.engine.publisher.stream)

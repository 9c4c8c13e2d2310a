"""What an app imports while the first day is under way is uploaded and published, whatever comes first.

It is in the app's list that the first day takes for what is here already, and it is not on the drive yet.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from mesharr.state.first_days import StepName
from tests.support.crashing import Uploading
from tests.support.household import Clock, Household, make_drive, settle
from tests.support.keepers import FILMS, MUSICIANS, SHOWS, WRITERS, Keeper, named

BEFORE, BY_HISTORY, BY_WEBHOOK, IN_TIME = 1, 2, 3, 4
"""Items: imported before mesharr; and since, known by the history, by a late webhook, by one in time."""
AFTER_INTAKE: frozenset[StepName] = frozenset({"act", "done"})
"""The steps that wait until what the app reported is processed."""


def reach(house: Household, clock: Clock, library: str, step: StepName) -> None:
    """Take steps of the first day until the next one is `step`."""
    for _ in range(20):
        day = house.state.first_days.get(library)
        if day and day.step == step:
            return
        house.engine.follower.step(clock())
        house.engine.first_day.step(clock())
        if step in AFTER_INTAKE:
            house.engine.intake.step(clock())
            house.engine.reconciler.step(clock())
        house.engine.publisher.flush(clock(), house.engine.tick())
        clock.forward(2)
    pytest.fail(f"the first day does not reach {step}")


def import_unheard(house: Household, keeper: Keeper, number: int) -> Sequence[bytes]:
    """Have the app import an item; return its webhooks, of which none has arrived."""
    house.deaf, before = True, len(house.hooks)
    keeper.add(house, number)
    house.run_commands()
    keeper.bring(house, number, size=64)
    house.run_commands()
    house.deaf = False
    return house.hooks[before:]


CASES: list[tuple[Keeper, StepName, bool]] = [
    (FILMS, "compare", True),
    (FILMS, "done", False),
    (SHOWS, "publish", False),
    (MUSICIANS, "compare", False),
    (WRITERS, "plan", True),
]


@pytest.mark.parametrize(
    ("keeper", "step", "restarts"), CASES, ids=[f"{named(keeper)} {step}" for keeper, step, _ in CASES]
)
def test_an_import_during_the_first_day_is_published(
    tmp_path: Path, clock: Clock, keeper: Keeper, step: StepName, *, restarts: bool
) -> None:
    library, app = keeper.library, keeper.setup.app
    make_drive(tmp_path / "drive", (library,))
    alice = Uploading("alice", tmp_path, clock, late=0, setup=keeper.setup)
    import_unheard(alice, keeper, BEFORE)
    clock.forward(60)
    reach(alice, clock, library, "baseline")  # mesharr has begun
    import_unheard(alice, keeper, BY_HISTORY)
    late = import_unheard(alice, keeper, BY_WEBHOOK)
    for body in import_unheard(alice, keeper, IN_TIME):
        alice.state.inbox.put(app, "webhook", body, clock())
    reach(alice, clock, library, step)
    for body in late:
        alice.state.inbox.put(app, "webhook", body, clock())
    if restarts:
        alice.restart()
    alice.engine.history.step(clock())
    settle(clock, alice, seconds=1800, steps=30)
    assert alice.events() == ["file.imported"] * 3
    published = {number: keeper.item(number) for number in (BY_HISTORY, BY_WEBHOOK, IN_TIME)}
    for item in published.values():
        assert alice.state.items.state(library, item).copies, item
    assert not alice.state.items.state(library, keeper.item(BEFORE)).present
    assert alice.waits() == {}
    assert alice.state.uploads.all() == []
    assert alice.state.first_days.all()[0].counts["found"] == 0
    published_files = sum(len(alice.state.items.state(library, item).copies) for item in published.values())
    on_drive = [
        path for path in (alice.drive / library).rglob("*") if path.is_file() and path.stat().st_size == 64
    ]
    assert len(on_drive) == published_files


def test_an_import_that_the_inventory_has_too_is_published_once(tmp_path: Path, clock: Clock) -> None:
    make_drive(tmp_path / "drive")
    alice = Household("alice", tmp_path, tmp_path / "drive", clock)
    reach(alice, clock, "movies", "baseline")
    late = import_unheard(alice, FILMS, 7)
    reach(alice, clock, "movies", "publish")
    for body in late:
        alice.state.inbox.put("radarr", "webhook", body, clock())
    alice.engine.intake.step(clock())
    settle(clock, alice)
    assert alice.events() == ["file.imported"]
    assert alice.state.items.state("movies", "tmdb:7").owner_of("movie") == alice.node
    assert alice.waits() == {}


@pytest.mark.parametrize("heard", ["before it is signed", "by the history alone"])
def test_an_import_that_the_inventory_publishes_first_has_its_household_as_owner(
    tmp_path: Path, clock: Clock, heard: str
) -> None:
    """On a mount that shows the file at once, the inventory has it too."""
    make_drive(tmp_path / "drive")
    alice = Household("alice", tmp_path, tmp_path / "drive", clock)
    import_unheard(alice, FILMS, 8)
    clock.forward(60)
    reach(alice, clock, "movies", "baseline")  # mesharr has begun
    late = import_unheard(alice, FILMS, 7)
    reach(alice, clock, "movies", "publish")
    alice.engine.first_day.step(clock())
    if heard != "before it is signed":
        alice.engine.publisher.flush(clock(), alice.engine.tick())
        assert alice.events() == ["library.found"]
    for body in late if heard != "by the history alone" else ():
        alice.state.inbox.put("radarr", "webhook", body, clock())
    settle(clock, alice)
    if heard == "by the history alone":
        alice.engine.nightly.step(clock())
        settle(clock, alice)
    events = ["library.found", "file.imported"]
    state = alice.state.items.state("movies", "tmdb:7")
    assert (alice.events(), state.owner_of("movie")) == (events, alice.node)
    alice.engine.nightly.step(clock())
    settle(clock, alice)
    assert (alice.events(), alice.waits()) == (events, {})
    assert alice.state.items.state("movies", "tmdb:8").owners == {}  # it was here before

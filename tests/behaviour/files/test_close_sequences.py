"""Changes that follow each other before the first one was published: the mesh ends where the app ended."""

import os
from pathlib import Path
from random import Random

import pytest

from tests.support.household import Clock, Household, import_on, pair, settle

FOLDER = "Film 7 (2007)"
Pair = tuple[Household, Household]


class Person:
    """The user of a household, whose film 7 is imported, upgraded, renamed and deleted."""

    def __init__(self, house: Household) -> None:
        self.house = house
        self.count = 0

    def do(self, what: str) -> None:
        """Do something to the film's file, under a name that was never there before."""
        self.count += 1
        name = f"{FOLDER} {self.house.name} {self.count}.mkv"
        radarr = self.house.radarr
        if what == "import":
            radarr.download(7, name=name, size=5000 + self.count)
        elif what == "same name":
            file = radarr.file(7)
            radarr.download(7, name=file.relative_path if file else name, size=5000 + self.count)
        elif what == "rename" and radarr.file(7):
            radarr.rename(7, name)
        elif what == "delete" and radarr.file(7):
            radarr.delete_file(7)


def lists(house: Household) -> dict[str, int]:
    """Return the size of the film's file in the app, by its path in the library."""
    file = house.radarr.file(7)
    folder = Path(str((house.movie(7) or {})["path"])).name
    return {f"{folder}/{file.relative_path}": file.size} if file else {}


def living(house: Household) -> dict[str, int]:
    """Return the sizes of the living copies as a household knows them, by path."""
    copies = house.state.items.state("movies", "tmdb:7").copies.values()
    return {each.copy.path: each.copy.size for each in copies}


def owner(house: Household) -> str:
    return house.state.items.state("movies", "tmdb:7").owner_of("movie")


def expect_rest(clock: Clock, alice: Household, bob: Household) -> None:
    settle(clock, alice, bob, seconds=3600, steps=60)
    for house in (alice, bob):
        house.engine.nightly.step(clock())
    settle(clock, alice, bob, seconds=3600, steps=60)
    assert living(alice) == living(bob) == lists(alice) == lists(bob)
    assert (alice.waits(), bob.waits()) == ({}, {})


PAIRS = [
    ("rename", "rename"),
    ("rename", "import"),
    ("rename", "delete"),
    ("rename", "same name"),
    ("import", "rename"),
    ("import", "import"),
    ("import", "same name"),
    ("import", "delete"),
    ("same name", "rename"),
    ("rename", "rename", "import"),
    ("rename", "import", "rename"),
    ("import", "rename", "delete"),
    ("delete", "import", "rename"),
]


@pytest.mark.parametrize(
    ("deeds", "compared"),
    [
        pytest.param(
            deeds,
            compared,
            id=f"{' '.join(deeds)}, compared {'between' if compared else 'after'}",
            marks=() if compared is (number % 2 == 0) else pytest.mark.campaign,
        )
        for number, deeds in enumerate(PAIRS)
        for compared in (True, False)
    ],
)
def test_what_follows_an_unpublished_change_takes_over_what_it_ends(
    shared: Pair, clock: Clock, deeds: tuple[str, ...], compared: bool
) -> None:
    alice, bob = shared
    person = Person(bob)  # of the household that does not own the film
    for deed in deeds:
        person.do(deed)
        if compared:
            bob.engine.intake.step(clock())
    expect_rest(clock, alice, bob)
    renamed_only = set(deeds) == {"rename"}
    if renamed_only:
        assert owner(bob) == alice.node
        assert bob.events() == ["file.renamed"]
    elif "delete" not in deeds:
        assert owner(alice) == bob.node


def test_two_hooks_of_an_upgrade_that_are_processed_apart_end_the_file_before_an_unpublished_rename(
    shared: Pair, clock: Clock
) -> None:
    alice, bob = shared
    person = Person(alice)
    person.do("rename")
    alice.engine.intake.step(clock())
    alice.deaf = True
    person.do("import")
    alice.deaf = False
    for body in alice.hooks[-2:]:
        alice.state.inbox.put("radarr", "webhook", body, clock())
        alice.engine.intake.step(clock())
    expect_rest(clock, alice, bob)


@pytest.mark.parametrize(
    "seed", [*range(5), *(pytest.param(seed, marks=pytest.mark.campaign) for seed in range(5, 12))]
)
def test_any_sequence_of_changes_ends_as_the_apps_list_it(tmp_path: Path, clock: Clock, seed: int) -> None:
    rng = Random(seed)
    houses = pair(tmp_path, clock)
    import_on(clock, *houses)
    people = [Person(house) for house in houses]
    for _ in range(rng.randint(3, 8)):
        person = people[0] if rng.random() < 0.7 else people[1]
        if lists(person.house) != lists(people[0].house) or lists(person.house) != lists(people[1].house):
            person = people[0]
        deed = rng.choice(("rename", "rename", "import", "same name", "delete"))
        person.do(deed)
        _stages(rng, clock, *houses)
        if person is people[1]:
            settle(clock, *houses, seconds=1800)
    expect_rest(clock, *houses)


def _stages(rng: Random, clock: Clock, *houses: Household) -> None:
    """Run some stages of some households, and let some time pass."""
    for _ in range(rng.randint(0, 4)):
        house = rng.choice(houses)
        what = rng.choice(("intake", "transfer", "once", "nightly", "time"))
        if what == "intake":
            house.engine.intake.step(clock())
        elif what == "transfer":
            house.engine.transfer.step(clock())
        elif what == "once":
            house.once()
        elif what == "nightly":
            house.engine.nightly.step(clock())
        else:
            clock.forward(rng.choice((1, 5, 60)))


# -- the folder of an item moves


@pytest.mark.parametrize("moved", ["before the comparison", "before the publishing", "after it"])
def test_a_folder_that_moves_right_after_an_import_loses_nothing(
    alice_and_bob: Pair, clock: Clock, moved: str
) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    settle(clock, alice, bob, seconds=10, steps=5)
    alice.radarr.download(7)
    if moved == "before the publishing":
        alice.engine.intake.step(clock())
    elif moved == "after it":
        settle(clock, alice, bob)
    new = alice.library / "Elsewhere (2007)"
    alice.radarr.edit(7, path=str(new))
    if moved != "before the comparison":
        clock.forward(1)
        alice.engine.intake.step(clock())
    os.rename(alice.library / FOLDER, new)
    settle(clock, alice, bob, seconds=1200)
    if moved != "before the comparison":
        alice.engine.nightly.hourly(clock())
    settle(clock, alice, bob, seconds=600)
    assert living(alice) == living(bob) == lists(alice) == lists(bob)
    assert list(living(bob)) == [f"Elsewhere (2007)/{FOLDER} Bluray-1080p.mkv"]
    assert owner(bob) == alice.node


# -- sizes and echoes


def test_an_upgrade_under_the_same_name_is_published_though_its_size_was_seen_without_evidence(
    shared: Pair, clock: Clock
) -> None:
    alice, bob = shared
    alice.deaf = True
    alice.radarr.download(7, size=7777)
    alice.deaf = False
    dropped, imported = alice.hooks[-2:]
    alice.state.inbox.put("radarr", "webhook", dropped, clock())
    alice.engine.intake.step(clock())
    settle(clock, alice, bob, seconds=60, steps=3)
    assert alice.events() == ["item.added", "file.imported"]
    alice.state.inbox.put("radarr", "webhook", imported, clock())
    settle(clock, alice, bob)
    assert alice.events() == ["item.added", "file.imported", "file.imported"]
    expect_rest(clock, alice, bob)


def test_a_replacement_that_nobody_ever_reports_is_published_after_an_hour(
    shared: Pair, clock: Clock
) -> None:
    alice, bob = shared
    with (alice.library / FOLDER / f"{FOLDER} Bluray-1080p.mkv").open("ab") as file:
        file.write(b"more")
    alice.radarr.daily_refresh()
    for _ in range(2):
        alice.engine.nightly.step(clock())
        settle(clock, alice, bob, seconds=3700, steps=4)
    expect_rest(clock, alice, bob)
    assert list(living(bob).values()) == [4100]


def test_files_found_by_the_app_after_its_own_add_are_published_at_once(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    folder = alice.library / FOLDER
    folder.mkdir()
    (folder / "Film 7 by hand.mkv").write_bytes(b"x" * 900)
    alice.radarr.add(7)
    settle(clock, alice, bob, seconds=300, steps=30)
    assert living(bob) == {f"{FOLDER}/Film 7 by hand.mkv": 900}
    assert lists(bob) == lists(alice) == living(bob)
    assert bob.plex.scans


def test_an_add_without_a_folder_costs_no_more_requests(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    settle(clock, alice, bob, seconds=60, steps=6)
    alice.forget_requests()
    settle(clock, alice, bob, seconds=600)
    assert [path for _, path in alice.requests() if "movie" in path and "history" not in path] == []


def test_a_file_row_that_is_made_anew_is_no_removal(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    movie = alice.radarr.movie(7)
    (file,) = alice.radarr.library.files_of(movie.id)
    alice.radarr.library.detach(movie, file, "manualOverride")
    alice.engine.intake.step(clock())
    alice.radarr.library.change(movie.id, file_id=alice.radarr.library.add_file(file).id)
    alice.engine.nightly.step(clock())
    assert alice.state.outbox.of("movies", "tmdb:7") == []
    expect_rest(clock, alice, bob)


def test_a_queued_removal_is_taken_back_when_the_app_lists_the_file_again(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    content = (alice.library / FOLDER / f"{FOLDER} Bluray-1080p.mkv").read_bytes()
    alice.radarr.delete_file(7)
    alice.engine.intake.step(clock())
    assert [entry.needs for entry in alice.state.outbox.of("movies", "tmdb:7")] == ["gone"]
    (alice.library / FOLDER / f"{FOLDER} Bluray-1080p.mkv").write_bytes(content)
    alice.radarr.daily_refresh()
    alice.run_commands()
    alice.engine.nightly.step(clock())
    assert alice.state.outbox.of("movies", "tmdb:7") == []
    expect_rest(clock, alice, bob)

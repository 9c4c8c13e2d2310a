"""An item is deleted with its files in one app, and files of it in another folder stay."""

from mesharr.core.events.schema import Copy, Found, LibraryFound
from tests.support.household import Clock, Household, import_on, settle

DAY_S = 86_400.0


def test_what_went_with_the_folder_is_published_as_gone_and_what_stays_is_kept(
    alice_and_bob: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    item = alice.state.items.state("movies", "tmdb:7").item
    assert item is not None
    (bob.library / "elsewhere.mkv").write_bytes(b"12345")
    copies = (Copy(path="elsewhere.mkv", size=5, units=("movie",)),)
    body = LibraryFound(library="movies", items=(Found(item=item, copies=copies),))
    bob.state.outbox.put("", body, "", "was here already", clock())
    settle(clock, alice, bob)
    alice.radarr.delete(7, delete_files=True)
    settle(clock, alice, bob, seconds=1.1 * DAY_S, steps=200)
    for house in (alice, bob):
        state = house.state.items.state("movies", "tmdb:7")
        assert [each.copy.path for each in state.copies.values()] == ["elsewhere.mkv"]
    assert alice.events()[-1] == "file.removed"

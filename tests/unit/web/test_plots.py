"""The plots of the page: bars in proportion, each with its number in words."""

from mesharr.state.events.catalogue import OwnerCount
from mesharr.web.pages.plots import WIDTH, owner_bars, upload_bars


def test_owners_are_named_and_their_bars_are_in_proportion_to_their_items() -> None:
    counts = [OwnerCount("bob-1", 1, 1_000), OwnerCount("", 4, 2_000_000)]
    bob, nobody = owner_bars(counts, {"bob-1": "bob"})
    assert (bob.label, bob.value, bob.length) == ("bob", "1 item, 1.0 kB", WIDTH / 4)
    assert (nobody.label, nobody.value, nobody.length) == ("nobody", "4 items, 2.0 MB", WIDTH)


def test_days_without_an_upload_have_an_empty_bar_after_the_first_day_with_one() -> None:
    busy, quiet = upload_bars([(19_999, 0), (20_000, 0), (20_001, 3_000_000_000), (20_002, 0)])
    assert (busy.label, busy.value, busy.length) == ("05 Oct", "3.0 GB", WIDTH)
    assert (quiet.label, quiet.value, quiet.length) == ("06 Oct", "0 B", 0)


def test_where_nothing_was_uploaded_there_is_no_bar() -> None:
    assert upload_bars([(20_000, 0)]) == []
    assert owner_bars((), {}) == []

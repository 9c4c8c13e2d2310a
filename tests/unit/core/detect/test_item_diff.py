"""What is published of an item: what the app lists and did not before, if the mesh does not have it."""

from typing import Any

import msgspec
import pytest

from mesharr.core.arr.model import ArrFile, ArrItem
from mesharr.core.arr.snapshot import Baseline, Snapshot, baseline_after, baseline_of, snapshot_of
from mesharr.core.detect.item_diff import compare
from mesharr.core.detect.listed_files import UNCONFIRMED_MS
from mesharr.core.detect.model import (
    DELETED_BY_ARR,
    ComparedItem,
    Comparison,
    Evidence,
    MarkMissing,
    PublishFact,
    Withdraw,
)
from mesharr.core.detect.pending import Pending, PendingCopy, pending_of
from mesharr.core.events.schema import (
    Body,
    Copy,
    FileImported,
    FileRemoved,
    FileRenamed,
    Item,
    ItemAdded,
    ItemChanged,
    ItemLeft,
    ItemRemoved,
    Renamed,
)
from mesharr.core.events.validation import check
from mesharr.core.paths import same_key
from mesharr.core.registry.item_state import ItemState, LivingCopy
from mesharr.core.registry.ownership import Owner

ME = "alice-00000001"
BOB = "bob-00000002"
NOW = 1_764_000_000_000
DAY_MS = 86_400_000
FOLDER = "Dune (2021)"
PATH = "Dune (2021)/Dune.mkv"
BETTER = "Dune (2021)/Dune 4K.mkv"
SEEN = {"bob-00000002.00000001": (4, "b" * 64), "alice-00000001.00000001": (2, "a" * 64)}
FILM = Item(id="tmdb:1", kind="movie", title="Dune", year=2021, folder=FOLDER, series_type="")


def copy_at(path: str = PATH, *units: str, size: int = 100) -> Copy:
    return Copy(path=path, size=size, units=units or ("movie",))


def shows(*copies: Copy, folder: str = FOLDER, series_type: str = "") -> Snapshot:
    return Snapshot(
        ref=7,
        item=msgspec.structs.replace(FILM, folder=folder, series_type=series_type),
        monitored={"movie": True},
        files={same_key(copy.path): copy for copy in copies},
    )


def holds(*copies: Copy, by: str = BOB, **members: Any) -> ItemState:
    """Return a registry that holds these copies, all of one node."""
    stamp = ("2026-11-22T12:00:00.000Z-0000", by, "00000001", 1)
    units = {unit for copy in copies for unit in copy.units}
    state = ItemState(
        library="movies",
        id="tmdb:1",
        item=FILM,
        folder=FOLDER,
        copies={same_key(copy.path): LivingCopy(copy, by, stamp) for copy in copies},
        owners={unit: Owner(by, 1, False, stamp) for unit in units},
        adders=(by,),
        contributors=frozenset({by}),
        seen=SEEN,
    )
    return msgspec.structs.replace(state, **members)


UNKNOWN = ItemState(library="movies", id="tmdb:1")


def was(*copies: Copy, **members: Any) -> Baseline:
    return msgspec.structs.replace(baseline_of(shows(*copies)), **members)


def compared(
    shown: Snapshot | None,
    baseline: Baseline | None,
    registry: ItemState,
    pending: dict[str, int] | None = None,
    now: int = NOW,
    waiting: Pending | None = None,
    **evidence: Any,
) -> Comparison:
    copies = {same_key(path): PendingCopy(copy_at(path, size=size)) for path, size in (pending or {}).items()}
    queued = waiting or Pending(copies=copies)
    return compare(ComparedItem(shown, baseline, registry, Evidence(**evidence), queued, ME, now))


def bodies(found: Comparison) -> list[Body]:
    said = [change.body for change in found.changes if isinstance(change, PublishFact)]
    for body in said:
        check(body)
    return said


def keys(*paths: str) -> frozenset[str]:
    return frozenset(same_key(path) for path in paths)


# -- nothing to tell


def test_nothing_changed_and_nothing_is_published() -> None:
    found = compared(shows(copy_at()), was(copy_at()), holds(copy_at()))
    assert found == Comparison((), was(copy_at()))


def test_the_echo_of_our_own_add_publishes_nothing() -> None:
    placed = Baseline(folder=FOLDER)
    assert compared(shows(), placed, holds(copy_at())).changes == ()


def test_a_rescan_that_found_a_peers_file_publishes_nothing() -> None:
    found = compared(shows(copy_at()), Baseline(folder=FOLDER), holds(copy_at()))
    assert found == Comparison((), was(copy_at()))


def test_an_arr_that_imports_the_release_that_a_peer_has_imported_is_an_import() -> None:
    """A scan makes no such evidence: the app has written the file of the same name and size itself."""
    found = compared(shows(copy_at()), Baseline(folder=FOLDER), holds(copy_at()), imported=keys(PATH))
    (body,) = bodies(found)
    assert isinstance(body, FileImported)
    assert (body.copies, body.replaced) == ((copy_at(),), (PATH,))
    again = compared(
        shows(copy_at()), was(copy_at()), holds(copy_at()), imported=keys(PATH), replaced=keys(PATH)
    )
    assert bodies(again) == [body]


def test_the_evidence_of_an_import_that_comes_again_publishes_nothing() -> None:
    for by in (ME, BOB):
        found = compared(shows(copy_at()), was(copy_at()), holds(copy_at(), by=by), imported=keys(PATH))
        assert found.changes == ()
    dropped = {same_key(PATH): "upgrade"}
    found = compared(
        shows(copy_at()), was(), holds(copy_at(), by=ME), imported=keys(PATH), drop_reasons=dropped
    )
    assert found.changes == ()


def test_what_was_imported_since_mesharr_began_is_published_though_the_baseline_has_it() -> None:
    """The first day takes what the app lists for a baseline, also what was imported meanwhile."""
    news: dict[str, Any] = {"imported": keys(PATH), "news": keys(PATH)}
    (body,) = bodies(compared(shows(copy_at()), was(copy_at()), UNKNOWN, **news))
    assert isinstance(body, FileImported)
    assert body.copies == (copy_at(),)
    (body,) = bodies(compared(shows(copy_at()), was(copy_at()), holds(copy_at(size=50)), **news))
    assert isinstance(body, FileImported)  # an upgrade under the same name
    assert (body.copies, body.replaced) == ((copy_at(),), (PATH,))
    renames: dict[str, Any] = {"news": keys(BETTER), "renamed": {same_key(BETTER): PATH}}
    (body,) = bodies(compared(shows(copy_at(BETTER)), was(copy_at(BETTER)), holds(copy_at()), **renames))
    assert isinstance(body, FileRenamed)
    assert body.files == (Renamed(old=PATH, new=copy_at(BETTER)),)


def test_what_was_here_before_mesharr_or_is_known_or_has_ended_is_no_news() -> None:
    shown, known, news = shows(copy_at()), was(copy_at()), keys(PATH)
    assert compared(shown, known, UNKNOWN, imported=news).changes == ()  # the history goes back further
    assert compared(shown, known, UNKNOWN, {PATH: 100}, imported=news, news=news).changes == ()
    ended = msgspec.structs.replace(UNKNOWN, ended={same_key(PATH): PATH})
    assert compared(shown, known, ended, imported=news, news=news).changes == ()
    renames: dict[str, Any] = {"news": news, "renamed": {same_key(PATH): BETTER}}
    assert compared(shown, known, UNKNOWN, **renames).changes == ()


def test_an_import_that_only_an_inventory_states_is_published_too() -> None:
    """An inventory makes nobody the owner. Who has owned it since, or stated it first, is left in peace."""
    news: dict[str, Any] = {"imported": keys(PATH), "news": keys(PATH)}
    found = holds(copy_at(), by=ME, owners={}, contributors=frozenset())
    (body,) = bodies(compared(shows(copy_at()), was(copy_at()), found, **news))
    assert isinstance(body, FileImported)
    assert body.copies == (copy_at(),)
    for other in (
        holds(copy_at(), by=ME),
        msgspec.structs.replace(found, terms={"movie": 1}),  # given up since
        holds(copy_at(), by=BOB, owners={}),
    ):
        assert compared(shows(copy_at()), was(copy_at()), other, **news).changes == ()
    assert compared(shows(copy_at()), was(copy_at()), found, imported=keys(PATH)).changes == ()


def test_a_file_of_the_registry_that_is_on_the_local_branch_only_is_uploaded() -> None:
    state, known = holds(copy_at(), by=BOB), was(copy_at())
    found = compared(shows(copy_at()), known, state, only_local=keys(PATH))
    (body,) = bodies(found)
    assert isinstance(body, FileRenamed)  # which makes nobody its owner
    assert body.files == (Renamed(old=PATH, new=copy_at()),)
    mine = holds(copy_at(), by=ME)
    found = compared(shows(copy_at()), known, mine, only_local=keys(PATH), imported=keys(PATH))
    assert [type(body) for body in bodies(found)] == [FileImported]
    assert compared(shows(copy_at()), known, mine, {PATH: 100}, only_local=keys(PATH)).changes == ()


def test_a_file_that_only_the_local_branch_has_needs_no_explanation() -> None:
    """Nobody else puts a file there, so it is no peer's whose event is on its way."""
    shown, known, theirs = shows(copy_at(BETTER)), was(), holds(copy_at())
    assert dict(compared(shown, known, theirs).baseline.unconfirmed) == {BETTER: NOW}
    (body,) = bodies(compared(shown, known, theirs, only_local=keys(BETTER)))
    assert isinstance(body, FileImported)
    assert body.copies == (copy_at(BETTER),)


def test_another_size_of_a_living_copy_waits_for_an_explanation() -> None:
    """An upgrade under the same name may be seen before anything states it."""
    seen = compared(shows(copy_at(size=900)), was(copy_at()), holds(copy_at(), by=ME))
    assert seen.changes == ()
    assert (dict(seen.baseline.files), dict(seen.baseline.unconfirmed)) == ({PATH: 100}, {PATH: NOW})
    told = compared(shows(copy_at(size=900)), seen.baseline, holds(copy_at(), by=ME), imported=keys(PATH))
    assert [type(body) for body in bodies(told)] == [FileImported]
    late = compared(
        shows(copy_at(size=900)), seen.baseline, holds(copy_at(), by=ME), now=NOW + UNCONFIRMED_MS
    )
    [renamed] = bodies(late)
    assert isinstance(renamed, FileRenamed)
    assert [(each.old, each.new) for each in renamed.files] == [(PATH, copy_at(size=900))]
    absorbed = baseline_after(was(copy_at()), shows(copy_at(size=900)), holds(copy_at(), by=ME))
    assert absorbed is None
    peers = compared(shows(copy_at(size=900)), seen.baseline, holds(copy_at(size=900)), now=NOW + 10**8)
    assert peers == Comparison((), was(copy_at(size=900)))


def test_a_peers_file_listed_with_another_size_and_no_import_publishes_nothing() -> None:
    found = compared(shows(copy_at(size=99)), Baseline(folder=FOLDER), holds(copy_at()))
    assert found.changes == ()


def test_an_item_the_mesh_knows_already_is_not_added_again() -> None:
    assert compared(shows(), None, holds(copy_at())).changes == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [(PATH, PATH.upper()), ("Dune (2021)/Cafe\u0301.mkv", "Dune (2021)/Caf\u00e9.mkv")],
)
def test_another_spelling_of_a_file_is_a_rename(old: str, new: str) -> None:
    found = compared(shows(copy_at(new)), was(copy_at(old)), holds(copy_at(old)))
    (body,) = bodies(found)
    assert isinstance(body, FileRenamed)
    assert body.files == (Renamed(old=old, new=copy_at(new)),)
    assert dict(found.baseline.files) == {new: 100}
    assert compared(shows(copy_at(new)), found.baseline, holds(copy_at(new), by=ME)).changes == ()


def test_another_spelling_of_the_folder_is_a_change_of_the_item() -> None:
    found = compared(shows(folder=FOLDER.upper()), was(), holds())
    (body,) = bodies(found)
    assert isinstance(body, ItemChanged)
    assert body.folder == FOLDER.upper()


def test_a_spelling_that_the_app_had_from_the_first_is_its_own() -> None:
    shown = shows(copy_at("DUNE (2021)/dune.MKV"), folder="DUNE (2021)")
    assert compared(shown, baseline_of(shown), holds(copy_at())).changes == ()
    added = Baseline(folder=FOLDER)  # mesharr added it, and the app was not read since
    assert compared(shown, added, holds(copy_at())).changes == ()


def test_a_file_that_went_along_with_a_new_spelling_of_its_folder_is_renamed_by_who_lists_it_there() -> None:
    """Bob imported into the folder while this household's app gave it other capitals: it finds the file."""
    there = copy_at("DUNE (2021)/dune.mkv")
    shown = shows(there, folder="DUNE (2021)")
    found = compared(shown, baseline_of(shown), holds(copy_at(), folder="DUNE (2021)", version=1))
    (body,) = bodies(found)
    assert isinstance(body, FileRenamed)
    assert body.files == (Renamed(old=PATH, new=there),)
    published = holds(there, folder="DUNE (2021)", version=1)
    assert compared(shown, found.baseline, published).changes == ()
    unchanged = holds(copy_at(), folder="DUNE (2021)")
    assert compared(shown, baseline_of(shown), unchanged).changes == ()


def test_an_app_that_lists_one_unicode_form_follows_a_rename_and_publishes_nothing() -> None:
    before, after = "Dune (2021)/cafe\u0301.mkv", "Dune (2021)/CAFE\u0301.mkv"
    published = holds(copy_at("Dune (2021)/CAF\u00c9.mkv"))
    assert compared(shows(copy_at(after)), was(copy_at(before)), published).changes == ()


def test_a_spelling_changed_again_before_it_was_published_is_one_rename() -> None:
    new, newer = PATH.upper(), PATH.lower()
    waiting = Pending(copies={same_key(PATH): PendingCopy(copy_at(new), PATH, (PATH,))})
    found = compared(shows(copy_at(newer)), was(copy_at(new)), holds(copy_at()), waiting=waiting)
    assert [type(change) for change in found.changes] == [Withdraw, PublishFact]
    (body,) = bodies(found)
    assert isinstance(body, FileRenamed)
    assert body.files == (Renamed(old=PATH, new=copy_at(newer)),)
    back = compared(shows(copy_at()), was(copy_at(new)), holds(copy_at()), waiting=waiting)
    assert [type(change) for change in back.changes] == [Withdraw]


def test_an_import_in_another_spelling_before_it_was_published_is_published_in_the_last() -> None:
    waiting = Pending(copies={same_key(PATH): PendingCopy(copy_at(), ends=("old.mkv",))})
    new = PATH.upper()
    found = compared(shows(copy_at(new)), was(copy_at()), holds(), waiting=waiting)
    assert [type(change) for change in found.changes] == [Withdraw, PublishFact]
    (body,) = bodies(found)
    assert isinstance(body, FileImported)
    assert body.copies == (copy_at(new),)


def test_an_old_exchange_through_a_name_in_between_makes_no_rename_of_a_file_overwritten_since() -> None:
    """The history states it still, and the other file has the name that this one had before."""
    between = "Dune (2021)/between.mkv"
    renamed = {same_key(BETTER): between, same_key(between): PATH}
    shown, known = shows(copy_at(), copy_at(BETTER, size=900)), was(copy_at(), copy_at(BETTER, size=200))
    found = compared(shown, known, holds(copy_at(), copy_at(BETTER, size=200), by=ME), renamed=renamed)
    assert PATH not in [each.old for body in bodies(found) for each in getattr(body, "files", ())]


def test_an_upgrade_under_one_name_that_is_respelled_before_it_is_published_is_published_in_the_last() -> (
    None
):
    """The living copy at the path is the old file: the upgrade is neither it nor unexplained."""
    waiting = Pending(copies={same_key(PATH): PendingCopy(copy_at(), ends=(PATH,))})
    new, old = PATH.upper(), holds(copy_at(size=50), by=ME)
    found = compared(shows(copy_at(new)), was(copy_at()), old, waiting=waiting)
    assert [type(change) for change in found.changes] == [Withdraw, PublishFact]
    (body,) = bodies(found)
    assert isinstance(body, FileImported)
    assert (body.copies, body.replaced) == ((copy_at(new),), (PATH,))
    assert dict(found.baseline.files) == {new: 100}


def test_a_new_spelling_of_a_file_whose_import_the_history_states_again_is_a_rename() -> None:
    new = PATH.upper()
    found = compared(shows(copy_at(new)), was(copy_at()), holds(copy_at(), by=ME), imported=keys(PATH))
    assert [type(body) for body in bodies(found)] == [FileRenamed]


def test_titles_profiles_tags_and_flags_are_nobodys_business() -> None:
    shown = shows(copy_at())
    item = msgspec.structs.replace(shown.item, title="Duna", year=2022, profile="4K", ids={"imdb": "tt1"})
    shown = msgspec.structs.replace(shown, item=item, tags=("x",), monitored={"movie": False})
    assert compared(shown, was(copy_at()), holds(copy_at())).changes == ()


def test_a_folder_the_mesh_chose_publishes_nothing() -> None:
    found = compared(shows(folder="Dune"), was(), holds(folder="Dune"))
    assert found.changes == ()
    assert found.baseline.folder == "Dune"


def test_a_pending_upload_counts_as_published() -> None:
    found = compared(shows(copy_at()), was(), holds(), {PATH: 100}, imported=keys(PATH))
    assert found.changes == ()


def test_a_pending_upload_of_another_size_does_not() -> None:
    found = compared(shows(copy_at(size=200)), was(), holds(), {PATH: 100}, imported=keys(PATH))
    assert [type(body) for body in bodies(found)] == [FileImported]


# -- adds


def test_a_new_item_is_published_at_once() -> None:
    found = compared(shows(), None, UNKNOWN)
    assert found.changes == (PublishFact(ItemAdded(library="movies", item=FILM), "", "new in the app"),)


def test_a_new_item_with_its_import_is_an_add_and_an_import() -> None:
    found = compared(shows(copy_at()), None, UNKNOWN, imported=keys(PATH))
    assert [type(body) for body in bodies(found)] == [ItemAdded, FileImported]


def test_an_item_i_left_is_published_when_it_is_back() -> None:
    found = compared(shows(), Baseline(present=False), holds(copy_at(), left_by=frozenset({ME})))
    assert [type(body) for body in bodies(found)] == [ItemAdded]


def test_an_item_that_was_removed_everywhere_is_published_when_it_is_back() -> None:
    gone = msgspec.structs.replace(UNKNOWN, removed_by=BOB, left_by=frozenset({ME, BOB}))
    assert [type(body) for body in bodies(compared(shows(), Baseline(present=False), gone))] == [ItemAdded]


def test_a_webhook_that_comes_twice_publishes_once() -> None:
    first = compared(shows(copy_at()), None, UNKNOWN, imported=keys(PATH))
    assert len(first.changes) == 2
    again = compared(shows(copy_at()), first.baseline, UNKNOWN, {PATH: 100}, imported=keys(PATH))
    assert again.changes == ()
    again = compared(shows(copy_at()), first.baseline, holds(copy_at(), by=ME), imported=keys(PATH))
    assert again.changes == ()


# -- what an arr brought in


def test_an_import_waits_for_the_drive_and_carries_what_its_author_saw() -> None:
    found = compared(shows(copy_at()), was(), holds(), imported=keys(PATH))
    body = FileImported(library="movies", item=FILM, copies=(copy_at(),), term=1, seen=SEEN)
    assert found.changes == (PublishFact(body, "drive", "imported by the app"),)
    assert found.baseline == was(copy_at(), heard={same_key(PATH): NOW})


def test_an_upgrade_replaces_the_old_path() -> None:
    found = compared(
        shows(copy_at(BETTER)),
        was(copy_at()),
        holds(copy_at()),
        imported=keys(BETTER),
        replaced=keys(PATH),
        drop_reasons={same_key(PATH): "upgrade"},
    )
    (body,) = bodies(found)
    assert isinstance(body, FileImported)
    assert (body.copies, body.replaced) == ((copy_at(BETTER),), (PATH,))
    assert found.changes[0].why == "upgraded by the app"


def test_an_upgrade_of_a_file_i_never_showed_replaces_it_when_the_arr_says_so() -> None:
    found = compared(
        shows(copy_at(BETTER)), was(), holds(copy_at()), imported=keys(BETTER), replaced=keys(PATH)
    )
    (body,) = bodies(found)
    assert isinstance(body, FileImported)
    assert body.replaced == (PATH,)


def test_a_second_copy_replaces_nothing_that_was_not_here() -> None:
    found = compared(shows(copy_at(BETTER)), was(), holds(copy_at()), imported=keys(BETTER))
    (body,) = bodies(found)
    assert isinstance(body, FileImported)
    assert body.replaced == ()


def test_an_upgrade_of_one_episode_replaces_only_its_own_file() -> None:
    one, two = copy_at("S/1.mkv", "1:1"), copy_at("S/2.mkv", "1:2")
    better = copy_at("S/1 (HD).mkv", "1:1")
    found = compared(
        shows(better, two),
        was(one, two),
        holds(one, two),
        imported=keys(better.path),
        replaced=keys(one.path),
    )
    (body,) = bodies(found)
    assert isinstance(body, FileImported)
    assert body.replaced == (one.path,)


def test_a_season_pack_is_one_import() -> None:
    files = [copy_at(f"S/{n}.mkv", f"1:{n}") for n in range(1, 9)]
    (body,) = bodies(compared(shows(*files), was(), holds(), imported=keys(*(file.path for file in files))))
    assert isinstance(body, FileImported)
    assert len(body.copies) == 8


def test_an_overwrite_under_the_same_name_is_an_import_when_the_arr_says_so() -> None:
    found = compared(shows(copy_at(size=900)), was(copy_at()), holds(copy_at()), imported=keys(PATH))
    (body,) = bodies(found)
    assert isinstance(body, FileImported)
    assert (body.copies[0].size, body.replaced) == (900, (PATH,))


def test_tags_written_into_a_peers_file_are_a_change_of_its_size_and_no_import() -> None:
    written = copy_at(size=103)
    found = compared(shows(written), was(copy_at()), holds(copy_at()), retagged=keys(PATH))
    assert bodies(found) == [
        FileRenamed(library="movies", id="tmdb:1", files=(Renamed(old=PATH, new=written),), seen=SEEN)
    ]
    assert [change.why for change in found.changes if isinstance(change, PublishFact)] == [
        "tags were written by the app"
    ]
    assert found.baseline == was(written)
    assert compared(shows(written), found.baseline, holds(written), retagged=keys(PATH)).changes == ()


def test_tags_written_into_a_file_that_is_imported_are_part_of_its_import() -> None:
    written = copy_at(size=103)
    for registry in (holds(copy_at()), holds()):
        found = compared(shows(written), was(copy_at()), registry, imported=keys(PATH), retagged=keys(PATH))
        assert [type(body) for body in bodies(found)] == [FileImported]


def test_tags_written_into_a_file_the_mesh_does_not_know_tell_nothing() -> None:
    found = compared(shows(copy_at(size=103)), was(copy_at()), holds(), retagged=keys(PATH))
    assert found.changes == ()


def test_an_overwrite_without_evidence_is_none() -> None:
    found = compared(shows(copy_at(size=900)), was(copy_at()), holds(copy_at()), now=NOW + UNCONFIRMED_MS)
    assert found.changes == ()


# -- files nobody explains


def test_a_file_nobody_explains_waits_an_hour() -> None:
    first = compared(shows(copy_at()), was(), holds())
    assert first.changes == ()
    assert first.baseline.unconfirmed == {PATH: NOW}
    assert first.baseline.files == {}
    early = compared(shows(copy_at()), first.baseline, holds(), now=NOW + UNCONFIRMED_MS - 1)
    assert early == first
    due = compared(shows(copy_at()), first.baseline, holds(), now=NOW + UNCONFIRMED_MS)
    assert [type(body) for body in bodies(due)] == [FileImported]
    assert due.baseline == was(copy_at())


def test_a_file_a_peer_publishes_within_the_hour_is_never_an_import_of_mine() -> None:
    first = compared(shows(copy_at()), was(), holds())
    found = compared(shows(copy_at()), first.baseline, holds(copy_at()), now=NOW + 2 * UNCONFIRMED_MS)
    assert found == Comparison((), was(copy_at()))


def test_a_scan_that_takes_another_file_whose_name_differs_in_capitals_only_publishes_nothing() -> None:
    shown, beside, since = shows(copy_at(PATH.upper(), size=900)), keys(PATH), NOW
    baseline = was(copy_at())
    for _ in range(3):
        found = compared(shown, baseline, holds(copy_at()), now=since, namesakes=beside)
        assert found.changes == ()
        baseline, since = found.baseline, since + UNCONFIRMED_MS
    back = compared(shows(copy_at()), baseline, holds(copy_at()), now=since)
    assert back == Comparison((), was(copy_at()))


def test_a_file_that_is_moved_beside_one_whose_name_differs_in_capitals_only_is_no_rename_of_that() -> None:
    former, moved = copy_at("Dune/DUNE.mkv", size=900), copy_at(PATH.upper(), size=900)
    registry = holds(copy_at(), former, by=ME)
    renamed = {same_key(PATH): former.path}
    found = compared(shows(moved), was(former), registry, namesakes=keys(PATH), renamed=renamed)
    assert bodies(found) == []
    assert found.baseline.unconfirmed == {moved.path: NOW}


def test_a_file_an_import_explains_later_does_not_wait() -> None:
    first = compared(shows(copy_at()), was(), holds())
    found = compared(shows(copy_at()), first.baseline, holds(), now=NOW + 1, imported=keys(PATH))
    assert [type(body) for body in bodies(found)] == [FileImported]


def test_a_file_of_an_item_without_a_baseline_is_never_an_import_by_age() -> None:
    found = compared(shows(copy_at()), None, holds(), now=NOW)
    assert found.changes == ()
    assert found.baseline.unconfirmed == {PATH: NOW}


# -- renames


def test_a_rename_the_arr_reports_waits_for_the_drive() -> None:
    found = compared(
        shows(copy_at(BETTER)), was(copy_at()), holds(copy_at()), renamed={same_key(BETTER): PATH}
    )
    renamed = (Renamed(old=PATH, new=copy_at(BETTER)),)
    body = FileRenamed(library="movies", id="tmdb:1", files=renamed, seen=SEEN)
    assert found.changes == (PublishFact(body, "drive", "renamed in the app"),)


def test_a_rename_nobody_published_is_known_by_size_and_units() -> None:
    found = compared(shows(copy_at(BETTER)), was(copy_at()), holds(copy_at()))
    (body,) = bodies(found)
    assert isinstance(body, FileRenamed)
    assert body.files[0].old == PATH


def test_a_file_of_another_size_at_another_name_is_no_rename() -> None:
    found = compared(shows(copy_at(BETTER, size=101)), was(copy_at()), holds(copy_at()))
    assert found.changes == ()
    assert found.baseline.unconfirmed == {BETTER: NOW}


def test_a_file_that_was_never_here_is_not_renamed() -> None:
    found = compared(shows(copy_at(BETTER)), was(), holds(copy_at()))
    assert found.changes == ()


def test_an_import_of_the_same_size_is_an_import() -> None:
    found = compared(shows(copy_at(BETTER)), was(copy_at()), holds(copy_at()), imported=keys(BETTER))
    (body,) = bodies(found)
    assert isinstance(body, FileImported)
    assert body.replaced == (PATH,)


def test_another_track_of_one_size_is_no_rename() -> None:
    """Of two sets of one album in its folder a scan may take one track for another."""
    one, two = (
        msgspec.structs.replace(copy_at(f"{FOLDER}/{name}.flac", "album", size=9), parts=(name,))
        for name in ("01", "02")
    )

    def lists(copy: Copy) -> Snapshot:
        return msgspec.structs.replace(shows(copy), multi_file_units=True, monitored={"album": True})

    found = compared(lists(two), baseline_of(lists(one)), holds(one))
    assert (bodies(found), list(found.baseline.unconfirmed)) == ([], [two.path])


def test_a_file_whose_old_name_a_peer_has_used_since_is_no_rename_of_the_peers_file() -> None:
    """The import was heard without its file, which had its second name already; the rename came late."""
    own, peers = copy_at(BETTER, size=84), copy_at(PATH, size=603)
    found = compared(
        shows(own),
        Baseline(folder=FOLDER, unconfirmed={BETTER: NOW}),
        holds(peers),
        renamed={same_key(BETTER): PATH},
    )
    (body,) = bodies(found)
    assert isinstance(body, FileImported)
    assert (body.copies, body.replaced) == ((own,), ())


def test_a_listed_file_that_was_overwritten_and_renamed_is_the_same_copy() -> None:
    own, published = copy_at(BETTER, size=84), copy_at(PATH, size=603)
    found = compared(shows(own), was(published), holds(published), renamed={same_key(BETTER): PATH})
    assert bodies(found) == [
        FileRenamed(library="movies", id="tmdb:1", files=(Renamed(old=PATH, new=own),), seen=SEEN)
    ]


def test_a_folder_that_moved_is_a_change_and_a_rename_of_what_is_in_it() -> None:
    moved = copy_at("Dune/Dune.mkv")
    found = compared(shows(moved, folder="Dune"), was(copy_at()), holds(copy_at(), version=3))
    change, rename = bodies(found)
    assert change == ItemChanged(library="movies", id="tmdb:1", folder="Dune", version=4)
    assert isinstance(rename, FileRenamed)
    assert rename.files == (Renamed(old=PATH, new=moved),)


def test_a_rename_before_the_file_was_published_is_its_import_under_the_new_name() -> None:
    found = compared(
        shows(copy_at(BETTER)),
        was(copy_at()),
        holds(),
        {PATH: 100},
        renamed={same_key(BETTER): PATH},
    )
    assert found.changes[0] == Withdraw(keys(PATH), "the app no longer lists the file")
    (body,) = bodies(found)
    assert isinstance(body, FileImported)
    assert body.copies == (copy_at(BETTER),)


# -- placement


def test_a_changed_type_is_published_with_a_higher_version() -> None:
    found = compared(shows(series_type="anime"), was(series_type="standard"), holds(series_type="standard"))
    assert bodies(found) == [ItemChanged(library="movies", id="tmdb:1", series_type="anime", version=1)]


def test_a_change_names_those_whose_version_cannot_be_beaten() -> None:
    at_maximum = {"bob-00000002.00000001": (7, "7" * 64)}
    found = compared(shows(folder="Dune"), was(), holds(version=4, events_at_maximum=at_maximum))
    (body,) = bodies(found)
    assert isinstance(body, ItemChanged)
    assert (body.version, body.over) == (5, at_maximum)


def test_a_second_change_of_the_place_beats_the_first_that_is_not_published_yet() -> None:
    """Else the two have one version, of which the earliest counts."""
    waiting = pending_of([ItemChanged(library="movies", id="tmdb:1", folder="Dune", version=4)])
    shown = shows(folder="DUNE", series_type="anime")
    found = compared(shown, was(folder="Dune"), holds(version=3), waiting=waiting)
    [body] = bodies(found)
    assert body == ItemChanged(library="movies", id="tmdb:1", folder="DUNE", series_type="anime", version=5)


def test_an_item_that_is_put_back_before_its_move_is_published_is_moved_twice() -> None:
    """The first change waits already: without a second one the mesh would have it where nobody has it."""
    changes = ItemChanged(library="movies", id="tmdb:1", folder="Dune", series_type="anime", version=4)
    back = compared(
        shows(series_type="standard"),
        was(folder="Dune", series_type="anime"),
        holds(version=3, series_type="standard"),
        waiting=pending_of([changes]),
    )
    [body] = bodies(back)
    assert body == ItemChanged(
        library="movies", id="tmdb:1", folder=FOLDER, series_type="standard", version=5
    )


def test_the_folder_of_an_item_the_mesh_does_not_have_is_not_published_alone() -> None:
    assert compared(shows(folder="Dune"), was(), UNKNOWN).changes == ()


# -- what is gone


def test_a_deleted_item_has_left_at_once_and_its_removal_needs_proof() -> None:
    found = compared(None, was(copy_at()), holds(copy_at(), by=ME), delete_reason="deleted")
    left, removed = found.changes
    assert left == PublishFact(ItemLeft(library="movies", id="tmdb:1"), "", "deleted in the app")
    assert removed == PublishFact(
        ItemRemoved(library="movies", id="tmdb:1", seen=SEEN), "gone", "deleted in the app"
    )
    assert found.baseline == Baseline(present=False, folder=FOLDER)


def test_a_deleted_item_is_published_once() -> None:
    first = compared(None, was(copy_at()), holds(copy_at(), by=ME), delete_reason="deleted")
    left = holds(copy_at(), by=ME, left_by=frozenset({ME}), adders=())
    assert compared(None, first.baseline, left, delete_reason="deleted").changes == ()
    assert compared(None, was(copy_at()), left, delete_reason="deleted").changes == ()


def test_an_item_deleted_without_its_files_left_them_in_the_folder_that_it_had_then() -> None:
    """No app tells of a move: the deletion may be the first and the last that states the folder."""
    kept: dict[str, Any] = {"delete_reason": "deleted", "files_kept": True}
    registry = holds(copy_at(), by=ME, version=3)
    left = ItemLeft(library="movies", id="tmdb:1")
    moved = ItemChanged(library="movies", id="tmdb:1", folder="DUNE", version=4)
    found = compared(None, was(copy_at()), registry, deleted_from="DUNE", **kept)
    assert (bodies(found), found.baseline) == ([moved, left], Baseline(present=False, folder="DUNE"))
    for known in (registry, holds(copy_at(), by=ME, folder="DUNE", version=4)):
        there = compared(None, was(copy_at()), known, deleted_from=known.folder, **kept)
        assert bodies(there) == [left]
    assert bodies(compared(None, was(copy_at()), registry, **kept)) == [left]


@pytest.mark.parametrize("role", [{"contributors": frozenset({ME})}, {"adders": (ME,)}, {"origin": BOB}])
def test_an_item_that_went_without_a_word_is_missing_and_nothing_is_published(role: Any) -> None:
    before = was(copy_at())
    found = compared(None, before, holds(copy_at(), **role))
    assert [type(change) for change in found.changes] == [MarkMissing]
    assert found.baseline == before


@pytest.mark.parametrize(("copies", "kinds"), [((), [ItemLeft]), ((copy_at(),), [ItemLeft, ItemRemoved])])
def test_what_an_arr_deleted_with_its_files_is_removed_only_by_files_proven_gone(
    copies: tuple[Copy, ...], kinds: list[type]
) -> None:
    found = compared(None, was(copy_at()), holds(*copies, by=ME), delete_reason="unsure")
    assert [type(body) for body in bodies(found)] == kinds
    removal = [
        change for change in found.changes if isinstance(change, PublishFact) and change.needs == "gone"
    ]
    assert [getattr(each.body, "reason", "") for each in removal] == ["unsure"] * len(copies)


@pytest.mark.parametrize("role", [{"contributors": frozenset({ME})}, {"adders": (ME,)}, {"origin": BOB}])
@pytest.mark.parametrize("copies", [(), (copy_at(),)])
def test_what_had_no_files_when_an_arr_deleted_it_is_missing_and_nothing_is_published(
    copies: tuple[Copy, ...], role: Any
) -> None:
    found = compared(None, was(), holds(*copies, **role), delete_reason="unsure")
    assert found == Comparison((MarkMissing(DELETED_BY_ARR),), was())
    missing = {same_key(PATH): "missingfromdisk"}
    before = was(copy_at())
    found = compared(None, before, holds(*copies, **role), delete_reason="unsure", drop_reasons=missing)
    assert found == Comparison((MarkMissing(DELETED_BY_ARR),), before)


@pytest.mark.parametrize("reason", ["deleted", "unsure"])
def test_an_item_deleted_and_added_again_before_anybody_read_it_has_its_files_proven_gone(
    reason: str,
) -> None:
    found = compared(shows(), was(copy_at()), holds(copy_at(), by=BOB), delete_reason=reason)
    [said] = found.changes
    assert isinstance(said, PublishFact)
    assert isinstance(said.body, FileRemoved)
    assert (said.body.paths, said.needs) == ((PATH,), "gone")


def test_what_an_item_that_came_back_never_had_here_is_its_owners_to_speak_of() -> None:
    assert compared(shows(), was(), holds(copy_at(), by=BOB), delete_reason="deleted").changes == ()


def test_the_users_word_that_it_was_deleted_needs_no_files() -> None:
    found = compared(None, was(), holds(by=ME), delete_reason="deleted")
    assert [type(body) for body in bodies(found)] == [ItemLeft, ItemRemoved]


# -- files that were gone before they could be published


@pytest.mark.parametrize("noticed", [False, True], ids=["at once", "after the folder"])
def test_a_file_that_moved_with_its_folder_and_was_deleted_then_is_published_as_gone(noticed: bool) -> None:
    """What the app drops has the name that it had in the new folder, which was never published."""
    known = was(folder="Dune 2") if noticed else was(copy_at())
    moved = shows(folder="Dune 2")
    reasons = {same_key(PATH): "upgrade", "dune 2/dune.mkv": "manual"}  # it was itself an upgrade
    found = compared(moved, known, holds(copy_at(), by=ME), drop_reasons=reasons)
    [removed] = [body for body in bodies(found) if isinstance(body, FileRemoved)]
    assert removed.paths == (PATH,)
    other = compared(moved, known, holds(copy_at(), by=ME), drop_reasons={"dune 2/extra.mkv": "manual"})
    assert not any(isinstance(body, FileRemoved) for body in bodies(other))


def test_a_file_that_went_unpublished_is_new_only_when_it_is_imported_again() -> None:
    stale = msgspec.structs.replace(was(copy_at()), gone_unpublished=(PATH,))
    same = compared(shows(copy_at()), stale, holds())
    assert same == Comparison((), stale)
    imported = frozenset({same_key(PATH)})
    found = compared(shows(copy_at()), stale, holds(), imported=imported)
    assert [type(body) for body in bodies(found)] == [FileImported]
    assert found.baseline == was(copy_at(), heard={same_key(PATH): NOW})
    assert compared(shows(copy_at()), was(copy_at()), holds(), imported=imported).changes == ()


@pytest.mark.parametrize(
    "evidence",
    [
        {"imported": keys(PATH, "X/not listed yet.mkv")},
        {"renamed": {same_key(PATH): BETTER, "x/not listed yet.mkv": "X/a.mkv"}},
    ],
    ids=["import", "rename"],
)
def test_when_a_path_was_heard_of_is_kept_for_a_week_wherever_its_file_is_then(
    evidence: dict[str, Any],
) -> None:
    heard = was(copy_at(), heard={"x/gone.mkv": NOW - 7 * DAY_MS + 1, "x/old.mkv": NOW - 7 * DAY_MS})
    found = compared(shows(copy_at()), heard, holds(copy_at()), **evidence)
    assert found.changes == ()
    assert found.baseline.heard == {"x/gone.mkv": NOW - 7 * DAY_MS + 1, same_key(PATH): NOW}


def test_a_file_that_went_unpublished_and_that_a_peer_has_published_is_not_new() -> None:
    stale = msgspec.structs.replace(was(copy_at()), gone_unpublished=(PATH,))
    imported = frozenset({same_key(PATH)})
    assert compared(shows(copy_at()), stale, holds(copy_at()), imported=imported).changes == ()


def test_a_file_that_went_unpublished_is_forgotten_when_the_arr_drops_it() -> None:
    stale = msgspec.structs.replace(was(copy_at()), gone_unpublished=(PATH,))
    assert compared(shows(), stale, holds()).baseline == was()


@pytest.mark.parametrize("baseline", [None, Baseline(present=False)])
def test_an_item_that_was_never_here_publishes_nothing_by_being_absent(baseline: Baseline | None) -> None:
    for deleted in ("deleted", "unsure", ""):
        assert compared(None, baseline, holds(copy_at(), by=ME), delete_reason=deleted).changes == ()


def test_an_item_the_mesh_removed_publishes_nothing_by_being_absent() -> None:
    gone = msgspec.structs.replace(UNKNOWN, removed_by=BOB)
    assert compared(None, was(copy_at()), gone, delete_reason="deleted").changes == ()


def test_an_item_deleted_before_its_file_was_published_takes_the_file_back() -> None:
    pending = {PATH: 100}
    [withdrawn] = compared(None, was(), UNKNOWN, pending, delete_reason="deleted").changes
    assert withdrawn == Withdraw(keys(PATH), "deleted in the app")
    assert compared(None, was(), UNKNOWN, pending).changes == ()


def test_an_import_that_waits_to_be_published_is_taken_back_when_an_arr_deleted_the_item_with_its_files() -> (
    None
):
    pending = {PATH: 100}
    withdrawn, left = compared(None, was(copy_at()), holds(by=ME), pending, delete_reason="unsure").changes
    assert withdrawn == Withdraw(keys(PATH), "deleted in the app")
    assert left == PublishFact(ItemLeft(library="movies", id="tmdb:1"), "", "deleted in the app")
    # what had no files an arr deletes by itself: what waits is left to the drive
    assert compared(None, was(), holds(by=ME), pending, delete_reason="unsure").changes == (
        MarkMissing(DELETED_BY_ARR),
    )


def test_a_deleted_file_needs_proof() -> None:
    found = compared(shows(), was(copy_at()), holds(copy_at()), drop_reasons={same_key(PATH): "manual"})
    body = FileRemoved(library="movies", id="tmdb:1", paths=(PATH,), reason="deleted", seen=SEEN)
    assert found.changes == (PublishFact(body, "gone", "file deleted in the app"),)


def test_a_file_that_went_without_a_word_is_no_removal() -> None:
    assert compared(shows(), was(copy_at()), holds(copy_at(), by=ME)).changes == ()


@pytest.mark.parametrize("reason", ["missingfromdisk", "unsure"])
def test_a_missing_file_of_a_peer_is_never_a_removal(reason: str) -> None:
    gone = {same_key(PATH): reason}
    assert compared(shows(), was(copy_at()), holds(copy_at()), drop_reasons=gone).changes == ()


@pytest.mark.parametrize("reason", ["missingfromdisk", "unsure"])
def test_a_missing_file_of_mine_is_a_removal_once_it_is_proven(reason: str) -> None:
    gone = {same_key(PATH): reason}
    (said,) = compared(shows(), was(copy_at()), holds(copy_at(), by=ME), drop_reasons=gone).changes
    assert isinstance(said, PublishFact)
    assert said.needs == "gone"


def test_an_upgrade_that_has_not_come_yet_is_no_removal() -> None:
    gone = {same_key(PATH): "upgrade"}
    assert compared(shows(), was(copy_at()), holds(copy_at(), by=ME), drop_reasons=gone).changes == ()


def test_a_file_that_is_still_listed_was_not_deleted() -> None:
    gone = {same_key(PATH): "manual"}
    assert compared(shows(copy_at()), was(copy_at()), holds(copy_at()), drop_reasons=gone).changes == ()


def test_what_waited_to_be_published_is_withdrawn_when_the_arr_lists_it_no_more() -> None:
    found = compared(shows(), was(copy_at()), holds(), {PATH: 100})
    assert found.changes == (Withdraw(keys(PATH), "the app no longer lists the file"),)


# -- what an arr shows, in the words of the library


def held(folder: str, *paths: str, **members: Any) -> ArrItem:
    files = tuple(ArrFile(path=path, size=100, units=("movie",)) for path in paths)
    values = {"title": "Dune", "profile": "HD", **members}
    return ArrItem(
        ref=7,
        id="tmdb:1",
        kind="movie",
        ids={"tmdb": 1},
        year=2021,
        folder=folder,
        tags=(),
        monitored={"movie": True},
        files=files,
        **values,
    )


def test_paths_are_relative_to_the_library() -> None:
    shown = snapshot_of(held("/media/Dune", "/media/Dune/a.mkv"), "/media")
    assert shown is not None
    assert shown.item.folder == "Dune"
    assert [copy.path for copy in shown.files.values()] == ["Dune/a.mkv"]


def test_a_file_outside_the_root_is_private() -> None:
    shown = snapshot_of(held("/media/Dune", "/private/a.mkv", "/media/../etc/passwd"), "/media")
    assert shown is not None
    assert shown.files == {}


@pytest.mark.parametrize("folder", ["/private/Dune", "/media", "/media/../Dune", ""])
def test_an_item_outside_the_root_is_private(folder: str) -> None:
    assert snapshot_of(held(folder), "/media") is None


def test_an_arr_without_the_item_shows_nothing() -> None:
    assert snapshot_of(None, "/media") is None
    assert baseline_of(None) == Baseline(present=False)


def test_what_an_arr_calls_things_can_be_published_to_peers() -> None:
    shown = snapshot_of(held("/media/Dune", title="Du\x00ne\x1b[2J\n" + "x" * 9000, profile="H\tD"), "/media")
    assert shown is not None
    check(ItemAdded(library="movies", item=shown.item))
    assert len(shown.item.title) == 500
    assert shown.item.profile == "HD"


def test_the_parts_and_the_release_of_a_file_are_part_of_its_copy() -> None:
    item = held("/media/Dune")
    file = ArrFile(
        path="/media/Dune/a.mkv", size=1, units=("movie",), parts=("a-1", "a-2"), release="b", ref=9
    )
    snapshot = snapshot_of(msgspec.structs.replace(item, files=(file,)), "/media")
    assert snapshot is not None
    [copy] = snapshot.files.values()
    assert (copy.parts, copy.release) == (("a-1", "a-2"), "b")


@pytest.mark.parametrize("parts", [("a", "no id"), ("",), tuple(f"a-{n}" for n in range(100))])
def test_parts_that_cannot_be_published_are_left_out_altogether(parts: tuple[str, ...]) -> None:
    file = ArrFile(path="/media/Dune/a.mkv", size=1, units=("movie",), parts=parts, release="no id")
    snapshot = snapshot_of(msgspec.structs.replace(held("/media/Dune"), files=(file,)), "/media")
    assert snapshot is not None
    [copy] = snapshot.files.values()
    assert (copy.parts, copy.release) == ((), "")


def test_parts_that_an_older_event_does_not_state_are_no_change_of_the_file() -> None:
    stated = msgspec.structs.replace(copy_at(), parts=("a-1",), release="b")
    assert bodies(compared(shows(stated), was(copy_at()), holds(copy_at()))) == []
    assert bodies(compared(shows(stated), None, holds(copy_at(), by=ME), imported=keys(PATH))) == []


# -- the baseline after our own actions


def test_what_the_arr_lists_because_of_the_mesh_is_dealt_with() -> None:
    after = baseline_after(Baseline(folder=FOLDER), shows(copy_at()), holds(copy_at()))
    assert after == was(copy_at())
    assert baseline_after(after, shows(copy_at()), holds(copy_at())) is None


def test_what_the_user_did_meanwhile_is_not() -> None:
    shown = shows(copy_at(), copy_at(BETTER), folder="Dune")
    after = baseline_after(Baseline(folder=FOLDER), shown, holds(copy_at()))
    assert after is not None
    assert (after.folder, dict(after.files)) == (FOLDER, {PATH: 100})
    again = bodies(compared(shown, after, holds(copy_at()), imported=keys(BETTER)))
    assert [type(body) for body in again] == [ItemChanged, FileImported]


def test_a_series_type_that_the_user_set_meanwhile_is_not_taken_as_dealt_with() -> None:
    before = was(copy_at(), series_type="standard")
    shown, registry = shows(copy_at(), series_type="anime"), holds(copy_at(), series_type="standard")
    after = baseline_after(before, shown, registry) or before
    assert after.series_type == "standard"
    assert [type(body) for body in bodies(compared(shown, after, registry))] == [ItemChanged]


def test_a_look_before_the_webhook_leaves_an_upgrade_an_upgrade() -> None:
    old, new = copy_at(), copy_at("Dune (2021)/better.mkv", size=200)
    early = compared(shows(new), was(old), holds(old, by=ME))
    assert early.changes == ()
    [body] = bodies(compared(shows(new), early.baseline, holds(old, by=ME), imported=keys(new.path)))
    assert isinstance(body, FileImported)
    assert body.replaced == (old.path,)


def test_an_import_ends_the_nodes_own_file_of_the_unit_that_its_app_left_for_a_peers() -> None:
    older = "Dune (2021)/Dune SD.mkv"
    for by, replaced in ((ME, (older,)), (BOB, ())):
        held = holds(copy_at(older), by=by)
        [body] = bodies(compared(shows(copy_at(BETTER)), was(copy_at()), held, imported=keys(BETTER)))
        assert isinstance(body, FileImported)
        assert body.replaced == replaced


def test_a_name_that_one_living_copy_hands_on_to_another_is_not_taken_for_the_meshs_own_doing() -> None:
    one, two = copy_at(PATH, "one"), copy_at(BETTER, "two")
    before = was(one, two, file_refs={PATH: 1, BETTER: 2})
    handed = msgspec.structs.replace(shows(copy_at(PATH, "two")), file_refs={same_key(PATH): 2})
    held = holds(one, two, by=ME)
    after = baseline_after(before, handed, held) or before
    assert after.file_refs == {PATH: 1, BETTER: 2}
    [body] = bodies(compared(handed, after, held))
    assert isinstance(body, FileRenamed)
    assert [(each.old, each.new.path) for each in body.files] == [(BETTER, PATH)]

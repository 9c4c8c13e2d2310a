"""Units of several files, files of several units, and series that change their type."""

from typing import Any

import msgspec
import pytest

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.detect.listed_files import UNCONFIRMED_MS
from mesharr.core.detect.model import Comparison
from mesharr.core.events.schema import Copy, FileImported, FileRemoved, FileRenamed
from mesharr.core.paths import same_key
from mesharr.core.planning.actions import Move, Rescan, SetSeriesType, day_of
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.registry.item_state import ItemState
from tests.unit.core.detect import test_item_diff as outward
from tests.unit.core.detect.test_item_diff import BOB, ME, NOW, bodies, compared, holds, keys, was
from tests.unit.core.planning import test_plan as inward

ALBUM = "album:1"


def track(number: int, *, name: str = "", size: int = 0, folder: str = "A/Geogaddi") -> Copy:
    path = f"{folder}/{number:02} {name or 'Track'}.flac"
    return Copy(path=path, size=size or 100 + number, units=(ALBUM,))


TRACKS = tuple(track(number) for number in range(1, 5))
BETTER = tuple(track(number, name="Better", size=900 + number) for number in range(1, 5))


def album(*copies: Copy) -> Snapshot:
    return msgspec.structs.replace(outward.shows(*copies), multi_file_units=True)


def says(
    shown: Snapshot, before: tuple[Copy, ...], registry: ItemState, now: int = NOW, **evidence: Any
) -> Comparison:
    return compared(shown, was(*before), registry, now=now, **evidence)


# -- what is published


def test_an_upgraded_album_replaces_its_old_tracks() -> None:
    (body,) = bodies(
        says(
            album(*BETTER),
            TRACKS,
            holds(*TRACKS, by=ME),
            imported=keys(*(copy.path for copy in BETTER)),
            replaced=keys(*(copy.path for copy in TRACKS)),
        )
    )
    assert isinstance(body, FileImported)
    assert body.copies == BETTER
    assert body.replaced == tuple(copy.path for copy in TRACKS)


def test_an_upgraded_album_replaces_its_old_tracks_also_when_no_event_named_them() -> None:
    imported = keys(*(copy.path for copy in BETTER))
    (body,) = bodies(says(album(*BETTER), TRACKS, holds(*TRACKS), imported=imported))
    assert isinstance(body, FileImported)
    assert body.replaced == tuple(copy.path for copy in TRACKS)


def test_of_an_album_that_is_upgraded_in_two_steps_each_step_replaces_its_own_tracks() -> None:
    shown = album(*BETTER[:2], *TRACKS[2:])
    imported, replaced = (keys(*(copy.path for copy in some)) for some in (BETTER[:2], TRACKS[:2]))
    (body,) = bodies(says(shown, TRACKS, holds(*TRACKS, by=ME), imported=imported, replaced=replaced))
    assert isinstance(body, FileImported)
    assert (body.copies, body.replaced) == (BETTER[:2], tuple(copy.path for copy in TRACKS[:2]))


def test_a_track_that_is_missing_while_another_is_imported_is_not_replaced_by_it() -> None:
    extra = track(5)
    found = says(album(*TRACKS[1:], extra), TRACKS, holds(*TRACKS), imported=keys(extra.path))
    (body,) = bodies(found)
    assert isinstance(body, FileImported)
    assert (body.copies, body.replaced) == ((extra,), ())


def test_a_track_deleted_beside_one_imported_is_published_once_it_is_proven_gone() -> None:
    extra = track(5)
    found = says(
        album(*TRACKS[1:], extra),
        TRACKS,
        holds(*TRACKS),
        imported=keys(extra.path),
        drop_reasons={same_key(TRACKS[0].path): "manual"},
    )
    imported, removed = bodies(found)
    assert isinstance(imported, FileImported)
    assert imported.replaced == ()
    assert isinstance(removed, FileRemoved)
    assert removed.paths == (TRACKS[0].path,)


def test_tracks_of_one_size_are_paired_by_their_names_when_their_folder_changes() -> None:
    before = tuple(track(number, size=7) for number in range(1, 5))
    after = tuple(track(number, size=7, folder="A/Geogaddi (2002)") for number in range(1, 5))
    (body,) = bodies(says(album(*after), before, holds(*before)))
    assert isinstance(body, FileRenamed)
    assert [(each.old, each.new) for each in body.files] == [
        (old.path, new) for old, new in zip(before, after, strict=True)
    ]


def test_tracks_of_one_size_under_other_names_are_not_guessed_at() -> None:
    before = tuple(track(number, size=7) for number in range(1, 5))
    after = tuple(track(number, size=7, name="Other") for number in range(1, 5))
    found = says(album(*after), before, holds(*before))
    assert bodies(found) == []
    later = compared(album(*after), found.baseline, holds(*before), now=NOW + UNCONFIRMED_MS)
    (body,) = bodies(later)
    assert isinstance(body, FileImported)
    assert body.replaced == ()  # nobody said so: both stay, and no peer loses a file by a guess


@pytest.mark.parametrize(
    ("by", "came", "ended"),
    [
        pytest.param(ME, 4, 4, id="this household's, all of them"),
        pytest.param(ME, 2, 2, id="this household's, some of them"),
        pytest.param(BOB, 4, 0, id="a peer's"),
    ],
)
def test_own_tracks_that_a_peer_renamed_end_with_the_same_tracks_imported_anew(
    by: str, came: int, ended: int
) -> None:
    def as_track(copies: tuple[Copy, ...]) -> tuple[Copy, ...]:
        return tuple(msgspec.structs.replace(copy, parts=(f"track{n}",)) for n, copy in enumerate(copies))

    elsewhere = as_track(tuple(track(number, folder="A 2/Geogaddi") for number in range(1, 5)))
    again = as_track(BETTER)[:came]
    found = says(album(*again), (), holds(*elsewhere, by=by), imported=keys(*(copy.path for copy in again)))
    (body,) = bodies(found)
    assert isinstance(body, FileImported)
    assert body.replaced == tuple(copy.path for copy in elsewhere[:ended])


# -- what is done


def wants_album(*copies: Copy, bobs: tuple[Copy, ...] = (), owner: str = BOB) -> ItemState:
    """Return a registry with alice's tracks, and bob's."""
    mine = inward.wants(*copies, owner=owner)
    living = {
        key: msgspec.structs.replace(each, node="carol-00000003" if not bobs else ME)
        for key, each in mine.copies.items()
    }
    return msgspec.structs.replace(mine, copies={**living, **inward.wants(*bobs).copies})


def kept(*copies: Copy) -> Snapshot:
    return msgspec.structs.replace(inward.shows(*copies, monitored={ALBUM: False}), multi_file_units=True)


QUIET = msgspec.structs.replace(
    inward.QUIET,
    set_unmonitored_at={ALBUM: NOW - 9 * inward.TEN},
    confirmed_unmonitored=(ALBUM,),
    own_files_checked={same_key(copy.path): day_of(NOW) for copy in TRACKS},
)


def test_an_album_that_lacks_a_track_is_scanned_for_that_track() -> None:
    (action,) = inward.planned(wants_album(*TRACKS), kept(*TRACKS[:3]), QUIET).actions
    assert action == Rescan(7, (TRACKS[3],), (), "its file is on the drive")


def test_an_album_listed_whole_is_as_it_should_be() -> None:
    assert inward.as_it_should_be(inward.planned(wants_album(*TRACKS), kept(*TRACKS), QUIET))


def test_any_one_nodes_whole_set_of_an_album_will_do() -> None:
    desired = wants_album(*TRACKS, bobs=BETTER)
    for whole in (TRACKS, BETTER, (*TRACKS, BETTER[0])):
        assert inward.as_it_should_be(inward.planned(desired, kept(*whole), QUIET))


def test_of_two_sets_of_an_album_the_owners_is_made_whole() -> None:
    desired = wants_album(*TRACKS, bobs=BETTER)
    (action,) = inward.planned(desired, kept(*TRACKS[:3], *BETTER[:2]), QUIET).actions
    assert isinstance(action, Rescan)
    assert action.needs == BETTER[2:]


def test_tracks_that_several_nodes_brought_are_one_whole_set() -> None:
    """Where each of two nodes replaced some of a set, a set that is whole has tracks of both."""
    one, two, three, again, former = (
        msgspec.structs.replace(copy, parts=(part,))
        for copy, part in zip((*TRACKS[:3], *BETTER[:2]), ("1", "2", "3", "2", "3"), strict=True)
    )
    ended = {same_key(former.path): former.path}
    desired = msgspec.structs.replace(wants_album(one, two, bobs=(three,)), ended=ended)
    (action,) = inward.planned(desired, kept(one, two, former), QUIET).actions
    assert isinstance(action, Rescan)
    assert (action.needs, action.gone) == ((three,), (former.path,))
    assert inward.as_it_should_be(inward.planned(desired, kept(one, two, three), QUIET))
    desired = wants_album(one, two, bobs=(three, again))
    for whole in ((one, two, three), (one, again, three)):
        assert inward.as_it_should_be(inward.planned(desired, kept(*whole), QUIET))
    desired = wants_album(one, two, bobs=(msgspec.structs.replace(three, release="another"),))
    assert inward.as_it_should_be(inward.planned(desired, kept(one, two), QUIET))


def test_a_track_that_left_the_drive_is_scanned_away_though_the_album_has_others() -> None:
    desired = wants_album(*TRACKS[1:])
    ended = {same_key(TRACKS[0].path): TRACKS[0].path}
    (action,) = inward.planned(msgspec.structs.replace(desired, ended=ended), kept(*TRACKS), QUIET).actions
    assert isinstance(action, Rescan)
    assert (action.needs, action.gone) == ((), (TRACKS[0].path,))


# -- files of several episodes

DOUBLE = Copy(path="S/1-2.mkv", size=9, units=("1:1", "1:2"))
SINGLES = (Copy(path="S/1.mkv", size=5, units=("1:1",)), Copy(path="S/2.mkv", size=6, units=("1:2",)))
SPECIAL = Copy(path="S/Specials/1.mkv", size=7, units=("0:1",))


@pytest.mark.parametrize(("old", "new"), [((DOUBLE,), SINGLES), (SINGLES, (DOUBLE,))])
def test_a_file_of_two_episodes_and_two_files_replace_each_other(
    old: tuple[Copy, ...], new: tuple[Copy, ...]
) -> None:
    imported = keys(*(copy.path for copy in new))
    (body,) = bodies(
        compared(outward.shows(SPECIAL, *new), was(SPECIAL, *old), holds(SPECIAL, *old), imported=imported)
    )
    assert isinstance(body, FileImported)
    assert (body.copies, body.replaced) == (new, tuple(copy.path for copy in old))


@pytest.mark.parametrize(("old", "new"), [((DOUBLE,), SINGLES), (SINGLES, (DOUBLE,))])
def test_the_peer_scans_once_for_all_of_them(old: tuple[Copy, ...], new: tuple[Copy, ...]) -> None:
    desired = inward.wants(SPECIAL, *new, owner="")
    ended = {same_key(copy.path): copy.path for copy in old}
    shown = inward.shows(SPECIAL, *old, monitored={})
    (action,) = inward.planned(msgspec.structs.replace(desired, ended=ended), shown).actions
    assert isinstance(action, Rescan)
    assert (action.needs, set(action.gone)) == (new, set(ended.values()))


def test_the_second_half_of_a_file_of_two_episodes_is_missed_too() -> None:
    """A double file is not there because its first episode has another file."""
    desired = inward.wants(DOUBLE, SINGLES[0], owner="")
    (action,) = inward.planned(desired, inward.shows(SINGLES[0], monitored={})).actions
    assert isinstance(action, Rescan)
    assert action.needs == (DOUBLE,)


# -- type and folder of a series


def series(series_type: str, *copies: Copy, folder: str = "S") -> Snapshot:
    shown = inward.shows(*copies, folder=folder, monitored={})
    return msgspec.structs.replace(
        shown, item=msgspec.structs.replace(shown.item, series_type=series_type, folder=folder)
    )


def wants_type(series_type: str, version: int = 1) -> ItemState:
    return msgspec.structs.replace(
        inward.wants(SPECIAL, owner=""),
        series_type=series_type,
        series_type_version=version,
        version=version,
        folder="S",
    )


def test_a_changed_series_type_is_followed_once() -> None:
    made = inward.planned(wants_type("anime"), series("standard", SPECIAL))
    assert made.actions == (SetSeriesType(7, "S", "anime", "1 anime", "it is anime in the mesh"),)
    followed = inward.planned(wants_type("anime"), series("anime", SPECIAL))
    assert inward.as_it_should_be(followed)
    assert followed.memory.series_type_change == "1 anime"


def test_the_user_who_sets_the_type_back_is_not_overruled() -> None:
    """The comparison tells of it; until then the change that was followed is not followed again."""
    made = inward.planned(
        wants_type("anime"), series("standard", SPECIAL), ItemMemory(series_type_change="1 anime")
    )
    assert inward.as_it_should_be(made)


def test_a_type_that_always_differed_stays() -> None:
    assert inward.as_it_should_be(inward.planned(wants_type("anime", 0), series("standard", SPECIAL)))


def test_a_series_whose_folder_was_changed_is_pointed_there_once_it_shows_no_file_of_its_own() -> None:
    desired = msgspec.structs.replace(wants_type("standard"), folder="S/Specials")
    (action,) = inward.planned(desired, series("standard", folder="Old")).actions
    assert isinstance(action, Move)
    assert action.folder == "S/Specials"

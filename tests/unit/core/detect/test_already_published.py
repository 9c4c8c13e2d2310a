"""What this node has published before is recognised, and nothing else is."""

import msgspec

from mesharr.core.detect.already_published import is_published
from mesharr.core.events.schema import Copy, FileImported, FileRenamed, Renamed
from tests.unit.core.detect.test_item_diff import BETTER, BOB, FILM, ME, PATH, copy_at, holds


def brought(*copies: Copy, replaced: tuple[str, ...] = ()) -> FileImported:
    return FileImported(library="movies", item=FILM, copies=copies, replaced=replaced, term=1)


def test_an_import_this_node_has_stated_is_recognised_and_a_peers_is_not() -> None:
    assert is_published(brought(copy_at()), holds(copy_at(), by=ME), ME)
    assert not is_published(brought(copy_at()), holds(copy_at(), by=BOB), ME)
    assert not is_published(brought(copy_at()), holds(copy_at(BETTER), by=ME), ME)


def test_an_import_that_only_an_inventory_has_stated_is_still_to_be_published() -> None:
    assert not is_published(brought(copy_at()), holds(copy_at(), by=ME, owners={}), ME)
    assert is_published(brought(copy_at()), holds(copy_at(), by=ME, owners={}, terms={"movie": 1}), ME)


def test_an_import_of_another_size_is_still_to_be_published() -> None:
    assert not is_published(brought(copy_at(size=7)), holds(copy_at(size=8), by=ME), ME)


def test_what_was_replaced_and_still_lives_is_still_to_be_published() -> None:
    both = holds(copy_at(), copy_at(BETTER), by=ME)
    assert not is_published(brought(copy_at(BETTER), replaced=(PATH,)), both, ME)
    assert is_published(brought(copy_at(BETTER), replaced=(PATH,)), holds(copy_at(BETTER), by=ME), ME)
    assert is_published(brought(copy_at(), replaced=(PATH,)), holds(copy_at(), by=ME), ME)


def test_a_rename_is_recognised_when_only_its_new_name_lives() -> None:
    renamed = FileRenamed(
        library="movies", id=FILM.id, files=(Renamed(old=PATH, new=copy_at(BETTER)),), seen={}
    )
    assert is_published(renamed, holds(copy_at(BETTER), by=ME), ME)
    assert not is_published(renamed, holds(copy_at(), by=ME), ME)
    assert not is_published(msgspec.structs.replace(renamed, seen={"a": 1}), holds(), ME)


def test_files_of_one_size_that_exchange_their_names_are_to_be_published() -> None:
    one, two = copy_at(PATH, "one"), copy_at(BETTER, "two")
    there = holds(one, two, by=ME)
    exchange = tuple(
        Renamed(old=old.path, new=msgspec.structs.replace(old, path=new.path))
        for old, new in ((one, two), (two, one))
    )
    renamed = FileRenamed(library="movies", id=FILM.id, files=exchange, seen={})
    assert not is_published(renamed, there, ME)
    assert is_published(renamed, holds(*(each.new for each in exchange), by=ME), ME)

"""What there is once a node, and what it knows of its store."""

from mesharr.state.records.node import NodeFacts
from mesharr.state.records.store import StoreFacts
from tests.unit.state.samples import NOW, opened


def test_a_new_node_is_in_no_mesh_and_has_published_no_hello() -> None:
    assert opened().node.get() == NodeFacts("", "", 0, "", 0, 0, 0, 0, 0, 0)


def test_a_change_of_one_value_leaves_the_others() -> None:
    node = opened().node
    node.join("0123456789abcdef")
    node.note_running(61)
    assert (node.get().mesh, node.get().running_s) == ("0123456789abcdef", 61)


def test_a_hello_is_owed_since_the_first_event_that_none_confirmed() -> None:
    node = opened().node
    node.owe_hello(NOW)
    node.owe_hello(NOW + 5)
    assert node.get().hello_owed == NOW
    node.note_hello("{}", NOW + 9)
    assert (node.get().hello, node.get().hello_at, node.get().hello_owed) == ("{}", NOW + 9, 0)


def test_a_request_to_compare_everything_is_taken_once() -> None:
    node = opened().node
    assert not node.take_sync_request()
    node.request_sync(NOW)
    assert (node.take_sync_request(), node.take_sync_request()) == (True, False)


def test_a_store_that_fails_does_so_until_it_answers() -> None:
    store = opened().store
    assert store.get() == StoreFacts("", "", "", "", 0)
    assert store.note_failure("the mount died") == ""
    store.note_storage("fuse.rclone drive:")
    assert store.note_failure("") == "the mount died"
    assert store.get() == StoreFacts("", "fuse.rclone drive:", "", "", 0)


def test_each_note_on_the_store_returns_the_one_before() -> None:
    store = opened().store
    assert (store.note_lack("no vfs refresh"), store.note_lack("")) == ("", "no vfs refresh")
    assert (store.note_uploading("1 file"), store.note_uploading("2 files")) == ("", "1 file")
    store.note_ignored(3)
    assert (store.get().lacks, store.get().uploading, store.get().ignored_names) == ("", "2 files", 3)

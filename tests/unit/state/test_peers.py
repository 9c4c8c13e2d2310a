"""peers.yml: what stands in it, who is found by a word, and that a broken one is never guessed at."""

import threading
from pathlib import Path

import pytest

from mesharr.core.errors import Refused
from mesharr.state.peers import Peer, changing_peers, find, read_peers, trusted, untrusted, write_peers

ALICE = Peer(node="alice-4b1e0f77", name="alice", key="a" * 43, since="2026-11-22T18:19:24Z")
BOB = Peer(node="bob-00000001", name="bob", key="b" * 43, since="2026-11-22T18:19:24Z")


def test_no_file_is_no_peers(tmp_path: Path) -> None:
    assert read_peers(str(tmp_path)) == ()


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    peers = untrusted((ALICE, BOB), BOB.node, "2026-11-23T00:00:00Z")
    write_peers(str(tmp_path), peers)
    assert read_peers(str(tmp_path)) == peers
    assert [path.name for path in tmp_path.iterdir()] == ["peers.yml"]


def test_a_user_can_read_the_file(tmp_path: Path) -> None:
    write_peers(str(tmp_path), (ALICE,))
    assert (tmp_path / "peers.yml").read_text().splitlines()[1:4] == [
        "peers:",
        "- node: alice-4b1e0f77",
        "  name: alice",
    ]


def test_a_peer_frozen_twice_keeps_the_first_day() -> None:
    once = untrusted((ALICE,), ALICE.node, "2026-11-23T00:00:00Z")
    assert untrusted(once, ALICE.node, "2026-12-01T00:00:00Z") == once


def test_a_frozen_peer_thaws_as_it_was() -> None:
    frozen = untrusted((ALICE,), ALICE.node, "2026-11-23T00:00:00Z")
    later = Peer(node=ALICE.node, name="alice", key=ALICE.key, since="2026-12-01T00:00:00Z")
    assert trusted(frozen, later) == (ALICE,)


def test_one_node_id_never_has_two_keys() -> None:
    with pytest.raises(Refused, match="another key"):
        trusted((ALICE,), Peer(node=ALICE.node, name="alice", key="x" * 43, since=""))


def test_a_name_of_two_peers_finds_neither() -> None:
    twin = Peer(node="alice-00000002", name="alice", key="c" * 43, since="")
    assert find((ALICE, twin), twin.node) == twin
    with pytest.raises(Refused, match="alice-4b1e0f77, alice-00000002"):
        find((ALICE, twin), "alice")


@pytest.mark.parametrize(
    "text",
    [
        "peers: [",
        "- x",
        "peers: {alice: 1}",
        "peers: [{node: ../x, name: x, key: k, since: s}]",
        "peers: [{node: alice-4b1e0f77, name: alice, key: k, since: s, frozn: s}]",
    ],
)
def test_a_broken_file_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "peers.yml").write_text(text)
    with pytest.raises(Refused, match=r"peers\.yml"):
        read_peers(str(tmp_path))


def test_of_two_who_change_the_file_at_one_moment_neither_loses_what_the_other_wrote(tmp_path: Path) -> None:
    began = threading.Event()

    def add_bob() -> None:
        began.set()
        with changing_peers(str(tmp_path)) as peers:
            write_peers(str(tmp_path), trusted(peers, BOB))

    second = threading.Thread(target=add_bob)
    with changing_peers(str(tmp_path)) as peers:
        second.start()
        assert began.wait(20)
        write_peers(str(tmp_path), trusted(peers, ALICE))
    second.join()
    assert read_peers(str(tmp_path)) == (ALICE, BOB)

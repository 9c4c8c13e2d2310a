"""The peers of a node: a change of their file while another thread reads them."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mesharr.bootstrap import identity
from mesharr.bootstrap.identity import peer_list
from mesharr.state.peers import PEERS_NAME, Peer, write_peers

ALICE = Peer("alice-00000001", "alice", "key of alice", "2026-11-22")
BOB = Peer("bob-00000002", "bob", "key of bob", "2026-11-22")


class SlowPeer:
    """A peer whose name `on_read` is called for, each time it is asked for."""

    on_read: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, peer: Peer) -> None:
        self._node = peer.node

    @property
    def node(self) -> str:
        type(self).on_read()
        return self._node


def test_a_thread_that_reads_the_peers_while_another_replaces_them_sees_the_old_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "_trusted", SlowPeer)
    write_peers(str(tmp_path), (ALICE,))
    peers = peer_list(str(tmp_path))
    assert list(peers()) == [ALICE.node]
    before = os.stat(tmp_path / PEERS_NAME)
    replacing, read = threading.Event(), threading.Event()

    def wait_for_the_reader() -> None:
        replacing.set()
        assert read.wait(10)

    monkeypatch.setattr(SlowPeer, "on_read", staticmethod(wait_for_the_reader))
    write_peers(str(tmp_path), (ALICE, BOB))
    writer = threading.Thread(target=peers)
    writer.start()
    assert replacing.wait(10)
    # the reader asked for the file's stat a moment before the file changed
    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", lambda _: before)
        found = list(peers())
    read.set()
    writer.join()
    monkeypatch.undo()
    assert found == [ALICE.node]
    assert list(peers()) == [ALICE.node, BOB.node]

"""peers.yml: what stands in it, who is found by a word, and that a broken one is never guessed at."""

import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

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


_WORDS = st.text("abyYnNoO019_-:T.~ ", max_size=6) | st.sampled_from(["null", "1e3", "-" * 3, "2026-11-22"])


@settings(max_examples=30)
@given(st.lists(st.builds(Peer, node=_WORDS, name=_WORDS, key=_WORDS, since=_WORDS, frozen=_WORDS)))
def test_what_was_written_reads_as_any_reader_of_yaml_does(peers: list[Peer]) -> None:
    named = tuple(msgspec.structs.replace(each, node=f"n-{at:08x}") for at, each in enumerate(peers))
    with TemporaryDirectory() as folder:
        write_peers(folder, named)
        text = Path(folder, "peers.yml").read_text()
        expected = yaml.load(text, Loader=yaml.BaseLoader)["peers"]
        if all(each.key for each in named):
            assert [msgspec.to_builtins(each) for each in read_peers(folder)] == [
                {member: value for member, value in entry.items() if value or member != "frozen"}
                for entry in expected
            ]


def test_the_peers_as_mesharr_wrote_them_take_no_parser(tmp_path: Path) -> None:
    peers = tuple(
        Peer(node=f"n-{at:08x}", name="1e3", key=first + "k" * 42, since=ALICE.since)
        for at, first in enumerate("-_aZ09")
    )
    write_peers(str(tmp_path), untrusted(peers, "n-00000003", "2026-11-23T00:00:00Z"))
    program = (
        "import sys\nfrom mesharr.state.peers import read_peers\n"
        f"print(len(read_peers({str(tmp_path)!r})), 'yaml' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["6", "False"]


def test_a_file_that_a_user_changed_is_read_as_well(tmp_path: Path) -> None:
    write_peers(str(tmp_path), (ALICE, BOB))
    path = tmp_path / "peers.yml"
    path.write_text(path.read_text().replace("name: bob", 'name: "bob"  # my brother'))
    assert read_peers(str(tmp_path)) == (ALICE, BOB)


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

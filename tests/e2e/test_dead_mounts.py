"""Real daemons whose store's mount dies, hangs, or is not there at the start: they go on, and say why."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from mesharr.state.db import Database
from mesharr.state.state import State
from tests.e2e.household import Household
from tests.support.mounts import Mounted, Served, free_port, mount, need_mounts, serve, until

pytestmark = pytest.mark.mount

PATIENCE = 60.0


class Pair:
    """Two households whose films lie on one local disk; only the store is on their mounts."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.cloud: Served = stack.enter_context(serve("webdav", folder / "cloud"))
        self.movies = folder / "Movies"
        self.movies.mkdir()
        self.points = {name: folder / f"mnt-{name}" for name in ("alice", "bob")}
        self.ports = {name: free_port() for name in self.points}
        self.mounts = {name: ExitStack() for name in self.points}
        self.processes: dict[str, Mounted] = {}
        for name in self.points:
            stack.callback(self.mounts[name].close)
            self.mount(name)
        self.alice = self._household("alice", folder)
        self.bob = self._household("bob", folder)
        stack.callback(self.alice.close)
        stack.callback(self.bob.close)

    def mount(self, name: str) -> None:
        """Mount the cloud with the remote control where the config has it."""
        flags = ("--rc", "--rc-no-auth", "--rc-addr", f"127.0.0.1:{self.ports[name]}")
        made = mount(self.cloud, self.points[name], rc=False, flags=flags)
        self.processes[name] = self.mounts[name].enter_context(made)

    def _household(self, name: str, folder: Path) -> Household:
        store = {
            "path": f"{self.points[name]}/.mesharr",
            "poll": "1s",
            "rc": f"http://127.0.0.1:{self.ports[name]}",
        }
        places = {"path": str(self.movies)}
        return Household(
            name, folder / "config", self.movies, places, {"store": store, "uploads": {"mode": "none"}}
        )

    def join(self) -> None:
        assert "confirmed: everything is on the drive" in self.alice.cli("init", "--new-mesh", "home")
        self.bob.cli("init")
        for name, peer in ((self.alice, self.bob), (self.bob, self.alice)):
            peer.cli("trust", name.cli("token").strip())
        self.alice.start()
        self.bob.start()
        self.alice.connect()
        self.alice.looks()

    def logs(self) -> str:
        return f"\n--- alice\n{self.alice.log()}\n--- bob\n{self.bob.log()}"


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    need_mounts()
    with ExitStack() as stack:
        made = Pair(stack, tmp_path)
        try:
            made.join()
            until(lambda: bool(heard(made.bob, "node.hello")), "bob has heard alice", PATIENCE)
            yield made
        finally:
            print(made.logs())


def status(of: Household) -> dict[str, Any]:
    """Return what `status --json` says of the store."""
    found: dict[str, Any] = json.loads(of.cli("status", "--json"))["store"]
    return found


def heard(by: Household, kind: str) -> list[str]:
    """Return the types of alice's events as `by` has read them, those of one kind."""
    state = State(Database(str(by.config_dir / "mesharr.db")))
    try:
        streams = [row.stream for row in state.streams.all() if row.stream.startswith("alice-")]
        rows = [event for stream in streams for event in state.streams.since(stream, 1)]
        return [event.type for event in rows if event.type == kind]
    finally:
        state.db.close()


def hooks(of: Household) -> int:
    """Return how many hooks the daemon has taken."""
    state = State(Database(str(of.config_dir / "mesharr.db")))
    try:
        return sum(count for name, count in state.counters.all().items() if name.startswith("hook:radarr"))
    finally:
        state.db.close()


def store_failure(of: Household) -> str:
    """Return what the daemon keeps of why the store fails."""
    state = State(Database(str(of.config_dir / "mesharr.db")))
    try:
        return state.store.get().why
    finally:
        state.db.close()


@pytest.mark.campaign  # each start and each killed mount take seconds
def test_a_store_whose_mount_was_killed_is_reported_and_its_events_arrive_once_when_it_is_back(
    pair: Pair,
) -> None:
    alice, bob = pair.alice, pair.bob
    pair.processes["alice"].die()
    until(lambda: "the mount died" in store_failure(alice), "the daemon saw that the mount died")
    alice.radarr.add(1)
    alice.radarr.download(1, size=200_000)
    until(lambda: hooks(alice) >= 2, "alice took the hooks")
    assert status(alice)["alive"] is False
    assert "store unavailable: Transport endpoint is not connected" in status(alice)["why"]

    pair.mounts["alice"].close()  # and let go of: the mount point is an empty folder of the disk
    assert alice.stop() == 0
    alice.start()
    where = f"store unavailable: nothing is mounted at {pair.points['alice']}, where fuse.rclone was"
    until(lambda: where in store_failure(alice), "a restarted daemon knows what is missing")
    assert where in status(alice)["why"]
    alice.radarr.add(2)
    until(lambda: hooks(alice) >= 3, "alice took a hook while the store was not there")
    assert os.listdir(pair.points["alice"]) == []

    pair.mount("alice")
    until(lambda: bool(heard(bob, "file.imported")), "bob heard of the import", PATIENCE)
    until(lambda: len(heard(bob, "item.added")) == 2, "bob heard of both films", PATIENCE)
    assert status(alice) == {"alive": True, "why": ""}
    assert heard(bob, "file.imported") == ["file.imported"]
    assert sorted(alice.events()) == ["file.imported", "item.added", "item.added"]
    assert (alice.stop(), bob.stop()) == (0, 0)


@pytest.mark.campaign  # ten seconds of it are the time after which a mount is said to hang
def test_a_store_whose_mount_hangs_keeps_nothing_else_waiting(pair: Pair) -> None:
    alice, bob = pair.alice, pair.bob
    mounted = pair.processes["alice"].process
    mounted.send_signal(signal.SIGSTOP)
    try:
        assert "did not answer within 5 s: the mount hangs" in status(alice)["why"]
        alice.radarr.add(3)
        until(lambda: hooks(alice) >= 1, "alice took the hook")
        assert alice.stop() == 0
        alice.start()
    finally:
        mounted.send_signal(signal.SIGCONT)
    until(lambda: bool(heard(bob, "item.added")), "bob heard of it", PATIENCE)
    assert heard(bob, "item.added") == ["item.added"]
    assert status(alice)["alive"] is True

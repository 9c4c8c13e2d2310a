"""The script of `mesharr demo`.

Steps, each with a result that must appear before the next step starts.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from mesharr.core.errors import Refused
from mesharr.demo.household import FILM, DemoHousehold
from mesharr.disk.child import LocalDisk
from mesharr.log import mesh
from mesharr.log.store.folder import DirectoryStore
from mesharr.log.store.fsck import verify_store

MESH_ID = "de300000de300000"
PATIENCE_S = 30.0


class Step(msgspec.Struct, frozen=True):
    """One step of the script."""

    what: str
    """The sentence that is printed."""
    seen: Callable[[], str]
    """Returns the result that proves the step, "" while the result is not there."""
    act: Callable[[], object] | None = None
    """What a household does first."""


class Show:
    """Play the script with two households on one temporary drive."""

    def __init__(self, write: Callable[[str], None], *, as_json: bool, keep: str | None) -> None:
        """`write` prints one line: a JSON object with `as_json`, else text with rich's markup.

        Everything stays in the folder `keep`, when given, instead of in a temporary folder.
        """
        self._write = write
        self._json = as_json
        self._keep = keep
        self._started = time.monotonic()

    def run(self) -> bool:
        """Play every step, stop at the first without its result; return whether all had theirs.

        Raises `Refused` when the folder to keep is not empty.
        """
        seen = 0
        with self._folder() as folder, self._households(folder) as (alice, bob):
            steps = self._steps(folder, alice, bob)
            for step in steps:
                if not self._play(step):
                    break
                seen += 1
            ok = seen == len(steps)
        self._end(ok=ok, seen=seen)
        return ok

    @contextmanager
    def _folder(self) -> Iterator[str]:
        if self._keep is None:
            with tempfile.TemporaryDirectory(prefix="mesharr-demo-") as folder:
                yield folder
            return
        folder = os.path.abspath(self._keep)
        if os.path.isdir(folder) and os.listdir(folder):
            raise Refused(f"{folder} is not empty", "name a new folder with --keep")
        os.makedirs(folder, exist_ok=True)
        yield folder

    @contextmanager
    def _households(self, folder: str) -> Iterator[tuple[DemoHousehold, DemoHousehold]]:
        drive = os.path.join(folder, "drive")
        os.makedirs(os.path.join(drive, "Movies"))
        store = DirectoryStore(os.path.join(drive, ".mesharr"), LocalDisk())
        store.create(mesh.encode(mesh.Mesh(name="demo", id=MESH_ID, made="2026-01-01T00:00:00Z")))
        with open(os.path.join(drive, "Movies", ".mesharr-anchor"), "wb") as anchor:
            anchor.write(mesh.anchor(MESH_ID, "movies"))
        alice, bob = (DemoHousehold(name, folder, drive) for name in ("alice", "bob"))
        alice.trust(bob)
        bob.trust(alice)
        try:
            alice.start()
            bob.start()
            yield alice, bob
        finally:
            bob.stop()
            alice.stop()

    # -- the script

    def _steps(self, folder: str, alice: DemoHousehold, bob: DemoHousehold) -> list[Step]:
        return [
            *self._import(folder, alice, bob),
            *self._upgrade(alice, bob),
            *self._removal(folder, alice, bob),
        ]

    def _import(self, folder: str, alice: DemoHousehold, bob: DemoHousehold) -> list[Step]:
        events = os.path.join(folder, "drive", ".mesharr", "events")

        def film() -> None:
            alice.radarr.add(FILM.tmdb_id)
            alice.radarr.download(FILM.tmdb_id, size=300_000, quality="WEBDL-1080p")

        return [
            Step("both nodes joined the mesh and said hello", lambda: _tails(events, 2)),
            Step("Alice's Radarr imports Inception (2010)", lambda: _file(alice), film),
            Step(
                "Alice signs item.added and file.imported and appends them to the drive",
                lambda: ", ".join(alice.events()) if "file.imported" in alice.events() else "",
            ),
            Step("Bob reads and verifies them", lambda: ", ".join(bob.applied()) if bob.applied() else ""),
            Step("Bob's Radarr has the film, unmonitored", lambda: _flag(bob, monitored=False)),
            Step("… tagged with who brought it", lambda: _has("mesharr-alice", bob.tags())),
            Step("… and finds its file on Bob's mount", lambda: _file(bob)),
            Step("Bob's Plex is asked to scan exactly that folder", lambda: _last(bob.plex.scans)),
            Step("Alice's Radarr still monitors it", lambda: _flag(alice, monitored=True)),
        ]

    def _upgrade(self, alice: DemoHousehold, bob: DemoHousehold) -> list[Step]:
        def better() -> None:
            alice.radarr.download(FILM.tmdb_id, size=700_000, quality="Bluray-2160p")

        return [
            Step("Alice's Radarr upgrades it to Bluray-2160p", lambda: _file(alice, "2160p"), better),
            Step("Bob's Radarr shows the new file instead of the old", lambda: _file(bob, "2160p")),
            Step("… and it is still unmonitored there", lambda: _flag(bob, monitored=False)),
        ]

    def _removal(self, folder: str, alice: DemoHousehold, bob: DemoHousehold) -> list[Step]:
        def delete() -> None:
            alice.radarr.delete(FILM.tmdb_id, delete_files=True)

        return [
            Step(
                "Alice deletes the film with its files; missing twice, the removal is published",
                lambda: _has("item.removed", alice.events()),
                delete,
            ),
            Step("Bob's Radarr removes it", lambda: "" if bob.movie() else "no longer listed"),
            Step(
                "nothing was searched for, no file was deleted by Bob, and Bob published nothing",
                lambda: _nothing_done(bob),
            ),
            Step("every event on the drive verifies", lambda: _verified(folder, alice, bob)),
        ]

    # -- playing and printing

    def _play(self, step: Step) -> bool:
        if step.act:
            step.act()
        begun = time.monotonic()
        seen = step.seen()
        while not seen and time.monotonic() - begun < PATIENCE_S:
            time.sleep(0.05)
            seen = step.seen()
        self._show(step, seen)
        return bool(seen)

    def _show(self, step: Step, seen: str) -> None:
        at = round(time.monotonic() - self._started, 1)
        if self._json:
            self._write_json({"step": step.what, "ok": bool(seen), "seen": seen, "at": at})
            return
        mark = "[green]✓[/]" if seen else "[red]✗[/]"
        self._write(f"{mark} {step.what}")
        detail = seen or f"not seen within {PATIENCE_S:.0f} s"
        self._write(f"    [dim]{at:5.1f} s  {detail}[/]")

    def _end(self, *, ok: bool, seen: int) -> None:
        if self._json:
            self._write_json({"ok": ok, "steps": seen})
            return
        word = "[bold green]done[/]" if ok else "[bold red]failed[/]"
        kept = f"; everything is in {os.path.abspath(self._keep)}" if self._keep else ""
        seconds = time.monotonic() - self._started
        self._write(f"{word}: {seen} steps seen in {seconds:.0f} s{kept}")

    def _write_json(self, value: dict[str, object]) -> None:
        self._write(json.dumps(value, ensure_ascii=False))


def _tails(events: str, wanted: int) -> str:
    names = sorted(os.listdir(events))
    return ", ".join(name.partition(".")[0] for name in names) if len(names) >= wanted else ""


def _file(household: DemoHousehold, quality: str = "") -> str:
    movie = household.movie()
    if not movie or not movie["hasFile"]:
        return ""
    path = str(movie["movieFile"]["path"])
    return path if quality in path and os.path.exists(path) else ""


def _flag(household: DemoHousehold, *, monitored: bool) -> str:
    movie = household.movie()
    return f"monitored: {monitored}".lower() if movie and movie["monitored"] is monitored else ""


def _has(word: str, words: list[str]) -> str:
    return word if word in words else ""


def _last(scans: list[str]) -> str:
    return scans[-1] if scans else ""


def _nothing_done(bob: DemoHousehold) -> str:
    clean = not bob.radarr.searches and not bob.radarr.deleted_media and not bob.events()
    return "0 searches, 0 deletions, 0 events" if clean else ""


def _verified(folder: str, *households: DemoHousehold) -> str:
    store = DirectoryStore(os.path.join(folder, "drive", ".mesharr"), LocalDisk())
    findings = list(verify_store(store, {each.node: each.key.public for each in households}))
    damaged = [finding for finding in findings if finding.kind == "damaged"]
    return "no damage found" if not damaged else ""

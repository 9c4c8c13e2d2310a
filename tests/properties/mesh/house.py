"""A household whose webhooks go astray, whose node publishes late, and whose commands are counted."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx

from mesharr.core.errors import Refused, Unavailable
from mesharr.node.conflict_notes import known_conflicts, resolve
from mesharr.node.outward.uploading.sidecars import LOOK_MS
from mesharr.node.passes.order import stages_of_pass
from mesharr.uploads.base import Progress, Uploaded
from tests.properties.mesh.deeds import Hooks, Meanwhile
from tests.properties.mesh.people.base import UNSENDABLE
from tests.properties.mesh.union import Union
from tests.support.household import LONGEST_IDLE_MS, CopyUploader, Household

LATE_S = (2.0, 30.0, 400.0)
"""How late a late webhook may be."""


class PickyUploader(CopyUploader):
    """An uploader that fails for some names."""

    def upload(
        self, source: str, target: str, report: Callable[[Progress], None], *, replaces: bool = False
    ) -> Uploaded:
        """Upload by copying."""
        if UNSENDABLE in target:
            raise Unavailable(f"{target}: the name is too long")
        return super().upload(source, target, report, replaces=replaces)


class MeshHousehold(Household):
    """A household of the random histories.

    With `union` it has a local branch and uploads what lies there; else it works on the drive itself.
    """

    alone = True

    def __init__(self, *given: Any, union: bool = False, **changes: Any) -> None:
        self._has_union = union
        self.unions: dict[str, Union] = {}
        self._fault: tuple[Hooks, int, Random] | None = None
        self._on_the_way: list[tuple[int, str, bytes]] = []
        self.publishes_from = 0
        """When the node publishes again (ms)."""
        self.commands: Counter[str] = Counter()
        """How often mesharr asked for each command, by app, name and what it is about."""
        self.running: list[str] = []
        """The loops that are in the middle of a stage: more than one while a request waits."""
        self._meanwhile: tuple[Meanwhile, Callable[[], None]] | None = None
        super().__init__(*given, **changes)
        self.uploader = PickyUploader(self.drive)
        self.restart()

    def make_library(self, library: str) -> Path:
        """Return the folder of a library as mesharr and its arr see it."""
        cloud = super().make_library(library)
        if not self._has_union:
            return cloud
        local, merged = (self.dir / branch / library for branch in ("local", "merged"))
        self.unions[library] = Union(cloud, local, merged)
        places = {"cloud": str(cloud), "local": str(local), "remote": f"remote:{library}"}
        libraries = {**self.changes.get("libraries", {}), library: places}
        self.changes = {**self.changes, "libraries": libraries, "uploads": {"mode": "move"}}
        return merged

    def run_commands(self) -> int:
        """Have every arr run what it has queued; return how many commands ran."""
        return sum(arr.run_commands() for arr in self.arrs.values())

    def sync(self) -> None:
        """Have its union and the branches agree."""
        for union in self.unions.values():
            union.sync()

    def answer(self, url: str, request: httpx.Request) -> httpx.Response:
        """Answer, and count what scans or imports; what is to happen meanwhile happens before it is read."""
        app = url.removeprefix("http://")
        if request.method == "POST" and request.url.path.endswith("/command"):
            self._count(app, json.loads(request.content))
        answer = super().answer(url, request)
        if self._meanwhile and self.running:
            act, happen = self._meanwhile
            if (act.app, act.method) == (app, request.method):
                self._meanwhile = (replace(act, skip=act.skip - 1), happen) if act.skip else None
                if not act.skip:
                    happen()
        return answer

    def interrupt(self, act: Meanwhile, happen: Callable[[], None]) -> None:
        """Have something happen in the middle of one of the next requests."""
        self._meanwhile = act, happen

    def _count(self, app: str, body: dict[str, Any]) -> None:
        name = body["name"]
        if name.startswith(("Rescan", "Refresh")):
            about = {key: value for key, value in body.items() if key != "name"}
            self.commands[f"{app} {name} {json.dumps(about, sort_keys=True)}"] += 1
        elif name == "ManualImport":
            for file in body["files"]:
                self.commands[f"{app} {name} {file['path']}"] += 1

    # -- webhooks on their way

    def lose(self, fault: Hooks) -> None:
        """Have something happen to the webhooks, for a while."""
        self._fault = fault, self.clock.ms + int(fault.seconds * 1000), Random(fault.dice)

    def _webhook(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        fault = self._fault
        if fault is None or fault[1] <= self.clock.ms:
            return super()._webhook(url, body, headers)
        hooks, _, dice = fault
        if hooks.what == "lost" and dice.random() < 0.5:
            return 200
        if hooks.what in {"late", "disordered"}:
            wait = dice.choice(LATE_S) if hooks.what == "late" else dice.random() * 20
            self._on_the_way.append((self.clock.ms + int(wait * 1000), url, body))
            return 200
        if hooks.what == "doubled":
            self._on_the_way.append((self.clock.ms + int(dice.choice(LATE_S) * 1000), url, body))
        return super()._webhook(url, body, headers)

    def deliver(self, *, everything: bool = False) -> None:
        """Let the webhooks arrive that are late enough now."""
        due = sorted(each for each in self._on_the_way if everything or each[0] <= self.clock.ms)
        self._on_the_way = [each for each in self._on_the_way if each not in due]
        for _, url, body in due:
            super()._webhook(url, body, {})

    def next_event(self) -> list[int]:
        """Return when something happens: a webhook arrives, a slow command or what waits goes on (ms)."""
        waits = self.state.outbox.ready(limit=1) and self.publishes_from <= self.clock.ms
        slow = (due for arr in self.arrs.values() for due, _ in arr.commands._slow.values())
        arriving = (due for due, _, _ in self._on_the_way)
        return [*arriving, *(int(due * 1000) for due in slow), *([self.clock.ms] if waits else [])]

    def mend(self) -> None:
        """Let webhooks and events go out as ever."""
        self._fault, self.publishes_from, self._meanwhile = None, 0, None
        self.deliver(everything=True)

    # -- stages

    def steps(self, *, compare: bool) -> list[Callable[[], None]]:
        """Return what a pass does, as steps that may be made in any order."""
        rows = [
            row
            for row in stages_of_pass(compare=compare)
            if row.name != "publish" or self.publishes_from <= self.clock.ms
        ]

        return [
            partial(
                self._in_loop,
                row.loop,
                self._transfer if row.name == "transfer" and self.unions else partial(row.run, self.engine),
            )
            for row in rows
        ]

    def _transfer(self) -> None:
        waited = bool(self.state.uploads.all())
        self.engine.transfer.step(self.clock())
        if asked := [each for each in known_conflicts(self.state, self.clock()) if each.waits]:
            resolve(self.state, asked, "keep-mine")
        self._search_seldom()
        if waited or self.state.uploads.all():
            self.sync()

    def _search_seldom(self) -> None:
        """Have a union searched for late sidecars every half an hour: it would make a pass each minute."""
        due, now = self.engine.transfer._late_sidecars._due, self.clock()
        due.update({name: now + LONGEST_IDLE_MS for name, at in due.items() if at == now + LOOK_MS})

    def look(self, what: str) -> None:
        """Make one of the `LOOKS`."""
        looks = {
            "history": self.engine.history.step,
            "hourly": self.engine.nightly.hourly,
            "compare": self.engine.nightly.step,
        }
        self._in_loop("intake", partial(looks[what], self.clock()))

    def _in_loop(self, loop: str, run: Callable[[], object]) -> None:
        """Run a stage, unless its loop is in the middle of one: a stage is stepped by one thread only."""
        if loop in self.running:
            return
        self.running.append(loop)
        try:
            run()
        except (Unavailable, Refused):
            return
        finally:
            self.running.remove(loop)

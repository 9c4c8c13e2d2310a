"""A household whose webhooks go astray, whose node publishes late, and whose commands are counted."""

import json
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import httpx

from mesharr.core.errors import Refused, Unavailable
from mesharr.node.passes.order import stages_of_pass
from tests.properties.mesh.deeds import Hooks
from tests.support.household import Household

LATE_S = (2.0, 30.0, 400.0)
"""How late a late webhook may be."""


class MeshHousehold(Household):
    """A household of the random histories."""

    def __init__(self, *given: Any, **changes: Any) -> None:
        self._fault: tuple[Hooks, int, Random] | None = None
        self._on_the_way: list[tuple[int, str, bytes]] = []
        self.publishes_from = 0
        """When the node publishes again (ms)."""
        self.commands: Counter[str] = Counter()
        """How often mesharr asked for each command, by app, name and what it is about."""
        super().__init__(*given, **changes)

    def answer(self, url: str, request: httpx.Request) -> httpx.Response:
        """Answer, and count what scans or imports."""
        if request.method == "POST" and request.url.path.endswith("/command"):
            self._count(url.removeprefix("http://"), json.loads(request.content))
        return super().answer(url, request)

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

    def mend(self) -> None:
        """Let webhooks and events go out as ever."""
        self._fault, self.publishes_from = None, 0
        self.deliver(everything=True)

    # -- stages

    def steps(self, *, compare: bool) -> list[Callable[[], None]]:
        """Return what a pass does, as steps that may be made in any order."""
        rows = [
            row
            for row in stages_of_pass(compare=compare)
            if row.name != "publish" or self.publishes_from <= self.clock.ms
        ]

        def run(run_row: Callable[[Any], object]) -> Callable[[], None]:
            def step() -> None:
                try:
                    run_row(self.engine)
                except (Unavailable, Refused):
                    return

            return step

        return [run(row.run) for row in rows]

    def look(self, what: str) -> None:
        """Make one of the `LOOKS`."""
        now = self.clock()
        try:
            if what == "history":
                self.engine.history.step(now)
            elif what == "hourly":
                self.engine.nightly.hourly(now)
            else:
                self.engine.nightly.step(now)
        except (Unavailable, Refused):
            return

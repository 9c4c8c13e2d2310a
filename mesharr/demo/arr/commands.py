"""The command queue of an arr: deduplicated, run by a thread or by a test, forgotten later."""

import bisect
import contextlib
import itertools
import json
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from mesharr.demo.wire import JsonObject, error, iso

KEPT_SECONDS = 300.0
"""How long a finished command can still be asked for."""

_LIVE = ("queued", "started")
_HIGH, _NORMAL, _LAST = range(3)
HIGH_PRIORITY = frozenset({"ManualImport"})
"""The commands that overtake every queued command of another name."""
DISK_ACCESS = frozenset({"ManualImport"})
"""The commands of which one runs at a time; another one waits, and what stands behind it goes first."""

THREADS = 3
"""How many slow commands run at once."""
Steps = Iterator[float]
"""What a slow command does, in steps: it yields the time (s since 1970) at which it goes on."""

_Work = int | Callable[[], None] | None


@dataclass(frozen=True)
class Command:
    """A command and its progress."""

    id: int
    name: str
    body: JsonObject
    """The parameters that the app knows, by name."""
    trigger: str
    """manual, scheduled or unspecified."""
    queued: float
    """In seconds since 1970, as are the other times."""
    started: float | None = None
    ended: float | None = None
    status: str = "queued"
    """queued, started, completed, failed or cancelled."""
    result: str = "unknown"
    """unknown, successful or unsuccessful."""
    exception: str | None = None
    """The trace of what made it fail."""

    def resource(self) -> JsonObject:
        """Return the command as `GET /command/{id}` shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "commandName": self.name,
            "body": {**self.body, "name": self.name, "trigger": self.trigger},
            "priority": "high" if self.name in HIGH_PRIORITY else "normal",
            "status": self.status,
            "result": self.result,
            "queued": iso(self.queued),
            "started": None if self.started is None else iso(self.started),
            "ended": None if self.ended is None else iso(self.ended),
            "exception": self.exception,
            "trigger": self.trigger,
            "stateChangeTime": iso(self.ended or self.started or self.queued),
            "sendUpdatesToClient": True,
            "updateScheduledTask": True,
        }


class CommandQueue:
    """Commands in the order they came, those of high priority first.

    They run one at a time, but for slow ones. With `workers` a background thread runs them as they come;
    without, they wait for `run_pending`, so a test decides when time passes.
    """

    def __init__(
        self, now: Callable[[], float], run: Callable[[Command], Steps | None], *, workers: bool
    ) -> None:
        self._now = now
        self._run = run
        self._lock = threading.RLock()
        self._commands: dict[int, Command] = {}
        self._newest: dict[tuple[str, str], int] = {}  # by what a command does: no older one is live
        self._last_id = 0
        self._slow: dict[int, tuple[float, Steps]] = {}  # by command: when it goes on, and how
        self._order = itertools.count()
        self._waiting: list[tuple[int, int, _Work]] = []  # sorted by priority and order
        self._came = threading.Condition(self._lock)
        self._on_disk: set[int] = set()  # the commands that run of DISK_ACCESS
        self._threads: list[threading.Thread] = []
        self._paced = False
        if workers:
            self._start(1)

    @property
    def in_real_time(self) -> bool:
        """Whether its threads wait until a slow command goes on."""
        return self._paced

    def work_in_real_time(self) -> None:
        """Run commands in `THREADS` threads from now on, slow ones in their own time, as a real app."""
        self._paced = True
        self._start(THREADS)

    def _start(self, threads: int) -> None:
        self._threads = [
            threading.Thread(target=self._work, daemon=True, name="arr-commands") for _ in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, name: str, body: JsonObject, trigger: str = "manual") -> Command:
        """Queue a command; one that equals a queued *or started* one is that one."""
        with self._lock:
            work = name, json.dumps(body, sort_keys=True)
            known = self._commands.get(self._newest.get(work, 0))
            if known is not None and known.status in _LIVE:
                return known
            self._last_id += 1
            command = Command(self._last_id, name, body, trigger, self._now())
            self._commands[command.id] = command
            self._newest[work] = command.id
        self._put(_HIGH if name in HIGH_PRIORITY else _NORMAL, command.id)
        return command

    def defer(self, job: Callable[[], None]) -> None:
        """Queue work that shows nowhere: what an arr does after it has replied."""
        self._put(_NORMAL, job)

    def get(self, command_id: int) -> Command:
        """Return the command, or 404 when it is unknown or finished some minutes ago."""
        self._forget_finished()
        try:
            return self._commands[command_id]
        except KeyError as unknown:
            raise error(404, f"CommandModel with ID {command_id} does not exist") from unknown

    def listed(self) -> list[Command]:
        """Return the commands that can still be asked for."""
        self._forget_finished()
        with self._lock:
            return list(self._commands.values())

    def cancel(self, command_id: int) -> None:
        """Cancel a queued command; one that started is a 409."""
        with self._lock:
            command = self.get(command_id)
            if command.status != "queued":
                raise error(409, f"Command {command_id} is not queued")
            self._commands[command_id] = replace(command, status="cancelled", ended=self._now())

    def clear(self) -> None:
        """Forget everything, as a restart does."""
        with self._lock:
            self._commands.clear()
            self._slow.clear()
            self._on_disk.clear()

    def run_pending(self) -> int:
        """Run all queued commands, and what those queue; return how many ran or went on.

        A slow command goes on when its time has come. `THREADS` of them keep all others waiting.
        """
        ran = 0
        while True:
            ran += sum(self._go_on(number) for number in list(self._slow))
            if len(self._slow) >= THREADS:
                return ran
            if not (taken := self._take()):
                return ran
            ran += self._perform(*taken)

    def run_beside(self, concerns: Callable[[Command], bool]) -> None:
        """Run the queued commands that concern something now, in the middle of the one that runs."""
        for command in self.listed():
            if command.status == "queued" and concerns(command):
                self._perform(command.id)

    def close(self) -> None:
        """Stop the background threads after what they are doing."""
        for _ in self._threads:
            self._put(_LAST, None)
        self._paced = False
        for thread in self._threads:
            thread.join(timeout=10)
        self._threads = []

    def _work(self) -> None:
        while (work := self._wait_for_work()) is not None:
            self._perform(work)

    def _put(self, priority: int, work: _Work) -> None:
        with self._lock:
            # the count decides before two works would be compared
            bisect.insort(self._waiting, (priority, next(self._order), work))
            self._came.notify()

    def _wait_for_work(self) -> _Work:
        with self._lock:
            while not (taken := self._take()):
                self._came.wait()
            return taken[0]

    def _take(self) -> tuple[_Work] | None:
        """Return the next work that may begin, None for none."""
        with self._lock:
            for place, (_, _, work) in enumerate(self._waiting):
                command = self._commands.get(work) if isinstance(work, int) else None
                needs_disk = command is not None and command.name in DISK_ACCESS
                if needs_disk and self._on_disk:
                    continue
                if command and needs_disk:
                    self._on_disk.add(command.id)
                del self._waiting[place]
                return (work,)
            return None

    def _perform(self, work: _Work) -> int:
        if work is None:
            return 0
        if callable(work):
            # no reply is left to carry it: an app only logs what fails here
            with contextlib.suppress(OSError):
                work()
            return 1
        with self._lock:
            command = self._commands.get(work)
            if command is None or command.status != "queued":
                self._on_disk.discard(work)
                return 0
            command = replace(command, status="started", started=self._now())
            self._commands[work] = command
        self._slow[work] = (self._now(), self._steps(command))
        return self._go_on(work)

    def _steps(self, command: Command) -> Steps:
        steps = self._run(command)
        if steps is not None:
            yield from steps

    def _go_on(self, number: int) -> int:
        """Run a command as far as its time has come; 1 if it did anything.

        A background thread waits for no time, unless it works in real time: the app's clock may be a test's.
        """
        due, steps = self._slow.pop(number, (0.0, None))
        if steps is None:  # forgotten by a restart
            return 0
        went_on = 0
        while self._threads or due <= self._now():
            went_on = 1
            if self._paced:
                time.sleep(max(0.0, due - self._now()))
            try:
                due = next(steps)
            except StopIteration:
                self._finish(number, None)
                return went_on
            except Exception:  # noqa: BLE001 - a failing command is a status, whatever failed
                self._finish(number, traceback.format_exc(limit=3))
                return went_on
        if number in self._commands:
            self._slow[number] = (due, steps)
        return went_on

    def _finish(self, number: int, failure: str | None) -> None:
        with self._lock:
            self._on_disk.discard(number)
            self._came.notify()
            command = self._commands.get(number)
            if command is not None:
                self._commands[number] = replace(
                    command,
                    status="completed" if failure is None else "failed",
                    result="successful" if failure is None else "unsuccessful",
                    ended=self._now(),
                    exception=failure,
                )

    def _forget_finished(self) -> None:
        limit = self._now() - KEPT_SECONDS
        with self._lock:
            for command in list(self._commands.values()):
                if command.ended is not None and command.ended <= limit:
                    del self._commands[command.id]

"""Sync: one pass over everything, then over what follows, until nothing is due at once."""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from mesharr.core.errors import MesharrError
from mesharr.node.outward.stream.publish import FRESH_MS
from mesharr.node.passes.engine import Engine
from mesharr.node.passes.order import stages_of_pass

ROUNDS = 40
MOMENT_MS = 2_500
"""What is due so soon is waited for: an app needs a moment for a scan, a peer's file for its listing."""

LONGEST_SCANS_MS = 5 * 60_000
"""For how long the pauses between scans are waited for."""


class SyncResult(msgspec.Struct, frozen=True):
    """What came of a sync."""

    done: dict[str, int]
    """What it did: counts by kind."""
    problems: tuple[str, ...]
    """What it could not do at its end, with the reason."""


def sync(
    engine: Engine,
    compared: Iterable[str],
    sleep: Callable[[float], None],
    before: Callable[[str], object] = lambda _stage: None,
) -> SyncResult:
    """Follow, compare everything, publish at once, reconcile and scan; return what came of it.

    `compared` names the libraries that have an app; `before` is called with the name of each stage before it
    is run. What an app or the store does not answer stays where it was, for the next time.
    """
    at_start = _counts(engine)
    names = tuple(compared)
    problems = _round(engine, names, before)
    for _ in range(ROUNDS):
        wait_ms = _moment(engine)
        if wait_ms is None or (problems and not wait_ms):
            break  # what failed just now fails at once again
        sleep(wait_ms / 1000)
        problems = [*(text for text in problems if _is_lasting(text)), *_round(engine, (), before)]
    _request_scans(engine, sleep)
    problems += _early(engine, names)
    done = {name: count - at_start.get(name, 0) for name, count in _counts(engine).items()}
    return SyncResult({name: count for name, count in done.items() if count}, tuple(dict.fromkeys(problems)))


def _request_scans(engine: Engine, sleep: Callable[[float], None]) -> None:
    """Request the scans that wait for a pause; what takes too long stays queued."""
    end = engine.clock() + LONGEST_SCANS_MS
    while engine.clock() < end:
        now = engine.clock()
        pauses = [pause for each in engine.scanners if (pause := each.paused_for(now)) is not None]
        if not pauses:
            return
        sleep(min(pauses) / 1000)
        for scanner in engine.scanners:
            scanner.step(engine.clock())


def _round(engine: Engine, compare: tuple[str, ...], before: Callable[[str], object]) -> list[str]:
    """Run every stage once; return what could not be done."""
    problems: list[str] = []
    own: Mapping[str, Callable[[Engine], object]] = {
        "follow": _follow,
        "compare": lambda engine: problems.extend(_compare(engine, compare)),
        "publish": _publish,
    }
    for row in stages_of_pass(compare=bool(compare), sync=True):
        before(row.name)
        try:
            own.get(row.name, row.run)(engine)
        except MesharrError as error:
            problems.append(str(error))
    return problems


def _compare(engine: Engine, names: tuple[str, ...]) -> list[str]:
    """Compare the libraries that no first day compares; return what could not be compared."""
    now, state = engine.clock(), engine.state
    early = {day.library for day in state.first_days.all() if not day.has_compared}
    failed = engine.nightly.step(now)
    left = [name for name in names if name not in early and state.libraries.compared(name) != now]
    return [f"{name}{_NOT_COMPARED}{failed.get(name, 'it was not compared yet')}" for name in left]


_NOT_COMPARED = " was not compared: "


def _early(engine: Engine, names: tuple[str, ...]) -> list[str]:
    """Return why the first day of each of these libraries has not compared it yet."""
    early = {day.library: day for day in engine.state.first_days.all() if not day.has_compared}
    return [
        f"{name}: first day: {early[name].why or early[name].progress_text}"
        for name in names
        if name in early
    ]


def _is_lasting(text: str) -> bool:
    return _NOT_COMPARED in text


def _follow(engine: Engine) -> None:
    engine.follower.step(engine.clock())
    engine.store_answered()


def _publish(engine: Engine) -> None:
    """Publish what is ready now: the user waits, and not for more to come."""
    running_s = engine.tick()
    engine.publisher.step(engine.clock(), running_s)
    engine.publisher.flush(engine.clock(), running_s)


def _moment(engine: Engine) -> int | None:
    """Return in how many ms a further round has something to do; None: not soon."""
    now, state = engine.clock(), engine.state
    if state.outbox.ready(limit=1, looked_since=now - FRESH_MS):
        return 0
    upload = state.uploads.next_due()
    if upload is not None and upload <= now:
        return 0
    dues = [state.inbox.next_due(), engine.reconciler.next_due(), engine.first_day.next_due()]
    dues += [scanner.next_due() for scanner in engine.scanners]
    return min(
        (max(0, due - now) for due in dues if due is not None and due <= now + MOMENT_MS), default=None
    )


def _counts(engine: Engine) -> dict[str, int]:
    mine = engine.publisher.stream
    heads = {row.stream: row.seq for row in engine.state.streams.all()}
    heard = sum(seq for stream, seq in heads.items() if stream != mine)
    return {"heard": heard, "told": heads.get(mine, 0), **engine.state.counters.all()}

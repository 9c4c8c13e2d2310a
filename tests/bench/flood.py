"""A flood of webhooks at a real daemon that is killed in the middle of it.

Each webhook tells of a film of its own that Radarr has and mesharr does not know, so what became of it is
seen in the log: one `item.added`, none, or more. Whatever was answered 200 has to be there once.
"""

import asyncio
import json
import multiprocessing
import resource
import sqlite3
import tempfile
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import httpx

from mesharr.state.db import Database
from mesharr.state.state import State
from tests.e2e.household import Household

FIRST: Final = 100_000
"""The TMDB id of the first film of the flood."""
IN_FLIGHT: Final = 512
"""How many webhooks wait for an answer at a time; one more is not sent: an app does not send without end."""
ANSWER_S: Final = 30.0
DRAIN_S: Final = 900.0
RESIDENT_MIB: Final = 200
DATABASE_MIB: Final = 200


def flood(rate: int, seconds: int) -> dict[str, Any]:
    """Offer so many webhooks a second; return what became of them."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        movies = place / "drive" / "Movies"
        movies.mkdir(parents=True)
        config = {
            "store": {"path": str(place / "drive" / ".mesharr"), "poll": "5s"},
            "uploads": {"mode": "none"},
            "log": {"level": "info"},
        }
        household = Household("alice", place / "config", movies, {"path": str(movies)}, config)
        try:
            return _flood(household, rate, seconds)
        finally:
            household.close()


def _flood(household: Household, rate: int, seconds: int) -> dict[str, Any]:
    household.radarr.add(1)
    template = household.movie(1)
    household.radarr.fail = lambda request: _film(request, template)
    household.cli("init", "--new-mesh", "home")
    household.start()
    household.looks()
    ours, theirs = multiprocessing.Pipe()
    offering = multiprocessing.get_context("spawn").Process(
        target=offer, args=(theirs, household.port, rate, seconds)
    )
    offering.start()
    assert ours.recv() == "offering"
    resident = _watch(household, seconds / 2)
    household.kill()
    household.start()
    resident = max(resident, _watch(household, seconds / 2))
    answers: dict[int, str] = ours.recv()
    offering.join()
    begun = time.monotonic()
    resident = max(resident, _drain(household))
    drained_s = time.monotonic() - begun
    size = household.config_dir / "mesharr.db"
    database_mib = size.stat().st_size >> 20
    household.stop()
    published = _published(household.config_dir / "mesharr.db")
    answered = {film for film, answer in answers.items() if answer == "200"}
    refused = Counter(answer for answer in answers.values() if answer != "200")
    lost, doubled = answered - published.keys(), [film for film, times in published.items() if times > 1]
    return {
        "offered": len(answers),
        "answered": len(answered),
        "refused": dict(refused.most_common()),
        "processed": len(answered & published.keys()),
        "lost": len(lost),
        "doubled": len(doubled),
        "processed_without_an_answer": len(published.keys() - answered),
        "drained_s": round(drained_s, 1),
        "resident_mib": resident,
        "database_mib": database_mib,
        "ok": bool(answered) and not lost and not doubled
        and resident <= RESIDENT_MIB and database_mib <= DATABASE_MIB,
    }  # fmt: skip


def _film(request: httpx.Request, template: dict[str, Any]) -> httpx.Response | None:
    """Answer for a film of the flood, as Radarr does for one that it has."""
    wanted = request.url.params.get("tmdbId", "")
    if not request.url.path.endswith("/movie") or not wanted.isdigit() or int(wanted) < FIRST:
        return None
    root = Path(template["path"]).parent
    folder = str(root / f"Film {wanted} (2001)")
    film = {**template, "id": int(wanted), "tmdbId": int(wanted), "imdbId": f"tt{wanted}", "path": folder}
    return httpx.Response(200, json=[{**film, "title": f"Film {wanted}", "year": 2001, "folderName": folder}])


def _watch(household: Household, seconds: float) -> int:
    """Return the most memory that the daemon takes in so many seconds, in MiB."""
    most, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        most = max(most, _resident(household))
        time.sleep(0.1)
    return most


def _resident(household: Household) -> int:
    assert household.process is not None
    for line in Path(f"/proc/{household.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    return 0


def _drain(household: Household) -> int:
    """Wait until nothing waits in the inbox and the outbox; return the most memory meanwhile."""
    most, end = 0, time.monotonic() + DRAIN_S
    path = household.config_dir / "mesharr.db"
    while _waiting(path) and time.monotonic() < end:
        most = max(most, _resident(household))
        time.sleep(1)
    return most


def _waiting(path: Path) -> int:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
    try:
        counts = [connection.execute(f"SELECT count(*) FROM {table}") for table in ("inbox", "outbox")]
        return sum(int(count.fetchone()[0]) for count in counts)
    finally:
        connection.close()


def _published(path: Path) -> Counter[int]:
    """Return how often each film of the flood was published."""
    state = State(Database(str(path)))
    try:
        added = [
            int(event.line.split(b'"tmdb:')[1].split(b'"')[0])
            for row in state.streams.all()
            for event in state.streams.since(row.stream, 1)
            if event.type == "item.added"
        ]
    finally:
        state.db.close()
    return Counter(film for film in added if film >= FIRST)


# -- the apps, in a process of their own


def offer(pipe: Connection, port: int, rate: int, seconds: int) -> None:
    """Send webhooks, each when it is due; send back the answer to each, by its film."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16_384), hard))
    pipe.send("offering")
    pipe.send(asyncio.run(_offer(port, rate, seconds)))


async def _offer(port: int, rate: int, seconds: int) -> dict[int, str]:
    answers: dict[int, str] = {}
    tasks: set[asyncio.Task[None]] = set()

    async def send(film: int) -> None:
        try:
            async with asyncio.timeout(ANSWER_S):
                answers[film] = await _post(port, film)
        except TimeoutError:
            answers[film] = "no answer in time"
        except (OSError, asyncio.IncompleteReadError) as error:
            answers[film] = type(error).__name__

    begun = time.monotonic()
    for number in range(rate * seconds):
        late = begun + number / rate - time.monotonic()
        if late > 0:
            await asyncio.sleep(late)
        elif number % 16 == 0:
            await asyncio.sleep(0)
        if len(tasks) >= IN_FLIGHT:
            answers[FIRST + number] = f"not sent: {IN_FLIGHT} wait"
            continue
        task = asyncio.create_task(send(FIRST + number))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    return answers


async def _post(port: int, film: int) -> str:
    movie = {"id": film, "title": f"Film {film}", "year": 2001, "tmdbId": film, "imdbId": f"tt{film}"}
    body = json.dumps({"eventType": "MovieAdded", "addMethod": "manual", "movie": movie}).encode()
    head = (
        f"POST /hook/radarr HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: hook\r\nContent-Length: {len(body)}\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
        await writer.drain()
        status = await reader.readline()
        return status.split()[1].decode() if status.startswith(b"HTTP/") else "closed"
    finally:
        writer.close()

"""`mesharr log`: events as they were signed, for people and for programs; and the check of a store."""

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from mesharr.cli.app import run
from tests.support.household import Clock, Household, import_on
from tests.unit.cli.house import Commands, Output, files_of

Pair = tuple[Household, Household]


@pytest.fixture
def told(houses: Pair, past: Clock) -> Pair:
    """The households, after an import at alice's."""
    alice, bob = houses
    import_on(past, alice, bob)
    return alice, bob


def test_ls_shows_each_stream_whose_it_is_and_how_far_it_is_applied(bobs: Commands, told: Pair) -> None:
    alice, bob = told
    said = bobs.json("log", "ls")
    whose = {row["stream"]: row["whose"] for row in said["streams"]}
    assert whose == {alice.engine.publisher.stream: "trusted", bob.engine.publisher.stream: "mine"}
    assert {row["state"] for row in said["streams"]} == {"up to date"}
    assert [file["confirmed"] for file in said["files"]] == [True] * len(said["files"])
    assert said["files"]
    assert bobs.run("log", "ls") == 0
    assert said["files"][0]["file"] in bobs.out


def test_show_prints_the_newest_events_as_a_table(bobs: Commands, told: Pair) -> None:
    assert bobs.run("log", "show") == 0
    line = next(line for line in bobs.out.splitlines() if "file.imported" in line)
    assert "movies Film 7 (tmdb:7) 1 copy" in line
    assert told[0].engine.publisher.stream in line


def test_show_says_so_when_there_is_nothing_to_show(bobs: Commands, told: Pair) -> None:
    assert bobs.run("log", "show", "--item", "tmdb:99") == 0
    assert bobs.out == "no event is about tmdb:99\n"


def test_show_json_holds_whole_events_in_one_document(bobs: Commands, told: Pair) -> None:
    events = bobs.json("log", "show", "--limit", "3")["events"]
    assert len(events) == 3
    assert all(event["sig"] and event["mesh"] for event in events)


def test_show_of_one_event_is_the_line_that_was_signed(bobs: Commands, told: Pair) -> None:
    alice, bob = told
    stream = alice.engine.publisher.stream
    first = bob.state.streams.since(stream, 1, 1)[0]
    for word in (stream, alice.node, "alice"):
        assert bobs.run("log", "show", word, "1", "--json") == 0
        assert bobs.out == first.line.decode() + "\n"


def test_show_of_an_item_is_its_history(bobs: Commands, told: Pair) -> None:
    events = bobs.json("log", "show", "--item", "tmdb:7", "--library", "movies")["events"]
    assert [event["type"] for event in events] == ["item.added", "file.imported"]
    assert bobs.json("log", "show", "--item", "tmdb:7")["events"] == events
    assert bobs.json("log", "show", "--item", "tmdb:8")["events"] == []


@pytest.mark.parametrize("words", [["nobody"], ["alice", "4711"], ["alice", "--item", "tmdb:7"]])
def test_show_of_what_is_not_there_is_a_misuse(bobs: Commands, told: Pair, words: list[str]) -> None:
    assert bobs.run("log", "show", *words) == 2
    assert bobs.err.startswith("mesharr: ")


def test_tail_prints_the_newest_events_as_json_lines_in_the_order_they_were_applied(
    bobs: Commands, told: Pair
) -> None:
    assert bobs.run("log", "tail", "-n", "2") == 0
    lines = bobs.out.splitlines()
    newest = told[1].state.streams.newest(2)
    assert lines == [event.line.decode() for _, event in newest]
    assert [json.loads(line)["v"] for line in lines] == [1, 1]
    bobs.run("log", "tail", "-n", "0")
    assert bobs.out == ""


def test_tail_follows_until_it_is_interrupted(bobs: Commands, houses: Pair, past: Clock) -> None:
    alice, bob = houses
    command = [
        sys.executable,
        "-m",
        "mesharr",
        "--config-dir",
        str(bobs.config),
        "log",
        "tail",
        "-f",
        "-n",
        "1",
    ]
    program = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        # what a shell starts in the background ignores the signal, and so would what it starts
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - one call, no lock
    )
    try:
        assert program.stdout is not None
        assert json.loads(program.stdout.readline())["type"] == "node.hello"
        import_on(past, alice, bob)
        types = [json.loads(program.stdout.readline())["type"] for _ in range(2)]
        assert types == ["item.added", "file.imported"]
        program.send_signal(signal.SIGINT)
        assert program.wait(20) == 0
    finally:
        program.kill()
        program.communicate()


def test_verify_is_content_with_a_whole_store(bobs: Commands, told: Pair) -> None:
    assert bobs.run("log", "verify") == 0
    assert bobs.out.endswith("2 streams are whole; nothing is damaged\n")
    said = bobs.json("log", "verify")
    assert (said["damaged"], {row["kind"] for row in said["findings"]}) == (0, {"whole"})


def test_verify_names_file_line_and_cause_of_a_damage(bobs: Commands, told: Pair) -> None:
    store = told[0].drive / ".mesharr"
    name = max(path.name for path in (store / "events").iterdir() if path.name.startswith("alice"))
    place = store / "events" / name
    place.write_bytes(place.read_bytes().replace(b"Film 7", b"Film 8", 1))
    assert bobs.run("log", "verify") == 1
    (row,) = [row for row in bobs.json("log", "verify")["findings"] if row["kind"] == "damaged"][:1]
    assert row["where"] == f"events/{name}"
    assert row["line"] > 0
    bobs.run("log", "verify")
    assert f"damaged: events/{name} line {row['line']}: {row['cause']}" in bobs.out


def test_verify_needs_no_config_and_reports_strangers_as_untrusted(
    told: Pair, tmp_path: Path, capsys: Output
) -> None:
    store = told[0].drive / ".mesharr"
    before = files_of(store)
    nowhere = str(tmp_path / "nowhere")
    assert run(["--config-dir", nowhere, "log", "verify", str(store)], {}) == 0
    out = capsys.readouterr().out
    assert f"untrusted: {told[0].engine.publisher.stream}" in out
    assert files_of(store) == before
    assert not os.path.exists(nowhere)


def test_verify_of_no_store_at_all_is_damage(tmp_path: Path, capsys: Output) -> None:
    assert run(["--config-dir", str(tmp_path), "log", "verify", str(tmp_path / "none")], {}) == 1
    assert "mesh.json" in capsys.readouterr().out


def test_verify_of_a_single_file_says_what_it_takes(told: Pair, capsys: Output) -> None:
    for path in sorted((told[0].drive / ".mesharr").rglob("*.jsonl")):
        assert run(["log", "verify", str(path)], {}) == 2
        assert "is a file" in capsys.readouterr().err


def test_a_foreign_name_in_the_store_cannot_steer_the_terminal(bobs: Commands, told: Pair) -> None:
    (told[0].drive / ".mesharr/events/\x1b[2J.jsonl").write_bytes(b"")
    bobs.run("log", "verify")
    assert "ignored: events/�[2J.jsonl" in bobs.out

"""Run `mesharr log`: read and check the event log."""

import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import closing

import typer

from mesharr.bootstrap.files import open_disk
from mesharr.bootstrap.node_key import load_key
from mesharr.cli.access.config import load, node_if_known
from mesharr.cli.access.state import open_state
from mesharr.cli.context import FAILED, Misuse, Session, say, say_json, session_of
from mesharr.cli.output import print_lines, print_table, printable
from mesharr.cli.terminal.busy import busy
from mesharr.core.hlc import time_text
from mesharr.core.text import author_of, name_of, quantity
from mesharr.log.keys import parse_key
from mesharr.log.store.folder import DirectoryStore
from mesharr.log.store.fsck import StoreFinding, verify_store
from mesharr.state.events.runs import body_of_content, content_of
from mesharr.state.events.streams import StoredEvent, StreamRow
from mesharr.state.peers import read_peers
from mesharr.state.state import State

_FOLLOW_S = 0.5
_ALL = 1_000_000


def ls(context: typer.Context, *, every: bool, as_json: bool) -> None:
    """List the streams this node knows, how far it is in each, and its own files in the store."""
    session = session_of(context)
    frozen = {peer.node: bool(peer.frozen) for peer in read_peers(session.config_dir)}
    state = open_state(session.config_dir)
    with closing(state.db):
        mine = state.own_streams.incarnation()
        streams = [
            {
                "stream": row.stream,
                "whose": _whose(row, mine, frozen),
                "applied": row.seq,
                "head": max(row.head, row.seq),
                "state": _state_of(row),
                "applied_at": time_text(row.applied_at),
            }
            for row in state.streams.all()
        ]
        files = [
            {"file": file.place, "first": file.first, "last": file.last, "confirmed": file.confirmed}
            for file in state.own_files.all()
        ]
    if as_json:
        say_json({"streams": streams, "files": files})
        return
    if not streams:
        say("no events yet: nothing was published or received")
        return
    columns = ("stream", "whose", "applied", "head", "state", "applied at")
    print_table(columns, [[*row.values()] for row in streams], order="stream", every=every)
    if files:
        say("")
        shown = [
            (file["file"], file["first"], file["last"], "yes" if file["confirmed"] else "no")
            for file in files
        ]
        print_table(("own file", "first", "last", "confirmed"), shown, every=every)


def _whose(row: StreamRow, mine: str, frozen: dict[str, bool]) -> str:
    node, _, inc = row.stream.rpartition(".")
    if inc == mine:
        return "mine"
    if node in frozen:
        return "frozen" if frozen[node] else "trusted"
    return "mine, earlier"


def _state_of(row: StreamRow) -> str:
    if row.why:
        return row.why
    behind = row.head - row.seq
    return f"{behind} behind" if behind > 0 else "up to date"


def show(
    context: typer.Context,
    *,
    stream: str | None,
    seq: int | None,
    item: str | None,
    library: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show events that this node has applied: the newest, a stream's, one of them, or an item's."""
    if item and stream:
        raise Misuse("a stream and an item were asked for", "name one of them")
    state = open_state(session_of(context).config_dir)
    with closing(state.db):
        if item:
            found = _about(state, item, library)[-limit:]
        elif stream:
            found = _of_stream(state, _stream_named(state, stream), seq, limit)
        else:
            found = [event for _, event in state.streams.newest(limit)]
    if as_json and seq is not None:
        say(_line(found[0]))
    elif as_json:
        say('{"events": [' + ",\n".join(_line(event) for event in found) + "]}")
    elif found:
        columns = ("stream", "seq", "when", "event", "content")
        print_table(columns, [_cells(event) for event in found], every=True)
    else:
        say(
            f"no event is about {printable(item)}"
            if item
            else "no events yet: nothing was published or received"
        )


def _about(state: State, item: str, library: str | None) -> list[StoredEvent]:
    libraries = [library] if library else state.items.libraries()
    return [event for name in libraries for event in state.streams.about(name, state.items.ids(name, item))]


def _of_stream(state: State, stream: str, seq: int | None, limit: int) -> list[StoredEvent]:
    if seq is None:
        head, _ = state.streams.cursor(stream)
        return state.streams.since(stream, max(1, head - limit + 1))
    found = state.streams.since(stream, seq, 1)
    if not found or found[0].seq != seq:
        raise Misuse(f"{stream} has no event {seq} here", "see mesharr log ls")
    return found


def _stream_named(state: State, word: str) -> str:
    """Return the one stream with events whose name, node or author's name is the word."""
    known = [row for row in state.streams.all() if row.seq]
    for part in (lambda name: name, author_of, lambda name: name_of(author_of(name))):
        found = [row for row in known if part(row.stream) == word]
        if found:
            # of several incarnations the newest is meant
            return max(found, key=lambda row: row.hlc).stream
    listed = ", ".join(printable(row.stream) for row in known) or "none"
    raise Misuse(f"no stream matches {printable(word)}", f"known: {listed}")


def _cells(event: StoredEvent) -> tuple[object, ...]:
    return (event.stream, event.seq, f"{event.hlc[:19]}Z", event.type, _says(event))


def _says(event: StoredEvent) -> str:
    """Return the body in a few words: which item, and how many of its files."""
    what = content_of(event.line)
    body = body_of_content(what)
    return (body.summary() if body else _newer_summary(bytes(what.body)))[:120]


def _newer_summary(raw: bytes) -> str:
    """Return the library and the item of a body whose type only a newer mesharr knows."""
    body = json.loads(raw)
    item = body.get("item")
    named = (
        f"{item.get('title', '')} ({item.get('id', '')})" if isinstance(item, dict) else body.get("id", "")
    )
    return " ".join(str(word) for word in (body.get("library", ""), named) if word)


def _line(event: StoredEvent) -> str:
    """Return the event's exact line, with control characters escaped as in JSON."""
    text = event.line.decode()
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def tail(context: typer.Context, *, count: int, follow: bool) -> None:
    """Print the events applied last, one JSON line each, as their authors signed them."""
    session = session_of(context)
    state = open_state(session.config_dir)
    with closing(state.db):
        found = state.streams.newest(max(count, 1))
        place = found[-1][0] if found else 0
        _print_lines(event for _, event in found[:count])
        try:
            while follow:
                time.sleep(_FOLLOW_S)
                fresh = state.streams.newest(_ALL, after=place)
                place = fresh[-1][0] if fresh else place
                _print_lines(event for _, event in fresh)
        except KeyboardInterrupt:
            return


def _print_lines(events: Iterable[StoredEvent]) -> None:
    for event in events:
        say(_line(event))
    sys.stdout.flush()


def verify(context: typer.Context, *, store_path: str | None, every: bool, as_json: bool) -> None:
    """Check every line of every file of a whole store. Needs no config when STORE_PATH is given."""
    session = session_of(context)
    path = os.path.abspath(store_path) if store_path else load(session).store.path
    if os.path.isfile(path):
        raise Misuse(f"{printable(path)} is a file", "name the .mesharr directory that it is in")
    disk = open_disk()
    try:
        with busy(f"reading every file of {path}", quiet=as_json):
            # reading is the same on every kind of store
            found = tuple(verify_store(DirectoryStore(path, disk), _keys(session)))
    finally:
        disk.close()
    damaged = [finding for finding in found if finding.kind == "damaged"]
    if as_json:
        rows = [_finding_row(finding) for finding in found]
        say_json({"store": path, "damaged": len(damaged), "findings": rows})
    else:
        _print_findings(path, found, every=every)
    if damaged:
        raise typer.Exit(FAILED)


def _keys(session: Session) -> dict[str, bytes]:
    """Return the keys this node trusts, its own among them, as far as there is a node here."""
    peers = read_peers(session.config_dir)
    found = {peer.node: key for peer in peers if not peer.frozen and (key := parse_key(peer.key))}
    own = node_if_known(session)
    return {**found, own: load_key(session.config_dir).public} if own else found


def _finding_row(finding: StoreFinding) -> dict[str, str | int]:
    return {"kind": finding.kind, "where": finding.where, "line": finding.line, "cause": finding.cause}


def _finding_text(finding: StoreFinding) -> str:
    line = f" line {finding.line}" if finding.line else ""
    return f"{finding.kind}: {finding.where}{line}: {finding.cause}"


def _print_findings(path: str, found: Sequence[StoreFinding], *, every: bool) -> None:
    damaged_first = sorted(found, key=lambda finding: finding.kind != "damaged")
    print_lines([_finding_text(finding) for finding in damaged_first], every=every)
    damaged = sum(finding.kind == "damaged" for finding in found)
    whole = sum(finding.kind == "whole" for finding in found)
    say(f"{path}: {quantity(whole, 'stream is', 'streams are')} whole; {damaged or 'nothing is'} damaged")

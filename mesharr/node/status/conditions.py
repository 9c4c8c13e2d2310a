"""List the lasting conditions of which a user is notified."""

from collections.abc import Collection, Iterable, Iterator

import msgspec

from mesharr.core.durations import DAY_MS, HOUR_MS
from mesharr.core.hlc import text_of
from mesharr.core.text import author_of, quantity
from mesharr.node.conflict_notes import ConflictReport, known_conflicts
from mesharr.node.missing_items import all_asked, asked_questions
from mesharr.node.model import Trusted
from mesharr.node.outcome import DELETION_REJECTED, NOT_VISIBLE
from mesharr.node.ownership import has_left
from mesharr.node.status.introductions import unknown_nodes, unknown_text
from mesharr.node.status.outages import DISK, known_outages, reason_text, subject_name
from mesharr.node.status.report import approval_text, refusal_text
from mesharr.state.peers import Peer
from mesharr.state.state import State

SILENT_MS = 3 * DAY_MS
"""After how long without a hello a peer counts as silent: a running node sends one daily."""
DOWN_MS = 5 * 60_000
"""How long something is down before the user is notified: an app that is updated is back sooner."""
MAX_LINES = 10
"""How many things of one kind are named one by one."""
DOWN, SILENT = "down:", "silent:"
"""How the keys of outages and of silent peers begin: the user is notified of their ends, too."""

_OF_LIBRARY = frozenset({"item", "events", "name", "encoding", "second_uploader"})
"""The first words of the refusals whose second word is a library."""


class Condition(msgspec.Struct, frozen=True):
    """Something that lasts, and of which a user is notified when it begins."""

    kind: str
    """A word of `notify: on:`."""
    line: str
    """What it is, and what to do."""
    library: str = ""
    """The library that it concerns, "" when it is none or not one."""
    node: str = ""
    """The peer that it concerns, "" when it is none."""


def lasting_conditions(
    state: State, trusted: Collection[str], full_disk: str, now: int
) -> dict[str, Condition]:
    """Return each lasting condition, by a key that stays the same while it lasts.

    `trusted` are the peers that are followed; `full_disk` is why the config directory takes no writes, ""
    when it does.
    """
    found = {**dict(_of_work(state, now)), **dict(_of_unseen_files(state, now))}
    for subject, outage in known_outages(state, full_disk).items():
        if now - outage.since >= DOWN_MS:
            kind = "disk_full" if subject == DISK else "down"
            line = f"{subject_name(subject)}: {reason_text(outage.why)}"
            found[f"{DOWN}{subject}"] = Condition(kind, line, library_of(subject))
    return found | dict(_of_streams(state, trusted)) | dict(_of_peers(state, trusted, now))


def asking_nodes(state: State, node: str, peers: Iterable[Peer | Trusted]) -> dict[str, Condition]:
    """Return the nodes that wait for `mesharr accept` here, on `node`, as conditions.

    A node that never asked and that no peer introduces is left out: whoever can write to the drive makes any
    number of those.
    """
    return {
        f"asks:{each.node}:{each.key}": Condition("asks_to_join", unknown_text(each), node=each.node)
        for each in unknown_nodes(state, node, peers)
        if each.asks or each.introduced_by
    }


def conflict_conditions(conflicts: Iterable[ConflictReport]) -> dict[str, Condition]:
    """Return two households' files of one item as conditions."""
    found: dict[str, Condition] = {}
    for each in conflicts:
        files = each.what if each.is_of_one_path else f"{each.kept} and {each.other}"
        line = f"{each.title} ({each.library}): {files}: {each.fix}"
        key = f"conflict:{each.library}:{each.item}:{each.other}"
        found[key] = Condition("conflict", line, each.library, each.node)
    return found


def end_of(state: State, key: str) -> Condition | None:
    """Return what a user is notified of when the condition of a key ends, None for nothing."""
    if key.startswith(DOWN):
        subject = key.removeprefix(DOWN)
        again = "can be written again" if subject == DISK else "answers again"
        return Condition("up_again", f"{subject_name(subject)} {again}", library_of(subject))
    if key.startswith(SILENT):
        node = key.removeprefix(SILENT)
        return Condition("peer_back", f"{state.names.called(node)} publishes again", node=node)
    return None


def library_of(subject: str) -> str:
    """Return the library that a subject of an outage is, "" when it is none."""
    kind, _, name = subject.partition(":")
    return name if kind == "library" else ""


def _of_work(state: State, now: int) -> Iterator[tuple[str, Condition]]:
    for hold in state.holds.all():
        if hold.waits:
            yield f"held:{hold.n}", Condition("held", approval_text(hold), hold.library, hold.peer)
    for subject, what, fix, _ in state.refusals.all():
        about, _, name = subject.partition(":")
        library = name.partition(":")[0] if about in _OF_LIBRARY else ""
        yield f"refused:{subject}", Condition("refused", refusal_text(what, fix), library)
    for upload in state.uploads.waiting_before(now - DAY_MS):
        line = f"{upload.library}: {upload.path}: {upload.why}"
        yield f"upload:{upload.library}:{upload.path}", Condition("upload_failed", line, upload.library)
    yield from conflict_conditions(known_conflicts(state, now)).items()
    asked = all_asked(state)
    for library in dict.fromkeys(each.library for each in asked):
        for line in asked_questions([each for each in asked if each.library == library], MAX_LINES):
            yield f"asked:{line}", Condition("refused", line, library)


def _of_unseen_files(state: State, now: int) -> Iterator[tuple[str, Condition]]:
    for dirty in state.dirty.waiting_before(now - DAY_MS):
        if dirty.why.endswith(NOT_VISIBLE):
            line = f"{dirty.library}: {dirty.title or dirty.item}: {dirty.why}"
            if not dirty.why.startswith(DELETION_REJECTED):
                line += ": look at this node's mount, or ask its household"
            yield f"not_visible:{dirty.library}:{dirty.item}", Condition("not_visible", line, dirty.library)


def _of_streams(state: State, trusted: Collection[str]) -> Iterator[tuple[str, Condition]]:
    closed, forked = state.streams.closed(), state.streams.cuts().forks
    for row in state.streams.all():
        node = author_of(row.stream)
        if row.why and row.stream not in closed and node in trusted:
            kind = "fork" if row.stream in forked else "rejected"
            yield f"stopped:{row.stream}", Condition(kind, f"{row.stream}: {row.why}", node=node)


def _of_peers(state: State, trusted: Collection[str], now: int) -> Iterator[tuple[str, Condition]]:
    aside = [(place, why) for place, why, since in state.quarantine.all() if now - since > HOUR_MS]
    for place, why in aside[:MAX_LINES]:
        yield f"quarantine:{place}", Condition("rejected", f"{place}: {why}")
    if len(aside) > MAX_LINES:
        many = quantity(len(aside) - MAX_LINES, "further file")
        line = f"{many} of the store cannot be verified: see mesharr status"
        yield "quarantine:many", Condition("rejected", line)
    last_seen: dict[str, str] = {}
    for row in state.streams.all():
        node = author_of(row.stream)
        last_seen[node] = max(last_seen.get(node, ""), row.hlc if row.seq else "")
    for node in trusted:
        last = last_seen.get(node, "")
        if last and last < text_of(now - SILENT_MS) and not has_left(state, node):
            since = f"{state.names.called(node)} has published nothing since {last[:19]}Z"
            line = f"{since}: ask whether mesharr runs there"
            yield f"{SILENT}{node}", Condition("peer_silent", line, node=node)

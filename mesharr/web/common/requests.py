"""Read what a request asks for, and answer what needs approval, for API and pages."""

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request

from mesharr.core.errors import Refused
from mesharr.core.hlc import time_text
from mesharr.node.reports import approvals
from mesharr.node.reports.activity import ActivityFilter
from mesharr.node.reports.approvals import chosen
from mesharr.node.reports.conflicts import ConflictsDocument, answered_of_item
from mesharr.node.reports.lists import approvals_document
from mesharr.node.status.introductions import find_unknown, unknown_nodes
from mesharr.state.events.catalogue import CatalogueSearch
from mesharr.state.peers import Peer, changing_peers, trusted, write_peers
from mesharr.web.common.source import Source


class Approved(msgspec.Struct, frozen=True):
    """The numbers of what was approved."""

    approved: tuple[int, ...]


class Rejected(msgspec.Struct, frozen=True):
    """The numbers of what was rejected."""

    rejected: tuple[int, ...]


class Accepted(msgspec.Struct, frozen=True):
    """The label of a node that is trusted now."""

    accepted: str


def number(request: Request, name: str, default: int) -> int:
    """Return a number of a request's query; raise `HTTPException` (400) for something else."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise HTTPException(400, f"{name} is not a number")
    return int(text)


def activity_filter(request: Request) -> ActivityFilter:
    """Return which activity a request asks for."""
    asked = request.query_params
    return ActivityFilter(asked.get("peer", ""), asked.get("library", ""), asked.get("kind", ""))


def catalogue_search(request: Request) -> CatalogueSearch:
    """Return which items a request asks for."""
    asked = request.query_params
    return CatalogueSearch(asked.get("search", "").strip(), asked.get("library", ""), asked.get("owner", ""))


def answer_approval(source: Source, n: int, verb: str) -> Approved | Rejected:
    """Approve or reject the group of a number, as the commands do."""
    state = source.state
    groups = chosen(approvals_document(state.holds, state.names), [n], even_rejected=verb == "approve")
    if verb == "approve":
        approvals.approve(state, groups, source.clock())
    else:
        approvals.reject(state, source.node, groups, source.clock())
    source.wake()
    numbers = tuple(hold.n for hold in groups)
    return Approved(numbers) if verb == "approve" else Rejected(numbers)


def answer_conflict(source: Source, request: Request, answer: str) -> ConflictsDocument:
    """Decide between two households' files of an item, as `mesharr resolve` does.

    With `path` in the query only about the second file of that path.
    """
    asked, path = request.path_params, request.query_params.get("path", "")
    done = answered_of_item(source.state, asked["library"], asked["item"], path, answer, source.clock())
    source.wake()
    return done


def accept_node(source: Source, request: Request) -> Accepted:
    """Trust a node that asks to join, as `mesharr accept` does; raise `Refused` for another.

    With `words` in the query it is also another when its fingerprint words are not these: a second key may
    have the same label, and the user compared the words that were shown.
    """
    node, words = request.path_params["node"], request.query_params.get("words", "")
    with changing_peers(source.config_dir) as peers:  # `source.peers` has none while the file is broken
        found = find_unknown(unknown_nodes(source.state, source.node, peers), node)
        if words not in {"", found.words}:
            raise Refused(f"{found.node} has another key now", "compare its fingerprint words again")
        peer = Peer(node=found.node, name=found.name, key=found.key, since=time_text(source.clock()))
        write_peers(source.config_dir, trusted(peers, peer))
    source.wake()
    return Accepted(found.node)

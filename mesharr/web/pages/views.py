"""Read what each page shows: the values for its template."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args

from starlette.exceptions import HTTPException
from starlette.requests import Request

from mesharr.core.events.base import ActivityKind
from mesharr.core.hlc import text_of, time_text
from mesharr.core.text import short_names
from mesharr.doctor.peers import differences
from mesharr.node.ownership import newest_hello
from mesharr.node.reports.activity import ActivityFilter, activity_document
from mesharr.node.reports.catalogue import PAGE, is_complete, library_document
from mesharr.node.reports.documents import peers_document
from mesharr.node.reports.item_document import item_document
from mesharr.node.reports.lists import approvals_document
from mesharr.node.reports.wording import limit_texts
from mesharr.node.status.model import DownReport, Report
from mesharr.node.status.outages import grouped, reason_text
from mesharr.web.common.requests import activity_filter, catalogue_search, number
from mesharr.web.common.source import Latest, Source
from mesharr.web.pages.doctor_runs import DoctorRuns
from mesharr.web.pages.log_lines import LEVELS, read_log
from mesharr.web.pages.plots import owner_bars, upload_bars

Values = Mapping[str, Any]
RECENT = 8
"""Entries of activity on the overview."""
DAYS = 14
"""Days of the plot of uploads."""
LISTED = 20
"""Rows of one list on the overview."""
LEVELS_OF_DOCTOR = {"wrong": 0, "note": 1, "good": 2}


class Views:
    """The pages of one node."""

    def __init__(self, source: Source, latest: Latest, doctor: DoctorRuns) -> None:
        self._source = source
        self._latest = latest
        self._doctor = doctor

    def names(self) -> Callable[[str], str]:
        """Return what gives the name of a node: `alice`, or its id where two share a name."""
        nodes = [peer.node for peer in self._source.peers()]
        short = short_names([self._source.node, *nodes])
        return lambda node: short.get(node) or node

    def overview(self, _request: Request) -> Values:
        """Return what needs the user, who is behind, what is down, what is uploaded."""
        source, found = self._source, self._latest.get()
        recent = activity_document(source.state, source.node, source.peers(), ActivityFilter(), limit=RECENT)
        return {
            "report": found,
            "name": self.names(),
            "down": [_down(group) for group in grouped(found.down)],
            "programs": self._programs(found),
            "uploads": found.uploads,
            "upload_limits": limit_texts(found.upload_limits),
            "waiting": [
                each for each in found.waiting if not (each.done or each.state in {"held", "rejected"})
            ][:LISTED],
            "queue": {kind: count for kind, count in found.queue.items() if count},
            "activity": recent.activity,
            "days": upload_bars(source.state.uploads.sent_by_day(DAYS, source.clock())),
            "owners": owner_bars(source.state.catalogue.owners(), short_names(_nodes(found))),
        }

    def activity(self, request: Request) -> Values:
        """Return what happened, filtered."""
        source = self._source
        what, before = activity_filter(request), number(request, "before", 0)
        page = activity_document(source.state, source.node, source.peers(), what, before)
        return {
            "found": page,
            "what": what,
            "before": before,
            "nodes": [source.node, *(peer.node for peer in source.peers())],
            "libraries": source.libraries,
            "kinds": get_args(ActivityKind),
            "name": self.names(),
        }

    def library(self, request: Request) -> Values:
        """Return the items that match a search."""
        source = self._source
        what, page = catalogue_search(request), max(1, number(request, "page", 1))
        found = library_document(source.state, source.node, what, page)
        return {
            "found": found,
            "what": what,
            "number": page,
            "last": max(1, -(-found.count // PAGE)),
            "libraries": source.libraries,
            "owners": owner_bars(found.owners, short_names(each.owner for each in found.owners)),
            "name": self.names(),
        }

    def item(self, request: Request) -> Values:
        """Return one item; raise `HTTPException` (404) when no event is about it."""
        library, item = request.path_params["library"], request.path_params["item"]
        found = item_document(self._source.state, self._source.node, self._source.peers(), library, item)
        if found is None:
            raise HTTPException(404, f"No event is about {item[:80]} in {library[:40]}.")
        return {"found": found, "activity": found.history, "name": self.names()}

    def approvals(self, _request: Request) -> Values:
        """Return what needs approval, what was rejected, and items with files of two households."""
        return {
            "found": approvals_document(self._source.state.holds, self._source.state.names),
            "conflicts": self._latest.get().conflicts,
            "name": self.names(),
        }

    def peers(self, _request: Request) -> Values:
        """Return the peers, and how their apps differ from this node's."""
        source = self._source
        found = peers_document(source.state, source.node, source.peers())
        differing = {peer.node: self._differences(peer.node, peer.called) for peer in found.peers}
        events = self._latest.get().events
        return {
            "found": found,
            "differences": differing,
            "published": events.queued + events.confirmed,
            "name": self.names(),
        }

    def doctor(self, _request: Request) -> Values:
        """Return what the doctor found last."""
        last = self._doctor.last
        results = sorted(last.results, key=lambda each: LEVELS_OF_DOCTOR[each.level])
        return {
            "last": last,
            "at": time_text(last.at),
            "results": [each for each in results if each.level != "good"],
            "good": [each for each in results if each.level == "good"],
            "is_there": self._doctor.is_there,
        }

    def logs(self, request: Request) -> Values:
        """Return the newest lines of the log."""
        level, search = request.query_params.get("level", "info"), request.query_params.get("search", "")
        lines = read_log(self._source.config_dir, level, search)
        return {"lines": lines, "levels": LEVELS, "level": level, "search": search}

    def _programs(self, found: Report) -> list[dict[str, str]]:
        """Return the apps and media servers: version, last contact, since when they do not answer."""
        state, down = self._source.state, {each.subject: each for each in found.down}
        tried = {f"app:{each.app}": each.last for each in found.failing}
        refused = {each.subject for each in found.refused}
        rows = []
        for each in self._source.programs:
            is_app = each.subject.startswith("app:")
            described = state.apps.description(each.name) if is_app else None
            asked = state.apps.history_read(each.name) if is_app else state.scans.last_request(each.name)
            outage = down.get(each.subject)
            rows.append(
                {
                    "last": tried.get(each.subject) or time_text(asked),
                    "name": each.name,
                    "kind": each.kind,
                    "version": described.version if described else "",
                    "since": outage.since if outage else "",
                    "down": "yes" if outage else "",
                    "refused": "yes" if each.subject in refused else "",
                }
            )
        return rows

    def _differences(self, node: str, name: str) -> list[str]:
        """Return how a peer's apps are set otherwise, by its last hello and this node's own."""
        hello, mine = (
            newest_hello(self._source.state, node),
            newest_hello(self._source.state, self._source.node),
        )
        if hello is None or mine is None:
            return []
        return [
            each.what
            for library, theirs in sorted(hello.libraries.items())
            if (ours := mine.libraries.get(library)) and ours.app and theirs.app
            for each in differences(name, name, library, ours, theirs, "")
        ]

    def is_complete(self) -> bool:
        """Return whether the catalogue has every event."""
        return is_complete(self._source.state)

    def now(self) -> str:
        """Return the time, as reports have it."""
        return f"{text_of(self._source.clock())[:19]}Z"


def _down(group: tuple[DownReport, ...]) -> dict[str, str]:
    """Return what fails together as one row."""
    return {
        "what": ", ".join(each.name for each in group),
        "since": min((each.since for each in group if each.since), default=""),
        "why": reason_text(group[0].why),
    }


def _nodes(found: Report) -> Iterable[str]:
    return (found.node, *(peer.node for peer in found.peers))

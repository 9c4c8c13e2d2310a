"""Expose a node to Prometheus: lag, queues, uploads, refusals, requests, what is down."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from prometheus_client.core import CollectorRegistry, CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from mesharr.node.status.model import Report
from mesharr.web.common.source import Source

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics_text(source: Source, found: Report) -> bytes:
    """Return the metrics of a node, with a report of it, in the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(source, found))
    return generate_latest(registry)


class _Families(Collector):
    def __init__(self, source: Source, found: Report) -> None:
        self._source = source
        self._found = found

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        source, found = self._source, self._found
        yield _gauge("mesharr_info", "This node.", ("node", "version"), {(found.node, source.version): 1})
        yield from _peers(found)
        yield from _events(found)
        yield from _uploads(source, found)
        yield _gauge("mesharr_needs_action", "Things that need the user's action.", (), {(): len(found.asks)})
        held = sum(len(hold.items) for hold in found.holds if hold.waits)
        yield _gauge("mesharr_needs_approval_items", "Items that need approval.", (), {(): held})
        yield _gauge("mesharr_refusals", "Things that only the user can fix.", (), {(): len(found.refused)})
        yield _gauge(
            "mesharr_down_since_timestamp_seconds",
            "Since when a mount, an app or a media server does not answer.",
            ("subject",),
            {(each.subject,): _seconds(each.since) or source.clock() / 1000 for each in found.down},
        )
        yield _counter(
            "mesharr_requests",
            "Requests sent to a program since the start, by how they ended.",
            ("program", "outcome"),
            source.requests(),
        )
        yield from _counted(found)


def _peers(found: Report) -> Iterator[Metric]:
    peers = [peer for peer in found.peers if not peer.frozen]
    behind = {(peer.node,): peer.lag for peer in peers}
    yield _gauge(
        "mesharr_peer_behind_events", "Events of a peer that are not applied here.", ("peer",), behind
    )
    seen = {(peer.node,): _seconds(peer.last_seen) for peer in peers if peer.last_seen}
    help_ = "When a peer made its last applied event, by its clock."
    yield _gauge("mesharr_peer_last_event_timestamp_seconds", help_, ("peer",), seen)
    confirmed = {(peer.node,): peer.acknowledged for peer in peers}
    help_ = "The last event of this node that a peer has applied."
    yield _gauge("mesharr_peer_confirmed_events", help_, ("peer",), confirmed)


def _events(found: Report) -> Iterator[Metric]:
    counts = {
        ("queued",): found.events.queued,
        ("on_drive",): found.events.confirmed,
        ("confirmed",): found.events.acknowledged,
    }
    yield _gauge("mesharr_own_events", "Events of this node, by how far they are.", ("state",), counts)
    waiting = {(kind,): count for kind, count in found.queue.items()}
    yield _gauge("mesharr_queue_length", "What waits, by queue.", ("queue",), waiting)


def _uploads(source: Source, found: Report) -> Iterator[Metric]:
    count, left, speed = msgspec.structs.astuple(found.upload_totals)
    yield _gauge("mesharr_uploads", "Files on their way to the drive.", (), {(): count})
    yield _gauge("mesharr_upload_remaining_bytes", "Bytes of them that are not uploaded.", (), {(): left})
    yield _gauge("mesharr_upload_bytes_per_second", "How fast files are uploaded now.", (), {(): speed})
    sent = source.state.uploads.sent_in_all()
    yield _counter("mesharr_uploaded_bytes", "Bytes that were uploaded.", (), {(): sent})


def _counted(found: Report) -> Iterator[Metric]:
    hooks: dict[tuple[str, ...], float] = {}
    done: dict[tuple[str, ...], float] = {}
    for name, count in found.counters.items():
        kind, _, about = name.partition(":")
        app, _, outcome = about.rpartition(":")
        if kind == "hook":
            hooks[app, outcome] = count
        else:
            done[kind, about] = count
    yield _counter("mesharr_webhooks", "Webhooks, by app and outcome.", ("app", "outcome"), hooks)
    yield _counter("mesharr_done", "What this node did, by what it was.", ("what", "about"), done)


Values = Mapping[Any, float]
"""By the values of the labels."""


def _gauge(name: str, about: str, labels: tuple[str, ...], values: Values) -> Metric:
    family = GaugeMetricFamily(name, about, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family


def _counter(name: str, about: str, labels: tuple[str, ...], values: Values) -> Metric:
    family = CounterMetricFamily(name, about, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family


def _seconds(text: str) -> float:
    """Return a time of a report in seconds since the epoch, 0 for one that is not known."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0

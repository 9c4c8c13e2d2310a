"""Health and metrics: whether it works is for anybody, what is wrong is for who has the key."""

import json
import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.unit.state.samples import BOB, NOW
from tests.unit.web.served import KEY, Served

DASHBOARD = Path(__file__).parents[3] / "docs/examples/grafana-dashboard.json"
WITH_KEY = {"X-Api-Key": KEY}


def samples(served: Served) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    answer = served.client.get("/metrics", headers=WITH_KEY)
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def everything(served: Served) -> None:
    served.hold(["A", "B"])
    served.state.outages.note("app:radarr", "refused", NOW)
    served.state.uploads.note_sent(700, NOW)
    served.state.counters.add("hook:radarr:queued", 3)
    served.state.counters.add("added", 2)


def test_metrics_have_lag_queues_uploads_and_what_is_down(served: Served) -> None:
    everything(served)
    found = samples(served)
    assert found["mesharr_peer_behind_events"] == {(("peer", BOB),): 0}
    assert found["mesharr_needs_approval_items"] == {(): 2}
    assert found["mesharr_down_since_timestamp_seconds"] == {(("subject", "app:radarr"),): NOW // 1000}
    assert found["mesharr_uploaded_bytes_total"] == {(): 700}
    assert found["mesharr_webhooks_total"] == {(("app", "radarr"), ("outcome", "queued")): 3}
    assert found["mesharr_done_total"] == {(("about", ""), ("what", "added")): 2}
    assert found["mesharr_queue_length"][(("queue", "held"),)] == 2
    assert found["mesharr_info"] == {(("node", served.source.node), ("version", "1.2.3")): 1}


def test_requests_are_counted_by_program_and_outcome(serve_with_requests: Served) -> None:
    assert samples(serve_with_requests)["mesharr_requests_total"] == {
        (("outcome", "2xx"), ("program", "radarr")): 5,
        (("outcome", "failed"), ("program", "plex")): 1,
    }


def test_metrics_and_details_want_the_key(served: Served) -> None:
    everything(served)
    assert served.client.get("/metrics").status_code == 401
    assert served.client.get("/metrics", auth=("prometheus", KEY)).status_code == 200
    assert served.client.get("/health").json() == {"status": "OK"}
    detail = served.client.get("/health", headers=WITH_KEY).json()
    assert (detail["status"], detail["down"]) == ("down", {"app:radarr": "2025-11-24T16:00:00Z"})
    assert detail["behind"] == {BOB: 0}


def test_the_dashboard_names_only_metrics_that_exist(serve_with_requests: Served) -> None:
    served = serve_with_requests
    everything(served)
    dashboard = json.loads(DASHBOARD.read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    named = {name for expr in asked for name in re.findall(r"\bmesharr_\w+", expr)}
    assert len(named) > 8
    types = served.client.get("/metrics", headers=WITH_KEY).text
    known = set(re.findall(r"^# TYPE (\w+) ", types, re.MULTILINE))
    assert named <= known

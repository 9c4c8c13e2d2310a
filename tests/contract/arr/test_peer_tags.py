"""The tags that name peers are taken out of each app, and nothing else is."""

import json

import httpx
import pytest

from mesharr.arr import kinds
from mesharr.arr.base import ArrKind
from mesharr.arr.shared.api import ArrApi
from mesharr.arr.shared.peer_tags import TakenOut, take_out_tags

KINDS = [kinds()[name] for name in ("radarr", "sonarr", "lidarr", "readarr")]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_items_are_untagged_and_the_tags_that_nothing_else_uses_deleted(kind: ArrKind) -> None:
    member = f"{kind.item}Ids"
    rows = [
        {"id": 1, "label": "mesharr-bob", "notificationIds": [], member: [4, 5]},
        {"id": 2, "label": "mesharr-carol", "notificationIds": [9], member: [5]},
        {"id": 3, "label": "kids", "notificationIds": [], member: [4]},
        {"id": 6, "label": "mesharr-dan", "notificationIds": None, member: None},
    ]
    seen: list[tuple[str, str, object]] = []

    def handle(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=rows)
        seen.append((request.method, request.url.path, json.loads(request.content or b"null")))
        return httpx.Response(200, json={})

    client = httpx.Client(base_url="http://app", transport=httpx.MockTransport(handle))
    taken = take_out_tags(ArrApi(client, kind.title), kind)
    editor = f"{kind.api_root}/{kind.item}/editor"
    assert seen == [
        ("PUT", editor, {member: [4, 5], "tags": [1], "applyTags": "remove"}),
        ("DELETE", f"{kind.api_root}/tag/1", None),
        ("PUT", editor, {member: [5], "tags": [2], "applyTags": "remove"}),
        ("DELETE", f"{kind.api_root}/tag/6", None),
    ]
    assert taken == TakenOut(items=2, tags=2)

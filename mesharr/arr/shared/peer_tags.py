"""Take out of an app the tags that name the peers of its items."""

from typing import Any

import msgspec

from mesharr.arr.base import ArrKind
from mesharr.arr.shared.api import ArrApi

PREFIX = "mesharr-"
"""How the tags begin that mesharr adds items with."""


class TakenOut(msgspec.Struct, frozen=True):
    """What was taken out."""

    items: int
    """How many items carried such a tag."""
    tags: int
    """How many tags were deleted; one that something else of the app uses stays."""


def take_out_tags(api: ArrApi, kind: ArrKind) -> TakenOut:
    """Untag every item that mesharr added for a peer, and delete the tags."""
    member = f"{kind.item}Ids"
    rows = api.ask(list[dict[str, Any]], "GET", f"{kind.api_root}/tag/detail")
    ours = [row for row in rows if str(row.get("label") or "").startswith(PREFIX)]
    items: set[int] = set()
    deleted = 0
    for row in ours:
        tagged = list(row.get(member) or ())
        if tagged:
            body = {member: tagged, "tags": [row["id"]], "applyTags": "remove"}
            api.request("PUT", f"{kind.api_root}/{kind.item}/editor", json=body)
            items.update(tagged)
        others = (value for name, value in row.items() if name.endswith("Ids") and name != member)
        if not any(others):
            api.request("DELETE", f"{kind.api_root}/tag/{row['id']}")
            deleted += 1
    return TakenOut(len(items), deleted)

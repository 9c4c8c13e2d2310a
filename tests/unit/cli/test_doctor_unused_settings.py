"""What the doctor says of settings for uploads that another program makes."""

from types import SimpleNamespace
from typing import cast

import pytest

from mesharr.config import parse_config
from mesharr.doctor.node_setup import NodeSetup
from mesharr.doctor.programs import uploads

SET = {"limit": "700GB/day", "bwlimit": "20M", "window": "01:00-08:00"}


@pytest.mark.parametrize(
    ("mode", "unused"),
    [
        ("none", ["limit", "bwlimit", "window"]),
        ("cloudplow", ["limit", "bwlimit"]),  # the window says when cloudplow is started
        ("move", []),
    ],
)
def test_what_has_no_effect_is_named(mode: str, unused: list[str]) -> None:
    tree = {"node": "alice", "store": {"path": "/s"}, "uploads": {"mode": mode, **SET}}
    setup = cast(NodeSetup, SimpleNamespace(config=parse_config(tree, "mesharr.yml")))
    found = [each.what for each in uploads(setup)]
    effect = f"has no effect with uploads.mode: {mode}: mesharr sends nothing itself"
    assert found == [f"uploads.{name} {effect}" for name in unused]

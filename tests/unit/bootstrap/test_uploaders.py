"""What uploads, by the config: processes, an own `rclone rcd`, or one of the user's."""

from typing import Any

import pytest

from mesharr.bootstrap.uploaders import allowance, open_rclone, open_uploader
from mesharr.config import Config, parse_config
from mesharr.core.errors import Misconfigured
from mesharr.uploads.rclone import GivenServer, OwnServer, Rclone, RcloneControl

NODE = "alice-0000000a"


def config(**uploads: Any) -> Config:
    return parse_config({"node": "alice", "store": {"path": "/s"}, "uploads": uploads}, "mesharr.yml")


def test_without_rc_each_upload_is_a_process() -> None:
    assert isinstance(open_uploader(config(), NODE), Rclone)
    assert open_uploader(config(mode="none"), NODE) is None


def test_an_own_one_uploads_and_what_only_looks_starts_none() -> None:
    own = config(rclone={"rc": "own", "config": "/c/rclone.conf"}, bwlimit="20M")
    uploader = open_uploader(own, NODE)
    assert isinstance(uploader, RcloneControl)
    assert isinstance(uploader._server, OwnServer)
    assert uploader._server._flags[-4:] == ["--config", "/c/rclone.conf", "--bwlimit", "20M"]
    assert isinstance(open_rclone(own), Rclone)


def test_one_of_the_user_does_everything() -> None:
    given = config(rclone={"rc": "http://me:hidden@rclone:5572"})
    for uploader in (open_uploader(given, NODE), open_rclone(given)):
        assert isinstance(uploader, RcloneControl)
        assert isinstance(uploader._server, GivenServer)
    assert "hidden" not in repr(given)


@pytest.mark.parametrize(("mode", "limit"), [("move", 700), ("copy", 700), ("cloudplow", 0), ("none", 0)])
def test_a_limit_counts_only_where_mesharr_sends(mode: str, limit: int) -> None:
    assert allowance(config(mode=mode, limit="700GB/day")).daily == limit * 10**9


@pytest.mark.parametrize(
    ("uploads", "what"),
    [
        ({"rclone": {"rc": "rclone:5572"}}, "must be a URL"),
        ({"rclone": {"rc": "http://rclone:5572"}, "bwlimit": "20M"}, "has no effect on an rclone of yours"),
    ],
)
def test_what_cannot_work_is_refused(uploads: dict[str, Any], what: str) -> None:
    with pytest.raises(Misconfigured, match=what):
        config(**uploads)

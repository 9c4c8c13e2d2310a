"""Whose half files an uploader takes for its own."""

from mesharr.bootstrap.uploaders import open_uploader
from mesharr.config import parse_config
from mesharr.uploads.rclone import Rclone

CONFIG = {
    "node": "alice",
    "store": {"path": "/mnt/.mesharr"},
    "apps": {"radarr": {"url": "http://radarr", "api_key": "key"}},
    "libraries": {
        "movies": {"app": "radarr", "root": "/m", "path": "/m", "local": "/l", "remote": "cloud:Movies"}
    },
    "uploads": {"mode": "move"},
}


def test_two_nodes_of_one_name_have_different_half_files() -> None:
    """Two households may give their nodes one name; their ids differ by their keys."""
    config = parse_config(CONFIG, "mesharr.yml")
    uploaders = [open_uploader(config, node) for node in ("alice-0000000a", "alice-0000000b")]
    suffixes = {each._suffix for each in uploaders if isinstance(each, Rclone)}
    assert len(suffixes) == 2
    assert {len(suffix) for suffix in suffixes} == {len(".m123456.partial")}

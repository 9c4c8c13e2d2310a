"""What the doctor says of a remote that has no hash."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

from mesharr.config import parse_config
from mesharr.core.errors import Unavailable
from mesharr.doctor.node_setup import NodeSetup
from mesharr.doctor.programs import uploads

LIBRARY = {"app": "radarr", "path": "/m", "root": "/m", "local": "/l", "remote": "cloud:Movies"}


def _setup(has_hash: Callable[[str], bool]) -> NodeSetup:
    more = {**LIBRARY, "path": "/t", "root": "/t", "local": "/k", "remote": "cloud:More"}
    tree = {
        "node": "alice",
        "store": {"path": "/mnt/.mesharr"},
        "apps": {"radarr": {"url": "http://radarr", "api_key": "key"}},
        "libraries": {"movies": LIBRARY, "more": more},
        "uploads": {"mode": "move"},
    }
    setup = SimpleNamespace(
        config=parse_config(tree, "mesharr.yml"),
        rclone_remotes=lambda: frozenset({"cloud"}),
        remote_has_hash=has_hash,
    )
    return cast(NodeSetup, setup)


def test_a_remote_without_a_hash_is_a_note_once() -> None:
    notes = [each for each in uploads(_setup(lambda _: False)) if each.level == "note"]
    assert [each.subject for each in notes] == ["uploads"]
    assert "cloud: has no hash of its files" in notes[0].what
    assert "rclone config create cloud-hashed hasher remote cloud: hashes md5" in notes[0].fix
    assert notes[0].fix.endswith("then write cloud-hashed: instead of cloud: in mesharr.yml")


def test_a_remote_that_has_one_or_does_not_answer_is_none() -> None:
    def fails(target: str) -> bool:
        raise Unavailable(f"{target} does not answer")

    for has_hash in (lambda _: True, fails):
        assert [each.level for each in uploads(_setup(has_hash))] == ["good"]

"""The harness itself: where mounts cannot be made, CI fails and a laptop skips."""

import pytest

from tests.support.mounts import free_port, need_mounts, requires_mounts


def test_what_is_lacking_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    why = requires_mounts()
    assert why is not None
    assert "apt install mergerfs" in why
    assert "apt install fuse3" in why


def test_ci_fails_where_a_laptop_skips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="mergerfs"):
        need_mounts()
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="mergerfs"):
        need_mounts()


def test_a_free_port_is_a_port() -> None:
    assert 1024 <= free_port() <= 65535

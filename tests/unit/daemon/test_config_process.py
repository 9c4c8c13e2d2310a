"""The daemon's config: checked by another process, and the daemon loads nothing that checks one."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mesharr import arr, notify, scanners
from mesharr.config import load_config
from mesharr.core.errors import Unavailable
from mesharr.daemon.config_process import checked_config

CONTENT = {
    "node": "alice",
    "store": {"path": "/mnt/remote/.mesharr", "rc": "http://user:hush@localhost:5572"},
    "apps": {"radarr": {"url": "http://radarr:7878", "api_key": "hush"}},
    "libraries": {"movies": {"app": "radarr", "path": "/mnt/movies", "root": "/movies"}},
    "uploads": {"window": "01:00-08:00", "limit": "700GB/day"},
    "scanners": [
        {"kind": "plex", "url": "http://plex:32400", "token": "hush"},
        {
            "kind": "webhook",
            "url": "http://tdarr",
            "headers": {"key": "hush"},
            "body": {"a": ["{folder}", 1]},
        },
    ],
    "notify": [{"url": "json://hush"}],
    "policy": {"gone_after": "20m", "holds": {"removals": 3}},
}


def test_a_config_is_the_same_when_another_process_has_checked_it(tmp_path: Path) -> None:
    (tmp_path / "mesharr.yml").write_text(yaml.safe_dump(CONTENT))
    overrides = {"MESHARR__POLICY__ON_REMOVE": "keep"}
    found = checked_config(str(tmp_path), overrides)
    assert found == load_config(str(tmp_path), overrides)
    assert found.policy.on_remove == "keep"
    assert "hush" not in repr(found)


def test_a_process_that_fails_is_no_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(Unavailable, match="could not be checked"):
        checked_config(str(tmp_path), {})


def test_the_daemon_loads_neither_what_checks_a_config_nor_the_command_line() -> None:
    script = (
        "import sys; from mesharr.__main__ import dispatch; "
        "code = dispatch(['--config-dir', '/absent', 'run'], {}); "
        "from mesharr import arr, notify, scanners; [each.kinds() for each in (arr, notify, scanners)]; "
        "heavy = {'pydantic', 'pydantic_core', 'typer', 'rich', 'mesharr.config'}; "
        "sys.exit(str([code, *sorted(heavy & set(sys.modules))]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    wrong = "mesharr: no mesharr.yml in /absent: create one with: mesharr init"
    assert done.stderr.splitlines() == [wrong, "[2]"]


def test_the_daemon_loads_the_adapters_that_its_config_names_and_no_other() -> None:
    script = (
        "import sys; from mesharr import arr, notify, scanners; from mesharr.cli.actions import run; "
        "arr.kind('radarr'), scanners.kind('plex'); "
        "others = {'arr.lidarr', 'arr.readarr', 'arr.sonarr', 'scanners.jellyfin', 'notify.apprise'}; "
        "sys.exit(str(sorted(others & {name.removeprefix('mesharr.') for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == "[]\n"


def test_each_kind_is_found_by_its_name() -> None:
    assert {name: arr.kind(name) for name in arr.kinds()} == arr.kinds()
    assert {name: scanners.kind(name) for name in scanners.kinds()} == scanners.kinds()
    assert {name: notify.kind(name) for name in notify.kinds()} == notify.kinds()

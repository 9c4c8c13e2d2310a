"""The commands that only read: what they import, and the outline of the config that spares them the rest."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mesharr.config import Config, ConfigError, load_outline, outline_of
from mesharr.settings.outline import OUTLINE_NAME, LibraryOutline, Outline, kept_outline
from tests.unit.cli.house import Commands

CONFIG = """
node: bob
store: {path: /mnt/.mesharr}
libraries: {movies: {path: /data/movies, cloud: /mnt/movies}}
server: {api_key: !secret key}
log: {level: !env_var LEVEL info, format: !file format.txt}
"""
READING = ("status", "peers", "token", "uploads", "approve")


@pytest.fixture
def valid(tmp_path: Path) -> Path:
    """A directory with a config of several sources, whose outline was kept."""
    (tmp_path / "mesharr.yml").write_text(CONFIG)
    (tmp_path / "secrets.yml").write_text("key: hush-hush\n")
    (tmp_path / "format.txt").write_text("text\n")
    load_outline(str(tmp_path), {})
    return tmp_path


def test_commands_that_read_import_no_pydantic_and_no_adapter(bobs: Commands) -> None:
    assert bobs.run("status", "--json") == 0  # checks the config, and keeps its outline
    script = (
        "import os, sys; from mesharr.__main__ import dispatch; "
        "codes = [dispatch(['--config-dir', sys.argv[1], name], dict(os.environ)) for name in sys.argv[2:]]; "
        "heavy = {'httpx', 'cronsim', 'starlette', 'apprise', 'pydantic', 'rich', 'mesharr.config'}; "
        "adapters = {name for name in sys.modules if name.startswith(('mesharr.arr.', 'mesharr.scanners'))}; "
        "found = heavy & set(sys.modules) | adapters - {'mesharr.arr.base'}; "
        "sys.exit(str([*(code for code in codes if code not in {0, 3, 4}), *sorted(found)]))"
    )
    words = [sys.executable, "-c", script, str(bobs.config), *READING]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1:] == ["[]"]


def test_the_outline_is_kept_without_a_secret_and_for_its_owner_alone(valid: Path) -> None:
    kept = valid / OUTLINE_NAME
    assert kept_outline(str(valid), {}) == Outline(
        node="bob",
        store="/mnt/.mesharr",
        libraries={"movies": LibraryOutline(path="/data/movies", cloud="/mnt/movies", local="")},
        many_removals=20,
    )
    assert b"hush" not in kept.read_bytes()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert sorted(os.listdir(valid)) == ["format.txt", OUTLINE_NAME, "mesharr.yml", "secrets.yml"]


def test_an_outline_is_that_of_the_text_that_was_checked(
    valid: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def edited(config: Config) -> Outline:
        (valid / "mesharr.yml").write_text(CONFIG.replace("bob", "rob"))
        return outline_of(config)

    monkeypatch.setattr("mesharr.config.outline_of", edited)
    assert load_outline(str(valid), {}).node == "bob"
    assert kept_outline(str(valid), {}) is None


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("mesharr.yml", CONFIG.replace("bob", "rob")),
        ("secrets.yml", "key: other\n"),
        ("format.txt", "json\n"),
        (OUTLINE_NAME, "{}"),
        (OUTLINE_NAME, "torn"),
    ],
)
def test_an_outline_of_other_sources_is_not_used(valid: Path, file: str, text: str) -> None:
    (valid / file).write_text(text)
    assert kept_outline(str(valid), {}) is None


@pytest.mark.parametrize("variable", ["LEVEL", "MESHARR__NODE", "MESHARR__SERVER__API_KEY__FILE"])
def test_an_outline_of_another_environment_is_not_used(valid: Path, variable: str) -> None:
    assert kept_outline(str(valid), {variable: "debug", "HOME": "/root"}) is None
    assert kept_outline(str(valid), {"HOME": "/root"}) is not None


def test_an_override_from_a_file_counts_by_its_content(valid: Path) -> None:
    (valid / "name").write_text("alice\n")
    environ = {"MESHARR__NODE__FILE": str(valid / "name")}
    assert load_outline(str(valid), environ).node == "alice"
    assert kept_outline(str(valid), environ) is not None
    (valid / "name").write_text("carol\n")
    assert kept_outline(str(valid), environ) is None


def test_a_wrong_config_is_refused_although_an_outline_was_kept(valid: Path) -> None:
    (valid / "mesharr.yml").write_text(f"{CONFIG}rooot: x\n")
    assert kept_outline(str(valid), {}) is None
    with pytest.raises(ConfigError, match="unknown key 'rooot'"):
        load_outline(str(valid), {})


def test_where_nothing_can_be_written_the_config_is_checked_each_time(
    valid: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: str, target: str) -> None:
        del source, target
        raise OSError(28, "No space left on device")

    (valid / OUTLINE_NAME).unlink()
    monkeypatch.setattr(os, "replace", full)
    assert load_outline(str(valid), {}).node == "bob"
    assert sorted(os.listdir(valid)) == ["format.txt", "mesharr.yml", "secrets.yml"]

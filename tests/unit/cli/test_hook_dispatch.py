"""`mesharr hook` is taken before the command line's libraries are imported: an arr waits for it."""

import subprocess
import sys
from pathlib import Path

HEAVY = "{'typer', 'rich', 'pydantic', 'httpx', 'yaml', 'msgspec'}"


def _dispatch(config_dir: Path, *words: str) -> subprocess.CompletedProcess[str]:
    script = (
        "import sys; from mesharr.__main__ import dispatch; code = dispatch(sys.argv[1:], "
        "{'radarr_eventtype': 'Download', 'radarr_movie_tmdbid': '27205'}); "
        f"print(sorted({HEAVY} & set(sys.modules))); sys.exit(code)"
    )
    command = [sys.executable, "-c", script, "--config-dir", str(config_dir), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_hook_leaves_its_event_in_the_spool_and_imports_nothing_heavy(tmp_path: Path) -> None:
    done = _dispatch(tmp_path, "hook")
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_every_other_command_goes_to_the_command_line(tmp_path: Path) -> None:
    done = _dispatch(tmp_path, "config", "check")
    assert done.returncode == 2
    assert "no mesharr.yml in" in done.stderr

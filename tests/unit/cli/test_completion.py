"""What the tab key completes, and where the script for it is written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mesharr.cli.app import run
from mesharr.cli.terminal.completion import completion_script

PLACES = {
    "bash": ".local/share/bash-completion/completions/mesharr",
    "zsh": ".zfunc/_mesharr",
    "fish": ".config/fish/completions/mesharr.fish",
}


@pytest.mark.parametrize("shell", PLACES)
def test_the_script_is_written_where_the_users_shell_finds_it(
    tmp_path: Path, shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--install-completion"], {"HOME": str(tmp_path), "SHELL": f"/usr/bin/{shell}"}) == 0
    written = (tmp_path / PLACES[shell]).read_text()
    assert str(tmp_path / PLACES[shell]) in capsys.readouterr().out
    assert run(["--show-completion", shell], {}) == 0
    assert capsys.readouterr().out == written == completion_script(shell)
    assert "_MESHARR_COMPLETE" in written


def test_places_of_the_users_own_are_respected(tmp_path: Path) -> None:
    places = {"XDG_DATA_HOME": str(tmp_path / "d"), "XDG_CONFIG_HOME": str(tmp_path / "c")}
    for shell in ("bash", "fish"):
        assert run(["--install-completion", shell], {"HOME": str(tmp_path / "none"), **places}) == 0
    assert (tmp_path / "d/bash-completion/completions/mesharr").is_file()
    assert (tmp_path / "c/fish/completions/mesharr.fish").is_file()


def test_another_shell_and_a_home_that_takes_nothing_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--install-completion"], {"HOME": str(tmp_path), "SHELL": "/bin/tcsh"}) == 2
    assert "bash, zsh, fish" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert run(["--install-completion", "zsh"], {"HOME": str(tmp_path / "file")}) == 1
    assert "--show-completion" in capsys.readouterr().err


def test_commands_and_options_are_completed() -> None:
    def completed(words: str) -> list[str]:
        environ = {**os.environ, "_MESHARR_COMPLETE": "bash_complete", "COMP_WORDS": words}
        environ["COMP_CWORD"] = str(len(words.split(" ")) - 1)
        done = subprocess.run(
            [sys.executable, "-m", "mesharr"], env=environ, capture_output=True, text=True, check=True
        )
        return done.stdout.split()

    assert completed("mesharr rej") == ["plain,reject"]
    assert completed("mesharr status --v") == ["plain,--verbose"]

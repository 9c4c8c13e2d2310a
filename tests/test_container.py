"""The entry script of the image, run under real shells, and the promises of the Dockerfile.

The program it starts is a script that writes down who it is and what it was told.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
ENTRY = REPOSITORY / "mesharr" / "container" / "entrypoint.sh"
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
SHELLS = [shell for shell in (["sh"], ["busybox", "sh"]) if shutil.which(shell[0])]


@pytest.fixture
def program(tmp_path: Path) -> Path:
    script = tmp_path / "program"
    script.write_text(
        '#!/bin/sh\necho "$(id -u):$(id -g) $(umask) $HOME|$*"\n'
        'echo data > "$MESHARR_CONFIG_DIR/made" || true\n'
    )
    script.chmod(0o755)
    for folder in (tmp_path, *tmp_path.parents):
        if str(folder).startswith("/tmp/") and os.geteuid() == 0:
            folder.chmod(0o755)
    (tmp_path / "config").mkdir()
    (tmp_path / "library").mkdir()
    return script


def started(
    shell: list[str], program: Path, *words: str, environ: Mapping[str, str] | None = None, user: int = 0
) -> subprocess.CompletedProcess[str]:
    config = program.parent / "config"
    known = {
        "PATH": os.environ["PATH"],
        "HOME": "/nowhere",
        "MESHARR_PROGRAM": str(program),
        "MESHARR_CONFIG_DIR": str(config),
        **(environ or {}),
    }
    return subprocess.run(
        [*shell, "-s", *words] if user else [*shell, str(ENTRY), *words],
        env=known,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        input=ENTRY.read_text() if user else None,
        user=user or None,
        group=user or None,
        extra_groups=[] if user else None,
        cwd="/",
    )


@AS_ROOT
@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_without_arguments_the_daemon_runs_as_puid_and_pgid(shell: list[str], program: Path) -> None:
    done = started(shell, program, environ={"PUID": "1234", "PGID": "2345", "UMASK": "002"})
    config = program.parent / "config"
    assert done.stdout == f"1234:2345 0002 {config}|run\n", done.stderr
    assert (config / "made").stat().st_uid == 1234


@AS_ROOT
@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_arguments_are_a_command_of_mesharr(shell: list[str], program: Path) -> None:
    done = started(shell, program, "status", "--json", "two words")
    assert done.stdout.startswith("1000:1000 0022 ")
    assert done.stdout.endswith("|status --json two words\n")


@AS_ROOT
@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_only_the_config_dir_changes_hands_and_no_link_is_followed(shell: list[str], program: Path) -> None:
    config, library = program.parent / "config", program.parent / "library"
    (config / "old.db").write_text("")
    (library / "film.mkv").write_text("")
    (config / "link").symlink_to(library / "film.mkv")
    started(shell, program, environ={"PUID": "1234", "PGID": "1234"})
    assert (config / "old.db").stat().st_uid == 1234
    assert (config / "link").lstat().st_uid == 1234
    assert ((library / "film.mkv").stat().st_uid, library.stat().st_uid) == (0, 0)


@AS_ROOT
@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_container_with_a_user_of_its_own_stays_that_user(shell: list[str], program: Path) -> None:
    os.chown(program.parent / "config", 4321, 4321)
    done = started(shell, program, "token", environ={"PUID": "1234", "PGID": "1234"}, user=4321)
    assert done.stdout == "4321:4321 0022 /nowhere|token\n", done.stderr


@AS_ROOT
def test_a_config_dir_that_the_user_cannot_write_is_told_with_what_to_do(program: Path) -> None:
    done = started(["sh"], program, "status", user=4321)
    assert done.stdout.startswith("4321:4321 ")
    assert "config cannot be written by 4321:4321: on the host, chown 4321:4321 its folder" in done.stderr


@AS_ROOT
def test_puid_0_stays_root(program: Path) -> None:
    assert started(["sh"], program, environ={"PUID": "0", "PGID": "0"}).stdout.startswith("0:0 ")


@pytest.mark.parametrize(("name", "value"), [("PUID", "me"), ("PGID", "1 2"), ("UMASK", "rwx")])
def test_a_wrong_setting_is_told_and_nothing_starts(program: Path, name: str, value: str) -> None:
    done = started(["sh"], program, environ={name: value})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("mesharr: ")
    assert value in done.stderr


def test_the_exit_code_is_the_programs_own(program: Path) -> None:
    program.write_text("#!/bin/sh\nexit 3\n")
    assert started(["sh"], program, "status").returncode == 3


@pytest.mark.parametrize(
    "line",
    [
        r"FROM python:3\.12-slim$",
        r"VOLUME /config$",
        r"EXPOSE 9494$",
        r"HEALTHCHECK .*/ping",
        r'ENTRYPOINT \["tini", "--", "/usr/local/bin/mesharr"\]$',
        r'CMD \["run"\]$',
        # with a read-only root nothing else is written
        r"ENV .*HOME=/config .*MALLOC_ARENA_MAX=1 .*PYTHONDONTWRITEBYTECODE=1",
        r"COPY .*mesharr/container/entrypoint\.sh /usr/local/bin/mesharr$",
        r"RUN .*pip install .*/src\[notify,rclone\]",
    ],
)
def test_the_image_has_what_its_users_expect(line: str) -> None:
    text = (REPOSITORY / "Dockerfile").read_text().replace("\\\n", " ")
    assert re.search(rf"^{line}", text, re.MULTILINE)


def test_the_image_is_built_from_files_that_exist_and_that_the_ignore_file_lets_through() -> None:
    ignored = (REPOSITORY / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    passed = [line[1:] for line in ignored if line.startswith("!")]
    assert {"mesharr", "mesharr.yml", "pyproject.toml", "README.md"} <= set(passed)
    assert all((REPOSITORY / name).exists() for name in passed)
    assert os.access(ENTRY, os.X_OK)

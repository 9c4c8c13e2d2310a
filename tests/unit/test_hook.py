"""The custom-script hook: what an arr runs at each event, in Python and as a plain sh script."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from mesharr import hook

ROOT = Path(hook.__file__).resolve().parents[1]
SHELLS = {"dash": ["dash"], "bash": ["bash"], "busybox": ["busybox", "sh"]}
# What an arr really has: its variables in lower case, and around them its own environment.
NASTY = {
    "radarr_eventtype": "Download",
    "radarr_instancename": "Radarr",
    "radarr_applicationurl": "",
    "radarr_movie_title": "Amélie 天空 'the \"$HOME` \\ film'",
    "radarr_movie_path": "/mnt/unionfs/Movies/Amélie (2001) [x|y] $(touch pwned) ;&*?",
    "radarr_movie_overview": "first line\nsecond line\n\nradarr_eventtype=Test\n",
    "radarr_deletedpaths": "/m/a b.mkv|/m/c'd.mkv|/m/e%s\\n.mkv",
    "radarr_equals": "a=b=c",
}
AROUND = {
    "PATH": os.environ["PATH"],
    "RADARR__AUTH__APIKEY": "0123456789abcdef",
    "Radarr__Postgres__Password": "hunter2",
    "RADARRX_OTHER": "no",
    "SECRET_TOKEN": "s3cret\nradarr_movie_id=99",
    "HOME": "/root",
}


def parsed(file: Path) -> dict[str, str]:
    content = file.read_bytes()
    assert content.endswith(b"\0")
    pairs = [os.fsdecode(pair).partition("=") for pair in content[:-1].split(b"\0")]
    return {name: value for name, _, value in pairs}


def spooled(config: Path) -> list[Path]:
    return sorted((config / "spool").iterdir())


def test_an_event_is_one_complete_file_with_the_events_variables_only(tmp_path: Path) -> None:
    code = hook.main(["--config-dir", str(tmp_path)], {**AROUND, **NASTY})
    (file,) = spooled(tmp_path)
    assert code == 0
    assert file.name.endswith(".auto.env")
    assert file.name.split("-")[1] == str(os.getpid())
    assert parsed(file) == NASTY


def test_names_are_found_in_any_case(tmp_path: Path) -> None:
    given = {"Sonarr_EventType": "Download", "SONARR_SERIES_ID": "7", "sonarrseries": "no"}
    assert hook.main([f"--config-dir={tmp_path}"], given) == 0
    (file,) = spooled(tmp_path)
    assert parsed(file) == {"Sonarr_EventType": "Download", "SONARR_SERIES_ID": "7"}


def test_bytes_that_are_no_utf8_pass_through(tmp_path: Path) -> None:
    path = os.fsdecode(b"/m/caf\xe9")
    assert hook.main(["--config-dir", str(tmp_path)], {**NASTY, "radarr_movie_path": path}) == 0
    (file,) = spooled(tmp_path)
    assert b"radarr_movie_path=/m/caf\xe9\0" in file.read_bytes()


def test_the_app_may_be_named(tmp_path: Path) -> None:
    assert hook.main(["radarr-4k", "--config-dir", str(tmp_path)], NASTY) == 0
    (file,) = spooled(tmp_path)
    assert file.name.endswith(".radarr-4k.env")


def test_the_config_dir_comes_from_the_environment_otherwise(tmp_path: Path) -> None:
    assert hook.main([], {**NASTY, "MESHARR_CONFIG_DIR": str(tmp_path)}) == 0
    assert len(spooled(tmp_path)) == 1


def test_the_config_dir_is_the_first_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"MESHARR_CONFIG_DIR": "/from/environment"}
    assert hook.config_dir("/from/option", environ) == "/from/option"
    assert hook.config_dir("", environ) == "/from/environment"
    monkeypatch.setattr(os.path, "isdir", lambda path: path == "/config")
    assert hook.config_dir("", {}) == "/config"


@pytest.mark.skipif(os.path.isdir("/config"), reason="a container's /config comes before the user's dir")
@pytest.mark.parametrize("environ", [{}, {"XDG_CONFIG_HOME": "/somewhere/else"}])
def test_the_users_dir_is_the_one_of_platformdirs(environ: dict[str, str]) -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import platformdirs; print(platformdirs.user_config_dir('mesharr'))"],
        env={"HOME": str(Path.home()), **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    assert hook.config_dir("", environ, "linux") == told.stdout.strip()


@pytest.mark.parametrize("value", ["Test", "test"])
def test_the_arrs_test_makes_the_spool_and_leaves_nothing_in_it(tmp_path: Path, value: str) -> None:
    assert hook.main(["--config-dir", str(tmp_path)], {"radarr_eventtype": value}) == 0
    assert spooled(tmp_path) == []


@pytest.mark.parametrize("event", ["Test", "Download"])
def test_a_spool_that_cannot_be_written_is_told_and_fails(
    tmp_path: Path, event: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "spool").write_text("in the way")
    assert hook.main(["--config-dir", str(tmp_path)], {"radarr_eventtype": event}) == 1
    told = capsys.readouterr().err
    assert told.startswith("mesharr: cannot write the spool: ")
    assert str(tmp_path / "spool") in told
    assert told.count("\n") == 1


def test_a_wrong_config_dir_is_told_and_not_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "typo"
    assert hook.main(["--config-dir", str(missing)], NASTY) == 1
    assert "typo" in capsys.readouterr().err
    assert not missing.exists()


@pytest.mark.parametrize(
    "environ", [{}, {"radarr_eventtype": ""}, {"_eventtype": "Download"}, {"a_b_eventtype": "x"}]
)
def test_without_an_event_the_call_is_wrong(
    tmp_path: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert hook.main(["--config-dir", str(tmp_path)], environ) == 2
    assert "*_eventtype" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "argv",
    [
        ["radarr", "sonarr"],
        ["--what"],
        ["../x"],
        ["a.b"],
        [""],
        ["--config-dir"],
        ["--config-dir="],
        ["--script"],
    ],
)
def test_a_wrong_call_shows_the_usage(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert hook.main(argv, NASTY) == 2
    assert "usage: mesharr hook" in capsys.readouterr().err


def test_help_is_no_error_and_says_how_an_arr_calls_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert hook.main(["--help"], {}) == 0
    said = capsys.readouterr().out
    assert said.startswith("usage: mesharr hook")
    assert "mesharr connect --custom-script" in said
    assert max(map(len, said.splitlines())) < 80


def _in_a_fresh_interpreter(code: str, environ: Mapping[str, str], *argv: str) -> str:
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"
    # Without site: what an environment's .pth files load is not the hook's doing.
    command = [sys.executable, "-I", "-S", "-c", start, *argv]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout


def test_an_event_costs_no_import_but_os_and_sys(tmp_path: Path) -> None:
    code = (
        "import os\n"
        "before = set(sys.modules)\n"
        "import mesharr.hook\n"
        "code = mesharr.hook.main(['--config-dir', sys.argv[1]], os.environ)\n"
        "print(code, *sorted(set(sys.modules) - before))\n"
    )
    told = _in_a_fresh_interpreter(code, {**AROUND, **NASTY}, str(tmp_path))
    assert told.split() == ["0", "mesharr", "mesharr.hook"]
    assert len(spooled(tmp_path)) == 1


def test_two_hundred_events_at_once_are_two_hundred_files(tmp_path: Path) -> None:
    code = (
        "import os, mesharr.hook\n"
        "for number in range(50):\n"
        "    given = {'radarr_eventtype': 'Download', 'radarr_movie_id': str(number)}\n"
        "    assert mesharr.hook.main(['--config-dir', sys.argv[1]], given) == 0\n"
    )
    (tmp_path / "spool").mkdir()
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"
    running = [subprocess.Popen([sys.executable, "-I", "-S", "-c", start, str(tmp_path)]) for _ in range(4)]
    assert [process.wait(60) for process in running] == [0, 0, 0, 0]
    files = spooled(tmp_path)
    assert len(files) == 200
    assert {parsed(file)["radarr_eventtype"] for file in files} == {"Download"}


# The script for containers without Python


def written(config: Path, *argv: str) -> Path:
    script = config / "mesharr-hook.sh"
    assert hook.main([*argv, "--config-dir", str(config), "--script", str(script)], {}) == 0
    return script


def run(shell: str, script: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [*SHELLS[shell], str(script)]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(params=sorted(SHELLS))
def shell(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if shutil.which(SHELLS[name][0]) is None:
        pytest.skip(f"{name} is not installed")
    return name


@pytest.fixture
def config(tmp_path: Path) -> Path:
    made = tmp_path / 'it\'s a "config" $dir'
    made.mkdir()
    return made


def test_the_script_leaves_what_the_hook_leaves(config: Path, shell: str) -> None:
    ran = run(shell, written(config), {**AROUND, **NASTY})
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    (file,) = spooled(config)
    assert file.name.endswith(".auto.env")
    assert not file.name.startswith(".")
    assert parsed(file) == NASTY
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_the_script_works_where_proc_is_not_readable(config: Path, shell: str) -> None:
    script = written(config)
    script.write_text(script.read_text().replace("/proc/self/environ", "/proc/nowhere"))
    assert run(shell, script, {**AROUND, **NASTY}).returncode == 0
    (file,) = spooled(config)
    assert parsed(file) == NASTY


def test_the_script_passes_bytes_that_are_no_utf8(config: Path, shell: str) -> None:
    path = os.fsdecode(b"/m/caf\xe9")
    assert run(shell, written(config), {**AROUND, **NASTY, "radarr_movie_path": path}).returncode == 0
    (file,) = spooled(config)
    assert b"radarr_movie_path=/m/caf\xe9\0" in file.read_bytes()


def test_the_script_finds_names_in_any_case_and_carries_its_app(config: Path, shell: str) -> None:
    given = {"Sonarr_EventType": "Download", "SONARR_SERIES_ID": "7", "sonarrseries": "no"}
    assert run(shell, written(config, "tv4k"), {**AROUND, **given}).returncode == 0
    (file,) = spooled(config)
    assert file.name.endswith(".tv4k.env")
    assert parsed(file) == {"Sonarr_EventType": "Download", "SONARR_SERIES_ID": "7"}


def test_the_script_takes_a_value_of_a_hundred_kilobytes(config: Path, shell: str) -> None:
    paths = "|".join(f"/mnt/unionfs/Movies/{number:05d}.mkv" for number in range(3000))
    given = {**NASTY, "radarr_moviefile_paths": paths}
    assert run(shell, written(config), {**AROUND, **given}).returncode == 0
    (file,) = spooled(config)
    assert parsed(file) == given


def test_the_script_passes_the_arrs_test_and_leaves_nothing(config: Path, shell: str) -> None:
    assert run(shell, written(config), {**AROUND, "radarr_eventtype": "Test"}).returncode == 0
    assert spooled(config) == []


@pytest.mark.parametrize("event", ["Test", "Download"])
def test_the_script_tells_when_it_cannot_write(config: Path, shell: str, event: str) -> None:
    script = written(config)
    (config / "spool").write_text("in the way")
    ran = run(shell, script, {**AROUND, "radarr_eventtype": event})
    assert ran.returncode == 1
    assert f"mesharr: cannot write into {config}/spool" in ran.stderr


def test_the_script_without_an_event_is_a_wrong_call(config: Path, shell: str) -> None:
    ran = run(shell, written(config), AROUND)
    assert ran.returncode == 2
    assert "*_eventtype" in ran.stderr
    assert not (config / "spool").exists()


def test_scripts_that_run_at_once_do_not_meet(config: Path, shell: str) -> None:
    script = written(config)
    command = [*SHELLS[shell], str(script)]
    running = [
        subprocess.Popen(command, env={**AROUND, **NASTY, "radarr_movie_id": str(number)})
        for number in range(20)
    ]
    assert {process.wait(60) for process in running} == {0}
    assert sorted(int(parsed(file)["radarr_movie_id"]) for file in spooled(config)) == list(range(20))


def test_the_script_is_executable_and_replaces_an_older_one(config: Path) -> None:
    (config / "mesharr-hook.sh").write_text("old")
    script = written(config)
    assert stat.S_IMODE(script.stat().st_mode) == 0o755
    assert script.read_text().startswith("#!/bin/sh\n")
    ran = subprocess.run([script], env={**AROUND, **NASTY}, check=False, capture_output=True)
    assert (ran.returncode, len(spooled(config))) == (0, 1)
    assert [path.name for path in config.iterdir() if path.name not in {"spool", "mesharr-hook.sh"}] == []


def test_a_script_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "nowhere" / "hook.sh"
    assert hook.main(["--config-dir", str(tmp_path), "--script", str(path)], {}) == 1
    assert "cannot write the script" in capsys.readouterr().err

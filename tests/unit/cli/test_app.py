"""The group of commands: found by their place, and imported when they are used."""

import os
import subprocess
import sys

import pytest
import typer

from mesharr.cli.app import build, run, short_help

COMMANDS = typer.main.get_command(build({})).commands  # type: ignore[attr-defined]  # typer's class is not public


def test_commands_are_found_by_their_place_in_the_order_of_the_help() -> None:
    assert list(COMMANDS)[:3] == ["init", "config", "token"]
    assert "leave-item" in COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_a_module_declares_its_command_and_its_line_of_help(name: str) -> None:
    assert COMMANDS[name].help
    line = short_help(name)
    assert line.endswith(".")
    assert len(line) <= 78 - len("  leave-item  "), "it has to fit on one line of a terminal"


@pytest.mark.parametrize("name", [name for name, each in COMMANDS.items() if hasattr(each, "commands")])
def test_the_line_of_each_command_of_a_group_is_whole(name: str) -> None:
    group = COMMANDS[name].commands
    room = 78 - len("    ") - max(map(len, group)) - len("  ")
    assert [each.get_short_help_str(room) for each in group.values()] == [
        each.get_short_help_str(1000) for each in group.values()
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_value_of_a_command_has_a_word_that_says_what_it_is(name: str) -> None:
    command = COMMANDS[name]
    every = [command, *getattr(command, "commands", {}).values()]
    values = [each for found in every for each in found.params if not getattr(each, "is_flag", False)]
    assert [each.name for each in values if each.metavar is None] == []


def test_h_is_help_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["status"], ["log"], ["log", "show"]):
        assert run([*words, "-h"], {}) == 0
        shown = capsys.readouterr().out
        assert shown.startswith(f"Usage: {' '.join(['mesharr', *words])} ")
        assert "-h, --help" in shown


def test_the_tab_key_completes_commands_and_options() -> None:
    def completed(words: str) -> list[str]:
        environ = {**os.environ, "_MESHARR_COMPLETE": "complete_bash", "COMP_WORDS": words}
        environ["COMP_CWORD"] = str(len(words.split(" ")) - 1)
        done = subprocess.run(
            [sys.executable, "-m", "mesharr"], env=environ, capture_output=True, text=True, check=True
        )
        return done.stdout.split()

    assert completed("mesharr rej") == ["reject"]
    assert completed("mesharr status --v") == ["--verbose"]


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_the_help_and_the_version_import_no_command(option: str) -> None:
    script = (
        "import sys; from mesharr.__main__ import dispatch; "
        "code = dispatch(sys.argv[1:], {}); "
        "heavy = {'httpx', 'nacl', 'pydantic', 'yaml', 'rich', 'uvicorn', 'apscheduler'} & set(sys.modules); "
        "loaded = [name for name in sys.modules if name.startswith('mesharr.cli.commands.')]; "
        "sys.exit(code or str(sorted(heavy) + loaded))"
    )
    done = subprocess.run([sys.executable, "-c", script, option], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "[]\n")
    assert "mesharr" in done.stdout


def test_the_help_of_a_command_imports_nothing_of_what_it_does() -> None:
    script = (
        "import sys; from mesharr.__main__ import dispatch; "
        "codes = [dispatch([*words.split(), '--help'], {}) for words in sys.argv[1:]]; "
        "heavy = {'httpx', 'nacl', 'pydantic', 'yaml', 'rich', 'uvicorn', 'apscheduler', 'sqlite3'}; "
        "help = ('__main__', 'core.errors', 'cli.app', 'cli.commands', 'cli.context', 'cli.options', "
        "'cli.values'); "
        "own = {name.removeprefix('mesharr.') for name in sys.modules if name.startswith('mesharr.')}; "
        "more = [name for name in own - {'cli', 'core', 'hook'} if not name.startswith(help)]; "
        "sys.exit(str([*filter(None, codes), *sorted(heavy & set(sys.modules)), *sorted(more)]))"
    )
    # `hook` is dispatched before any help is made
    words = [*(name for name in COMMANDS if name != "hook"), "log show"]
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "[]\n")
    assert done.stdout.count("Usage: mesharr") == len(words)


def test_no_command_imports_the_program_that_comes_with_httpx() -> None:
    script = (
        "import sys; from mesharr.__main__ import dispatch; code = dispatch(['config', 'schema'], {}); "
        "import httpx; httpx.Client().close(); "
        "sys.exit(code or str(sorted({'pygments', 'click', 'rich'} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "[]\n")


def test_the_daemon_imports_nothing_that_waits_for_a_reader_of_the_page() -> None:
    script = (
        "import sys; from mesharr.__main__ import dispatch; code = dispatch(['run', '--help'], {}); "
        "from mesharr import logs; from mesharr.cli.actions import run; "
        "logs.setup('info', 'text', None, ()); "
        "heavy = {'rich', 'pygments', 'jinja2', 'prometheus_client', 'apprise'}; "
        "sys.exit(code or str(sorted(heavy & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "[]\n")

"""Values of the command line: converted as typer does it, by pydantic only where something is to convert."""

from typing import Annotated

import pytest
import typer

from mesharr.cli.context import command_app
from mesharr.cli.values import convert_when_needed

taken: dict[str, object] = {}
app = command_app()


@app.command()
def command(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    numbers: Annotated[list[int] | None, typer.Argument(metavar="NUMBER")] = None,
    most: Annotated[int, typer.Option("--most")] = 5,
    text: Annotated[str | None, typer.Option("--text")] = None,
    upper: Annotated[str, typer.Option("--upper", parser=str.upper)] = "none",
    words: Annotated[list[str] | None, typer.Option("--word")] = None,
    flag: Annotated[bool, typer.Option("--flag")] = False,
) -> None:
    """Do nothing but keep what was given."""
    taken.update(locals())


@pytest.mark.parametrize(
    "words",
    [
        ["a"],
        ["a", "1", "2", "--most", "3", "--text", "t", "--upper", "u", "--word", "x", "--word", "y", "--flag"],
        ["", "--text", "", "--most=-1"],
    ],
)
def test_a_command_gets_what_typer_gives_it(words: list[str]) -> None:
    kept = []
    for made in (typer.main.get_command(app), convert_when_needed(typer.main.get_command(app))):
        taken.clear()
        made(words, standalone_mode=False)
        kept.append(dict(taken))
    assert kept[0] == kept[1]
    assert kept[0]["name"] == words[0]


@pytest.mark.parametrize("words", [[], ["a", "x"], ["a", "--most", "x"]])
def test_what_is_wrong_is_refused_as_typer_does(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for made in (typer.main.get_command(app), convert_when_needed(typer.main.get_command(app))):
        with pytest.raises(SystemExit, match="2"):
            made(words)
        said.append(capsys.readouterr().err)
    assert said[0] == said[1] != ""

"""Answer the wizard's questions: by the user of a terminal, or by taking every proposal."""

import typer

from mesharr.cli.context import say


class Terminal:
    """Asks the user of this terminal."""

    is_person = True

    def text(self, question: str, default: str = "", *, secret: bool = False) -> str:
        """Ask for a text; a secret is not shown, nor is its default."""
        found: str = typer.prompt(
            question,
            default=default,
            hide_input=secret,
            show_default=not secret or len(default) == 1,
        )
        return found.strip()

    def confirm(self, question: str, *, default: bool = True) -> bool:
        """Ask for yes or no."""
        return typer.confirm(question, default=default)

    def tell(self, text: str) -> None:
        """Print a line."""
        say(text)


class Unattended:
    """Takes every proposal, and prints what it takes."""

    is_person = False

    def text(self, question: str, default: str = "", *, secret: bool = False) -> str:
        """Return the default."""
        del question, secret
        return default

    def confirm(self, question: str, *, default: bool = True) -> bool:
        """Return the default."""
        del question
        return default

    def tell(self, text: str) -> None:
        """Print a line."""
        say(text)

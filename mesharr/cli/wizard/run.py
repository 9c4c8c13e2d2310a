"""Write what the wizard was answered, and let the user correct it until it is proven."""

import os
from collections.abc import Callable, Sequence

import msgspec

from mesharr.cli.context import say
from mesharr.cli.wizard.answers import Answers, config_text
from mesharr.cli.wizard.dialog import Asker, correct
from mesharr.cli.wizard.places import Surroundings
from mesharr.core.errors import Refused
from mesharr.doctor.check_result import CheckResult
from mesharr.settings.starter import starter_text

Prove = Callable[[], Sequence[CheckResult]]
"""Proves the folders of the libraries in mesharr.yml."""


def write_config(config_dir: str, answers: Answers) -> None:
    """Write mesharr.yml, mode 0600; one that is there is kept beside it as mesharr.yml.old."""
    path = os.path.join(config_dir, "mesharr.yml")
    fresh = f"{path}.new"
    try:
        # it has the keys of the apps
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            os.fchmod(stream.fileno(), 0o600)
            stream.write(config_text(answers, starter_text(answers.node)))
        if os.path.lexists(path):
            os.replace(path, f"{path}.old")
        os.replace(fresh, path)
    except OSError as error:
        raise Refused(f"cannot write {path} ({error.strerror})", "make the config dir writable") from error
    say(f"wrote {path}")


def proven(
    config_dir: str, answers: Answers, asker: Asker, here: Callable[[], Surroundings], prove: Prove
) -> Answers:
    """Have wrong folders corrected until they are proven; return the answers as written."""
    while True:
        wrong = _print(prove())
        if not wrong or not asker.is_person or not asker.confirm("Correct the folders now?"):
            return answers
        found = here()
        libraries = tuple(
            correct(asker, each, found) if f"library {each.name}" in wrong else each
            for each in answers.libraries
        )
        answers = msgspec.structs.replace(answers, libraries=libraries)
        write_config(config_dir, answers)


def _print(results: Sequence[CheckResult]) -> set[str]:
    """Print the results; return the subjects of those that are wrong."""
    for each in results:
        say(f"{'ok   ' if each.level == 'good' else 'ERROR'}  {each.subject}: {each.what}")
        if each.level == "wrong" and each.fix:
            say(f"       fix: {each.fix}")
    return {each.subject for each in results if each.level == "wrong"}

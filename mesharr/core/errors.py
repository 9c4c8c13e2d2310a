"""Errors, named by what the caller does next.

    MesharrError
    ├── Unavailable   the road is broken: try later, nothing is lost
    ├── Refused       a person must act: told once, tried again when something changed
    └── Rejected      the bytes are wrong: distrust them, go on without them

Foreign exceptions do not cross the border of an adapter: it raises one of these.
"""


class MesharrError(Exception):
    """Base of all errors mesharr raises on purpose: `what` is wrong, and `fix`, what the user can do."""

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.what}: {self.fix}" if self.fix else self.what


class Unavailable(MesharrError):  # noqa: N818 - the name says what the caller does, as does each below
    """Something does not answer now. The caller tries again later, with a back-off."""


class Refused(MesharrError):  # noqa: N818
    """Trying again does not help until a person changed something."""


class Misconfigured(Refused):
    """What the user wrote cannot be used: the config, the key file, or the words of a command."""


class Rejected(MesharrError):  # noqa: N818
    """The bytes are not what they claim to be. The caller goes on as if they were not there."""

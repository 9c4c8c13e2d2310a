"""Errors, named by what the caller does next.

    MesharrError
    ├── Unavailable   something does not answer: try later, nothing is lost
    │   ├── Collision something else did the same just now: read again, try within seconds
    │   └── Outage    a program or a mount as a whole: kept and logged once, by who noticed it
    ├── Refused       the user must act: notify once, try again when something changed
    │   ├── Misconfigured  it is what the user wrote: the config, the key, or the command line (exit code 2)
    │   └── AppRefused     a whole app refuses, whatever it is asked: its url
    │       └── KeyRefused a program does not accept its key, token or login
    └── Rejected      the bytes are wrong: do not trust them, continue without them

An adapter raises these errors only; it catches those of the libraries it uses. `Damaged` stands beside them:
what goes on after an error of one item, one app or one upload must not go on after that.
"""


class MesharrError(Exception):
    """The base of all errors that mesharr raises on purpose.

    `what` states what is wrong, `fix` what the user can do about it ("" for nothing).
    """

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.what}: {self.fix}" if self.fix else self.what


class Unavailable(MesharrError):  # noqa: N818 - the name says what the caller does, as does each below
    """Something does not answer now: the caller tries again later, with a back-off."""


class Collision(Unavailable):
    """Another writer did the same at this moment.

    The caller reads again, and tries again within seconds.
    """


class Outage(Unavailable):
    """A program or a mount does not answer at all.

    It is kept and logged once as that, and not for each thing that waits for it; `noted`: that is done.
    """

    def __init__(self, what: str, fix: str = "", *, noted: bool = False) -> None:
        super().__init__(what, fix)
        self.noted = noted


class Refused(MesharrError):  # noqa: N818
    """The user has to change something before another try can succeed."""


class Misconfigured(Refused):
    """What the user wrote cannot be used: the config, the key file, or the words of a command."""


class AppRefused(Refused):
    """An app refuses whatever it is asked: a wrong key, or a page that is none of it at its url."""


class KeyRefused(AppRefused):
    """An app or a media server does not accept its key, token or login."""


class Rejected(MesharrError):  # noqa: N818
    """Bytes are not what they claim to be: the caller continues as if they were not there."""


class Damaged(Exception):  # noqa: N818
    """The node's own database is damaged: nothing can be kept, so nothing more is done."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.what}: {self.fix}"

"""What rclone's remote control answers, as far as it is read: https://rclone.org/rc/."""

import msgspec

from mesharr.uploads.rclone.listing import Entry


class Empty(msgspec.Struct, frozen=True):
    pass


class Error(msgspec.Struct, frozen=True):
    error: str = ""


class Job(msgspec.Struct, frozen=True):
    jobid: int


class Status(msgspec.Struct, frozen=True):
    finished: bool = False
    success: bool = False
    error: str = ""


class Copied(msgspec.Struct, frozen=True):
    """The answer to a copy, or to a request for its statistics or for what is there now."""

    error: str = ""
    transfers: int = 0
    item: Entry | None = None
    list: tuple[Entry, ...] | None = ()


class Copies(msgspec.Struct, frozen=True):
    results: tuple[Copied, ...] = ()


class Sent(msgspec.Struct, frozen=True):
    name: str
    error: str = ""
    checked: bool = False
    """Whether it was only compared."""


class TreeStep(msgspec.Struct, frozen=True):
    """The answer to the copy of a tree, to a request for what was sent, or to one for a list."""

    error: str = ""
    transferred: tuple[Sent, ...] | None = ()
    list: tuple[Entry, ...] | None = ()


class TreeSteps(msgspec.Struct, frozen=True):
    results: tuple[TreeStep, ...] = ()


class Found(msgspec.Struct, frozen=True):
    item: Entry | None = None


class AllFound(msgspec.Struct, frozen=True):
    list: tuple[Entry, ...] | None = ()


class Named(msgspec.Struct, frozen=True, rename="pascal"):
    name: str


class Listed(msgspec.Struct, frozen=True):
    list: tuple[Named, ...] = ()


class Remotes(msgspec.Struct, frozen=True):
    remotes: tuple[str, ...] | None = None


class Hash(msgspec.Struct, frozen=True):
    hash: str = ""


class Result(msgspec.Struct, frozen=True):
    result: tuple[str, ...] = ()

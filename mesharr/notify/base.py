"""The port to a program that sends notifications to the user.

A notifier file holds a module-level `KIND` of type `NotifierKind`; its place in this package is its
registration. Its `settings` are a class for its entry under `notify:`.
"""

from collections.abc import Callable
from typing import Any, Literal, Protocol

import msgspec

from mesharr.settings.definition import Settings, setting

MessageKind = Literal[
    "imported",
    "removed",
    "held",
    "peer_silent",
    "upload_failed",
    "not_visible",
    "rejected",
    "refused",
    "joined",
    "grabbed_elsewhere",
    "released_elsewhere",
    "down",
    "up_again",
    "disk_full",
    "conflict",
    "fork",
    "peer_back",
    "asks_to_join",
]
"""A word of `notify: on:`."""


class Message(msgspec.Struct, frozen=True):
    """One notification."""

    kind: str
    """A word of `notify: on:`; a notifier may weigh messages by it, and takes any word."""
    title: str
    """One line: this node and what the message is about."""
    text: str
    """One line for each thing the message names."""


class NotifierSettings(Settings):
    """The settings every kind of notifier has. A kind adds its own, secrets as `Secret`."""

    kind: str = setting(description="the kind of program (default: apprise)")
    on: tuple[MessageKind, ...] = setting(
        default=(
            *("removed", "held", "peer_silent", "peer_back", "upload_failed", "rejected", "refused"),
            *("not_visible", "down", "up_again", "disk_full", "conflict", "fork", "asks_to_join"),
        ),
        description="which messages are sent",
    )
    libraries: tuple[str, ...] = setting(
        default=(),
        description="only what concerns one of these libraries (default: all, and the rest)",
    )
    peers: tuple[str, ...] = setting(
        default=(),
        description="only what concerns one of these peers, by name or id (default: all, and the rest)",
    )
    gather: str = setting(
        default="1m",
        description="how long further events are gathered into one message: a season pack is one",
    )
    most_per_hour: int = setting(
        default=30,
        ge=1,
        description="how many messages an hour are sent; what is beyond comes together in a later one",
    )


class Notifier(Protocol):
    """One running notifier."""

    def send(self, message: Message) -> None:
        """Deliver one message.

        Raises `Unavailable` when it was not delivered and may be later, `Refused` when only the user can
        change that; nothing else.
        """
        ...


class NotifierKind(msgspec.Struct, frozen=True):
    """What is known of a kind of notifier without opening one."""

    name: str
    """The word of `kind:` in mesharr.yml."""
    settings: type[NotifierSettings]
    """The model of its entry under `notify:`."""
    open: Callable[[Any], Notifier]
    """Returns a notifier for validated settings; raises `Refused` when those can never work."""
    default: bool = False
    """Whether an entry that names no `kind` is of this one."""

"""The port to a program that sends notifications to the user.

A notifier file holds a module-level `KIND` of type `NotifierKind`; its place in this package is its
registration. Its `settings` are a pydantic model for its entry under `notify:`.
"""

from collections.abc import Callable
from typing import Any, Literal, Protocol

import msgspec
from pydantic import BaseModel, ConfigDict

MessageKind = Literal[
    "imported",
    "removed",
    "held",
    "peer_silent",
    "upload_failed",
    "rejected",
    "refused",
    "joined",
    "grabbed_elsewhere",
    "released_elsewhere",
    "down",
    "up_again",
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


class NotifierSettings(BaseModel):
    """The settings every kind of notifier has. A kind adds its own, secrets as `SecretStr`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: str
    """The name of the kind. The kind that is the default gives it a default, too."""
    on: tuple[MessageKind, ...] = (
        *("removed", "held", "peer_silent", "upload_failed", "rejected", "refused", "down", "up_again"),
    )
    """Which messages are sent."""


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

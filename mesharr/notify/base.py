"""The port to what tells people."""

from typing import Protocol

import msgspec


class Message(msgspec.Struct, frozen=True):
    """Something a person may want to hear. `kind` is one of the words of `notify: on:`."""

    kind: str
    title: str
    text: str


class Notifier(Protocol):
    """Delivers messages. Raises `Unavailable` or `Refused`."""

    def tell(self, message: Message) -> None:
        """Deliver one message."""
        ...

"""The port to the node: where the webhook endpoint and the script spool store events."""

from typing import Literal, Protocol

MAX_BODY = 1024 * 1024
"""The largest accepted event in bytes; a season pack of 500 files needs a third of it."""

Source = Literal["webhook", "script"]


class Inbox(Protocol):
    """Stores raw events until intake has processed them."""

    def put(self, app: str, source: Source, body: bytes) -> None:
        """Store an event of an app; it survives a power cut once the call returns.

        `body` is the webhook's JSON as received, or a JSON object of the script's variables with lower-case
        names. It is called from several threads at once; the same event stored twice does no harm.

        Raises:
            Unavailable: the event cannot be stored now.
            Refused: the event will never be accepted.

        """
        ...

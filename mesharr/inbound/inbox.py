"""Where the doors leave what an arr said. The webhook and the script spool know no more of the node."""

from typing import Literal, Protocol

MAX_BODY = 1024 * 1024
"""The largest event that is taken, in bytes. A season pack of 500 files needs a third of it."""

Source = Literal["webhook", "script"]


class Inbox(Protocol):
    """Keeps raw events until intake has dealt with them."""

    def put(self, app: str, source: Source, body: bytes) -> None:
        """Keep the event of this app; it survives a power cut once the call returns.

        `body` is the webhook's JSON as it came, or a JSON object of the script's variables with
        lower-case names. Called from several threads at once; the same event put twice is harmless.
        Raises `Unavailable` when it cannot keep it.
        """
        ...

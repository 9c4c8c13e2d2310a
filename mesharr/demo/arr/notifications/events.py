"""The events of an app on their way to its connections."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.notifications.sender import Notification


class Writer(Protocol):
    """Writes the event of the Test button."""

    def test(self) -> dict[str, Any]: ...


W = TypeVar("W", bound=Writer)


class Events(Generic[W]):
    """Sends each event on the calling thread, and returns after every connection has it.

    `webhook` and `script` make the writers of webhook bodies and of script variables, for the tag labels
    of one item.
    """

    def __init__(
        self,
        arr: SimulatedApp,
        webhook: Callable[[tuple[str, ...]], W],
        script: Callable[[tuple[str, ...]], W],
    ) -> None:
        self._arr = arr
        self._webhook = webhook
        self._script = script

    def test(self) -> Notification:
        """Return the event of the Test button."""
        return Notification((), self._webhook(()).test, self._script(()).test)

    def notification(
        self, tags: Sequence[int], write: Callable[[W], dict[str, Any]], *triggers: str
    ) -> Notification:
        """Return an event of an item with these tags; a connection needs all triggers to get it."""
        labels = tuple(self._arr.labels(tags))
        webhook, script = self._webhook(labels), self._script(labels)
        return Notification(triggers, lambda: write(webhook), lambda: write(script), frozenset(tags))

    def send(self, tags: Sequence[int], write: Callable[[W], dict[str, Any]], *triggers: str) -> None:
        """Send one such event."""
        self._arr.notifications.send(self.notification(tags, write, *triggers))

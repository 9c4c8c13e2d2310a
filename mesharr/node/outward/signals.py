"""What the raw hints of the inbox say."""

import msgspec

from mesharr.arr.base import UnreadableSignal
from mesharr.core.arr.model import Signal
from mesharr.node.model import AppLink
from mesharr.state.queues.inbox import InboxEntry


def signals_of(link: AppLink, hint: InboxEntry) -> tuple[Signal, ...]:
    """Return what a hint of an arr says; raise `UnreadableSignal` when it is nothing that arr would send."""
    try:
        if hint.source == "history":
            return msgspec.json.decode(hint.body, type=tuple[Signal, ...])
        if hint.source == "script":
            return link.kind.parse_script(msgspec.json.decode(hint.body, type=dict[str, str]))
    except msgspec.DecodeError as error:
        raise UnreadableSignal(str(error)) from error
    return link.kind.parse_webhook(hint.body)

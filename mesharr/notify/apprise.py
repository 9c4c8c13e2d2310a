"""Tells people through Apprise, which knows a hundred services by their URLs.

The URL is a secret as a whole (most services put their token into it), so no error, repr or log
line of this module holds more of it than its scheme.
"""

import logging
from typing import TYPE_CHECKING

from mesharr.core.errors import Refused, Unavailable
from mesharr.notify.base import Message

if TYPE_CHECKING:
    import apprise

_KINDS = {"upload_failed": "failure", "rejected": "failure", "held": "warning", "peer_silent": "warning"}

_MEND = "see https://github.com/caronc/apprise/wiki for how yours is written"


class AppriseNotifier:
    """A `Notifier` for one Apprise URL.

    Raises `Refused` when Apprise is not installed (it is the extra `notify`) or does not take the
    URL. Quiets Apprise's own log, since that writes URLs.
    """

    def __init__(self, url: str) -> None:
        self._target = _opened(url)
        # Apprise took the URL, so what stands before :// is the name of a service.
        self._service = url.partition("://")[0].lower()

    def tell(self, message: Message) -> None:
        """Deliver one message. Raises `Unavailable` when the service did not take it: Apprise does
        not say why.
        """
        kind = _KINDS.get(message.kind, "info")
        try:
            delivered = self._target.notify(body=message.text, title=message.title, notify_type=kind)
        except Exception as error:  # noqa: BLE001 - a hundred plugins raise what they like
            # Without the cause: its text or traceback may hold the URL.
            raise Unavailable(f"the notification by {self._service} failed: {type(error).__name__}") from None
        if not delivered:
            raise Unavailable(f"the notification by {self._service} was not delivered")


def _opened(url: str) -> "apprise.Apprise":
    try:
        import apprise  # noqa: PLC0415 - an optional extra: only who notifies needs it
    except ImportError as error:
        raise Refused(
            "notifications need Apprise", "in mesharr's folder: .venv/bin/pip install '.[notify]'"
        ) from error
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    target = apprise.Apprise(asset=apprise.AppriseAsset(app_id="mesharr", app_desc="mesharr"))
    try:
        taken = target.add(url)
    except Exception as error:  # noqa: BLE001 - as in tell
        raise Refused(f"Apprise itself fails on a notify url: {type(error).__name__}", _MEND) from None
    if not taken:
        raise Refused("a notify url is not one that Apprise understands", _MEND)
    return target

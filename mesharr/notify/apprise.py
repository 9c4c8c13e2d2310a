"""Apprise: a library that sends notifications to about a hundred services, named by URLs.

The URL is a secret as a whole (most services put their token into it), so no error, repr or log
line of this module holds more of it than its scheme.
"""

import logging
from typing import TYPE_CHECKING, Literal

from mesharr.core.errors import Refused, Unavailable
from mesharr.notify.base import Message, NotifierKind, NotifierSettings
from mesharr.settings.definition import FilledSecret, setting

if TYPE_CHECKING:
    import apprise

_TYPES = {
    "upload_failed": "failure",
    "not_visible": "warning",
    "rejected": "failure",
    "down": "failure",
    "disk_full": "failure",
    "fork": "failure",
    "conflict": "warning",
    "held": "warning",
    "peer_silent": "warning",
    "up_again": "success",
    "peer_back": "success",
}
"""Apprise's own type of a message, by `Message.kind`; any other kind is "info"."""

_FIX = "see https://github.com/caronc/apprise/wiki for how yours is written"


class AppriseSettings(NotifierSettings):
    """One Apprise URL."""

    kind: Literal["apprise"] = "apprise"
    url: FilledSecret = setting(description="a URL as Apprise takes it")


class AppriseNotifier:
    """A `Notifier` for one Apprise URL."""

    def __init__(self, url: str) -> None:
        """Open the URL, and silence Apprise's own log, since that writes URLs.

        Raises `Refused` when Apprise is not installed (it is the extra `notify`) or rejects the URL.
        """
        self._target = _opened(url)
        # Apprise took the URL, so what stands before :// is the name of a service.
        self._service = url.partition("://")[0].lower()

    def send(self, message: Message) -> None:
        """Deliver one message. Raises `Unavailable` when the service did not take it."""
        weight = _TYPES.get(message.kind, "info")
        try:
            delivered = self._target.notify(body=message.text, title=message.title, notify_type=weight)
        except Exception as error:  # noqa: BLE001 - Apprise's plugins raise any exception
            # Without the cause: its text or traceback may hold the URL.
            raise Unavailable(f"the notification by {self._service} failed: {type(error).__name__}") from None
        if not delivered:  # Apprise gives no reason
            raise Unavailable(f"the notification by {self._service} was not delivered")


def _opened(url: str) -> "apprise.Apprise":
    try:
        import apprise  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise Refused(
            "notifications need Apprise", "in mesharr's folder: .venv/bin/pip install '.[notify]'"
        ) from error
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    target = apprise.Apprise(asset=apprise.AppriseAsset(app_id="mesharr", app_desc="mesharr"))
    try:
        taken = target.add(url)
    except Exception as error:  # noqa: BLE001 - Apprise's plugins raise any exception
        raise Refused(f"Apprise itself fails on a notify url: {type(error).__name__}", _FIX) from None
    if not taken:
        raise Refused("a notify url is not one that Apprise understands", _FIX)
    return target


def _open(settings: AppriseSettings) -> AppriseNotifier:
    return AppriseNotifier(settings.url.get_secret_value())


KIND = NotifierKind("apprise", AppriseSettings, _open, default=True)

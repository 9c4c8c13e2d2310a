"""Notification connections as the API shows and takes them, and the test a save runs."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from mesharr.demo.arr.definition import AppDefinition
from mesharr.demo.arr.notifications.sender import (
    Connection,
    DeliveryError,
    Notification,
    NotificationSender,
    run_script,
)
from mesharr.demo.wire import Fields, Invalid, JsonObject, error, invalid

HIDDEN = "********"
_FORBIDDEN = ("/bin", "/boot", "/lib", "/sbin", "/proc", "/usr/bin")


def resource(connection: Connection, definition: AppDefinition) -> JsonObject:
    """Return the connection as `GET /notification` shows it.

    A password hidden where the arr hides it.
    """
    supports = {
        f"supports{trigger[0].upper()}{trigger[1:]}": True
        for trigger in connection.triggers
        if trigger.startswith("on")
    }
    return {
        "id": connection.id or None,
        "name": connection.name,
        "implementation": connection.implementation,
        "implementationName": _implementation_name(connection.implementation),
        "configContract": f"{connection.implementation}Settings",
        "infoLink": f"{definition.wiki}/supported#notifications",
        "tags": list(connection.tags),
        "fields": [
            {
                "order": order,
                "name": name,
                "label": name.capitalize(),
                "value": _shown(name, value, definition),
            }
            for order, (name, value) in enumerate(connection.settings.items())
        ],
        **connection.triggers,
        **supports,
    }


def schema(definition: AppDefinition) -> list[JsonObject]:
    """Return the kinds of connection there are, each with default fields and everything off."""
    off = dict.fromkeys(definition.triggers, False)
    return [
        resource(Connection(0, "", kind, off, (), settings), definition)
        for kind, settings in definition.implementations().items()
    ]


def parse(
    fields: Fields, definition: AppDefinition, number: int, before: Connection | None = None
) -> Connection:
    """Return a connection out of a request body; raises the 400 that the arr would answer.

    Fields that are not listed take defaults; the hidden password keeps the stored one.
    """
    kind = fields.given("implementation", "")
    kinds = definition.implementations()
    if kind not in kinds:
        raise invalid(Invalid("Implementation", "Unknown implementation", kind))
    if fields.get("fields") is None:
        raise invalid(Invalid("Fields", "'Fields' must not be empty.", None, "NotEmptyValidator"))
    given = {item.get("name"): item.get("value") for item in fields["fields"]}
    settings = {name: given.get(name, default) for name, default in kinds[kind].items()}
    if before is not None and settings.get("password") == HIDDEN:
        settings["password"] = before.settings.get("password", "")
    return Connection(
        number,
        str(fields.given("name", "")),
        kind,
        {trigger: bool(fields.given(trigger, False)) for trigger in definition.triggers},
        tuple(fields.given("tags", [])),
        settings,
    )


def check(connection: Connection, others: Sequence[Connection], definition: AppDefinition) -> None:
    """Refuse what the arr refuses before it tests: name taken, wrong URL, wrong script path."""
    failures: list[Invalid] = []
    if not connection.name:
        failures.append(Invalid("Name", "'Name' must not be empty.", "", "NotEmptyValidator"))
    fold = str.lower if definition.names_fold_case else str
    if any(fold(other.name) == fold(connection.name) for other in others):
        failures.append(Invalid("Name", "Should be unique", connection.name))
    if connection.implementation == "Webhook":
        failures += _webhook_failures(connection.settings)
    else:
        failures += _script_failures(connection.settings)
    if failures:
        raise invalid(*failures)


def test(connection: Connection, notification: Notification, notifications: NotificationSender) -> None:
    """Send the test notification to the connection at once.

    An answer of 400 or more, and a script that fails, are a 400 array. A receiver that cannot
    be reached at all is a 500: nothing turns that into a validation failure.
    """
    if connection.implementation == "CustomScript":
        _test_script(str(connection.settings.get("path", "")), notification.environment())
    else:
        try:
            notifications.deliver(connection, notification)
        except DeliveryError as failure:
            raise invalid(Invalid("Url", f"Unable to send test message: {failure}")) from failure
        except Exception as failure:
            raise error(500, str(failure)) from failure
    notifications.succeeded(connection.id)


def _test_script(path: str, environment: Mapping[str, str]) -> None:
    if not os.path.isfile(path):
        raise invalid(Invalid("Path", "File does not exist", path))
    try:
        code = run_script(path, environment)
    except OSError as failure:
        raise invalid(Invalid("Path", str(failure), path)) from failure
    if code != 0:
        raise invalid(Invalid("Path", f"Script exited with code: {code}", path))


def _webhook_failures(settings: Mapping[str, Any]) -> list[Invalid]:
    url = str(settings.get("url") or "")
    if url.startswith(("http://", "https://")):
        return []
    return [Invalid("Url", "Invalid Url: must start with http:// or https://", url)]


def _script_failures(settings: Mapping[str, Any]) -> list[Invalid]:
    path = str(settings.get("path") or "")
    failures = []
    if settings.get("arguments"):
        failures.append(Invalid("Arguments", "Arguments are no longer supported for custom scripts"))
    if not os.path.isabs(path):
        failures.append(Invalid("Path", f"Invalid Path: '{path}'", path))
    elif any(path == folder or path.startswith(f"{folder}/") for folder in _FORBIDDEN):
        failures.append(Invalid("Path", f"Path '{path}' is a system folder", path))
    return failures


def _shown(name: str, value: object, definition: AppDefinition) -> object:
    return HIDDEN if name == "password" and value and definition.hides_passwords else value


def _implementation_name(kind: str) -> str:
    return "Custom Script" if kind == "CustomScript" else kind

"""The routes that every arr has.

System, tags, roots, profiles, settings, connections, commands.
"""

import os
import shutil
from dataclasses import replace

import httpx

from mesharr.demo.arr.api import connections
from mesharr.demo.arr.api.validation import row_of
from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.notifications.sender import Connection
from mesharr.demo.arr.releases import LANGUAGES
from mesharr.demo.wire import Call, Fields, Invalid, JsonObject, error, invalid, reply


class CommonApi:
    """Adds the common routes to an arr."""

    def __init__(self, arr: SimulatedApp) -> None:
        self._arr = arr
        routes = (
            ("GET", "/system/status", arr.status),
            ("GET", "/health", self._health),
            ("GET", "/filesystem", self._filesystem),
            ("GET", "/filesystem/type", self._filesystem_type),
            ("GET", "/tag", self._tags),
            ("POST", "/tag", self._add_tag),
            ("GET", "/tag/detail", self._tag_details),
            ("GET", "/tag/{id}", self._tag),
            ("DELETE", "/tag/{id}", self._delete_tag),
            ("GET", "/qualityprofile", self._profiles),
            ("GET", "/qualitydefinition", self._qualities),
            ("GET", "/language", self._languages),
            ("GET", "/rootfolder", self._roots),
            ("POST", "/rootfolder", self._add_root),
            ("GET", "/rootfolder/{id}", self._root),
            ("DELETE", "/rootfolder/{id}", self._delete_root),
            ("GET", "/config/{name}", self._config),
            ("PUT", "/config/{name}", self._put_config),
            ("PUT", "/config/{name}/{id}", self._put_config),
            ("GET", "/notification", self._notifications),
            ("POST", "/notification", self._add_notification),
            ("GET", "/notification/schema", self._notification_schema),
            ("POST", "/notification/test", self._test_notification),
            ("GET", "/notification/{id}", self._notification),
            ("PUT", "/notification/{id}", self._put_notification),
            ("DELETE", "/notification/{id}", self._delete_notification),
            ("GET", "/command", self._commands),
            ("POST", "/command", self._add_command),
            ("GET", "/command/{id}", self._command),
            ("DELETE", "/command/{id}", self._cancel_command),
        )
        for method, path, handler in routes:
            arr.route(method, path, handler)

    # -- system -----------------------------------------------------------------------------

    def _health(self, _call: Call) -> httpx.Response:
        arr = self._arr
        blocked = [
            connection.name
            for connection in arr.notifications.connections.values()
            if arr.notifications.blocked(connection.id)
        ]
        found: list[JsonObject] = [
            self._issue("RootFolderCheck", "error", f"Missing root folder: {root}")
            for root in arr.common.roots.values()
            if not os.path.isdir(root)
        ]
        if blocked:
            message = f"NotificationSender unavailable due to failures: {', '.join(blocked)}"
            found.append(self._issue("NotificationStatusCheck", "warning", message))
        return reply(200, found)

    def _issue(self, source: str, level: str, message: str) -> JsonObject:
        wiki = f"{self._arr.definition.wiki}/system"
        return {"source": source, "type": level, "message": message, "wikiUrl": wiki}

    def _filesystem(self, call: Call) -> httpx.Response:
        path = call.query.get("path", "") or "/"
        try:
            folders = _folders_in(path)
        except OSError:
            folders = []
        shown = [{"type": "folder", "name": name, "path": f"{path.rstrip('/')}/{name}/"} for name in folders]
        parent = os.path.dirname(path.rstrip("/"))
        return reply(200, {"parent": parent, "directories": shown, "files": []})

    def _filesystem_type(self, call: Call) -> httpx.Response:
        # an absent path is called a folder, too
        is_file = os.path.isfile(call.query.get("path", ""))
        return reply(200, {"type": "file" if is_file else "folder"})

    # -- tags -------------------------------------------------------------------------------

    def _tags(self, _call: Call) -> httpx.Response:
        return reply(200, [{"id": n, "label": label} for n, label in self._arr.common.tags.items()])

    def _tag(self, call: Call) -> httpx.Response:
        return reply(200, {"id": call.id, "label": row_of(self._arr.common.tags, call.id, "Tag")})

    def _tag_details(self, _call: Call) -> httpx.Response:
        users = self._arr.tag_users()
        connected = self._arr.notifications.connections.values()
        return reply(
            200,
            [
                {
                    "id": tag,
                    "label": label,
                    "notificationIds": [c.id for c in connected if tag in c.tags],
                    **users.get(tag, {}),
                }
                for tag, label in self._arr.common.tags.items()
            ],
        )

    def _add_tag(self, call: Call) -> httpx.Response:
        label = str(call.fields().given("label", ""))
        if not self._arr.definition.label.fullmatch(label):
            raise invalid(Invalid("Label", "Allowed characters a-z, 0-9 and -", label))
        with self._arr.lock:
            tags = self._arr.common.tags
            for number, known in tags.items():
                # looked up as it was written: only the stored label is in lower case
                if known == label:
                    return reply(201, {"id": number, "label": known})
            if label.lower() in tags.values():
                raise error(409, "UNIQUE constraint failed: Tags.Label")
            number = self._arr.next_id("tags")
            tags[number] = label.lower()
        return reply(201, {"id": number, "label": label.lower()})

    def _delete_tag(self, call: Call) -> httpx.Response:
        label = row_of(self._arr.common.tags, call.id, "Tag")
        connected = self._arr.notifications.connections.values()
        users = self._arr.tag_users().get(call.id, {})
        if any(call.id in c.tags for c in connected) or any(users.values()):
            raise error(409, f"'{label}' cannot be deleted since it's still in use")
        del self._arr.common.tags[call.id]
        return reply(200, {})

    # -- profiles, roots, settings ----------------------------------------------------------

    def _profiles(self, _call: Call) -> httpx.Response:
        rows = self._arr.common.profiles.items()
        ordered = [{"quality": each, "items": [], "allowed": True} for each in self._arr.definition.qualities]
        return reply(
            200,
            [
                {"id": number, "name": name, "upgradeAllowed": True, "cutoff": 7, "items": ordered}
                for number, name in rows
            ],
        )

    def _qualities(self, _call: Call) -> httpx.Response:
        """List the qualities, each with the id of its definition, which is another than its own."""
        rows = enumerate(self._arr.definition.qualities, start=1)
        return reply(
            200,
            [
                {"id": 100 + weight, "quality": quality, "title": quality["name"], "weight": weight}
                for weight, quality in rows
            ],
        )

    def _languages(self, _call: Call) -> httpx.Response:
        rows = LANGUAGES.items()
        return reply(200, [{"id": number, "name": name, "nameLower": name.lower()} for name, number in rows])

    def _roots(self, _call: Call) -> httpx.Response:
        return reply(200, [self._root_resource(number) for number in self._arr.common.roots])

    def _root(self, call: Call) -> httpx.Response:
        row_of(self._arr.common.roots, call.id, "RootFolder")
        return reply(200, self._root_resource(call.id))

    def _add_root(self, call: Call) -> httpx.Response:
        path = str(call.fields().given("path", "")).rstrip("/")
        if not os.path.isabs(path):
            raise invalid(Invalid("Path", f"Invalid Path: '{path}'", path))
        if not os.path.isdir(path):
            raise invalid(Invalid("Path", f"Path '{path}' does not exist", path))
        if path in self._arr.common.roots.values():
            raise invalid(Invalid("Path", f"Path '{path}' is already configured as a root folder", path))
        number = self._arr.next_id("roots")
        self._arr.common.roots[number] = path
        return reply(201, self._root_resource(number))

    def _delete_root(self, call: Call) -> httpx.Response:
        row_of(self._arr.common.roots, call.id, "RootFolder")
        del self._arr.common.roots[call.id]
        return reply(200, {})

    def _root_resource(self, number: int) -> JsonObject:
        path = self._arr.common.roots[number]
        try:
            names = _folders_in(path)
        except OSError:
            return {"id": number, "path": path, "accessible": False, "unmappedFolders": []}
        mapped = self._arr.library_folders()
        unmapped = [
            {"name": name, "path": f"{path}/{name}", "relativePath": name}
            for name in names
            if f"{path}/{name}" not in mapped
        ]
        free = shutil.disk_usage(path).free
        return {
            "id": number,
            "path": path,
            "accessible": True,
            "freeSpace": free,
            "unmappedFolders": unmapped,
        }

    def _config(self, call: Call) -> httpx.Response:
        return reply(200, {"id": 1, **self._page(call)})

    def _put_config(self, call: Call) -> httpx.Response:
        """Replace a page of settings: what is omitted becomes its type's default."""
        page = self._page(call)
        fields = call.fields()
        resets = self._arr.definition.config_resets
        new = {name: fields.given(name, resets.get(name, type(value)())) for name, value in page.items()}
        self._arr.common.config[call.keys["name"].lower()] = new
        return reply(202, {"id": 1, **new})

    def _page(self, call: Call) -> JsonObject:
        page = self._arr.common.config.get(call.keys["name"].lower())
        if page is None:
            raise error(404, "NotFound")
        return page

    # -- connections ------------------------------------------------------------------------

    def _notifications(self, _call: Call) -> httpx.Response:
        rows = self._arr.notifications.connections.values()
        return reply(200, [connections.resource(connection, self._arr.definition) for connection in rows])

    def _notification(self, call: Call) -> httpx.Response:
        row = row_of(self._arr.notifications.connections, call.id, "NotificationDefinition")
        return reply(200, connections.resource(row, self._arr.definition))

    def _notification_schema(self, _call: Call) -> httpx.Response:
        return reply(200, connections.schema(self._arr.definition))

    def _test_notification(self, call: Call) -> httpx.Response:
        fields = call.fields()
        number = int(fields.given("id", 0))
        known = self._arr.notifications.connections.get(number)
        connection = connections.parse(fields, self._arr.definition, number, known)
        connections.check(connection, self._others(number), self._arr.definition)
        connections.test(connection, self._arr.test_notification(), self._arr.notifications)
        return reply(200, {})

    def _add_notification(self, call: Call) -> httpx.Response:
        """Save a connection after its test passed; on POST `forceSave` does not spare it the test."""
        fields = call.fields()
        connection = connections.parse(fields, self._arr.definition, 0)
        connections.check(connection, self._others(0), self._arr.definition)
        if self._arr.definition.enables(connection.triggers):
            connections.test(connection, self._arr.test_notification(), self._arr.notifications)
        number = self._arr.next_id("notifications")
        connection = replace(connection, id=number)
        self._arr.notifications.connections[number] = connection
        return reply(201, connections.resource(connection, self._arr.definition))

    def _put_notification(self, call: Call) -> httpx.Response:
        rows = self._arr.notifications.connections
        before = row_of(rows, call.id, "NotificationDefinition")
        connection = connections.parse(call.fields(), self._arr.definition, call.id, before)
        connections.check(connection, self._others(call.id), self._arr.definition)
        if self._arr.definition.enables(connection.triggers) and not call.flag("forceSave"):
            connections.test(connection, self._arr.test_notification(), self._arr.notifications)
        rows[call.id] = connection
        return reply(202, connections.resource(connection, self._arr.definition))

    def _delete_notification(self, call: Call) -> httpx.Response:
        row_of(self._arr.notifications.connections, call.id, "NotificationDefinition")
        del self._arr.notifications.connections[call.id]
        self._arr.notifications.health.pop(call.id, None)
        return reply(200, {})

    def _others(self, number: int) -> list[Connection]:
        rows = self._arr.notifications.connections.values()
        return [connection for connection in rows if connection.id != number]

    # -- commands ---------------------------------------------------------------------------

    def _commands(self, _call: Call) -> httpx.Response:
        return reply(200, [command.resource() for command in self._arr.commands.listed()])

    def _command(self, call: Call) -> httpx.Response:
        return reply(200, self._arr.commands.get(call.id).resource())

    def _add_command(self, call: Call) -> httpx.Response:
        fields = call.fields()
        name = str(fields.given("name", ""))
        known = {known.lower(): known for known in self._arr.definition.commands}
        if name.lower() not in known:
            raise error(500, f"Sequence contains no matching element: {name}Command")
        name = known[name.lower()]
        command = self._arr.commands.submit(name, self._parameters(name, fields))
        return reply(201, command.resource())

    def _parameters(self, name: str, fields: Fields) -> JsonObject:
        """Return the parameters the command knows.

        A misspelt one is ignored, which may widen the work.
        """
        known = self._arr.definition.commands[name]
        return {parameter: fields.given(parameter, default) for parameter, default in known.items()}

    def _cancel_command(self, call: Call) -> httpx.Response:
        self._arr.commands.cancel(call.id)
        return reply(200, {})


def _folders_in(path: str) -> list[str]:
    with os.scandir(path) as listing:
        return sorted(entry.name for entry in listing if entry.is_dir())

"""What this node knows of each app: description, history, check of its settings."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from mesharr.core.events.schema import LibraryInfo
from mesharr.state.db import Database, decoder

_description = decoder(LibraryInfo)


class Apps:
    """The tables `apps` and `history_marks`. Apps have the names of the config."""

    def __init__(self, db: Database) -> None:
        self._db = db

    # -- the description that a hello gives of an app: of `node.outward.stream.hello`

    def description(self, app: str) -> LibraryInfo | None:
        """Return the description that an app gave last, None when it never gave one."""
        row = self._db.row("SELECT description FROM apps WHERE app=?", (app,))
        return _description(row[0]) if row and row[0] else None

    def describe(self, app: str, description: LibraryInfo) -> None:
        """Keep the description of an app."""
        self._set(app, "description", msgspec.json.encode(description))

    # -- the check of an app's settings: of `node.limits`

    def settings_checked(self, app: str) -> int:
        """Return when the settings of an app were found to be harmless (ms), 0: never."""
        return self._time(app, "settings_checked")

    def note_settings_checked(self, app: str, now: int) -> None:
        """Keep that the settings of an app are harmless."""
        self._set(app, "settings_checked", now)

    # -- the app's own history: of `node.outward.arr_history`

    def history_read(self, app: str) -> int:
        """Return when the history of an app was read last (ms), 0: never."""
        return self._time(app, "history_read")

    def history_marks(self, app: str) -> Counter[str]:
        """Return the marks of the rows that an app's history had when it was read last."""
        rows = self._db.rows("SELECT mark, times FROM history_marks WHERE app=?", (app,))
        return Counter({str(mark): int(times) for mark, times in rows})

    def note_history(self, app: str, marks: Iterable[str], now: int) -> None:
        """Keep the marks of the rows that a reading of an app's history returned."""
        with self._db.transaction():
            self._set(app, "history_read", now)
            self._db.write("DELETE FROM history_marks WHERE app=?", (app,))
            self._db.write_many(
                "INSERT INTO history_marks VALUES(?,?,?)",
                [(app, mark, times) for mark, times in Counter(marks).items()],
            )

    def _time(self, app: str, column: str) -> int:
        row = self._db.row(f"SELECT {column} FROM apps WHERE app=?", (app,))
        return int(row[0]) if row else 0

    def _set(self, app: str, column: str, value: object) -> None:
        self._db.write(
            f"INSERT INTO apps(app, {column}) VALUES(?,?) ON CONFLICT(app) DO UPDATE SET {column}=excluded.{column}",
            (app, value),
        )

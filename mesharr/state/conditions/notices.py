"""Which notices were sent to each notification target, so that each is sent once."""

from collections.abc import Collection, Iterable

from mesharr.state.db import Database


class SentNotices:
    """The tables `sent_notices` and `notice_places`. Their owner is `node.status.notices`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def sent(self, target: str) -> frozenset[str]:
        """Return the keys of the lasting conditions that a target was notified of."""
        rows = self._db.rows("SELECT key FROM sent_notices WHERE target=?", (target,))
        return frozenset(str(key) for (key,) in rows)

    def note_sent(self, target: str, keys: Iterable[str]) -> None:
        """Keep that a target was notified of lasting conditions."""
        self._db.write_many("INSERT OR IGNORE INTO sent_notices VALUES(?,?)", [(target, key) for key in keys])

    def forget(self, target: str, keys: Collection[str]) -> None:
        """Forget lasting conditions that are over: when they return, the target is notified again."""
        if keys:
            self._db.write_many(
                "DELETE FROM sent_notices WHERE target=? AND key=?", [(target, key) for key in keys]
            )

    def place(self, target: str) -> int | None:
        """Return the place of the last event that a target was notified of, None before the first."""
        row = self._db.row("SELECT place FROM notice_places WHERE target=?", (target,))
        return int(row[0]) if row else None

    def note_place(self, target: str, place: int) -> None:
        """Keep the place of the last event that a target was notified of."""
        self._db.write("INSERT OR REPLACE INTO notice_places VALUES(?,?)", (target, place))

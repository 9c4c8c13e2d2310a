"""How far this node is with each library: baselines, comparison, start of the app, mount."""

from mesharr.state.db import Database


class Libraries:
    """The table `libraries`, one row for each library of which something is known."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def began(self, library: str) -> int:
        """Return when mesharr began with a library (ms), 0: it has not."""
        return self._time(library, "began")

    def note_began(self, library: str, now: int) -> None:
        """Keep when mesharr began with a library, once: a later first day changes nothing."""
        if not self.began(library):
            self._set(library, "began", now)

    def baselined(self, library: str) -> int:
        """Return when the baselines of a library were taken (ms), 0: they are not."""
        return self._time(library, "baselined")

    def note_baselined(self, library: str, now: int) -> None:
        """Keep that the baselines of a library are taken."""
        self._set(library, "baselined", now)

    def forget_baselined(self) -> None:
        """Keep that the baselines of every library have to be taken again."""
        self._db.write("UPDATE libraries SET baselined=0")

    def compared(self, library: str) -> int:
        """Return when the whole library was compared last (ms), 0: never."""
        return self._time(library, "compared")

    def note_compared(self, library: str, now: int) -> None:
        """Keep that the whole library was compared."""
        self._set(library, "compared", now)

    def app_start(self, library: str) -> str:
        """Return the start time of the app that a library was compared with last, "" for none."""
        row = self._db.row("SELECT app_start FROM libraries WHERE library=?", (library,))
        return str(row[0]) if row else ""

    def note_app_start(self, library: str, start: str) -> None:
        """Keep the start time of the app that a library was compared with."""
        self._set(library, "app_start", start)

    def mount(self, library: str) -> str:
        """Return the mount on which a library was available last (`mount_text`), "" for none."""
        row = self._db.row("SELECT mount FROM libraries WHERE library=?", (library,))
        return str(row[0]) if row else ""

    def note_mount(self, library: str, mount: str) -> None:
        """Keep the mount on which a library is available."""
        self._set(library, "mount", mount)

    def _time(self, library: str, column: str) -> int:
        row = self._db.row(f"SELECT {column} FROM libraries WHERE library=?", (library,))
        return int(row[0]) if row else 0

    def _set(self, library: str, column: str, value: object) -> None:
        self._db.write(
            f"INSERT INTO libraries(library, {column}) VALUES(?,?) "
            f"ON CONFLICT(library) DO UPDATE SET {column}=excluded.{column}",
            (library, value),
        )

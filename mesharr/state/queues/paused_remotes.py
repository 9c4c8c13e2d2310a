"""The remotes that take nothing for now."""

from mesharr.state.db import Database


class PausedRemotes:
    """Until when nothing is sent to a remote, by its name.

    A pause that is over still counts its tries.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def get(self, remote: str) -> tuple[int, int, str]:
        """Return until when a remote is paused (ms), after how many failures in a row, and why."""
        row = self._db.row("SELECT until, tries, why FROM paused_remotes WHERE remote=?", (remote,))
        return (int(row[0]), int(row[1]), str(row[2])) if row else (0, 0, "")

    def pause(self, remote: str, until: int, tries: int, why: str) -> None:
        """Send nothing to a remote until then (ms)."""
        self._db.write("INSERT OR REPLACE INTO paused_remotes VALUES(?,?,?,?)", (remote, until, tries, why))

    def resume(self, remote: str) -> None:
        """Forget the pause of a remote; nothing happens without one."""
        if self.get(remote)[1]:
            self._db.write("DELETE FROM paused_remotes WHERE remote=?", (remote,))

    def resume_all(self) -> None:
        """Forget every pause."""
        self._db.write("DELETE FROM paused_remotes")

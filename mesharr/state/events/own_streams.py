"""The streams of this node: the present incarnation, its clock, and the closed ones."""

from typing import Final

from mesharr.core.hlc import ZERO
from mesharr.state.db import Database

_ROW: Final = "INSERT INTO own_streams(stream, {0}) VALUES(?,?) ON CONFLICT(stream) DO UPDATE SET {0}={1}"


class OwnStreams:
    """The tables `incarnation` and `own_streams`, of `node.outward.stream.incarnation`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def incarnation(self) -> str:
        """Return the name of the present incarnation, "" before the first one began."""
        return str(self._one("inc"))

    def begin(self, inc: str) -> None:
        """Begin an incarnation."""
        self._db.write("UPDATE incarnation SET inc=?", (inc,))

    def clock(self) -> str:
        """Return the clock value of the event that this node signed last, over all its incarnations."""
        return str(self._one("clock")) or ZERO

    def set_clock(self, clock: str) -> None:
        """Keep the clock value of the event that is signed now."""
        self._db.write("UPDATE incarnation SET clock=?", (clock,))

    def other_writer_seen(self) -> int:
        """Return when another machine was seen to write with this node's key (ms), 0: never."""
        return int(str(self._one("other_writer")))

    def note_other_writer(self, now: int) -> None:
        """Keep that another machine writes with this node's key."""
        self._db.write("UPDATE incarnation SET other_writer=?", (now,))

    def closed(self) -> dict[str, int]:
        """Return the streams that this node closed, with the highest seq known of each."""
        rows = self._db.rows(
            "SELECT stream, closed FROM own_streams WHERE closed IS NOT NULL ORDER BY stream"
        )
        return {str(stream): int(seq) for stream, seq in rows}

    def close(self, stream: str, seq: int) -> None:
        """Keep that a stream is closed at a seq, or at a higher one that is known already."""
        self._db.write(_ROW.format("closed", "max(ifnull(closed, 0), excluded.closed)"), (stream, seq))

    def opened(self, stream: str) -> int:
        """Return when a stream was begun for lack of the events of another (ms), 0: it was not."""
        row = self._db.row("SELECT opened FROM own_streams WHERE stream=?", (stream,))
        return int(row[0]) if row else 0

    def note_opened(self, stream: str, now: int) -> None:
        """Keep that a stream was begun because of events that the database lacked."""
        self._db.write(_ROW.format("opened", "excluded.opened"), (stream, now))

    def teller(self, stream: str) -> str:
        """Return the peer on whose word alone a stream was begun or is to be left, "" for none."""
        row = self._db.row("SELECT teller FROM own_streams WHERE stream=?", (stream,))
        return str(row[0]) if row else ""

    def note_teller(self, stream: str, node: str) -> None:
        """Keep the peer on whose word alone a stream was begun or is to be left."""
        self._db.write(_ROW.format("teller", "excluded.teller"), (stream, node))

    def is_forked(self, stream: str) -> bool:
        """Return whether an event of a stream was read that this node signed and has not."""
        return self._db.row("SELECT 1 FROM own_streams WHERE stream=? AND forked>0", (stream,)) is not None

    def note_fork(self, stream: str, seq: int) -> None:
        """Keep that an event of the stream was seen, at this seq, that the database lacks."""
        self._db.write(_ROW.format("forked", "excluded.forked"), (stream, seq))

    def _one(self, column: str) -> object:
        row = self._db.row(f"SELECT {column} FROM incarnation")
        assert row is not None  # inserted with the table
        return row[0]

"""The tables, one script per version. A released script is never changed; a new one is appended.

Times are milliseconds since the epoch, sizes bytes; `body`, `value` and `line` hold JSON.
"""

from typing import Final

MIGRATIONS: Final[tuple[str, ...]] = (
    """
    CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

    -- the log, as far as it is verified and applied; mine and the peers'
    CREATE TABLE events(
        stream TEXT NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, hlc TEXT NOT NULL, type TEXT NOT NULL,
        line BLOB NOT NULL, PRIMARY KEY(stream, seq));
    CREATE TABLE facts(
        library TEXT NOT NULL, item TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL,
        PRIMARY KEY(library, item, stream, seq)) WITHOUT ROWID;
    CREATE TABLE streams(
        stream TEXT PRIMARY KEY, seq INTEGER NOT NULL, id TEXT NOT NULL, hlc TEXT NOT NULL,
        head INTEGER NOT NULL DEFAULT 0, applied_at INTEGER NOT NULL DEFAULT 0, gap_since INTEGER NOT NULL DEFAULT 0,
        acknowledged INTEGER NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '');
    CREATE TABLE forks(stream TEXT NOT NULL, seq INTEGER NOT NULL, line BLOB NOT NULL, PRIMARY KEY(stream, seq, line));
    CREATE TABLE aliases(library TEXT NOT NULL, id TEXT NOT NULL, alias TEXT NOT NULL, PRIMARY KEY(library, id, alias));
    CREATE TABLE files(
        place TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, k INTEGER NOT NULL,
        confirmed INTEGER NOT NULL, written REAL NOT NULL,
        lost INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE quarantine(place TEXT PRIMARY KEY, why TEXT NOT NULL, since INTEGER NOT NULL, next INTEGER NOT NULL, tries INTEGER NOT NULL);

    -- outward: hints, what is to be told, what has to reach the drive first
    CREATE TABLE inbox(
        n INTEGER PRIMARY KEY AUTOINCREMENT, app TEXT NOT NULL, source TEXT NOT NULL, body BLOB NOT NULL,
        received INTEGER NOT NULL, next INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '');
    CREATE TABLE outbox(
        n INTEGER PRIMARY KEY AUTOINCREMENT, library TEXT NOT NULL, item TEXT NOT NULL, type TEXT NOT NULL, body BLOB NOT NULL,
        needs TEXT NOT NULL, cause TEXT NOT NULL, since INTEGER NOT NULL, gone_since INTEGER NOT NULL DEFAULT 0,
        next INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '');
    CREATE TABLE uploads(
        n INTEGER PRIMARY KEY AUTOINCREMENT, outbox INTEGER NOT NULL, library TEXT NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL,
        phase TEXT NOT NULL, stat BLOB NOT NULL DEFAULT '', replaces INTEGER NOT NULL, since INTEGER NOT NULL,
        next INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '',
        done INTEGER NOT NULL DEFAULT 0, speed INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE uploaded(bytes INTEGER NOT NULL, at INTEGER NOT NULL);

    -- inward: what is not yet as the registry wants it
    CREATE TABLE baselines(library TEXT NOT NULL, item TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY(library, item)) WITHOUT ROWID;
    CREATE TABLE memories(library TEXT NOT NULL, item TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY(library, item)) WITHOUT ROWID;
    CREATE TABLE dirty(
        library TEXT NOT NULL, item TEXT NOT NULL, since INTEGER NOT NULL, next INTEGER NOT NULL, tries INTEGER NOT NULL,
        state TEXT NOT NULL, why TEXT NOT NULL, title TEXT NOT NULL DEFAULT '', marks INTEGER NOT NULL DEFAULT 1,
        PRIMARY KEY(library, item)) WITHOUT ROWID;
    CREATE TABLE holds(
        n INTEGER PRIMARY KEY AUTOINCREMENT, peer TEXT NOT NULL, library TEXT NOT NULL, kind TEXT NOT NULL,
        since INTEGER NOT NULL, why TEXT NOT NULL, approved INTEGER NOT NULL DEFAULT 0, UNIQUE(peer, library, kind, approved));
    CREATE TABLE held(hold INTEGER NOT NULL, library TEXT NOT NULL, item TEXT NOT NULL, title TEXT NOT NULL, PRIMARY KEY(hold, library, item)) WITHOUT ROWID;
    CREATE TABLE acted(peer TEXT NOT NULL, library TEXT NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL);
    CREATE TABLE scans(
        scanner TEXT NOT NULL, library TEXT NOT NULL, folder TEXT NOT NULL, next INTEGER NOT NULL, again INTEGER NOT NULL DEFAULT 0,
        since INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '', refused INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY(scanner, library, folder)) WITHOUT ROWID;
    CREATE TABLE refusals(subject TEXT PRIMARY KEY, what TEXT NOT NULL, fix TEXT NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE counters(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

    CREATE INDEX dirty_next ON dirty(next);
    CREATE INDEX events_type ON events(type) WHERE type IN ('node.left', 'stream.opened', 'node.hello')
    """,
    """
    -- consecutive events of one stream in one row, their lines with newlines between them, their ids one after
    -- the other; an event's place is its row's and its number in the row; hlc is the last line's
    CREATE TABLE runs(
        place INTEGER PRIMARY KEY, stream TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
        hlc TEXT NOT NULL, ids TEXT NOT NULL, lines BLOB NOT NULL);
    INSERT INTO runs SELECT rowid, stream, seq, seq, hlc, id, line FROM events ORDER BY rowid;
    CREATE UNIQUE INDEX runs_stream ON runs(stream, first, last);

    -- the events that are looked for by their type
    CREATE TABLE by_type(
        type TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL, hlc TEXT NOT NULL,
        PRIMARY KEY(type, stream, seq)) WITHOUT ROWID;
    INSERT INTO by_type SELECT type, stream, seq, hlc FROM events
        WHERE type IN ('node.left', 'stream.opened', 'node.hello', 'item.aliased');

    -- where the events about an item are
    CREATE TABLE about(
        library TEXT NOT NULL, item TEXT NOT NULL, place INTEGER NOT NULL, PRIMARY KEY(library, item, place)) WITHOUT ROWID;
    INSERT INTO about SELECT f.library, f.item, e.rowid FROM facts f JOIN events e ON e.stream=f.stream AND e.seq=f.seq
        ORDER BY f.library, f.item, e.rowid;
    DROP TABLE facts;
    DROP TABLE events;
    DROP INDEX dirty_next
    """,
    """
    -- the units this node downloads, whose grab locks it keeps
    CREATE TABLE grabs(
        library TEXT NOT NULL, item TEXT NOT NULL, unit TEXT NOT NULL, since INTEGER NOT NULL, told INTEGER NOT NULL,
        gone INTEGER NOT NULL DEFAULT 0, first TEXT NOT NULL DEFAULT '', PRIMARY KEY(library, item, unit)) WITHOUT ROWID;
    """,
    """
    -- the first day of each library, and what its inventory will tell
    CREATE TABLE first_days(
        library TEXT PRIMARY KEY, step TEXT NOT NULL, since INTEGER NOT NULL, done INTEGER NOT NULL, total INTEGER NOT NULL,
        at TEXT NOT NULL, why TEXT NOT NULL, counts BLOB NOT NULL, met BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE inventory(library TEXT NOT NULL, item TEXT NOT NULL, found BLOB NOT NULL, PRIMARY KEY(library, item)) WITHOUT ROWID
    """,
    """
    -- since when a file that is to be told is neither here nor on the drive
    ALTER TABLE uploads ADD COLUMN gone_since INTEGER NOT NULL DEFAULT 0
    """,
    """
    -- what is asked once an item, or once a fact, is found without reading a table of as many rows
    CREATE INDEX uploads_of ON uploads(outbox);
    CREATE INDEX uploads_sent ON uploads(library) WHERE phase='sent';
    CREATE INDEX outbox_item ON outbox(library, item);
    CREATE INDEX held_item ON held(library, item);
    CREATE INDEX acted_of ON acted(peer, library, kind, at);
    CREATE INDEX acted_at ON acted(at);
    CREATE INDEX aliases_alias ON aliases(library, alias, id)
    """,
    """
    -- when this node applied the events of a row, by its own clock (0: before that was noted)
    ALTER TABLE runs ADD COLUMN applied INTEGER NOT NULL DEFAULT 0
    """,
)

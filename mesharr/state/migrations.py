"""The tables, one script per version.

A released script is never changed; a new one is appended.

Times are milliseconds since the epoch (0: never), sizes bytes. `body`, `value`, `found`, `line`, `description`,
`counts` and `met` hold JSON; `mark` and `marks` hashes in hex.
"""

from typing import Final

MIGRATIONS: Final[tuple[str, ...]] = (
    """
    -- this node: tables of one row
    CREATE TABLE node(
        one INTEGER PRIMARY KEY CHECK(one=1), mesh TEXT NOT NULL DEFAULT '', mesh_name TEXT NOT NULL DEFAULT '', running_s INTEGER NOT NULL DEFAULT 0,
        hello TEXT NOT NULL DEFAULT '', hello_at INTEGER NOT NULL DEFAULT 0, hello_owed INTEGER NOT NULL DEFAULT 0,
        sync_requested INTEGER NOT NULL DEFAULT 0, retry_requested INTEGER NOT NULL DEFAULT 0,
        uploads_paused INTEGER NOT NULL DEFAULT 0, uploads_limit INTEGER NOT NULL DEFAULT 0);
    INSERT INTO node(one) VALUES(1);
    CREATE TABLE store(
        one INTEGER PRIMARY KEY CHECK(one=1), why TEXT NOT NULL DEFAULT '', storage TEXT NOT NULL DEFAULT '',
        lacks TEXT NOT NULL DEFAULT '', uploading TEXT NOT NULL DEFAULT '', ignored_names INTEGER NOT NULL DEFAULT 0);
    INSERT INTO store(one) VALUES(1);
    CREATE TABLE incarnation(
        one INTEGER PRIMARY KEY CHECK(one=1), inc TEXT NOT NULL DEFAULT '', clock TEXT NOT NULL DEFAULT '',
        other_writer INTEGER NOT NULL DEFAULT 0);
    INSERT INTO incarnation(one) VALUES(1);

    -- the log, as far as it is verified and applied, of this node and of its peers: consecutive events of one
    -- stream in one row, their lines with newlines between them, their ids one after the other; the place of an
    -- event is that of its row and its number in the row; hlc is of the last line, applied by this node's clock
    CREATE TABLE runs(
        place INTEGER PRIMARY KEY, stream TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
        hlc TEXT NOT NULL, ids TEXT NOT NULL, lines BLOB NOT NULL, applied INTEGER NOT NULL);
    CREATE TABLE streams(
        stream TEXT PRIMARY KEY, seq INTEGER NOT NULL, id TEXT NOT NULL, hlc TEXT NOT NULL,
        head INTEGER NOT NULL DEFAULT 0, applied_at INTEGER NOT NULL DEFAULT 0, gap_since INTEGER NOT NULL DEFAULT 0,
        acknowledged INTEGER NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '', archive_at INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE forks(stream TEXT NOT NULL, seq INTEGER NOT NULL, line BLOB NOT NULL, PRIMARY KEY(stream, seq, line));
    CREATE TABLE forgotten_removals(stream TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE own_streams(
        stream TEXT PRIMARY KEY, closed INTEGER, opened INTEGER NOT NULL DEFAULT 0,
        forked INTEGER NOT NULL DEFAULT 0, teller TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
    CREATE TABLE files(
        place TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, k INTEGER NOT NULL,
        confirmed INTEGER NOT NULL, written REAL NOT NULL,
        lost INTEGER NOT NULL DEFAULT 0, unlisted INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE quarantine(place TEXT PRIMARY KEY, why TEXT NOT NULL, since INTEGER NOT NULL, next INTEGER NOT NULL, tries INTEGER NOT NULL);

    -- by what events are found: made of their lines, by the program that index_made names
    CREATE TABLE about(
        library TEXT NOT NULL, item TEXT NOT NULL, place INTEGER NOT NULL, PRIMARY KEY(library, item, place)) WITHOUT ROWID;
    CREATE TABLE by_type(
        type TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL, hlc TEXT NOT NULL,
        PRIMARY KEY(type, stream, seq)) WITHOUT ROWID;
    CREATE TABLE aliases(
        library TEXT NOT NULL, id TEXT NOT NULL, alias TEXT NOT NULL, node TEXT NOT NULL,
        PRIMARY KEY(library, id, node, alias)) WITHOUT ROWID;
    CREATE TABLE not_understood(stream TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE index_made(
        one INTEGER PRIMARY KEY CHECK(one=1), made_by TEXT NOT NULL DEFAULT '', remade_by TEXT NOT NULL DEFAULT '',
        place INTEGER NOT NULL DEFAULT 0);
    INSERT INTO index_made(one) VALUES(1);
    -- each item as lists show it, made of its events; value has the whole row, sort the title in small letters,
    -- ids its ids in small letters, each between two blanks
    CREATE TABLE catalogue(
        library TEXT NOT NULL, item TEXT NOT NULL, sort TEXT NOT NULL, owner TEXT NOT NULL, size INTEGER NOT NULL,
        present INTEGER NOT NULL, ids TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY(library, item)) WITHOUT ROWID;
    CREATE TABLE catalogue_made(
        one INTEGER PRIMARY KEY CHECK(one=1), made_by TEXT NOT NULL, place INTEGER NOT NULL, library TEXT NOT NULL,
        item TEXT NOT NULL, whole INTEGER NOT NULL);

    -- queues: rows are due at next
    CREATE TABLE inbox(
        n INTEGER PRIMARY KEY AUTOINCREMENT, app TEXT NOT NULL, source TEXT NOT NULL, body BLOB NOT NULL,
        received INTEGER NOT NULL, next INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '');
    CREATE TABLE outbox(
        n INTEGER PRIMARY KEY AUTOINCREMENT, library TEXT NOT NULL, item TEXT NOT NULL, type TEXT NOT NULL, body BLOB NOT NULL,
        needs TEXT NOT NULL, cause TEXT NOT NULL, since INTEGER NOT NULL, gone_since INTEGER NOT NULL DEFAULT 0,
        next INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '',
        looked INTEGER);  -- when the drive last was as stated; NULL: it states nothing of files
    CREATE TABLE uploads(
        n INTEGER PRIMARY KEY AUTOINCREMENT, outbox INTEGER NOT NULL, library TEXT NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL,
        phase TEXT NOT NULL, stat BLOB NOT NULL DEFAULT '', replaces INTEGER NOT NULL, since INTEGER NOT NULL,
        next INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '',
        done INTEGER NOT NULL DEFAULT 0, speed INTEGER NOT NULL DEFAULT 0, gone_since INTEGER NOT NULL DEFAULT 0,
        target TEXT NOT NULL DEFAULT '', other_size INTEGER NOT NULL DEFAULT -1, other_since INTEGER NOT NULL DEFAULT 0);
    -- what this node last sent beside films; size and hash as the remote lists it
    CREATE TABLE sent_sidecars(
        library TEXT NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, hash TEXT NOT NULL,
        PRIMARY KEY(library, path)) WITHOUT ROWID;
    CREATE TABLE new_files(
        library TEXT NOT NULL, item TEXT NOT NULL, since INTEGER NOT NULL, next INTEGER NOT NULL DEFAULT 0,
        tries INTEGER NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '', PRIMARY KEY(library, item)) WITHOUT ROWID;
    CREATE TABLE partials(
        target TEXT PRIMARY KEY, next INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
    -- uploads in whose place the drive has another file; key: the path in one spelling
    CREATE TABLE upload_conflicts(
        library TEXT NOT NULL, key TEXT NOT NULL, path TEXT NOT NULL, item TEXT NOT NULL, node TEXT NOT NULL, size INTEGER NOT NULL,
        since INTEGER NOT NULL, answer TEXT NOT NULL DEFAULT '', name TEXT NOT NULL DEFAULT '', is_twin INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY(library, key)) WITHOUT ROWID;
    CREATE TABLE uploaded(bytes INTEGER NOT NULL, at INTEGER NOT NULL);
    CREATE TABLE uploaded_days(day INTEGER PRIMARY KEY, bytes INTEGER NOT NULL);  -- since the epoch, in UTC
    CREATE TABLE paused_remotes(
        remote TEXT PRIMARY KEY, until INTEGER NOT NULL, tries INTEGER NOT NULL, why TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE scans(
        scanner TEXT NOT NULL, library TEXT NOT NULL, folder TEXT NOT NULL, next INTEGER NOT NULL, again INTEGER NOT NULL DEFAULT 0,
        since INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '', refused INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY(scanner, library, folder)) WITHOUT ROWID;
    CREATE TABLE dropped_files(
        library TEXT NOT NULL, item TEXT NOT NULL, path TEXT NOT NULL, size INTEGER, since INTEGER NOT NULL, next INTEGER NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '', scanned INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY(library, item, path)) WITHOUT ROWID;
    CREATE TABLE trash(
        scanner TEXT NOT NULL, library TEXT NOT NULL, asked INTEGER NOT NULL, settled INTEGER NOT NULL DEFAULT 0, next INTEGER NOT NULL,
        since INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '', PRIMARY KEY(scanner, library)) WITHOUT ROWID;
    -- the place of the newest event of an item whose removals were considered for the trash
    CREATE TABLE trash_marks(
        library TEXT NOT NULL, item TEXT NOT NULL, place INTEGER NOT NULL, PRIMARY KEY(library, item)) WITHOUT ROWID;
    CREATE TABLE scan_requests(scanner TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE dirty(
        library TEXT NOT NULL, item TEXT NOT NULL, since INTEGER NOT NULL, next INTEGER NOT NULL, tries INTEGER NOT NULL,
        state TEXT NOT NULL, why TEXT NOT NULL, title TEXT NOT NULL DEFAULT '', marks INTEGER NOT NULL DEFAULT 1,
        PRIMARY KEY(library, item)) WITHOUT ROWID;

    -- items: what mesharr finished with, did, and found
    -- listed: whether its app has the item; wants: whether the item may want a file (both for the limits)
    -- former: whether it was forgotten for a new incarnation; then it only tells what a deletion is about
    CREATE TABLE baselines(
        library TEXT NOT NULL, item TEXT NOT NULL, value BLOB NOT NULL, listed INTEGER NOT NULL, wants INTEGER NOT NULL,
        folder TEXT NOT NULL, former INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(library, item)) WITHOUT ROWID;
    CREATE TABLE memories(
        library TEXT NOT NULL, item TEXT NOT NULL, value BLOB NOT NULL, suspects INTEGER NOT NULL,
        PRIMARY KEY(library, item)) WITHOUT ROWID;
    CREATE TABLE pauses(
        library TEXT NOT NULL, item TEXT NOT NULL, unit TEXT NOT NULL, counts_for TEXT NOT NULL,
        PRIMARY KEY(library, item, unit)) WITHOUT ROWID;
    CREATE TABLE missing_items(
        library TEXT NOT NULL, item TEXT NOT NULL, why TEXT NOT NULL, PRIMARY KEY(library, item)) WITHOUT ROWID;
    CREATE TABLE asked_items(
        library TEXT NOT NULL, item TEXT NOT NULL, kind TEXT NOT NULL, why TEXT NOT NULL,
        answer TEXT NOT NULL DEFAULT '', PRIMARY KEY(library, item)) WITHOUT ROWID;
    CREATE TABLE conflicts(
        library TEXT NOT NULL, item TEXT NOT NULL, n INTEGER NOT NULL, units TEXT NOT NULL, owner TEXT NOT NULL,
        kept TEXT NOT NULL, other TEXT NOT NULL, node TEXT NOT NULL, kept_node TEXT NOT NULL, kept_size INTEGER NOT NULL,
        other_size INTEGER NOT NULL, PRIMARY KEY(library, item, n)) WITHOUT ROWID;
    CREATE TABLE kept_conflicts(  -- the user wants both files
        library TEXT NOT NULL, item TEXT NOT NULL, files TEXT NOT NULL, PRIMARY KEY(library, item, files)) WITHOUT ROWID;
    CREATE TABLE scan_marks(
        library TEXT NOT NULL, item TEXT NOT NULL, marks TEXT NOT NULL, PRIMARY KEY(library, item)) WITHOUT ROWID;
    CREATE TABLE grabs(
        library TEXT NOT NULL, item TEXT NOT NULL, unit TEXT NOT NULL, since INTEGER NOT NULL, renewed_at INTEGER NOT NULL,
        gone_since INTEGER NOT NULL DEFAULT 0, earlier_peer TEXT NOT NULL DEFAULT '', PRIMARY KEY(library, item, unit)) WITHOUT ROWID;

    -- groups that need approval, their items, and what was done of each kind
    CREATE TABLE holds(
        n INTEGER PRIMARY KEY AUTOINCREMENT, peer TEXT NOT NULL, library TEXT NOT NULL, kind TEXT NOT NULL,
        since INTEGER NOT NULL, why TEXT NOT NULL, approved INTEGER NOT NULL DEFAULT 0, UNIQUE(peer, library, kind, approved));
    CREATE TABLE held(hold INTEGER NOT NULL, library TEXT NOT NULL, item TEXT NOT NULL, title TEXT NOT NULL, said TEXT NOT NULL DEFAULT '', PRIMARY KEY(hold, library, item)) WITHOUT ROWID;
    CREATE TABLE acted(peer TEXT NOT NULL, library TEXT NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL);

    -- libraries and their apps
    CREATE TABLE libraries(
        library TEXT PRIMARY KEY, began INTEGER NOT NULL DEFAULT 0, baselined INTEGER NOT NULL DEFAULT 0,
        compared INTEGER NOT NULL DEFAULT 0,
        app_start TEXT NOT NULL DEFAULT '', mount TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
    CREATE TABLE first_days(
        n INTEGER PRIMARY KEY AUTOINCREMENT, library TEXT NOT NULL UNIQUE, step TEXT NOT NULL, since INTEGER NOT NULL,
        done INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0, at TEXT NOT NULL DEFAULT '',
        why TEXT NOT NULL DEFAULT '', counts BLOB NOT NULL DEFAULT '{}', met BLOB NOT NULL DEFAULT '{}');
    CREATE TABLE inventory(library TEXT NOT NULL, item TEXT NOT NULL, found BLOB NOT NULL, PRIMARY KEY(library, item)) WITHOUT ROWID;
    CREATE TABLE apps(
        app TEXT PRIMARY KEY, description BLOB NOT NULL DEFAULT '', settings_checked INTEGER NOT NULL DEFAULT 0,
        history_read INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
    CREATE TABLE history_marks(
        app TEXT NOT NULL, mark TEXT NOT NULL, times INTEGER NOT NULL, PRIMARY KEY(app, mark)) WITHOUT ROWID;

    -- other nodes
    CREATE TABLE unknown_nodes(node TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE introductions(node TEXT PRIMARY KEY, value BLOB NOT NULL, read INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE wrong_clocks(node TEXT PRIMARY KEY, clock TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE adopted_nodes(node TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE fork_reports(node TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;

    -- for status, metrics and notices
    CREATE TABLE outages(
        subject TEXT PRIMARY KEY, since INTEGER NOT NULL, last INTEGER NOT NULL, why TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE refusals(subject TEXT PRIMARY KEY, what TEXT NOT NULL, fix TEXT NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE counters(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE sent_notices(target TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY(target, key)) WITHOUT ROWID;
    CREATE TABLE notice_places(target TEXT PRIMARY KEY, place INTEGER NOT NULL) WITHOUT ROWID;
    """,
    """
    -- what is asked once an item, or once an event, is found without reading a table of as many rows
    CREATE UNIQUE INDEX runs_stream ON runs(stream, first, last);
    CREATE INDEX scans_due ON scans(scanner, next, folder);
    CREATE INDEX uploads_of ON uploads(outbox);
    CREATE INDEX uploads_sent ON uploads(library) WHERE phase IN ('sent','shown');
    CREATE INDEX outbox_item ON outbox(library, item);
    CREATE INDEX held_item ON held(library, item);
    CREATE INDEX acted_of ON acted(peer, library, kind, at);
    CREATE INDEX acted_at ON acted(at);
    CREATE INDEX catalogue_titles ON catalogue(sort, library, item, present, owner, size);
    CREATE INDEX aliases_alias ON aliases(library, alias, node, id);
    CREATE INDEX baselines_listed ON baselines(library, wants) WHERE listed=1;
    CREATE INDEX baselines_folder ON baselines(library, folder, former);
    CREATE INDEX memories_suspects ON memories(library, suspects) WHERE suspects>0;
    CREATE INDEX pauses_for ON pauses(library, counts_for)
    """,
)

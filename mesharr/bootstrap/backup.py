"""Back up what makes a node itself, and go back to a backup: database, key, peers, config.

A backup is a zip file as Radarr's is, in `backups/scheduled` or `backups/manual` of the config dir. It has
the key of the node in it: only the owner may read it. A node that continues from an older database finds its
later events on the drive, and begins a new incarnation (`mesharr.node.outward.stream.incarnation`).
"""

import os
import re
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from typing import Final, Literal
from urllib.parse import quote

import msgspec

from mesharr.bootstrap.database import DB_NAME
from mesharr.bootstrap.node_key import KEY_NAME
from mesharr.core.errors import Damaged, Refused, Unavailable
from mesharr.settings.config_file import CONFIG_NAME
from mesharr.state.lock import hold_lock
from mesharr.state.peers import PEERS_NAME

Kind = Literal["scheduled", "manual"]
FOLDER: Final = "backups"
FILES: Final = (CONFIG_NAME, PEERS_NAME, KEY_NAME)
"""What a backup has besides the database, as far as the node has it."""
DAY_S = 86_400
MAX_BYTES = 64 * 1024**3
"""The largest database that is taken from a backup."""
_NAME = re.compile(r"mesharr_backup_(\d{4}\.\d\d\.\d\d_\d\d\.\d\d\.\d\d)\.zip")
_TIME = "%Y.%m.%d_%H.%M.%S"


class Backup(msgspec.Struct, frozen=True):
    """A backup in the config dir."""

    path: str
    kind: Kind
    made: int
    """When (ms)."""
    size: int
    """In bytes."""


def make(config_dir: str, kind: Kind, now: int) -> Backup:
    """Back the node up, also beside a running daemon; return the new backup.

    The file is complete, checked and on the disk once this returns; a crash leaves no half of it.

    Raises:
        Refused: the node has no database yet.
        Damaged: its database is damaged; earlier backups stay.
        Unavailable: the disk is full or cannot be written, or the database is locked.

    """
    database = os.path.join(config_dir, DB_NAME)
    if not os.path.exists(database):
        raise Refused("there is nothing to back up", "this node has never run")
    folder = os.path.join(config_dir, FOLDER, kind)
    with _disk_errors(folder):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=folder) as making:
            copy = os.path.join(making, DB_NAME)
            _copy_database(database, copy)
            path = _free_path(folder, now)
            packed = os.path.join(making, os.path.basename(path))
            _pack(packed, {DB_NAME: copy, **{name: os.path.join(config_dir, name) for name in FILES}})
            os.rename(packed, path)
            _sync_folder(folder)
    return Backup(path, kind, now // 1000 * 1000, os.path.getsize(path))


def backups(config_dir: str) -> list[Backup]:
    """Return the backups of a config dir, the newest first."""
    found: list[Backup] = []
    kinds: tuple[Kind, ...] = ("scheduled", "manual")
    for kind in kinds:
        with suppress(FileNotFoundError), os.scandir(os.path.join(config_dir, FOLDER, kind)) as entries:
            for entry in entries:
                match = _NAME.fullmatch(entry.name)
                if match and entry.is_file(follow_symlinks=False):
                    made = datetime.strptime(match[1], _TIME).replace(tzinfo=UTC)
                    size = entry.stat().st_size
                    found.append(Backup(entry.path, kind, int(made.timestamp()) * 1000, size))
    return sorted(found, key=lambda each: (each.made, each.path), reverse=True)


def make_scheduled(config_dir: str, now: int, keep_days: int) -> Backup | None:
    """Make the backup of the day unless it is there, and delete the scheduled ones that are old.

    Those of the last `keep_days` days stay, and the newest one always; manual ones are never deleted. Returns
    the new backup. Raises as `make` does, and then nothing is deleted.
    """
    scheduled = [each for each in backups(config_dir) if each.kind == "scheduled"]
    if scheduled and 0 <= now - scheduled[0].made < DAY_S * 1000:
        return None
    made = make(config_dir, "scheduled", now)
    for each in scheduled:
        if now - each.made >= keep_days * DAY_S * 1000:
            with suppress(OSError):
                os.unlink(each.path)
    return made


def restore(config_dir: str, path: str, now: int) -> str:
    """Put the files of a backup in place of today's; return the folder that has today's now.

    Nothing is deleted. Every file of the backup is checked before one of today's is moved. The next start
    compares the drive with the database, as after any restored database.

    Raises:
        Refused: the file is no backup, or it is damaged, or a mesharr runs on the config dir (`Busy`).
        Unavailable: the disk is full or cannot be written.

    """
    with hold_lock(config_dir), _disk_errors(config_dir):
        replaced = _free_path(os.path.join(config_dir, FOLDER), now, "replaced_", "")
        os.makedirs(os.path.join(config_dir, FOLDER), mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".restoring-", dir=config_dir) as unpacked:
            names = _unpack(path, unpacked)
            _check_database(os.path.join(unpacked, DB_NAME), path)
            os.mkdir(replaced, mode=0o700)
            # the database first: with its log of another database beside it, it would be damaged
            for name in (DB_NAME, f"{DB_NAME}-wal", f"{DB_NAME}-shm", *names):
                with suppress(FileNotFoundError):
                    os.rename(os.path.join(config_dir, name), os.path.join(replaced, name))
            for name in names:
                os.rename(os.path.join(unpacked, name), os.path.join(config_dir, name))
            _sync_folder(config_dir)
    return replaced


@contextmanager
def _disk_errors(folder: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(
            f"{folder} cannot be written ({error.strerror or error})", "make room there, or make it writable"
        ) from error


def _copy_database(source: str, target: str) -> None:
    """Copy a database as of one moment, also while it is written to, and check the copy."""
    try:
        reading = sqlite3.connect(f"file:{quote(source)}?mode=ro", uri=True, timeout=30)
        with closing(reading), closing(sqlite3.connect(target)) as copy:
            reading.backup(copy)
        _check_database(target, source)
    except sqlite3.OperationalError as error:
        raise Unavailable(f"the database cannot be copied now: {error}", "try again") from error
    except sqlite3.DatabaseError as error:
        raise _damaged(source, error) from error


def _check_database(path: str, source: str) -> None:
    """Raise `Damaged` unless SQLite finds a database whole."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(1)")]
            version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise _damaged(source, error) from error
    if found != ["ok"] or not version:
        raise _damaged(source, "; ".join(found))


def _damaged(source: str, reason: object) -> Damaged:
    return Damaged(
        f"the database in {source} is damaged ({reason})", "use an earlier backup: `mesharr backup list`"
    )


def _pack(path: str, files: dict[str, str]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, source in files.items():
                with suppress(FileNotFoundError):
                    archive.write(source, name)
        stream.flush()
        os.fsync(stream.fileno())


def _unpack(path: str, folder: str) -> list[str]:
    """Unpack the known files of a backup, readable by the owner alone; return their names."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename: info for info in archive.infolist()}
            if DB_NAME not in members:
                raise Refused(f"{path} is no backup of mesharr: it has no {DB_NAME}", "`mesharr backup list`")
            names = [name for name in (DB_NAME, *FILES) if name in members]
            for name in names:
                if members[name].file_size > MAX_BYTES:
                    raise Refused(f"{path}: {name} is too large", "use another backup")
                handle = os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(handle, "wb") as stream, archive.open(members[name]) as source:
                    shutil.copyfileobj(source, stream)
                    stream.flush()
                    os.fsync(stream.fileno())
    except FileNotFoundError as error:
        raise Refused(f"there is no {path}", "`mesharr backup list` shows the backups") from error
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError) as error:
        raise Refused(
            f"{path} is no whole backup ({error})", "use another one: `mesharr backup list`"
        ) from error
    return names


def _free_path(folder: str, now: int, prefix: str = "mesharr_backup_", suffix: str = ".zip") -> str:
    """Return a path for this second that nothing has; of a second that is taken, one later."""
    while True:
        time = datetime.fromtimestamp(now / 1000, UTC).strftime(_TIME)
        path = os.path.join(folder, f"{prefix}{time}{suffix}")
        if not os.path.lexists(path):
            return path
        now += 1000


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

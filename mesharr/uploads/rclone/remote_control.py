"""Drive one rclone through its remote control: a few requests for each file, and no process."""

import os
import posixpath
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

import httpx
import msgspec

from mesharr.core.answers import decoded
from mesharr.core.errors import MesharrError, Outage, Refused, Unavailable
from mesharr.uploads.base import Progress
from mesharr.uploads.rclone import partial_names
from mesharr.uploads.rclone.control_answers import (
    AllFound,
    Copies,
    Empty,
    Error,
    Found,
    Hash,
    Job,
    Listed,
    Remotes,
    Result,
    Status,
    TreeSteps,
)
from mesharr.uploads.rclone.failures import failure
from mesharr.uploads.rclone.flow import CopiedTree, Delivery, IfThere, RcloneUpload, place_of
from mesharr.uploads.rclone.link_tree import LinkTree
from mesharr.uploads.rclone.listing import Entry, Features, only_ones
from mesharr.uploads.rclone.processes import Stats, without_secrets
from mesharr.uploads.rclone.server import Server
from mesharr.uploads.rclone.source import HeldSource

_SMALL: Final = 16 * 2**20
"""Up to so many bytes a file is copied within one request, which reports no progress."""
_FIRST_LOOK_S: Final = 0.005
_LONGEST_LOOK_S: Final = 0.5
_REPORT_S: Final = 1.0
_IF_THERE: Final[Mapping[IfThere, str]] = {
    "leave": "IgnoreExisting",
    "compare size": "SizeOnly",
    "replace": "IgnoreTimes",
}
_LONG: Final = frozenset({"operations/hashsumfile", "job/batch"})
"""The requests that may take minutes: rclone itself gives up on a drive that does not answer."""
_NOT_FOUND: Final = ("not found", "no such file", "doesn't exist", "does not exist")
_READS_NO_FILE: Final = "start that rclone with --rc-serve, or set uploads.rclone.rc: own"
Value = TypeVar("Value")


class _Failed(Exception):  # noqa: N818 - caught in this module: rclone's answer to one request
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    @property
    def is_absence(self) -> bool:
        return _is_absence(self.text)


class RcloneControl(RcloneUpload):
    """An `Uploader` that has one rclone do everything."""

    def __init__(self, server: Server, node: str = "") -> None:
        super().__init__(node)
        self._server = server
        self._stopped = threading.Condition()
        self._has_batches = True
        self._just_listed: dict[tuple[str, str], Sequence[Entry]] = {}

    def read(self, target: str, limit: int, begin: int = 0) -> bytes | None:
        """Return at most `limit` bytes of a remote file: `Uploader.read`."""
        fs, remote = _split(target)
        try:
            answer = self._server.client(self._generation()).get(
                f"/[{fs}]/{remote}", headers={"Range": f"bytes={begin}-{begin + limit - 1}"}
            )
        except httpx.HTTPError as error:
            raise _unreachable(error) from error
        if answer.is_success:
            return answer.content[:limit] or None
        if answer.status_code == 404 and self._entry(self._generation(), target, "") is None:
            return None
        raise Refused(
            f"rclone's remote control does not read {target} ({answer.status_code})", _READS_NO_FILE
        )

    def remotes(self) -> frozenset[str]:
        """Return the names of the remotes in rclone's config."""
        return frozenset(self._asked(self._generation(), "", "config/listremotes", Remotes).remotes or ())

    def stop(self) -> None:
        """End all running transfers: `Uploader.stop`."""
        self._server.stop()
        with self._stopped:
            self._stopped.notify_all()

    def _generation(self) -> int:
        """Return the current generation."""
        return self._server.generation

    def _copy(self, delivery: Delivery, if_there: IfThere) -> bool:
        """Run one copy; return whether anything was sent."""
        held, target = delivery.held, delivery.target
        source, (fs, remote) = self._source(held), _split(target)
        copy = {
            "srcFs": f":local,copy_links:{posixpath.dirname(source)}",
            "srcRemote": posixpath.basename(source),
            "dstFs": fs,
            "dstRemote": remote,
            "_group": f"mesharr/{uuid.uuid4().hex}",
            "_config": {_IF_THERE[if_there]: True, "PartialSuffix": self._suffix},
        }
        error = None
        try:
            if self._has_batches and held.size <= _SMALL:
                error, sent = self._copied_at_once(delivery, copy)
            if error is None:
                error, sent = self._copied_by_a_job(delivery, copy)
        except _Failed as failed:
            raise _error(failed.text, target, gone=held.is_gone()) from failed
        if error:
            raise _error(error, target, gone=held.is_gone())
        return sent

    def _copied_at_once(self, delivery: Delivery, copy: Mapping[str, object]) -> tuple[str | None, bool]:
        """Return why a copy failed, "" when it did not, and whether it was sent, by one request.

        What the remote lists after it is kept for the check that follows. The reason is None when this rclone
        knows no such requests.
        """
        group, generation, target = copy["_group"], delivery.generation, delivery.target
        features = self._features(generation, target)
        kind = features.hash(cheap=True)
        look = _list_of(target, kind) if features.has_twins else _stat_of(target, kind)
        inputs = [
            {"_path": "operations/copyfile", **copy},
            {"_path": "core/stats", "group": group},
            look,
            {"_path": "core/stats-delete", "group": group},
        ]
        batch = self._batched(generation, Copies, inputs)
        if batch is None:
            return None, False
        done = batch.results
        sent = done[1].transfers > 0
        if sent and not (done[0].error or done[2].error):
            found = [done[2].item] if done[2].item else done[2].list or []
            self._just_listed[target, kind] = found
        return done[0].error, sent

    def _handles(self) -> str:
        """Return the folder in which rclone finds what is open here."""
        return f"/proc/{os.getpid()}/fd" if self._server.reads_handles and self._has_batches else ""

    def _copy_new(self, generation: int, tree: LinkTree, kind: str) -> CopiedTree:
        """Copy the files of a tree, and list them, by one request."""
        group = f"mesharr/{uuid.uuid4().hex}"
        config = {"IgnoreExisting": True, "PartialSuffix": self._suffix, "Transfers": 1}
        options = {"recurse": True, "filesOnly": True, **_options(kind)}
        only = {"IncludeRule": [f"/{partial_names.literal(path)}" for path in tree.held]}
        source = {"srcFs": f":local,copy_links:{tree.folder}", "dstFs": tree.root}
        inputs: list[dict[str, object]] = [
            {"_path": "sync/copy", **source, "_group": group, "_config": config},
            {"_path": "core/transferred", "group": group},
            {"_path": "operations/list", "fs": tree.root, "remote": "", "opt": options, "_filter": only},
            {"_path": "core/stats-delete", "group": group},
        ]
        try:
            batch = self._batched(generation, TreeSteps, inputs)
        except _Failed as failed:
            raise _error(failed.text, tree.root) from failed
        if batch is None:
            return CopiedTree({})
        done = batch.results
        tried = [each for each in done[1].transferred or () if not each.checked]
        sent = {each.name for each in tried if not each.error}
        if done[0].error and not sent:
            raise _error("; ".join((done[0].error, *(each.error for each in tried))), tree.root)
        listed = only_ones(done[2].list or ())
        return CopiedTree({path: each for path, each in listed.items() if path in sent and path in tree.held})

    def _batched(
        self, generation: int, shape: type[Value], inputs: Sequence[Mapping[str, object]]
    ) -> Value | None:
        """Return the answers to several requests, None when this rclone knows no batches."""
        try:
            return self._post(generation, "job/batch", shape, inputs=inputs, concurrency=1)
        except _Failed as failed:
            if "find method" not in failed.text:
                raise
            self._has_batches = False
            return None

    def _copied_by_a_job(self, delivery: Delivery, copy: Mapping[str, object]) -> tuple[str, bool]:
        """Return why a copy failed ("": it did not) and whether it was sent; report its progress."""
        generation, group = delivery.generation, str(copy["_group"])
        job = self._post(generation, "operations/copyfile", Job, **copy, _async=True).jobid
        error = self._ended(delivery, job, group)
        sent = self._post(generation, "core/stats", Stats, group=group).transfers > 0
        self._post(generation, "core/stats-delete", Empty, group=group)
        return error, sent

    def _ended(self, delivery: Delivery, job: int, group: str) -> str:
        """Wait for the end of a job; return why it failed, "" when it did not."""
        generation = delivery.generation
        look, reported, over = _FIRST_LOOK_S, time.monotonic(), False
        try:
            while True:
                status = self._post(generation, "job/status", Status, jobid=job)
                if status.finished:
                    over = True
                    return "" if status.success else status.error or "failed"
                if time.monotonic() - reported >= _REPORT_S:
                    reported = time.monotonic()
                    stats = self._post(generation, "core/stats", Stats, group=group)
                    if stats.total_bytes:
                        delivery.report(Progress(stats.bytes, stats.total_bytes, int(stats.speed)))
                with self._stopped:
                    self._stopped.wait_for(lambda: self._server.generation != generation, look)
                look = min(2 * look, _LONGEST_LOOK_S)
                self._check(generation)
        finally:
            if not over:
                self._end(generation, job)

    def _end(self, generation: int, job: int) -> None:
        try:
            self._post(generation, "job/stop", Empty, jobid=job)
        except (_Failed, MesharrError):
            return  # it ended by itself, or rclone did

    def _source(self, held: HeldSource) -> str:
        """Return the path by which rclone reads the file: one that survives its move, if it may."""
        if self._server.reads_handles and held.handles:
            return f"/proc/{os.getpid()}/fd/{held.handles[0]}"
        return held.path

    def _entry(self, generation: int, target: str, kind: str) -> Entry | None:
        """Return what the remote lists at a path, None when there is no file."""
        if (target, kind) in self._just_listed:
            found = next(iter(self._just_listed.pop((target, kind))), None)
        else:
            found = self._look(generation, target, Found, _stat_of(target, kind)).item
        return None if found is None or found.is_dir else found

    def _twins(self, generation: int, target: str, kind: str) -> Sequence[Entry]:
        """Return all that the remote lists under a name."""
        if (target, kind) in self._just_listed:
            return self._just_listed.pop((target, kind))
        try:
            return self._look(generation, target, AllFound, _list_of(target, kind)).list or ()
        except Unavailable as error:
            if _is_absence(str(error)):
                return ()
            raise

    def _look(self, generation: int, target: str, shape: type[Value], request: Mapping[str, object]) -> Value:
        """Return the answer to one of the requests that a batch may have."""
        sent = {name: value for name, value in request.items() if name != "_path"}
        return self._asked(generation, target, str(request["_path"]), shape, **sent)

    def _read_features(self, generation: int, remote: str) -> Features:
        """Return what a remote can."""
        return self._asked(generation, remote, "operations/fsinfo", Features, fs=remote)

    def _local_hash(self, generation: int, held: HeldSource, kind: str) -> str:
        """Return a hash of the local file, in hex."""
        source = self._source(held)
        place = {"fs": f":local,copy_links:{posixpath.dirname(source)}", "remote": posixpath.basename(source)}
        return self._asked(generation, "", "operations/hashsumfile", Hash, **place, hashType=kind).hash

    def _encrypted_name(self, generation: int, remote: str, name: str) -> str:
        """Return a name as an encrypted remote writes it, "" for any other remote."""
        try:
            found = self._post(generation, "backend/command", Result, command="encode", fs=remote, arg=[name])
        except (_Failed, MesharrError):
            return ""
        return found.result[0] if found.result else ""

    def _delete(self, generation: int, folder: str, pattern: str, size: int | None = None) -> None:
        """Delete the files of a remote folder that rclone's filter selects."""
        fs, remote = _split(folder)
        try:
            if size is not None:
                only = {"IncludeRule": [pattern], "MinSize": size, "MaxSize": size}
                self._post(generation, "operations/delete", Empty, fs=folder, _filter=only)
                return
            listed = self._post(
                generation, "operations/list", Listed, fs=fs, remote=remote, opt={"filesOnly": True}
            )
            for each in listed.list:
                if partial_names.selects(pattern, each.name):
                    self._post(
                        generation,
                        "operations/deletefile",
                        Empty,
                        fs=fs,
                        remote=posixpath.join(remote, each.name),
                    )
        except _Failed as failed:
            if not failed.is_absence:
                raise _error(failed.text, folder) from failed

    def _check(self, generation: int) -> None:
        if generation != self._server.generation:
            raise Unavailable("the upload was stopped")

    def _asked(
        self, generation: int, target: str, where: str, shape: type[Value], /, **sent: object
    ) -> Value:
        """Return the answer to a request without side effects."""
        try:
            return self._post(generation, where, shape, **sent)
        except _Failed as failed:
            raise _error(failed.text, target) from failed

    def _post(self, generation: int, where: str, shape: type[Value], /, **sent: object) -> Value:
        try:
            timeout = None if where in _LONG else httpx.USE_CLIENT_DEFAULT
            answer = self._server.client(generation).post(where, json=sent, timeout=timeout)
        except (httpx.HTTPError, RuntimeError) as error:  # the latter: rclone was started again meanwhile
            raise _unreachable(error) from error
        if answer.status_code in {401, 403}:
            raise Refused("rclone's remote control refuses user and password", "correct uploads.rclone.rc")
        try:
            if answer.is_success:
                return decoded(answer.content, shape)
            text = decoded(answer.content, Error).error
        except msgspec.MsgspecError as error:
            raise Unavailable(
                f"rclone's remote control answered {answer.status_code} with something else"
            ) from error
        raise _Failed(text or f"it answered {answer.status_code}")


def _is_absence(text: str) -> bool:
    return any(word in text.lower() for word in _NOT_FOUND)


def _stat_of(target: str, kind: str) -> dict[str, object]:
    """Return the request for one file of a name, with its hash of a `kind` unless that is ""."""
    fs, remote = _split(target)
    return {"_path": "operations/stat", "fs": fs, "remote": remote, "opt": _options(kind)}


def _list_of(target: str, kind: str) -> dict[str, object]:
    """Return the request for all files of a name, with their hashes."""
    folder, name = place_of(target)
    only = {"IncludeRule": [f"/{partial_names.literal(name)}"]}
    options = {"filesOnly": True, **_options(kind)}
    return {"_path": "operations/list", "fs": folder, "remote": "", "opt": options, "_filter": only}


def _options(kind: str) -> dict[str, object]:
    return {"showHash": bool(kind), "hashTypes": [kind] if kind else []}


def _split(target: str) -> tuple[str, str]:
    """Return the file system of a target as rclone opens it once, and the path within."""
    if target.startswith(":"):  # a remote that is written out: its values may have colons
        folder, _, name = target.rpartition("/")
        return folder, name
    name, _, path = target.partition(":")
    return (f"{name}:/", path[1:]) if path.startswith("/") else (f"{name}:", path)


def _unreachable(error: Exception) -> Outage:
    return Outage(f"rclone's remote control cannot be reached: {without_secrets(str(error) or repr(error))}")


def _error(text: str, target: str, *, gone: bool = False) -> MesharrError:
    """Return the error for what rclone answered, as `Uploader` raises it."""
    return failure(1, text, without_secrets(text), target, gone=gone)

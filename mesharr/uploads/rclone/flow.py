"""Upload a file with rclone: copy it, then check the remote. However rclone is driven.

rclone looks at the target before it sends, and sends nothing when the file is there with its size, or when
any other file is there that the upload may not replace. It compares size and hash (where source and remote
have one in common) after every transfer and fails when they differ, so after a transfer only the size on the
remote is read again. When rclone sent nothing, only the size is known; then the local hash is computed and
compared with the remote's, and the file is sent again when they differ, if it may replace that one.
After a failure the target is looked at again: another program may have brought it there meanwhile.
On a remote that allows several files of one name the look after a transfer is a list of the folder: two
uploads at one time leave two there, of which every other look shows one.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final, Literal

import msgspec

from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.core.text import unequal_sizes
from mesharr.uploads.base import Occupied, Progress, Quota, Uploaded, UploadedBatch
from mesharr.uploads.rclone import partial_names
from mesharr.uploads.rclone.failures import too_long
from mesharr.uploads.rclone.link_tree import LinkTree
from mesharr.uploads.rclone.listing import Entry, Features, is_alike, of_size
from mesharr.uploads.rclone.source import HeldSource

IfThere = Literal["leave", "compare size", "replace"]
"""What becomes of a file at the target: it stays; it stays if its size is that of the source; it goes."""
_LONGEST_NAME = 255  # bytes
_COMPARED: Final = 2**16
"""How many bytes are compared at each end of what may be half a file."""
_KEEPS_TIMES_NS = 3_600e9


class Delivery(msgspec.Struct, frozen=True):
    """One file on its way to the remote."""

    generation: int
    """The one in which it began."""
    held: HeldSource
    """The local file."""
    target: str
    """Where it has to be (`remote:path`)."""
    report: Callable[[Progress], None]
    """Called about every second while it is sent; what it raises ends the delivery."""
    replaces: bool = False
    """Whether it takes the place of another file there."""


class CopiedTree(msgspec.Struct, frozen=True):
    """What became of the files of a tree."""

    entries: Mapping[str, Entry]
    """What the remote lists of those that were sent, by their path."""
    was_killed: bool = False
    """Whether rclone was killed before it was done."""


class RcloneUpload(ABC):
    """An `Uploader` but for how rclone is driven. Safe to share between threads.

    A generation is what lies between two `stop`s: an upload of an earlier one goes no further.
    """

    def __init__(self, node: str) -> None:
        """Take the id of the node whose half files are this one's."""
        self._suffix: Final = partial_names.suffix_of(node)
        self._known: dict[str, Features] = {}

    def upload(
        self, source: str, target: str, report: Callable[[Progress], None], *, replaces: bool = False
    ) -> Uploaded:
        """Copy `source` to `target` and verify it there: `Uploader.upload`."""
        generation = self._generation()
        with HeldSource(source) as held:
            return self._delivered(Delivery(generation, held, target, report, replaces))

    def upload_new(self, root: str, files: Mapping[str, str]) -> UploadedBatch:
        """Copy small files by one run of rclone: `Uploader.upload_new`."""
        generation, place = self._generation(), self._handles()
        if not place:
            return UploadedBatch({})
        with LinkTree(root, files, place) as tree:
            kind = self._features(generation, tree.root).hash(cheap=True)
            copied, failure = self._copied_new(generation, tree, kind)
            done = {
                path: Uploaded(entry.size, entry.hashes.get(kind, ""))
                for path, entry in copied.entries.items()
                if _is_whole(tree.held[path], entry)
            }
            for path, held in tree.held.items():
                if path not in done and held.is_gone():
                    # Only this handle may have its content: a copy that failed deleted what the program that
                    # took it away had brought to the drive.
                    with suppress(MesharrError):
                        done[path] = self._delivered(
                            Delivery(generation, held, f"{tree.root}/{path}", lambda _progress: None)
                        )
        if failure and not done:
            raise failure
        sent = {f"{tree.root}/{path}"[len(root) + 1 :]: uploaded for path, uploaded in done.items()}
        return UploadedBatch(sent, copied.was_killed)

    def find(self, target: str) -> Uploaded | None:
        """Return the file as the remote lists it: `Uploader.find`."""
        return self._find(self._generation(), target, cheap=True)

    def take_back(self, target: str, size: int) -> bool:
        """Delete the file of a size at `target` beside its twin: `Uploader.take_back`."""
        generation = self._generation()
        own = [each.size == size for each in self._listed(generation, target, "")]
        if own.count(True) != 1 or len(own) == 1:
            return False
        folder, name = place_of(target)
        self._delete(generation, folder, f"/{partial_names.literal(name)}", size)
        return True

    def is_half(self, target: str, size: int, source: str) -> bool:
        """Compare a remote file with the beginning of a local one: `Uploader.is_half`."""
        with HeldSource(source) as held:
            begins = {0, max(0, size - _COMPARED)} if size else set()
            return size <= held.size and all(
                self.read(target, _COMPARED, begin) == held.read(min(size, _COMPARED), begin)
                for begin in begins
            )

    def has_hash(self, target: str) -> bool:
        """Return whether the remote of a target has a hash of its files; raise as `find` does."""
        return bool(self._features(self._generation(), target).hash(cheap=False))

    def sweep(self, target: str) -> None:
        """Delete what an interrupted upload of this node left: `Uploader.sweep`."""
        generation = self._generation()
        if not self._features(generation, target).features.get("PartialUploads"):
            return  # a file is there whole or not at all
        folder, name = place_of(target)
        self._delete(generation, folder, partial_names.pattern_of(name, self._suffix))

    # -- how rclone is driven

    @abstractmethod
    def read(self, target: str, limit: int, begin: int = 0) -> bytes | None:
        """Return at most `limit` bytes of a remote file from its byte `begin` on: `Uploader.read`."""

    @abstractmethod
    def remotes(self) -> frozenset[str]:
        """Return the names of the remotes in rclone's config."""

    @abstractmethod
    def stop(self) -> None:
        """End all running transfers: `Uploader.stop`."""

    @abstractmethod
    def _generation(self) -> int:
        """Return the current generation."""

    @abstractmethod
    def _copy(self, delivery: Delivery, if_there: IfThere) -> bool:
        """Copy a file; return whether anything was sent."""

    @abstractmethod
    def _handles(self) -> str:
        """Return the folder in which rclone finds what is open here, "" when it can read none of it."""

    @abstractmethod
    def _copy_new(self, generation: int, tree: LinkTree, kind: str) -> CopiedTree:
        """Copy the files of a tree, but those whose targets exist.

        The remote's hash of those that were sent is of a `kind`, unless that is "".
        Raises when none could be sent.
        """

    @abstractmethod
    def _entry(self, generation: int, target: str, kind: str) -> Entry | None:
        """Return what the remote lists at a path, with its hash of a `kind` unless that is ""."""

    @abstractmethod
    def _twins(self, generation: int, target: str, kind: str) -> Sequence[Entry]:
        """Return all that the remote lists under a name, with hashes as `_entry`."""

    @abstractmethod
    def _read_features(self, generation: int, remote: str) -> Features:
        """Return what a remote can."""

    @abstractmethod
    def _local_hash(self, generation: int, held: HeldSource, kind: str) -> str:
        """Return a hash of the local file, in hex."""

    @abstractmethod
    def _encrypted_name(self, generation: int, remote: str, name: str) -> str:
        """Return a name as an encrypted remote writes it, "" where it cannot be told."""

    @abstractmethod
    def _delete(self, generation: int, folder: str, pattern: str, size: int | None = None) -> None:
        """Delete the files of a remote folder that rclone's filter selects; none without the folder.

        Only those of a size, if one is given.
        """

    # -- the steps of an upload

    def _delivered(self, delivery: Delivery) -> Uploaded:
        """Copy a file and verify it: `Uploader.upload`."""
        held = delivery.held
        sent = self._deliver(delivery, "compare size" if delivery.replaces else "leave")
        uploaded, twin = self._verify(delivery, sent=sent)
        if not sent and not self._same_content(delivery, uploaded.hash):
            if not delivery.replaces:
                raise Occupied(delivery.target, uploaded.size)
            self._copy(delivery, "replace")
            sent = True
            uploaded, twin = self._verify(delivery, sent=True)
        if twin and not delivery.replaces:
            raise Occupied(delivery.target, twin.size, is_twin=True)
        held.check_unchanged()
        if held.was_touched():
            self._check_content(delivery)
        delivery.report(Progress(held.size, held.size, 0))
        return msgspec.structs.replace(uploaded, sent=sent)

    def _copied_new(
        self, generation: int, tree: LinkTree, kind: str
    ) -> tuple[CopiedTree, MesharrError | None]:
        """Return what `_copy_new` returns, and why nothing could be sent."""
        try:
            return self._copy_new(generation, tree, kind), None
        except MesharrError as error:
            return CopiedTree({}), error

    def _deliver(self, delivery: Delivery, if_there: IfThere) -> bool:
        """Bring the file to the target; return whether it was sent."""
        generation, held, target = delivery.generation, delivery.held, delivery.target
        try:
            return self._copy(delivery, if_there)
        except (Quota, Refused):
            raise
        except Unavailable:
            try:
                found = self._find(generation, target, cheap=False, size=held.size)
            except MesharrError:
                found = None
            if found is not None and found.size == held.size:
                return False
            if self._name_is_too_long(generation, target):
                raise too_long(target) from None
            if not held.is_gone() or not held.is_held:
                raise
            # The program that took it away may have brought it to the drive, and the failed copy deleted it.
            # What may be there now is what that copy left: before, rclone would have sent nothing.
            return self._copy(delivery, "compare size")

    def _name_is_too_long(self, generation: int, target: str) -> bool:
        """Return whether a name in the target is longer than drives take, plain or encrypted.

        A drive may answer such a name with any error.
        """
        remote, _, path = target.partition(":")
        longest = max(path.split("/"), key=_length)
        if _length(longest) > _LONGEST_NAME or _length(longest) < _LONGEST_NAME // 2:
            return _length(longest) > _LONGEST_NAME
        return _length(self._encrypted_name(generation, f"{remote}:", longest)) > _LONGEST_NAME

    def _verify(self, delivery: Delivery, *, sent: bool) -> tuple[Uploaded, Entry | None]:
        """Return the file as the remote lists it, and one of its name with other content.

        Raises `Unavailable` unless it has that size, `Occupied` when another file is in its place.
        """
        generation, target, size = delivery.generation, delivery.target, delivery.held.size
        features = self._features(generation, target)
        kind = features.hash(cheap=sent)
        listed = self._listed(generation, target, kind)
        if not listed:
            raise Unavailable("the remote does not list the file after its upload")
        own = of_size(listed, size)
        if own.size != size and not sent:
            raise Occupied(target, own.size)
        if own.size != size and features.has_twins and not delivery.replaces:
            raise Occupied(target, own.size, is_twin=True)  # what was sent is not listed yet
        if own.size != size:
            found, sent_size = unequal_sizes(own.size, size)
            raise Unavailable(f"the remote lists {found} after an upload of {sent_size}")
        twin = next((each for each in listed if not is_alike(each, own, kind)), None)
        return Uploaded(own.size, own.hashes.get(kind, ""), further=len(listed) - 1), twin

    def _listed(self, generation: int, target: str, kind: str) -> Sequence[Entry]:
        """Return all files that the remote lists at a path: several only where it allows that."""
        if self._features(generation, target).has_twins:
            return self._twins(generation, target, kind)
        entry = self._entry(generation, target, kind)
        return [entry] if entry else []

    def _find(self, generation: int, target: str, *, cheap: bool, size: int | None = None) -> Uploaded | None:
        """Return the file as the remote lists it, None when there is none.

        Of twins it is one of that size. With `cheap` its hash is returned only where no file is read for it.
        """
        kind = self._features(generation, target).hash(cheap=cheap)
        listed = self._listed(generation, target, kind)
        if not listed:
            return None
        entry = of_size(listed, size)
        return Uploaded(entry.size, entry.hashes.get(kind, ""), sent=False, further=len(listed) - 1)

    def _same_content(self, delivery: Delivery, expected: str) -> bool:
        """Return whether a remote file of the right size is this one, as far as the remote can tell.

        By the hash `expected`, for which the whole file is read; without one a file that was written after
        the remote one is another one.
        """
        generation, held, target = delivery.generation, delivery.held, delivery.target
        features = self._features(generation, target)
        if not expected:
            listed = self._listed(generation, target, "") if features.precision < _KEEPS_TIMES_NS else []
            listed_time = of_size(listed, held.size).mod_time if listed else None
            written = listed_time.timestamp() if listed_time else math.inf
            return held.written <= written + 1 + features.precision / 1e9
        return self._local_hash(generation, held, features.hash(cheap=False)) == expected

    def _check_content(self, delivery: Delivery) -> None:
        """Raise `Unavailable` when the remote file has not the content that its source has now."""
        held = delivery.held
        found = self._find(delivery.generation, delivery.target, cheap=False, size=held.size)
        if found is None or not self._same_content(delivery, found.hash):
            raise Unavailable(f"{held.path} changed while uploading")

    def _features(self, generation: int, target: str) -> Features:
        remote = _remote_of(target)
        if remote not in self._known:
            self._known[remote] = self._read_features(generation, remote)
        return self._known[remote]


def _is_whole(held: HeldSource, entry: Entry) -> bool:
    """Return whether the remote has a file that was sent as it was, and still is."""
    try:
        held.check_unchanged()
    except Unavailable:
        return False
    return entry.size == held.size and not held.was_touched()


def place_of(target: str) -> tuple[str, str]:
    """Return the folder of a target, and its name there."""
    folder, slash, name = target.rpartition("/")
    if not slash:
        folder, slash, name = target.rpartition(":")
        folder += slash
    return folder or "/", name


def _length(name: str) -> int:
    return len(name.encode())


def _remote_of(target: str) -> str:
    """Return the remote path whose features to request: its first folder, or its root."""
    first, slash, _ = target.partition("/")
    return (first or "/") if slash else target[: target.rfind(":") + 1]

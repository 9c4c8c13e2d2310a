"""Format and parse the names of files in the store; any other name parses to None.

    mesh.json
    events/<node>.<inc>.<first>-<last>.<h8>.<k>.jsonl
    archive/<node>.<inc>/<first>-<last>.<h8>.<k>.jsonl

Paths are text relative to the store's root. Names are lower case and at most 120 characters, so that
they survive drives that fold case or cut long names; copies a sync program leaves behind
(`… (conflicted copy).jsonl`, `….partial`) parse to None.
"""

import hashlib
import re
from typing import Final

import msgspec

MESH: Final = "mesh.json"
EVENTS: Final = "events"
ARCHIVE: Final = "archive"
MAX_SEQ: Final = 9_999_999_999
_MAX_NAME: Final = 120
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,23}")
_STREAM_FORM = r"(?P<node>[a-z0-9-]{1,24}-[0-9a-f]{8})\.(?P<inc>[0-9a-f]{8})"
_RANGE_FORM = (
    r"(?P<first>[0-9]{10})-(?P<last>[0-9]{10})\.(?P<h8>[0-9a-f]{8})\.(?P<k>0|[1-9][0-9]{0,5})\.jsonl"
)
_STREAM = re.compile(_STREAM_FORM)
_SEGMENT = re.compile(_RANGE_FORM)
_TAIL = re.compile(rf"{_STREAM_FORM}\.{_RANGE_FORM}")


class FileName(msgspec.Struct, frozen=True):
    """The parts of the name of a tail or a segment."""

    node: str
    """The label of the author."""
    inc: str
    """The author's incarnation."""
    first: int
    """The seq of the first event in the file."""
    last: int
    """The seq of the last event in the file."""
    h8: str
    """The first 8 hex digits of the last event's id."""
    k: int
    """How many files of the same range were written before."""

    @property
    def stream(self) -> str:
        """The stream as text, `<node>.<inc>`."""
        return f"{self.node}.{self.inc}"

    def serves(self, seq: int) -> bool:
        """Return whether the file has the event after a cursor at `seq`."""
        return self.first <= seq + 1 <= self.last


def is_node_name(name: str) -> bool:
    """Return whether a node may have this name: 1 to 24 of a-z, 0-9 and -, first no -."""
    return _NAME.fullmatch(name) is not None


def node_id(name: str, public_key: bytes) -> str:
    """Return a node's label, `<name>-<8 hex of sha256(public key)>`; peers trust the full key."""
    return f"{name}-{hashlib.sha256(public_key).hexdigest()[:8]}"


def parse_stream(text: str) -> tuple[str, str] | None:
    """Return (node, inc) of a stream's text, None when it is none."""
    match = _STREAM.fullmatch(text)
    return (match["node"], match["inc"]) if match else None


def tail_name(name: FileName) -> str:
    """Return the name of a tail within `events`."""
    return f"{name.stream}.{segment_name(name)}"


def segment_folder(stream: str) -> str:
    """Return the folder that holds the segments of a stream."""
    return f"{ARCHIVE}/{stream}"


def segment_name(name: FileName) -> str:
    """Return the name of a segment within the folder of its stream."""
    return f"{name.first:010d}-{name.last:010d}.{name.h8}.{name.k}.jsonl"


def tail_path(name: FileName) -> str:
    """Return the path of a tail in the store."""
    return f"{EVENTS}/{tail_name(name)}"


def segment_path(name: FileName) -> str:
    """Return the path of a segment in the store."""
    return f"{segment_folder(name.stream)}/{segment_name(name)}"


def parse_tail(text: str) -> FileName | None:
    """Return the parts of a tail's name in `events`, None for any other name."""
    match = _TAIL.fullmatch(text) if len(text) <= _MAX_NAME else None
    return _file_name(match["node"], match["inc"], match) if match else None


def parse_segment(stream: str, text: str) -> FileName | None:
    """Return the parts of a segment's name in the folder of `stream`, None for any other name."""
    owner = parse_stream(stream)
    match = _SEGMENT.fullmatch(text)
    return _file_name(*owner, match) if owner and match else None


def parse_path(where: str) -> FileName | None:
    """Return the parts of the path of a tail or a segment, None for any other path."""
    folder, _, name = where.rpartition("/")
    if folder == EVENTS:
        return parse_tail(name)
    top, _, stream = folder.partition("/")
    return parse_segment(stream, name) if top == ARCHIVE else None


def _file_name(node: str, inc: str, match: re.Match[str]) -> FileName | None:
    first, last = int(match["first"]), int(match["last"])
    if not 1 <= first <= last:
        return None
    return FileName(node, inc, first, last, match["h8"], int(match["k"]))

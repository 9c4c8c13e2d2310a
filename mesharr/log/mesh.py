"""`mesh.json`, which says what mesh a store belongs to, and the anchor file of each library.

Both are one line of JSON, written once. The mesh id is drawn at random when the mesh is made.
"""

import re
from typing import Final, TypeVar

import msgspec

from mesharr.core.errors import Refused, Rejected, Unavailable

MAX_CONTENT: Final = 4096
_ID = re.compile(r"[0-9a-f]{16}")
_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,64}")
Shape = TypeVar("Shape", bound=msgspec.Struct)


class Mesh(msgspec.Struct, frozen=True, kw_only=True):
    """A mesh: its name for people, its id of 16 hex digits, and when it was made (ISO 8601, UTC)."""

    v: int = 1
    name: str
    id: str
    made: str


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """What the anchor file in a library's root says: whose library this is."""

    v: int = 1
    mesh: str
    library: str


def encode(mesh: Mesh) -> bytes:
    """Return the bytes of `mesh.json`; raise `Rejected` when `decode` would not take them."""
    content = msgspec.json.encode(mesh) + b"\n"
    decode(content)
    return content


def decode(content: bytes) -> Mesh:
    """Return the mesh that the bytes of `mesh.json` describe; raise `Rejected` when they do not."""
    mesh = _decoded(content, Mesh, "mesh.json")
    if mesh.v != 1:
        raise Rejected(f"mesh.json has the unknown version v={mesh.v}")
    if not _ID.fullmatch(mesh.id):
        raise Rejected("mesh.json has no id of 16 hex digits")
    if not _NAME.fullmatch(mesh.name):
        raise Rejected("mesh.json has no name of 1 to 64 printable characters")
    return mesh


def anchor(mesh_id: str, library: str) -> bytes:
    """Return the bytes of the anchor file of a library."""
    return msgspec.json.encode(Anchor(mesh=mesh_id, library=library)) + b"\n"


def check_anchor(content: bytes, mesh_id: str, library: str) -> None:
    """Return when the bytes anchor this library of this mesh.

    Raises `Refused` when they anchor another one, `Unavailable` when they are no anchor (it may still
    be on its way, or the mount shows something else than the drive).
    """
    try:
        found = _decoded(content, Anchor, "anchor")
    except Rejected as error:
        raise Unavailable(f"the anchor of {library} cannot be read: {error.what}") from error
    if found.mesh != mesh_id:
        raise Refused(
            f"anchor of another mesh ({found.mesh}, this one is {mesh_id})",
            f"check that libraries.{library} points at the shared drive of this mesh",
        )
    if found.library != library:
        raise Refused(
            f"anchor of another library ({found.library})",
            f"check the paths of libraries.{library}",
        )


def _decoded(content: bytes, shape: type[Shape], what: str) -> Shape:
    if len(content) > MAX_CONTENT:
        raise Rejected(f"{what} is larger than {MAX_CONTENT} bytes")
    try:
        # as text, since bytes of members that are skipped would not be looked at
        return msgspec.json.decode(content.decode(), type=shape)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Rejected(f"{what} is damaged: {error}") from error

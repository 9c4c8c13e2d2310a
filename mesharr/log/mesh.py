"""Encode and decode `mesh.json` of a store and the anchor file of each library.

Both are one line of JSON, written once. The mesh id is random, drawn when the mesh is created.
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
    """The contents of `mesh.json`."""

    v: int = 1
    name: str
    """The name for people, 1 to 64 printable characters."""
    id: str
    """16 hex digits."""
    made: str
    """When the mesh was created (ISO 8601, UTC)."""


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """The contents of the anchor file in a library's root folder."""

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
    """Return when the bytes are the anchor of this library of this mesh.

    Raises `Refused` when they are the anchor of another one, `Unavailable` when they are no anchor (its
    upload may not have ended, or something else than the drive is mounted).
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
        # as text, since in bytes the members that are skipped would not be checked for UTF-8
        return msgspec.json.decode(content.decode(), type=shape)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Rejected(f"{what} is damaged: {error}") from error

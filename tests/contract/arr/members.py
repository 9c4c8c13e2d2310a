"""The members of answers that an adapter reads: their JSON types, and whether they can be absent."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

import msgspec

from mesharr.arr.shared.api import ArrApi

Json = Any
ABSENT: Final = "absent"
FREE: Final = ":"
"""Stands before the members of a dictionary: not all of them are read."""
Seen = dict[str, set[str]]
"""The JSON types of each member by its path, which begins with the route; `absent` is one of them."""
_TYPES: Final = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


@contextmanager
def watched(seen: Seen) -> Iterator[None]:
    """Note into `seen` every member that adapters read of the answers they get in this context."""
    decoded = ArrApi._decoded

    def noted(self: ArrApi, shape: Any, content: bytes, path: str) -> Any:
        if shape is not Any:
            route = "/".join(part for part in path.split("/") if not part.isdigit())
            observe(msgspec.inspect.type_info(shape), msgspec.json.decode(content), route, seen)
        return decoded(self, shape, content, path)

    with patch.object(ArrApi, "_decoded", noted):
        yield


def observe(shape: msgspec.inspect.Type, value: Json, path: str, seen: Seen) -> None:
    """Note the types of a value and of the members of it that its shape has."""
    shape = _chosen(shape, value)
    if isinstance(shape, msgspec.inspect.StructType) and isinstance(value, dict):
        for field in shape.fields:
            _member(field.type, value, field.encode_name, path, seen)
    elif isinstance(shape, (msgspec.inspect.ListType, msgspec.inspect.VarTupleType)):
        for item in value:
            observe(shape.item_type, item, f"{path}[]", seen)
    elif isinstance(shape, msgspec.inspect.DictType):
        for name in value:
            _member(shape.value_type, value, name, f"{path}{FREE}", seen)
    elif isinstance(value, (dict, list)):
        # its members are not known to be read
        return


def observe_all(value: Json, path: str, seen: Seen) -> None:
    """Note the types of all members of a value."""
    if isinstance(value, dict):
        for name, member in value.items():
            seen.setdefault(f"{path}.{name}", set()).add(_TYPES[type(member)])
            observe_all(member, f"{path}.{name}", seen)
    elif isinstance(value, list):
        for item in value:
            observe_all(item, f"{path}[]", seen)


def differences(simulated: Seen, real: Seen) -> dict[str, tuple[set[str], set[str]]]:
    """Return the members that one has with a type, or an absence, which the other never has."""
    common = simulated.keys() & real.keys()
    return {path: (simulated[path], real[path]) for path in common if not simulated[path] <= real[path]}


def _member(shape: msgspec.inspect.Type, value: dict[str, Json], name: str, path: str, seen: Seen) -> None:
    member = f"{path}.{name}"
    if name not in value:
        seen.setdefault(member, set()).add(ABSENT)
        return
    seen.setdefault(member, set()).add(_TYPES[type(value[name])])
    if value[name] is not None:
        observe(shape, value[name], member, seen)


def _chosen(shape: msgspec.inspect.Type, value: Json) -> msgspec.inspect.Type:
    """Return the part of a union that a value is of."""
    if not isinstance(shape, msgspec.inspect.UnionType):
        return shape
    structured = (
        msgspec.inspect.StructType,
        msgspec.inspect.ListType,
        msgspec.inspect.VarTupleType,
        msgspec.inspect.DictType,
    )
    if not isinstance(value, (dict, list)):
        return msgspec.inspect.AnyType()
    return next((each for each in shape.types if isinstance(each, structured)), msgspec.inspect.AnyType())

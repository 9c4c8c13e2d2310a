"""Name the half files that rclone keeps beside a target until all of it is there.

A killed rclone leaves them. They bear a hash of the node's id, in which its key is: two households that gave
their nodes one name sweep each its own.
"""

import hashlib
import re
from typing import Final

VARIABLE: Final = "RCLONE_PARTIAL_SUFFIX"
"""The suffix as a variable: an older rclone ignores it, and would refuse a flag it does not know."""
_HASH: Final = "????????"
_SHORT: Final = 100
"""How long a name (bytes) may be for the hash and the suffix to be added; they end a longer one."""
_SPECIAL: Final = re.compile(r"([\\*?\[\]{}])")


def suffix_of(node: str) -> str:
    """Return the suffix of the half files of a node, given by its id.

    It has 16 characters: rclone takes no longer one.
    """
    return f".m{hashlib.sha256(node.encode()).hexdigest()[:6]}.partial"


def pattern_of(name: str, suffix: str) -> str:
    """Return rclone's filter for the half files of a name."""
    encoded = name.encode()
    if len(encoded) <= _SHORT:
        return f"/{literal(name)}.{_HASH}{suffix}"
    kept = len(encoded) - len(suffix) - len(_HASH) - 1
    # rclone cuts between two characters, too
    begin = encoded[: kept - 3].decode(errors="ignore")
    return f"/{literal(begin)}*.{_HASH}{suffix}"


def selects(pattern: str, name: str) -> bool:
    """Return whether a filter of `pattern_of` selects a name."""
    parts = re.findall(r"\\(.)|(.)", pattern.removeprefix("/"), re.DOTALL)
    wild = {"?": ".", "*": ".*"}
    text = "".join(
        re.escape(escaped) if escaped else wild.get(plain, re.escape(plain)) for escaped, plain in parts
    )
    return re.fullmatch(text, name, re.DOTALL) is not None


def literal(name: str) -> str:
    """Return rclone's filter for a name or path as it is written."""
    return _SPECIAL.sub(r"\\\1", name)

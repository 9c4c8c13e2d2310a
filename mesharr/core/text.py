"""Write numbers and names as a user reads them, and read the ids that a user writes."""

import re
from collections import Counter
from collections.abc import Iterable


def quantity(number: int, one: str, many: str = "") -> str:
    """Return `1 file`, `2 files`; `many` is the plural when it is not `one` with an s."""
    return f"{number_text(number)} {one if number == 1 else many or f'{one}s'}"


def number_text(number: int) -> str:
    """Return a count as people read it: `20,000`."""
    return f"{number:,}"


def id_of(word: str) -> str:
    """Return a word as the id that it may be: `tt0133093` as `imdb:tt0133093`."""
    return f"imdb:{word.lower()}" if re.fullmatch(r"tt[0-9]{5,}", word, re.IGNORECASE) else word


def title_key(title: str) -> str:
    """Return what titles are sorted by in every list."""
    return title.casefold()


def visible(text: str) -> str:
    """Return a text with an escape in place of each character that a terminal would not show."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def printable(text: str, most: int = 500) -> str:
    """Return a text as events may have it: bounded, without characters that are not shown."""
    return "".join(filter(str.isprintable, text))[:most]


def short_names(nodes: Iterable[str]) -> dict[str, str]:
    """Return what people read for each node: its name, as `alice`; its id where two share it."""
    ids = dict.fromkeys(nodes)
    counts = Counter(name_of(node) for node in ids)
    return {node: name_of(node) if counts[name_of(node)] == 1 else node for node in ids}


def name_of(node: str) -> str:
    """Return the name that a household gave its node, as `alice` of the id `alice-1f95e63c`.

    Another node may have it, too: what people read of a node is what `short_names` returns for it.
    """
    return node.rpartition("-")[0] or node


def author_of(stream: str) -> str:
    """Return the node that writes a stream, by the stream's name."""
    return stream.rpartition(".")[0]


def from_node(name: str) -> str:
    """Return ` from alice` for the name of a node, "" for none."""
    return f" from {name}" if name else ""


def size_text(size: int) -> str:
    """Return a number of bytes as people read it: `4.2 GB`."""
    for power, unit in ((4, "TB"), (3, "GB"), (2, "MB"), (1, "kB")):
        if size >= 1000**power:
            return f"{size / 1000**power:.1f} {unit}"
    return f"{size} B"


def speed_text(bytes_per_second: int) -> str:
    """Return a speed as people read it: `3.1 MB/s`."""
    return f"{size_text(bytes_per_second)}/s"


def unequal_sizes(first: int, second: int) -> tuple[str, str]:
    """Return two sizes that differ: in bytes where they would read the same otherwise."""
    texts = size_text(first), size_text(second)
    return texts if texts[0] != texts[1] else (quantity(first, "byte"), quantity(second, "byte"))


def span(seconds: float) -> str:
    """Return a length of time as people read it: `3 h`."""
    for size, most, unit in ((1, 90, "s"), (60, 90, "min"), (3600, 48, "h")):
        if seconds < most * size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds // 86_400)} days"


VERIFYING = "verifying that "
"""How the reason begins for which an item is only looked at once more: the app is as the mesh wants it."""


def only_verifies(why: str) -> bool:
    """Return whether an item waits for nothing but another look at what was done."""
    return bool(why) and all(part.startswith(VERIFYING) for part in why.split("; "))

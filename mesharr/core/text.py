"""Write numbers and names as a user reads them."""


def quantity(number: int, one: str, many: str = "") -> str:
    """Return `1 file`, `2 files`; `many` is the plural when it is not `one` with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def visible(text: str) -> str:
    """Return a text with an escape in place of each character that a terminal would not show."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def printable(text: str, most: int = 500) -> str:
    """Return a text as events may have it: bounded, without characters that are not shown."""
    return "".join(char for char in text if char.isprintable())[:most]

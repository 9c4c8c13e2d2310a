"""How many of a thing there are, as a person says it."""


def quantity(number: int, one: str, many: str = "") -> str:
    """Return `1 file`, `2 files`; `many` is said of several when it is not `one` with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"

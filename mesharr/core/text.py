"""Write numbers of things as a user reads them."""


def quantity(number: int, one: str, many: str = "") -> str:
    """Return `1 file`, `2 files`; `many` is the plural when it is not `one` with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"

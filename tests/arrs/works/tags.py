"""Tags inside simulated media files: the edition that they speak of."""

_TAGS = "tags of edition "


def tagged(edition: str = "") -> bytes:
    """Return the content of a file whose tags are those of this edition, "" for tags that fit nothing."""
    return f"{_TAGS}{edition}\n".encode()


def edition_in(path: str) -> str | None:
    """Return the edition of which a file's tags are, "" when they fit nothing; None without such tags."""
    with open(path, "rb") as file:
        head = file.read(len(_TAGS) + 100).decode("utf-8", "replace")
    return head.removeprefix(_TAGS).partition("\n")[0] if head.startswith(_TAGS) else None

"""Tables of immutable rows, with the indexes that keep a large library quick."""

from collections.abc import Callable, Hashable
from typing import TypeVar

R = TypeVar("R")


class IndexedTable(dict[int, R]):
    """Rows by id, and by the value that each of `keys` returns for them; None is not indexed.

    Rows are replaced, never changed, so that copies share them. Insert with `table[id] = row` and delete
    with `del table[id]` only: other methods of a dict leave the indexes behind.
    """

    def __init__(self, **keys: Callable[[R], Hashable]) -> None:
        super().__init__()
        self._keys = keys
        self._ids: dict[str, dict[Hashable, dict[int, None]]] = {name: {} for name in keys}

    def of(self, name: str, key: Hashable) -> list[R]:
        """Return the rows with this value in the index of this name, by id."""
        return [self[number] for number in sorted(self._ids[name].get(key, ()))]

    def rows(self) -> list[R]:
        """Return a list of all rows, by id."""
        return [row for _, row in sorted(self.items())]

    def __setitem__(self, number: int, row: R) -> None:
        """Insert or replace a row."""
        if number in self:
            self._forget(number)
        super().__setitem__(number, row)
        for name, key in self._keys.items():
            if (value := key(row)) is not None:
                self._ids[name].setdefault(value, {})[number] = None

    def __delitem__(self, number: int) -> None:
        """Delete a row that is there."""
        self._forget(number)
        super().__delitem__(number)

    def copy(self) -> "IndexedTable[R]":
        """Return a table with the same rows."""
        copy: IndexedTable[R] = IndexedTable(**self._keys)
        for number, row in self.items():
            copy[number] = row
        return copy

    def _forget(self, number: int) -> None:
        row = self[number]
        for name, key in self._keys.items():
            if (value := key(row)) is None:
                continue
            rows = self._ids[name][value]
            del rows[number]
            if not rows:
                del self._ids[name][value]

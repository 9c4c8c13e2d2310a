"""Tables of rows that do not change, with the indexes that keep a large library quick."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

R = TypeVar("R")


class IndexedTable(dict[int, R]):
    """Rows by id, and by what each of `keys` says of them: None stands in no index.

    Rows are replaced, never changed, so that a copy shares them. They come and go by `table[id] = row`
    and `del table[id]` alone: the other ways of a dict pass the indexes by.
    """

    def __init__(self, **keys: Callable[[R], Hashable]) -> None:
        super().__init__()
        self._keys = keys
        self._ids: dict[str, dict[Hashable, dict[int, None]]] = {name: {} for name in keys}

    def of(self, name: str, key: Hashable) -> list[R]:
        """The rows for which the index of this name says so, by id."""
        return [self[number] for number in sorted(self._ids[name].get(key, ()))]

    def rows(self) -> list[R]:
        """All rows, by id; the list stays as it is while rows come and go."""
        return [row for _, row in sorted(self.items())]

    def __setitem__(self, number: int, row: R) -> None:
        """Insert or replace a row."""
        if number in self:
            self._forget(number)
        super().__setitem__(number, row)
        for name, key in self._keys.items():
            self._ids[name].setdefault(key(row), {})[number] = None

    def __delitem__(self, number: int) -> None:
        """Delete a row that is there."""
        self._forget(number)
        super().__delitem__(number)

    def __deepcopy__(self, _memo: dict[int, Any]) -> "IndexedTable[R]":
        """The table as it is now, for a backup."""
        copy: IndexedTable[R] = IndexedTable(**self._keys)
        for number, row in self.items():
            copy[number] = row
        return copy

    def _forget(self, number: int) -> None:
        row = self[number]
        for name, key in self._keys.items():
            rows = self._ids[name][key(row)]
            del rows[number]
            if not rows:
                del self._ids[name][key(row)]

"""A table of one row, read as a struct: what there is once a node."""

from typing import Generic, TypeVar

import msgspec

from mesharr.state.db import Database

T = TypeVar("T", bound=msgspec.Struct)


class OneRow(Generic[T]):
    """A table with one row, made with the table, whose columns are the fields of a struct."""

    def __init__(self, db: Database, table: str, shape: type[T]) -> None:
        """Describe a table; its columns have the names of the fields of `shape`, and their types."""
        self._db = db
        self._table = table
        self._shape = shape
        self._columns = ", ".join(field.name for field in msgspec.structs.fields(shape))

    def get(self) -> T:
        """Return the row."""
        row = self._db.row(f"SELECT {self._columns} FROM {self._table}")
        assert row is not None  # inserted with the table
        return self._shape(*row)

    def set(self, **values: object) -> None:
        """Change the named columns, and leave the others as they are."""
        columns = ", ".join(f"{name}=?" for name in values)
        self._db.write(f"UPDATE {self._table} SET {columns}", tuple(values.values()))

"""The indexes of a simulated app's tables follow its rows."""

from dataclasses import dataclass, replace

from mesharr.demo.arr.indexed_table import IndexedTable


@dataclass(frozen=True)
class Row:
    id: int
    owner: int | None


def table(*rows: Row) -> IndexedTable[Row]:
    found: IndexedTable[Row] = IndexedTable(owner=lambda row: row.owner)
    for row in rows:
        found[row.id] = row
    return found


def test_rows_are_found_by_an_index_in_the_order_of_their_ids() -> None:
    rows = table(Row(3, 1), Row(1, 1), Row(2, 2))
    assert rows.of("owner", 1) == [Row(1, 1), Row(3, 1)]
    assert rows.of("owner", 9) == []


def test_a_replaced_or_deleted_row_leaves_the_index() -> None:
    rows = table(Row(1, 1), Row(2, 1))
    rows[1] = replace(rows[1], owner=2)
    del rows[2]
    assert (rows.of("owner", 1), rows.of("owner", 2)) == ([], [Row(1, 2)])


def test_none_is_in_no_index_and_a_row_can_come_out_of_it() -> None:
    rows = table(Row(1, None))
    assert rows.of("owner", None) == []
    rows[1] = Row(1, 5)
    assert rows.of("owner", 5) == [Row(1, 5)]


def test_a_copy_keeps_its_rows_and_its_indexes() -> None:
    rows = table(Row(1, 1))
    copy = rows.copy()
    del rows[1]
    assert (rows.of("owner", 1), copy.of("owner", 1), copy.rows()) == ([], [Row(1, 1)], [Row(1, 1)])

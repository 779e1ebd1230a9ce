"""What one asks the warehouse."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from facts import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Each table, with the column that says when a row was changed or posted, and its key.
_TABLES = """
select table_name, min(column_name) filter (
  column_name = 'postingdate' or column_name like '%updatedutc'),
  max(column_name) filter (column_name in ('id', 'code'))
from information_schema.columns where table_catalog = 'warehouse'
group by all order by table_name"""


class Warehouse:
    """The database that the target fills; open only while it answers."""

    def __init__(self, path: Path) -> None:
        """Know where it is."""
        self._path = path

    def arrived(self) -> str:
        """Draw how many rows each table has, and the time they span."""
        rows = []
        for name, date, _ in self._ask(_TABLES)[1:]:
            span = f"left(min({date})::text, 16), left(max({date})::text, 16)"
            columns = f"count(*), {span if date else 'null, null'}"
            rows += self._ask(f"select '{name}', {columns} from {name}")[1:]  # noqa: S608
        return table(("Table", "Rows", "First change", "Last change"), *rows)

    def answers(self) -> Iterator[str]:
        """Draw the answers to `questions.sql`."""
        text = Path(__file__).with_name("questions.sql").read_text("utf-8")
        shared, *questions = text.split(";\n\n")
        for question in questions:
            title = question.partition("\n")[0].removeprefix("-- ")
            yield f"{title}\n{table(*self._ask(shared, question))}"

    def unaccounted(self, name: str, hotels: Mapping[str, str], until: str) -> int:
        """Count the rows of a table that are missing, outdated or made up.

        Args:
            name: The table.
            hotels: The keys that there are, each with its last update.
            until: Up to when rows are due.
        """
        date, *_ = self._columns.get(name, (None,))
        updated = "updatedutc" if date == "updatedutc" else "null"
        columns = STREAMS[name].key if name in STREAMS else ("Id",)
        key = ", ".join(f"{each.lower()}::text" for each in columns)
        question = f"select lower(concat_ws('/', {key})), {updated}::text from {name}"  # noqa: S608
        here = dict(self._ask(question)[1:]) if name in self._columns else {}
        wrong = here.keys() - hotels.keys()
        for each, moment in hotels.items():
            written = moment.replace("T", " ").removesuffix("Z")
            if moment <= until and here.get(each, "") not in {None, written}:
                wrong.add(each)
        return len(wrong)

    @cached_property
    def _columns(self) -> dict[str, list[str | None]]:
        """By table, the columns of its date and its key; to find them takes long."""
        return {table: columns for table, *columns in self._ask(_TABLES)[1:]}

    def _ask(self, *statements: str) -> list[tuple[Any, ...]]:
        """Give the head and the rows of the last statement's answer."""
        with duckdb.connect() as database:
            database.execute(f"attach '{self._path}' as warehouse (read_only)")
            for statement in ("use warehouse.mews", *statements):
                database.execute(statement)
            head = tuple(column[0] for column in database.description or ())
            return [head, *database.fetchall()]


def table(head: Sequence[str], *rows: Sequence[Any]) -> str:
    """Draw rows in columns of plain characters, numbers to the right."""
    lines = [list(head), *([_text(cell) for cell in row] for row in rows)]
    for number, column in enumerate(zip(*lines, strict=True)):
        width = max(map(len, column))
        right = any(isinstance(row[number], int | float | Decimal) for row in rows)
        for line in lines:
            line[number] = f"{line[number]:{'>' if right else '<'}{width}}"
    return "\n".join("  ".join(line).rstrip() for line in lines)


def _text(cell: object) -> str:
    if isinstance(cell, float | Decimal):
        return f"{cell:,.2f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell or "-")

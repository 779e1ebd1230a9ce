"""The rows the platform holds: the current version of each, ordered by update."""

from __future__ import annotations

import threading
from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox.clock import utc_text
from sandbox.encoding import Json, encode

if TYPE_CHECKING:
    from collections.abc import Callable

CHAIN_ENTITIES = frozenset({"Customer", "Company", "Source"})

EVERYBODY = "everybody"
"""Who owns what is the same for all hotels."""

Order = tuple[datetime, str]


class Row:
    """One version of one row. It never changes: a change makes a new one."""

    __slots__ = ("_json", "data", "key", "owner", "updated")

    def __init__(self, key: str, data: Json, owner: str, updated: datetime) -> None:
        """Keep a row that belongs to an enterprise or chain, the `owner`."""
        self.key = key
        self.data = data
        self.owner = owner
        self.updated = updated
        self._json: bytes | None = None

    @property
    def json(self) -> bytes:
        """The row as one line of JSON, written once."""
        if self._json is None:
            self._json = encode(self.data)
        return self._json


def order(row: Row) -> Order:
    """Give the place of a row among the rows of its entity."""
    return row.updated, row.key


class Table:
    """The rows of one entity."""

    def __init__(self) -> None:
        """Start empty."""
        self.rows: dict[str, Row] = {}
        self._ordered: list[Row] | None = None

    def put(self, row: Row) -> None:
        """Add a row or replace its former version."""
        self.rows[row.key] = row
        self._ordered = None

    def ordered(self) -> list[Row]:
        """Give all rows, oldest update first; not to be changed."""
        if self._ordered is None:
            self._ordered = sorted(self.rows.values(), key=order)
        return self._ordered

    def select(self, accept: Callable[[Row], bool]) -> list[Row]:
        """Give the rows that are accepted, oldest update first."""
        return [row for row in self.ordered() if accept(row)]


class Store:
    """All entities. Whoever reads or writes more than one row holds `lock`."""

    def __init__(self) -> None:
        """Start without rows."""
        self.lock = threading.RLock()
        self._tables: dict[str, Table] = defaultdict(Table)

    def __getstate__(self) -> dict[str, Table]:
        """Give the tables, for a copy: it has a lock of its own."""
        return dict(self._tables)

    def __setstate__(self, tables: dict[str, Table]) -> None:
        """Become a copy."""
        self.lock = threading.RLock()
        self._tables = defaultdict(Table, tables)

    def table(self, entity: str) -> Table:
        """Give the rows of an entity."""
        return self._tables[entity]

    def has(self, entity: str) -> bool:
        """Whether there are rows of an entity."""
        return entity in self._tables and bool(self._tables[entity].rows)

    def get(self, entity: str, key: str) -> Json:
        """Give the current data of a row; not to be changed."""
        return self._tables[entity].rows[key].data

    def put(self, entity: str, data: Json, owner: str, updated: datetime) -> None:
        """Add a row or replace it.

        `updated` places it: some rows do not say when they were updated.
        """
        # Tests put rows without an Id: they still need a place of their own.
        known = data.get("Id", data.get("Code"))
        key = str(known or f"row-{id(data)}").lower()
        with self.lock:
            self._tables[entity].put(Row(key, data, owner, updated))

    def versions(self) -> Json:
        """Give, by entity, the key of each row and when it was updated."""
        with self.lock:
            return {
                entity: {key: utc_text(row.updated) for key, row in table.rows.items()}
                for entity, table in self._tables.items()
            }

    def change(
        self, entity: str, key: str, now: datetime, changes: dict[str, Any]
    ) -> None:
        """Replace properties of a row, updated now."""
        with self.lock:
            row = self._tables[entity].rows[key]
            data = {**row.data, **changes}
            if "UpdatedUtc" in data:
                data["UpdatedUtc"] = utc_text(now)
            self._tables[entity].put(Row(key, data, row.owner, now))

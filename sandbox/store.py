"""The rows the platform holds: the current version of each, ordered by update."""

from __future__ import annotations

import threading
from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from facts import OPERATIONS, STREAMS
from sandbox.clock import utc_text
from sandbox.encoding import Json, encode
from sandbox.undocumented import Undocumented

if TYPE_CHECKING:
    from collections.abc import Callable

CHAIN_ENTITIES = frozenset(
    operation.entity
    for operation in OPERATIONS.values()
    if operation.scope and operation.scope.parameter == "ChainIds"
) | {"Source"}
"""What belongs to a chain, not to one of its properties."""

_KEYS = {stream.entity: stream.key for stream in STREAMS.values()}

EVERYBODY = "everybody"
"""Who owns what is the same for all hotels."""

Order = tuple[datetime, str]


class Row:
    """One version of one row. It never changes: a change makes a new one.

    Attributes:
        key: its Id.
        data: what is known of it, which is what a target should hold.
        owner: the enterprise or chain it belongs to.
        updated: when it was made or changed.
    """

    __slots__ = ("_json", "_undocumented", "data", "key", "owner", "updated")

    def __init__(
        self,
        key: str,
        data: Json,
        owner: str,
        updated: datetime,
        undocumented: Undocumented | None,
    ) -> None:
        """Keep a row; `undocumented` adds to what is served of it."""
        self.key = key
        self.data = data
        self.owner = owner
        self.updated = updated
        self._undocumented = undocumented
        self._json: bytes | None = None

    @property
    def served(self) -> Json:
        """The row as it is served; not to be changed."""
        added = self._undocumented
        return added.added_to(self.data) if added else self.data

    @property
    def json(self) -> bytes:
        """What is served, as one line of JSON, written once."""
        if self._json is None:
            self._json = encode(self.served)
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
    """All entities. Whoever reads or writes more than one row holds `lock`.

    Attributes:
        list_prices: Of a night in each resource category; no row has them.
    """

    def __init__(self, seed: int | None) -> None:
        """Start without rows.

        Args:
            seed: draws the names of undocumented properties; None for rows that have
                nothing but what is documented.
        """
        self.lock = threading.RLock()
        self._seed = seed
        self._tables: dict[str, Table] = defaultdict(Table)
        self._undocumented: dict[str, Undocumented] = {}
        self.list_prices: dict[str, int] = {}

    def __getstate__(self) -> dict[str, object]:
        """Give all but the lock, for a copy: it has one of its own."""
        return {k: v for k, v in self.__dict__.items() if k != "lock"}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Become a copy."""
        self.lock = threading.RLock()
        self.__dict__.update(state)

    @property
    def documented_only(self) -> bool:
        """Whether rows have nothing but what is documented."""
        return self._seed is None

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
        known = [data.get(column) for column in _KEYS.get(entity, ("Id",))]
        # Tests put rows without an Id: they still need a place of their own.
        key = "/".join(map(str, known)) if all(known) else f"row-{id(data)}"
        key = key.lower()
        with self.lock:
            self._put(entity, key, data, owner, updated)

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
            # A row that has only what is documented gets nothing else.
            known = {name: changes[name] for name in changes if name in row.data}
            data = {**row.data, **known}
            if "UpdatedUtc" in data:
                data["UpdatedUtc"] = utc_text(now)
            self._put(entity, key, data, row.owner, now)

    def undocumented(self, entity: str) -> Undocumented | None:
        """Give what is added to the rows of an entity."""
        if self._seed is None:
            return None
        if entity not in self._undocumented:
            self._undocumented[entity] = Undocumented(entity, self._seed)
        return self._undocumented[entity]

    def _put(
        self, entity: str, key: str, data: Json, owner: str, updated: datetime
    ) -> None:
        row = Row(key, data, owner, updated, self.undocumented(entity))
        self._tables[entity].put(row)

"""Cursor pages: what an operation leaves of its rows, page by page."""

from __future__ import annotations

import bisect
import hashlib
from itertools import islice
from typing import TYPE_CHECKING

from facts import ENTITIES, OPERATIONS, STREAMS
from sandbox.answers import JSON, Refusal, Reply
from sandbox.body import MANY
from sandbox.encoding import Json, encode
from sandbox.filters import Filters
from sandbox.store import Order, Row, order

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import facts
    from sandbox.platform import Ask


class Page:
    """One page of a getAll operation."""

    def __init__(
        self, ask: Ask, operation: facts.Operation, *, oldest_first: bool = False
    ) -> None:
        """Take all that a request may carry."""
        self.ask = ask
        self.operation = operation
        self.oldest_first = oldest_first
        self.count: int | None = None
        self.cursor: str | None = None
        if operation.paging != "no":
            self._limit(required=operation.paging == "required")
        self.filters = Filters(ask, operation)

    def answer(self) -> Reply:
        """Give the page."""
        ask, limits = self.ask, self.ask.platform.limits
        count = self.count
        if count is not None:
            limits.check_page(count)
            count = min(count, limits.page_caps.get(self.operation.path, count))
        with ask.platform.store.lock:
            rows = [*islice(self._rows(), count)]
        ask.entry.rows = len(rows)
        if not rows and ask.minimal:
            return Reply(204)
        rest = self._further(rows)
        if self.operation.cursor:
            rest["Cursor"] = self._remember(rows[-1]) if rows else None
        lines = b",".join(row.json for row in rows)
        listed = b"[%b]" % lines if self.filters.shown else b"null"
        rows_first = b"{%b:%b" % (encode(self.operation.rows), listed)
        after = b",%b" % encode(rest)[1:] if rest else b"}"
        return Reply(200, rows_first + after, {"Content-Type": JSON})

    def _further(self, rows: list[Row]) -> Json:
        """The further lists: what hangs together with a page and is asked for."""
        extent = self.ask.entry.body.get("Extent") or {}
        store = self.ask.platform.store
        found: Json = {}
        for name, known in self.operation.lists.items():
            link = _LINKS.get((self.operation.path, name))
            if link is None or not extent.get(name, True):
                found[name] = None
                continue
            own, others = link
            keys = {str(row.data.get(own)).lower() for row in rows}
            found[name] = [
                row.served
                for row in store.table(str(known.entity)).ordered()
                if str(row.data.get(others)).lower() in keys
            ]
        return found

    def _limit(self, *, required: bool) -> None:
        limitation = self.ask.body.nested("Limitation", required=required)
        if limitation:
            most = self.operation.most_rows or MANY
            self.count = limitation.number("Count", 1, most)
            self.cursor = limitation.text("Cursor")

    def _rows(self) -> Iterable[Row]:
        ordered = self.ask.platform.store.table(self.operation.entity).ordered()
        low, high = 0, len(ordered)
        updated = self.filters.updated
        if updated:
            low = bisect.bisect_left(ordered, updated.start, key=_moment)
            high = bisect.bisect_right(ordered, updated.end, key=_moment)
        passed = self._passed()
        if passed and self.oldest_first:
            low = max(low, bisect.bisect_right(ordered, passed, key=order))
        elif passed:
            high = min(high, bisect.bisect_left(ordered, passed, key=order))
        span = range(low, high)
        for index in span if self.oldest_first else reversed(span):
            row = ordered[index]
            if self.filters.accept(row):
                yield row

    def _passed(self) -> Order | None:
        if not self.cursor:
            return None
        passed = self.ask.platform.cursors.get((self._query(), self.cursor))
        if passed is None:
            raise Refusal(400, "Invalid Limitation.Cursor.")
        return passed

    def _remember(self, row: Row) -> str:
        # The newer operation calls its cursor opaque: there it is no row's Id.
        cursor = _digest(repr(order(row))) if self.oldest_first else row.key
        self.ask.platform.cursors[self._query(), cursor] = order(row)
        return cursor

    def _query(self) -> str:
        # A cursor belongs to the question it was given for: asking another one with
        # it would silently skip rows.
        body: Json = {k: v for k, v in self.ask.entry.body.items() if k != "Limitation"}
        return _digest(f"{self.ask.grant.name} {self.ask.entry.operation} {body}")


def _linked(entity: str, further: str) -> tuple[str, str]:
    """The properties by which the rows of two entities hang together."""
    for own, known in ENTITIES[entity].properties.items():
        if further in known.refers_to:
            return own, "Id"
    columns = ENTITIES[further].properties
    return "Id", next(name for name in columns if entity in columns[name].refers_to)


_LINKS = {
    (stream.operation, stream.rows): _linked(
        OPERATIONS[stream.operation].entity, stream.entity
    )
    for stream in STREAMS.values()
    if stream.rows in OPERATIONS[stream.operation].lists
    and OPERATIONS[stream.operation].paging != "no"
}
"""Of each operation and further list that is a stream."""


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()


def _moment(row: Row) -> datetime:
    return row.updated

"""Cursor pages: what an operation leaves of its rows, page by page."""

from __future__ import annotations

import bisect
import hashlib
from itertools import islice
from typing import TYPE_CHECKING

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
        limitation = ask.body.needed("Limitation")
        self.count = limitation.number("Count", 1, operation.most_rows or MANY)
        self.cursor = limitation.text("Cursor")
        self.filters = Filters(ask, operation)

    def answer(self) -> Reply:
        """Give the page."""
        ask, limits = self.ask, self.ask.platform.limits
        limits.check_page(self.count)
        most = limits.page_caps.get(self.operation.path, self.count)
        with ask.platform.store.lock:
            rows = [*islice(self._rows(), min(most, self.count))]
        ask.entry.rows = len(rows)
        if not rows and ask.minimal:
            return Reply(204)
        cursor = self._remember(rows[-1]) if rows else None
        lines = b",".join(row.json for row in rows)
        listed = b"[%b]" % lines if self.filters.shown else b"null"
        # What else could come is null: the tap asks for none of it.
        rest = encode({**dict.fromkeys(self.operation.lists), "Cursor": cursor})[1:]
        body = b"{%b:%b,%b" % (encode(self.operation.rows), listed, rest)
        return Reply(200, body, {"Content-Type": JSON})

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


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()


def _moment(row: Row) -> datetime:
    return row.updated

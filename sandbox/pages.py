"""Cursor pages: the filters an operation takes, and the rows of one page."""

from __future__ import annotations

import bisect
import hashlib
from collections.abc import Callable, Iterable
from itertools import islice
from typing import TYPE_CHECKING

from sandbox.answers import JSON, Refusal, Reply
from sandbox.clock import parse_utc
from sandbox.contract import MANY, THREE_MONTHS, Interval, Span
from sandbox.encoding import Json, encode
from sandbox.store import CHAIN_ENTITIES, Order, Row, order

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.platform import Ask

Accept = Callable[[Row], bool]


class Page:
    """Gathers the filters of a getAll operation, then answers with one page.

    Each method checks its properties of the request and narrows the rows by them.
    """

    def __init__(self, ask: Ask, entity: str, *, oldest_first: bool = False) -> None:
        """Read the rows of an entity that the token reaches."""
        self.ask = ask
        self.entity = entity
        self.oldest_first = oldest_first
        self.filters: set[str] = set()
        self._accept: list[Accept] = []
        self._updated: Interval | None = None
        owners = ask.platform.access.owners(ask.grant, entity)
        self.keep(lambda row: row.owner in owners)
        limitation = ask.body.needed("Limitation")
        self.count = limitation.number("Count", 1, MANY)
        self.cursor = limitation.text("Cursor")

    def keep(self, accept: Accept) -> None:
        """Narrow the rows."""
        self._accept.append(accept)

    def reach(self, most: int = MANY, *, portfolio_needs: bool = False) -> None:
        """EnterpriseIds, or ChainIds for entities of a chain."""
        by_chain = self.entity in CHAIN_ENTITIES
        name = "ChainIds" if by_chain else "EnterpriseIds"
        ids = self.ask.body.texts(name, most)
        portfolio = self.ask.grant.portfolio
        if portfolio_needs and portfolio and not ids:
            raise Refusal(400, f"{name} is required.")
        if not ids or (portfolio_needs and not portfolio):
            return
        check_reach(self.ask, self.entity, ids)
        wanted = set(ids)
        self.keep(lambda row: row.owner in wanted)

    def by(self, name: str, column: str, most: int = MANY) -> list[str] | None:
        """Keep rows that have one of the values."""
        values = self.ask.body.texts(name, most)
        if values is not None:
            self.filters.add(name)
            wanted = set(values)
            self.keep(lambda row: row.data.get(column) in wanted)
        return values

    def by_state(self, name: str, one_of: str, default: str | None = None) -> None:
        """Keep rows in one of the states of an enumeration: `Property: members`."""
        column, _, members = one_of.partition(": ")
        values = self.ask.body.members(name, members.split())
        states = set(default.split() if values is None and default else values or ())
        if states:
            self.keep(lambda row: row.data.get(column) in states)

    def by_value(self, name: str, column: str) -> None:
        """Keep rows that have one value."""
        value = self.ask.body.text(name)
        if value is not None:
            self.keep(lambda row: row.data.get(column) == value)

    def by_activity(self, default: str = "Active") -> None:
        """ActivityStates: by default rows that were deleted do not show."""
        values = self.ask.body.members("ActivityStates", ("Active", "Deleted"))
        states = set(default.split() if values is None else values)
        self.keep(
            lambda row: ("Active" if row.data.get("IsActive") else "Deleted") in states
        )

    def interval(self, name: str, span: Span = THREE_MONTHS) -> Interval | None:
        """Give an interval filter, within the span the platform allows now."""
        limits, operation = self.ask.platform.limits, self.ask.entry.operation
        included = limits.interval_end == "inclusive"
        interval = self.ask.body.interval(name, span, end_included=included)
        if interval is None:
            return None
        self.filters.add(name)
        shorter = limits.max_interval.get(operation)
        if shorter and interval.end > Span.parse(shorter).after(interval.start):
            message = f"The interval must not exceed {shorter}."
            raise Refusal(400, message, breach=False)
        return interval

    def updated(self, span: Span = THREE_MONTHS) -> None:
        """UpdatedUtc."""
        self._updated = self.interval("UpdatedUtc", span)
        if self._updated:
            interval = self._updated
            self.keep(lambda row: interval.holds(row.updated))

    def during(self, *names: str) -> None:
        """Intervals of further dates of the row, each called as in the row."""
        for name in names:
            interval = self.interval(name)
            if interval:
                self.keep(_holding(interval, name))

    def colliding(self, start: str, end: str) -> None:
        """CollidingUtc: rows whose own time touches the interval."""
        interval = self.interval("CollidingUtc")
        if interval:
            self.keep(
                lambda row: (
                    parse_utc(row.data[start]) <= interval.end
                    and parse_utc(row.data[end]) >= interval.start
                )
            )

    def need_filter(self, *names: str) -> None:
        """Refuse a request without filters, or with none of those that are named."""
        if not (self.filters & set(names) if names else self.filters):
            named = ", ".join(names) or "the filters"
            raise Refusal(400, f"At least one of {named} is required.")

    def answer(
        self, key: str, *, shown: bool = True, beside: Iterable[str] = ()
    ) -> Reply:
        """Give the page.

        Args:
            key: the property that holds the rows.
            shown: whether the extent asks for them; if not, it is null.
            beside: further extents of the operation, which are null.
        """
        self.ask.body.done()
        self.ask.platform.limits.check_page(self.count)
        with self.ask.platform.store.lock:
            rows = [*islice(self._rows(), self.count)]
        self.ask.entry.rows = len(rows)
        if not rows and self.ask.minimal:
            return Reply(204)
        cursor = self._remember(rows[-1]) if rows else None
        lines = b",".join(row.json for row in rows)
        listed = b"[%b]" % lines if shown else b"null"
        rest = encode({**dict.fromkeys(beside), "Cursor": cursor})[1:]
        body = b"{%b:%b,%b" % (encode(key), listed, rest)
        return Reply(200, body, {"Content-Type": JSON})

    def _rows(self) -> Iterable[Row]:
        ordered = self.ask.platform.store.table(self.entity).ordered()
        low, high = 0, len(ordered)
        if self._updated:
            low = bisect.bisect_left(ordered, self._updated.start, key=_moment)
            high = bisect.bisect_right(ordered, self._updated.end, key=_moment)
        passed = self._passed()
        if passed and self.oldest_first:
            low = max(low, bisect.bisect_right(ordered, passed, key=order))
        elif passed:
            high = min(high, bisect.bisect_left(ordered, passed, key=order))
        span = range(low, high)
        for index in span if self.oldest_first else reversed(span):
            row = ordered[index]
            if all(accept(row) for accept in self._accept):
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


def check_reach(ask: Ask, entity: str, ids: Iterable[str]) -> None:
    """Check that the token reaches all these enterprises or chains.

    Raises:
        Refusal: 400, it does not.
    """
    unknown = set(ids) - ask.platform.access.owners(ask.grant, entity)
    if unknown:
        kind = "chain" if entity in CHAIN_ENTITIES else "enterprise"
        raise Refusal(400, f"Invalid {kind} id: {min(unknown)}.")


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()


def _moment(row: Row) -> datetime:
    return row.updated


def _holding(interval: Interval, name: str) -> Accept:
    def accept(row: Row) -> bool:
        text = row.data.get(name)
        return bool(text) and interval.holds(parse_utc(str(text)))

    return accept

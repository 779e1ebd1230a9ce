"""Lists that other requests need, such as the properties; each is read once a run."""

from __future__ import annotations

import logging
import re
import threading
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec

from tap_mews.api.operations import Operation
from tap_mews.errors import (
    InvalidSettingsError,
    RefusedError,
    UnauthorizedError,
    UnexpectedAnswerError,
)
from tap_mews.pages.paginator import PageSize, read_pages
from tap_mews.records.validator import Rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from tap_mews.api.client import MewsClient
    from tap_mews.api.responses import Response
    from tap_mews.pages.decoder import Page

T = TypeVar("T")

logger = logging.getLogger("tap-mews.lookups")

FOUNDED = datetime(2012, 1, 1, tzinfo=timezone.utc)
"""Nothing in Mews is older than Mews; where to start when nobody knows better."""

MOST_NAMED = 5
"""Identifiers in a message; the rest is counted."""

ENTERPRISES = Operation("enterprises/getAll", "Enterprises", time_filter=None)


class Enterprise(msgspec.Struct, frozen=True):
    """A property as `enterprises/getAll` shows it, as far as reading needs it."""

    id: str = msgspec.field(name="Id")
    chain_id: str | None = msgspec.field(name="ChainId", default=None)
    created: Annotated[datetime, msgspec.Meta(tz=True)] | None = msgspec.field(
        name="CreatedUtc",
        default=None,
    )
    editable: str | None = msgspec.field(
        name="AccountingEditableHistoryInterval", default=None
    )
    time_zone: str | None = msgspec.field(name="TimeZoneIdentifier", default=None)


class _Row(msgspec.Struct):
    id: str = msgspec.field(name="Id")


class Lookups:
    """Lists of one access token, and which properties and chains it reaches."""

    def __init__(
        self,
        client: MewsClient,
        page_size: int,
        enterprise_ids: tuple[str, ...] | None,
        chain_ids: tuple[str, ...] | None,
    ) -> None:
        """Prepare; nothing is asked for yet.

        Args:
            client: Makes the calls.
            page_size: Rows in one page.
            enterprise_ids: The setting; it selects from the list.
            chain_ids: The setting; it selects from the list.
        """
        self._client = client
        self._page_size = page_size
        self._enterprise_ids = enterprise_ids
        self._chain_ids = chain_ids
        self._lock = threading.Lock()
        # each list has its own, so that none waits for the answer to another one
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._known: dict[tuple[str, str], list[Rows]] = {}

    def rows(self, operation: Operation) -> list[Rows]:
        """All rows that an operation lists, of the properties that are read.

        Raises:
            MewsError: As `read_pages`.
        """
        key = (operation.path, operation.rows)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._known:
                self._known[key] = [
                    Rows(
                        page.value.rows,
                        f"{operation.path} (all), page {number}{page.of_request}",
                        unit="row",
                        may_break=page.value.may_break,
                    )
                    for number, page in enumerate(self._pages(operation), 1)
                ]
            return self._known[key]

    def _pages(self, operation: Operation) -> Iterator[Response[Page[bytes]]]:
        ids, most = self._named(operation), operation.selector.most
        size = PageSize(self._page_size)
        for first in range(0, 1 if ids is None else len(ids), most):
            some = None if ids is None else ids[first : first + most]
            body = operation.body(None, some)
            yield from read_pages(self._client, operation, body, size, bytes)

    def _named(self, operation: Operation) -> tuple[str, ...] | None:
        """The identifiers that requests for a list must name; None for none."""
        selector = operation.selector
        if selector.parents is not None:
            return self.ids(selector.parents)
        if selector.of == "chain":
            return self.chain_ids
        return None if operation is ENTERPRISES else self._enterprise_ids

    def ids(self, operation: Operation) -> tuple[str, ...]:
        """The identifiers of the rows that an operation lists, in a fixed order.

        Raises:
            MewsError: As `rows`.
        """
        return tuple(sorted(row.id for row in self.objects(operation, _Row)))

    def objects(self, operation: Operation, row: type[T]) -> Iterator[T]:
        """What the tap itself needs of the rows that an operation lists.

        Raises:
            UnexpectedAnswerError: A row does not have it.
        """
        decode = msgspec.json.Decoder(row).decode
        for rows in self.rows(operation):
            for index, line in enumerate(rows.lines):
                try:
                    yield decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    msg = f"unexpected response format ({rows.where(index)}): {error}"
                    raise UnexpectedAnswerError(msg) from None

    @cached_property
    def listed(self) -> tuple[Enterprise, ...] | None:
        """All properties that `enterprises/getAll` shows, or None where it is refused.

        Some tokens of a single property may not call it (401 or 403).

        Raises:
            InvalidSettingsError: The token does not reach all that the settings name.
        """
        try:
            listed = tuple(map(_plain, self.objects(ENTERPRISES, Enterprise)))
        except (UnauthorizedError, RefusedError) as error:
            logger.warning("The properties cannot be listed: %s", error)
            return None
        properties = {each.id for each in listed}
        chains = {each.chain_id for each in listed}
        _check_reached("enterprise_ids", self._enterprise_ids, properties)
        if None not in chains:
            _check_reached("chain_ids", self._chain_ids, chains)
        return listed

    @property
    def enterprise_ids(self) -> tuple[str, ...] | None:
        """Identifiers of the properties to read, or None where nobody knows."""
        if self._enterprise_ids or self.listed is None:
            return self._enterprise_ids
        return tuple(sorted(found.id for found in self.listed))

    @property
    def chain_ids(self) -> tuple[str, ...] | None:
        """Identifiers of the chains to read, or None where nobody knows."""
        if self._chain_ids or self.listed is None:
            return self._chain_ids
        return tuple(
            sorted({found.chain_id for found in self.listed if found.chain_id})
        )

    @property
    def editable_history(self) -> timedelta:
        """The longest time in which a property may change its books afterwards."""
        return max(
            (_days_of(found.editable) for found in self.listed or ()),
            default=timedelta(0),
        )

    def beginning(self, ids: Iterable[str] | None = None) -> datetime:
        """When the oldest of some properties was created.

        Args:
            ids: Enterprises or chains to look at; all that are listed if None.

        Returns:
            The earliest `CreatedUtc`, or `FOUNDED` where nobody knows.
        """
        wanted = None if ids is None else set(ids)
        return min(
            (
                found.created.replace(microsecond=0)
                for found in self.listed or ()
                if found.created
                and (
                    wanted is None or not wanted.isdisjoint({found.id, found.chain_id})
                )
            ),
            default=FOUNDED,
        )


_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T.*)?")
"""A duration of ISO 8601, as far as days matter."""

DAYS = (366, 31, 7, 1)
"""At most, of a year, a month, a week and a day."""

MOST_EDITABLE = timedelta(days=366)


def _days_of(duration: str | None) -> timedelta:
    """The days of a duration, a day more for the hours; none of what is no duration."""
    found = _DURATION.fullmatch(duration or "")
    if found is None:
        return timedelta(0)
    days = sum(
        int(part or 0) * each for part, each in zip(found.groups(), DAYS, strict=True)
    )
    return min(timedelta(days=min(days, 1000) + 1), MOST_EDITABLE)


def _plain(found: Enterprise) -> Enterprise:
    """A property with its identifiers as Mews compares them: without case."""
    chain_id = found.chain_id and found.chain_id.lower()
    return msgspec.structs.replace(found, id=found.id.lower(), chain_id=chain_id)


def _check_reached(
    setting: str, chosen: tuple[str, ...] | None, reached: Collection[str | None]
) -> None:
    """Refuse a setting that names what the token does not reach.

    Mews gives no rows of it and no error, so that a misspelt identifier would pass for
    a property in which nothing happens.

    Raises:
        InvalidSettingsError: Names it.
    """
    others = [key for key in chosen or () if key not in reached]
    if others:
        named = ", ".join(others[:MOST_NAMED])
        more = f" and {len(others) - MOST_NAMED} more" if others[MOST_NAMED:] else ""
        msg = f"{setting}: the access token does not reach {named}{more}"
        raise InvalidSettingsError(msg)

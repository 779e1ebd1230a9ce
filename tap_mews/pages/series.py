"""Fetches what services or rates have in each time unit of a horizon."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from tap_mews.errors import MewsError, RefusedError, TooHeavyError
from tap_mews.pages.batches import batches_of
from tap_mews.pages.intervals import LongestInterval
from tap_mews.pages.time_units import LONGEST
from tap_mews.reading.windows import Window
from tap_mews.records.rows import Rows
from tap_mews.timestamps import format_moment
from tap_mews.wording import abbreviated

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from tap_mews.api.client import MewsClient
    from tap_mews.api.operations import Operation
    from tap_mews.api.responses import Response
    from tap_mews.pages.allocation import Allocation
    from tap_mews.pages.batches import Batch
    from tap_mews.pages.fetch import ClientOf
    from tap_mews.pages.sellers import Sold
    from tap_mews.pages.unfolding import Unfolded, Unfolding
    from tap_mews.reading.reader import Slice

FIRST, LAST = "FirstTimeUnitStartUtc", "LastTimeUnitStartUtc"
"""Of a request: when the first and the last time unit begin that it asks for."""

logger = logging.getLogger("tap-mews.pages")


class SeriesFetch:
    """Fetches the time units of one operation; several threads may, at once.

    A request is about one service or rate, begins and ends where its time units do, and
    gets shorter if Mews refuses it as too long.
    """

    def __init__(
        self,
        operation: Operation,
        unfolding: Unfolding,
        sold: Mapping[str, Sold],
        allocation: Allocation,
        client_of: ClientOf,
        missing: dict[str, set[datetime]],
        *,
        is_probe: bool = False,
    ) -> None:
        """Prepare; nothing is asked for yet.

        Args:
            operation: What to call, with one identifier of `sold`.
            unfolding: Makes rows of an answer.
            sold: The services or rates, by identifier.
            allocation: Says by which token each of them is read.
            client_of: Gives what makes the calls for a slice.
            missing: Takes the starts of the time units that answers lack, by
                identifier of `sold`.
            is_probe: Whether one request is enough.
        """
        self._operation = operation
        self._unfolding = unfolding
        self._sold = sold
        self._allocation = allocation
        self._client_of = client_of
        self._missing = missing
        self._is_probe = is_probe
        self._limits = {
            period: LongestInterval(longest) for period, longest in LONGEST.items()
        }
        self._refused: set[str] = set()
        self._lock = threading.Lock()

    def batches(self, slice_: Slice) -> list[Batch]:
        """Each service or rate by itself."""
        batches = batches_of(self._allocation, self._operation.selector, slice_)
        return batches[:1] if self._is_probe else batches

    def rows(self, slice_: Slice, window: Window, batch: Batch) -> Iterator[Rows]:
        """The rows of the time units that a window touches.

        What is refused is left out, unless nothing else is taken either.

        Raises:
            MewsError: As `MewsClient.call`.
        """
        for key in batch.scope or ():
            client = self._client_of(slice_, batch.access)
            try:
                yield from self._of(key, client, window)
            except RefusedError as error:
                with self._lock:
                    self._refused.add(key)
                    is_all = len(self._refused) == len(self._sold)
                if is_all or error.is_forbidden:
                    raise
                logger.warning("%s; skipping the rest of it", error)

    def _of(self, key: str, client: MewsClient, window: Window) -> Iterator[Rows]:
        """The rows of one service or rate, in as many requests as Mews wants."""
        sent, units = self._sold[key]
        limit = self._limits[units.period]
        start = units.start_of(window.start or window.end)
        end = units.after(units.start_of(window.end))
        parameter = self._operation.selector.parameter
        head = msgspec.json.encode({parameter: sent})[:-1] + b","
        while start < end:
            next_start = units.after(start)
            stop = units.start_of(start + limit.of(end - start))
            part = Window(start, max(stop, next_start))
            is_longer = part.end > next_start
            try:
                result = self._ask(key, client, part, can_shrink=is_longer)
            except RefusedError as error:
                if not error.intervals:
                    # it may be about this service or rate alone
                    limit = LongestInterval()
                if not (is_longer and limit.learn(error, part.length)):
                    raise
                continue
            except TooHeavyError as error:
                limit = LongestInterval(part.length / 2)
                logger.warning("%s; requesting half of the period", error)
                continue
            if result is not None:
                self._note_missing(key, start, part.end, result.value.starts)
            start = part.end
            if result is not None and result.value.rows:
                yield Rows(
                    [head + row[1:] for row in result.value.rows],
                    f"{self._operation.path} ({part}) of {key}{result.of_request}",
                    unit="row",
                    may_break=result.value.may_break,
                )
            del result  # not to be held while the next one comes

    def _note_missing(
        self, key: str, start: datetime, end: datetime, found: Collection[datetime]
    ) -> None:
        """Note the time units from a start up to an end that an answer lacks.

        Args:
            key: Identifier of `sold`.
            start: When the first one begins.
            end: When the last one ends.
            found: When those in the answer begin; zones of another edition can place
                one elsewhere within its time unit.
        """
        units = self._sold[key].units
        asked = set()
        while start < end:
            asked.add(units.start_of(start))
            start = units.after(start)
        if missing := asked.difference(map(units.start_of, found)):
            with self._lock:
                self._missing.setdefault(key, set()).update(missing)

    def _ask(
        self, key: str, client: MewsClient, part: Window, *, can_shrink: bool
    ) -> Response[Unfolded] | None:
        """Ask for the time units from the start of a window up to its end.

        Raises:
            MewsError: As `MewsClient.call`; it says what was asked for.
        """
        operation = self._operation
        last = self._sold[key].units.start_of(part.end - timedelta(seconds=1))
        body = operation.body(None, None) | {
            operation.selector.parameter: key,
            FIRST: format_moment(part.start or part.end),
            LAST: format_moment(last),
        }
        try:
            return client.call(
                operation.path, body, self._unfolding, can_shrink=can_shrink
            )
        except MewsError as error:
            text = f"{error.text} (reading {part} of {key})"
            raise error.reworded(text) from None


def warn_of_missing(
    stream: str, operation: Operation, missing: Mapping[str, Collection[datetime]]
) -> None:
    """Warn in one line of the time units that answers lacked."""
    if missing:
        logger.warning(
            "%s: %s returned fewer time units than requested; not delivered: %s",
            stream,
            operation.path,
            abbreviated(
                [
                    f"{len(starts)} of {operation.selector.parameter} {key}"
                    for key, starts in sorted(missing.items())
                ]
            ),
        )

"""Reads an entity through data exports or page by page, as it suits each span.

A bookmark means the same for both, so a history can change its way at any window.
"""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

from tap_mews.errors import RefusedError, TooHeavyError, UnauthorizedError
from tap_mews.reading.reader import Reader, Slice, WindowLostError, WindowRead

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from datetime import datetime

    from tap_mews.records.validator import Rows

LONGEST_BY_PAGES = timedelta(days=7)
"""A page is sooner there than an export, but a long history is too many of them."""

logger = logging.getLogger("tap-mews.extraction")


class ExtractionMethod(str, Enum):
    """How rows can be read."""

    EXPORTS = "exports"
    PAGES = "pages"


def preferred(span: Slice) -> ExtractionMethod:
    """The way that suits a span: pages for what is short, an export for the rest."""
    start = span.reached or span.start
    is_short = start is not None and span.end - start <= LONGEST_BY_PAGES
    return ExtractionMethod.PAGES if is_short else ExtractionMethod.EXPORTS


@dataclass
class _Leg:
    """Spans that are read the same way."""

    way: ExtractionMethod
    reader: Reader
    spans: list[Slice]


class AutoReader:
    """Reads each span the way that suits it, and the other way where that fails."""

    def __init__(
        self,
        stream: str,
        new_reader: Callable[[ExtractionMethod], Reader],
        *,
        ways: Sequence[ExtractionMethod],
        beginning: Callable[[tuple[str, ...] | None], datetime],
        goes_on: bool,
        forget_exports: Callable[[], None],
    ) -> None:
        """Prepare; nothing is asked for yet.

        Args:
            stream: Its name, for log lines.
            new_reader: Makes a reader of one way; each is opened once.
            ways: Those that may be taken, at least one.
            beginning: Gives the start of what properties or chains have, for pages.
            goes_on: Whether an earlier run has added an export to go on with.
            forget_exports: To be called when it is not gone on with.
        """
        self._stream = stream
        self._new_reader = new_reader
        self._ways = ways
        self._beginning = beginning
        self._goes_on = goes_on
        self._forget_exports = forget_exports
        self._legs: list[_Leg] = []

    def open(self, spans: Sequence[Slice]) -> None:
        """Choose the ways, and add the first export where one is wanted.

        Raises:
            MewsError: As the readers.
        """
        by_way: dict[ExtractionMethod, list[Slice]] = {
            way: [] for way in ExtractionMethod
        }
        for span in spans:
            by_way[self._choose(span)].append(span)
        self._add_leg(ExtractionMethod.EXPORTS, by_way[ExtractionMethod.EXPORTS])
        if spans and self._goes_on and not self._legs:
            self._forget_exports()
        self._add_leg(
            ExtractionMethod.PAGES,
            [self._begun(each) for each in by_way[ExtractionMethod.PAGES]],
        )

    def pieces(self) -> Generator[WindowRead, None, None]:
        """The pieces of what is read through exports, then of what is read by pages.

        Raises:
            MewsError: As the readers.
        """
        for leg in list(self._legs):
            if (
                leg.way is ExtractionMethod.PAGES
                and ExtractionMethod.EXPORTS in self._ways
            ):
                yield from self._pages_or_exports(leg)
            else:
                with closing(leg.reader.pieces()) as pieces:
                    yield from pieces

    def close(self) -> None:
        """Let go of what the readers hold."""
        for leg in self._legs:
            leg.reader.close()

    def _choose(self, span: Slice) -> ExtractionMethod:
        wanted = ExtractionMethod.EXPORTS if self._goes_on else preferred(span)
        return wanted if wanted in self._ways else self._ways[0]

    def _begun(self, span: Slice) -> Slice:
        """The span with a start, which an export can do without but pages cannot."""
        if span.start is not None:
            return span
        return replace(span, start=self._beginning(span.covers))

    def _add_leg(self, way: ExtractionMethod, spans: list[Slice]) -> None:
        """Begin to read spans one way, if there are any."""
        if not spans:
            return
        leg = _Leg(way, self._new_reader(way), spans)
        self._legs.append(leg)
        told = "through exports" if way is ExtractionMethod.EXPORTS else "page by page"
        for span in spans:
            logger.info("%s: reading %s %s", self._stream, span, told)
        leg.reader.open(spans)

    def _pages_or_exports(self, leg: _Leg) -> Iterator[WindowRead]:
        """Pages, until one of a single row is too heavy; then exports for the rest."""
        heavy: list[TooHeavyError] = []

        def guarded(rows: Iterator[Rows]) -> Iterator[Rows]:
            try:
                yield from rows
            except TooHeavyError as error:
                heavy.append(error)
                raise WindowLostError from None

        with closing(leg.reader.pieces()) as pieces:
            for piece in pieces:
                yield replace(piece, rows=guarded(piece.rows))
                if heavy:
                    break
        if heavy:
            logger.warning(
                "%s: %s; reading through exports instead", self._stream, heavy[0]
            )
            rest = leg.spans[leg.spans.index(piece.span) :]
            rest[0] = replace(rest[0], start=piece.window.start, reached=None)
            self._add_leg(ExtractionMethod.EXPORTS, rest)
            yield from self._legs[-1].reader.pieces()


def forbids(error: UnauthorizedError | RefusedError) -> bool:
    """Whether the operation as such is refused, and not what was asked of it."""
    return isinstance(error, UnauthorizedError) or error.is_forbidden

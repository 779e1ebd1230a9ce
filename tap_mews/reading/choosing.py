"""Reads an entity through data exports or page by page, as it suits each slice.

A bookmark means the same for both, so a history can change its method at any window.
"""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from tap_mews.errors import RefusedError, TooHeavyError, UnauthorizedError
from tap_mews.reading.reader import Reader, Slice, WindowRead, capture_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from datetime import datetime

    from tap_mews.errors import MewsError

LONGEST_BY_PAGES = timedelta(days=7)
"""A page is sooner there than an export, but a long history is too many of them."""

logger = logging.getLogger("tap-mews.extraction")


class ExtractionMethod(str, Enum):
    """How rows can be read."""

    EXPORTS = "exports"
    PAGES = "pages"


EXPORTS, PAGES = ExtractionMethod


def preferred(slice_: Slice) -> ExtractionMethod:
    """The method that suits a slice: pages for a short one, an export for the rest."""
    start = slice_.bookmark or slice_.start
    is_short = start is not None and slice_.end - start <= LONGEST_BY_PAGES
    return PAGES if is_short else EXPORTS


@dataclass
class _Leg:
    """Slices that are read by the same method."""

    method: ExtractionMethod
    reader: Reader
    slices: list[Slice]


class NewReader(Protocol):
    """Makes what reads by one method; each reader is opened once."""

    def __call__(self, method: ExtractionMethod, /, *, is_last: bool) -> Reader:
        """The reader.

        Args:
            method: How it reads.
            is_last: Whether no other method can read what it cannot.
        """


class AutoReader:
    """Reads each slice by the method that suits it, and by the other where that fails.

    Attributes:
        refusals: What Mews said to the methods that it does not allow.
    """

    def __init__(
        self,
        stream: str,
        new_reader: NewReader,
        methods: Sequence[ExtractionMethod],
        *,
        beginning: Callable[[tuple[str, ...] | None], datetime],
        resumes: bool,
        forget_exports: Callable[[], None],
    ) -> None:
        """Prepare; nothing is asked for yet.

        Args:
            stream: Its name, for log lines.
            new_reader: Makes a reader of one method.
            methods: Those that may be used, at least one.
            beginning: Gives the start of what enterprises or chains have, for pages.
            resumes: Whether an earlier run has added exports to resume.
            forget_exports: To be called when they are not resumed.
        """
        self._stream = stream
        self._new_reader = new_reader
        self._methods = list(methods)
        self._beginning = beginning
        self._resumes = resumes
        self._forget_exports = forget_exports
        self._legs: list[_Leg] = []
        self.refusals: dict[ExtractionMethod, str] = {}

    def open(self, slices: Sequence[Slice]) -> None:
        """Choose the methods, and wait for the first answer to each.

        Raises:
            UnauthorizedError: No method is allowed.
            MewsError: As the readers.
        """
        chosen = [(self._choose(each), each) for each in slices]
        for method in ExtractionMethod:
            self._open(method, [each for by, each in chosen if by is method])
        if slices and self._resumes and self._legs[0].method is not EXPORTS:
            self._forget_exports()

    def windows(self) -> Generator[WindowRead, None, None]:
        """What is read through exports, then what is read by pages.

        Raises:
            MewsError: As the readers.
        """
        for leg in list(self._legs):
            if leg.method is PAGES and EXPORTS in self._methods:
                yield from self._pages_or_exports(leg)
            else:
                with closing(leg.reader.windows()) as windows:
                    yield from windows

    def close(self) -> None:
        """Let go of what the readers hold."""
        for leg in self._legs:
            leg.reader.close()

    def _choose(self, slice_: Slice) -> ExtractionMethod:
        wanted = EXPORTS if self._resumes else preferred(slice_)
        return wanted if wanted in self._methods else self._methods[0]

    def _open(self, method: ExtractionMethod, slices: list[Slice]) -> None:
        """Begin to read slices by a method, or by the other if that is not allowed."""
        if not slices:
            return
        if method not in self._methods:
            method = self._methods[0]
        if method is PAGES:
            slices = [self._begun(each) for each in slices]
        how = "through exports" if method is EXPORTS else "page by page"
        for each in slices:
            # a short time by pages is what most runs read of most streams
            is_usual = method is PAGES is preferred(each)
            level = logging.DEBUG if is_usual else logging.INFO
            logger.log(level, "%s: reading %s %s", self._stream, each, how)
        reader = self._new_reader(method, is_last=len(self._methods) == 1)
        try:
            reader.open(slices)
        except (UnauthorizedError, RefusedError) as error:
            reader.close()
            if not error.is_forbidden:
                raise
            self.refusals[method] = error.text
            self._methods.remove(method)
            if not self._methods:
                raise error.reworded("; ".join(self.refusals.values())) from None
            self._open(self._methods[0], slices)
        else:
            self._legs.append(_Leg(method, reader, slices))

    def _begun(self, slice_: Slice) -> Slice:
        """The slice with a start, which an export can do without but pages cannot."""
        if slice_.start is not None:
            return slice_
        return replace(slice_, start=self._beginning(slice_.ids))

    def _pages_or_exports(self, leg: _Leg) -> Iterator[WindowRead]:
        """Pages, until one of a single row is too heavy; then exports for the rest."""
        heavy: list[MewsError] = []
        with closing(leg.reader.windows()) as windows:
            for window_read in windows:
                yield capture_errors(
                    window_read, heavy, lambda each: isinstance(each, TooHeavyError)
                )
                if heavy:
                    break
        if heavy:
            leg.reader.close()
            logger.warning(
                "%s: %s; reading through exports instead", self._stream, heavy[0]
            )
            rest = leg.slices[leg.slices.index(window_read.slice) :]
            rest[0] = replace(rest[0], start=window_read.window.start, bookmark=None)
            self._open(EXPORTS, rest)
            yield from self._legs[-1].reader.windows()

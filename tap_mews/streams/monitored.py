"""What is kept of the reading of a stream: costs, metrics, completeness."""

from __future__ import annotations

import abc
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from tap_mews.metrics.coverage import Coverage, SchemaDrift
from tap_mews.metrics.emitter import MonitoredCounter, StreamMetrics
from tap_mews.metrics.progress import Progress
from tap_mews.metrics.usage import StreamUsage, Usage
from tap_mews.records.undocumented import keeps_undocumented
from tap_mews.records.validator import RecordValidator
from tap_mews.sdk import WindowedStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from singer_sdk.metrics import Counter

    from tap_mews.api.client import MewsClient
    from tap_mews.reading.reader import Slice, WindowRead
    from tap_mews.run import Run
    from tap_mews.tap import TapMews


class MonitoredStream(WindowedStream, abc.ABC):
    """A stream that keeps account of its reading."""

    scope_of: ClassVar[str] = "property"
    """Whose identifiers a part of it is read by: `property` or `chain`."""

    _tap: TapMews

    @property
    def run(self) -> Run:
        """What the streams of this run share."""
        return self._tap.run

    @cached_property
    def meters(self) -> StreamMetrics:
        """Its metrics."""
        return StreamMetrics(stream=self.name)

    @cached_property
    def accounts(self) -> StreamUsage:
        """What reading it takes."""
        return StreamUsage(self.meters.count)

    @cached_property
    def completeness(self) -> Coverage:
        """What was due and what came of it."""
        return Coverage(self.accounts)

    def client_of(self, span: Slice) -> MewsClient:
        """Makes the calls for a span, at the cost of its part of the stream."""
        return self.run.client.charging(self.accounts.of(span))

    @cached_property
    def validator(self) -> RecordValidator:
        """Checks the rows."""
        return RecordValidator(
            self.name,
            self.effective_schema,
            pass_invalid=self.run.settings.on_invalid_record == "warn",
            logger=self.logger,
            keep_undocumented=keeps_undocumented(self.config),
        )

    @property
    def drift(self) -> SchemaDrift:
        """Where rows are not as their schema; cheap for a stream that read none."""
        if "validator" not in self.__dict__:
            return SchemaDrift((), 0)
        validator = self.validator
        return SchemaDrift(tuple(validator.undocumented.names), validator.passed_on)

    @cached_property
    def progress(self) -> Progress:
        """Says how far it is."""
        return Progress(self.name, self.run.clock, self.logger)

    @abc.abstractmethod
    def bookmark_of(self, span: Slice) -> str | None:
        """The bookmark that a span moves, as the state has it."""

    def plan(self, due: Sequence[Slice], parts: Sequence[Slice]) -> None:
        """Note what is due, and the bookmarks before anything moves them.

        Args:
            due: What is due.
            parts: One span of each part; of some of them nothing may be due.
        """
        self.completeness.plan(due)
        for span in (*due, *parts):
            before = self.bookmark_of(span)
            self.completeness.of(span).bookmarks = before, before

    @contextmanager
    def taking(self, piece: WindowRead) -> Iterator[None]:
        """Charge the rows of a piece that are delivered, however that ends."""
        self.completeness.begin(piece)
        self.progress.begin(piece.known)
        before = self.progress.records
        try:
            yield
        finally:
            rows = self.progress.records - before
            self.accounts.of(piece.span).charge(Usage(rows=rows))

    def finish_part(self, piece: WindowRead) -> None:
        """Note that a piece is delivered and its bookmark has moved."""
        self.completeness.finish(piece)
        part = self.completeness.of(piece.span)
        part.bookmarks = part.bookmarks[0], self.bookmark_of(piece.span)

    def get_record_counter(self, **kwargs: Any) -> Counter:  # noqa: ANN401
        """The SDK's counter, kept so that rows that it does not see are counted."""
        counter = super().get_record_counter(**kwargs)
        self.counter = MonitoredCounter(counter, self._end)
        return self.counter

    def get_batch_counter(self) -> Counter:
        """The SDK's counter, which tells how the reading ended."""
        return MonitoredCounter(super().get_batch_counter(), self._end)

    def log_sync_costs(self) -> None:
        """The SDK calls this for all streams when all of them are read."""
        super().log_sync_costs()
        self._tap.end_report(None)

    def _end(self, error: BaseException | None) -> None:
        """The reading has ended, by an error or whole."""
        self.meters.exit()
        if error is None:
            self.completeness.end()
        elif not self.is_dry_run:
            self._tap.end_report(error, self.name)

"""The window loop, once, for all streams."""

from __future__ import annotations

import abc
import json
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import SchemaDirectory, StreamSchema
from singer_sdk.singerlib import Schema
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from singer_sdk.singerlib.json import serialize_json

from tap_mews.errors import (
    InvalidSettingsError,
    MewsError,
    TapMewsError,
    UnauthorizedError,
)
from tap_mews.preflight import Probe, advice_on
from tap_mews.reading.bookmarks import Bookmarks, Selection
from tap_mews.reading.reader import Reader, Slice, WindowLostError, WindowRead
from tap_mews.reading.windows import Window
from tap_mews.records.drift import KEPT
from tap_mews.records.undocumented import (
    KEPT_SCHEMA,
    PERSONAL,
    keeps_undocumented,
    lets_kept_through,
    with_kept,
)
from tap_mews.streams.monitored import MonitoredStream
from tap_mews.timestamps import ONE_DAY, format_moment

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from singer_sdk import Stream
    from singer_sdk.helpers._batch import BaseBatchFileEncoding, BatchConfig
    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.singerlib import Catalog

    from tap_mews.reading.choosing import ExtractionMethod
    from tap_mews.records.validator import Rows


_IN_THE_WHEEL = Path(__file__).parents[1] / "schemas"
_IN_THE_CHECKOUT = Path(__file__).parents[2] / "schemas"

SECOND = timedelta(seconds=1)

SCHEMAS = SchemaDirectory(
    # an editable install shows the package as it is in the checkout, without the copy
    _IN_THE_WHEEL if _IN_THE_WHEEL.is_dir() else _IN_THE_CHECKOUT,
)


class RecordSchema(StreamSchema[str]):
    """The schema of a stream, with what the settings add to it."""

    def get_stream_schema(
        self, stream: Stream, stream_class: type[Stream]
    ) -> dict[str, Any]:
        """The schema of the records of a stream."""
        schema = super().get_stream_schema(stream, stream_class)
        return with_kept(schema) if keeps_undocumented(stream.config) else schema


class MewsStream(MonitoredStream, abc.ABC):
    """A stream that is read window by window.

    Its bookmark is the end of the last window that was delivered whole.
    """

    schema: ClassVar[RecordSchema] = RecordSchema(SCHEMAS)
    primary_keys: ClassVar[tuple[str, ...]] = ("Id",)
    replication_key: str | None = "UpdatedUtc"

    tested: ClassVar[timedelta] = ONE_DAY
    """What `--test` reads, so that it never starts an export of a whole history."""

    reader: Reader
    """Reads what is due; made when the stream is opened."""

    @abc.abstractmethod
    def new_reader(self) -> Reader:
        """Make what reads this stream."""

    @abc.abstractmethod
    def planned_ways(self) -> tuple[ExtractionMethod, ...]:
        """The ways to read it that the settings and Mews have."""

    @cached_property
    def ways(self) -> tuple[ExtractionMethod, ...]:
        """The ways to read it; the preflight takes out those that are not allowed."""
        return self.planned_ways()

    def probed(self) -> tuple[Slice, Window]:
        """What a probe asks for: as little as can be."""
        scope, window = self.scopes()[0], Window(self.end - SECOND, self.end)
        return Slice(window.start, window.end, scope), window

    @abc.abstractmethod
    def probes(self) -> list[Probe]:
        """The cheapest requests that show whether it may be read."""

    def apply_catalog(self, catalog: Catalog) -> None:
        """Take what a catalog says, which can be older than the settings."""
        entry = catalog.get_stream(self.name)
        if entry and keeps_undocumented(self.config):
            rules = entry.schema.properties = entry.schema.properties or {}
            rules.setdefault(KEPT, Schema.from_dict(KEPT_SCHEMA))
        super().apply_catalog(catalog)

    def check_stream_maps(self) -> None:
        """See that no stream map hands on personal data that it does not name.

        Raises:
            InvalidSettingsError: One does.
        """
        if (
            keeps_undocumented(self.config)
            and self.mask["properties", KEPT]
            and PERSONAL in json.dumps(self.effective_schema)
            and lets_kept_through(self.name, self.config.get("stream_maps") or {})
        ):
            msg = (
                f"{self.name}: with undocumented_properties set to `keep`, the stream "
                f"map must name `{KEPT}`, which can hold personal data: set it to null "
                "to drop it, or to an expression"
            )
            raise InvalidSettingsError(msg)

    def prepare(self) -> None:
        """See that all streams may be read, and begin to read them."""
        self._tap.open_streams()

    @property
    def reach(self) -> Selection:
        """What it reads: the properties of the settings, else all the token opens."""
        return Selection(
            self.run.portfolio.enterprise_ids,
            self.run.settings.enterprise_ids,
        )

    @property
    def end(self) -> datetime:
        """Last moment that is due."""
        return self.run.end

    def start(self, ids: Iterable[str] | None) -> datetime | None:
        """Where properties or chains without a bookmark start.

        Returns:
            `start_date`, else when the oldest was created; a stream that can be read
            without a start may return None.
        """
        return self.run.settings.start_date or self.beginning(ids)

    def beginning(self, ids: Iterable[str] | None) -> datetime:
        """The earliest moment that rows of properties or chains can have."""
        return self.run.portfolio.beginning(ids)

    @cached_property
    def bookmarks(self) -> Bookmarks:
        """What the state holds of this stream.

        Raises:
            InvalidStateError: It is none of ours.
        """
        return self.bookmarks_in(self.stream_state)

    def bookmarks_in(self, state: dict[str, Any]) -> Bookmarks:
        """What a part of the state holds of this stream.

        Raises:
            InvalidStateError: It is none of ours.
        """
        return Bookmarks(self.name, state, self.replication_key, self.write_bookmark)

    @staticmethod
    def write_bookmark(moment: datetime) -> str:
        """Give a bookmark its form."""
        return format_moment(moment)

    @property
    def moves_bookmark(self) -> bool:
        """Whether what is delivered is noted: not in a test, nor for a full table."""
        return not self.is_dry_run and self.replication_method != REPLICATION_FULL_TABLE

    def open(self) -> None:
        """Begin to read what is due, ahead of the stream's turn.

        Raises:
            MewsError: As the reader.
            InvalidStateError: The state is none of ours.
        """
        self.completeness.has_failed = False
        try:
            with self.named():
                spans = self._spans()
                self.plan(spans, self._parts())
                self.reader = self.new_reader()
                self.reader.open(spans)
        except TapMewsError:
            self.completeness.has_failed = True
            raise

    def get_records(self, context: Context | None) -> Generator[Record, None, None]:
        """Deliver all that is due.

        Rows that can stay as they came are written here and not yielded; the SDK writes
        the others.
        """
        del context
        if not self.selected:
            return
        with self._reading() as pieces:
            for piece in pieces:
                try:
                    with self.taking(piece):
                        for rows in piece.rows:
                            yield from self._deliver(rows)
                except WindowLostError:
                    continue
                self._finish(piece)

    def get_batches(
        self,
        batch_config: BatchConfig,
        context: Context | None = None,
    ) -> Iterator[tuple[BaseBatchFileEncoding, list[str]]]:
        """Deliver all that is due in files; none holds rows of two pieces.

        The SDK emits the state after each file, so a bookmark may move only when the
        file that it covers is out.
        """
        del context
        if not self.selected:
            return
        if len(self.stream_maps) != 1:
            msg = (
                f"{self.name}: batch_config cannot be used with stream maps that make "
                "several streams of one; drop one of the two"
            )
            raise InvalidSettingsError(msg)
        if batch_config.encoding.format != "jsonl":
            msg = "batch_config.encoding.format must be `jsonl`"
            raise InvalidSettingsError(msg)
        from tap_mews.records.batch_files import BatchFiles  # noqa: PLC0415 - few runs need it

        files = BatchFiles(batch_config, f"{self.tap_name}--{self.name}")
        with self._reading() as pieces:
            for piece in pieces:
                try:
                    with self.taking(piece):
                        for manifest in files.write(map(self._lot, piece.rows)):
                            yield batch_config.encoding, manifest
                except WindowLostError:
                    continue
                self._finish(piece)

    @contextmanager
    def named(self) -> Iterator[None]:
        """Make the errors of Mews say which stream they are about."""
        try:
            yield
        except MewsError as error:
            text = str(error)
            if not text.startswith(f"{self.name}:"):
                text = f"{self.name}: {text}"
            error.args = (text,)
            raise

    @contextmanager
    def _reading(self) -> Iterator[Iterator[WindowRead]]:
        self.prepare()
        self._tap.reading = self
        try:
            with self.named(), closing(self.reader.pieces()) as pieces:
                yield pieces
        except UnauthorizedError as error:
            error.args = (f"{error}; {advice_on(self.run.connection, str(error))}",)
            raise
        finally:
            self._tap.reading = None
            self.reader.close()
            self.validator.summarize()
        self.progress.finish()

    def due(self) -> list[Slice]:
        """The spans that the bookmarks make due."""
        return self.bookmarks.due(self.reach, self.start, self.end, self.lookback)

    def move_bookmark(self, span: Slice, until: datetime) -> None:
        """Note that a span has been delivered whole up to a moment."""
        self.bookmarks.move(span, until)

    def bookmark_of(self, span: Slice) -> str | None:
        """The bookmark that a span moves, as the state has it."""
        return self.bookmarks.of(span)

    def scopes(self) -> list[tuple[str, ...] | None]:
        """What requests name, one entry for each bookmark of its own."""
        return [self.reach.scope]

    def _spans(self) -> list[Slice]:
        """What to read: for a test the last day, whatever the state says."""
        if self.is_dry_run:
            start = self.end - self.tested
            return [Slice(start, self.end, scope) for scope in self.scopes()]
        if self.replication_method == REPLICATION_FULL_TABLE:
            return [
                Slice(self.start(scope or self.reach.ids), self.end, scope)
                for scope in self.scopes()
            ]
        spans = self.due()
        if not spans:
            self.logger.info("%s: nothing is due", self.name)
        return spans

    def _parts(self) -> list[Slice]:
        """What has a bookmark of its own, whether or not anything is due of it."""
        return [
            Slice(self.end, self.end, scope, covers=scope or self.reach.ids)
            for scope in self.scopes()
        ]

    @property
    def lookback(self) -> timedelta:
        """Time before the bookmark that is read again."""
        return self.run.settings.lookback

    def _deliver(self, rows: Rows) -> Iterator[Record]:
        """Write rows that can stay bytes; hand the others to the SDK."""
        if not self._writes_rows:
            for record in self.validator.records(rows):
                yield record
                self.progress.add(1)
            return
        lines = self.validator.lines(rows)
        count = len(lines)
        self._tap.message_writer.write_records(
            self.name,
            lines,
            version=self.version,
            time_extracted=datetime.now(timezone.utc).isoformat(),
        )
        self.counter.increment(count)
        self.progress.add(count)

    def _lot(self, rows: Rows) -> list[bytes]:
        """The rows of a BATCH file, as stream maps and selection make them."""
        if self._writes_rows:
            lot = self.validator.lines(rows)
        else:
            lot = [
                serialize_json(mapped).encode()
                for record in self.validator.records(rows)
                for _, mapped in self.mapped(record)
            ]
        self.progress.add(len(lot))
        return lot

    def _finish(self, piece: WindowRead) -> None:
        """Move the bookmark over a piece that is delivered, and emit the state."""
        if self.moves_bookmark and piece.complete_until is not None:
            self.move_bookmark(piece.span, piece.complete_until)
        self.finish_part(piece)
        piece.done()
        self.progress.done(piece.share, piece.known)
        if self.moves_bookmark:
            self.write_state()

    @cached_property
    def _writes_rows(self) -> bool:
        """Whether rows go out as they came; settled once, when reading begins."""
        return self.passes_rows_on

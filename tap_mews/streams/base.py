"""The window loop, once, for all streams."""

from __future__ import annotations

import abc
from contextlib import closing, contextmanager
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, ClassVar

from singer_sdk.singerlib import Metadata, Schema
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from singer_sdk.singerlib.json import serialize_json

from tap_mews.errors import (
    InvalidSettingsError,
    MewsError,
    RefusedError,
    TapMewsError,
    UnauthorizedError,
)
from tap_mews.metrics.record import StreamRecord
from tap_mews.pages.lookups import FOUNDED
from tap_mews.pages.reader import PageReader
from tap_mews.pages.windowing import Windowing
from tap_mews.reading.bookmarks import Bookmarks, Selection
from tap_mews.reading.reader import Reader, Slice, WindowLostError, WindowRead
from tap_mews.records.undocumented import (
    KEPT_SCHEMA,
    keeps_undocumented,
)
from tap_mews.records.validator import RecordValidator
from tap_mews.sdk import GuardedTap, WindowedStream
from tap_mews.settings.stream_maps import KEPT
from tap_mews.streams.failures import Failures
from tap_mews.streams.record_schema import SCHEMAS, RecordSchema
from tap_mews.timestamps import ONE_DAY, format_moment, parse_moment

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from concurrent.futures import Future
    from datetime import datetime, timedelta

    from singer_sdk.helpers._batch import BaseBatchFileEncoding, BatchConfig
    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.singerlib import Catalog

    from tap_mews.api.access import Access
    from tap_mews.api.client import MewsClient
    from tap_mews.api.operations import Operation
    from tap_mews.pages.reach import Reach, Shares
    from tap_mews.pages.reader import Fetch
    from tap_mews.records.validator import Rows
    from tap_mews.records.writer import MessageWriter
    from tap_mews.run import Run
    from tap_mews.settings import Settings


class MewsTap(GuardedTap, abc.ABC):
    """What the streams need of their tap."""

    message_writer: MessageWriter
    settings: Settings

    @property
    @abc.abstractmethod
    def run(self) -> Run:
        """What the streams of a run share."""

    @abc.abstractmethod
    def flush_state(self) -> None:
        """Emit the state at once if it has changed."""

    @abc.abstractmethod
    def open_streams(self) -> None:
        """Begin to read all selected streams."""


class MewsStream(WindowedStream, abc.ABC):
    """A stream that is read window by window.

    Its bookmark is the end of the last window that was delivered whole.

    Attributes:
        operation: What it reads, page by page.
        partition_key: Names the partitions of a state of 0.1; None where it had none.
        is_bounded: Whether `start_date` bounds its beginning; what others refer to is
            read whole at first, unless `reference_start_date` is set.
        is_sensitive: Whether it is there only with the setting `sensitive_streams`.
        is_optional: Whether runs go without it while Mews refuses it and it was never
            read; it may have come with an update, unasked for.
        reader: Reads what is pending; made when the stream is opened.
        fails_by_property: Whether one property can fail and others of its token not.
        opening: What the stream waits for before its turn: a first answer that is
            late, or trouble that is raised then.
        is_complete: Whether everything pending has been read.
    """

    name: str
    schema: ClassVar[RecordSchema] = RecordSchema(SCHEMAS)
    primary_keys: ClassVar[tuple[str, ...]] = ("Id",)
    replication_key: str | None = "UpdatedUtc"

    operation: ClassVar[Operation]
    is_optional: ClassVar[bool] = True
    is_sensitive: ClassVar[bool] = False
    is_bounded: ClassVar[bool] = True
    partition_key: ClassVar[str | None] = None
    fails_by_property: ClassVar[bool] = True
    reader: Reader
    opening: Future[None] | None = None
    is_complete = False

    _tap: MewsTap

    @property
    def run(self) -> Run:
        """What the streams of this run share."""
        return self._tap.run

    @property
    def windowed(self) -> Operation:
        """The operation that a window begins with; it says whose and when."""
        return self.operation

    @cached_property
    def reach(self) -> Reach:
        """What it is read of, and with which tokens."""
        return self.run.reach

    @cached_property
    def failures(self) -> Failures:
        """What cannot be read in this run, though other things can."""
        return Failures(self)

    @cached_property
    def record(self) -> StreamRecord:
        """What is known of the reading of it."""
        return StreamRecord(self.name, self.scope_of, self.run.clock, self.logger)

    def leave_out(self) -> None:
        """Read nothing of this stream in this run."""
        super().leave_out()
        self.run.record.streams.pop(self.name, None)

    def client_of(self, slice_: Slice, access: Access) -> MewsClient:
        """Makes the calls for a slice; their usage goes to its partition."""
        return self.run.client_of(access).adding_to(self.record.of(slice_))

    @cached_property
    def validator(self) -> RecordValidator:
        """Checks the rows."""
        self.record.validator = RecordValidator(
            self.name,
            self.effective_schema,
            pass_invalid=self.run.settings.on_invalid_record == "warn",
            logger=self.logger,
            keep_undocumented=keeps_undocumented(self.config),
        )
        return self.record.validator

    @abc.abstractmethod
    def new_reader(self) -> Reader:
        """Make what reads this stream."""

    def page_reader(self, fetch: Fetch) -> PageReader:
        """What reads the rows that are fetched."""
        place = [*self._tap.streams].index(self.name)
        lane = self.run.prefetcher.lane(place, attrgetter("size"))
        windowing = Windowing(
            self.windowed.time_filter, self.run.began, self.reach.beginning
        )
        set_aside = self.failures.set_aside
        return PageReader(self.name, fetch, lane, windowing, set_aside, self.page_size)

    @property
    def page_size(self) -> int:
        """Rows to ask for in one page; a test needs one."""
        return 1 if self.is_dry_run else self.run.settings.page_size

    @property
    def tested(self) -> timedelta | None:
        """What `--test` reads of the last time; None for whatever time."""
        return ONE_DAY

    def apply_catalog(self, catalog: Catalog) -> None:
        """Take what a catalog says, which can be older than the settings."""
        entry = catalog.get_stream(self.name)
        if entry and keeps_undocumented(self.config):
            rules = entry.schema.properties = entry.schema.properties or {}
            rules.setdefault(KEPT, Schema.from_dict(KEPT_SCHEMA))
            available = Metadata(Metadata.InclusionType.AVAILABLE, selected=True)
            entry.metadata.setdefault(("properties", KEPT), available)
        super().apply_catalog(catalog)

    def prepare(self) -> None:
        """See that all streams may be read, and begin to read them."""
        self._tap.open_streams()

    @cached_property
    def selection(self) -> Selection:
        """What it reads: that of the settings, else all that the token reaches."""
        settings, reach = self.run.settings, self.reach
        selector = self.windowed.selector
        if selector.parents is not None:
            parents = reach.ids(selector.parents)
            self.failures.note_unlisted(selector.parents)
            return Selection(parents, parents)
        if not selector.parameter:
            return Selection(None, None)
        if selector.of == "chain":
            ids, scope = reach.chain_ids, settings.chain_ids
        else:
            ids, scope = reach.enterprise_ids, settings.enterprise_ids
        if scope is not None and ids is not None:
            scope = ids
        if ids is None and selector.is_required:
            # those of earlier runs, where this one cannot list them
            ids = self.bookmarks.known
        return Selection(ids, scope)

    @property
    def scope_of(self) -> str:
        """Whose identifiers a part of it is read by."""
        return self.windowed.selector.of

    @property
    def end(self) -> datetime:
        """Last moment to read."""
        return self.run.end

    def start(self, ids: Iterable[str] | None) -> datetime | None:
        """Where properties or chains without a bookmark start.

        Returns:
            `start_date`, else when the oldest was created; a stream that can be read
            without a start may return None.
        """
        if not self.is_bounded:
            return self.start_date
        return self.start_date or self.beginning(ids)

    @property
    def start_date(self) -> datetime | None:
        """The setting that cuts off what is older; None if nothing does."""
        settings = self._tap.settings
        start = (
            settings.start_date if self.is_bounded else settings.reference_start_date
        )
        return start if start is not None and start > FOUNDED else None

    def starts_too_late(self) -> bool:
        """Whether its history was begun at a later `start_date` than is set now."""
        if not self.is_bounded:
            return False  # it is read again by itself
        # not `stream_state`, which would make an entry for the stream
        state = self.tap_state.get("bookmarks", {}).get(self.name, {})
        begun = [
            parse_moment(part["start_date"])
            for part in (state, *(state.get("partitions") or ()))
            if part.get("start_date")
        ]
        if not begun:
            return False
        return self.start_date is None or self.start_date < max(begun)

    def beginning(self, ids: Iterable[str] | None) -> datetime:
        """The earliest moment that rows of properties or chains can have."""
        # the ids of parents do not tell when their property was created
        has_parents = self.windowed.selector.parents is not None
        return self.reach.beginning(None if has_parents else ids)

    @cached_property
    def bookmarks(self) -> Bookmarks:
        """What the state holds of this stream.

        Raises:
            InvalidStateError: It is none of ours.
        """
        return Bookmarks(
            self.name,
            self.stream_state,
            self.replication_key,
            self.write_bookmark,
            self.start_date,
        )

    @property
    def latest_bookmark(self) -> datetime:
        """The latest moment that a run can have read up to: now, by the server."""
        return self.run.server_began

    @staticmethod
    def write_bookmark(moment: datetime) -> str:
        """Give a bookmark its form."""
        return format_moment(moment)

    @property
    def moves_bookmark(self) -> bool:
        """Whether what is delivered is noted: not in a test, nor for a full table."""
        return not self.is_dry_run and self.replication_method != REPLICATION_FULL_TABLE

    def open(self) -> None:
        """Begin to read what is pending, and wait for the first answer.

        Raises:
            MewsError: As the reader.
            InvalidStateError: The state is none of ours.
        """
        self.record.has_failed = False
        try:
            with self.named():
                slices = self._slices()
                self.record.plan(slices, [self._all(self.end)], self.bookmarks.of)
                self.reader = self.new_reader()
                try:
                    self.reader.open(slices)
                except (UnauthorizedError, RefusedError) as error:
                    self.failures.open_otherwise(error, slices)
        except TapMewsError:
            self.record.has_failed = True
            raise

    def get_records(self, context: Context | None) -> Generator[Record, None, None]:
        """Deliver everything pending.

        Rows that can stay as they came are written here and not yielded; the SDK writes
        the others.
        """
        del context
        if not self.selected:
            return
        with self._reading() as windows:
            for piece in windows:
                self.record.begin(piece)
                try:
                    for rows in piece.rows:
                        yield from self._deliver(rows)
                        # a window can take long, and the one before it has ended
                        self._tap.state_writer.write_due()
                except WindowLostError:
                    continue
                self._finish(piece)

    def get_batches(
        self,
        batch_config: BatchConfig,
        context: Context | None = None,
    ) -> Iterator[tuple[BaseBatchFileEncoding, list[str]]]:
        """Deliver everything pending in files; none holds rows of two windows.

        The SDK emits the state after each file, so a bookmark may move only when the
        file that it covers is out.
        """
        del context
        if not self.selected:
            return
        if len(self.stream_maps) != 1:
            msg = (
                f"{self.name}: batch_config cannot be used with stream maps that split "
                "a stream; remove one of the two"
            )
            raise InvalidSettingsError(msg)
        from tap_mews.records.batch_files import BatchFiles  # noqa: PLC0415 - few runs need it

        files = BatchFiles(batch_config, f"{self.tap_name}--{self.name}")
        with self._reading() as windows:
            for piece in windows:
                self.record.begin(piece)
                try:
                    for manifest in files.write(map(self._chunk, piece.rows)):
                        yield batch_config.encoding, manifest
                except WindowLostError:
                    continue
                self._finish(piece)

    def stay_behind(self, ids: Iterable[str]) -> None:
        """Leave properties, chains or parents due from where they are."""
        self.bookmarks.part(ids)

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
        self.run.record.reading = self.record
        try:
            with self.named(), closing(self._windows()) as windows:
                yield windows
        except (UnauthorizedError, RefusedError) as error:
            # of an operation that is not called first, or for one of the properties
            if not error.is_forbidden:
                raise
            if not self._skips_if_refused:
                advice = self.run.connection.advice_on(str(error))
                error.args = (f"{error}; {advice}",)
                raise
            self.logger.warning("%s; skipping the rest of the stream", error)
        else:
            self._tap.flush_state()
            if not self.failures:
                self.is_complete = True
                self.record.complete()
        finally:
            # a first answer that was late may have been an error
            if reader := getattr(self, "reader", None):
                reader.close()
            self.record.metrics.log()
            if not self.is_dry_run:
                self.validator.summarize()
        self.run.record.reading = None

    def _windows(self) -> Generator[WindowRead, None, None]:
        """What the reader reads, once its first answer is there."""
        if self.opening is not None:
            self.opening.result()
        try:
            yield from self.reader.windows()
        except (UnauthorizedError, RefusedError) as error:
            # of an operation that is not called first, or taken away since
            self.failures.open_otherwise(error, self._slices())
            yield from self.reader.windows()
        yield from self.failures.windows()

    @property
    def _skips_if_refused(self) -> bool:
        """Whether the run continues with other streams."""
        skips = self.run.settings.skip_unauthorized_streams
        return skips and len(self.run.record.streams) > 1

    def due(self) -> list[Slice]:
        """The slices that the bookmarks make due.

        Raises:
            InvalidStateError: A bookmark is later than can be.
        """
        self.bookmarks.check_reached(self.latest_bookmark)
        settings = self.run.settings
        if not self.is_bounded and self.bookmarks.begins_late(settings.start_date):
            told = "%s: a start date limited its history; reading all of it once"
            self.logger.info(told, self.name)
            self.bookmarks.backfill()
        return self.bookmarks.due(
            self.selection, self.start, self.end, self.lookback, self.run.began
        )

    def _slices(self) -> list[Slice]:
        """What to read: for a test the last day, whatever the state says."""
        if self.is_dry_run:
            return [self._all(self.end - self.tested if self.tested else None)]
        if self.replication_method == REPLICATION_FULL_TABLE:
            return [self._all(self.start(self.selection.ids))]
        slices = self.due()
        if not slices:
            self.logger.info("%s: nothing to read yet", self.name)
        return slices

    def read_with(self, shares: Shares) -> set[str]:
        """Read with these tokens from now on.

        Args:
            shares: The properties or chains that are read with each of them.

        Returns:
            The identifiers that are read then.
        """
        self.reach = self.run.reach.narrowed(shares, self.windowed.selector)
        del self.selection
        return set(self.selection.ids or ())

    @property
    def may_be_apart(self) -> bool:
        """Whether some of what Mews refuses together may be allowed alone.

        Permissions differ from property to property.
        """
        return self.fails_by_property and self.operation.is_documented

    def read_apart(self, size: int) -> None:
        """Ask for parts from now on, of which one can be refused.

        Args:
            size: Properties, chains or parents in a part.
        """
        self.reach = self.reach.apart(size)

    def pending_of(self, ids: set[str], selection: Selection) -> list[Slice]:
        """The slices of some that were set aside.

        Args:
            ids: Properties, chains or parents.
            selection: All that the stream reads.
        """
        if not self.moves_bookmark:
            return self._slices()
        self.bookmarks.part(ids)
        slices = self.bookmarks.due(
            selection, self.start, self.end, self.lookback, self.run.began
        )
        return [each for each in slices if each.scope and ids.issuperset(each.scope)]

    def _all(self, start: datetime | None) -> Slice:
        """All that is read, from a moment to the end."""
        ids, scope = self.selection.ids, self.selection.scope
        return Slice(start, self.end, scope, covers=ids)

    @property
    def lookback(self) -> timedelta:
        """Time before the bookmark that is read again."""
        return self.run.settings.lookback

    def _deliver(self, rows: Rows) -> Iterator[Record]:
        """Write rows that can stay bytes; hand the others to the SDK."""
        if not self._writes_rows:
            for record in self.validator.records(rows):
                yield record
                self.record.count(1)
            return
        lines = self.validator.lines(rows)
        count = len(lines)
        self._tap.message_writer.write_records(
            self.name,
            lines,
            version=self.version,
            time_extracted=self.run.clock.now().isoformat(),
        )
        self.counter.increment(count)
        self.record.count(count)

    def _chunk(self, rows: Rows) -> list[bytes]:
        """The rows of a BATCH file, as stream maps and selection make them."""
        if self._writes_rows:
            chunk = self.validator.lines(rows)
        else:
            chunk = [
                serialize_json(mapped).encode()
                for record in self.validator.records(rows)
                for _, mapped in self.mapped(record)
            ]
        self.record.count(len(chunk))
        return chunk

    def _finish(self, piece: WindowRead) -> None:
        """Move the bookmark over a delivered window, and emit the state."""
        if self.moves_bookmark and piece.complete_until is not None:
            self.bookmarks.move(piece.slice, piece.complete_until)
        self.record.finish(piece, self.bookmarks.of(piece.slice))
        piece.done()
        if self.moves_bookmark:
            self.write_state()

    @cached_property
    def _writes_rows(self) -> bool:
        """Whether rows go out as they came; settled once, when reading begins."""
        return self.passes_rows_on

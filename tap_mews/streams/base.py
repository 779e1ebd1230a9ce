"""The window loop, once, for all streams."""

from __future__ import annotations

import abc
from contextlib import closing, contextmanager
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, ClassVar

from singer_sdk.singerlib import Metadata, Schema
from singer_sdk.singerlib.json import serialize_json

from tap_mews.errors import (
    InvalidSettingsError,
    MewsError,
    RefusedError,
    TapMewsError,
    UnauthorizedError,
)
from tap_mews.metrics.record import StreamRecord
from tap_mews.pages.enterprises import ENTERPRISES
from tap_mews.pages.reader import PageReader
from tap_mews.pages.windowing import Windowing
from tap_mews.reading.background import result_of
from tap_mews.reading.reader import Slice, WindowLostError, WindowRead, capture_errors
from tap_mews.records.undocumented import KEPT_SCHEMA, keeps_undocumented
from tap_mews.records.validator import RecordValidator
from tap_mews.sdk.mapping import selected_rules
from tap_mews.settings.map_check import KEPT
from tap_mews.streams.failures import Failures
from tap_mews.streams.pending import PendingStream
from tap_mews.streams.record_schema import SCHEMAS, RecordSchema

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from concurrent.futures import Future

    from singer_sdk.helpers._batch import BaseBatchFileEncoding, BatchConfig
    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.singerlib import Catalog

    from tap_mews.api.access import Access
    from tap_mews.api.client import MewsClient
    from tap_mews.api.operations import Operation
    from tap_mews.pages.reader import Fetch
    from tap_mews.records.rows import Rows


class MewsStream(PendingStream, abc.ABC):
    """A stream that is read window by window.

    Its bookmark is the end of the last window that was delivered whole.

    Attributes:
        is_sensitive: Whether it is there only with the setting `sensitive_streams`.
        is_optional: Whether runs go without it while Mews refuses it and it was never
            read; it may have come with an update, unasked for.
        opening: What the stream waits for before its turn: a first answer that is
            late, or trouble that is raised then.
        is_complete: Whether everything pending has been read.
    """

    name: str
    schema: ClassVar[RecordSchema] = RecordSchema(SCHEMAS)
    primary_keys: ClassVar[tuple[str, ...]] = ("Id",)

    is_optional: ClassVar[bool] = True
    is_sensitive: ClassVar[bool] = False
    opening: Future[None] | None = None
    is_complete = False

    @cached_property
    def failures(self) -> Failures:
        """What cannot be read in this run, though other things can."""
        return Failures(self)

    @cached_property
    def record(self) -> StreamRecord:
        """What is known of the reading of it."""
        return StreamRecord(self.name, self.scope_of, self.run.clock, self.logger)

    def note_unlisted(self, parents: Operation) -> None:
        """Go on without the parents that some of the tokens cannot list."""
        self.failures.note_unlisted(parents)

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
            selected_rules(self.effective_schema, self.mask),
            pass_invalid=self.run.settings.on_invalid_record == "warn",
            logger=self.logger,
            keep_undocumented=keeps_undocumented(self.config),
        )
        return self.record.validator

    def page_reader(self, fetch: Fetch) -> PageReader:
        """What reads the rows that are fetched."""
        place = [*self._tap.streams].index(self.name)
        lane = self.run.prefetcher.lane(place, attrgetter("size"))
        windowing = Windowing(
            self.windowed.time_filter, self.run.began, self.allocation.oldest_known
        )
        return PageReader(
            self.name,
            fetch,
            lane,
            windowing,
            self.failures.handle_failure,
            self.page_size,
            self.run.clock,
        )

    @property
    def page_size(self) -> int:
        """Rows to ask for in one page; a test needs one."""
        return 1 if self.is_dry_run else self.run.settings.page_size

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

    def open(self) -> None:
        """Begin to read what is pending, and wait for the first answer.

        Raises:
            MewsError: As the reader.
            InvalidStateError: The state was not written by this tap.
        """
        self.record.has_failed = False
        try:
            with self.named():
                slices = self.pending()
                self._wait_for_tokens()
                self._warn_of_unnamed_chains()
                self.record.plan(slices, [self.all_since(self.end)], self.bookmarks.of)
                self.reader = self.new_reader()
                try:
                    self.reader.open(slices)
                except (UnauthorizedError, RefusedError) as error:
                    self.failures.open_fallback(error, slices)
        except TapMewsError:
            self.record.has_failed = True
            raise

    def _wait_for_tokens(self) -> None:
        """Let chains stay where they are while a token cannot be used.

        It is unknown which of them it reaches, and the others of a chain need not see
        the same rows.
        """
        is_of_chain = self.windowed.selector.is_of_chain
        if is_of_chain and self.moves_bookmark and self.run.portfolio.lacks_tokens:
            self.bookmarks.stay()

    def _warn_of_unnamed_chains(self) -> None:
        portfolio, is_set = self.run.portfolio, self.run.settings.chain_ids is not None
        if self.windowed.selector.of != "chain" or not portfolio.without_chain:
            return
        if is_set and not self.allocation.is_of_many:
            return  # whose chains they are does not matter
        self.logger.warning(
            "%s: %s returned no ChainId for %s; %s",
            self.name,
            ENTERPRISES.path,
            portfolio.names_of(portfolio.without_chain),
            "reading only chain_ids"
            if is_set
            else "requesting theirs without ChainIds",
        )

    def get_records(self, context: Context | None) -> Generator[Record, None, None]:
        """Deliver everything pending.

        Rows that can stay as they came are written here and not yielded; the SDK writes
        the others.
        """
        del context
        if not self.selected:
            return
        with self._reading() as windows:
            for read in windows:
                self.record.begin(read)
                try:
                    for rows in read.rows:
                        yield from self._deliver(rows)
                        # a window can take long, and the one before it has ended
                        self._tap.state_writer.write_due()
                except WindowLostError:
                    continue
                self._finish(read)

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
            for read in windows:
                self.record.begin(read)
                try:
                    for manifest in files.write(map(self._chunk, read.rows)):
                        yield batch_config.encoding, manifest
                except WindowLostError:
                    continue
                self._finish(read)

    @contextmanager
    def named(self) -> Iterator[None]:
        """Make the errors of Mews say which stream they are about."""
        try:
            yield
        except MewsError as error:
            text = error.text
            if isinstance(error, RefusedError) and error.stream is None:
                text += self.run.portfolio.hint_for(error)
            raise error.reworded(text, self.name) from None

    @contextmanager
    def _reading(self) -> Iterator[Iterator[WindowRead]]:
        self.prepare()
        self.run.record.reading = self.record
        try:
            with self.named(), closing(self._windows()) as windows:
                yield windows
        except (UnauthorizedError, RefusedError) as error:
            # of an operation that is not called first, or for one of the enterprises
            if not error.is_forbidden:
                raise
            if not self.may_be_refused or len(self.run.record.streams) == 1:
                hint = self.run.transport.hint_for_401(error.text)
                text = f"{error.text}; {hint}"
                raise error.reworded(text) from None
            self.logger.warning("%s; skipping the rest of the stream", error)
        else:
            if not (self.failures or self.is_dry_run):
                self.bookmarks.note_read()
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
            result_of(self.opening, self.run.tick)
        refusals: list[MewsError] = []
        try:
            with closing(self.reader.windows()) as windows:
                for each in windows:
                    yield capture_errors(each, refusals, attrgetter("is_forbidden"))
                    if refusals:
                        raise refusals[0]
        except (UnauthorizedError, RefusedError) as error:
            # of an operation that is not called first, or taken away since
            self.failures.open_fallback(error, self.pending())
            yield from self.reader.windows()
        yield from self.failures.windows()

    @property
    def may_be_refused(self) -> bool:
        """Whether the run continues with other streams where it is refused."""
        is_new = self.is_optional and not self.bookmarks.was_read
        return is_new or self.run.settings.skip_unauthorized_streams

    def _deliver(self, rows: Rows) -> Iterator[Record]:
        """Write rows that can stay bytes; hand the others to the SDK."""
        if not self.passes_rows_on:
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
        if self.passes_rows_on:
            chunk = self.validator.lines(rows)
        else:
            chunk = [
                serialize_json(mapped).encode()
                for record in self.validator.records(rows)
                for _, mapped in self.mapped(record)
            ]
        self.record.count(len(chunk))
        return chunk

    def _finish(self, read: WindowRead) -> None:
        """Move the bookmark over a delivered window, and emit the state."""
        if self.moves_bookmark and read.complete_until is not None:
            self.bookmarks.move(read.slice, read.complete_until)
        self.record.finish(read, self.bookmarks.of(read.slice))
        read.done()
        if self.moves_bookmark:
            self.write_state()

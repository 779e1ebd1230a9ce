"""What the streams of one run share: connections, lookups, the end."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from tap_mews.api.client import MewsClient
from tap_mews.api.transport import Transport, most_requests
from tap_mews.errors import OutageError, PropertyFailureError, RefusedError
from tap_mews.exports.api import ExportsApi
from tap_mews.exports.downloads import Downloader
from tap_mews.exports.orchestrator import JobOrchestrator
from tap_mews.exports.spool import Spool
from tap_mews.metrics.record import Failure, RunRecord
from tap_mews.pages.listing import Listing
from tap_mews.pages.lookups import Lookups
from tap_mews.pages.portfolio import Portfolio
from tap_mews.reading.prefetch import Prefetcher
from tap_mews.timestamps import ONE_DAY, at_midnight, format_moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_mews.api.access import Access
    from tap_mews.api.operations import Operation
    from tap_mews.clock import Clock
    from tap_mews.errors import MewsError
    from tap_mews.identifiers import Ids
    from tap_mews.pages.allocation import Allocation
    from tap_mews.pages.batches import Batch
    from tap_mews.settings import Settings

logger = logging.getLogger("tap-mews.run")

LAG = timedelta(minutes=5)
"""`exports/add`: an interval ends at least this long ago by the server's clock."""

SKEW = timedelta(seconds=30)
"""Mews has more than one server; their clocks may differ by this much."""


class Run:
    """One run of the tap.

    Attributes:
        record: What is known of it.
        portfolio: The enterprises of the access tokens.
        exports_apis: The operations of exports by token, the same for all streams.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        flush_state: Callable[[], None],
        write_due_state: Callable[[], None],
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            settings: The checked settings.
            clock: Time and sleep.
            flush_state: Emits the state at once if it has changed.
            write_due_state: Emits the state if it has waited for its time.
        """
        self.settings = settings
        self.clock = clock
        self.transport = Transport(settings, clock)
        self.record = RunRecord(clock)
        self.portfolio = Portfolio(
            [
                Lookups(
                    self.client_of(access),
                    access,
                    settings.page_size,
                    settings.enterprise_ids,
                    settings.chain_ids,
                )
                for access in self.transport.accesses
            ],
            enterprise_ids=settings.enterprise_ids,
            chain_ids=settings.chain_ids,
            reads_chains_once=settings.read_chains_once,
        )
        self._listing = Listing(self.portfolio)
        self.record.names_of = self.portfolio.names_of
        self.spool = Spool(settings.spool_directory)
        self.downloader = Downloader(clock, allow_http=settings.is_loopback)
        self.exports = JobOrchestrator(
            clock,
            self.transport.server_clock,
            longest_pause=settings.export_poll_seconds,
            timeout=settings.export_timeout_seconds,
            write_state=flush_state,
        )
        self.exports_apis = {
            access: ExportsApi(self.client_of(access))
            for access in self.transport.accesses
        }
        self.prefetcher = Prefetcher(
            self.tick, most_reads=most_requests(len(self.transport.accesses))
        )
        self._write_due_state = write_due_state

    def client_of(self, access: Access) -> MewsClient:
        """Makes calls that no single stream causes; a stream has its own."""
        return MewsClient(self.transport, access, self.record)

    def record_failure(
        self,
        stream: str | None,
        batch: Batch,
        error: MewsError,
        owners: Ids = None,
    ) -> None:
        """Note what cannot be read though other things can.

        Args:
            stream: Of which; None for all of them.
            batch: By which token, and which enterprises.
            error: Why.
            owners: The enterprises, if the batch is of parents.

        Raises:
            OutageError: Nothing can be read.
            MewsError: The settings say to stop.
        """
        if isinstance(error, OutageError):
            raise error
        ids = batch.ids or ()
        whose = batch.access.name or self.portfolio.names_of(owners or ids)
        reason = error.text.removeprefix(f"{whose}: ")
        settings = self.settings
        is_skipped = error.is_forbidden and settings.skip_unauthorized_streams
        if settings.on_property_failure == "stop" and not is_skipped:
            stop = error.reworded(f"{whose}: {reason}")
            stop.is_forbidden = False  # no reason to go on without the stream
            raise stop
        of = f"{stream}: {whose}" if stream else whose
        if isinstance(error, RefusedError):
            reason += self.portfolio.hint_for(error)
        logger.warning("%s: %s; skipped in this run, the next run reads it", of, reason)
        if stream in self.record.streams:
            self.record.streams[stream].unread.append(ids)
        if is_skipped:
            return
        failure = Failure(stream, whose, tuple(ids), type(error))
        self.record.failures.append(failure)

    def check_failures(self) -> None:
        """End a run in which enterprises could not be read, after all the others were.

        Raises:
            PropertyFailureError: Names them, unless the settings say to warn.
        """
        unread = self.record.describe_failures()
        if unread and self.settings.on_property_failure == "fail_at_end":
            msg = (
                f"Not read: {unread}; the rest was delivered, the next run tries again"
            )
            raise PropertyFailureError(msg)

    @cached_property
    def allocation(self) -> Allocation:
        """What the access tokens reach; listed once."""
        return self.portfolio.list()

    def allocation_under(self, parents: Operation) -> Allocation:
        """The same for what is read under parents, which some tokens may not list."""
        return self._listing.settle(self.allocation, parents)

    @cached_property
    def began(self) -> datetime:
        """When the run began, by the earlier of the two clocks."""
        # any answer tells the time, and this list is needed anyhow
        _ = self.allocation
        clock = self.transport.server_clock
        if not clock.is_learned:
            logger.warning(
                "No response had a valid Date header, which a proxy may have removed; "
                "windows end by the clock of this machine, check it: if it is ahead of "
                "that of Mews, rows are missed"
            )
        return clock.now()

    @cached_property
    def server_began(self) -> datetime:
        """The same by the server's clock alone, however wrong this machine's is."""
        _ = self.began
        return self.transport.server_clock.server_now()

    @cached_property
    def end(self) -> datetime:
        """Where all windows of the run end, fixed once: a window must not follow time.

        Rows of the last five minutes may still be committed, and exports refuse them.
        """
        latest = (self.began - LAG - SKEW).replace(microsecond=0)
        start_date, end_date = self.settings.start_date, self.settings.end_date
        if start_date is not None and start_date > self.began:
            logger.warning(
                "start_date is in the future: a stream without a bookmark has no rows "
                "until %s",
                format_moment(start_date),
            )
        return latest if end_date is None else min(latest, end_date)

    @cached_property
    def last_posting_date(self) -> datetime:
        """The last posting date to read: tomorrow has begun east of UTC."""
        tomorrow = at_midnight(self.began.date()) + ONE_DAY
        end_date = self.settings.end_date
        return (
            tomorrow
            if end_date is None
            else min(tomorrow, at_midnight(end_date.date()))
        )

    def tick(self) -> None:
        """Do pending work while rows are waited for."""
        self.exports.tick()
        self._write_due_state()
        if self.record.reading is not None:
            self.record.reading.wait()

    def close(self) -> None:
        """Read no more."""
        self.prefetcher.stop()

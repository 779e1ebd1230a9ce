"""What the streams of one run share: connections, the list of properties, the end."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from tap_mews.api.client import MewsClient
from tap_mews.api.transport import Transport
from tap_mews.exports.api import ExportsApi
from tap_mews.exports.downloads import Downloader
from tap_mews.exports.orchestrator import JobOrchestrator
from tap_mews.exports.spool import Spool
from tap_mews.metrics.emitter import StreamMetrics
from tap_mews.metrics.usage import UsageRecorder
from tap_mews.pages.portfolio import Portfolio
from tap_mews.reading.prefetch import ByteBudget
from tap_mews.timestamps import ONE_DAY, at_midnight, format_moment

if TYPE_CHECKING:
    from tap_mews.clock import Clock
    from tap_mews.settings import Settings

logger = logging.getLogger("tap-mews.run")

LAG = timedelta(minutes=5)
"""`exports/add`: an interval ends at least this long ago by the server's clock."""

SKEW = timedelta(seconds=30)
"""Mews has more than one server; their clocks may differ by this much."""


class Run:
    """One run of the tap.

    Attributes:
        meters: Metrics of that.
        account: Charged for what no single stream causes.
        client: Makes calls that no single stream causes; a stream has its own.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Prepare; nothing is sent.

        Args:
            settings: The checked settings.
            clock: Time and sleep.
        """
        self.settings = settings
        self.clock = clock
        self.connection = Transport(settings, clock)
        self.meters = StreamMetrics()
        self.account = UsageRecorder(self.meters.count)
        self.client = MewsClient(self.connection, self.account)
        self.portfolio = Portfolio(
            self.client,
            settings.page_size,
            settings.enterprise_ids,
            settings.chain_ids,
        )
        self.waiting_room = ByteBudget()
        self.spool = Spool(settings.spool_directory)
        self.downloader = Downloader(
            clock,
            self.spool,
            allow_http=settings.is_loopback,
        )
        self.exports_api = ExportsApi(self.client)
        self.exports = JobOrchestrator(
            self.exports_api,
            clock,
            self.connection.server_clock,
            longest_pause=settings.export_poll_seconds,
            timeout=settings.export_timeout_seconds,
        )

    @cached_property
    def end(self) -> datetime:
        """Where all windows of the run end, fixed once: a window must not follow time.

        Rows of the last five minutes may still be committed, and exports refuse them.
        """
        latest = (self.server_time - LAG - SKEW).replace(microsecond=0)
        start_date, end_date = self.settings.start_date, self.settings.end_date
        if start_date is not None and start_date > self.server_time:
            logger.warning(
                "start_date is in the future: a stream without a bookmark has no rows "
                "until %s",
                format_moment(start_date),
            )
        return latest if end_date is None else min(latest, end_date)

    @cached_property
    def last_posting_date(self) -> datetime:
        """The last posting date to read: tomorrow has begun east of UTC."""
        tomorrow = at_midnight(self.server_time.date()) + ONE_DAY
        end_date = self.settings.end_date
        return (
            tomorrow
            if end_date is None
            else min(tomorrow, at_midnight(end_date.date()))
        )

    def close(self) -> None:
        """Drop connections and what is on disk."""
        self.downloader.close()
        self.spool.close()

    @cached_property
    def server_time(self) -> datetime:
        """The server's time at the start of the run."""
        # any answer tells the time, and this list is needed anyhow
        _ = self.portfolio.listed
        return self.connection.server_clock.now()

"""The ten entities that Mews gives as data exports, one stream each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tap_mews.bookmarks import Reach
from tap_mews.exports.api import ExportFilter, PostingFilter, UpdatedFilter
from tap_mews.exports.jobs import ExportLane, SavedJob
from tap_mews.exports.reader import ExportReader
from tap_mews.intervals import ONE_DAY, at_midnight
from tap_mews.streams.base import MewsStream

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from tap_mews.reading import Reader


class EntityStream(MewsStream):
    """An entity of an enterprise, cut by `UpdatedUtc` (`exports/add`)."""

    entity_type: ClassVar[str]
    scope_key: ClassVar[str] = "EnterpriseIds"
    export_filter: ClassVar[ExportFilter] = UpdatedFilter()

    def start(self, ids: Iterable[str] | None) -> datetime | None:
        """`start_date`, else the beginning.

        An export can do without a start, but not with an end alone.
        """
        settings = self.run.settings
        if settings.start_date is None and settings.end_date is None:
            return None
        return super().start(ids)

    def new_reader(self) -> Reader:
        """Through data exports."""
        lane = ExportLane(
            stream=self.name,
            entity_type=self.entity_type,
            scope_key=self.scope_key,
            filter=self.export_filter,
            longest=self.run.settings.export_window,
            lookback=self.lookback,
            beginning=lambda: self.run.portfolio.beginning(self.reach.ids),
            save=self._save_jobs,
            gives_way=self.is_dry_run,
        )
        return ExportReader(
            lane,
            self.run.exports,
            self.run.downloader,
            self.run.spool,
            self.run.clock,
            [] if self.is_dry_run else self.bookmarks.jobs,
        )

    def _save_jobs(self, jobs: list[SavedJob]) -> None:
        """Keep what Mews works on, so that a run after this one goes on with it."""
        if not self.is_dry_run:
            self.bookmarks.jobs = jobs
            self.write_state()


class ChainEntityStream(EntityStream):
    """An entity that belongs to a chain, shared by its properties."""

    scope_key = "ChainIds"

    @property
    def reach(self) -> Reach:
        """The chains of the settings, else all that the token opens."""
        return Reach(self.run.portfolio.chain_ids, self.run.settings.chain_ids)


class OrderItems(EntityStream):
    """Nights, products and other items that are charged."""

    name = "order_items"
    entity_type = "OrderItem"


class Payments(EntityStream):
    """Payments and refunds."""

    name = "payments"
    entity_type = "Payment"


class Reservations(EntityStream):
    """Reservations of rooms and other spaces."""

    name = "reservations"
    entity_type = "Reservation"


class Customers(ChainEntityStream):
    """Guests and other people."""

    name = "customers"
    entity_type = "Customer"


class Companies(ChainEntityStream):
    """Companies and travel agencies."""

    name = "companies"
    entity_type = "Company"


class Bills(EntityStream):
    """Bills, corrective ones too."""

    name = "bills"
    entity_type = "Bill"


class AvailabilityAdjustments(EntityStream):
    """Changes of how many units can be sold."""

    name = "availability_adjustments"
    entity_type = "AvailabilityAdjustment"


class AvailabilityBlocks(EntityStream):
    """Units that are held for a group or company."""

    name = "availability_blocks"
    entity_type = "AvailabilityBlock"


class ResourceBlocks(EntityStream):
    """Rooms out of order or in internal use."""

    name = "resource_blocks"
    entity_type = "ResourceBlock"


class LedgerEntries(EntityStream):
    """Postings to the ledgers, cut by posting date, since they have no `UpdatedUtc`."""

    name = "ledger_entries"
    entity_type = "LedgerEntry"
    replication_key = "PostingDate"
    export_filter = PostingFilter()
    tested = 2 * ONE_DAY

    @property
    def end(self) -> datetime:
        """The last posting date to read."""
        return self.run.last_posting_date

    @property
    def lookback(self) -> timedelta:
        """Posting dates before the bookmark that are read again."""
        return self.run.settings.ledger_lookback

    def start(self, ids: Iterable[str] | None) -> datetime:
        """`start_date`, else when the oldest property was created.

        An export of the ledger needs a first date.
        """
        start = self.run.settings.start_date or self.run.portfolio.beginning(ids)
        return at_midnight(start.date())

    @staticmethod
    def write_bookmark(moment: datetime) -> str:
        """A date."""
        return moment.date().isoformat()

"""The ten entities that Mews gives as data exports, one stream each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_mews.exports.api import PostingFilter
from tap_mews.pages.companionships import RESERVATIONS
from tap_mews.pages.paginator import PagedOperation
from tap_mews.streams.entity import ChainEntityStream, EntityStream
from tap_mews.timestamps import ONE_DAY, at_midnight

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

_EVERY_STATE = {"ActivityStates": ["Active", "Deleted"]}
"""Without it most operations leave out what has been deleted."""

_CUSTOMERS = {"Extent": {"Customers": True, "Addresses": False}}
_BLOCKS = {"Extent": {"AvailabilityBlocks": True, "Adjustments": False}}
_CORRECTIVE_TOO = {"CorrectionState": ["Bill", "CorrectiveBill"]}


class OrderItems(EntityStream):
    """Nights, products and other items that are charged."""

    name = "order_items"
    entity_type = "OrderItem"
    operation = PagedOperation("orderItems/getAll", "OrderItems")


class Payments(EntityStream):
    """Payments and refunds."""

    name = "payments"
    entity_type = "Payment"
    operation = PagedOperation("payments/getAll", "Payments")


class Reservations(EntityStream):
    """Reservations of rooms and other spaces."""

    name = "reservations"
    entity_type = "Reservation"
    operation = RESERVATIONS


class Customers(ChainEntityStream):
    """Guests and other people."""

    name = "customers"
    entity_type = "Customer"
    operation = PagedOperation("customers/getAll", "Customers")
    page_filters = _CUSTOMERS | _EVERY_STATE


class Companies(ChainEntityStream):
    """Companies and travel agencies."""

    name = "companies"
    entity_type = "Company"
    operation = PagedOperation("companies/getAll", "Companies")
    page_filters = _EVERY_STATE


class Bills(EntityStream):
    """Bills, corrective ones too."""

    name = "bills"
    entity_type = "Bill"
    operation = PagedOperation("bills/getAll", "Bills")
    page_filters = _CORRECTIVE_TOO


class AvailabilityAdjustments(EntityStream):
    """Changes of how many units can be sold."""

    name = "availability_adjustments"
    entity_type = "AvailabilityAdjustment"
    operation = PagedOperation(
        "availabilityAdjustments/getAll", "AvailabilityAdjustments"
    )
    page_filters = _EVERY_STATE


class AvailabilityBlocks(EntityStream):
    """Units that are held for a group or company."""

    name = "availability_blocks"
    entity_type = "AvailabilityBlock"
    operation = PagedOperation("availabilityBlocks/getAll", "AvailabilityBlocks")
    page_filters = _BLOCKS | _EVERY_STATE


class ResourceBlocks(EntityStream):
    """Rooms out of order or in internal use."""

    name = "resource_blocks"
    entity_type = "ResourceBlock"
    operation = PagedOperation("resourceBlocks/getAll", "ResourceBlocks")
    page_filters = _EVERY_STATE


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
    def latest_bookmark(self) -> datetime:
        """A posting date: it can be tomorrow, where that has begun."""
        return at_midnight(self.run.server_time.date()) + ONE_DAY

    @property
    def lookback(self) -> timedelta:
        """Posting dates before the bookmark that are read again."""
        return self.run.settings.ledger_lookback

    def start(self, ids: Iterable[str] | None) -> datetime:
        """`start_date`, else when the oldest property was created.

        An export of the ledger needs a first date.
        """
        start = self.run.settings.start_date or self.beginning(ids)
        return at_midnight(start.date())

    @staticmethod
    def write_bookmark(moment: datetime) -> str:
        """A date."""
        return moment.date().isoformat()

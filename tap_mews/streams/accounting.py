"""What is charged, paid, billed and posted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tap_mews.api.operations import EVERY_STATE, Operation, TimeFilter
from tap_mews.streams.base import MewsStream
from tap_mews.streams.bases import ByTime, Reference, Replaced
from tap_mews.streams.exported import Exported
from tap_mews.timestamps import ONE_DAY, at_midnight

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class OrderItems(Exported):
    """Nights, products and other items that are charged."""

    name = "order_items"
    entity_type = "OrderItem"
    operation = Operation("orderItems/getAll", "OrderItems")


class Payments(Exported):
    """Payments and refunds."""

    name = "payments"
    entity_type = "Payment"
    operation = Operation("payments/getAll", "Payments")


class Bills(Exported):
    """Bills, corrective ones too."""

    name = "bills"
    entity_type = "Bill"
    operation = Operation(
        "bills/getAll",
        "Bills",
        all_rows={"CorrectionState": ["Bill", "CorrectiveBill"]},
    )


LEDGER_TYPES = ["Revenue", "Tax", "Payment", "Deposit", "Guest", "City", "NonRevenue"]
"""All of them: the ledger's operations have no word for that."""


class _ByPostingDate(MewsStream):
    """A stream of the ledger, by day."""

    @property
    def test_window(self) -> timedelta:
        """Two days: today has hardly begun somewhere."""
        return 2 * ONE_DAY

    @property
    def end(self) -> datetime:
        """The last posting date to read."""
        return self.run.last_posting_date

    @property
    def latest_bookmark(self) -> datetime:
        """A posting date: it can be tomorrow, where that has begun."""
        return at_midnight(self.run.server_began.date()) + ONE_DAY

    @property
    def lookback(self) -> timedelta:
        """Posting dates before the bookmark that are read again.

        An enterprise may still edit those days: a posting can be entered for them.
        """
        settings, allocation = self.run.settings, self.run.allocation
        return max(settings.ledger_lookback, allocation.editable_history)

    def start(self, ids: Iterable[str] | None) -> datetime:
        """`start_date`, else the beginning: the ledger needs a first date."""
        start = self.start_date or self.beginning(ids)
        return at_midnight(start.date())

    def beginning(self, ids: Iterable[str] | None) -> datetime:
        """A year before the oldest enterprise: imported postings are older than it."""
        return super().beginning(ids) - timedelta(days=366)

    @staticmethod
    def write_bookmark(moment: datetime) -> str:
        """A date."""
        return moment.date().isoformat()


class LedgerEntries(_ByPostingDate, Exported):
    """Postings to the ledgers, by posting date, since they have no `UpdatedUtc`."""

    name = "ledger_entries"
    entity_type = "LedgerEntry"
    replication_key = "PostingDate"
    operation = Operation(
        "ledgerEntries/getAll",
        "LedgerEntries",
        time_filter=TimeFilter("PostingDate", months=1, by_day=True),
        all_rows={"LedgerTypes": LEDGER_TYPES},
        most_rows=None,
        is_documented=False,
    )
    export_filter = TimeFilter("Posting", by_day=True)


class AccountingCategories(Reference):
    """What items are booked under."""

    name = "accounting_categories"
    operation = Operation(
        "accountingCategories/getAll", "AccountingCategories", all_rows=EVERY_STATE
    )


class Cashiers(Reference):
    """Where cash is taken."""

    name = "cashiers"
    operation = Operation("cashiers/getAll", "Cashiers", all_rows=EVERY_STATE)


class CashierTransactions(ByTime):
    """Cash that is taken and given; it does not change afterwards."""

    name = "cashier_transactions"
    replication_key = "CreatedUtc"
    operation = Operation(
        "cashierTransactions/getAll",
        "CashierTransactions",
        time_filter=TimeFilter("CreatedUtc"),
    )


class LedgerBalances(_ByPostingDate, ByTime):
    """What each ledger stood at, day by day; days can change while they are open."""

    name = "ledger_balances"
    primary_keys = ("EnterpriseId", "Date", "LedgerType")
    replication_key = "Date"
    operation = Operation(
        "ledgerBalances/getAll",
        "LedgerBalances",
        time_filter=TimeFilter("Date", months=1, by_day=True),
        all_rows={"LedgerTypes": LEDGER_TYPES},
    )


class ExchangeRates(Replaced):
    """What a currency is worth in another one, now."""

    name = "exchange_rates"
    operation = Operation(
        "exchangeRates/getAll",
        "ExchangeRates",
        time_filter=None,
        most_rows=None,
        is_paged=False,
    )

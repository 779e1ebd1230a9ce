"""Order items, payments and bills."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.pages import Page
from sandbox.platform import Ask, operation

if TYPE_CHECKING:
    from sandbox.answers import Reply

_ACCOUNTING_STATES = "AccountingState: Open Closed Inactive Canceled"
_ITEM_TYPES = """Type: CancellationFee NightRebate ProductOrderRebate
    AdditionalExpenseRebate Deposit ExchangeRateDifference CustomItem ServiceCharge
    CityTax CityTaxDiscount SpaceOrder ProductOrder Surcharge TaxCorrection
    ResourceUpgradeFee InvoiceFee MulticurrencyFee AllowanceDiscount AllowanceBreakage
    AllowanceContraBreakage"""


@operation("orderItems/getAll")
def get_order_items(ask: Ask) -> Reply:
    """Order items; one of the filters is required."""
    page = Page(ask, "OrderItem")
    page.reach()
    page.by("OrderItemIds", "Id")
    page.by("AccountIds", "AccountId", most=100)
    page.by("ServiceOrderIds", "ServiceOrderId")
    page.by("ServiceIds", "ServiceId")
    page.by("BillIds", "BillId")
    page.updated()
    page.during("CreatedUtc", "ConsumedUtc", "CanceledUtc", "ClosedUtc")
    page.by_state("AccountingStates", _ACCOUNTING_STATES)
    page.by_state("Types", _ITEM_TYPES)
    ask.body.text("Currency")
    page.need_filter()
    return page.answer("OrderItems")


@operation("payments/getAll")
def get_payments(ask: Ask) -> Reply:
    """Payments; one of the filters is required."""
    page = Page(ask, "Payment")
    page.reach()
    page.by("PaymentIds", "Id")
    page.by("AccountIds", "AccountId", most=100)
    page.by("BillIds", "BillId")
    page.by("ReservationIds", "ReservationId")
    page.updated()
    page.during("CreatedUtc", "ChargedUtc", "ClosedUtc", "SettlementUtc")
    page.by_state("AccountingStates", _ACCOUNTING_STATES)
    page.by_state("States", "State: Charged Canceled Pending Failed Verifying")
    page.by_value("Type", "Type")
    ask.body.text("Currency")
    page.need_filter()
    return page.answer("Payments")


@operation("bills/getAll")
def get_bills(ask: Ask) -> Reply:
    """Bills; corrective ones only when they are asked for, or by their ids."""
    page = Page(ask, "Bill")
    page.reach()
    by_id = page.by("BillIds", "Id")
    page.by("CustomerIds", "AccountId")
    page.updated()
    page.during("IssuedUtc", "PaidUtc", "DueUtc", "CreatedUtc")
    page.by_value("State", "State")
    page.by_value("Type", "Type")
    default = "Bill CorrectiveBill" if by_id else "Bill"
    page.by_state("CorrectionState", "CorrectionState: Bill CorrectiveBill", default)
    return page.answer("Bills")

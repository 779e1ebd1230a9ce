"""How guests pay, and how the property is paid."""

from __future__ import annotations

from datetime import timedelta

from tap_mews.api.operations import EVERY_STATE, Operation, TimeFilter, under
from tap_mews.streams.bases import ByTime, Children, Reference, Replaced


class PaymentRequests(ByTime):
    """Requests to guests to pay online."""

    name = "payment_requests"
    selected_by_default = False
    operation = Operation("paymentRequests/getAll", "PaymentRequests")


class CreditCards(Reference):
    """Cards that are kept for payments."""

    name = "credit_cards"
    selected_by_default = False
    is_sensitive = True
    operation = Operation("creditCards/getAll", "CreditCards", needs_filter=True)


PAYOUTS = Operation(
    "payouts/getAll",
    "Payouts",
    time_filter=TimeFilter("PayoutDateUtc"),
    is_restricted=True,
)


class _OfPayouts(ByTime):
    """Payouts change after their date, and nothing tells."""

    @property
    def lookback(self) -> timedelta:
        """The time in which a payout can still fail or be paid."""
        return max(super().lookback, timedelta(weeks=4))


class Payouts(_OfPayouts):
    """What payment providers pay to the property."""

    name = "payouts"
    selected_by_default = False
    replication_key = "PayoutDateUtc"
    operation = PAYOUTS


class PayoutTransactions(_OfPayouts, Children):
    """What a payout consists of."""

    name = "payout_transactions"
    selected_by_default = False
    parents = (PAYOUTS,)
    operation = Operation(
        "payoutTransactions/getAll",
        "PayoutTransactions",
        under(PAYOUTS, "PayoutIds", most=100),
        time_filter=None,
        is_restricted=True,
    )


class PaymentPolicies(Reference):
    """When and how much guests pay in advance."""

    name = "payment_policies"
    selected_by_default = False
    operation = Operation(
        "paymentPolicies/getAll",
        "PaymentPolicies",
        all_rows=EVERY_STATE,
        is_restricted=True,
    )


class PaymentPolicyAssignments(Reference):
    """Which rate has which payment policy."""

    name = "payment_policy_assignments"
    selected_by_default = False
    operation = Operation(
        "paymentPolicyAssignments/getAll",
        "PaymentPolicyAssignments",
        all_rows=EVERY_STATE,
        is_restricted=True,
    )


class BillingAutomations(Replaced):
    """Rules by which items get on bills of companies."""

    name = "billing_automations"
    selected_by_default = False
    operation = Operation(
        "billingAutomations/getAll", "BillingAutomations", time_filter=None
    )

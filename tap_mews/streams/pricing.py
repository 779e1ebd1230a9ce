"""What is sold at which conditions, and to whom."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from tap_mews.api.operations import EVERY_STATE, Operation, under
from tap_mews.pages.sellers import Sold, base_rates
from tap_mews.pages.unfolding import Unfolding
from tap_mews.streams.bases import Reference, Replaced
from tap_mews.streams.configuration import RATES, SERVICES
from tap_mews.streams.series import Series

if TYPE_CHECKING:
    from collections.abc import Mapping


class RateGroups(Reference):
    """Groups of rates."""

    name = "rate_groups"
    operation = Operation(
        "rateGroups/getAll",
        "RateGroups",
        under(SERVICES, "ServiceIds"),
        all_rows=EVERY_STATE,
    )


class AgeCategories(Reference):
    """Ages of guests that prices tell apart."""

    name = "age_categories"
    operation = Operation(
        "ageCategories/getAll",
        "AgeCategories",
        # without services Mews gives those of bookable ones alone
        under(SERVICES, "ServiceIds"),
        all_rows=EVERY_STATE,
    )


class Products(Reference):
    """What is sold beside stays, and the product that a night is."""

    name = "products"
    operation = Operation(
        "products/getAll",
        "Products",
        under(SERVICES, "ServiceIds"),
        all_rows={"IncludeDefault": True},
    )


class ProductCategories(Reference):
    """Groups of products."""

    name = "product_categories"
    operation = Operation(
        "productCategories/getAll",
        "ProductCategories",
        under(SERVICES, "ServiceIds"),
    )


class RateGroupCancellationPolicies(Reference):
    """Cancellation policies of rate groups, by the operation that names the group."""

    name = "rate_group_cancellation_policies"
    selected_by_default = False
    operation = Operation(
        "cancellationPolicies/getAll",
        "CancellationPolicies",
        under(SERVICES, "ServiceIds", most=100),
        all_rows=EVERY_STATE,
        is_restricted=True,
    )


class CancellationPolicies(Reference):
    """Cancellation policies (`cancellationPolicies/getAll/2026-07-31`)."""

    name = "cancellation_policies"
    selected_by_default = False
    operation = Operation(
        "cancellationPolicies/getAll/2026-07-31",
        "CancellationPolicies",
        all_rows=EVERY_STATE,
        is_restricted=True,
    )


def _rules(rows: str) -> Operation:
    return Operation(
        "rules/getAll",
        rows,
        under(SERVICES, "ServiceIds"),
        all_rows={
            "Extent": {
                "RuleActions": True,
                "Rates": False,
                "RateGroups": False,
                "ResourceCategories": False,
                "BusinessSegments": False,
            }
        },
        counted="Rules",
    )


class Rules(Reference):
    """Conditions under which products are added to reservations."""

    name = "rules"
    selected_by_default = False
    operation = _rules("Rules")


class RuleActions(Reference):
    """What rules add or take away; read with their rules."""

    name = "rule_actions"
    selected_by_default = False
    replication_key = None
    operation = _rules("RuleActions")


def _vouchers(rows: str) -> Operation:
    return Operation(
        "vouchers/getAll",
        rows,
        under(SERVICES, "ServiceIds"),
        all_rows=EVERY_STATE
        | {"Extent": {"Vouchers": True, "VoucherAssignments": True, "Rates": False}},
        counted="Vouchers",
    )


class Vouchers(Reference):
    """What opens rates to those who have a code."""

    name = "vouchers"
    selected_by_default = False
    operation = _vouchers("Vouchers")


class VoucherAssignments(Reference):
    """Which voucher opens which rate; read with their vouchers."""

    name = "voucher_assignments"
    selected_by_default = False
    primary_keys = ("VoucherId", "RateId")
    replication_key = None
    operation = _vouchers("VoucherAssignments")


class VoucherCodes(Reference):
    """Codes of vouchers."""

    name = "voucher_codes"
    selected_by_default = False
    operation = Operation(
        "voucherCodes/getAll",
        "VoucherCodes",
        under(_vouchers("Vouchers"), "VoucherIds"),
    )


class Restrictions(Replaced):
    """What cannot be booked when; one that is lifted has no row any more."""

    name = "restrictions"
    selected_by_default = False
    operation = Operation(
        "restrictions/getAll",
        "Restrictions",
        under(SERVICES, "ServiceIds"),
        time_filter=None,
    )


class ServiceOverbookingLimits(Reference):
    """How far a service may be overbooked."""

    name = "service_overbooking_limits"
    selected_by_default = False
    operation = Operation(
        "serviceOverbookingLimits/getAll",
        "ServiceOverbookingLimits",
        under(SERVICES, "ServiceIds"),
        all_rows=EVERY_STATE,
        is_restricted=True,
    )


class RatePricing(Series):
    """Prices of public base rates: those of the other rates follow from them."""

    name = "rate_pricing"
    primary_keys = ("RateId", "CategoryId", "TimeUnitStartUtc")
    operation = Operation(
        "rates/getPricing",
        "CategoryPrices",
        under(RATES, "RateId", most=1),
        time_filter=None,
        most_rows=None,
        is_paged=False,
    )
    unfolding = Unfolding(
        "CategoryPrices",
        # `Prices` are deprecated for `AmountPrices`
        lists={"AmountPrices": "AmountPrice", "Prices": None},
    )

    @cached_property
    def sold(self) -> Mapping[str, Sold]:
        """The public base rates of bookable services."""
        return base_rates(self.name, self.allocation, RATES, SERVICES)

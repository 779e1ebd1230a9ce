"""The shape of every entity: each known property, deprecated ones too."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import facts

if TYPE_CHECKING:
    from sandbox.encoding import Json

ENTITIES = (
    "OrderItem",
    "Payment",
    "Reservation",
    "Customer",
    "Company",
    "Bill",
    "AvailabilityAdjustment",
    "AvailabilityBlock",
    "ResourceBlock",
    "LedgerEntry",
    "Companionship",
    "SourceAssignment_2024_09_20",
    "SourceAssignment",
    "Enterprise",
    "Service",
    "Rate",
    "ResourceCategory",
    "Resource",
    "ResourceCategoryAssignment",
    "ResourceFeature",
    "ResourceFeatureAssignment",
    "AccountingCategory",
    "BusinessSegment",
    "AgeCategory",
    "RateGroup",
    "ReservationGroup",
    "Product",
    "ProductCategory",
    "Source",
    "Counter",
    "Cashier",
    "Outlet",
    "Department",
    "CashierTransaction",
    "OutletItem",
    "ProductServiceOrder",
    "TravelAgencyContract",
    "AccountNote",
    "AccountAddress",
    "BillingAutomation",
    "CancellationPolicy_2026_07_31",
    "CancellationPolicy",
    "CreditCard",
    "CustomTitleGroup",
    "CustomTitle",
    "CustomerRelationship",
    "ExchangeRate",
    "LedgerBalance",
    "LoyaltyMembership",
    "LoyaltyProgram",
    "LoyaltyTier",
    "OutletBill",
    "PaymentPolicy",
    "PaymentPolicyAssignment",
    "PaymentRequest",
    "Payout",
    "PayoutTransaction",
    "ReservationChannelManagerDetails",
    "Restriction",
    "Rule",
    "RuleAction",
    "ServiceOrderNote",
    "ServiceOverbookingLimit",
    "Task",
    "Voucher",
    "VoucherAssignment",
    "VoucherCode",
)
GLOBAL = tuple(
    sorted(each.entity for each in facts.STREAMS.values() if each.same_for_every_token)
)
_BLANK = {
    name: dict.fromkeys(facts.ENTITIES[name].properties) for name in ENTITIES + GLOBAL
}

_CENT = Decimal("0.01")


def shape(
    entity: str, values: dict[str, Any], *, documented_only: bool = False
) -> Json:
    """Give a row with every known property, null where no value is given."""
    row = {**_BLANK[entity], **values}
    if documented_only:
        known = facts.ENTITIES[entity].properties
        return {name: row[name] for name in row if known[name].documented != "no"}
    return row


def has(entity: str, name: str) -> bool:
    """Whether rows of an entity have a property."""
    return name in _BLANK[entity]


def named(language: str, name: str) -> Json:
    """Give a name in a language and in English."""
    return {language: name, "en-US": name}


def cents(value: Decimal | float) -> Decimal:
    """Round to two digits and keep both of them."""
    return Decimal(value).quantize(_CENT)


def amount(gross: Decimal, code: str | None = None, percent: int = 0) -> Json:
    """Give an amount in euro with one tax included, or untaxed without a code."""
    net = cents(gross * 100 / (100 + percent))
    tax = cents(gross - net)
    part = {"TaxRateCode": code, "NetValue": net, "TaxValue": tax}
    return {
        "Currency": "EUR",
        "NetValue": net,
        "GrossValue": cents(gross),
        "TaxValues": [{"Code": code, "Value": tax}] if code else [],
        "Breakdown": {"Items": [part]},
    }


def coproduct(kind: str, members: str, value: Json) -> Json:
    """Give a discriminated union as Mews writes it: one member set, the rest null."""
    return {"Discriminator": kind, **dict.fromkeys(members.split()), kind: value}


def address(key: str, line: str, city: str, postal: str, country: str) -> Json:
    """Give a postal address."""
    return {
        "Id": key,
        "Line1": line,
        "Line2": None,
        "City": city,
        "PostalCode": postal,
        "CountryCode": country,
        "CountrySubdivisionCode": None,
        "Latitude": None,
        "Longitude": None,
    }

"""At which conditions one hotel sells: policies, rules, vouchers, what is closed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.clock import utc_text

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.encoding import Json
    from sandbox.hotel.property import Hotel

_FEE = {"Currency": "EUR", "Value": Decimal("25.00")}
_YEAR = timedelta(days=365)


def add_conditions(hotel: Hotel, now: datetime) -> None:
    """Enter all of them, one of each kind no longer in use."""
    for number, active in enumerate((True, False)):
        _add_policies(hotel, now, number, active=active)
        _add_voucher(hotel, now, number, active=active)
    _add_rule(hotel, now)
    for name in ("Fair", "Festival"):
        values: Json = {
            "Id": hotel.named(f"Restriction/{name}"),
            "ServiceId": hotel.service,
            "Origin": "User",
            "Conditions": {
                "Type": "Arrival",
                "ResourceCategoryId": hotel.categories[0].id,
                "StartUtc": utc_text(now),
                "EndUtc": utc_text(now + timedelta(days=3)),
                "Days": ["Friday", "Saturday"],
            },
            "Exceptions": {"MinLength": "P0M2DT0H0M0S", "MinPrice": None},
        }
        hotel.put("Restriction", now, values)
    for column, rate in (("RateGroupId", None), ("RateId", hotel.rates[0])):
        group = None if rate else hotel.named(f"RateGroup/{hotel.service}")
        values = {
            "Id": hotel.named(f"PaymentPolicyAssignment/{column}"),
            "PaymentPolicyId": hotel.named("PaymentPolicy/0"),
            "RateGroupId": group,
            "RateId": rate,
            "IsActive": rate is None,
        }
        hotel.put("PaymentPolicyAssignment", now, values)


def _add_policies(hotel: Hotel, now: datetime, number: int, *, active: bool) -> None:
    fee: Json = {
        "Applicability": "Start",
        "ApplicabilityOffset": "P0M-1DT0H0M0S",
        "FeeMaximumTimeUnits": 1,
        "AbsoluteFee": _FEE,
        "RelativeFee": Decimal("0.8"),
        "IsActive": active,
    }
    values = fee | {
        "Id": hotel.named(f"CancellationPolicy/{number}"),
        "RateGroupId": hotel.named(f"RateGroup/{hotel.service}"),
        "FeeExtent": ["TimeUnits"],
    }
    hotel.put("CancellationPolicy", now, values)
    values = fee | {
        "Id": hotel.named(f"CancellationPolicy_2026_07_31/{number}"),
        "FeeExtents": ["TimeUnits", "Products"],
        "Name": "Until the day before",
        "IsPortfolioManaged": False,
    }
    hotel.put("CancellationPolicy_2026_07_31", now, values)
    values = {
        "Id": hotel.named(f"PaymentPolicy/{number}"),
        "SettlementAction": "ChargeCreditCard",
        "SettlementTrigger": "Confirmation",
        "SettlementType": "Automatic",
        "SettlementOffset": "P0M0DT0H0M0S",
        "RelativeValue": Decimal("0.3"),
        "IsActive": active,
        "Name": "Deposit",
    }
    hotel.put("PaymentPolicy", now, values)
    values = {
        "Id": hotel.named(f"ServiceOverbookingLimit/{number}"),
        "ServiceId": hotel.service,
        "FirstTimeUnitStartUtc": utc_text(hotel.local(now.date(), 0)),
        "LastTimeUnitStartUtc": utc_text(hotel.local((now + _YEAR).date(), 0)),
        "Limit": 2,
        "IsActive": active,
    }
    hotel.put("ServiceOverbookingLimit", now, values)


def _add_rule(hotel: Hotel, now: datetime) -> None:
    rule = hotel.named("Rule/Late check-out")
    conditions = {"RateId": {"Value": hotel.rates[0], "ConditionType": "Equals"}}
    hotel.put(
        "Rule", now, {"Id": rule, "ServiceId": hotel.service, "Conditions": conditions}
    )
    for name in ("Product/Night", "Product/Massage"):
        value = {"ProductId": hotel.named(name), "ActionType": "Add"}
        values = {
            "Id": hotel.named(f"RuleAction/{name}"),
            "RuleId": rule,
            "Data": {"Discriminator": "Product", "Value": value},
        }
        hotel.put("RuleAction", now, values)


def _add_voucher(hotel: Hotel, now: datetime, number: int, *, active: bool) -> None:
    voucher = hotel.named(f"Voucher/{number}")
    state = "Active" if active else "Deleted"
    values = {
        "Id": voucher,
        "ServiceId": hotel.service,
        "Name": f"Summer {number}",
        "Type": "Public",
        "IsActive": active,
        "ActivityState": state,
    }
    hotel.put("Voucher", now, values)
    rates = {"VoucherId": voucher, "RateId": hotel.rates[number]}
    hotel.put("VoucherAssignment", now, rates)
    values = {
        "Id": hotel.named(f"VoucherCode/{number}"),
        "VoucherId": voucher,
        "Value": f"SUMMER{number}",
        "ValidityStartUtc": utc_text(now),
        "IsActive": active,
        "ActivityState": state,
    }
    hotel.put("VoucherCode", now, values)

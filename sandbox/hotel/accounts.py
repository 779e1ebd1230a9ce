"""How one hotel counts and books: categories, segments, products, who takes cash."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.hotel.places import MENU
from sandbox.hotel.shapes import amount, named

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.hotel.property import Hotel

_CLASSES = {
    "Service": ("Accommodation", "Accommodation"),
    "Product": ("Food and beverage", "FoodAndBeverage"),
    "Additional": ("Taxes and fees", "Taxes"),
}


def add_accounts(hotel: Hotel, now: datetime) -> None:
    """Enter all of them, some of them no longer in use."""
    _add_accounting_categories(hotel, now)
    _add_guest_groups(hotel, now)
    _add_products(hotel, now)
    for entity, name, active in (
        ("Cashier", "Reception", True),
        ("Cashier", "Bar (closed)", False),
        ("Department", "Housekeeping", True),
        ("Department", "Concierge", False),
        ("Outlet", "Restaurant till", True),
        ("Outlet", "Old till", False),
    ):
        values = {"Name": name, "IsActive": active}
        hotel.put(entity, now, {"Id": hotel.named(f"{entity}/{name}"), **values})
    for name, kind in (("Bills", "AccountingCounter"), ("Bookings", "Counter")):
        values = {"Name": name, "Type": kind, "Value": 1, "Format": "{0:D5}"}
        values |= {"Id": hotel.named(f"Counter/{name}"), "IsDefault": True}
        hotel.put("Counter", now, values)


def _add_accounting_categories(hotel: Hotel, now: datetime) -> None:
    categories = [
        (hotel.ledger_categories[kind], name, classification, True)
        for kind, (name, classification) in _CLASSES.items()
    ]
    spa = hotel.named("AccountingCategory/Spa")
    categories.append((spa, "Spa", "Wellness", False))
    for number, (key, name, classification, active) in enumerate(categories):
        values = {
            "Id": key,
            "IsActive": active,
            "Name": name,
            "Code": f"{8000 + number * 100}",
            "LedgerAccountCode": f"{4000 + number * 10}",
            "Classification": classification,
        }
        hotel.put("AccountingCategory", now, values)


def _add_guest_groups(hotel: Hotel, now: datetime) -> None:
    language = hotel.place.language
    for name, active in (("Leisure", True), ("Business", True), ("Crew", False)):
        values = {"ServiceId": hotel.service, "IsActive": active, "Name": name}
        key = hotel.named(f"BusinessSegment/{name}")
        hotel.put("BusinessSegment", now, {"Id": key, **values})
    for key, name, youngest, oldest, active in (
        (hotel.adults, "Adult", 13, None, True),
        (hotel.children, "Child", 0, 12, True),
        (hotel.named("AgeCategory/Infant"), "Infant", 0, 2, False),
    ):
        values = {
            "Id": key,
            "ServiceId": hotel.service,
            "MinimalAge": youngest,
            "MaximalAge": oldest,
            "Names": named(language, name),
            "ShortNames": named(language, name[0]),
            "Classification": "Adult" if name == "Adult" else "Child",
            "IsActive": active,
        }
        hotel.put("AgeCategory", now, values)
    for service, active in (
        (hotel.service, True),
        (hotel.named("Service/Apartments"), False),
    ):
        values = {
            "Id": hotel.named(f"RateGroup/{service}"),
            "ServiceId": service,
            "IsActive": active,
            "Ordering": 0,
            "Names": named(language, "Public rates"),
            "ShortNames": named(language, "Public"),
            "Descriptions": {},
        }
        hotel.put("RateGroup", now, values)


def _add_products(hotel: Hotel, now: datetime) -> None:
    language = hotel.place.language
    kitchen = hotel.named("ProductCategory/Food and drinks")
    values = {"ServiceId": hotel.restaurant, "Ordering": 0, "ShortNames": {}}
    values |= {"Names": named(language, "Food and drinks"), "Descriptions": {}}
    hotel.put("ProductCategory", now, {"Id": kitchen, **values})
    products = [(name, price, True) for name, price in MENU]
    for name, price, active in (
        *products,
        ("Massage", "75.00", False),
        ("Night", "0.00", True),
    ):
        is_night = name == "Night"
        kind = "Service" if is_night else "Product"
        values = {
            "Id": hotel.named(f"Product/{name}"),
            "ServiceId": hotel.service if is_night else hotel.restaurant,
            "CategoryId": None if is_night else kitchen,
            "AccountingCategoryId": hotel.ledger_categories[kind],
            "IsActive": active,
            "IsDefault": is_night,
            "Names": named(language, name),
            "Name": name,
            "ExternalNames": named(language, name),
            "ShortNames": {},
            "Descriptions": {},
            "ChargingMode": "PerTimeUnit" if is_night else "Once",
            "PostingMode": "PerTimeUnit" if is_night else "Once",
            "Price": amount(Decimal(price)),
            "ImageIds": [],
            "Ordering": 0,
        }
        hotel.put("Product", now, values)

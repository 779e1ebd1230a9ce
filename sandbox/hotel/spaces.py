"""The spaces of one hotel: floors, rooms, what kinds of them there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.hotel.shapes import named

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.hotel.property import Hotel

_KINDS = (("Standard", 2), ("Superior", 2), ("Suite", 4))
_FEATURES = (("Balcony", True), ("SeaView", True), ("Kitchenette", False))


def add_spaces(hotel: Hotel, now: datetime) -> None:
    """Enter all of them, some of them no longer in use."""
    _add_categories(hotel, now)
    _add_rooms(hotel, now)
    _add_features(hotel, now)


def _add_categories(hotel: Hotel, now: datetime) -> None:
    language = hotel.place.language
    kinds = [
        (category.id, hotel.service, name, capacity, True)
        for category, (name, capacity) in zip(hotel.categories, _KINDS, strict=True)
    ]
    apartment = hotel.named("ResourceCategory/Apartment")
    kinds.append((apartment, hotel.named("Service/Apartments"), "Apartment", 6, False))
    for number, (key, service, name, capacity, active) in enumerate(kinds):
        values = {
            "Id": key,
            "ServiceId": service,
            "IsActive": active,
            "Type": "Room" if active else "Apartment",
            "Names": named(language, name),
            "ShortNames": named(language, name[:3].upper()),
            "Descriptions": {},
            "Ordering": number,
            "Capacity": capacity,
            "ExtraCapacity": 1,
            "AccountingCategoryId": hotel.ledger_categories["Service"],
        }
        hotel.put("ResourceCategory", now, values)


def _add_rooms(hotel: Hotel, now: datetime) -> None:
    floors = [hotel.named(f"Resource/Floor {each}") for each in range(3)]
    for number, floor in enumerate(floors):
        values = {"Id": floor, "Name": f"Floor {number}", "IsActive": True}
        values["Data"] = {"Discriminator": "Floor", "Value": None}
        hotel.put("Resource", now, values)
    closed = hotel.named("Resource/Annex")
    rooms = [
        (room, category.id, floors[number], f"{number + 1}{place:02}", True)
        for number, category in enumerate(hotel.categories)
        for place, room in enumerate(category.rooms)
    ]
    apartment = hotel.named("ResourceCategory/Apartment")
    rooms.append((closed, apartment, floors[0], "Annex", False))
    for room, category, floor, name, active in rooms:
        space = {"FloorNumber": name[:1], "LocationNotes": ""}
        values = {
            "Id": room,
            "IsActive": active,
            "ParentResourceId": floor,
            "Name": name,
            "State": "Clean",
            "Descriptions": {},
            "Data": {"Discriminator": "Space", "Value": space},
        }
        hotel.put("Resource", now, values)
        hotel.put(
            "ResourceCategoryAssignment",
            now,
            {
                "Id": hotel.named(f"ResourceCategoryAssignment/{room}"),
                "IsActive": active,
                "ResourceId": room,
                "CategoryId": category,
            },
        )


def _add_features(hotel: Hotel, now: datetime) -> None:
    for name, active in _FEATURES:
        feature = hotel.named(f"ResourceFeature/{name}")
        values = {
            "Id": feature,
            "ServiceId": hotel.service,
            "IsActive": active,
            "Classification": name,
            "Names": named(hotel.place.language, name),
            "ShortNames": {},
            "Descriptions": {},
        }
        hotel.put("ResourceFeature", now, values)
        for room in hotel.categories[-1].rooms[:2]:
            assignment = {
                "Id": hotel.named(f"ResourceFeatureAssignment/{name}/{room}"),
                "IsActive": active,
                "ResourceId": room,
                "FeatureId": feature,
            }
            hotel.put("ResourceFeatureAssignment", now, assignment)

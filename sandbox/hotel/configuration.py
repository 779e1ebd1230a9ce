"""How one hotel is set up: what the ids in its other rows mean."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.hotel.accounts import add_accounts
from sandbox.hotel.shapes import named
from sandbox.hotel.spaces import add_spaces

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.encoding import Json
    from sandbox.hotel.property import Hotel

_WEEK = timedelta(days=7)


class Configuration:
    """Services, rates and the like; now and then one of them is changed."""

    def __init__(self, hotel: Hotel) -> None:
        """Set up a hotel with a chance of its own: its guests stay as they are."""
        self.hotel = hotel
        self._rng = random.Random(f"{hotel.id}/configuration")

    def open(self, now: datetime) -> None:
        """Enter everything."""
        self._add_services(now)
        self._add_rates(now)
        add_spaces(self.hotel, now)
        add_accounts(self.hotel, now)

    def week(self, now: datetime) -> None:
        """Start a week: a rate is opened or closed, and a room is cleaned."""
        self.hotel.life.at(now + _WEEK, self.week)
        later = timedelta(seconds=self._rng.randrange(6 * 86400))
        self.hotel.life.at(now + later, self._change_rate)
        self.hotel.life.at(now + later, self._clean_room)

    def _add_services(self, now: datetime) -> None:
        hotel = self.hotel
        for number, (key, name, active) in enumerate(
            (
                (hotel.service, "Accommodation", True),
                (hotel.named("Service/Apartments"), "Apartments", False),
                (hotel.restaurant, "Restaurant", True),
                (hotel.named("Service/Spa"), "Spa", False),
            )
        ):
            bookable = name in {"Accommodation", "Apartments"}
            values = {
                "Id": key,
                "IsActive": active,
                "Names": self._names(name),
                "Name": name,
                "Options": {"BillAsPackage": False},
                "Ordering": number,
                "Data": _bookable() if bookable else _additional(),
                "Type": "Reservable" if bookable else "Orderable",
            }
            hotel.put("Service", now, values)

    def _add_rates(self, now: datetime) -> None:
        hotel = self.hotel
        base = hotel.rates[0]
        apartments = hotel.named("Service/Apartments")
        for key, name, service, active in (
            (base, "Flexible", hotel.service, True),
            (hotel.rates[1], "Non-refundable", hotel.service, True),
            # withdrawn, but there are reservations with it
            (hotel.rates[2], "Opening offer", hotel.service, False),
            (hotel.named("Rate/Last minute"), "Last minute", hotel.service, True),
            (hotel.named("Rate/Long stay"), "Long stay", apartments, False),
        ):
            derived = service == hotel.service and key != base
            values = {
                "Id": key,
                "GroupId": hotel.named(f"RateGroup/{service}"),
                "ServiceId": service,
                "BaseRateId": base if derived else None,
                "IsBaseRate": not derived,
                "IsActive": active,
                "IsEnabled": active,
                "IsPublic": name != "Opening offer",
                "IsDefault": key == base,
                "Type": "Private" if name == "Opening offer" else "Public",
                "Names": self._names(name),
                "Name": name,
                "ShortName": name[:8],
                "ExternalNames": self._names(name),
                "Description": {},
            }
            hotel.put("Rate", now, values)

    def _change_rate(self, now: datetime) -> None:
        key = self.hotel.named("Rate/Last minute")
        enabled = self.hotel.store.get("Rate", key)["IsEnabled"]
        self.hotel.change("Rate", key, now, IsEnabled=not enabled)

    def _clean_room(self, now: datetime) -> None:
        room = self._rng.choice(self.hotel.categories[0].rooms)
        state = self._rng.choice(("Dirty", "Clean", "Inspected"))
        self.hotel.change("Resource", room, now, State=state)

    def _names(self, name: str) -> Json:
        return named(self.hotel.place.language, name)


def _bookable() -> Json:
    value = {
        "StartOffset": "P0M0DT14H0M0S",
        "EndOffset": "P0M0DT11H0M0S",
        "OccupancyStartOffset": "P0M0DT0H0M0S",
        "OccupancyEndOffset": "P0M0DT0H0M0S",
        "TimeUnitPeriod": "Day",
        "TimeUnit": "Day",
    }
    return {"Discriminator": "Bookable", "Value": value}


def _additional() -> Json:
    moments = "BeforeCheckIn AfterCheckIn DuringStay BeforeCheckOut AfterCheckOut"
    promotions = dict.fromkeys([*moments.split(), "DuringCheckOut"], False)
    return {"Discriminator": "Additional", "Value": {"Promotions": promotions}}

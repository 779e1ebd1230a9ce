"""What a chain and its hotels note of guests: notes, loyalty, relatives, tasks."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.clock import utc_text

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.encoding import Json
    from sandbox.hotel.guests import Chain
    from sandbox.hotel.property import Hotel

_DAY = timedelta(days=1)


class Relations:
    """Keeps up with the guests of a hotel, day by day."""

    def __init__(self, hotel: Hotel) -> None:
        """Work with a chance of its own: the guests of the hotel stay as they are."""
        self.hotel = hotel
        self._rng = random.Random(f"{hotel.id}/relations")

    def day(self, now: datetime) -> None:
        """Start a day: one guest, one reservation and one task are dealt with."""
        self.hotel.life.at(now + _DAY, self.day)
        later = now + timedelta(hours=15, seconds=self._rng.randrange(3600))
        self.hotel.life.at(later, self._deal)

    def _deal(self, now: datetime) -> None:
        self._task(now)
        chain = self.hotel.chain
        if len(chain.customers) > 1:
            one, other = self._rng.sample(chain.customers, 2)
            _note_guest(chain, one, other, now)
        reservations = self.hotel.store.table("Reservation").rows
        mine = [key for key, row in reservations.items() if row.owner == self.hotel.id]
        if mine:
            self._note_reservation(self._rng.choice(mine), now)

    def _task(self, now: datetime) -> None:
        closed = self._rng.randrange(2) > 0
        values = {
            "Id": self.hotel.dated("Task", now),
            "Name": "Bring a cot",
            "State": "Closed" if closed else "Open",
            "Description": "For the guest in the attic",
            "DepartmentId": self.hotel.named("Department/Housekeeping"),
            "DeadlineUtc": utc_text(now + _DAY),
            "ClosedUtc": utc_text(now + timedelta(seconds=1)) if closed else None,
        }
        self.hotel.put("Task", now, values)

    def _note_reservation(self, reservation: str, now: datetime) -> None:
        # who writes a note changes the reservation
        self.hotel.change("Reservation", reservation, now)
        key = self.hotel.store.get("Reservation", reservation)["Id"]
        values = {
            "Id": self.hotel.dated("ServiceOrderNote", now),
            "OrderId": key,
            "Text": "Arrives late",
            "Type": self._rng.choice(("General", "ChannelManager", "SpecialRequest")),
        }
        self.hotel.put("ServiceOrderNote", now, values)
        values = {
            "ReservationId": key,
            "ChannelManagerName": "Cubilis",
            "ChannelNumber": "4711",
            "CreatedUtc": utc_text(now),
        }
        self.hotel.put("ReservationChannelManagerDetails", now, values)


def open_chain(chain: Chain, now: datetime) -> None:
    """Enter what all hotels of a chain share."""
    program, group = _id(chain, "Program"), _id(chain, "Titles")
    values: Json = {"Name": "Friends", "Code": "FR", "Type": "Hotel"}
    chain.put("LoyaltyProgram", program, values | {"Subscription": "Free"}, now)
    for number, name in enumerate(("Silver", "Gold")):
        values = {"LoyaltyProgramId": program, "Name": name}
        values |= {"Code": name[0], "Ordering": number}
        chain.put("LoyaltyTier", _id(chain, name), values, now)
    values = {"Name": "Academic", "IsEditable": True, "IsActive": True}
    chain.put("CustomTitleGroup", group, values, now)
    for name, active in (("Professor", True), ("Magister", False)):
        values = {"CustomTitleGroupId": group, "Name": name}
        values |= {"Code": name[:4], "IsActive": active}
        chain.put("CustomTitle", _id(chain, name), values, now)


def _note_guest(chain: Chain, one: str, other: str, now: datetime) -> None:
    values: Json = {
        "AccountId": one,
        "AccountType": "Customer",
        "Content": "Likes the quiet side",
        "Classifications": ["General"],
        "IsActive": True,
    }
    chain.put("AccountNote", _id(chain, f"Note/{one}"), values, now)
    values = {
        "AccountId": one,
        "LoyaltyProgramId": _id(chain, "Program"),
        "LoyaltyTierId": _id(chain, "Silver"),
        "State": "Enrolled",
        "IsPrimary": True,
        "Points": 120,
        "ActivityState": "Active",
    }
    chain.put("LoyaltyMembership", _id(chain, f"Membership/{one}"), values, now)
    # who relates guests changes the first of them
    chain.edit(one, now)
    values = {"CustomerId": one, "RelatedCustomerId": other, "Relationship": "Spouse"}
    chain.put("CustomerRelationship", "", values, now)


def _id(chain: Chain, name: str) -> str:
    return str(uuid.uuid5(uuid.UUID(chain.id), name))

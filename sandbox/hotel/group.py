"""The hotel group: chains and their hotels, founded and kept alive by a seed."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.hotel.conditions import add_conditions
from sandbox.hotel.configuration import Configuration
from sandbox.hotel.guests import Chain
from sandbox.hotel.inventory import Inventory
from sandbox.hotel.life import Life
from sandbox.hotel.places import PLACES
from sandbox.hotel.property import Hotel
from sandbox.hotel.relations import Relations, open_chain
from sandbox.hotel.sales import Sales
from sandbox.hotel.stays import FrontDesk
from sandbox.hotel.treasury import Treasury
from sandbox.hotel.world import add_world

if TYPE_CHECKING:
    from sandbox.store import Store

_CHAINS = ("Connected Stays", "Häuser am Wasser", "Third Chain")


class HotelGroup:
    """Founds hotels, and lets all of them live."""

    def __init__(
        self, store: Store, seed: int, opened: datetime, reservations_per_day: float
    ) -> None:
        """Found a group without hotels whose history begins at `opened`."""
        self.store = store
        self.seed = seed
        self.opened = opened
        self.reservations_per_day = reservations_per_day
        self.life = Life()
        self.chains: list[Chain] = []
        self.hotels: list[Hotel] = []
        add_world(store, opened)

    def add_chain(self) -> Chain:
        """Found a chain."""
        number = len(self.chains)
        rng = random.Random(f"{self.seed}/chain/{number}")
        chain = Chain(self.store, self.life, _CHAINS[number % len(_CHAINS)], rng)
        chain.open(self.opened)
        open_chain(chain, self.opened)
        self.chains.append(chain)
        return chain

    def add_hotel(self, chain: Chain, linked: datetime) -> Hotel:
        """Found a hotel whose history begins with the group's."""
        number = len(self.hotels)
        rng = random.Random(f"{self.seed}/hotel/{number}")
        place = PLACES[number % len(PLACES)]
        if number >= len(PLACES):
            place = place._replace(name=f"{place.name} {number}", short=f"H{number}")
        hotel = Hotel(self.store, self.life, chain, place, rng)
        founded = self.opened - timedelta(days=1)
        hotel.join(founded, linked)
        configuration = Configuration(hotel)
        configuration.open(founded)
        add_conditions(hotel, founded)
        treasury = Treasury(hotel)
        treasury.open(founded)
        inventory = Inventory(hotel)
        desk = FrontDesk(hotel, inventory, self.reservations_per_day)
        self.life.at(self.opened, desk.day)
        self.life.at(self.opened, inventory.day)
        self.life.at(self.opened, configuration.week)
        self.life.at(self.opened, Sales(hotel).day)
        self.life.at(self.opened, treasury.day)
        self.life.at(self.opened, Relations(hotel).day)
        self.hotels.append(hotel)
        return hotel

"""One hotel: what it is made of and the means its departments share."""

from __future__ import annotations

import uuid
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox.clock import UTC, utc_text
from sandbox.hotel.numbers import Numbers
from sandbox.hotel.shapes import address, has, shape
from sandbox.hotel.truth import Truth

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from sandbox.hotel.guests import Chain
    from sandbox.hotel.life import Event, Life
    from sandbox.hotel.places import Place
    from sandbox.store import Store


class Category(NamedTuple):
    """A kind of room: its price a night, and its rooms."""

    id: str
    price: int
    rooms: tuple[str, ...]


class Hotel:
    """A property. Front desk, books and inventory work with this one object."""

    def __init__(
        self, store: Store, life: Life, chain: Chain, place: Place, rng: random.Random
    ) -> None:
        """Build the house; it opens when its departments start to work."""
        self.store = store
        self.life = life
        self.chain = chain
        self.place = place
        self.rng = rng
        self.id = self.new_id()
        self.numbers = Numbers()
        self.service = self.new_id()
        self.restaurant = self.new_id()
        self.clerk = self.new_id()
        self.rates = [self.new_id() for _ in range(3)]
        self.adults, self.children = self.new_id(), self.new_id()
        self.categories = [
            Category(self.new_id(), price, tuple(self.new_id() for _ in range(rooms)))
            for price, rooms in ((95, 12), (130, 9), (210, 4))
        ]
        store.list_prices.update((each.id, each.price) for each in self.categories)
        self.ledger_categories = {
            name: self.new_id() for name in ("Service", "Product", "Additional")
        }
        # by ledger and posting date, what is posted there so far
        self.posted: dict[str, dict[str, Decimal]] = defaultdict(
            partial(defaultdict, Decimal)
        )
        self.has_posted: Callable[[str, str, datetime], None] | None = None
        rooms = {room: kind.id for kind in self.categories for room in kind.rooms}
        self.truth = Truth(place, rooms)

    def new_id(self) -> str:
        """Make the identifier of a new row."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def named(self, name: str) -> str:
        """Give the identifier of a row of which the hotel has just one by a name."""
        return str(uuid.uuid5(uuid.UUID(self.id), name))

    def dated(self, name: str, now: datetime) -> str:
        """Give the identifier of a row of which the hotel has one now."""
        return self.named(f"{name}/{utc_text(now)}")

    def chance(self, probability: float) -> bool:
        """Let something happen now and then."""
        return self.rng.random() < probability

    def local(self, day: date, hours: float) -> datetime:
        """Give the UTC moment of a local time of day."""
        midnight = datetime.combine(day, time(), UTC)
        seconds = int((hours - self.place.offset) * 3600)
        return midnight + timedelta(seconds=seconds)

    def plan(self, moment: datetime, event: Event) -> None:
        """Plan an event; one in sixteen happens within a second, not on it."""
        fraction = self.rng.randrange(1, 1000) if self.chance(1 / 16) else 0
        whole = moment.replace(microsecond=0)
        self.life.at(whole + timedelta(milliseconds=fraction), event)

    def put(self, entity: str, now: datetime, values: dict[str, Any]) -> str:
        """Add a row of this hotel that is created now, and give its id."""
        # rows without an identifier leave the chances of the others as they are
        key = str(values.get("Id") or (self.new_id() if has(entity, "Id") else ""))
        common = {
            "Id": key,
            "EnterpriseId": self.id,
            "CreatedUtc": utc_text(now),
            "UpdatedUtc": utc_text(now),
            "CreatorProfileId": self.clerk,
            "UpdaterProfileId": self.clerk,
        }
        known = {name: value for name, value in common.items() if has(entity, name)}
        self._put(entity, {**known, **values}, now)
        return key

    def change(
        self, entity: str, key: str, now: datetime, **changes: str | object
    ) -> None:
        """Change a row of this hotel now."""
        self.store.change(entity, key, now, changes)

    def join(self, opened: datetime, linked: datetime) -> None:
        """Enter the hotel into the portfolio."""
        place = self.place
        where = address(
            self.new_id(), place.street, place.city, place.postal, place.country
        )
        where["Latitude"] = Decimal(place.latitude)
        where["Longitude"] = Decimal(place.longitude)
        domain = f"{place.short.lower()}.example"
        code = f"{place.country}-2020-1"
        values = {
            "Id": self.id,
            "ExternalIdentifier": place.short,
            "ChainId": self.chain.id,
            "ChainName": self.chain.name,
            "CreatedUtc": utc_text(opened),
            "UpdatedUtc": utc_text(linked),
            "LinkedUtc": utc_text(linked),
            "Name": place.name,
            "ShortName": place.short,
            "TimeZoneIdentifier": place.zone,
            "LegalEnvironmentCode": code,
            "AccommodationEnvironmentCode": place.country,
            "AccountingEnvironmentCode": place.country,
            "TaxEnvironmentCode": code,
            "DefaultLanguageCode": place.language,
            "AccountingEditableHistoryInterval": "P0M7DT0H0M0S",
            "OperationalEditableHistoryInterval": "P0M5DT0H0M0S",
            "WebsiteUrl": f"https://www.{domain}/",
            "Email": f"stay@{domain}",
            "Phone": "+43 1 555 01 00",
            "Pricing": "Gross",
            "TaxPrecision": 2,
            "AddressId": where["Id"],
            "Address": where,
            "GroupNames": ["City hotels"],
            "Subscription": {"TaxIdentifier": None},
        }
        self._put("Enterprise", values, linked)

    def _put(self, entity: str, values: dict[str, Any], now: datetime) -> None:
        only = self.store.documented_only
        row = shape(entity, values, documented_only=only)
        self.store.put(entity, row, self.id, now)

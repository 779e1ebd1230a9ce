"""A plausible row of every entity, for tests that need one of their own."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

from sandbox.clock import START
from sandbox.encoding import Json, copied
from sandbox.hotel.group import HotelGroup
from sandbox.store import Store


@lru_cache(maxsize=1)
def _samples() -> Store:
    store = Store(seed=0)
    opened = START - timedelta(days=40)
    group = HotelGroup(store, seed=0, opened=opened, reservations_per_day=1.0)
    group.add_hotel(group.add_chain(), opened)
    group.life.until(START, opened)
    return store


def sample(entity: str) -> Json:
    """Give a row with every known property; it belongs to no known hotel."""
    rows = _samples().table(entity).rows.values()
    data: Json = copied(next(iter(rows)).data)
    return data

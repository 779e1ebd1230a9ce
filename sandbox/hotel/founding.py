"""Founds a hotel group that has lived for some days."""

from __future__ import annotations

import gc
import pickle
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sandbox.hotel.group import HotelGroup
from sandbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

# Hotels times days. A test has some, and asks for the same ones again and again.
_FEW = 200


class Plan(NamedTuple):
    """What a group is to be like; the same plan gives the same group."""

    seed: int
    properties: int
    chains: int
    days: int
    reservations_per_day: float
    start: datetime
    undocumented: bool


def found(plan: Plan) -> HotelGroup:
    """Found a group whose hotels have lived for some days until `start`."""
    if plan.properties * plan.days > _FEW:
        return _live(plan)
    # a copy takes a quarter of the time that the life itself takes
    kept = _kept(plan)
    with _uncollected():
        group: HotelGroup = pickle.loads(kept)  # noqa: S301 - it is our own
    return group


@lru_cache(maxsize=32)
def _kept(plan: Plan) -> bytes:
    return pickle.dumps(_live(plan), pickle.HIGHEST_PROTOCOL)


def _live(plan: Plan) -> HotelGroup:
    first = plan.start - timedelta(days=plan.days)
    opened = first.replace(hour=0, minute=0, second=0)
    store = Store(plan.seed if plan.undocumented else None)
    group = HotelGroup(store, plan.seed, opened, plan.reservations_per_day)
    for _ in range(plan.chains):
        group.add_chain()
    for number in range(plan.properties):
        group.add_hotel(group.chains[number % plan.chains], opened)
    with _uncollected():
        group.life.until(plan.start, opened)
    return group


@contextmanager
def _uncollected() -> Iterator[None]:
    # A long history is millions of objects that all stay: looking for garbage among
    # them again and again would double the time.
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

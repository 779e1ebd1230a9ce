"""Founds a hotel group that has lived for some days."""

from __future__ import annotations

import gc
import io
import pickle
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sandbox.hotel.group import HotelGroup
from sandbox.store import Row, Store

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
    return _kept(plan).copy()


@lru_cache(maxsize=32)
def _kept(plan: Plan) -> _Kept:
    return _Kept(_live(plan))


class _Kept:
    """A group to copy from. Rows never change, so all copies have the same ones."""

    def __init__(self, group: HotelGroup) -> None:
        self._rows: list[Row] = []
        written = io.BytesIO()
        pickler = pickle.Pickler(written, pickle.HIGHEST_PROTOCOL)
        pickler.persistent_id = self._number_of  # type: ignore[method-assign]
        pickler.dump(group)
        self._written = written.getvalue()

    def copy(self) -> HotelGroup:
        unpickler = pickle.Unpickler(io.BytesIO(self._written))  # noqa: S301 - our own
        unpickler.persistent_load = self._rows.__getitem__  # type: ignore[method-assign]
        group: HotelGroup = unpickler.load()
        return group

    def _number_of(self, thing: object) -> int | None:
        if not isinstance(thing, Row):
            return None
        self._rows.append(thing)
        return len(self._rows) - 1


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

"""Which rows of a stream are due, by the time that they or their parents have."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from facts import STREAMS as FACTS
from sandbox.clock import parse_utc
from tap_mews.streams import STREAMS
from tap_mews.streams.bases import Replaced, Whole

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import datetime

    from sandbox.store import Row, Store

Moments: TypeAlias = "Callable[[Row], Collection[datetime]]"
"""The moments of a row: it is due with any of them."""

TAP_STREAMS = {stream.name: stream for stream in STREAMS}

WHOLE = {
    name for name, each in TAP_STREAMS.items() if issubclass(each, (Whole, Replaced))
}
"""The streams of which each run reads all there is."""

PARENTS = {
    "customer_relationships": ("CustomerId", "Customer"),
    "payout_transactions": ("PayoutId", "Payout"),
    "reservation_channel_details": ("ReservationId", "Reservation"),
    "rule_actions": ("RuleId", "Rule"),
    "service_order_notes": ("OrderId", "Reservation", "ProductServiceOrder"),
    "voucher_assignments": ("VoucherId", "Voucher"),
}
"""The streams whose rows come with a parent: the column that names it, its entities."""

GROUPS = {
    "companionships": ("ReservationGroupId", "Reservation", "GroupId"),
    "outlet_bills": ("Id", "OutletItem", "BillId"),
}
"""The streams whose rows come with any row of a group: the column that names it, the
entity of the others, and their column."""

DATES = {
    "CashierTransaction": ("CreatedUtc",),
    "Payout": ("PayoutDateUtc",),
    "Task": ("CreatedUtc", "ClosedUtc"),
}
"""The entities that are not asked for by their last update."""


def follows(stream: str) -> bool:
    """Whether rows of a stream come with others, whenever they were updated."""
    return stream in PARENTS or stream in GROUPS


def moments(stream: str, store: Store) -> Moments:
    """The times by which the rows of a stream are asked for."""
    if stream in GROUPS:
        own, entity, column = GROUPS[stream]
        groups: dict[object, list[datetime]] = defaultdict(list)
        for row in store.table(entity).ordered():
            groups[row.data[column]].append(row.updated)
        return lambda row: groups[row.data[own]]
    if stream in PARENTS:
        own, *entities = PARENTS[stream]
        parents = {
            row.data["Id"]: _dates(entity, row)
            for entity in entities
            for row in store.table(entity).ordered()
        }
        return lambda row: parents[row.data[own]]
    entity = FACTS[stream].entity
    return lambda row: _dates(entity, row)


def _dates(entity: str, row: Row) -> list[datetime]:
    if entity not in DATES:
        return [row.updated]
    found: Iterable[str | None] = (row.data.get(name) for name in DATES[entity])
    return [parse_utc(each) for each in found if each]

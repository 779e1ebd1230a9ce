"""What happens to rows that the simulated hotels by themselves seldom change."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import NAMESPACE_OID, uuid5

from facts import OPERATIONS, STREAMS
from sandbox.clock import utc_text
from tests.crashes.due import TAP_STREAMS, WHOLE
from tests.crashes.steps import Step

if TYPE_CHECKING:
    from sandbox.store import Row
    from tests.crashes.world import World

DATED = sorted(
    STREAMS[name].entity
    for name, each in TAP_STREAMS.items()
    if name not in WHOLE
    and each.operation.time_filter is not None
    and each.operation.time_filter.parameter == "UpdatedUtc"
    and OPERATIONS[each.operation.path].entity == STREAMS[name].entity
)
"""The entities of which Mews gives the rows that were updated in an interval."""

CHILDREN = {
    "Service": (
        "ServiceId",
        (
            "AgeCategory",
            "CancellationPolicy",
            "Product",
            "ProductCategory",
            "Rate",
            "RateGroup",
            "ResourceCategory",
            "ResourceFeature",
            "Rule",
            "Voucher",
        ),
    ),
    "ResourceCategory": ("CategoryId", ("ResourceCategoryAssignment",)),
    "Voucher": ("VoucherId", ("VoucherCode",)),
    "LoyaltyProgram": ("LoyaltyProgramId", ("LoyaltyTier",)),
}
"""By entity, the column that names it, and the entities that are asked for by it."""

FEW = 2
"""So many children of each entity come with a parent."""


@dataclass(frozen=True, repr=False)
class Touch(Step):
    """Of every other entity, a row is updated now."""

    number: int

    def take(self, world: World) -> None:
        """Update them."""
        store = world.sandbox.platform.store
        now = world.sandbox.clock.now().replace(microsecond=0)
        with store.lock:
            for place, entity in enumerate(DATED):
                keys = sorted(store.table(entity).rows)
                if keys and (place + self.number) % 2:
                    store.change(entity, keys[self.number % len(keys)], now, {})


@dataclass(frozen=True, repr=False)
class Found(Step):
    """There is a new parent, whose children were updated long before it."""

    entity: str
    number: int

    def take(self, world: World) -> None:
        """Copy one that there is, with some of its children."""
        store = world.sandbox.platform.store
        with store.lock:
            rows = store.table(self.entity).ordered()
            if not rows:
                return
            old = rows[self.number % len(rows)]
            new = self._copy(world, self.entity, old, {})
            now = world.sandbox.clock.now().replace(microsecond=0)
            store.change(self.entity, new, now, {})
            column, children = CHILDREN[self.entity]
            for child in children:
                own = [
                    row
                    for row in store.table(child).ordered()
                    if row.data.get(column) == old.data["Id"]
                ]
                for row in own[:FEW]:
                    self._copy(world, child, row, {column: new})

    def _copy(self, world: World, entity: str, row: Row, values: dict[str, str]) -> str:
        """Put a row with another Id, as old as the one there is; give the Id."""
        made = utc_text(world.sandbox.clock.now())
        key = str(uuid5(NAMESPACE_OID, f"{row.key}/{made}"))
        data = {**deepcopy(row.data), "Id": key, **values}
        world.sandbox.platform.store.put(entity, data, row.owner, row.updated)
        return key

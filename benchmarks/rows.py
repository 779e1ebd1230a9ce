"""Files of rows to read: as many as wanted, of a hotel's invented history."""

from __future__ import annotations

from itertools import cycle, islice
from typing import TYPE_CHECKING

from singer_sdk.singerlib.json import deserialize_json, serialize_json

from benchmarks.undocumented import CLEAN, Undocumented
from sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENTITIES = {
    "availability_adjustments": "AvailabilityAdjustment",
    "availability_blocks": "AvailabilityBlock",
    "bills": "Bill",
    "companies": "Company",
    "customers": "Customer",
    "ledger_entries": "LedgerEntry",
    "order_items": "OrderItem",
    "payments": "Payment",
    "reservations": "Reservation",
    "resource_blocks": "ResourceBlock",
}
"""The streams that are read through exports, and what Mews calls them."""

NOTHING = Undocumented(CLEAN)

_ID = b'{"Id":"'


class Rows:
    """Rows of two hotels, repeated as often as needed, each with an Id of its own."""

    def __init__(self) -> None:
        """Let the hotels live."""
        self._hotels = Sandbox(properties=2, days=250, reservations_per_day=6)

    def lines(
        self, entity: str, count: int, undocumented: Undocumented = NOTHING
    ) -> Iterator[bytes]:
        """Give some rows as JSON.

        Args:
            entity: What Mews calls them.
            count: How many.
            undocumented: What else they carry.
        """
        known = self._hotels.lines(entity)
        if undocumented is not NOTHING:
            known = [
                serialize_json(
                    undocumented.add(deserialize_json(line), number)
                ).encode()
                for number, line in enumerate(known)
            ]
        for number, line in enumerate(islice(cycle(known), count)):
            # the first eight digits of an identifier
            yield b"%b%08x%b" % (_ID, number, line[len(_ID) + 8 :])

    def write(
        self, path: Path, entity: str, count: int, undocumented: Undocumented = NOTHING
    ) -> Path:
        """Write an export file.

        Args:
            path: Where to.
            entity: What Mews calls the rows.
            count: How many.
            undocumented: What else they carry.
        """
        lines = self.lines(entity, count, undocumented)
        with path.open("wb") as file:
            file.writelines(line + b"\n" for line in lines)
        return path

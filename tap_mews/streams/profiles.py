"""Guests and companies; they belong to a chain, shared by its properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_mews.api.operations import CHAINS, EVERY_STATE, Operation
from tap_mews.pages.lookups import FOUNDED
from tap_mews.streams.bases import Exported

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class _OfChain(Exported):
    """A profile."""

    def beginning(self, ids: Iterable[str] | None) -> datetime:
        """The beginning of Mews: a chain can be older than what the token reaches."""
        del ids
        return FOUNDED


class Customers(_OfChain):
    """Guests and other people."""

    name = "customers"
    entity_type = "Customer"
    operation = Operation(
        "customers/getAll",
        "Customers",
        CHAINS,
        all_rows={"Extent": {"Customers": True, "Addresses": False}} | EVERY_STATE,
    )


class Companies(_OfChain):
    """Companies and travel agencies."""

    name = "companies"
    entity_type = "Company"
    operation = Operation("companies/getAll", "Companies", CHAINS, all_rows=EVERY_STATE)

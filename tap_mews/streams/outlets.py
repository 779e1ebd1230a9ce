"""Restaurants, bars and shops whose tills report to Mews."""

from __future__ import annotations

from tap_mews.api.operations import Operation
from tap_mews.streams.bases import ByTime, Whole


class Outlets(Whole):
    """Points of sale."""

    name = "outlets"
    operation = Operation("outlets/getAll", "Outlets", time_filter=None)


class OutletItems(ByTime):
    """What is sold and paid at outlets."""

    name = "outlet_items"
    operation = Operation("outletItems/getAll", "OutletItems")


class OutletBills(ByTime):
    """Bills of outlets; they come with the items that changed."""

    name = "outlet_bills"
    replication_key = None
    operation = Operation("outletItems/getAll", "OutletBills", counted="OutletItems")

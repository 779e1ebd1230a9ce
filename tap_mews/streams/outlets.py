"""Restaurants, bars and shops whose tills report to Mews."""

from __future__ import annotations

from tap_mews.api.operations import Operation
from tap_mews.streams.bases import Whole


class Outlets(Whole):
    """Points of sale."""

    name = "outlets"
    operation = Operation("outlets/getAll", "Outlets", time_filter=None)

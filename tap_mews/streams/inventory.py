"""Units that are kept aside: blocks and adjustments."""

from __future__ import annotations

from tap_mews.api.operations import Operation
from tap_mews.streams.bases import Exported

_EVERY_STATE = {"ActivityStates": ["Active", "Deleted"]}


class AvailabilityAdjustments(Exported):
    """Changes of how many units can be sold."""

    name = "availability_adjustments"
    entity_type = "AvailabilityAdjustment"
    operation = Operation(
        "availabilityAdjustments/getAll",
        "AvailabilityAdjustments",
        all_rows=_EVERY_STATE,
    )


class AvailabilityBlocks(Exported):
    """Units that are held for a group or company."""

    name = "availability_blocks"
    entity_type = "AvailabilityBlock"
    operation = Operation(
        "availabilityBlocks/getAll",
        "AvailabilityBlocks",
        all_rows={"Extent": {"AvailabilityBlocks": True, "Adjustments": False}}
        | _EVERY_STATE,
    )


class ResourceBlocks(Exported):
    """Rooms out of order or in internal use."""

    name = "resource_blocks"
    entity_type = "ResourceBlock"
    operation = Operation(
        "resourceBlocks/getAll", "ResourceBlocks", all_rows=_EVERY_STATE
    )

"""Rooms kept aside: availability blocks, adjustments, resource blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.pages import Page
from sandbox.platform import Ask, operation

if TYPE_CHECKING:
    from sandbox.answers import Reply


@operation("availabilityBlocks/getAll")
def get_availability_blocks(ask: Ask) -> Reply:
    """Availability blocks; deleted ones only when they are asked for."""
    page = Page(ask, "AvailabilityBlock")
    known = ("AvailabilityBlocks", "Adjustments", "ServiceOrders", "Rates")
    extent = ask.body.flags("Extent", known)
    page.reach()
    page.by("ServiceIds", "ServiceId")
    page.by("AvailabilityBlockIds", "Id")
    page.by("ExternalIdentifiers", "ExternalIdentifier")
    page.updated()
    page.colliding("FirstTimeUnitStartUtc", "LastTimeUnitStartUtc")
    page.during("CreatedUtc", "ReleasedUtc")
    page.by_state("States", "State: Confirmed Optional Inquired Canceled")
    page.by_activity()
    # The other extents are checked but not served: the tap asks for none of them.
    shown = extent["AvailabilityBlocks"]
    return page.answer("AvailabilityBlocks", shown=shown, beside=known[1:])


@operation("availabilityAdjustments/getAll")
def get_availability_adjustments(ask: Ask) -> Reply:
    """Availability adjustments; deleted ones only when they are asked for."""
    page = Page(ask, "AvailabilityAdjustment")
    page.reach()
    page.by("AvailabilityAdjustmentIds", "Id")
    page.updated()
    page.by_activity()
    return page.answer("AvailabilityAdjustments")


@operation("resourceBlocks/getAll")
def get_resource_blocks(ask: Ask) -> Reply:
    """Resource blocks; deleted ones only when they are asked for."""
    page = Page(ask, "ResourceBlock")
    page.reach()
    page.by("ResourceBlockIds", "Id")
    page.by("AssignedResourceIds", "AssignedResourceId")
    page.updated()
    page.colliding("StartUtc", "EndUtc")
    page.during("CreatedUtc")
    page.by_activity()
    return page.answer("ResourceBlocks")

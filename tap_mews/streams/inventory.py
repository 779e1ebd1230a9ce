"""Rooms and other spaces, and units that are kept aside."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from tap_mews.api.operations import EVERY_STATE, Operation, under
from tap_mews.pages.sellers import Sold, bookable_services
from tap_mews.pages.unfolding import Unfolding
from tap_mews.streams.bases import Reference
from tap_mews.streams.configuration import SERVICES
from tap_mews.streams.exported import Exported
from tap_mews.streams.series import Series

if TYPE_CHECKING:
    from collections.abc import Mapping


class AvailabilityAdjustments(Exported):
    """Changes of how many units can be sold."""

    name = "availability_adjustments"
    entity_type = "AvailabilityAdjustment"
    operation = Operation(
        "availabilityAdjustments/getAll",
        "AvailabilityAdjustments",
        all_rows=EVERY_STATE,
    )


class AvailabilityBlocks(Exported):
    """Units that are held for a group or company."""

    name = "availability_blocks"
    entity_type = "AvailabilityBlock"
    operation = Operation(
        "availabilityBlocks/getAll",
        "AvailabilityBlocks",
        all_rows={"Extent": {"AvailabilityBlocks": True, "Adjustments": False}}
        | EVERY_STATE,
    )


class ResourceBlocks(Exported):
    """Rooms out of order or in internal use."""

    name = "resource_blocks"
    entity_type = "ResourceBlock"
    operation = Operation(
        "resourceBlocks/getAll", "ResourceBlocks", all_rows=EVERY_STATE
    )


RESOURCE_CATEGORIES = Operation(
    "resourceCategories/getAll",
    "ResourceCategories",
    under(SERVICES, "ServiceIds"),
    all_rows=EVERY_STATE,
)
RESOURCE_FEATURES = Operation(
    "resourceFeatures/getAll",
    "ResourceFeatures",
    under(SERVICES, "ServiceIds"),
    all_rows=EVERY_STATE,
)


class ResourceCategories(Reference):
    """Room types, and types of other spaces; the rows themselves carry no date."""

    name = "resource_categories"
    operation = RESOURCE_CATEGORIES
    replication_key = None


class Resources(Reference):
    """Rooms, floors and other spaces."""

    name = "resources"
    operation = Operation(
        "resources/getAll",
        "Resources",
        all_rows={"Extent": {"Resources": True, "Inactive": True}},
    )


class ResourceCategoryAssignments(Reference):
    """Which space is of which category."""

    name = "resource_category_assignments"
    operation = Operation(
        "resourceCategoryAssignments/getAll",
        "ResourceCategoryAssignments",
        under(RESOURCE_CATEGORIES, "ResourceCategoryIds"),
        all_rows=EVERY_STATE,
    )


class ResourceFeatures(Reference):
    """What spaces can have, such as a balcony."""

    name = "resource_features"
    selected_by_default = False
    operation = RESOURCE_FEATURES


class ResourceFeatureAssignments(Reference):
    """Which space has which feature."""

    name = "resource_feature_assignments"
    selected_by_default = False
    operation = Operation(
        "resourceFeatureAssignments/getAll",
        "ResourceFeatureAssignments",
        under(RESOURCE_FEATURES, "ResourceFeatureIds"),
        all_rows=EVERY_STATE,
    )


METRICS = [
    "OutOfOrderBlocks",
    "PublicAvailabilityAdjustment",
    "OtherServiceReservationCount",
    "Occupied",
    "ConfirmedReservations",
    "OptionalReservations",
    "BlockAvailability",
    "AllocatedBlockAvailability",
    "UsableResources",
    "ActiveResources",
    "HouseUse",
]
"""All of them: the operation gives only those that are named."""


class ServiceAvailability(Series):
    """How many spaces can be sold, of the services in use that can be booked."""

    name = "service_availability"
    primary_keys = ("ServiceId", "ResourceCategoryId", "TimeUnitStartUtc")
    operation = Operation(
        "services/getAvailability/2024-01-22",
        "ResourceCategoryAvailabilities",
        under(SERVICES, "ServiceId", most=1),
        time_filter=None,
        all_rows={"Metrics": METRICS},
        most_rows=None,
        is_paged=False,
    )
    unfolding = Unfolding("ResourceCategoryAvailabilities", maps={"Metrics": METRICS})

    @cached_property
    def sold(self) -> Mapping[str, Sold]:
        """The bookable services."""
        return bookable_services(self.name, self.allocation, SERVICES)

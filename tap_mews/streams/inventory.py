"""Rooms and other spaces, and units that are kept aside."""

from __future__ import annotations

from tap_mews.api.operations import EVERY_STATE, Operation, under
from tap_mews.streams.bases import Exported, Reference
from tap_mews.streams.configuration import SERVICES


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

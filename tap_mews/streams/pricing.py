"""What is sold at which conditions, and to whom."""

from __future__ import annotations

from tap_mews.api.operations import EVERY_STATE, Operation, under
from tap_mews.streams.bases import Reference
from tap_mews.streams.configuration import SERVICES


class RateGroups(Reference):
    """Groups of rates."""

    name = "rate_groups"
    operation = Operation(
        "rateGroups/getAll",
        "RateGroups",
        under(SERVICES, "ServiceIds"),
        all_rows=EVERY_STATE,
    )


class AgeCategories(Reference):
    """Ages of guests that prices tell apart."""

    name = "age_categories"
    operation = Operation(
        "ageCategories/getAll",
        "AgeCategories",
        # without services Mews gives those of bookable ones alone
        under(SERVICES, "ServiceIds"),
        all_rows=EVERY_STATE,
    )


class Products(Reference):
    """What is sold beside stays, and the product that a night is."""

    name = "products"
    operation = Operation(
        "products/getAll",
        "Products",
        under(SERVICES, "ServiceIds"),
        all_rows={"IncludeDefault": True},
    )


class ProductCategories(Reference):
    """Groups of products."""

    name = "product_categories"
    operation = Operation(
        "productCategories/getAll",
        "ProductCategories",
        under(SERVICES, "ServiceIds"),
    )

"""What a property consists of and how it is set up."""

from __future__ import annotations

from tap_mews.api.operations import Operation, under
from tap_mews.pages.lookups import ENTERPRISES
from tap_mews.streams.bases import Reference, Whole

SERVICES = Operation("services/getAll", "Services", time_filter=None)


class Enterprises(Whole):
    """The properties that the token reaches."""

    name = "enterprises"
    is_optional = False
    operation = ENTERPRISES


class Services(Whole):
    """What a property sells; their list is needed for what belongs to them."""

    name = "services"
    operation = SERVICES


class Rates(Reference):
    """Prices and conditions under which a service is sold."""

    name = "rates"
    operation = Operation(
        "rates/getAll",
        "Rates",
        under(SERVICES, "ServiceIds"),
        all_rows={
            "ActivityStates": ["Active", "Deleted"],
            "Extent": {
                "Rates": True,
                "RateGroups": False,
                "AvailabilityBlockAssignments": True,
            },
        },
    )


class Counters(Reference):
    """Number series of bills, reservations and the like."""

    name = "counters"
    operation = Operation("counters/getAll", "Counters")


class Departments(Whole):
    """Departments that tasks are for."""

    name = "departments"
    selected_by_default = False
    operation = Operation("departments/getAll", "Departments", time_filter=None)

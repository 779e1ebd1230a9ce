"""What a property consists of and how it is set up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tap_mews.api.operations import NO_SELECTOR, Operation, TimeFilter, under
from tap_mews.pages.batches import Batch
from tap_mews.pages.enterprises import ENTERPRISES
from tap_mews.pages.fetch import SeveralFetches
from tap_mews.streams.bases import ByTime, Reference, Whole

if TYPE_CHECKING:
    from tap_mews.reading.reader import Reader, Slice

SERVICES = Operation("services/getAll", "Services", time_filter=None)
RATES = Operation(
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


class Enterprises(Whole):
    """The properties that the token reaches."""

    name = "enterprises"
    is_optional = False
    operation = ENTERPRISES

    def batches(self, slice_: Slice) -> list[Batch]:
        """One read a token; `enterprise_ids` chooses whose rows others have."""
        del slice_
        accesses = self.run.allocation.accesses_for(NO_SELECTOR)
        return [Batch(access) for access in accesses]


class Services(Whole):
    """What a property sells; their list is needed for what belongs to them."""

    name = "services"
    operation = SERVICES


class Rates(Reference):
    """Prices and conditions under which a service is sold."""

    name = "rates"
    operation = RATES


class Counters(Reference):
    """Number series of bills, reservations and the like."""

    name = "counters"
    operation = Operation("counters/getAll", "Counters")


class Departments(Whole):
    """Departments that tasks are for."""

    name = "departments"
    selected_by_default = False
    operation = Operation("departments/getAll", "Departments", time_filter=None)


class Tasks(ByTime):
    """Tasks of staff, when they are made and when they are closed.

    What is edited between the two does not show: no filter tells.
    """

    name = "tasks"
    selected_by_default = False
    is_sensitive = True
    replication_key = "CreatedUtc"
    operation = Operation("tasks/getAll", "Tasks", time_filter=TimeFilter("CreatedUtc"))

    def new_reader(self) -> Reader:
        """In each window what was made, then what was closed."""
        closed = replace(self.operation, time_filter=TimeFilter("ClosedUtc"))
        fetches = [self.fetch(each, bytes) for each in (self.operation, closed)]
        return self.page_reader(SeveralFetches(fetches))

"""Reservations, who comes along on them, and where they come from."""

from __future__ import annotations

from sandbox.answers import Refusal, Reply
from sandbox.contract import ONE_MONTH
from sandbox.pages import Page
from sandbox.platform import Ask, operation

_STATES = "State: Inquired Confirmed Started Processed Canceled Optional Requested"
_EXTENTS = ("Reservations", "ReservationGroups", "Customers")
_COMPANIONSHIP_FILTERS = (
    "CompanionshipIds",
    "ReservationIds",
    "CustomerIds",
    "ReservationGroupIds",
)


@operation("reservations/getAll/2023-06-06")
def get_reservations(ask: Ask) -> Reply:
    """Reservations; actual and scheduled times exclude each other."""
    page = Page(ask, "Reservation")
    page.reach()
    page.by("ReservationIds", "Id")
    page.by("ServiceIds", "ServiceId")
    page.by("ReservationGroupIds", "GroupId")
    page.by("AccountIds", "AccountId")
    page.by("PartnerCompanyIds", "PartnerCompanyId", most=100)
    page.by("TravelAgencyIds", "TravelAgencyId", most=100)
    page.by("Numbers", "Number")
    page.by("ChannelNumbers", "ChannelNumber", most=100)
    page.by("AssignedResourceIds", "AssignedResourceId")
    page.by("AvailabilityBlockIds", "AvailabilityBlockId", most=100)
    page.updated()
    page.colliding("ScheduledStartUtc", "ScheduledEndUtc")
    page.during("CreatedUtc", "ScheduledStartUtc", "ScheduledEndUtc")
    page.during("ActualStartUtc", "ActualEndUtc")
    for end in ("StartUtc", "EndUtc"):
        if {f"Scheduled{end}", f"Actual{end}"} <= page.filters:
            raise Refusal(400, f"Scheduled{end} cannot be used with Actual{end}.")
    page.by_state("States", _STATES)
    return page.answer("Reservations")


@operation("companionships/getAll")
def get_companionships(ask: Ask) -> Reply:
    """Companionships of customers, reservations or groups that are named."""
    page = Page(ask, "Companionship")
    ask.body.flags("Extent", _EXTENTS)
    page.reach()
    page.by("CompanionshipIds", "Id")
    page.by("ReservationIds", "ReservationId")
    page.by("CustomerIds", "CustomerId")
    page.by("ReservationGroupIds", "ReservationGroupId")
    page.need_filter(*_COMPANIONSHIP_FILTERS)
    page.updated()
    # The extents are checked but not served: the tap asks for none of them.
    return page.answer("Companionships", beside=_EXTENTS)


@operation("sourceAssignments/getAll/2024-09-20")
def get_source_assignments(ask: Ask) -> Reply:
    """Sources of reservations, oldest first; a portfolio token names one hotel."""
    page = Page(ask, "SourceAssignment_2024_09_20", oldest_first=True)
    page.reach(most=1, portfolio_needs=True)
    page.by("ReservationIds", "ReservationId", most=100)
    page.updated(ONE_MONTH)
    return page.answer("SourceAssignments")


@operation("sourceAssignments/getAll")
def get_group_source_assignments(ask: Ask) -> Reply:
    """Sources of reservation groups; UpdatedUtc means the update of the group."""
    page = Page(ask, "SourceAssignment")
    page.reach()
    page.by("ReservationGroupIds", "ReservationGroupId")
    page.updated()
    return page.answer("SourceAssignments")

"""Reservations, who stays with whom, and where they come from."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_mews.api.operations import (
    EVERY_STATE,
    NO_SELECTOR,
    ONE_ENTERPRISE,
    Operation,
    TimeFilter,
    under,
)
from tap_mews.pages.companionships import UPDATED, CompanionshipFetch, Reservation
from tap_mews.reading.reader import Slice
from tap_mews.streams.bases import ByTime, Children, Reference, Whole
from tap_mews.streams.configuration import SERVICES
from tap_mews.streams.exported import Exported

if TYPE_CHECKING:
    from tap_mews.reading.reader import Reader

RESERVATIONS = Operation("reservations/getAll/2023-06-06", "Reservations")
PRODUCT_SERVICE_ORDERS = Operation(
    "productServiceOrders/getAll",
    "ProductServiceOrders",
    under(SERVICES, "ServiceIds"),
)


class Reservations(Exported):
    """Reservations of rooms and other spaces."""

    name = "reservations"
    entity_type = "Reservation"
    operation = RESERVATIONS


class Companionships(ByTime):
    """Guests of reservations and of their groups (`companionships/getAll`)."""

    name = "companionships"
    operation = RESERVATIONS
    replication_key = UPDATED
    is_optional = False

    def new_reader(self) -> Reader:
        """Windows of updates, then the stays that are near, whatever their update.

        A companion can be changed without Mews marking the reservation as updated.
        """
        reader = self.page_reader(self._fetch(RESERVATIONS))
        days = self.run.settings.companionship_refresh_days
        if days and not self.is_dry_run:
            until = self.end + timedelta(days=days)
            ids, scope = self.selection.ids, self.selection.scope
            near = Slice(self.end, until, scope, ids=ids)
            colliding = replace(RESERVATIONS, time_filter=TimeFilter("CollidingUtc"))
            reader.read_last(self._fetch(colliding), [near])
        return reader

    def _fetch(self, reservations: Operation) -> CompanionshipFetch:
        size, is_probe = self.page_size, self.is_dry_run
        found = self.fetch(reservations, Reservation)
        return CompanionshipFetch(found, self.client_of, size, is_probe=is_probe)


class SourceAssignments(ByTime):
    """Sources of reservations (`sourceAssignments/getAll/2024-09-20`)."""

    name = "source_assignments"
    partition_key = "EnterpriseId"
    is_optional = False
    operation = Operation(
        "sourceAssignments/getAll/2024-09-20",
        "SourceAssignments",
        ONE_ENTERPRISE,
        TimeFilter(months=1),
        is_restricted=True,
    )


class ReservationGroupSourceAssignments(ByTime):
    """Sources of reservation groups (`sourceAssignments/getAll`, the older version).

    It filters by the update of the group; the rows themselves carry no date.
    """

    name = "reservation_group_source_assignments"
    operation = Operation("sourceAssignments/getAll", "SourceAssignments")
    replication_key = None
    is_optional = False


class ReservationGroups(ByTime):
    """Groups of reservations; the rows themselves carry no date."""

    name = "reservation_groups"
    operation = Operation("reservationGroups/getAll", "ReservationGroups")
    replication_key = None


class BusinessSegments(Reference):
    """Kinds of business that reservations are counted in."""

    name = "business_segments"
    operation = Operation(
        "businessSegments/getAll", "BusinessSegments", all_rows=EVERY_STATE
    )


class Sources(Whole):
    """Where reservations come from."""

    name = "sources"
    operation = Operation("sources/getAll", "Sources", NO_SELECTOR, time_filter=None)


class ProductServiceOrders(ByTime):
    """Orders of products without a stay."""

    name = "product_service_orders"
    operation = PRODUCT_SERVICE_ORDERS


class ReservationChannelDetails(Children):
    """What a channel manager says of a reservation."""

    name = "reservation_channel_details"
    selected_by_default = False
    primary_keys = ("ReservationId",)
    parents = (RESERVATIONS,)
    operation = Operation(
        "reservations/getChannelManagerDetails",
        "ChannelManagerDetails",
        under(RESERVATIONS, "ReservationIds", most=100),
        time_filter=None,
        most_rows=None,
        is_paged=False,
        is_restricted=True,
    )


class ServiceOrderNotes(Children):
    """Notes on reservations and on orders of products."""

    name = "service_order_notes"
    selected_by_default = False
    is_sensitive = True
    replication_key = "UpdatedUtc"
    parents = (RESERVATIONS, PRODUCT_SERVICE_ORDERS)
    operation = Operation(
        "serviceOrderNotes/getAll",
        "ServiceOrderNotes",
        under(RESERVATIONS, "ServiceOrderIds"),
        time_filter=None,
        all_rows={"Types": ["General", "ChannelManager", "SpecialRequest"]},
    )

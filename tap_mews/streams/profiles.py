"""Guests and companies; they belong to a chain, shared by its properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_mews.api.operations import BY_CHAIN, EVERY_STATE, Operation, under
from tap_mews.pages.enterprises import FOUNDED
from tap_mews.streams.base import MewsStream
from tap_mews.streams.bases import ByTime, Children, Reference, Whole
from tap_mews.streams.exported import Exported

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class _OfChain(MewsStream):
    """What belongs to a chain."""

    def beginning(self, ids: Iterable[str] | None) -> datetime:
        """The beginning of Mews: a chain can be older than what the token reaches."""
        del ids
        return FOUNDED


class _Profile(_OfChain, Exported):
    """Who other rows refer to, and so read whole at first."""

    is_bounded = False


CUSTOMERS = Operation(
    "customers/getAll",
    "Customers",
    BY_CHAIN,
    all_rows={"Extent": {"Customers": True, "Addresses": False}} | EVERY_STATE,
)


class Customers(_Profile):
    """Guests and other people."""

    name = "customers"
    entity_type = "Customer"
    operation = CUSTOMERS


class Companies(_Profile):
    """Companies and travel agencies."""

    name = "companies"
    entity_type = "Company"
    operation = Operation(
        "companies/getAll", "Companies", BY_CHAIN, all_rows=EVERY_STATE
    )


class CompanyContracts(Reference):
    """Contracts with travel agencies."""

    name = "company_contracts"
    operation = Operation(
        "companyContracts/getAll", "TravelAgencyContracts", all_rows=EVERY_STATE
    )


class Addresses(_OfChain, Reference):
    """Addresses of customers and companies; `UpdatedUtc` can be null."""

    name = "addresses"
    selected_by_default = False
    operation = Operation(
        "addresses/getAll",
        "Addresses",
        BY_CHAIN,
        all_rows=EVERY_STATE,
        needs_filter=True,
    )


class AccountNotes(_OfChain, ByTime):
    """Notes on customers and companies."""

    name = "account_notes"
    selected_by_default = False
    is_sensitive = True
    replication_key = None
    operation = Operation(
        "accountNotes/getAll", "AccountNotes", BY_CHAIN, all_rows=EVERY_STATE
    )


class CustomerRelationships(_OfChain, Children):
    """Which customers are family, friends or colleagues."""

    name = "customer_relationships"
    selected_by_default = False
    primary_keys = ("CustomerId", "RelatedCustomerId", "Relationship")
    replication_key = "UpdatedUtc"
    parents = (CUSTOMERS,)
    operation = Operation(
        "customers/getRelationships",
        "CustomerRelationships",
        under(CUSTOMERS, "CustomerIds", most=100),
        time_filter=None,
        is_restricted=True,
    )
    is_bounded = False

    def start(self, ids: Iterable[str] | None) -> datetime | None:
        """As its customers, who are asked for by time alone."""
        return super().start(ids) or self.beginning(ids)


class CustomTitleGroups(Whole):
    """Groups of titles that a chain has made."""

    name = "custom_title_groups"
    selected_by_default = False
    replication_key = None
    operation = Operation(
        "customTitleGroups/getAll",
        "CustomTitleGroups",
        BY_CHAIN,
        time_filter=None,
        all_rows=EVERY_STATE,
        is_restricted=True,
    )


class CustomTitles(Whole):
    """Titles of customers that a chain has made."""

    name = "custom_titles"
    selected_by_default = False
    replication_key = None
    operation = Operation(
        "customTitles/getAll",
        "CustomTitles",
        BY_CHAIN,
        time_filter=None,
        all_rows=EVERY_STATE,
        is_restricted=True,
    )


class _Loyalty(Reference):
    """The rows carry no date, though they are filtered by one."""

    selected_by_default = False
    replication_key = None


LOYALTY_PROGRAMS = Operation(
    "loyaltyPrograms/getAll", "LoyaltyPrograms", BY_CHAIN, all_rows=EVERY_STATE
)


class LoyaltyPrograms(_Loyalty):
    """Loyalty programs."""

    name = "loyalty_programs"
    operation = LOYALTY_PROGRAMS


class LoyaltyTiers(_Loyalty):
    """Tiers of loyalty programs."""

    name = "loyalty_tiers"
    operation = Operation(
        "loyaltyTiers/getAll",
        "LoyaltyTiers",
        under(LOYALTY_PROGRAMS, "LoyaltyProgramIds"),
        all_rows=EVERY_STATE,
    )


class LoyaltyMemberships(_Loyalty):
    """Who is a member of which program."""

    name = "loyalty_memberships"
    operation = Operation(
        "loyaltyMemberships/getAll",
        "LoyaltyMemberships",
        BY_CHAIN,
        all_rows=EVERY_STATE
        | {
            "MembershipStates": ["New", "Pending", "Enrolled", "Canceled", "Declined"],
        },
    )

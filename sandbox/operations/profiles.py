"""Customers and companies: they belong to a chain, not to a hotel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.pages import Page
from sandbox.platform import Ask, operation

if TYPE_CHECKING:
    from sandbox.answers import Reply


@operation("customers/getAll")
def get_customers(ask: Ask) -> Reply:
    """Customers; a portfolio token has to name the chains."""
    page = Page(ask, "Customer")
    extent = ask.body.flags("Extent", ("Customers", "Addresses", "Documents"))
    page.reach(portfolio_needs=True)
    page.by("CustomerIds", "Id")
    page.by("CompanyIds", "CompanyId", most=1)
    page.by("Emails", "Email")
    page.by("FirstNames", "FirstName")
    page.by("LastNames", "LastName")
    page.by("LoyaltyCodes", "LoyaltyCode")
    page.updated()
    page.during("CreatedUtc", "DeletedUtc")
    page.by_activity()
    return page.answer("Customers", shown=extent["Customers"], beside=["Documents"])


@operation("companies/getAll")
def get_companies(ask: Ask) -> Reply:
    """Companies, active and deleted."""
    page = Page(ask, "Company")
    page.reach()
    page.by("Ids", "Id")
    page.by("MotherCompanyIds", "MotherCompanyId")
    page.by("ExternalIdentifiers", "ExternalIdentifier")
    page.by("Names", "Name")
    page.updated()
    page.during("CreatedUtc")
    page.by_activity(default="Active Deleted")
    return page.answer("Companies")

"""What tests of exports ask the sandbox for, and what they compare with it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.faults import Status
from tests.harness import FastClock, Json, moment
from tests.pages_harness import Where

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox import Sandbox
    from sandbox.journal import Request

ENTITIES = {
    "availability_adjustments": "AvailabilityAdjustment",
    "availability_blocks": "AvailabilityBlock",
    "bills": "Bill",
    "companies": "Company",
    "customers": "Customer",
    "ledger_entries": "LedgerEntry",
    "order_items": "OrderItem",
    "payments": "Payment",
    "reservations": "Reservation",
    "resource_blocks": "ResourceBlock",
}
"""The streams that are read through exports, and what Mews calls them."""


def by_exports(sandbox: Sandbox, **settings: object) -> Json:
    """The settings of a run that takes exports, however short the time is."""
    return sandbox.config(extraction="exports", **settings)


def truth(
    sandbox: Sandbox, stream: str, enterprise_ids: list[str] | None = None
) -> dict[str, Json]:
    """What a target should hold of a stream that is read through exports."""
    rows = (
        json.loads(line, parse_float=Decimal)
        for line in sandbox.lines(ENTITIES[stream], enterprise_ids)
    )
    return {row["Id"]: row for row in rows}


def added(sandbox: Sandbox, entity: str | None = None) -> list[Json]:
    """The bodies of the `exports/add` that were taken, for one entity or all."""
    return [
        each.body
        for each in sandbox.journal.requests("exports/add")
        if each.status == 200 and entity in {None, each.body["EntityType"]}
    ]


def windows(sandbox: Sandbox, entity: str = "Bill") -> list[tuple[str, str] | None]:
    """The `UpdatedUtc` of each export of an entity; None for one without filters."""
    return [
        (
            body["Filters"]["UpdatedUtc"]["StartUtc"],
            body["Filters"]["UpdatedUtc"]["EndUtc"],
        )
        if "Filters" in body
        else None
        for body in added(sandbox, entity)
    ]


def spans(sandbox: Sandbox, entity: str = "Bill") -> list[tuple[datetime, datetime]]:
    """The `UpdatedUtc` of each export of an entity, of which each has one."""
    found = [body["Filters"]["UpdatedUtc"] for body in added(sandbox, entity)]
    return [(moment(each["StartUtc"]), moment(each["EndUtc"])) for each in found]


def postings(sandbox: Sandbox) -> list[tuple[str, str]]:
    """The posting dates of each export of ledger entries."""
    dates = [
        body["Filters"]["LedgerEntryFilters"]["Posting"]
        for body in added(sandbox, "LedgerEntry")
    ]
    return [(each["Start"], each["End"]) for each in dates]


def refuse_unknown_exports(sandbox: Sandbox) -> None:
    """Let an export that is unknown have the whole request refused."""

    def has_unknown(request: Request) -> bool:
        known = {job.id for job in sandbox.exports.jobs}
        return not known.issuperset(request.body["ExportIds"])

    only = Where(sandbox, has_unknown, Status(400, "Invalid ExportIds."))
    sandbox.faults.add("exports/getAll", only, times=None)


def never_ready(body: Json) -> None:
    """Show exports that are still being made."""
    for each in body["Exports"]:
        each["Status"] = "Processing"


def show(
    sandbox: Sandbox,
    clock: FastClock,
    status: str,
    seconds: float,
    entity: str = "Bill",
) -> None:
    """Let the exports of an entity show a status for so long."""
    sandbox.exports.force_status[entity] = status
    clock.after(seconds, lambda: sandbox.exports.force_status.pop(entity, None))

"""Data exports: ask for one, and see how far it is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.answers import Refusal, Reply, answer
from sandbox.contract import HALF_YEAR, Body, Interval
from sandbox.pages import check_reach
from sandbox.platform import Ask, operation
from sandbox.store import CHAIN_ENTITIES, Row

if TYPE_CHECKING:
    from sandbox.encoding import Json

LEDGER = "LedgerEntry"
ENTITY_TYPES = (
    "OrderItem",
    "Payment",
    "Reservation",
    "Customer",
    "Company",
    "Bill",
    "AvailabilityAdjustment",
    "AvailabilityBlock",
    "ResourceBlock",
    LEDGER,
)
_SETTLED = timedelta(minutes=5)


@operation("exports/add")
def add_export(ask: Ask) -> Reply:
    """Take a job of all current rows of an entity that the scope and filters leave."""
    entity = ask.body.text("EntityType", required=True) or ""
    if entity not in ENTITY_TYPES:
        raise Refusal(400, "Invalid EntityType.")
    platform = ask.platform
    scope, owners = _scope(ask, entity)
    filters = ask.entry.body.get("Filters")
    inner = ask.body.nested("Filters")
    updated, posting = _filters(ask, entity, inner)
    ask.body.done()

    def accept(row: Row) -> bool:
        if row.owner not in owners:
            return False
        if posting:
            return posting[0] <= str(row.data["PostingDate"]) <= posting[1]
        return updated is None or updated.holds(row.updated)

    with platform.store.lock:
        rows = platform.store.table(entity).select(accept)
        echoed: Json | None = None
        if filters is not None:
            echoed = {
                "UpdatedUtc": filters.get("UpdatedUtc"),
                "LedgerEntryFilters": filters.get("LedgerEntryFilters"),
            }
        job = platform.exports.add(ask.grant.token, entity, rows, scope, echoed)
    return answer({"Export": platform.exports.shown(job, added=True)})


@operation("exports/getAll")
def get_exports(ask: Ask) -> Reply:
    """Show the jobs that are asked for; unknown ones are left out."""
    ids = ask.body.texts("ExportIds")
    if not ids:
        raise Refusal(400, "ExportIds is required.")
    ask.body.done()
    exports = ask.platform.exports
    jobs = exports.find(ask.grant.token, ids)
    ask.entry.rows = len(jobs)
    return answer({"Exports": [exports.shown(job) for job in jobs]})


def _scope(ask: Ask, entity: str) -> tuple[Json, set[str]]:
    name, other = "EnterpriseIds", "ChainIds"
    if entity in CHAIN_ENTITIES:
        name, other = other, name
    inner = ask.body.nested("Scope")
    ids = inner.texts(name) if inner else None
    if inner and inner.texts(other):
        raise Refusal(400, f"Invalid Scope.{other}: {entity} is exported by {name}.")
    if ids is not None:
        if not ids:
            raise Refusal(400, f"Invalid Scope.{name}.")
        check_reach(ask, entity, ids)
        return {name: ids, other: None}, set(ids)
    owners = ask.platform.access.owners(ask.grant, entity)
    named = sorted(owners) if ask.platform.exports.names_scope else None
    return {name: named, other: None}, owners


def _filters(
    ask: Ask, entity: str, inner: Body | None
) -> tuple[Interval | None, tuple[str, str] | None]:
    ledger = inner.nested("LedgerEntryFilters") if inner else None
    included = ask.platform.limits.interval_end == "inclusive"
    updated = (
        inner.interval("UpdatedUtc", HALF_YEAR, end_included=included)
        if inner
        else None
    )
    if entity == LEDGER:
        if updated:
            raise Refusal(400, "Invalid Filters.UpdatedUtc: ledger entries have none.")
        if ledger is None:
            raise Refusal(400, "Filters.LedgerEntryFilters is required.")
        return None, ledger.dates("Posting")
    if ledger:
        raise Refusal(400, "Invalid Filters.LedgerEntryFilters.")
    if updated and updated.end > ask.platform.clock.now() - _SETTLED:
        message = "Filters.UpdatedUtc must end at least 5 minutes in the past."
        raise Refusal(400, message)
    return updated, None

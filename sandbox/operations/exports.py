"""Data exports: ask for one, and see how far it is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from facts import OPERATIONS
from sandbox.answers import Refusal, Reply, answer
from sandbox.contract import Days, Interval, Span
from sandbox.filters import check_length
from sandbox.platform import Ask, operation
from sandbox.store import CHAIN_ENTITIES, Row

if TYPE_CHECKING:
    from sandbox.body import Body
    from sandbox.encoding import Json

LEDGER = "LedgerEntry"
_SETTLED = timedelta(minutes=5)


@operation("exports/add")
def add_export(ask: Ask) -> Reply:
    """Take a job of all current rows of an entity that the scope and filters leave."""
    entity = ask.body.text("EntityType", required=True) or ""
    if entity not in OPERATIONS["exports/add"].entity_types:
        ask.body.refuse("EntityType")
    platform = ask.platform
    scope, owners = _scope(ask, entity)
    filters = ask.entry.body.get("Filters")
    inner = ask.body.nested("Filters")
    updated, posting = _filters(ask, entity, inner)

    def accept(row: Row) -> bool:
        if row.owner not in owners:
            return False
        if posting:
            return posting.holds(str(row.data["PostingDate"]))
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
    ids = ask.body.ids("ExportIds", required=True) or []
    exports = ask.platform.exports
    jobs = exports.find(ask.grant.token, ids)
    ask.entry.rows = len(jobs)
    return answer({"Exports": [exports.shown(job) for job in jobs]})


def _scope(ask: Ask, entity: str) -> tuple[Json, set[str]]:
    name, other = "EnterpriseIds", "ChainIds"
    if entity in CHAIN_ENTITIES:
        name, other = other, name
    access = ask.platform.access
    owners = access.owners(ask.grant, entity)
    inner = ask.body.nested("Scope")
    if inner and inner.any(other) is not None:
        inner.refuse(other)
    ids = inner.ids(name) if inner else None
    named = sorted(owners) if ask.platform.exports.names_scope else None
    if inner and ids is not None:
        if not owners.issuperset(ids):
            inner.refuse(name)
        named, owners = ids, set(ids)
    access.permit_for(ask.entry.operation, entity, owners)
    return {name: named, other: None}, owners


def _filters(
    ask: Ask, entity: str, inner: Body | None
) -> tuple[Interval | None, Days | None]:
    ledger = inner.nested("LedgerEntryFilters") if inner else None
    included = ask.platform.limits.interval_end == "inclusive"
    updated = inner.interval("UpdatedUtc", end_included=included) if inner else None
    if entity == LEDGER:
        if inner and updated:
            inner.refuse("UpdatedUtc")
        posting = ledger.days("Posting", required=True) if ledger else None
        if posting is None:
            raise Refusal(400, "Invalid Filters.LedgerEntryFilters.")
        check_length(ask, posting, None)
        return None, posting
    if inner and ledger:
        inner.refuse("LedgerEntryFilters")
    if updated:
        span = OPERATIONS["exports/add"].time_filters["UpdatedUtc"]
        check_length(ask, updated, Span.documented(span))
        if updated.end > ask.platform.clock.now() - _SETTLED:
            message = "Filters.UpdatedUtc must end at least 5 minutes in the past."
            raise Refusal(400, message)
    return updated, None

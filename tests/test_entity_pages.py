"""Entities read page by page: the same rows as through exports, none left out."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tap_mews.errors import InvalidSettingsError
from tests.export_harness import ENTITIES, added
from tests.export_harness import truth as exact_truth
from tests.harness import FastClock, moment, records_by_id, select
from tests.harness import sync as sync_in_process
from tests.pages_harness import (
    BEFORE_ALL,
    History,
    interval,
    let_edit,
    make_old,
    settle,
)
from tests.pages_harness import ENTITY_OPERATIONS as OPERATIONS

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.harness import Json, Result

LEDGER = "ledger_entries"
LEDGER_PAGES = "ledgerEntries/getAll"
BOTH_WAYS = ["exports", "pages"]

entities = pytest.mark.parametrize("stream", OPERATIONS)
no_ledger = pytest.mark.parametrize("status", [401, 404])
either_way = pytest.mark.parametrize("way", BOTH_WAYS)

ENDED = {
    "a deleted availability adjustment": ("availability_adjustments", "IsActive"),
    "a deleted availability block": ("availability_blocks", "IsActive"),
    "a deleted resource block": ("resource_blocks", "IsActive"),
    "a deactivated customer": ("customers", "IsActive"),
}


def sync(sandbox: Sandbox, *streams: str, **settings: object) -> Result:
    """A run of some streams."""
    return sync_in_process(
        sandbox.config(**settings),
        catalog=select(*streams),
        clock=FastClock(sandbox),
    )


def lives_on(history: History, entity: str, key: str, **changes: object) -> None:
    """Change a row now, and let it grow old enough to be read."""
    (row,) = (each for each in history.sandbox.rows(entity) if each["Id"] == key)
    now = history.sandbox.clock.now().replace(microsecond=0)
    changed = {**row, **changes, "UpdatedUtc": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
    history.sandbox.put(entity, changed)
    settle(history.sandbox)


@entities
def test_pages_bring_every_row_as_it_is(sandbox: Sandbox, stream: str) -> None:
    settle(sandbox)
    result = sync(sandbox, stream, extraction="pages").ok()
    assert records_by_id(stream, result) == exact_truth(sandbox, stream)
    assert added(sandbox) == []


@entities
def test_pages_leave_the_bookmark_that_exports_leave(
    sandbox: Sandbox, stream: str
) -> None:
    settle(sandbox)
    dates = {"start_date": BEFORE_ALL, "end_date": "2026-02-20"}
    by_way = {
        way: sync(sandbox, stream, extraction=way, **dates).ok() for way in BOTH_WAYS
    }
    assert by_way["pages"].bookmark(stream) == by_way["exports"].bookmark(stream)


@entities
def test_no_window_of_pages_is_longer_than_a_month_and_a_week(
    sandbox: Sandbox, stream: str
) -> None:
    make_old(sandbox)
    sync(sandbox, stream, extraction="pages", start_date="2025-08-31").ok()
    spans = [interval(each) for each in sandbox.journal.requests(OPERATIONS[stream])]
    assert len(spans) >= 6
    for start, end in spans:
        assert end - start <= timedelta(days=31 + 7)


@entities
def test_windows_of_pages_begin_where_the_oldest_property_does(
    sandbox: Sandbox, stream: str
) -> None:
    sync(sandbox, stream, extraction="pages").ok()
    requests = sandbox.journal.requests(OPERATIONS[stream])
    first = min(interval(each)[0] for each in requests)
    created = min(moment(each["CreatedUtc"]) for each in sandbox.rows("Enterprise"))
    # profiles of a chain can be older than the properties that a token reaches
    is_of_a_chain = stream in {"customers", "companies"}
    assert first == (moment("2012-01-01") if is_of_a_chain else created)


@either_way
@pytest.mark.parametrize("what", ENDED)
def test_what_has_ended_comes(sandbox: Sandbox, what: str, way: str) -> None:
    stream, flag = ENDED[what]
    settle(sandbox)
    settings = {"extraction": way, "start_date": BEFORE_ALL}
    history = History(sandbox, (stream,), settings)
    history.run()
    (key, *_) = (k for k, row in history.rows[stream].items() if row[flag])
    lives_on(history, ENTITIES[stream], key, **{flag: False})
    history.run()
    assert history.rows[stream][key][flag] is False
    assert history.missing() == {}


@either_way
def test_a_merged_company_comes(sandbox: Sandbox, way: str) -> None:
    settle(sandbox)
    settings = {"extraction": way, "start_date": BEFORE_ALL}
    history = History(sandbox, ("companies",), settings)
    history.run()
    key, target, *_ = history.rows["companies"]
    lives_on(history, "Company", key, IsActive=False, MergeTargetId=target)
    history.run()
    assert history.rows["companies"][key]["MergeTargetId"] == target


@either_way
def test_a_canceled_reservation_comes(sandbox: Sandbox, way: str) -> None:
    settle(sandbox)
    history = History(sandbox, ("reservations",), {"extraction": way})
    history.run()
    (key, *_) = (
        k for k, row in history.rows["reservations"].items() if not row["CancelledUtc"]
    )
    when = "2026-03-01T06:00:00Z"
    lives_on(history, "Reservation", key, State="Canceled", CancelledUtc=when)
    history.run()
    row = history.rows["reservations"][key]
    assert (row["State"], row["CancelledUtc"]) == ("Canceled", when)


@either_way
def test_a_corrective_bill_comes(sandbox: Sandbox, way: str) -> None:
    settle(sandbox)
    history = History(sandbox, ("bills",), {"extraction": way})
    history.run()
    (corrected, *_) = history.rows["bills"]
    bill = sandbox.new_row(
        "Bill", CorrectionState="CorrectiveBill", CorrectedBillId=corrected
    )
    sandbox.put("Bill", bill)
    settle(sandbox)
    history.run()
    assert history.rows["bills"][bill["Id"]]["CorrectedBillId"] == corrected


@entities
def test_only_the_chosen_property_is_asked_for(sandbox: Sandbox, stream: str) -> None:
    first = sandbox.enterprise_ids[:1]
    chains = {"chain_ids": sandbox.chain_ids}
    settings = chains if stream in {"customers", "companies"} else {}
    settle(sandbox)
    chosen: Json = settings or {"enterprise_ids": first}
    config = {"extraction": "pages", "start_date": BEFORE_ALL, **chosen}
    result = sync(sandbox, stream, **config).ok()
    name, ids = next(iter(chosen.items()))
    key = {"chain_ids": "ChainIds", "enterprise_ids": "EnterpriseIds"}[name]
    for request in sandbox.journal.requests(OPERATIONS[stream]):
        assert request.body[key] == ids
    of = None if settings else first
    assert records_by_id(stream, result) == exact_truth(sandbox, stream, of)


def test_the_chains_are_found_for_a_portfolio_token(sandbox: Sandbox) -> None:
    sync(sandbox, "customers", extraction="pages").ok()
    for request in sandbox.journal.requests("customers/getAll"):
        assert request.body["ChainIds"] == sandbox.chain_ids


@entities
def test_the_token_of_one_property_that_may_not_list_it_will_do(
    sandbox: Sandbox, stream: str
) -> None:
    settle(sandbox)
    (first, *_) = sandbox.enterprise_ids
    token = sandbox.access.single_property(first)
    sandbox.access.revoke("enterprises/getAll")
    config = {"extraction": "pages", "start_date": "2025-12-01", "access_token": token}
    result = sync(sandbox, stream, **config).ok()
    rows = {each["Id"] for each in sandbox.rows(ENTITIES[stream], token=token)}
    assert set(records_by_id(stream, result)) == rows


@pytest.mark.parametrize("stream", ["bills", "companies"])
def test_who_joins_comes_with_all_history(sandbox: Sandbox, stream: str) -> None:
    settle(sandbox)
    history = History(sandbox, (stream,), {"extraction": "pages"})
    history.run()
    sandbox.add_property(new_chain=True)
    settle(sandbox)
    history.run()
    assert history.missing() == {}
    assert not history.bookmark(stream)["joining"]


def posting_dates(sandbox: Sandbox) -> list[tuple[date, date]]:
    """The different posting dates that pages were asked for, in order of time."""
    found = [
        each.body["PostingDate"] for each in sandbox.journal.requests(LEDGER_PAGES)
    ]
    days = {(each["Start"], each["End"]) for each in found}
    return [
        (date.fromisoformat(start), date.fromisoformat(end))
        for start, end in sorted(days)
    ]


def test_the_ledger_comes_by_pages_as_it_is(sandbox: Sandbox) -> None:
    settings = {"extraction": "pages", "page_size": 30}
    result = sync(sandbox, LEDGER, **settings).ok()
    assert records_by_id(LEDGER, result) == exact_truth(sandbox, LEDGER)
    assert added(sandbox) == []


def test_windows_of_the_ledger_share_no_day_and_leave_none_out(
    sandbox: Sandbox,
) -> None:
    sync(sandbox, LEDGER, extraction="pages", start_date="2025-11-30").ok()
    found = posting_dates(sandbox)
    assert found[0][0] == date(2025, 11, 30)
    assert len(found) > 3
    for (start, end), (following, _) in pairwise(found):
        assert end - start < timedelta(days=31)
        assert following - end == timedelta(days=1)


def test_pages_leave_the_bookmark_of_the_ledger_that_exports_leave(
    sandbox: Sandbox,
) -> None:
    by_way = {
        way: sync(sandbox, LEDGER, extraction=way, start_date=BEFORE_ALL).ok()
        for way in BOTH_WAYS
    }
    assert by_way["pages"].bookmark(LEDGER) == by_way["exports"].bookmark(LEDGER)


def test_what_is_posted_later_today_comes_by_pages_with_the_next_sync(
    sandbox: Sandbox,
) -> None:
    settings = {"ledger_lookback_days": 0, "start_date": BEFORE_ALL}
    history = History(sandbox, (LEDGER,), {**settings, "extraction": "pages"})
    history.run()
    late = sandbox.new_row("LedgerEntry", PostingDate="2026-03-01")
    sandbox.put("LedgerEntry", late)
    history.run()
    assert late["Id"] in history.rows[LEDGER]


def test_a_short_time_of_the_ledger_comes_by_pages(sandbox: Sandbox) -> None:
    let_edit(sandbox, days=2)
    history = History(sandbox, (LEDGER,), {"ledger_lookback_days": 2})
    history.run()
    assert posting_dates(sandbox) == []
    exports = len(added(sandbox))
    sandbox.live_on(timedelta(days=2))
    history.run()
    assert posting_dates(sandbox) == [(date(2026, 2, 26), date(2026, 3, 4))]
    assert len(added(sandbox)) == exports
    assert history.missing() == {}


@no_ledger
def test_exports_serve_where_the_ledger_has_no_pages(
    sandbox: Sandbox, status: int
) -> None:
    sandbox.access.revoke(LEDGER_PAGES, status)
    result = sync(sandbox, LEDGER, start_date="2026-02-26").ok()
    assert len(sandbox.journal.requests(LEDGER_PAGES)) == 1
    assert len(added(sandbox, "LedgerEntry")) == 1
    assert result.records[LEDGER]


@no_ledger
def test_a_ledger_without_pages_is_skipped_with_one_warning(
    sandbox: Sandbox, status: int
) -> None:
    sandbox.access.revoke(LEDGER_PAGES, status)
    result = sync(sandbox, "bills", LEDGER, extraction="pages").ok()
    (line,) = (each for each in result.logs if each.startswith("WARNING"))
    assert f"{LEDGER_PAGES}: HTTP {status}" in line
    assert "ledger_entries can be read through data exports only" in line
    assert result.records["bills"]
    schemas = {m["stream"] for m in result.messages if m["type"] == "SCHEMA"}
    assert schemas == {"bills"}


@no_ledger
def test_a_ledger_without_pages_that_is_alone_is_an_error(
    sandbox: Sandbox, status: int
) -> None:
    sandbox.access.revoke(LEDGER_PAGES, status)
    result = sync(sandbox, LEDGER, extraction="pages")
    assert isinstance(result.error, InvalidSettingsError)
    assert "set extraction to `auto` or `exports`" in str(result.error)


def test_an_export_of_an_earlier_run_is_forgotten_by_pages(sandbox: Sandbox) -> None:
    sandbox.exports.force_status["Bill"] = "Processing"
    settings = {"extraction": "exports", "export_timeout_minutes": 1}
    history = History(sandbox, ("bills",), {"start_date": "2026-02-01"})
    history.failing(**settings)
    assert history.bookmark("bills")["exports"]
    history.run(extraction="pages")
    assert not history.bookmark("bills")["exports"]

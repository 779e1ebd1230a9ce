"""The way each span is read: chosen by itself, changed when Mews makes it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox.faults import Status
from tap_mews.errors import TooHeavyError
from tests.export_harness import ENTITIES, added, spans
from tests.export_harness import truth as exact_truth
from tests.harness import FastClock, Result, moment, records_by_id, select, sync
from tests.pages_harness import BEFORE_ALL, History, Where, interval, make_old, settle

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.harness import Json

BILLS = "bills/getAll"
HEAVY = Status(408, "Transaction has timed out.")


def auto(
    sandbox: Sandbox, *streams: str, state: Json | None = None, **settings: object
) -> Result:
    """A run with the default, as users have it."""
    return sync(
        sandbox.config(**settings),
        state,
        select(*streams),
        FastClock(sandbox),
    )


def warnings(result: Result) -> list[str]:
    return [each for each in result.logs if each.startswith("WARNING")]


def pages(sandbox: Sandbox) -> list[Json]:
    """The requests for pages of bills."""
    return [each.body for each in sandbox.journal.requests(BILLS)]


def test_a_first_sync_takes_an_export(sandbox: Sandbox) -> None:
    auto(sandbox, "bills").ok()
    assert len(added(sandbox, "Bill")) == 1
    assert pages(sandbox) == []


def state_at(bookmark: str) -> Json:
    return {"bookmarks": {"bills": {"replication_key_value": bookmark}}}


@pytest.mark.parametrize(
    ("bookmark", "end", "way"),
    [
        ("2026-02-20T00:00:00Z", "2026-02-27T00:00:00Z", "pages"),
        ("2026-02-20T00:00:00Z", "2026-02-27T00:00:01Z", "exports"),
        ("2026-02-26T23:00:00Z", "2026-02-27T00:00:00Z", "pages"),
    ],
)
def test_what_is_longer_than_a_week_takes_an_export(
    sandbox: Sandbox, bookmark: str, end: str, way: str
) -> None:
    auto(sandbox, "bills", state=state_at(bookmark), end_date=end).ok()
    assert bool(added(sandbox)) == (way == "exports")
    assert bool(pages(sandbox)) == (way == "pages")


@pytest.mark.parametrize("words", ["through exports", "page by page"])
def test_the_choice_is_logged_once_for_each_stream(
    sandbox: Sandbox, words: str
) -> None:
    settle(sandbox)
    start = "2026-02-25" if words == "page by page" else "2025-12-01"
    result = auto(sandbox, "bills", "payments", start_date=start).ok()
    for stream in ("bills", "payments"):
        told = (each for each in result.logs if f"{stream}: reading" in each)
        (line,) = (each for each in told if each.endswith(words))
        # a short time by pages is what most runs read of most streams
        level = "DEBUG" if words == "page by page" else "INFO"
        assert line.startswith(level)


def test_who_joins_takes_an_export_beside_the_pages_of_the_others(
    sandbox: Sandbox,
) -> None:
    settle(sandbox)
    history = History(sandbox, ("bills",))
    history.run()
    sandbox.journal.clear()
    late = sandbox.add_property()
    settle(sandbox)
    history.run()
    (body,) = added(sandbox, "Bill")
    assert body["Scope"] == {"EnterpriseIds": [late]}
    assert pages(sandbox)
    assert history.missing() == {}
    assert not history.bookmark("bills")["joining"]


@pytest.mark.parametrize("status", [401, 403])
def test_pages_serve_where_exports_are_refused(sandbox: Sandbox, status: int) -> None:
    settle(sandbox)
    sandbox.access.revoke("exports/add", status)
    result = auto(sandbox, *ENTITIES, start_date=BEFORE_ALL).ok()
    for stream in ENTITIES:
        assert records_by_id(stream, result) == exact_truth(sandbox, stream)
    (line,) = warnings(result)
    assert f"exports/add: HTTP {status}" in line
    assert "reading page by page instead" in line


def test_exports_serve_where_pages_are_refused(sandbox: Sandbox) -> None:
    settle(sandbox)
    sandbox.access.revoke(BILLS)
    result = auto(sandbox, "bills", start_date="2026-02-27").ok()
    assert len(added(sandbox, "Bill")) == 1
    assert result.records["bills"]


def test_exports_serve_where_a_page_of_one_row_is_too_heavy(sandbox: Sandbox) -> None:
    settle(sandbox)
    sandbox.faults.add(BILLS, HEAVY, times=None)
    result = auto(sandbox, "bills", start_date="2026-02-27").ok()
    assert any("reading through exports instead" in each for each in warnings(result))
    ((start, _),) = spans(sandbox)
    assert start.isoformat() == "2026-02-27T00:00:00+00:00"
    assert result.bookmark("bills")["replication_key_value"] > "2026-03-01"


def test_only_what_pages_have_not_brought_is_exported(sandbox: Sandbox) -> None:
    settle(sandbox)
    state = state_at("2026-02-24T12:00:00Z")
    later = Where(sandbox, lambda each: interval(each)[1] > moment("2026-02-28"), HEAVY)
    sandbox.faults.add(BILLS, later, times=None)
    first = sync(
        sandbox.config(end_date="2026-02-26"),
        state,
        select("bills"),
        FastClock(sandbox),
    ).ok()
    second = sync(
        sandbox.config(), first.state, select("bills"), FastClock(sandbox)
    ).ok()
    ((start, _),) = spans(sandbox)
    assert start.isoformat() == "2026-02-25T23:55:00+00:00"
    both = records_by_id("bills", first, second)
    due = {
        key: row
        for key, row in exact_truth(sandbox, "bills").items()
        if row["UpdatedUtc"] >= "2026-02-24T12:00:00Z"
    }
    assert due.items() <= both.items()


def test_a_row_of_a_page_that_went_before_comes_again(sandbox: Sandbox) -> None:
    settle(sandbox)
    # the first page comes; the next ones never do
    beyond = Where(sandbox, lambda each: bool(each.body["Limitation"]["Cursor"]), HEAVY)
    sandbox.faults.add(BILLS, beyond, times=None)
    config = sandbox.config(start_date="2026-02-24", page_size=2)
    result = sync(config, None, select("bills"), FastClock(sandbox)).ok()
    ids = [row["Id"] for row in result.records["bills"]]
    due = {
        key
        for key, row in exact_truth(sandbox, "bills").items()
        if row["UpdatedUtc"] >= "2026-02-24"
    }
    assert set(ids) >= due
    assert len(ids) > len(set(ids))


def test_a_page_of_one_row_that_is_too_heavy_ends_the_run_without_exports(
    sandbox: Sandbox,
) -> None:
    sandbox.access.revoke("exports/add")
    sandbox.faults.add(BILLS, HEAVY, times=None)
    result = auto(sandbox, "bills", start_date="2026-02-27")
    assert isinstance(result.error, TooHeavyError)


def test_an_export_of_an_earlier_run_is_gone_on_with(sandbox: Sandbox) -> None:
    settle(sandbox)
    sandbox.exports.force_status["Bill"] = "Processing"
    config = {"start_date": "2026-02-27", "export_timeout_minutes": 1}
    history = History(sandbox, ("bills",), config)
    history.failing(extraction="exports")
    sandbox.exports.force_status.clear()
    result = history.run(extraction="auto")
    assert "resuming export" in result.log
    assert pages(sandbox) == []
    assert history.rows["bills"]


@pytest.mark.parametrize("first", ["exports", "pages"])
def test_a_history_can_change_its_way_at_any_window(
    sandbox: Sandbox, first: str
) -> None:
    settle(sandbox)
    ways = ["exports", "pages"] if first == "exports" else ["pages", "exports"]
    streams = ("bills", "customers", "order_items", "reservations")
    settings = {"export_window_days": 10, "start_date": BEFORE_ALL}
    history = History(sandbox, streams, settings)
    history.run(extraction=ways[0], end_date="2026-02-10")
    for number in range(4):
        sandbox.live_on(timedelta(hours=7))
        settle(sandbox)
        history.run(extraction=ways[number % 2])
    assert history.missing() == {}


def test_a_window_that_fails_by_pages_can_be_read_through_exports(
    sandbox: Sandbox,
) -> None:
    settle(sandbox)
    make_old(sandbox)
    history = History(sandbox, ("bills",), {"start_date": "2026-01-10"})
    second = Where(
        sandbox, lambda each: interval(each)[0] > moment("2026-02-01"), HEAVY
    )
    sandbox.faults.add(BILLS, second, times=None)
    history.failing(extraction="pages")
    assert history.bookmark("bills")["replication_key_value"] == "2026-02-10T00:00:00Z"
    history.run(extraction="exports")
    due = {
        key: row
        for key, row in exact_truth(sandbox, "bills").items()
        if row["UpdatedUtc"] >= "2026-01-10"
    }
    assert history.rows["bills"] == due

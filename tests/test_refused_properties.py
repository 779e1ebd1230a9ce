"""Mews refuses one of the properties of a token, and only if it is asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from sandbox.faults import Status
from tap_mews.timestamps import format_moment
from tests.harness import moment
from tests.pages_harness import (
    BEFORE_ALL,
    COMPANIONSHIPS,
    LOOKBACK,
    History,
    Where,
    interval,
    settle,
    settled_hotels,
    truth,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sandbox.journal import Request

SETTINGS = {"start_date": BEFORE_ALL, "reference_start_date": BEFORE_ALL}

BY_PROPERTY = {
    "bills": "bills/getAll",
    "rates": "rates/getAll",
    "source_assignments": "sourceAssignments/getAll/2024-09-20",
    "companionships": "reservations/getAll/2023-06-06",
}


@pytest.fixture
def portfolio() -> Iterator[Sandbox]:
    """Three hotels of one token."""
    with settled_hotels(3, reservations_per_day=0.5) as sandbox:
        yield sandbox


def refuse(sandbox: Sandbox, operation: str, status: int) -> str:
    """Refuse whatever names the second hotel, or all of them; gives its identifier."""
    second = sandbox.enterprise_ids[1]
    own = {row["Id"] for row in sandbox.rows("Service", [second])} | {second}

    def is_asked_for(request: Request) -> bool:
        names = request.body.get("EnterpriseIds") or request.body.get("ServiceIds")
        return names is None or not own.isdisjoint(names)

    only = Where(sandbox, is_asked_for, Status(status))
    sandbox.faults.add(operation, only, times=None)
    return second


@pytest.mark.parametrize("stream", BY_PROPERTY)
def test_the_other_properties_are_read_and_it_comes_when_it_is_allowed(
    portfolio: Sandbox, stream: str
) -> None:
    second = refuse(portfolio, BY_PROPERTY[stream], 401)
    history = History(portfolio, (stream,), SETTINGS)
    for days in (2, 1):
        result = history.failing(extraction="pages")
        (hotel,) = portfolio.rows("Enterprise", [second])
        named = f"Not read: {hotel['Name']} ({stream}); the rest"
        assert stream == "rates" or str(result.error).startswith(named)
        others = [key for key in portfolio.enterprise_ids if key != second]
        expected = truth(portfolio, stream, others)
        assert {key: history.rows[stream].get(key) for key in expected} == expected
        portfolio.live_on(timedelta(days=days))
        settle(portfolio)
    portfolio.faults.clear()
    history.run(extraction="pages")
    assert history.missing() == {}


@pytest.mark.parametrize("rule", ["warn", "fail_at_end"])
@pytest.mark.parametrize("days", [0, 30], ids=["at once", "later"])
@pytest.mark.parametrize("stream", ["bills", "source_assignments"])
def test_properties_that_are_refused_one_after_the_other_come_from_where_they_were(
    portfolio: Sandbox, stream: str, rule: str, days: int
) -> None:
    """The second one when the bookmark has moved, and the first one maybe too."""
    first, second, third = portfolio.enterprise_ids
    history = History(portfolio, (stream,), SETTINGS)
    what = {"extraction": "pages", "on_property_failure": rule}
    history.run(**what)
    before = moment(history.bookmark(stream)["replication_key_value"])
    portfolio.live_on(timedelta(days=90))
    settle(portfolio)
    since = {
        second: before + timedelta(days=days) - LOOKBACK,
        third: before + timedelta(days=60),
    }

    def is_refused(request: Request) -> bool:
        named = request.body.get("EnterpriseIds") or portfolio.enterprise_ids
        begin, _ = interval(request)
        refused = {key for key in since if key in named and begin >= since[key]}
        for key in refused:
            unread[key] = min(begin, unread.get(key, begin))
        return bool(refused)

    unread: dict[str, datetime] = {}
    only = Where(portfolio, is_refused, Status(403))
    portfolio.faults.add(BY_PROPERTY[stream], only, times=None)
    result = history.attempt(**what)
    assert (result.error is None) is (rule == "warn")
    state = history.bookmark(stream)
    assert state["covers"] == [first]
    stands = {
        key: moment(group["replication_key_value"])
        for group in state["joining"]
        for key in group["ids"]
    }
    assert stands.keys() == {second, third}
    assert before <= stands[second] <= unread[second] + LOOKBACK
    assert stands[second] < stands[third] <= unread[third] + LOOKBACK
    portfolio.faults.clear()
    history.run(**what)
    assert history.missing() == {}
    assert history.bookmark(stream)["joining"] == []


@pytest.mark.parametrize("start", ["2025-06-01", "2026-02-10"])
def test_children_that_are_refused_are_asked_for_apart_whenever_they_come(
    portfolio: Sandbox, start: str
) -> None:
    """The first windows of a long history have no parents, so nothing is refused."""
    second = portfolio.enterprise_ids[1]

    def is_asked_for(request: Request) -> bool:
        groups = {row["GroupId"] for row in portfolio.rows("Reservation", [second])}
        return not groups.isdisjoint(request.body["ReservationGroupIds"])

    only = Where(portfolio, is_asked_for, Status(401))
    portfolio.faults.add(COMPANIONSHIPS, only, times=None)
    history = History(
        portfolio, ("companionships", "sources"), {**SETTINGS, "start_date": start}
    )
    for days in (2, 1):
        result = history.failing()
        assert "(companionships); the rest was" in str(result.error)
        own = truth(portfolio, "companionships", [second]).keys()
        assert history.missing() == {"companionships": own}
        portfolio.live_on(timedelta(days=days))
        settle(portfolio)
    portfolio.faults.clear()
    history.run()
    assert history.missing() == {}


UNDER_PARENTS = (
    "services",
    "rates",
    "product_service_orders",
    "service_order_notes",
    "resource_categories",
    "resource_category_assignments",
    "vouchers",
    "voucher_codes",
    "bills",
)


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("days", [0, 2], ids=["at first", "later"])
@pytest.mark.parametrize(
    "operation",
    [
        "services/getAll",
        "productServiceOrders/getAll",
        "resourceCategories/getAll",
        "vouchers/getAll",
    ],
)
def test_children_of_the_others_come_where_a_list_of_parents_refuses_one(
    portfolio: Sandbox, operation: str, days: int, status: int
) -> None:
    _, second, _ = portfolio.enterprise_ids
    (hotel,) = portfolio.rows("Enterprise", [second])
    others = [key for key in portfolio.enterprise_ids if key != second]
    settings = {**SETTINGS, "sensitive_streams": True}
    history = History(portfolio, UNDER_PARENTS, settings)
    if days:
        history.run()
        portfolio.live_on(timedelta(days=days))
        settle(portfolio)
    portfolio.access.revoke(operation, status, [second])
    for _ in range(2):
        error = str(history.failing().error)
        assert error.startswith(f"Not read: {hotel['Name']} (")
        assert error.endswith("; the rest was delivered, the next run tries again")
        for stream in UNDER_PARENTS:
            expected = truth(portfolio, stream, others)
            read = history.rows[stream]
            assert {key: read.get(key) for key in expected} == expected
        for entity in ("Rate", "ResourceCategoryAssignment", "VoucherCode"):
            change(portfolio, entity, second)
        settle(portfolio)
    portfolio.access.allow(operation)
    history.run()
    assert history.missing() == {}


def change(sandbox: Sandbox, entity: str, hotel: str) -> None:
    """Change a row of a hotel now."""
    row, *_ = sandbox.rows(entity, [hotel])
    now = format_moment(sandbox.clock.now())
    sandbox.put(entity, {**row, "UpdatedUtc": now})


def test_a_run_that_is_to_stop_skips_no_stream_that_one_property_refuses(
    portfolio: Sandbox,
) -> None:
    """Though it would be skipped if all of them did."""
    _, second, _ = portfolio.enterprise_ids
    portfolio.access.revoke("services/getAll", 401, [second])
    history = History(portfolio, ("rates", "bills"), SETTINGS)
    error = str(history.failing(on_property_failure="stop").error)
    (hotel,) = portfolio.rows("Enterprise", [second])
    assert error.startswith(f"rates: {hotel['Name']}: services/getAll: HTTP 401")
    assert history.rows["bills"] == {}


def test_a_list_that_is_refused_for_each_property_is_asked_for_and_told_once(
    portfolio: Sandbox,
) -> None:
    streams = ("age_categories", "products", "rate_groups", "rates", "restrictions")
    history = History(portfolio, (*streams, "services", "bills"), SETTINGS)
    history.run()
    portfolio.access.revoke("services/getAll")
    portfolio.journal.clear()
    error = str(history.failing().error)
    named, _, rest = error.partition(": ")
    assert named.endswith(" and 1 more")
    assert rest.startswith("services/getAll: HTTP 401")
    assert error.count("RequestId") == 1
    # whole, in halves, and halves of these
    assert len(portfolio.journal.requests("services/getAll")) == 5


def test_of_many_properties_a_few_show_that_an_operation_is_not_enabled() -> None:
    with Sandbox(properties=65, days=2, reservations_per_day=0.5) as portfolio:
        portfolio.limits.requests = 1_000_000
        settle(portfolio)
        portfolio.access.revoke("services/getAll")
        history = History(portfolio, ("services",), SETTINGS)
        assert "services/getAll: HTTP 401" in str(history.failing().error)
        assert len(portfolio.journal.requests("services/getAll")) < 2 * 32


def test_what_is_refused_to_exports_and_as_a_whole_is_read_in_parts(
    portfolio: Sandbox,
) -> None:
    second = refuse(portfolio, "bills/getAll", 403)
    portfolio.faults.add("exports/add", Status(401), times=None)
    history = History(portfolio, ("bills", "services"), SETTINGS)
    history.failing(extraction="auto")
    assert {row["EnterpriseId"] for row in history.rows["bills"].values()} == {
        *portfolio.enterprise_ids
    } - {second}


def test_the_one_of_many_that_is_refused_is_found_in_parts_of_parts() -> None:
    with Sandbox(properties=65, days=2, reservations_per_day=0.5) as portfolio:
        portfolio.limits.requests = 1_000_000
        settle(portfolio)
        second = refuse(portfolio, "bills/getAll", 401)
        history = History(portfolio, ("bills",), SETTINGS)
        yesterday = portfolio.clock.now() - timedelta(days=1)
        result = history.failing(
            extraction="pages", start_date=format_moment(yesterday)
        )
        lines = result.log.splitlines()
        told = [each for each in lines if "; asking for fewer" in each]
        assert told
        assert all(each.endswith("identifiers at a time") for each in told)
        refused = [
            len(request.body.get("EnterpriseIds") or portfolio.enterprise_ids)
            for request in portfolio.journal.requests("bills/getAll")
            if request.status == 401
        ]
        assert refused == [65, 9, 2, 1]
        assert history.bookmark("bills")["joining"] == [{"ids": [second]}]
        assert history.bookmark("bills")["left"] == []
        assert len(history.bookmark("bills")["covers"]) == 64


def test_what_is_refused_in_each_part_is_refused(portfolio: Sandbox) -> None:
    portfolio.faults.add("bills/getAll", Status(401), times=None)
    history = History(portfolio, ("bills", "services"), SETTINGS)
    result = history.failing(extraction="pages")
    assert str(result.error).startswith("bills: bills/getAll: HTTP 401")
    assert len(portfolio.journal.requests("bills/getAll")) == 4


def test_exports_that_are_refused_when_they_are_looked_at_become_pages(
    portfolio: Sandbox,
) -> None:
    portfolio.faults.add("exports/getAll", Status(401), times=None)
    history = History(portfolio, ("bills",), SETTINGS)
    result = history.run(extraction="auto")
    assert "asking page by page" in result.log
    assert history.missing() == {}
    portfolio.faults.clear()
    portfolio.live_on(timedelta(days=2))
    settle(portfolio)
    history.run(extraction="auto")
    assert history.missing() == {}

"""Trouble of one property ends its reading, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from sandbox.faults import FILES, Status
from tap_mews.errors import PropertyFailureError, RefusedError, UnauthorizedError
from tests.export_harness import never_ready
from tests.harness import Json, dry_run, moment
from tests.pages_harness import (
    ASSIGNMENTS,
    BEFORE_ALL,
    ENTERPRISES,
    History,
    Spoiled,
    Where,
    interval,
    settle,
    truth,
)

if TYPE_CHECKING:
    from sandbox.answers import Reply
    from sandbox.faults import Call
    from sandbox.journal import Request

BILLS, SERVICES = "bills/getAll", "services/getAll"


METHODS = pytest.mark.parametrize(
    ("extraction", "operation"),
    [("exports", "exports/add"), ("exports", "exports/getAll"), ("pages", BILLS)],
)


def hotel_of(group: Sandbox, name: str, tokens: dict[str, str]) -> str:
    """The property of a token."""
    return group.enterprise_ids[[*tokens].index(name)]


def break_for(group: Sandbox, operation: str, token: str, status: int = 403) -> None:
    """Refuse an operation to one token from now on."""
    name = group.access.find(token).name
    only = Where(group, lambda request: request.grant == name, Status(status))
    group.faults.add(operation, only, times=None)


def test_a_token_that_opens_nothing_is_named_and_the_others_are_read(
    group: Sandbox, history: History, tokens: dict[str, str]
) -> None:
    group.access.withdraw(tokens["East"])
    result = history.failing()
    assert isinstance(result.error, PropertyFailureError)
    assert str(result.error).startswith("Not read: East (all streams); the rest was")
    assert result.log.count("East") == 1
    east = hotel_of(group, "East", tokens)
    others = [key for key in group.enterprise_ids if key != east]
    assert {row["EnterpriseId"] for row in history.rows["bills"].values()} == {*others}
    del tokens["East"]
    tokens["East, renewed"] = group.access.single_property(east)
    history.run()
    assert history.missing() == {}


@METHODS
def test_a_property_that_is_refused_stays_behind_and_comes_later(
    group: Sandbox,
    history: History,
    tokens: dict[str, str],
    extraction: str,
    operation: str,
) -> None:
    history.streams = ("bills", "source_assignments")
    history.run(extraction=extraction)
    before = history.bookmark("bills")["replication_key_value"]
    group.live_on(timedelta(days=2))
    settle(group)
    break_for(group, operation, tokens["South"])
    result = history.failing(extraction=extraction)
    assert str(result.error).startswith("Not read: South (bills); the rest")
    south = hotel_of(group, "South", tokens)
    state = history.bookmark("bills")
    assert state["joining"] == [{"ids": [south], "replication_key_value": before}]
    assert state["replication_key_value"] > before
    assert history.missing().keys() == {"bills"}
    group.live_on(timedelta(days=1))
    settle(group)
    history.failing(extraction=extraction)
    group.faults.clear()
    group.journal.clear()
    history.run(extraction=extraction)
    assert history.missing() == {}
    assert history.bookmark("bills")["joining"] == []
    if extraction == "pages":
        asked = group.journal.requests(BILLS)
        first = min(interval(each)[0] for each in asked)
        assert first == moment(before) - timedelta(minutes=5)


@pytest.mark.parametrize("extraction", ["pages", "auto"])
def test_a_property_whose_pages_are_too_heavy_stays_behind_and_comes_later(
    group: Sandbox, history: History, tokens: dict[str, str], extraction: str
) -> None:
    """Where exports cannot bring them."""
    history.streams = ("bills", "sources", "source_assignments")
    group.faults.add("exports/add", Status(401), times=None)
    for operation in (BILLS, ASSIGNMENTS):
        break_for(group, operation, tokens["South"], 408)
    result = history.failing(extraction=extraction)
    told = "Not read: South (bills, source_assignments); the rest"
    assert str(result.error).startswith(told)
    south = hotel_of(group, "South", tokens)
    assert history.bookmark("bills")["joining"] == [{"ids": [south]}]
    others = [key for key in group.enterprise_ids if key != south]
    assert truth(group, "bills", others).keys() == history.rows["bills"].keys()
    group.faults.clear()
    history.run(extraction=extraction)
    assert history.missing() == {}


@METHODS
def test_a_property_that_is_refused_at_first_gets_its_history_later(
    group: Sandbox,
    history: History,
    tokens: dict[str, str],
    extraction: str,
    operation: str,
) -> None:
    history.streams = ("bills", "customers")
    break_for(group, operation, tokens["North"])
    history.failing(extraction=extraction)
    assert history.missing() != {}
    group.faults.clear()
    history.run(extraction=extraction)
    assert history.missing() == {}


@METHODS
def test_a_chain_that_one_token_may_not_read_is_read_by_the_others(
    extraction: str, operation: str
) -> None:
    """Also where there is no other chain."""
    with Sandbox(properties=2, days=10, reservations_per_day=0.5) as group:
        settle(group)
        tokens = {
            name: group.access.single_property(hotel)
            for name, hotel in zip(("North", "East"), group.enterprise_ids, strict=True)
        }
        operation = operation.replace("bills", "customers")
        break_for(group, operation, tokens["North"])
        dates = {"start_date": BEFORE_ALL, "reference_start_date": BEFORE_ALL}
        settings = {"access_token": None, "access_tokens": tokens, **dates}
        history = History(group, ("bills", "customers"), settings)
        result = history.failing(extraction=extraction)
        assert isinstance(result.error, PropertyFailureError)
        assert "East" not in str(result.error)
        assert "customers" not in history.missing()


def test_files_that_do_not_come_are_told_with_the_stream_once(
    group: Sandbox, history: History
) -> None:
    history.streams = ("bills",)
    group.faults.add(FILES, Status(405), times=1)
    lines = history.failing(extraction="exports").log.splitlines()
    (told,) = [each for each in lines if "skipped in this run" in each]
    assert told.count("bills: ") == 1


@pytest.mark.parametrize("extraction", ["exports", "pages"])
def test_a_chain_waits_for_a_token_that_cannot_be_used_for_a_run(
    group: Sandbox, history: History, tokens: dict[str, str], extraction: str
) -> None:
    """The other token of the chain need not see the same guests."""
    history.streams = ("customers",)
    history.run(extraction=extraction)
    before = history.bookmark("customers")["replication_key_value"]
    group.live_on(timedelta(days=1))
    settle(group)
    break_for(group, ENTERPRISES, tokens["North"], 500)
    history.failing(extraction=extraction)
    group.faults.clear()
    group.journal.clear()
    history.run(extraction=extraction)
    assert history.bookmark("customers")["joining"] == []
    if extraction == "pages":
        north = group.access.find(tokens["North"]).name
        asked = group.journal.requests("customers/getAll")
        first = min(interval(each)[0] for each in asked if each.grant == north)
        assert first == moment(before) - timedelta(minutes=5)


def test_what_is_under_the_parents_of_a_chain_waits_for_an_unusable_token_too(
    group: Sandbox, history: History, tokens: dict[str, str]
) -> None:
    history.streams = ("loyalty_tiers",)
    history.run()
    before = history.bookmark("loyalty_tiers")
    group.live_on(timedelta(days=1))
    settle(group)
    break_for(group, ENTERPRISES, tokens["North"], 500)
    history.failing()
    assert history.bookmark("loyalty_tiers") == before
    group.faults.clear()
    history.run()
    assert history.bookmark("loyalty_tiers") != before


def test_chains_wait_for_an_unusable_token_also_where_another_one_is_refused_later(
    group: Sandbox, history: History
) -> None:
    """The run reads the chains one by one then, as far as the other token sees them."""
    north, east, south, _ = group.enterprise_ids
    both = group.access.grant([north, east], name="Both")
    alone = group.access.grant([south], portfolio=False, name="South")
    history.settings["access_tokens"] = {"Both": both, "South": alone}
    history.streams = ("customers",)
    what = {"extraction": "pages", "page_size": 2}
    history.run(**what)
    before = history.bookmark("customers")["replication_key_value"]
    group.live_on(timedelta(days=4))
    settle(group)
    unseen = {*sorted(history.missing()["customers"])[::2]}
    known = next(iter(history.rows["customers"].values()))

    def hide(body: Json) -> None:
        # a page with fewer rows would be the last one
        rows = body["Customers"]
        rows[:] = [known if each["Id"] in unseen else each for each in rows]

    def is_refused(request: Request) -> bool:
        is_later = bool(request.body["Limitation"]["Cursor"])
        return is_later and len(request.body["ChainIds"]) == len(group.chain_ids)

    def answer(call: Call) -> Reply:
        reply = Where(group, is_refused, Status(403))(call)
        return reply if reply.status == 403 else Spoiled(hide)(call)

    break_for(group, ENTERPRISES, alone, 500)
    only = Where(group, lambda request: request.grant == "Both", answer)
    group.faults.add("customers/getAll", only, times=None)
    result = history.failing(**what)
    assert "asking page by page for fewer identifiers" in result.log
    assert history.missing() == {"customers": unseen}
    group.faults.clear()
    group.journal.clear()
    history.run(**what)
    assert history.missing() == {}
    asked = group.journal.requests("customers/getAll")
    first = min(interval(each)[0] for each in asked if each.grant == "South")
    assert first == moment(before) - timedelta(minutes=5)


def test_exports_of_a_chain_are_resumed_by_the_tokens_that_asked_for_them() -> None:
    with Sandbox(properties=2, days=10, reservations_per_day=0.5) as group:
        settle(group)
        tokens = [group.access.single_property(hotel) for hotel in group.enterprise_ids]
        settings = {
            "access_token": None,
            "access_tokens": tokens,
            "extraction": "exports",
        }
        history = History(group, ("customers",), settings)
        group.exports.force_status["Customer"] = "Processing"
        history.failing(export_timeout_minutes=1)
        group.exports.force_status.clear()
        result = history.run()
        assert result.log.count("customers: resuming export") == 2
        assert "no longer usable" not in result.log
        assert history.missing() == {}


def test_a_token_that_is_withdrawn_in_the_middle_loses_no_row(
    group: Sandbox, history: History, tokens: dict[str, str]
) -> None:
    name = group.access.find(tokens["West"]).name
    asked = []

    def counted(request: object) -> bool:
        if getattr(request, "grant", None) != name:
            return False
        asked.append(request)
        return len(asked) > 2

    group.faults.add(BILLS, Where(group, counted, Status(401)), times=None)
    history.streams = ("bills", "services")
    history.failing(extraction="pages", page_size=1)
    group.faults.clear()
    history.run(extraction="pages")
    assert history.missing() == {}


def test_a_list_that_one_token_may_not_have_costs_its_property_alone(
    group: Sandbox, history: History, tokens: dict[str, str]
) -> None:
    history.run()
    break_for(group, SERVICES, tokens["North"])
    group.live_on(timedelta(days=2))
    settle(group)
    result = history.failing()
    assert "North (rates, services)" in str(result.error)
    group.faults.clear()
    history.run()
    assert history.missing() == {}


def test_what_belongs_to_parents_of_two_kinds_waits_for_both_lists(
    group: Sandbox, history: History, tokens: dict[str, str]
) -> None:
    history.streams = ("service_order_notes",)
    history.settings |= {"sensitive_streams": True}
    break_for(group, SERVICES, tokens["East"])
    assert str(history.failing().error).startswith(
        "Not read: East (service_order_notes); the rest"
    )
    group.faults.clear()
    history.run()
    assert history.missing() == {}


@pytest.mark.parametrize("stream", ["resource_category_assignments", "voucher_codes"])
def test_what_is_two_lists_below_the_properties_is_told_as_missing(
    group: Sandbox, history: History, tokens: dict[str, str], stream: str
) -> None:
    history.streams = (stream,)
    break_for(group, SERVICES, tokens["East"])
    error = str(history.failing().error)
    assert error.startswith(f"Not read: East ({stream}); the rest")


def test_a_refused_list_that_several_streams_need_is_told_once_with_their_names(
    group: Sandbox, history: History
) -> None:
    streams = ("age_categories", "products", "rate_groups", "rates")
    history.streams = (*streams, "bills")
    group.access.revoke(SERVICES)
    lines = history.run().log.splitlines()
    (told,) = [each for each in lines if "skipping unauthorized streams" in each]
    assert f" {', '.join(streams)}: {SERVICES}: HTTP 401" in told
    assert told.count(SERVICES) == 1


@pytest.mark.parametrize("rule", ["fail_at_end", "warn", "stop"])
def test_the_setting_says_how_the_run_ends(
    group: Sandbox, history: History, tokens: dict[str, str], rule: str
) -> None:
    history.streams = ("bills", "source_assignments")
    break_for(group, BILLS, tokens["North"])
    result = history.attempt(extraction="pages", on_property_failure=rule)
    assert (result.error is None) is (rule == "warn")
    assert ("source_assignments" in result.records) is (rule != "stop")
    if rule == "stop":
        assert isinstance(result.error, (RefusedError, UnauthorizedError))
        assert str(result.error).startswith("bills: North: bills/getAll: HTTP 403")


def test_what_may_be_skipped_does_not_fail_the_run(
    group: Sandbox, history: History, tokens: dict[str, str]
) -> None:
    break_for(group, BILLS, tokens["North"])
    result = history.run(extraction="pages", skip_unauthorized_streams=True)
    assert "bills: North: bills/getAll: HTTP 403" in result.log
    group.faults.clear()
    history.run(extraction="pages")
    assert history.missing() == {}


def test_a_stream_that_all_are_refused_is_named_before_any_row(
    group: Sandbox, history: History
) -> None:
    group.access.revoke(ASSIGNMENTS)
    result = history.failing()
    assert isinstance(result.error, UnauthorizedError)
    assert str(result.error).startswith(f"source_assignments: {ASSIGNMENTS}: HTTP 401")
    assert result.records == {}


def test_tokens_that_are_all_wrong_are_one_line(
    group: Sandbox, history: History, tokens: dict[str, str]
) -> None:
    for token in tokens.values():
        group.access.withdraw(token)
    result = history.failing()
    told = f"none of the 4 access tokens works; North: {ENTERPRISES}: HTTP 401"
    assert str(result.error).startswith(told)
    assert "check client_token, access_tokens and api_url" in str(result.error)
    assert result.lines == []


def test_a_test_names_the_token_that_opens_nothing(
    group: Sandbox, settings: Json, tokens: dict[str, str]
) -> None:
    group.access.withdraw(tokens["East"])
    result = dry_run(group.config(**settings))
    assert isinstance(result.error, UnauthorizedError)
    assert "East" in str(result.error)


def test_one_property_of_a_portfolio_fails_alone_where_it_is_asked_for_alone(
    group: Sandbox, history: History
) -> None:
    history.settings["access_tokens"] = None
    history.settings["access_token"] = group.access_token
    history.streams = ("bills", "source_assignments")
    second = sorted(group.enterprise_ids)[1]
    name = next(row["Name"] for row in group.rows("Enterprise") if row["Id"] == second)
    names = Where(
        group, lambda each: each.body["EnterpriseIds"] == [second], Status(403)
    )
    group.faults.add(ASSIGNMENTS, names, times=None)
    result = history.failing()
    assert str(result.error).startswith(f"Not read: {name} (source_assignments);")
    assert history.missing().keys() == {"source_assignments"}
    group.faults.clear()
    history.run()
    assert history.missing() == {}


def test_an_export_that_timed_out_for_one_token_is_adopted_by_the_next_run(
    group: Sandbox, history: History, tokens: dict[str, str]
) -> None:
    history.streams = ("bills",)
    name = group.access.find(tokens["East"]).name
    is_east = Where(group, lambda request: request.grant == name, Spoiled(never_ready))
    group.faults.add("exports/getAll", is_east, times=None)
    what = {"extraction": "exports", "export_timeout_minutes": 60}
    assert str(history.failing(**what).error).startswith("Not read: East (bills)")
    (job,) = history.bookmark("bills")["exports"]
    group.faults.clear()
    group.journal.clear()
    result = history.run(**what)
    assert f"resuming export {job['id']}" in result.log
    # only what has become due since is requested
    (since,) = (
        each for each in group.journal.requests("exports/add") if each.grant == name
    )
    start = since.body["Filters"]["UpdatedUtc"]["StartUtc"]
    assert moment(start) == moment(job["end"]) - timedelta(minutes=5)
    assert history.missing() == {}

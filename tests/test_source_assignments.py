"""Source assignments, in both versions of the operation."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import pytest

from sandbox.faults import Status
from tap_mews.errors import InvalidStateError, RefusedError
from tap_mews.reading.bookmarks import EMPTY
from tests.harness import moment
from tests.pages_harness import (
    ASSIGNMENTS,
    ENTERPRISES,
    GROUP_ASSIGNMENTS,
    LOOKBACK,
    WINDOWED,
    History,
    Where,
    interval,
    intervals,
    settle,
    truth,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sandbox import Sandbox
    from sandbox.journal import Request

STREAM = "source_assignments"
OLDER = "reservation_group_source_assignments"

both = pytest.mark.parametrize("stream", [STREAM, OLDER])


@pytest.fixture
def history(sandbox: Sandbox) -> History:
    """Reads the restricted operation, with the portfolio token."""
    settle(sandbox)
    return History(sandbox, (STREAM,))


def asked(sandbox: Sandbox) -> list[str | None]:
    """The one enterprise of each request, None where it names none."""
    found = []
    for request in sandbox.journal.requests(ASSIGNMENTS):
        (key,) = request.body.get("EnterpriseIds", [None])
        found.append(key)
    return found


def names(enterprise: str) -> Callable[[Request], bool]:
    """Picks the requests that name an enterprise."""
    return lambda request: request.body["EnterpriseIds"] == [enterprise]


def reached(history: History) -> datetime:
    """The bookmark of all properties."""
    return moment(history.bookmark(STREAM)["replication_key_value"])


def begins(sandbox: Sandbox, enterprise: str) -> datetime:
    """Where the reading of an enterprise began."""
    requests = filter(names(enterprise), sandbox.journal.requests(ASSIGNMENTS))
    return min(interval(each)[0] for each in requests)


def test_each_request_names_one_enterprise(sandbox: Sandbox, history: History) -> None:
    history.run()
    assert set(asked(sandbox)) == set(sandbox.enterprise_ids)


def test_rows_are_those_of_all_properties_as_mews_sent_them(
    sandbox: Sandbox, history: History
) -> None:
    result = history.run()
    found = {row["Id"]: row for row in result.records[STREAM]}
    assert found == truth(sandbox, STREAM)


def test_the_state_holds_one_bookmark_for_all_properties(
    sandbox: Sandbox, history: History
) -> None:
    state = history.run().bookmark(STREAM)
    assert "partitions" not in state
    assert state["covers"] == sorted(sandbox.enterprise_ids)


def test_a_property_stays_behind_where_a_window_of_it_fails(
    sandbox: Sandbox, history: History
) -> None:
    _, second = sorted(sandbox.enterprise_ids)
    history.run()
    before = history.bookmark(STREAM)["replication_key_value"]
    sandbox.live_on(timedelta(days=2))
    settle(sandbox)
    refused = Where(sandbox, names(second), Status(403))
    sandbox.faults.add(ASSIGNMENTS, refused, times=None)
    history.failing()
    assert history.bookmark(STREAM)["joining"] == [
        {"ids": [second], "replication_key_value": before}
    ]
    sandbox.faults.clear()
    history.run()
    assert history.missing() == {}


def test_a_property_that_joins_is_read_from_its_own_beginning(
    sandbox: Sandbox, history: History
) -> None:
    old = sandbox.enterprise_ids[0]
    history.run()
    before = reached(history)
    new = sandbox.add_property()
    (created,) = (
        row["CreatedUtc"] for row in sandbox.rows("Enterprise") if row["Id"] == new
    )
    settle(sandbox)
    sandbox.journal.clear()
    history.run()
    assert begins(sandbox, new) == moment(created)
    assert begins(sandbox, old) == before - LOOKBACK
    assert history.missing() == {}


def test_the_chosen_enterprises_are_read_and_no_others(
    sandbox: Sandbox, history: History
) -> None:
    chosen = sandbox.enterprise_ids[1:]
    history.settings["enterprise_ids"] = chosen
    history.run()
    assert set(asked(sandbox)) == set(chosen)
    assert history.rows[STREAM] == truth(sandbox, STREAM, chosen)


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_cannot_list_is_taken_for_one_property(
    sandbox: Sandbox, history: History, status: int
) -> None:
    hotel = sandbox.enterprise_ids[0]
    history.settings["access_token"] = sandbox.access.single_property(hotel)
    sandbox.access.revoke(ENTERPRISES, status)
    sandbox.access.revoke("configuration/get", status)
    history.run(start_date="2026-01-01")
    assert set(asked(sandbox)) == {None}
    assert history.rows[STREAM] == truth(sandbox, STREAM, [hotel])


def test_one_property_without_a_name_has_one_bookmark(
    sandbox: Sandbox, history: History
) -> None:
    token = sandbox.access.single_property(sandbox.enterprise_ids[0])
    sandbox.access.revoke(ENTERPRISES)
    sandbox.access.revoke("configuration/get")
    history.run(access_token=token, start_date="2026-01-01")
    state = history.bookmark(STREAM)
    assert {*state} == {*EMPTY}
    assert state["replication_key_value"]


def test_one_property_goes_on_from_its_bookmark_when_it_gets_a_name(
    sandbox: Sandbox, history: History
) -> None:
    hotel = sandbox.enterprise_ids[0]
    history.settings["access_token"] = sandbox.access.single_property(hotel)
    history.settings["start_date"] = "2026-01-01"
    sandbox.access.revoke(ENTERPRISES)
    sandbox.access.revoke("configuration/get")
    history.run()
    before = reached(history)
    sandbox.access.allow(ENTERPRISES)
    sandbox.journal.clear()
    sandbox.live_on(timedelta(days=1))
    history.run()
    assert begins(sandbox, hotel) == before - LOOKBACK
    assert history.bookmark(STREAM)["covers"] == [hotel]


def test_a_run_that_cannot_list_goes_on_with_the_known_properties(
    sandbox: Sandbox, history: History
) -> None:
    history.run()
    before = history.bookmark(STREAM)["covers"]
    sandbox.live_on(timedelta(days=3))
    settle(sandbox)
    sandbox.access.revoke(ENTERPRISES)
    history.run()
    assert history.missing() == {}
    assert history.bookmark(STREAM)["covers"] == before


@both
def test_the_state_does_not_grow_with_the_runs(sandbox: Sandbox, stream: str) -> None:
    history = History(sandbox, (stream,))
    sizes = set()
    for _ in range(5):
        history.run()
        sizes.add(len(json.dumps(history.state)))
        sandbox.live_on(timedelta(days=1))
    assert len(sizes) == 1


@both
@pytest.mark.parametrize("interval_end", ["inclusive", "exclusive"])
def test_many_runs_bring_every_row_as_it_is(
    sandbox: Sandbox, stream: str, interval_end: Literal["inclusive", "exclusive"]
) -> None:
    sandbox.limits.interval_end = interval_end
    history = History(sandbox, (stream,), {"page_size": 20})
    for hours in (1, 40, 3, 200, 24, 800):
        history.run(lookback_minutes=0)
        sandbox.live_on(timedelta(hours=hours))
    settle(sandbox)
    history.run(lookback_minutes=0)
    assert history.missing() == {}


def test_rows_on_the_border_of_two_windows_come(
    sandbox: Sandbox, history: History
) -> None:
    border = "2026-02-10T00:00:00Z"
    row = sandbox.new_row("SourceAssignment_2024_09_20", UpdatedUtc=border)
    sandbox.put("SourceAssignment_2024_09_20", row)
    sandbox.limits.interval_end = "exclusive"
    history.run(start_date="2026-01-10")
    assert history.missing() == {}


def test_the_bookmark_of_the_older_operation_is_the_end_of_the_window(
    sandbox: Sandbox,
) -> None:
    result = History(sandbox, (OLDER,)).run()
    windows = intervals(sandbox.journal.requests(GROUP_ASSIGNMENTS))
    states = [
        each["bookmarks"][OLDER]["replication_key_value"] for each in result.states
    ]
    assert [moment(each) for each in states] == [end for _, end in windows]
    assert result.bookmark(OLDER)["replication_key"] is None


def test_the_older_operation_reads_all_properties_at_once(sandbox: Sandbox) -> None:
    settle(sandbox)
    history = History(sandbox, (OLDER,), {"start_date": "2026-02-15"})
    history.run(enterprise_ids=sandbox.enterprise_ids)
    (request,) = sandbox.journal.requests(GROUP_ASSIGNMENTS)
    assert sorted(request.body["EnterpriseIds"]) == sorted(sandbox.enterprise_ids)


def test_the_older_operation_needs_no_list_of_properties(sandbox: Sandbox) -> None:
    settle(sandbox)
    sandbox.access.revoke(ENTERPRISES)
    history = History(sandbox, (OLDER,), {"start_date": "2026-01-01"})
    history.run()
    assert history.missing() == {}


@both
def test_an_enterprise_that_the_token_does_not_reach_is_told(
    sandbox: Sandbox, stream: str
) -> None:
    stranger = "11111111-2222-4333-8444-555555555555"
    history = History(sandbox, (stream,), {"start_date": "2026-02-20"})
    history.settings["enterprise_ids"] = [stranger]
    result = history.failing()
    assert sandbox.journal.requests(WINDOWED[stream]) == []
    told = f"enterprise_ids: the access token has no access to {stranger}"
    assert str(result.error) == told
    assert history.state in (None, {})


@both
def test_where_properties_cannot_be_listed_the_refusal_of_one_is_told(
    sandbox: Sandbox, stream: str
) -> None:
    stranger = "11111111-2222-4333-8444-555555555555"
    sandbox.access.revoke(ENTERPRISES)
    history = History(sandbox, (stream,), {"start_date": "2026-02-20"})
    history.settings["enterprise_ids"] = [stranger]
    result = history.failing()
    (request,) = sandbox.journal.requests(WINDOWED[stream])
    start, end = request.body["UpdatedUtc"].values()
    assert request.message == "Invalid EnterpriseIds.", "Mews does not say which one"
    for word in (stream, request.operation, start, end, request.request_id):
        assert str(word) in str(result.error)
    assert isinstance(result.error, RefusedError)
    assert history.state in (None, {})
    sandbox.journal.clear()


def test_a_state_with_a_bookmark_for_each_property_is_taken_over(
    sandbox: Sandbox, history: History
) -> None:
    first, second = sandbox.enterprise_ids
    history.run(end_date="2026-02-20")
    moments = {first: "2026-02-20T00:00:00Z", second: "2026-02-10T00:00:00Z"}
    history.state = {
        "bookmarks": {
            STREAM: {
                "partitions": [
                    {
                        "context": {"EnterpriseId": key},
                        "replication_key": "UpdatedUtc",
                        "replication_key_value": value,
                    }
                    for key, value in moments.items()
                ]
            }
        }
    }
    sandbox.journal.clear()
    history.run()
    assert begins(sandbox, first) >= moment(moments[second]) - LOOKBACK
    assert begins(sandbox, second) == moment(moments[second]) - LOOKBACK
    assert history.missing() == {}


def test_a_partition_of_another_form_is_told_in_one_line(
    sandbox: Sandbox, history: History
) -> None:
    sandbox.access.revoke(ENTERPRISES)
    partition = {"context": {"Id": "x"}, "replication_key_value": "2026-02-10"}
    history.state = {"bookmarks": {STREAM: {"partitions": [partition]}}}
    assert isinstance(history.failing().error, InvalidStateError)

"""The properties: their own stream, and what happens when they come, go or return."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox.faults import Status
from tests.harness import moment, select, sync
from tests.pages_harness import (
    ENTERPRISES,
    GROUP_ASSIGNMENTS,
    LOOKBACK,
    RESERVATIONS,
    WINDOWED,
    History,
    interval,
    settle,
    truth,
    within,
)

if TYPE_CHECKING:
    from sandbox import Sandbox
    from sandbox.journal import Request
    from tests.harness import Json

STREAM = "enterprises"
OLDER = "reservation_group_source_assignments"
TOGETHER = {"companionships": RESERVATIONS, OLDER: GROUP_ASSIGNMENTS}
"""Page streams that read all properties at once, and the operation with the windows."""

together = pytest.mark.parametrize("stream", TOGETHER)


def created(sandbox: Sandbox, enterprise: str) -> str:
    return str(truth(sandbox, STREAM)[enterprise]["CreatedUtc"])


def updates(sandbox: Sandbox, stream: str) -> list[Request]:
    """The requests for updates, without those that refresh companionships."""
    return [
        each
        for each in sandbox.journal.requests(TOGETHER[stream])
        if "UpdatedUtc" in each.body
    ]


def test_all_properties_come_each_run(sandbox: Sandbox) -> None:
    history = History(sandbox, (STREAM,))
    first, second = history.run(), history.run()
    for result in (first, second):
        found = {row["Id"]: row for row in result.records[STREAM]}
        assert found == truth(sandbox, STREAM)


def test_a_property_that_has_changed_comes_as_it_is_now(sandbox: Sandbox) -> None:
    history = History(sandbox, (STREAM,))
    history.run()
    # a change that shows no update
    row = {**sandbox.rows("Enterprise")[0], "Name": "Zum Weißen Rößl"}
    sandbox.put("Enterprise", row)
    history.run()
    assert history.rows[STREAM][row["Id"]] == row


def test_each_property_comes_once_a_run_page_by_page(sandbox: Sandbox) -> None:
    for _ in range(5):
        sandbox.add_property()
    result = History(sandbox, (STREAM,), {"page_size": 2}).run()
    assert len(result.records[STREAM]) == 7


def test_each_property_comes_once_in_a_full_table_run(sandbox: Sandbox) -> None:
    catalog = deepcopy(select(STREAM))
    for entry in catalog["streams"]:
        entry["replication_method"] = "FULL_TABLE"
    result = sync(sandbox.config(), catalog=catalog).ok()
    assert len(result.records[STREAM]) == 2


def test_a_later_run_with_an_end_date_brings_them_too(sandbox: Sandbox) -> None:
    history = History(sandbox, (STREAM,))
    history.run()
    result = history.run(end_date="2026-01-01")
    assert len(result.records[STREAM]) == 2


@pytest.mark.parametrize(
    "odd",
    [
        {"CreatedUtc": "2026-02-20"},
        {"CreatedUtc": "2026-02-20T00:00:00"},
        {"CreatedUtc": ""},
        {"Name": 5, "TimeZoneIdentifier": False},
        {"AccountingEditableHistoryInterval": 7},
    ],
    ids=str,
)
def test_an_invalid_row_of_a_property_keeps_no_rows_from_being_read(
    sandbox: Sandbox, odd: Json
) -> None:
    settle(sandbox)
    first, _ = sandbox.rows("Enterprise")
    sandbox.put("Enterprise", first | odd)
    history = History(sandbox, ("bills",))
    history.run()
    assert history.missing() == {}
    result = History(sandbox, (STREAM,), {"on_invalid_record": "warn"}).run()
    assert len(result.records[STREAM]) == 2


@pytest.mark.parametrize("status", [401, 403])
def test_properties_that_cannot_be_listed_are_an_error_of_their_stream(
    sandbox: Sandbox, status: int
) -> None:
    sandbox.access.revoke(ENTERPRISES, status)
    result = History(sandbox, (STREAM,)).failing()
    for word in (STREAM, ENTERPRISES, str(status), "RequestId"):
        assert word in str(result.error)
    assert result.records == {}


def test_the_property_of_another_token_gets_its_history_where_none_is_listed(
    sandbox: Sandbox,
) -> None:
    settle(sandbox)
    sandbox.access.revoke(ENTERPRISES)
    streams = ("bills", "business_segments", "customers", "source_assignments")
    history = History(sandbox, streams)
    for hotel in sandbox.enterprise_ids:
        history.run(access_token=sandbox.access.single_property(hotel))
        sandbox.live_on(timedelta(days=1))
        settle(sandbox)
        (known,) = history.bookmark("bills")["covers"]
        assert known == hotel
    history.run(access_token=sandbox.access.single_property(hotel))
    assert truth(sandbox, "customers").keys() == history.rows["customers"].keys()
    for stream in set(streams) - {"customers"}:
        expected = truth(sandbox, stream, [hotel])
        assert {key: history.rows[stream].get(key) for key in expected} == expected


def test_what_to_do_is_told_where_the_property_of_a_token_cannot_be_known(
    sandbox: Sandbox,
) -> None:
    """Rows of a token that takes its place begin at the bookmark."""
    sandbox.access.revoke(ENTERPRISES)
    sandbox.access.revoke("configuration/get")
    token = sandbox.access.single_property(sandbox.enterprise_ids[0])
    result = History(sandbox, ("bills",)).run(access_token=token)
    (told,) = [each for each in result.logs if "properties cannot be listed" in each]
    assert told.startswith("WARNING")
    assert "of another property, remove the streams from the state" in told


@pytest.mark.parametrize("status", [401, 403])
def test_one_property_that_may_not_be_listed_keeps_none_that_is_set_from_being_read(
    sandbox: Sandbox, status: int
) -> None:
    refused, *others = [*sandbox.enterprise_ids, sandbox.add_property(new_chain=True)]
    settle(sandbox)
    sandbox.access.revoke(ENTERPRISES, status, [refused])
    streams = ("bills", "customers", "services", "source_assignments")
    settings = {"enterprise_ids": others, "extraction": "pages"}
    history = History(sandbox, streams, settings)
    history.run()
    sandbox.access.allow(ENTERPRISES)
    history.run()
    assert truth(sandbox, "customers").keys() == history.rows["customers"].keys()
    for stream in {*streams} - {"customers"}:
        assert history.rows[stream] == truth(sandbox, stream, others)


@pytest.mark.parametrize(
    ("stream", "setting"),
    [("customers", "chain_ids"), ("source_assignments", "enterprise_ids")],
)
def test_what_to_set_is_told_where_mews_requires_what_cannot_be_listed(
    sandbox: Sandbox, stream: str, setting: str
) -> None:
    settle(sandbox)
    refused, other = sandbox.enterprise_ids
    chains = [row["ChainId"] for row in sandbox.rows("Enterprise", [other])]
    sandbox.access.revoke(ENTERPRISES, 403, [refused])
    history = History(sandbox, (stream,), {"extraction": "pages"})
    error = str(history.failing().error)
    assert error.startswith(f"{stream}: ")
    assert error.endswith(f"({ENTERPRISES} is refused): set {setting}")
    sandbox.journal.clear()  # nothing tells the tap that it must name them
    history.run(**{setting: chains if setting == "chain_ids" else [other]})
    assert history.rows[stream]


@together
def test_what_joins_is_read_alone_first_and_then_together(
    sandbox: Sandbox, stream: str
) -> None:
    history = History(sandbox, (stream,))
    history.run()
    reached = moment(history.bookmark(stream)["replication_key_value"])
    new = sandbox.add_property()
    settle(sandbox)
    sandbox.journal.clear()
    history.run()
    *alone, last = sorted(updates(sandbox, stream), key=interval)
    assert all(each.body["EnterpriseIds"] == [new] for each in alone)
    assert interval(alone[0])[0] == moment(created(sandbox, new))
    assert interval(alone[-1])[1] == reached
    assert interval(last)[0] == reached - LOOKBACK
    assert "EnterpriseIds" not in last.body


@together
def test_what_has_joined_is_read_with_the_rest_from_then_on(
    sandbox: Sandbox, stream: str
) -> None:
    history = History(sandbox, (stream,))
    history.run()
    sandbox.add_property()
    history.run()
    sandbox.journal.clear()
    sandbox.live_on(timedelta(days=1))
    settle(sandbox)
    history.run()
    assert len(updates(sandbox, stream)) == 1
    assert history.missing() == {}


EVERYTHING = (*WINDOWED, STREAM, "bills", "customers", "ledger_entries")


def test_every_stream_is_complete_when_a_hotel_comes_late(sandbox: Sandbox) -> None:
    history = History(sandbox, EVERYTHING)
    for new_chain in (False, True):
        history.run()
        sandbox.add_property(new_chain=new_chain)
        sandbox.live_on(timedelta(days=3))
    settle(sandbox)
    history.run()
    assert history.missing() == {}


@pytest.mark.parametrize("stream", [*WINDOWED, "bills"])
def test_nothing_is_missed_when_the_choice_of_properties_changes(
    sandbox: Sandbox, stream: str
) -> None:
    one, two = sandbox.enterprise_ids
    history = History(sandbox, (stream,))
    for chosen in ([one], [one, two], [two], None, [one], None):
        history.run(enterprise_ids=chosen)
        sandbox.live_on(timedelta(days=4))
    settle(sandbox)
    history.run()
    assert history.missing() == {}


@pytest.mark.parametrize("stream", [*WINDOWED, "bills", "customers"])
def test_nothing_is_missed_of_a_property_that_leaves_and_comes_back(
    sandbox: Sandbox, stream: str
) -> None:
    sandbox.add_property(new_chain=True)
    both = sandbox.access.grant(sandbox.enterprise_ids)
    less = sandbox.access.grant(sandbox.enterprise_ids[:2])
    history = History(sandbox, (stream,))
    for token in (both, less, both):
        history.run(access_token=token)
        sandbox.live_on(timedelta(days=4))
    settle(sandbox)
    history.run(access_token=both)
    assert history.missing() == {}


@pytest.mark.parametrize("stream", [*WINDOWED, "bills", "customers"])
@pytest.mark.parametrize("after", [1, 4])
def test_nothing_is_missed_when_a_run_ends_while_a_property_joins(
    sandbox: Sandbox, stream: str, after: int
) -> None:
    steps = {"page_size": 25, "export_window_days": 8, "start_date": "2026-01-28"}
    steps["reference_start_date"] = steps["start_date"]
    history = History(sandbox, (stream,), steps)
    history.run()
    sandbox.add_property(new_chain=True)
    sandbox.live_on(timedelta(days=10))
    # exports that are forbidden would be read page by page
    status = 403 if stream in WINDOWED else 400
    operation = WINDOWED.get(stream, "exports/add")
    sandbox.faults.add(operation, Status(status), times=None, after=after)
    history.failing()
    sandbox.faults.clear()
    sandbox.add_property()
    settle(sandbox)
    history.run()
    assert history.missing() == {}


def test_a_run_that_ends_while_a_property_joins_goes_on_from_there(
    sandbox: Sandbox,
) -> None:
    settings = {"lookback_minutes": 0, "start_date": "2025-10-01"}
    history = History(sandbox, (OLDER,), settings)
    history.run()
    new = sandbox.add_property()
    stopped = within(sandbox, moment("2026-01-01"), Status(403))
    sandbox.faults.add(GROUP_ASSIGNMENTS, stopped, times=None)
    history.failing()
    sandbox.faults.clear()
    sandbox.journal.clear()
    history.run()
    (first, *_) = sorted(updates(sandbox, OLDER), key=interval)
    assert first.body["EnterpriseIds"] == [new]
    assert interval(first)[0] == moment("2026-01-01")


def test_a_token_without_properties_is_an_error(sandbox: Sandbox) -> None:
    config = sandbox.config(access_token=sandbox.access.grant([]))
    result = sync(config, catalog=select("enterprises", "bills"))
    assert "the access token has no properties" in str(result.error)

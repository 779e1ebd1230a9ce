"""Companionships: looked up by the groups of the reservations that were updated."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from sandbox.clock import utc_text
from sandbox.faults import Status
from tests.harness import moment, select, sync
from tests.pages_harness import (
    ADDED,
    COMPANIONSHIPS,
    RESERVATIONS,
    History,
    Spoiled,
    Where,
    bookmarks,
    interval,
    intervals,
    latest,
    make_old,
    settle,
    truth,
)

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.harness import Json

STREAM = "companionships"
WITHOUT_REFRESH = {"companionship_refresh_days": 0}


def by_group(sandbox: Sandbox) -> dict[str, list[str]]:
    """`UpdatedUtc` of the reservations of each group."""
    found = defaultdict(list)
    for row in sandbox.rows("Reservation"):
        found[row["GroupId"]].append(row["UpdatedUtc"])
    return found


def book(
    sandbox: Sandbox, updated: str | None = None, group: str = "", **values: object
) -> Json:
    """A reservation of a group of its own, or of one that is known."""
    row = sandbox.new_row("Reservation", **values)
    row["GroupId"] = group or str(uuid4())
    row["UpdatedUtc"] = updated or row["UpdatedUtc"]
    return sandbox.put("Reservation", row)


def accompany(sandbox: Sandbox, reservation: Json, *, in_room: bool = True) -> Json:
    """A companionship of a reservation, or of its group alone."""
    row = sandbox.new_row("Companionship", ReservationGroupId=reservation["GroupId"])
    row["ReservationId"] = reservation["Id"] if in_room else None
    return sandbox.put("Companionship", row)


def many_groups(sandbox: Sandbox, number: int) -> None:
    """So many groups with a reservation and a companionship each."""
    for _ in range(number):
        accompany(sandbox, book(sandbox))


def group_requests(sandbox: Sandbox) -> list[list[str]]:
    """The groups that each request names."""
    return [
        each.body["ReservationGroupIds"]
        for each in sandbox.journal.requests(COMPANIONSHIPS)
    ]


def test_rows_are_all_there_are_as_mews_sent_them(sandbox: Sandbox) -> None:
    settle(sandbox)
    result = History(sandbox, (STREAM,)).run()
    assert latest(result.records[STREAM]) == truth(sandbox, STREAM)


def test_a_companion_of_a_group_without_a_reservation_comes(sandbox: Sandbox) -> None:
    row = accompany(sandbox, book(sandbox), in_room=False)
    settle(sandbox)
    result = History(sandbox, (STREAM,)).run()
    assert row["Id"] in latest(result.records[STREAM])


def test_extents_are_all_off(sandbox: Sandbox) -> None:
    History(sandbox, (STREAM,)).run()
    off = {"Customers": False, "Reservations": False, "ReservationGroups": False}
    asked = sandbox.journal.requests(COMPANIONSHIPS)
    assert asked
    assert all(each.body["Extent"] == off for each in asked)


def test_groups_of_a_window_are_asked_for_together(sandbox: Sandbox) -> None:
    settle(sandbox)
    settings = {**WITHOUT_REFRESH, "start_date": "2026-02-03"}
    History(sandbox, (STREAM,), settings).run()
    (groups,) = group_requests(sandbox)
    updated = [
        row["GroupId"]
        for row in sandbox.rows("Reservation")
        if row["UpdatedUtc"] >= "2026-02-03"
    ]
    assert sorted(groups) == sorted(set(updated))


def test_no_request_names_more_than_a_thousand_groups(sandbox: Sandbox) -> None:
    many_groups(sandbox, 2300)
    settle(sandbox)
    settings = {**WITHOUT_REFRESH, "start_date": "2026-02-15"}
    history = History(sandbox, (STREAM,), settings)
    history.run()
    batches = {tuple(groups) for groups in group_requests(sandbox)}
    assert len(batches) == 3
    assert max(map(len, batches)) == 1000


def test_groups_are_asked_for_while_the_reservations_come(sandbox: Sandbox) -> None:
    """A thousand at a time, so that memory does not grow with a window."""
    many_groups(sandbox, 2300)
    settle(sandbox)
    settings = {**WITHOUT_REFRESH, "start_date": "2026-02-15", "page_size": 600}
    history = History(sandbox, (STREAM,), settings)
    history.run()
    asked = [
        RESERVATIONS if each.operation == RESERVATIONS else COMPANIONSHIPS
        for each in sandbox.journal.requests()
        if each.operation in {RESERVATIONS, COMPANIONSHIPS}
    ]
    first = asked.index(COMPANIONSHIPS)
    assert asked[:first] == [RESERVATIONS] * 2
    assert RESERVATIONS in asked[first:]
    sizes = [len(groups) for groups in group_requests(sandbox)]
    assert sizes[:-1] == [1000] * (len(sizes) - 1)


def test_every_page_of_every_batch_is_read(sandbox: Sandbox) -> None:
    many_groups(sandbox, 1100)
    settle(sandbox)
    history = History(sandbox, (STREAM,), {**WITHOUT_REFRESH, "page_size": 300})
    history.run()
    assert history.missing() == {}


def test_a_window_without_reservations_asks_for_no_companionships(
    sandbox: Sandbox,
) -> None:
    settings = {**WITHOUT_REFRESH, "start_date": "2020-01-01", "end_date": "2020-01-20"}
    History(sandbox, (STREAM,), settings).run()
    assert sandbox.journal.requests(COMPANIONSHIPS) == []


@pytest.mark.parametrize("group", [{"GroupId": None}, {"GroupId": ""}, {}], ids=str)
def test_a_reservation_without_a_group_is_told_and_stops_nothing(
    sandbox: Sandbox, group: Json
) -> None:
    row = sandbox.new_row("Reservation")
    del row["GroupId"]
    sandbox.put("Reservation", {**row, **group})
    settle(sandbox)
    history = History(sandbox, (STREAM,))
    result = history.run()
    assert history.missing() == {}
    told = [each for each in result.logs if "1 reservations" in each]
    assert all(each.startswith("WARNING companionships: ") for each in told)
    assert told


def test_a_reservation_without_a_date_leaves_that_of_its_group_null(
    sandbox: Sandbox,
) -> None:
    key = accompany(sandbox, book(sandbox))["Id"]
    settle(sandbox)

    def change(body: Json) -> None:
        for row in body["Reservations"]:
            del row["UpdatedUtc"]

    sandbox.faults.add(RESERVATIONS, Spoiled(change), times=None)
    result = History(sandbox, (STREAM,), WITHOUT_REFRESH).run()
    added = {row["Id"]: row[ADDED] for row in result.records[STREAM]}
    assert added[key] is None


def test_the_added_date_is_the_latest_update_of_the_group(sandbox: Sandbox) -> None:
    settle(sandbox)
    settings = {**WITHOUT_REFRESH, "start_date": "2026-02-03"}
    result = History(sandbox, (STREAM,), settings).run()
    updated = by_group(sandbox)
    for row in result.records[STREAM]:
        group = updated[row["ReservationGroupId"]]
        assert moment(row[ADDED]) == max(map(moment, group))


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2026-02-20T10:00:00Z", "2026-02-20T10:00:00.1Z"),
        ("2026-02-20T10:00:00.09Z", "2026-02-20T10:00:00.1Z"),
        ("2026-02-20T10:00:00.999Z", "2026-02-20T10:00:01Z"),
        ("2026-02-20T10:00:00.1Z", "2026-02-20T10:00:00.1000001Z"),
    ],
)
@pytest.mark.parametrize("newest_first", [True, False])
def test_the_latest_update_is_found_within_a_second(
    sandbox: Sandbox, earlier: str, later: str, *, newest_first: bool
) -> None:
    # pages come newest first, and ties by Id, so both orders are tried
    first, second = (later, earlier) if newest_first else (earlier, later)
    one = book(sandbox, first)
    book(sandbox, second, one["GroupId"])
    key = accompany(sandbox, one)["Id"]
    settle(sandbox)
    result = History(sandbox, (STREAM,), {"start_date": "2026-02-15"}).run()
    added = {row[ADDED] for row in result.records[STREAM] if row["Id"] == key}
    assert added == {later}


def test_only_updates_in_the_window_count_for_the_added_date(sandbox: Sandbox) -> None:
    one = book(sandbox, "2026-01-10T00:00:00Z")
    book(sandbox, "2026-02-20T00:00:00Z", one["GroupId"])
    key = accompany(sandbox, one)["Id"]
    settings = {**WITHOUT_REFRESH, "start_date": "2026-01-01"}
    result = History(sandbox, (STREAM,), settings).run()
    added = [row[ADDED] for row in result.records[STREAM] if row["Id"] == key]
    # windows end on the first of a month
    assert added == ["2026-01-10T00:00:00Z", "2026-02-20T00:00:00Z"]


def test_windows_before_reservations_that_cannot_be_read_are_delivered(
    sandbox: Sandbox,
) -> None:
    make_old(sandbox)
    keys = [
        accompany(sandbox, book(sandbox, f"{day}T00:00:00Z"))["Id"]
        for day in ("2025-12-10", "2026-01-10", "2026-02-10")
    ]
    # one request for each month, of which the last ones come in no order
    last = Where(
        sandbox, lambda each: interval(each)[0] >= moment("2026-01-31"), Status(403)
    )
    sandbox.faults.add(RESERVATIONS, last, times=None)
    settings = {**WITHOUT_REFRESH, "start_date": "2025-12-01"}
    result = History(sandbox, (STREAM,), settings).failing()
    assert {row["Id"] for row in result.records[STREAM]} & {*keys} == {*keys[:2]}
    assert bookmarks(result, STREAM)[-1] == moment("2026-02-01")
    assert "2026-02-01T00:00:00Z to 2026-03-01" in str(result.error)


def test_the_rows_are_the_same_alone_and_with_others(sandbox: Sandbox) -> None:
    settle(sandbox)
    config = sandbox.config(
        end_date=utc_text(
            sandbox.clock.now().replace(microsecond=0) - timedelta(minutes=6)
        )
    )
    alone = sync(config, catalog=select(STREAM)).ok()
    others = sync(
        config,
        catalog=select("reservations", STREAM, "customers", "source_assignments"),
    ).ok()
    assert others.records[STREAM] == alone.records[STREAM]


def test_many_runs_bring_every_row(sandbox: Sandbox) -> None:
    history = History(sandbox, (STREAM,), {**WITHOUT_REFRESH, "page_size": 30})
    for hours in (1, 50, 3, 200, 24, 900):
        history.run()
        sandbox.live_on(timedelta(hours=hours))
    settle(sandbox)
    history.run()
    assert history.missing() == {}


def house(sandbox: Sandbox, start: timedelta, end: timedelta) -> Json:
    """A stay that Mews has not marked as updated for long."""
    now = sandbox.clock.now().replace(microsecond=0)
    return book(
        sandbox,
        "2026-02-10T00:00:00Z",
        ScheduledStartUtc=utc_text(now + start),
        ScheduledEndUtc=utc_text(now + end),
    )


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("start", "end"),
    [(-DAY, DAY), (5 * DAY, 6 * DAY), (-30 * DAY, 60 * DAY)],
    ids=["in house", "arrives soon", "long stay"],
)
def test_a_companion_changed_without_an_update_of_the_reservation_is_refreshed(
    sandbox: Sandbox, start: timedelta, end: timedelta
) -> None:
    history = History(sandbox, (STREAM,), {"companionship_refresh_days": 7})
    stay = house(sandbox, start, end)
    settle(sandbox)
    history.run()
    row = accompany(sandbox, stay)
    sandbox.live_on(timedelta(hours=1))
    settle(sandbox)
    history.run()
    assert history.rows[STREAM][row["Id"]] == row


def test_the_refreshing_is_on_unless_it_is_turned_off(sandbox: Sandbox) -> None:
    History(sandbox, (STREAM,)).run()
    asked = sandbox.journal.requests(RESERVATIONS)
    assert intervals(asked, "CollidingUtc")


def test_the_refreshing_reads_so_many_days_ahead(sandbox: Sandbox) -> None:
    before = sandbox.clock.now()
    History(sandbox, (STREAM,), {"companionship_refresh_days": 9}).run()
    asked = sandbox.journal.requests(RESERVATIONS)
    ((start, end),) = intervals(asked, "CollidingUtc")
    assert start <= before
    assert end - start == timedelta(days=9)


def test_nothing_is_refreshed_where_that_is_turned_off(sandbox: Sandbox) -> None:
    History(sandbox, (STREAM,), WITHOUT_REFRESH).run()
    asked = sandbox.journal.requests(RESERVATIONS)
    assert intervals(asked, "CollidingUtc") == []


def test_the_refreshing_moves_no_bookmark(sandbox: Sandbox) -> None:
    result = History(sandbox, (STREAM,), {"companionship_refresh_days": 30}).run()
    windows = intervals(sandbox.journal.requests(RESERVATIONS))
    bookmark = result.bookmark(STREAM)
    assert moment(bookmark["replication_key_value"]) == windows[-1][1]
    assert bookmark["replication_key"] == ADDED

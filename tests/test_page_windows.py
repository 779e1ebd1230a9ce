"""Windows of page streams: how they are cut, moved over, and made shorter."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sandbox.contract import Span
from sandbox.faults import Status
from tap_mews.api.operations import UPDATED
from tap_mews.pages.windowing import Windowing
from tap_mews.reading.windows import Window, by_months
from tests.harness import moment
from tests.pages_harness import (
    LOOKBACK,
    PAGE_ENTITIES,
    TEN_MINUTES,
    WINDOWED,
    History,
    bookmarks,
    intervals,
    make_old,
    one_hotel,
    settle,
    within,
)

if TYPE_CHECKING:
    from sandbox import Sandbox

MONTH = Span(months=1)
NO_GAP = timedelta()
MOMENTS = st.datetimes(
    datetime(2012, 1, 1),  # noqa: DTZ001 - the zone follows
    datetime(2040, 1, 1),  # noqa: DTZ001 - the zone follows
).map(lambda each: each.replace(microsecond=0, tzinfo=timezone.utc))

windowed = pytest.mark.parametrize("stream", WINDOWED)


@pytest.fixture(autouse=True)
def each_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the state of each window be seen; mostly a second has not passed."""
    monkeypatch.setattr("tap_mews.state_output.SECONDS", 0.0)


def owed(history: History) -> list[tuple[str, datetime]]:
    """The rows of the one hotel, with the moment from which on a bookmark covers them.

    A companionship has as many of them as its group has reservations.
    """
    (stream,), (hotel,) = history.streams, history.settings["enterprise_ids"]
    store = history.sandbox.platform.store
    if stream != "companionships":
        rows = store.table(PAGE_ENTITIES[stream]).rows.values()
        return [(row.key, row.updated) for row in rows if row.owner == hotel]
    return [
        (companionship["Id"], moment(reservation["UpdatedUtc"]))
        for reservation in history.sandbox.rows("Reservation", [hotel])
        for companionship in history.sandbox.rows("Companionship", [hotel])
        if companionship["ReservationGroupId"] == reservation["GroupId"]
    ]


@given(st.tuples(MOMENTS, MOMENTS).map(sorted))
@example([moment("2024-01-31T00:00:00Z"), moment("2024-05-31T12:00:00Z")])
@example([moment("2023-12-31T23:59:59Z"), moment("2024-03-01T00:00:00Z")])
@example([moment("2024-02-29T00:00:00Z"), moment("2025-03-01T00:00:00Z")])
def test_no_window_is_longer_than_a_calendar_month(ends: list[datetime]) -> None:
    start, end = ends
    for window in by_months(start, end, 1, NO_GAP):
        assert window.start is not None
        assert window.end <= MONTH.after(window.start)


@given(st.tuples(MOMENTS, MOMENTS).map(sorted))
@example([moment("2024-01-31T00:00:00Z"), moment("2024-02-29T00:00:00Z")])
def test_windows_cover_all_of_a_span_without_gaps(ends: list[datetime]) -> None:
    start, end = ends
    found = list(by_months(start, end, 1, NO_GAP))
    assert (found[0].start, found[-1].end) == (start, end)
    assert all(one.end == other.start for one, other in pairwise(found))


@given(st.tuples(MOMENTS, MOMENTS).map(sorted))
def test_there_are_no_more_windows_than_a_span_needs(ends: list[datetime]) -> None:
    start, end = ends
    # no month is shorter than 28 days
    assert (
        len(list(by_months(start, end, 1, NO_GAP)))
        <= (end - start) // timedelta(days=28) + 1
    )


@given(st.tuples(MOMENTS, MOMENTS).map(sorted), st.integers(1, 40))
def test_the_parts_of_a_window_are_alike_and_cover_it(
    ends: list[datetime], count: int
) -> None:
    start, end = ends
    windowing = Windowing(UPDATED, began=end, oldest=lambda: start)
    found = list(windowing.parts(Window(start, end), count))
    assert len(found) <= count
    assert (found[0].start, found[-1].end) == (start, end)
    assert all(one.end == other.start for one, other in pairwise(found))
    longest = found[0].length
    assert all(each.length == longest for each in found[:-1])
    assert found[-1].length <= longest


@windowed
def test_a_stream_asks_for_a_month_at_most_from_its_start_date(
    sandbox: Sandbox, stream: str
) -> None:
    make_old(sandbox)
    history = one_hotel(sandbox, stream, start_date="2025-08-31T10:00:00+02:00")
    result = history.run()
    found = intervals(sandbox.journal.requests(WINDOWED[stream]))
    assert found[0][0] == moment("2025-08-31T08:00:00Z")
    assert found[-1][1] == bookmarks(result, stream)[-1]
    assert all(end <= MONTH.after(start) for start, end in found[:-1])
    # a rest of days makes no window of its own
    start, end = found[-1]
    assert end <= MONTH.after(start) + timedelta(days=7)
    assert all(one[1] == other[0] for one, other in pairwise(found))


@windowed
def test_a_stream_begins_without_a_start_date_where_the_property_does(
    sandbox: Sandbox, stream: str
) -> None:
    first, second = sandbox.rows("Enterprise")
    sandbox.put("Enterprise", {**first, "CreatedUtc": "2025-10-10T10:10:10.5Z"})
    sandbox.put("Enterprise", {**second, "CreatedUtc": "2025-09-09T09:09:09Z"})
    one_hotel(sandbox, stream, enterprise_ids=None).run()
    found = intervals(sandbox.journal.requests(WINDOWED[stream]))
    assert found[0][0] == moment("2025-09-09T09:09:09Z")


def test_what_can_be_older_than_the_property_costs_few_requests(
    sandbox: Sandbox,
) -> None:
    """Guests of a chain: the years before are asked for as the operation allows."""
    for each in sandbox.rows("Enterprise"):
        sandbox.put("Enterprise", {**each, "CreatedUtc": "2026-01-10T09:09:09Z"})
    history = History(sandbox, ("customers",), {"extraction": "pages"})
    history.run()
    found = intervals(sandbox.journal.requests("customers/getAll"))
    assert found[0][0] == moment("2012-01-01")
    assert all(one[1] == other[0] for one, other in pairwise(found))
    (joint,) = [
        n
        for n, (start, _) in enumerate(found)
        if start == moment("2026-01-10T09:09:09Z")
    ]
    quarter, before, after = Span(months=3), found[: joint - 1], found[joint:]
    assert all(end == quarter.after(start) for start, end in before)
    assert all(end <= MONTH.after(start) for start, end in after)
    assert len(before) == 14 * 4
    assert history.missing() == {}


def test_a_property_without_a_date_costs_few_requests(sandbox: Sandbox) -> None:
    first, second = sandbox.rows("Enterprise")
    sandbox.put("Enterprise", {**first, "CreatedUtc": "2026-01-10T09:09:09Z"})
    sandbox.put("Enterprise", {**second, "CreatedUtc": None})
    settings = {"extraction": "pages", "enterprise_ids": None}
    history = History(sandbox, ("bills",), settings)
    history.run()
    found = intervals(sandbox.journal.requests("bills/getAll"))
    assert found[0][0] == moment("2012-01-01")
    before = [end for start, end in found if end < moment("2026-01-10T09:09:09Z")]
    assert len(before) == 14 * 4
    assert history.missing() == {}


@windowed
def test_a_stream_ends_at_its_end_date(sandbox: Sandbox, stream: str) -> None:
    result = one_hotel(sandbox, stream, end_date="2026-02-20").run()
    found = intervals(sandbox.journal.requests(WINDOWED[stream]))
    assert found[-1][1] == bookmarks(result, stream)[-1] == moment("2026-02-20")


@windowed
def test_a_stream_ends_at_least_five_minutes_ago(sandbox: Sandbox, stream: str) -> None:
    before = sandbox.clock.now()
    one_hotel(sandbox, stream).run()
    found = intervals(sandbox.journal.requests(WINDOWED[stream]))
    assert before - TEN_MINUTES < found[-1][1] <= sandbox.clock.now() - LOOKBACK


@windowed
def test_the_bookmark_moves_window_by_window(sandbox: Sandbox, stream: str) -> None:
    make_old(sandbox)
    result = one_hotel(sandbox, stream, start_date="2025-11-05").run()
    found = intervals(sandbox.journal.requests(WINDOWED[stream]))
    assert len(found) == 4
    assert bookmarks(result, stream) == [end for _, end in found]


@windowed
def test_the_bookmark_moves_over_windows_without_rows(
    sandbox: Sandbox, stream: str
) -> None:
    make_old(sandbox)
    history = one_hotel(sandbox, stream, start_date="2023-01-01", end_date="2023-07-01")
    result = history.run()
    assert result.records == {}
    assert len(bookmarks(result, stream)) == 6


@windowed
def test_no_bookmark_is_ahead_of_the_rows_emitted_before_it(
    sandbox: Sandbox, stream: str
) -> None:
    settle(sandbox)
    history = one_hotel(sandbox, stream, start_date="2026-01-15", page_size=10)
    due = owed(history)
    seen: set[str] = set()
    states = 0
    for message in history.run().messages:
        if message["type"] == "RECORD":
            seen.add(message["record"]["Id"])
        elif message["type"] == "STATE":
            part = message["value"]["bookmarks"][stream]
            reached = moment(part["replication_key_value"])
            assert {key for key, at in due if at <= reached} <= seen
            states += 1
    assert states > 1


@windowed
def test_a_later_run_looks_back_a_little(sandbox: Sandbox, stream: str) -> None:
    history = one_hotel(sandbox, stream, lookback_minutes=7)
    reached = bookmarks(history.run(), stream)[-1]
    sandbox.journal.clear()
    sandbox.live_on(timedelta(days=1))
    history.run()
    (first, *_) = intervals(sandbox.journal.requests(WINDOWED[stream]))
    assert first[0] == reached - timedelta(minutes=7)


@windowed
def test_a_run_after_an_error_repeats_only_the_window_that_was_not_finished(
    sandbox: Sandbox, stream: str
) -> None:
    settle(sandbox)
    make_old(sandbox)
    history = one_hotel(sandbox, stream, start_date="2025-09-01", lookback_minutes=0)
    operation, bad = WINDOWED[stream], moment("2025-12-01")
    sandbox.faults.add(operation, within(sandbox, bad, Status(403)), times=None)
    reached = bookmarks(history.failing(), stream)
    assert reached == [moment(f"2025-{month}-01") for month in (10, 11, 12)]
    sandbox.faults.clear()
    sandbox.journal.clear()
    history.run()
    (first, *_) = intervals(sandbox.journal.requests(operation))
    assert first[0] == bad
    assert history.missing() == {}

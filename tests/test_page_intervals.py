"""Intervals that Mews refuses: what the refusal says is taken, and no row is lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox.contract import Span
from sandbox.faults import Status
from tap_mews.errors import RefusedError
from tests.harness import moment, select, sync
from tests.pages_harness import (
    GROUP_ASSIGNMENTS,
    RESERVATIONS,
    WINDOWED,
    bookmarks,
    interval,
    intervals,
    one_hotel,
    settle,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox import Sandbox
    from sandbox.answers import Reply
    from sandbox.faults import Call
    from sandbox.journal import Request

windowed = pytest.mark.parametrize("stream", WINDOWED)


@dataclass(frozen=True)
class TooLong:
    """Refuses longer intervals than some, in given words."""

    sandbox: Sandbox
    most: timedelta
    words: str

    def __call__(self, call: Call) -> Reply:
        """Refuse, or answer as ever."""
        (request,) = (
            each
            for each in self.sandbox.journal.requests()
            if each.request_id == call.request_id
        )
        start, end = interval(request)
        if end - start > self.most:
            return Status(400, self.words)(call)
        return call.carry_out()


@pytest.mark.parametrize(
    ("words", "most", "longest"),
    [
        ("The interval must not exceed 100:00:00", 4.2, 100 / 24),
        ("The interval must not exceed 10:00:00", 10, 10),
        ("The interval must not exceed 3.00:00:00.", 3, 3),
        ("Invalid UpdatedUtc.", 8, 7),
    ],
)
@windowed
def test_a_refusal_is_read_in_each_of_its_forms(
    sandbox: Sandbox, stream: str, words: str, most: float, longest: float
) -> None:
    operation = WINDOWED[stream]
    fault = TooLong(sandbox, timedelta(days=most), words)
    sandbox.faults.add(operation, fault, times=None)
    history = one_hotel(sandbox, stream, start_date="2026-02-01", end_date="2026-03-01")
    history.run()
    taken = intervals(sandbox.journal.requests(operation))
    assert max(end - start for start, end in taken) == timedelta(days=longest)
    assert sum((end - start for start, end in taken), timedelta()) == timedelta(28)


@windowed
def test_words_that_name_no_span_are_an_error_in_the_end(
    sandbox: Sandbox, stream: str
) -> None:
    sandbox.faults.add(WINDOWED[stream], Status(400, "Invalid UpdatedUtc."), times=None)
    result = one_hotel(sandbox, stream, start_date="2026-02-15").failing()
    assert isinstance(result.error, RefusedError)
    assert 3 < len(sandbox.journal.requests(WINDOWED[stream])) < 20


@windowed
@pytest.mark.parametrize("span", ["10D", "100h", "1D12h"])
def test_a_refusal_teaches_the_longest_interval(
    sandbox: Sandbox, stream: str, span: str
) -> None:
    settle(sandbox)
    operation = WINDOWED[stream]
    sandbox.limits.max_interval[operation] = span
    history = one_hotel(sandbox, stream)
    log = history.run().log
    assert ", 0:00:00" not in log
    taken = intervals(sandbox.journal.requests(operation))
    assert (
        max(end - start for start, end in taken)
        == Span.parse(span).after(taken[0][0]) - taken[0][0]
    )
    assert history.missing() == {}


@windowed
def test_what_a_refusal_teaches_holds_for_the_run(
    sandbox: Sandbox, stream: str
) -> None:
    operation = WINDOWED[stream]
    sandbox.limits.max_interval[operation] = "10D"
    history = one_hotel(sandbox, stream, start_date="2025-03-01", max_concurrency=1)
    history.run()
    statuses = [each.status for each in sandbox.journal.requests(operation)]
    # of a year's months two are under way when the first one is refused, so no more
    assert 1 <= statuses.count(400) <= 2


@windowed
def test_a_refusal_that_names_no_span_halves_the_window(
    sandbox: Sandbox, stream: str
) -> None:
    settle(sandbox)
    operation = WINDOWED[stream]
    history = one_hotel(sandbox, stream, start_date="2026-02-01", end_date="2026-02-17")
    wordless = Status(400, "The interval of UpdatedUtc is too long.")
    sandbox.faults.add(operation, wordless, times=2)
    result = history.run()
    days = [
        (end - start) // timedelta(days=1)
        for start, end in map(interval, sandbox.journal.requests(operation))
    ]
    assert days == [16, 8, 4, 4, 4, 4]
    assert bookmarks(result, stream) == [moment("2026-02-17")]


@windowed
def test_another_refusal_is_not_taken_for_one_of_the_interval(
    sandbox: Sandbox, stream: str
) -> None:
    sandbox.faults.add(WINDOWED[stream], Status(400, "Invalid Limitation."), times=None)
    result = one_hotel(sandbox, stream, start_date="2026-02-15").failing()
    assert isinstance(result.error, RefusedError)
    assert len(sandbox.journal.requests(WINDOWED[stream])) == 1


def test_an_interval_that_is_refused_however_short_is_an_error(
    sandbox: Sandbox,
) -> None:
    refused = Status(400, "The interval must not exceed 0h.")
    sandbox.faults.add(GROUP_ASSIGNMENTS, refused, times=None)
    stream = "reservation_group_source_assignments"
    result = one_hotel(sandbox, stream).failing()
    assert isinstance(result.error, RefusedError)


def test_the_refreshing_of_companionships_learns_its_interval_too(
    sandbox: Sandbox,
) -> None:
    sandbox.limits.max_interval[RESERVATIONS] = "10D"
    one_hotel(sandbox, "companionships", companionship_refresh_days=30).run()
    asked = sandbox.journal.requests(RESERVATIONS)
    found = intervals(asked, "CollidingUtc")
    assert all(end - start <= timedelta(days=10) for start, end in found)
    assert found[-1][1] - found[0][0] == timedelta(days=30)


BY_DAY = {
    "ledger_entries": ("ledgerEntries/getAll", "PostingDate"),
    "ledger_balances": ("ledgerBalances/getAll", "Date"),
}


def days_of(request: Request, name: str) -> Iterator[date]:
    """The days that a request asks for."""
    asked = request.body[name]
    start, end = (date.fromisoformat(asked[key]) for key in ("Start", "End"))
    return (start + timedelta(days=n) for n in range((end - start).days + 1))


@pytest.mark.parametrize(
    ("most", "words"),
    [
        (1, "The interval must not exceed 1D."),
        (1, "The interval must not exceed 36h."),
        (1, "The interval is too long."),
        (1, "Invalid Date."),
        (2, "The interval must not exceed 2D."),
        (7, "The interval must not exceed 7D."),
    ],
)
@pytest.mark.parametrize("start", ["2026-02-20", "2026-02-28"])
@pytest.mark.parametrize("stream", BY_DAY)
def test_a_limit_of_some_days_leaves_each_day_to_be_asked_for_once(
    sandbox: Sandbox, stream: str, start: str, most: int, words: str
) -> None:
    operation, name = BY_DAY[stream]

    def limited(call: Call) -> Reply:
        (request,) = (
            each
            for each in sandbox.journal.requests(operation)
            if each.request_id == call.request_id
        )
        is_long = len([*days_of(request, name)]) > most
        return Status(400, words)(call) if is_long else call.carry_out()

    sandbox.faults.add(operation, limited, times=None)
    config = sandbox.config(extraction="pages", start_date=start)
    sync(config, catalog=select(stream)).ok()
    taken = [
        each
        for each in sandbox.journal.requests(operation)
        if each.status != 400 and each.body["Limitation"]["Cursor"] is None
    ]
    asked = Counter(day for each in taken for day in days_of(each, name))
    tomorrow = sandbox.clock.now().date() + timedelta(days=1)
    first = date.fromisoformat(start)
    days = [first + timedelta(days=n) for n in range((tomorrow - first).days + 1)]
    assert sorted(asked) == days
    assert {*asked.values()} == {1}


def test_a_day_that_is_refused_is_an_error(sandbox: Sandbox) -> None:
    refused = Status(400, "The interval must not exceed 0D.")
    sandbox.faults.add("ledgerBalances/getAll", refused, times=None)
    config = sandbox.config(start_date="2026-02-20")
    result = sync(config, catalog=select("ledger_balances"))
    assert isinstance(result.error, RefusedError)
    assert len(sandbox.journal.requests("ledgerBalances/getAll")) < 10

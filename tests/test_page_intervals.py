"""Intervals that Mews refuses: what the refusal says is taken, and no row is lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox.contract import Span
from sandbox.faults import Status
from tap_mews.errors import RefusedError
from tests.harness import moment
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
    from sandbox import Sandbox
    from sandbox.answers import Reply
    from sandbox.faults import Call

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

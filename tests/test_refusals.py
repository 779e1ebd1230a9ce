"""Refusals of an interval: each way to read them, and what is asked for then."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.contract import Span
from tap_mews.api.refusals import named_intervals, next_interval, shortest_interval
from tap_mews.errors import RefusedError
from tests.harness import moment

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)

READINGS = {
    "The interval must not exceed 3M1D.": (85 * DAY,),
    "The interval must not exceed 1M.": (28 * DAY,),
    "The interval must not exceed 100D": (100 * DAY,),
    "The interval must not exceed 100h.": (100 * HOUR,),
    "The interval must not exceed 2W": (14 * DAY,),
    "Interval UpdatedUtc must not exceed 10D5h": (10 * DAY + 5 * HOUR,),
    "The interval must not exceed 90m": (90 * MINUTE,),
    "The interval must not exceed 3 months.": (84 * DAY,),
    "The interval must not exceed 3 months and 1 day.": (85 * DAY,),
    "The interval must not exceed 95 days, but it has 120 days.": (95 * DAY,),
    "The interval must not exceed 100:00:00": (100 * DAY, 100 * HOUR),
    "The interval must not exceed 24:00:00.": (24 * DAY, 24 * HOUR),
    "The interval must not exceed 3.00:00:00.": (3 * DAY,),
    "The interval must not exceed 92.00:00:00": (92 * DAY,),
    "The interval must not exceed 1.12:30:00.0000000": (DAY + 12 * HOUR + 30 * MINUTE,),
    "The interval must not exceed 72:00": (72 * DAY, 72 * HOUR),
    "The interval is too long.": (),
    "The interval must not exceed a quarter.": (),
    "The interval must not exceed 100 rows.": (),
    "The interval must not exceed 99999999999999D.": (),
    "The interval must not exceed " + "9" * 400: (),
    "Invalid UpdatedUtc.": (),
    "": (),
}


@pytest.mark.parametrize(("message", "readings"), READINGS.items())
def test_a_refusal_is_read_in_each_way(
    message: str, readings: tuple[timedelta, ...]
) -> None:
    assert named_intervals(message) == readings


@given(st.text(max_size=500))
def test_no_words_are_too_odd(words: str) -> None:
    message = f"The interval must not exceed {words}"
    readings = named_intervals(message)
    assert list(readings) == sorted(readings, reverse=True)
    error = RefusedError(
        message, status=400, intervals=readings, shortest=shortest_interval(message)
    )
    found = next_interval(error, 31 * DAY)
    assert found is not None
    assert SECOND <= found < 31 * DAY


@pytest.mark.parametrize("span", [Span(months=3, days=1), Span(months=1)])
def test_months_are_read_as_the_shortest_ones(span: Span) -> None:
    (found,) = named_intervals(f"The interval must not exceed {span}.")
    start = moment("2026-02-01T00:00:00Z")
    assert start + found <= span.after(start) < start + found + 9 * DAY


ABOUT = {
    "The interval must not exceed 3M1D.": SECOND,
    "Interval is too long": SECOND,
    "Invalid UpdatedUtc.": DAY,
    "Invalid CollidingUtc.": DAY,
    "Invalid Filters.UpdatedUtc.": DAY,
    "Invalid PostingDate.": DAY,
    "Invalid Limitation.": None,
    "Invalid ServiceIds.": None,
    "Invalid JSON.": None,
    "UpdatedUtc is required.": None,
    "": None,
}


@pytest.mark.parametrize(("message", "shortest"), ABOUT.items())
def test_what_a_refusal_is_about(message: str, shortest: timedelta | None) -> None:
    assert shortest_interval(message) == shortest


def asked(message: str, first: timedelta) -> list[timedelta]:
    """What is asked for when it is refused each time in the same words."""
    error = RefusedError(
        message,
        status=400,
        intervals=named_intervals(message),
        shortest=shortest_interval(message),
    )
    lengths = [first]
    while (length := next_interval(error, lengths[-1])) is not None:
        lengths.append(length)
    return lengths[1:]


def test_the_longest_reading_is_tried_and_then_the_next() -> None:
    lengths = asked("The interval must not exceed 100:00:00", 120 * DAY)
    assert lengths[:3] == [100 * DAY, 100 * HOUR, 50 * HOUR]
    assert lengths[-1] == SECOND


def test_a_reading_that_is_no_shorter_is_passed_over() -> None:
    assert asked("must not exceed 100:00:00 (interval)", 31 * DAY)[0] == 100 * HOUR
    assert asked("The interval must not exceed 3M1D.", 28 * DAY)[0] == 14 * DAY


def test_words_without_a_span_are_tried_down_to_a_day() -> None:
    assert asked("Invalid UpdatedUtc.", 31 * DAY)[-1] < DAY
    assert len(asked("Invalid UpdatedUtc.", 31 * DAY)) == 5
    assert asked("Invalid UpdatedUtc.", DAY) == []


def test_a_refusal_of_something_else_makes_nothing_shorter() -> None:
    assert asked("Invalid Limitation.", 31 * DAY) == []

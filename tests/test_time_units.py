"""Days, hours and months begin where a property's clocks say."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from itertools import islice, pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.clock import UTC, utc_text
from tap_mews.pages.time_units import Period, TimeUnits, UnknownZoneError
from tests.harness import moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

ZONES = (
    "Europe/Budapest",
    "America/New_York",
    "Asia/Kolkata",
    "Africa/Cairo",
    "America/Havana",
    "Pacific/Apia",
    "UTC",
)


def starts(zone: str, period: Period, first: str) -> Iterator[str]:
    """When time units begin, from the one that a moment lies in."""
    units = TimeUnits(zone, period)
    start = units.start_of(moment(first))
    while True:
        yield utc_text(start)
        start = units.after(start)


@pytest.mark.parametrize(
    ("zone", "first", "expected"),
    [
        # 23 hours, then 25
        ("Europe/Budapest", "2026-03-28", "03-27T23 03-28T23 03-29T22"),
        ("Europe/Budapest", "2026-10-24", "10-23T22 10-24T22 10-25T23"),
        ("America/New_York", "2026-03-08", "03-07T05 03-08T05 03-09T04"),
        ("America/New_York", "2026-11-01", "10-31T04 11-01T04 11-02T05"),
        # no midnight: the day begins an hour later by the clock
        ("Africa/Cairo", "2026-04-23", "04-22T22 04-23T22 04-24T21"),
        # two midnights: the first one
        ("America/Havana", "2026-11-01", "10-31T04 11-01T04 11-02T05"),
    ],
)
def test_days_begin_at_local_midnight(zone: str, first: str, expected: str) -> None:
    found = islice(starts(zone, Period.DAY, f"{first}T00:30:00Z"), 3)
    assert [*found] == [f"2026-{each}:00:00Z" for each in expected.split()]


def test_months_begin_on_their_first_day() -> None:
    found = islice(starts("Europe/Budapest", Period.MONTH, "2026-10-31T22:59:59Z"), 4)
    assert [*found] == [
        "2026-09-30T22:00:00Z",
        "2026-10-31T23:00:00Z",
        "2026-11-30T23:00:00Z",
        "2026-12-31T23:00:00Z",
    ]


def test_hours_begin_by_the_clock_of_the_property() -> None:
    found = islice(starts("Asia/Kolkata", Period.HOUR, "2026-03-01T06:45:10Z"), 2)
    assert [*found] == ["2026-03-01T06:30:00Z", "2026-03-01T07:30:00Z"]


@given(
    zone=st.sampled_from(ZONES),
    period=st.sampled_from(Period),
    at=st.datetimes(
        min_value=moment("2011-01-01").replace(tzinfo=None),
        max_value=moment("2035-01-01").replace(tzinfo=None),
    ),
)
def test_a_moment_lies_in_one_unit(zone: str, period: Period, at: datetime) -> None:
    units, now = TimeUnits(zone, period), at.replace(tzinfo=UTC)
    start = units.start_of(now)
    following = units.after(start)
    assert start <= now < following
    assert units.start_of(start) == start
    assert units.start_of(following) == following


def test_each_day_of_a_year_comes_once() -> None:
    for zone in ZONES:
        days = [*islice(starts(zone, Period.DAY, "2026-01-01T12:00:00Z"), 366)]
        assert len({*days}) == 366
        lengths = {moment(after) - moment(day) for day, after in pairwise(days)}
        assert lengths <= {timedelta(hours=hours) for hours in (23, 24, 25)}


@pytest.mark.parametrize(
    "zone",
    ["", "Europe", "Nowhere/City", "../../etc/passwd", "/etc/passwd", "a\0b", "é"],
)
def test_what_is_no_time_zone_is_told_apart(zone: str) -> None:
    with pytest.raises(UnknownZoneError):
        TimeUnits(zone, Period.DAY)


def test_zones_are_known_on_a_machine_that_has_none() -> None:
    """`tzdata` has them, for Windows and small images."""
    program = (
        "import zoneinfo; from tap_mews.pages.time_units import *;"
        "assert not zoneinfo.TZPATH; TimeUnits('Europe/Budapest', Period.DAY)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONTZPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")

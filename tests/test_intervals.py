"""Time is cut without gaps, whatever it is."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_mews.reading.windows import Window, cut
from tap_mews.timestamps import ONE_DAY, at_midnight, format_moment, parse_moment

UTC = timezone.utc
NO_GAP = timedelta()

moments = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(microsecond=0))
midnights = moments.map(lambda moment: at_midnight(moment.date()))
lengths = st.timedeltas(timedelta(hours=6), timedelta(days=400)).map(
    lambda length: length - timedelta(microseconds=length.microseconds)
)
years = st.timedeltas(NO_GAP, timedelta(days=1500)).map(
    lambda length: length - timedelta(microseconds=length.microseconds)
)


@given(moments, years, lengths)
def test_slices_cover_all_from_start_to_end(
    start: datetime, span: timedelta, longest: timedelta
) -> None:
    found = list(cut(start, start + span, longest, NO_GAP))
    assert found[0].start == start
    assert found[-1].end == start + span
    assert all(before.end == after.start for before, after in pairwise(found))


@given(moments, years, lengths)
def test_slices_are_as_long_as_they_may_be_and_no_longer(
    start: datetime, span: timedelta, longest: timedelta
) -> None:
    found = [
        (each.start, each.end) for each in cut(start, start + span, longest, NO_GAP)
    ]
    taken = [end - begin for begin, end in found if begin is not None]
    assert set(taken[:-1]) <= {longest}
    assert taken[-1] <= longest


@given(midnights, st.integers(0, 900), st.integers(1, 180))
def test_slices_of_dates_hold_each_day_once(
    start: datetime, days: int, longest: int
) -> None:
    end = start + timedelta(days=days)
    held: list[date] = []
    for window in cut(start, end, timedelta(days=longest - 1), ONE_DAY):
        assert window.start is not None
        count = (window.end - window.start).days + 1
        assert 1 <= count <= longest
        held += [(window.start + timedelta(days=n)).date() for n in range(count)]
    assert held == [(start + timedelta(days=n)).date() for n in range(days + 1)]


@given(moments, lengths, lengths)
def test_there_are_no_slices_of_a_span_that_ends_before_it_starts(
    start: datetime, span: timedelta, longest: timedelta
) -> None:
    assert list(cut(start, start - span, longest, NO_GAP)) == []


def test_a_leap_day_is_a_day() -> None:
    start, end = datetime(2024, 2, 28, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)
    found = [str(each.end.date()) for each in cut(start, end, NO_GAP, ONE_DAY)]
    assert found == ["2024-02-28", "2024-02-29", "2024-03-01"]


@given(moments, lengths)
def test_halves_make_up_the_window(start: datetime, length: timedelta) -> None:
    left, right = Window(start, start + length).halves()
    assert (left.start, left.end, right.end) == (start, right.start, start + length)
    assert abs((left.end - start) - (right.end - left.end)) <= timedelta(seconds=1)


@given(midnights, st.integers(1, 400))
def test_halves_of_dates_share_no_day(start: datetime, days: int) -> None:
    end = start + timedelta(days=days)
    left, right = Window(start, end).halves(ONE_DAY)
    assert (left.start, right.end) == (start, end)
    assert right.start == left.end + ONE_DAY
    assert right.start <= end


def test_a_window_without_a_start_has_no_halves() -> None:
    with pytest.raises(ValueError, match="without a start"):
        Window(None, datetime(2026, 1, 1, tzinfo=UTC)).halves()


@given(moments)
def test_a_moment_is_read_as_it_was_written(moment: datetime) -> None:
    assert parse_moment(format_moment(moment)) == moment


@given(moments, st.timedeltas(timedelta(hours=-23), timedelta(hours=23)))
def test_a_moment_is_the_same_in_every_zone(
    moment: datetime, offset: timedelta
) -> None:
    minutes = timedelta(minutes=offset // timedelta(minutes=1))
    there = moment.astimezone(timezone(minutes))
    assert parse_moment(there.isoformat()) == moment
    assert format_moment(there) == format_moment(moment)


@given(moments, st.integers(0, 9_999_999))
def test_fractions_are_cut_off(moment: datetime, fraction: int) -> None:
    text = format_moment(moment).replace("Z", f".{fraction:07}Z")
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01", "2026-03-01T00:00:00Z"),
        ("2024-02-29", "2024-02-29T00:00:00Z"),
        ("2026-03-01T05", None),
        ("2026-03-01T05:06", "2026-03-01T05:06:00Z"),
        ("2026-03-01 05:06:07", "2026-03-01T05:06:07Z"),
        ("2026-03-01t05:06:07z", "2026-03-01T05:06:07Z"),
        ("2026-03-01T05:06:07+0130", "2026-03-01T03:36:07Z"),
        ("2026-03-01T05:06:07.9-01:30", "2026-03-01T06:36:07Z"),
        (" 2026-03-01 ", "2026-03-01T00:00:00Z"),
        ("2026-02-29", None),
        ("2026-03-01T24:00:00Z", None),
        ("2026-03-01T05:60:00Z", None),
        ("2026-03-01T05:06:07 Europe/Vienna", None),
        ("20260301", None),
        ("2026-3-1", None),
        ("1772323200", None),
        ("", None),
        ("1900-01-01", "1900-01-01T00:00:00Z"),
        ("1899-12-31", None),
        ("0001-01-01", None),
        ("0001-01-01T00:00:00+05:00", None),
        ("0000-01-01", None),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("9999-12-31T23:59:59-05:00", None),
        ("\N{FULLWIDTH DIGIT TWO}026-03-01", None),
    ],
)
def test_only_iso_8601_is_read(text: str, moment: str | None) -> None:
    if moment is None:
        with pytest.raises(ValueError, match=r".+"):
            parse_moment(text)
    else:
        assert format_moment(parse_moment(text)) == moment

"""Days that begin during a run, and days that not every year has."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from sandbox import Sandbox
from tests.export_harness import by_exports, postings, spans
from tests.harness import FastClock, moment, select, sync
from tests.pages_harness import WINDOWED, History, intervals, settle
from tests.times.kinds import ALL, KINDS, SECOND, UTC, missing

MIDNIGHTS = [
    datetime(2026, 3, 6, tzinfo=UTC),
    datetime(2027, 1, 1, tzinfo=UTC),
    datetime(2026, 3, 1, tzinfo=UTC),
    datetime(2028, 2, 29, tzinfo=UTC),
    datetime(2028, 3, 1, tzinfo=UTC),
]


@pytest.mark.parametrize("midnight", MIDNIGHTS, ids=lambda each: f"{each:%Y-%m-%d}")
def test_a_run_over_midnight_loses_no_row(midnight: datetime) -> None:
    before = midnight - timedelta(seconds=40)
    with Sandbox(properties=1, days=3, start=before) as sandbox:
        sandbox.limits.requests = 1_000_000
        sandbox.exports.seconds = 90
        # the hotels go on while exports are waited for
        clock = FastClock(sandbox)
        clock.after(30, lambda: sandbox.live_on(SECOND * 30))
        config = by_exports(sandbox, ledger_lookback_days=0, lookback_minutes=0)
        first = sync(config, catalog=select(*ALL), clock=clock).ok()
        assert sandbox.clock.now() > midnight + SECOND * 30
        *_, asked = postings(sandbox)
        assert asked[1] == f"{midnight:%Y-%m-%d}"
        sandbox.live_on(timedelta(hours=20))
        settle(sandbox)
        second = sync(config, first.state, select(*ALL), FastClock(sandbox)).ok()
        assert missing(sandbox, first, second, streams=ALL) == {}
        assert sandbox.journal.breaches == []


@pytest.mark.parametrize("year", [2026, 2028])
def test_days_at_the_end_of_february_are_each_asked_for_once(year: int) -> None:
    start = datetime(year, 3, 2, 12, tzinfo=UTC)
    with Sandbox(properties=1, days=3, start=start) as sandbox:
        sandbox.limits.requests = 1_000_000
        settle(sandbox)
        config = by_exports(sandbox, start_date=f"{year}-02-26", export_window_days=1)
        result = sync(config, catalog=select(*KINDS), clock=FastClock(sandbox)).ok()
        assert missing(sandbox, result) == {}
        day, days = datetime(year, 2, 26, tzinfo=UTC), []
        while day <= start + timedelta(days=1):
            days.append(f"{day:%Y-%m-%d}")
            day += timedelta(days=1)
        assert postings(sandbox) == [(each, each) for each in days]
        assert f"{year}-02-29" in days or year != 2028
        found = spans(sandbox)
        assert all(one[1] == other[0] for one, other in pairwise(found))
        assert sandbox.journal.breaches == []


@pytest.mark.parametrize(
    "start_date",
    ["2027-12-31", "2028-01-29", "2028-01-30T23:59:59Z", "2028-01-31", "2028-02-29"],
)
def test_months_that_begin_on_a_day_that_others_lack_lose_no_row(
    start_date: str,
) -> None:
    start = datetime(2028, 3, 31, 12, tzinfo=UTC)
    with Sandbox(properties=1, days=40, reservations_per_day=0.5, start=start) as hotel:
        hotel.limits.requests = 1_000_000
        settle(hotel)
        pipeline = History(hotel, tuple(WINDOWED), {"start_date": start_date})
        pipeline.run()
        began = moment(start_date)
        for stream, operation in WINDOWED.items():
            found = intervals(hotel.journal.requests(operation))
            assert found[0][0] == began
            assert all(one[1] == other[0] for one, other in pairwise(found))
            if began <= hotel.group.opened:
                assert pipeline.missing().get(stream) is None
        assert hotel.journal.breaches == []

"""The dates of the settings are moments."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tap_mews.errors import InvalidSettingsError
from tests.export_harness import ENTITIES
from tests.harness import FastClock, moment, select, sync
from tests.pages_harness import (
    ENTERPRISES,
    PAGE_ENTITIES,
    WINDOWED,
    intervals,
    latest,
    settle,
    truth,
)

if TYPE_CHECKING:
    from sandbox import Sandbox


@pytest.mark.parametrize(
    ("start_date", "start"),
    [
        ("2026-02-27", "2026-02-27T00:00:00Z"),
        ("2026-02-27T12:00:00", "2026-02-27T12:00:00Z"),
        ("2026-02-27T12:00:00+02:00", "2026-02-27T10:00:00Z"),
        ("2026-02-27T23:30:00-01:00", "2026-02-28T00:30:00Z"),
        ("2026-02-28T00:15:00+0530", "2026-02-27T18:45:00Z"),
        ("2026-02-27T12:00:00.999Z", "2026-02-27T12:00:00Z"),
    ],
)
def test_a_start_date_in_any_form_is_where_pages_begin(
    hotel: Sandbox, start_date: str, start: str
) -> None:
    config = hotel.config(start_date=start_date, companionship_refresh_days=0)
    sync(config, catalog=select(*WINDOWED)).ok()
    for operation in WINDOWED.values():
        assert intervals(hotel.journal.requests(operation))[0][0] == moment(start)


def test_a_start_date_in_the_future_reads_nothing_and_moves_nothing(
    hotel: Sandbox,
) -> None:
    begins = {"start_date": "2026-03-03", "reference_start_date": "2026-03-03"}
    config = hotel.config(**begins, companionship_refresh_days=0)
    catalog = select(*ENTITIES, *PAGE_ENTITIES)
    first = sync(config, catalog=catalog, clock=FastClock(hotel)).ok()
    asked = {each.operation for each in hotel.journal.requests()}
    assert asked == {ENTERPRISES}
    assert {stream for stream, rows in first.records.items() if rows} <= {"enterprises"}
    hotel.live_on(timedelta(days=4))
    settle(hotel)
    second = sync(config, first.state, catalog, FastClock(hotel)).ok()
    start = moment("2026-03-03")
    for stream in ("bills", "source_assignments", "customers"):
        rows = latest(second.records[stream])
        assert rows == {
            key: row
            for key, row in truth(hotel, stream).items()
            if moment(row["UpdatedUtc"]) >= start
        }
    assert second.records["ledger_entries"]
    assert all(
        row["PostingDate"] >= "2026-03-03" for row in second.records["ledger_entries"]
    )


@pytest.mark.parametrize(
    ("start", "end", "valid"),
    [
        ("2026-02-20", "2026-02-20", False),
        ("2026-02-21", "2026-02-20", False),
        ("2026-02-20T00:00:01Z", "2026-02-20", False),
        ("2026-02-20T00:30:00-01:00", "2026-02-20T01:00:00Z", False),
        ("2026-02-20T01:30:00+01:00", "2026-02-20T01:00:00Z", True),
        ("2026-02-20T00:00:00+14:00", "2026-02-20T00:00:00-12:00", True),
        ("2026-02-20T00:00:00.1Z", "2026-02-20T00:00:00.9Z", False),
    ],
)
def test_which_of_two_dates_is_first_is_a_matter_of_moments(
    hotel: Sandbox, start: str, end: str, *, valid: bool
) -> None:
    config = hotel.config(start_date=start, end_date=end)
    result = sync(config, catalog=select("bills"))
    assert isinstance(result.error, InvalidSettingsError) is not valid
    if not valid:
        assert "start_date must be before end_date" in str(result.error)
        assert hotel.journal.requests() == []

"""Rows that are updated exactly where a window ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from sandbox.clock import utc_text
from tests.export_harness import spans
from tests.harness import Result, moment, select, sync
from tests.pages_harness import PAGE_ENTITIES, WINDOWED, intervals, make_old, settle
from tests.times.kinds import SECOND, End, each_end

if TYPE_CHECKING:
    from sandbox import Sandbox


FIVE_DAYS = timedelta(days=5)
BOUND = moment("2026-02-28T12:00:00Z")
OFFSETS = {
    "a second before": -SECOND,
    "a tick before": -timedelta(microseconds=1),
    "exactly then": timedelta(),
    "a tick after": timedelta(microseconds=1),
    "in that second": timedelta(milliseconds=500),
    "at its end": timedelta(microseconds=999_999),
    "a second after": SECOND,
}


def put_rows(sandbox: Sandbox, bounds: list[datetime]) -> dict[str, set[str]]:
    """Put rows of each kind that are updated around some moments.

    Returns:
        Their ids by stream.
    """
    ids: dict[str, set[str]] = {
        stream: set() for stream in ("bills", "customers", *WINDOWED)
    }
    for updated in (bound + offset for bound in bounds for offset in OFFSETS.values()):
        text = utc_text(updated)
        for stream, entity in {
            "bills": "Bill",
            "customers": "Customer",
            "source_assignments": PAGE_ENTITIES["source_assignments"],
        }.items():
            row = sandbox.new_row(entity, UpdatedUtc=text)
            # some rows do not say whose they are
            sandbox.put(entity, row, sandbox.enterprise_ids[0])
            ids[stream].add(row["Id"])
        stream = "reservation_group_source_assignments"
        row = sandbox.new_row(PAGE_ENTITIES[stream])
        sandbox.put(
            PAGE_ENTITIES[stream], row, sandbox.enterprise_ids[0], updated=updated
        )
        ids[stream].add(row["Id"])
        group = str(uuid4())
        stay = sandbox.new_row("Reservation", UpdatedUtc=text, GroupId=group)
        sandbox.put("Reservation", stay, sandbox.enterprise_ids[0])
        guest = sandbox.new_row("Companionship", ReservationGroupId=group)
        sandbox.put("Companionship", guest, sandbox.enterprise_ids[0])
        ids["companionships"].add(guest["Id"])
    return ids


def lost(ids: dict[str, set[str]], *results: Result) -> dict[str, int]:
    """How many of some rows did not come, by stream."""
    return {
        stream: number
        for stream, due in ids.items()
        if (
            number := len(
                due
                - {row["Id"] for result in results for row in result.records[stream]}
            )
        )
    }


AROUND = select("bills", "customers", *WINDOWED)


@pytest.mark.parametrize(
    ("end", "lookback", "fraction"),
    # each two of them together
    [
        ("inclusive", 0, ""),
        ("exclusive", 5, ""),
        ("inclusive", 5, ".4"),
        ("exclusive", 0, ".4"),
        ("inclusive", 0, ".999999"),
        ("exclusive", 5, ".999999"),
    ],
)
def test_no_row_is_lost_where_one_run_ends_and_the_next_begins(
    hotel: Sandbox, end: End, lookback: int, fraction: str
) -> None:
    hotel.limits.interval_end = end
    ids = put_rows(hotel, [BOUND])
    config = hotel.config(lookback_minutes=lookback, companionship_refresh_days=0)
    until = utc_text(BOUND).replace("Z", f"{fraction}Z")
    first = sync({**config, "end_date": until}, catalog=AROUND).ok()
    second = sync(config, first.state, AROUND).ok()
    assert lost(ids, first, second) == {}
    bookmark = first.bookmark("bills")["replication_key_value"]
    assert bookmark == utc_text(BOUND)
    # what comes after the bookmark did not come before it
    after = {
        each["Id"]
        for each in hotel.rows("Bill")
        if moment(each["UpdatedUtc"]) > BOUND and each["Id"] in ids["bills"]
    }
    assert after
    assert not after & {row["Id"] for row in first.records["bills"]}


@each_end
def test_no_row_is_lost_where_one_window_ends_and_the_next_begins(
    hotel: Sandbox, end: End
) -> None:
    make_old(hotel)
    hotel.limits.interval_end = end
    start, bound = moment("2026-01-20T12:00:00Z"), moment("2026-02-20T12:00:00Z")
    ids = put_rows(hotel, [bound, start + timedelta(days=10), start + 2 * FIVE_DAYS])
    config = hotel.config(
        start_date=utc_text(start), export_window_days=10, companionship_refresh_days=0
    )
    result = sync(config, catalog=AROUND).ok()
    for operation in WINDOWED.values():
        windows = intervals(hotel.journal.requests(operation))
        assert windows[0] == (start, bound)
    assert spans(hotel)[0] == (start, start + timedelta(days=10))
    assert lost(ids, result) == {}


@each_end
def test_rows_of_the_very_end_of_a_run_come_with_the_next_one(
    hotel: Sandbox, end: End
) -> None:
    hotel.limits.interval_end = end
    config = hotel.config(lookback_minutes=0, companionship_refresh_days=0)
    first = sync(config, catalog=AROUND).ok()
    bookmark = moment(first.bookmark("bills")["replication_key_value"])
    # committed after the run, though updated before it ended
    ids = put_rows(hotel, [bookmark + SECOND])
    early = put_rows(hotel, [bookmark - timedelta(minutes=4)])
    settle(hotel)
    second = sync({**config, "lookback_minutes": 5}, first.state, AROUND).ok()
    assert lost(ids, second) == {}
    assert lost(early, second) == {}


@each_end
def test_rows_of_the_very_start_date_come(hotel: Sandbox, end: End) -> None:
    hotel.limits.interval_end = end
    ids = put_rows(hotel, [BOUND])
    rows = {
        row["Id"]: moment(row["UpdatedUtc"])
        for entity in ("Bill", "Customer", PAGE_ENTITIES["source_assignments"])
        for row in hotel.rows(entity)
    }
    start = utc_text(BOUND + SECOND / 2)
    config = hotel.config(
        start_date=start, reference_start_date=start, companionship_refresh_days=0
    )
    result = sync(config, catalog=AROUND).ok()
    for stream in ("bills", "customers", "source_assignments"):
        came = {row["Id"] for row in result.records[stream]} & ids[stream]
        assert came == {key for key in ids[stream] if rows[key] >= BOUND}

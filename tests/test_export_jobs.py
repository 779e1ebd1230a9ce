"""The life of an export, from `exports/add` to its last status."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox.faults import Edited, Status
from tap_mews.errors import ExportFailedError, RefusedError, UnexpectedAnswerError
from tests.export_harness import (
    added,
    postings,
    refuse_unknown_exports,
    show,
    spans,
    truth,
    windows,
)
from tests.harness import FastClock, Json, records_by_id, select, sync

if TYPE_CHECKING:
    from sandbox import Sandbox

BILLS = select("bills")
START = "2026-02-01T00:00:00Z"


class NoneFound(Edited):
    """None of the exports that are asked for is known."""

    def edit(self, body: Json) -> None:
        """Remove them."""
        body["Exports"] = []


@pytest.mark.parametrize("status", ["Pending", "Processing"])
def test_an_export_that_runs_is_waited_for(
    sandbox: Sandbox, clock: FastClock, status: str
) -> None:
    show(sandbox, clock, status, 300)
    result = sync(sandbox.config(), catalog=BILLS, clock=clock).ok()
    assert clock.monotonic() > 300
    assert records_by_id("bills", result) == truth(sandbox, "bills")


def test_the_first_look_comes_after_about_half_a_second(
    sandbox: Sandbox, clock: FastClock
) -> None:
    sync(sandbox.config(), catalog=BILLS, clock=clock).ok()
    assert clock.pauses == [pytest.approx(0.5, abs=0.1)]


def test_pauses_grow_up_to_the_setting(sandbox: Sandbox, clock: FastClock) -> None:
    show(sandbox, clock, "Processing", 1000)
    config = sandbox.config(export_poll_seconds=30)
    sync(config, catalog=BILLS, clock=clock).ok()
    longest = pytest.approx(30)
    assert max(clock.pauses) == longest
    assert clock.pauses[-1] == longest
    assert clock.pauses[0] < clock.pauses[len(clock.pauses) // 4] < 29


def test_an_export_that_failed_is_added_again_as_it_was(sandbox: Sandbox) -> None:
    sandbox.exports.fail_next["Bill"] = 1
    result = sync(sandbox.config(start_date=START), catalog=BILLS).ok()
    first, second = windows(sandbox)
    assert first == second
    assert records_by_id("bills", result) == truth(sandbox, "bills")


def test_an_export_that_failed_twice_is_halved(sandbox: Sandbox) -> None:
    sandbox.exports.fail_next["Bill"] = 2
    result = sync(sandbox.config(start_date=START), catalog=BILLS).ok()
    whole, _, left, right = spans(sandbox)
    assert (left[0], left[1], right[1]) == (whole[0], right[0], whole[1])
    assert abs((left[1] - left[0]) - (right[1] - right[0])) <= timedelta(seconds=1)
    assert records_by_id("bills", result) == truth(sandbox, "bills")


def test_an_export_of_everything_that_failed_twice_is_cut_into_windows(
    sandbox: Sandbox,
) -> None:
    sandbox.exports.fail_next["Bill"] = 2
    result = sync(sandbox.config(export_window_days=20), catalog=BILLS).ok()
    asked = windows(sandbox)
    assert asked[:2] == [None, None]
    assert len(asked) > 3
    assert None not in asked[2:]
    assert records_by_id("bills", result) == truth(sandbox, "bills")


def test_posting_dates_that_failed_twice_are_halved_without_a_shared_day(
    sandbox: Sandbox,
) -> None:
    sandbox.exports.fail_next["LedgerEntry"] = 2
    config = sandbox.config(start_date="2026-02-01")
    sync(config, catalog=select("ledger_entries")).ok()
    whole, again, left, right = postings(sandbox)
    assert whole == again == (left[0], right[1])
    days = date.fromisoformat(right[0]) - date.fromisoformat(left[1])
    assert days == timedelta(days=1)


def test_an_export_that_fails_down_to_a_day_is_an_error_with_its_id(
    sandbox: Sandbox,
) -> None:
    sandbox.exports.force_status["Bill"] = "Failed"
    result = sync(sandbox.config(start_date=START), catalog=BILLS)
    assert isinstance(result.error, ExportFailedError)
    assert str(result.error).startswith("bills: ")
    assert sandbox.exports.jobs[-1].id in str(result.error)


def test_exports_that_fail_are_halved_until_they_are_about_a_day(
    sandbox: Sandbox,
) -> None:
    sandbox.exports.force_status["Bill"] = "Failed"
    sync(sandbox.config(start_date=START), catalog=BILLS)
    start, end = spans(sandbox)[-1]
    assert timedelta(hours=11) < end - start <= timedelta(days=1)


def test_after_a_failure_the_next_sync_reads_everything(sandbox: Sandbox) -> None:
    config = sandbox.config(start_date="2026-01-01", export_window_days=10)
    sandbox.exports.force_status["Bill"] = "Failed"
    first = sync(config, catalog=BILLS)
    assert first.error
    sandbox.exports.force_status.clear()
    second = sync(config, first.state, BILLS).ok()
    assert records_by_id("bills", first, second) == truth(sandbox, "bills")


def test_an_export_that_expired_is_added_anew(
    sandbox: Sandbox, clock: FastClock
) -> None:
    show(sandbox, clock, "Expired", 0.7)
    result = sync(sandbox.config(start_date=START), catalog=BILLS, clock=clock).ok()
    first, second = windows(sandbox)
    assert first == second
    assert records_by_id("bills", result) == truth(sandbox, "bills")


@pytest.mark.parametrize("refused", [False, True], ids=["left out", "refused"])
def test_an_export_that_mews_has_forgotten_is_added_anew(
    sandbox: Sandbox, clock: FastClock, *, refused: bool
) -> None:
    if refused:
        refuse_unknown_exports(sandbox)
    clock.after(0.1, lambda: sandbox.exports.forget(sandbox.exports.jobs[-1].id))
    result = sync(sandbox.config(start_date=START), catalog=BILLS, clock=clock).ok()
    first, second = windows(sandbox)
    assert first == second
    assert records_by_id("bills", result) == truth(sandbox, "bills")


def test_exports_that_mews_knows_are_read_beside_one_that_it_has_forgotten(
    sandbox: Sandbox, clock: FastClock
) -> None:
    refuse_unknown_exports(sandbox)
    clock.after(0.1, lambda: sandbox.exports.forget(sandbox.exports.jobs[2].id))
    streams = ("bills", "payments", "companies")
    result = sync(sandbox.config(), catalog=select(*streams), clock=clock).ok()
    assert len(added(sandbox)) == len(streams) + 1
    for stream in streams:
        assert records_by_id(stream, result) == truth(sandbox, stream)


def test_what_mews_says_of_a_request_for_exports_is_told_where_it_is_no_unknown_one(
    sandbox: Sandbox,
) -> None:
    sandbox.faults.add("exports/getAll", Status(400, "Invalid Client."), times=None)
    result = sync(sandbox.config(), catalog=BILLS)
    assert isinstance(result.error, RefusedError)
    assert "Invalid Client." in str(result.error)
    assert len(sandbox.exports.jobs) == 1


@pytest.mark.parametrize("trouble", ["Expired", "forgotten", "refused"])
def test_an_export_that_is_lost_again_and_again_is_an_error_with_its_id(
    sandbox: Sandbox, clock: FastClock, trouble: str
) -> None:
    if trouble == "forgotten":
        sandbox.faults.add("exports/getAll", NoneFound(), times=None)
    elif trouble == "refused":
        unknown = Status(400, "Invalid ExportIds.")
        sandbox.faults.add("exports/getAll", unknown, times=None)
    else:
        sandbox.exports.force_status["Bill"] = trouble
    result = sync(sandbox.config(), catalog=BILLS, clock=clock)
    assert isinstance(result.error, ExportFailedError)
    assert sandbox.exports.jobs[-1].id in str(result.error)
    assert re.match(r"bills: exports/getAll: export .*; ask Mews", str(result.error))
    assert len(sandbox.exports.jobs) < 10


def test_a_status_that_is_not_documented_is_an_error_that_names_it(
    sandbox: Sandbox,
) -> None:
    sandbox.exports.force_status["Bill"] = "Quarantined"
    result = sync(sandbox.config(), catalog=BILLS)
    assert isinstance(result.error, UnexpectedAnswerError)
    assert "Quarantined" in str(result.error)
    assert sandbox.exports.jobs[-1].id in str(result.error)

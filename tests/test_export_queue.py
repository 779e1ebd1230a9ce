"""Exports of several streams at once, and other people's: who waits for whom."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

import pytest

from sandbox.faults import FILES, Call, LostAnswer
from tap_mews.api import transport
from tap_mews.errors import (
    ExportTimeoutError,
)
from tap_mews.exports.orchestrator import MAX_JOBS
from tap_mews.reading.state_form import expanded
from tests.export_harness import ENTITIES, added, by_exports, show, truth, windows
from tests.harness import FastClock, records_by_id, select, sync

if TYPE_CHECKING:
    from sandbox import Sandbox
    from sandbox.answers import Reply
    from sandbox.exports import Job
    from tests.harness import Result

BILLS = select("bills")
EXPORTED = select(*ENTITIES)
START = "2026-02-01T00:00:00Z"


def foreign_job(sandbox: Sandbox, clock: FastClock, seconds: float) -> Job:
    """Let someone else have an export of bills that runs for so long."""
    job = sandbox.exports.add(sandbox.access_token, "Bill", [], {}, None)
    sandbox.exports.force_status[job.id] = "Processing"
    clock.after(seconds, lambda: sandbox.exports.force_status.pop(job.id))
    return job


def test_first_exports_of_all_streams_are_added_before_the_first_look(
    sandbox: Sandbox,
) -> None:
    sync(sandbox.config(start_date=START), catalog=EXPORTED).ok()
    asked = [
        each.operation
        for each in sandbox.journal.requests()
        if each.operation.startswith("exports/")
    ]
    assert asked.index("exports/getAll") == asked.count("exports/add") == len(ENTITIES)


def test_one_look_is_at_all_exports_that_run(sandbox: Sandbox) -> None:
    sync(sandbox.config(start_date=START), catalog=EXPORTED).ok()
    looks = sandbox.journal.requests("exports/getAll")
    assert [len(each.body["ExportIds"]) for each in looks] == [len(ENTITIES)]


def test_exports_do_not_wait_behind_pages(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MAX_REQUESTS", 1)
    all_added = Event()
    came_first = []

    def slow(call: Call) -> Reply:
        came_first.append(all_added.wait(30))
        return call.carry_out()

    def note(call: Call) -> Reply:
        if len(sandbox.journal.requests("exports/add")) == len(ENTITIES):
            all_added.set()
        return call.carry_out()

    sandbox.faults.add("services/getAll", slow)
    sandbox.faults.add("exports/add", note, times=None)
    sync(by_exports(sandbox), catalog=select("services", *ENTITIES)).ok()
    assert came_first == [True]


def test_ten_exports_take_as_long_as_the_slowest(
    sandbox: Sandbox, clock: FastClock
) -> None:
    for number, entity in enumerate(ENTITIES.values(), 1):
        sandbox.exports.force_status[entity] = "Processing"
        clock.after(10.0 * number, partial(sandbox.exports.force_status.pop, entity))
    sync(sandbox.config(), catalog=EXPORTED, clock=clock).ok()
    assert clock.monotonic() < 150


def test_the_next_window_is_added_before_the_files_of_one_are_read(
    sandbox: Sandbox,
) -> None:
    config = sandbox.config(start_date="2026-01-25", export_window_days=10)
    sync(config, catalog=BILLS).ok()
    adds = [each.monotonic for each in sandbox.journal.requests("exports/add")]
    reads = {each.job: each.monotonic for each in sandbox.journal.downloads}
    assert len(adds) > 3
    assert len(reads) > 2
    jobs = [job.id for job in sandbox.exports.jobs]
    assert all(
        adds[number + 1] < reads[job]
        for number, job in enumerate(jobs[:-1])
        if job in reads
    )


def test_exports_of_other_streams_go_on_while_files_are_read(
    sandbox: Sandbox, clock: FastClock
) -> None:
    def slow(call: Call) -> Reply:
        clock.pass_time(60)
        return call.carry_out()

    sandbox.exports.rows_per_file = 2
    sandbox.faults.add(FILES, slow, times=None)
    show(sandbox, clock, "Processing", 90, "Payment")
    config = sandbox.config(start_date="2026-01-25", export_window_days=20)
    # one window of bills, two of payments
    part = {"replication_key_value": "2026-02-15T00:00:00Z"}
    state = {"bookmarks": {"bills": part}}
    sync(config, state, select("bills", "payments"), clock).ok()
    payments = [
        each
        for each in sandbox.journal.requests("exports/add")
        if each.body["EntityType"] == "Payment"
    ]
    bills = {job.id for job in sandbox.exports.jobs if job.entity == "Bill"}
    reads = [each for each in sandbox.journal.downloads if each.job in bills]
    assert len(payments) == 2
    assert payments[1].monotonic < reads[-1].monotonic


def test_exports_of_other_streams_go_on_while_a_file_is_waited_for(
    sandbox: Sandbox, clock: FastClock
) -> None:
    has_gone_on = Event()
    came_first = []

    def slow(call: Call) -> Reply:
        clock.pass_time(60)
        came_first.append(has_gone_on.wait(30))
        return call.carry_out()

    def note(call: Call) -> Reply:
        reply = call.carry_out()
        if [job.entity for job in sandbox.exports.jobs].count("Payment") > 1:
            has_gone_on.set()
        return reply

    sandbox.faults.add(FILES, slow)
    sandbox.faults.add("exports/add", note, times=None)
    show(sandbox, clock, "Processing", 30, "Payment")
    config = sandbox.config(start_date="2026-01-25", export_window_days=20)
    part = {"replication_key_value": "2026-02-15T00:00:00Z"}
    state = {"bookmarks": {"bills": part}}
    sync(config, state, select("bills", "payments"), clock).ok()
    assert came_first == [True]


def test_an_export_that_was_looked_at_late_does_not_make_later_looks_late(
    sandbox: Sandbox, clock: FastClock
) -> None:
    def slow(call: Call) -> Reply:
        clock.pass_time(3600)
        return call.carry_out()

    sandbox.faults.add(FILES, slow)
    sandbox.exports.seconds = {"Payment": 20}
    dates = {"start_date": "2026-01-10", "export_window_days": 10}
    config = sandbox.config(extraction="exports", **dates)
    part = {"replication_key_value": "2026-02-25T00:00:00Z"}
    state = {"bookmarks": {"bills": part}}
    sync(config, state, select("bills", "payments"), clock).ok()
    assert len(windows(sandbox, "Payment")) == 6
    assert clock.monotonic() < 3600 + 6 * 25


def test_a_history_takes_as_many_looks_as_its_longest_entity_type_needs(
    sandbox: Sandbox, clock: FastClock
) -> None:
    config = sandbox.config(start_date="2026-01-10", export_window_days=10)
    # what is written first has the fewest windows
    part = {"replication_key_value": "2026-02-15T00:00:00Z"}
    state = {"bookmarks": {"bills": part}}
    streams = select("bills", "order_items", "payments", "reservations")
    sync(config, state, streams, clock).ok()
    assert [len(windows(sandbox, each)) for each in ("Bill", "Payment")] == [2, 6]
    assert len(sandbox.journal.requests("exports/getAll")) == 6


@pytest.mark.parametrize("days", [10, 1], ids=["few windows", "many windows"])
def test_a_history_takes_as_long_as_its_slowest_entity_type(
    sandbox: Sandbox, clock: FastClock, days: int
) -> None:
    sandbox.exports.seconds = {"Bill": 20, "OrderItem": 60, "Payment": 45}
    config = sandbox.config(start_date="2026-01-10", export_window_days=days)
    streams = select("bills", "order_items", "payments")
    sync(config, catalog=streams, clock=clock).ok()
    slowest = 60 * len(windows(sandbox, "OrderItem"))
    # the clock of Mews knows whole seconds only
    assert 0.95 * slowest <= clock.monotonic() <= 1.3 * slowest


def with_all_jobs_waiting(sandbox: Sandbox, clock: FastClock) -> Result:
    """A run that ends while its first stream waits, when all others are ready."""
    sandbox.exports.force_status["Bill"] = "Processing"
    config = sandbox.config(
        start_date="2026-01-10", export_window_days=10, export_timeout_minutes=1
    )
    streams = select("bills", "order_items", "payments")
    result = sync(config, catalog=streams, clock=clock)
    sandbox.exports.force_status.clear()
    assert isinstance(result.error, ExportTimeoutError)
    return result


def test_the_state_holds_all_jobs_that_wait_at_mews(
    sandbox: Sandbox, clock: FastClock
) -> None:
    stopped = with_all_jobs_waiting(sandbox, clock)
    for stream in ("bills", "order_items", "payments"):
        entity = ENTITIES[stream]
        jobs = [job.id for job in sandbox.exports.jobs if job.entity == entity]
        assert [each["id"] for each in stopped.bookmark(stream)["exports"]] == jobs
        assert len(jobs) == (1 if stream == "bills" else 6)


def test_only_so_many_jobs_wait_at_mews(sandbox: Sandbox, clock: FastClock) -> None:
    sandbox.exports.seconds = {"Bill": 3000, "Payment": 1}
    config = sandbox.config(start_date="2025-07-01", export_window_days=1)
    result = sync(config, catalog=select("bills", "payments"), clock=clock).ok()
    states = [expanded(each)["bookmarks"]["payments"] for each in result.states]
    assert max(len(each.get("exports", ())) for each in states) == MAX_JOBS
    assert len(windows(sandbox, "Payment")) > 2 * MAX_JOBS
    assert records_by_id("payments", result) == truth(sandbox, "payments")


def test_the_next_run_adopts_all_jobs_that_wait_at_mews(
    sandbox: Sandbox, clock: FastClock
) -> None:
    stopped = with_all_jobs_waiting(sandbox, clock)
    before = len(added(sandbox))
    config = sandbox.config(start_date="2026-01-10", export_window_days=10)
    # nothing is new, so an export more would be one too many
    result = sync(
        {**config, "end_date": end_of_jobs(stopped)},
        stopped.state,
        select("order_items", "payments"),
        clock,
    ).ok()
    assert len(added(sandbox)) == before
    for stream in ("order_items", "payments"):
        due = {
            key: row
            for key, row in truth(sandbox, stream).items()
            if row["UpdatedUtc"] >= "2026-01-10"
        }
        assert records_by_id(stream, result) == due


def end_of_jobs(stopped: Result) -> str:
    """Up to where the last run was to read."""
    end: str = stopped.bookmark("payments")["exports"][-1]["end"]
    return end


def test_another_export_of_the_type_is_waited_for(
    sandbox: Sandbox, clock: FastClock
) -> None:
    foreign_job(sandbox, clock, 1800)
    result = sync(sandbox.config(), catalog=BILLS, clock=clock).ok()
    assert 1800 < clock.monotonic() < 2400
    assert records_by_id("bills", result) == truth(sandbox, "bills")


def test_the_log_says_which_export_is_waited_for(
    sandbox: Sandbox, clock: FastClock
) -> None:
    foreign_job(sandbox, clock, 60)
    result = sync(sandbox.config(), catalog=BILLS, clock=clock).ok()
    assert "INFO bills: waiting for another export of Bill to end" in result.log


def test_a_conflict_is_tried_again_with_growing_pauses(
    sandbox: Sandbox, clock: FastClock
) -> None:
    foreign_job(sandbox, clock, 3600)
    sync(sandbox.config(), catalog=BILLS, clock=clock).ok()
    refused = [
        each.at
        for each in sandbox.journal.requests("exports/add")
        if each.status == 400
    ]
    assert refused[1] - refused[0] < timedelta(seconds=5)
    assert timedelta(seconds=50) < refused[-1] - refused[-2] < timedelta(seconds=90)


def test_a_conflict_that_does_not_end_is_an_error(
    sandbox: Sandbox, clock: FastClock
) -> None:
    foreign_job(sandbox, clock, 7200)
    config = sandbox.config(export_timeout_minutes=60)
    result = sync(config, catalog=BILLS, clock=clock)
    assert isinstance(result.error, ExportTimeoutError)
    assert str(result.error).startswith("bills: ")
    assert clock.monotonic() == pytest.approx(3600, rel=0.1)


def test_an_export_whose_answer_was_lost_is_waited_for(
    sandbox: Sandbox, clock: FastClock
) -> None:
    show(sandbox, clock, "Processing", 120)
    sandbox.faults.add("exports/add", LostAnswer())
    result = sync(sandbox.config(), catalog=BILLS, clock=clock).ok()
    assert records_by_id("bills", result) == truth(sandbox, "bills")


def test_a_time_out_names_export_status_and_age(
    sandbox: Sandbox, clock: FastClock
) -> None:
    show(sandbox, clock, "Processing", 10_000)
    config = sandbox.config(export_timeout_minutes=60)
    result = sync(config, catalog=BILLS, clock=clock)
    assert isinstance(result.error, ExportTimeoutError)
    text = str(result.error)
    assert text.startswith("bills: ")
    assert sandbox.exports.jobs[0].id in text
    assert "Processing" in text
    assert "60 min" in text or "61 min" in text


def test_long_waiting_is_told_every_half_minute_and_no_more_often(
    sandbox: Sandbox, clock: FastClock
) -> None:
    show(sandbox, clock, "Processing", 1200)
    config = sandbox.config(export_poll_seconds=5)
    result = sync(config, catalog=BILLS, clock=clock).ok()
    job = sandbox.exports.jobs[0].id
    told = [line for line in result.logs if "waiting for" in line and job in line]
    assert 30 <= len(told) <= 40
    assert "Processing" in told[-1]


def test_no_export_is_added_twice_without_need(sandbox: Sandbox) -> None:
    sync(sandbox.config(start_date=START), catalog=EXPORTED).ok()
    assert sorted(body["EntityType"] for body in added(sandbox)) == sorted(
        ENTITIES.values()
    )

"""Trouble with one export: told of its own stream, after what comes before it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from sandbox.faults import FILES, Call, Status
from tap_mews.errors import (
    ExportFailedError,
    ExportTimeoutError,
    RefusedError,
    UnavailableError,
)
from tests.export_harness import ENTITIES, show, truth
from tests.harness import FastClock, records_by_id, select, sync

if TYPE_CHECKING:
    from sandbox import Sandbox
    from sandbox.answers import Reply

BILLS = select("bills")
EXPORTED = select(*ENTITIES)
START = "2026-02-01T00:00:00Z"

TROUBLES = ["Quarantined", "Failed"]


@pytest.mark.parametrize("status", TROUBLES)
def test_trouble_with_one_export_is_told_after_the_streams_before_it_are_complete(
    sandbox: Sandbox, clock: FastClock, status: str
) -> None:
    show(sandbox, clock, "Processing", 60)
    sandbox.exports.force_status["Payment"] = status
    config = sandbox.config(start_date=START)
    result = sync(config, catalog=EXPORTED, clock=clock)
    assert str(result.error).startswith("payments: ")
    assert records_by_id("bills", result) == truth(sandbox, "bills")


def test_windows_before_one_that_fails_are_delivered(
    sandbox: Sandbox, clock: FastClock
) -> None:
    # bills have come to their second window long before it is their turn
    show(sandbox, clock, "Processing", 600, "AvailabilityBlock")
    clock.after(0.5, partial(sandbox.exports.fail_next.update, Bill=1000))
    config = sandbox.config(start_date=START, export_window_days=10)
    streams = select("availability_blocks", "bills")
    result = sync(config, catalog=streams, clock=clock)
    assert isinstance(result.error, ExportFailedError)
    until = result.bookmark("bills")["replication_key_value"]
    assert until > START
    assert f"({until} to " in str(result.error)
    assert result.records["bills"]


def refuse_later_exports_of(sandbox: Sandbox, entity: str) -> None:
    """Take the first export of an entity, and refuse all others for no known reason."""
    refusal = Status(400, "Invalid Filters.")

    def fault(call: Call) -> Reply:
        asked = [
            each.body["EntityType"] for each in sandbox.journal.requests("exports/add")
        ]
        refused = asked[-1] == entity and asked.count(entity) > 1
        return refusal(call) if refused else call.carry_out()

    sandbox.faults.add("exports/add", fault, times=None)


def test_a_refused_export_is_told_of_its_own_stream(sandbox: Sandbox) -> None:
    refuse_later_exports_of(sandbox, "Payment")
    config = sandbox.config(start_date=START, export_window_days=10)
    result = sync(config, catalog=EXPORTED)
    assert str(result.error).startswith("payments: ")


def test_a_refused_export_leaves_the_streams_before_it_complete(
    sandbox: Sandbox,
) -> None:
    refuse_later_exports_of(sandbox, "Payment")
    config = sandbox.config(start_date=START, export_window_days=10)
    result = sync(config, catalog=EXPORTED)
    assert result.error
    assert records_by_id("bills", result) == truth(sandbox, "bills")


def test_windows_before_one_that_is_refused_are_delivered(sandbox: Sandbox) -> None:
    refuse_later_exports_of(sandbox, "Bill")
    config = sandbox.config(start_date=START, export_window_days=10)
    result = sync(config, catalog=BILLS)
    assert isinstance(result.error, RefusedError)
    assert result.bookmark("bills")["replication_key_value"] == "2026-02-11T00:00:00Z"
    assert result.records["bills"]


def test_an_export_of_the_run_before_is_delivered_though_the_next_one_is_refused(
    sandbox: Sandbox, clock: FastClock
) -> None:
    config = sandbox.config(start_date=START, export_timeout_minutes=60)
    show(sandbox, clock, "Processing", 4000)
    stopped = sync(config, catalog=BILLS, clock=clock)
    assert isinstance(stopped.error, ExportTimeoutError)
    clock.sleep(400)
    sandbox.faults.add("exports/add", Status(400, "Not today."), times=None)
    result = sync(config, stopped.state, BILLS, clock)
    assert isinstance(result.error, RefusedError)
    assert records_by_id("bills", result) == truth(sandbox, "bills")


def test_a_window_that_is_ready_is_delivered_though_nothing_can_be_looked_at(
    sandbox: Sandbox, clock: FastClock
) -> None:
    def slow(call: Call) -> Reply:
        sandbox.faults.add("exports/getAll", Status(503), times=None)
        clock.pass_time(60)
        return call.carry_out()

    sandbox.faults.add(FILES, slow)
    show(sandbox, clock, "Success", 10)
    config = sandbox.config(start_date=START, export_window_days=20)
    result = sync(config, catalog=BILLS, clock=clock)
    assert isinstance(result.error, UnavailableError)
    assert result.bookmark("bills")["replication_key_value"] == "2026-02-21T00:00:00Z"
    assert result.records["bills"]

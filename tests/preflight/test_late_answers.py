"""First answers that are late: waited for when it is the turn of their stream."""

from __future__ import annotations

from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING

import pytest

from sandbox.faults import Stall, Status
from tap_mews import preflight
from tap_mews.errors import UnavailableError
from tests.export_harness import show
from tests.export_harness import truth as exact_truth
from tests.harness import FastClock, records_by_id, select
from tests.harness import sync as sync_in_process
from tests.pages_harness import (
    ASSIGNMENTS,
    BEFORE_ALL,
)
from tests.preflight.runs import LATE, sync, warnings

if TYPE_CHECKING:
    from sandbox import Sandbox
    from sandbox.answers import Reply
    from sandbox.faults import Call, Fault


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No first answer is waited for before the others are delivered."""
    monkeypatch.setattr(preflight, "FIRST_SECONDS", 0.0)


@pytest.mark.usefixtures("impatient")
def test_a_first_answer_that_is_late_is_waited_for_in_its_turn(
    sandbox: Sandbox,
) -> None:
    streams = ("bills", "payments")
    result = sync(sandbox, *streams, "source_assignments").ok()
    for stream in streams:
        assert records_by_id(stream, result) == exact_truth(sandbox, stream)
    assert result.records["source_assignments"]


@pytest.mark.usefixtures("impatient")
def test_exports_of_others_go_on_while_a_late_first_answer_is_waited_for(
    sandbox: Sandbox,
) -> None:
    clock = FastClock(sandbox)
    has_gone_on = Event()
    came_first = []

    def slow(call: Call) -> Reply:
        clock.pass_time(60)
        came_first.append(has_gone_on.wait(LATE))
        return call.carry_out()

    def note(call: Call) -> Reply:
        reply = call.carry_out()
        if [job.entity for job in sandbox.exports.jobs].count("Payment") > 1:
            has_gone_on.set()
        return reply

    sandbox.faults.add("bills/getAll", slow)
    sandbox.faults.add("exports/add", note, times=None)
    show(sandbox, clock, "Processing", 30, "Payment")
    config = sandbox.config(start_date="2026-01-25", export_window_days=20)
    state = {"bookmarks": {"bills": {"replication_key_value": "2026-02-28T00:00:00Z"}}}
    sync_in_process(config, state, select("bills", "payments"), clock).ok()
    assert came_first == [True]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("skips", [True, False])
def test_a_first_answer_that_is_late_can_be_a_refusal(
    sandbox: Sandbox, *, skips: bool
) -> None:
    sandbox.faults.add(ASSIGNMENTS, Stall(0.5))
    sandbox.access.revoke(ASSIGNMENTS)
    result = sync(
        sandbox, "bills", "source_assignments", skip_unauthorized_streams=skips
    )
    assert records_by_id("bills", result) == exact_truth(sandbox, "bills")
    line = f"source_assignments: {ASSIGNMENTS}: HTTP 401"
    if skips:
        assert result.error is None
        (warning,) = (each for each in warnings(result) if line in each)
        assert "skipping" in warning
    else:
        assert str(result.error).startswith(line)
        assert "ask Mews to enable" in str(result.error)


@pytest.mark.usefixtures("impatient")
def test_a_late_refusal_of_what_was_never_read_fails_no_run(sandbox: Sandbox) -> None:
    segments = "businessSegments/getAll"
    first = sync(sandbox, "bills", "services").ok()
    sandbox.faults.add(segments, Stall(0.5))
    sandbox.access.revoke(segments)
    refused = sync(sandbox, "bills", "business_segments", state=first.state).ok()
    (warning,) = (each for each in warnings(refused) if segments in each)
    assert "skipping" in warning
    sandbox.access.allow(segments)
    read = sync(sandbox, "bills", "business_segments", state=refused.state).ok()
    assert read.records["business_segments"]
    sandbox.live_on(timedelta(days=1))
    sandbox.faults.add(segments, Stall(0.5))
    sandbox.access.revoke(segments)
    lost = sync(sandbox, "bills", "business_segments", state=read.state)
    assert str(lost.error).startswith(f"business_segments: {segments}: HTTP 401")


@pytest.mark.parametrize("fault", [Status(503), Status(408)], ids=repr)
def test_trouble_of_one_stream_comes_when_those_before_it_are_delivered(
    sandbox: Sandbox, fault: Fault
) -> None:
    # the ledger comes before the payments, and the source assignments after them
    sandbox.faults.add("payments/getAll", fault, times=None)
    streams = ("bills", "ledger_entries", "payments", "source_assignments")
    result = sync(sandbox, *streams, extraction="pages", start_date=BEFORE_ALL)
    assert str(result.error).startswith("payments: payments/getAll: HTTP ")
    assert [*result.records] == ["bills", "ledger_entries"]
    for stream in ("bills", "ledger_entries"):
        assert records_by_id(stream, result) == exact_truth(sandbox, stream)


def test_trouble_of_an_export_comes_when_the_streams_before_it_are_delivered(
    sandbox: Sandbox,
) -> None:
    def fault(call: Call) -> Reply:
        (body,) = (
            each.body
            for each in sandbox.journal.requests("exports/add")
            if each.request_id == call.request_id
        )
        down = body["EntityType"] == "Payment"
        return Status(503)(call) if down else call.carry_out()

    sandbox.faults.add("exports/add", fault, times=None)
    result = sync(sandbox, "bills", "payments", "reservations")
    assert isinstance(result.error, UnavailableError)
    assert str(result.error).startswith("payments: exports/add: HTTP 503")
    assert records_by_id("bills", result) == exact_truth(sandbox, "bills")
    assert not result.records["reservations"]

"""All streams begin at once, and the first answer to each is the permission check."""

from __future__ import annotations

import sys
import threading
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from sandbox.faults import Status
from tap_mews.errors import RefusedError, UnauthorizedError
from tests.export_harness import ENTITIES, added
from tests.export_harness import truth as exact_truth
from tests.harness import Result, records_by_id
from tests.pages_harness import (
    ASSIGNMENTS,
    BEFORE_ALL,
    COMPANIONSHIPS,
    ENTERPRISES,
    GROUP_ASSIGNMENTS,
    RESERVATIONS,
    settle,
)
from tests.preflight.runs import ALL, LATE, sync, warnings

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox import Sandbox
    from sandbox.answers import Reply
    from sandbox.faults import Call, Fault
    from tests.harness import Json


NOT_ENABLED = Status(401, "Your integration is not allowed to use this.")
NO_EXPORTS = "reading page by page instead"


def refusal(result: Result) -> str:
    """The line of a run that ended before it emitted anything but its jobs."""
    assert isinstance(result.error, UnauthorizedError)
    assert {message["type"] for message in result.messages} <= {"STATE"}
    return str(result.error)


def refuse_exports_of(sandbox: Sandbox, *entities: str) -> None:
    """Refuse `exports/add` of some entity types."""

    def fault(call: Call) -> Reply:
        (body,) = (
            each.body
            for each in sandbox.journal.requests("exports/add")
            if each.request_id == call.request_id
        )
        refused = body["EntityType"] in entities
        return NOT_ENABLED(call) if refused else call.carry_out()

    sandbox.faults.add("exports/add", fault, times=None)


@dataclass
class Together:
    """Answers come only when so many requests wait for one."""

    count: int
    arrived: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._barrier = threading.Barrier(self.count)

    def of(self, sandbox: Sandbox) -> Fault:
        """The fault of the first requests."""

        def fault(call: Call) -> Reply:
            self.arrived.append(call.request_id)
            self._barrier.wait(LATE)
            return call.carry_out()

        # the list of properties comes before all
        sandbox.faults.add("*", fault, times=self.count, after=1)
        return fault


def after(condition: Callable[[], bool], fault: Fault) -> Fault:
    """A fault that waits for something."""

    def waiting(call: Call) -> Reply:
        for _ in range(LATE * 100):
            if condition() or call.stopped.wait(0.01):
                break
        return fault(call)

    return waiting


def test_all_streams_are_asked_for_before_any_is_answered(sandbox: Sandbox) -> None:
    together = Together(len(ALL) - 1)
    together.of(sandbox)
    sync(sandbox, max_concurrency=32).ok()
    listed, *first = sandbox.journal.requests()[: len(ALL)]
    assert listed.operation == ENTERPRISES
    assert {each.request_id for each in first} == set(together.arrived)
    assert {each.body["EntityType"] for each in first if "EntityType" in each.body} == {
        *ENTITIES.values()
    }
    assert {each.operation for each in first} == {
        "exports/add",
        ASSIGNMENTS,
        GROUP_ASSIGNMENTS,
        RESERVATIONS,
    }


def test_no_request_is_made_only_to_ask(sandbox: Sandbox) -> None:
    sync(sandbox).ok()
    asked = sandbox.journal.requests()
    assert len([each for each in asked if each.operation == ENTERPRISES]) == 1
    for each in asked:
        assert each.body.get("Limitation", {"Count": 1000})["Count"] == 1000
    # what comes through exports is not asked for page by page
    assert {each.operation for each in asked} == {
        "exports/add",
        "exports/getAll",
        ASSIGNMENTS,
        COMPANIONSHIPS,
        ENTERPRISES,
        GROUP_ASSIGNMENTS,
        RESERVATIONS,
    }


def test_nothing_is_written_before_the_last_stream_is_answered(
    sandbox: Sandbox,
) -> None:
    def others_have_answered() -> bool:
        asked = sandbox.journal.requests()
        return sum(each.status == 200 for each in asked) >= len(ALL) - 1

    late = after(others_have_answered, NOT_ENABLED)
    sandbox.faults.add(ASSIGNMENTS, late, times=None)
    line = refusal(sync(sandbox, max_concurrency=32))
    assert others_have_answered()
    assert line.startswith("source_assignments: ")


def test_the_jobs_of_a_run_that_lacks_a_permission_are_adopted_by_the_next(
    sandbox: Sandbox,
) -> None:
    sandbox.access.revoke(ASSIGNMENTS)
    stopped = sync(sandbox, "bills", "source_assignments")
    refusal(stopped)
    jobs = [job.id for job in sandbox.exports.jobs]
    assert [each["id"] for each in stopped.bookmark("bills")["exports"]] == jobs
    sandbox.access.allow(ASSIGNMENTS)
    result = sync(sandbox, "bills", "source_assignments", state=stopped.state).ok()
    assert f"resuming export {jobs[0]}" in result.log
    assert records_by_id("bills", result) == exact_truth(sandbox, "bills")
    assert len(jobs) == 1


def test_everything_that_is_missing_is_named_at_once(sandbox: Sandbox) -> None:
    sandbox.access.revoke(ASSIGNMENTS)
    sandbox.access.revoke(COMPANIONSHIPS, 403)
    refuse_exports_of(sandbox, "LedgerEntry")
    line = refusal(sync(sandbox, extraction="exports"))
    for words in (
        f"source_assignments: {ASSIGNMENTS}: HTTP 401",
        f"companionships: {COMPANIONSHIPS}: HTTP 403",
        "ledger_entries: exports/add: HTTP 401",
    ):
        assert words in line
    assert "bills" not in line
    assert "RequestId" in line


@pytest.mark.parametrize(
    ("stream", "operation"),
    [
        ("source_assignments", ASSIGNMENTS),
        ("reservation_group_source_assignments", GROUP_ASSIGNMENTS),
        ("companionships", RESERVATIONS),
    ],
)
def test_a_stream_that_may_not_be_read_costs_a_request_for_each_property(
    sandbox: Sandbox, stream: str, operation: str
) -> None:
    """One for all, and one for each, since permissions can differ."""
    sandbox.access.revoke(operation)
    refusal(sync(sandbox, stream, start_date="2025-03-01"))
    hotels = len(sandbox.enterprise_ids)
    assert len(sandbox.journal.requests(operation)) == 1 + hotels


def test_exports_of_one_entity_type_that_are_not_enabled_are_named(
    sandbox: Sandbox,
) -> None:
    refuse_exports_of(sandbox, "LedgerEntry")
    line = refusal(sync(sandbox, "bills", "ledger_entries", extraction="exports"))
    assert line.startswith("ledger_entries: exports/add: HTTP 401")
    assert "bills" not in line


def test_exports_that_are_refused_are_asked_for_once_for_each_entity_type(
    sandbox: Sandbox,
) -> None:
    sandbox.access.revoke("exports/add")
    result = sync(sandbox, start_date=BEFORE_ALL).ok()
    asked = [
        each.body["EntityType"] for each in sandbox.journal.requests("exports/add")
    ]
    assert sorted(asked) == sorted(ENTITIES.values())
    (line,) = (each for each in warnings(result) if NO_EXPORTS in each)
    assert "exports/add: HTTP 401" in line
    for stream in ENTITIES:
        assert stream in line


def test_one_entity_type_is_read_by_pages_where_its_exports_are_refused(
    sandbox: Sandbox,
) -> None:
    refuse_exports_of(sandbox, "Payment")
    result = sync(sandbox, "bills", "payments").ok()
    (line,) = (each for each in warnings(result) if NO_EXPORTS in each)
    assert line.endswith(f"{NO_EXPORTS}: payments")
    assert [each["EntityType"] for each in added(sandbox)] == ["Bill"]
    for stream in ("bills", "payments"):
        assert records_by_id(stream, result) == exact_truth(sandbox, stream)


def test_both_operations_are_named_where_neither_is_allowed(sandbox: Sandbox) -> None:
    sandbox.access.revoke("exports/add")
    sandbox.access.revoke("bills/getAll", 403)
    line = refusal(sync(sandbox, "bills"))
    assert line.startswith("bills: ")
    assert "exports/add: HTTP 401" in line
    assert "bills/getAll: HTTP 403" in line


@pytest.mark.parametrize("extraction", ["auto", "exports"])
def test_nothing_is_told_of_pages_where_there_are_none(
    sandbox: Sandbox, extraction: str
) -> None:
    sandbox.access.revoke("exports/add")
    sandbox.access.revoke("bills/getAll")
    result = sync(sandbox, "bills", extraction=extraction)
    refusal(result)
    assert NO_EXPORTS not in result.log


def test_what_is_missing_can_be_skipped(sandbox: Sandbox) -> None:
    sandbox.access.revoke(ASSIGNMENTS)
    refuse_exports_of(sandbox, "LedgerEntry")
    result = sync(sandbox, extraction="exports", skip_unauthorized_streams=True).ok()
    emitted = {m["stream"] for m in result.messages if m["type"] == "SCHEMA"}
    assert emitted == {*ALL} - {"source_assignments", "ledger_entries"}
    (line,) = (each for each in warnings(result) if "skipping unauthorized" in each)
    for stream in ("source_assignments", "ledger_entries"):
        assert f"{stream}: " in line


@pytest.mark.parametrize("skips", [True, False])
def test_a_permission_that_shows_late_is_missing_all_the_same(
    sandbox: Sandbox, *, skips: bool
) -> None:
    # the first windows have no reservations whose companionships could be asked for
    sandbox.access.revoke(COMPANIONSHIPS)
    settings: Json = {"start_date": "2025-06-01", "skip_unauthorized_streams": skips}
    result = sync(sandbox, "companionships", "enterprises", **settings)
    line = f"companionships: {COMPANIONSHIPS}: HTTP 401"
    if skips:
        (warning,) = (each for each in warnings(result) if line in each)
        assert "skipping" in warning
        assert result.ok().records["enterprises"]
        reached = result.bookmark("companionships")["replication_key_value"]
        assert reached < "2026-03"
    else:
        assert line in str(result.error)
        assert "ask Mews to enable" in str(result.error)


@pytest.mark.parametrize("stream", ["bills", "source_assignments"])
def test_the_beta_of_exports_is_named_where_exports_are_refused(
    sandbox: Sandbox, stream: str
) -> None:
    sandbox.access.revoke(ASSIGNMENTS)
    sandbox.access.revoke("exports/add")
    line = refusal(sync(sandbox, stream, extraction="exports"))
    assert ("data exports are a restricted beta" in line) == (stream == "bills")


def test_a_run_in_which_everything_would_be_skipped_fails(sandbox: Sandbox) -> None:
    sandbox.access.revoke(ASSIGNMENTS)
    line = refusal(sync(sandbox, "source_assignments", skip_unauthorized_streams=True))
    assert ASSIGNMENTS in line


@pytest.mark.parametrize("skip", [True, False])
def test_a_wrong_token_is_told_as_such(sandbox: Sandbox, *, skip: bool) -> None:
    result = sync(sandbox, access_token="no-such-token", skip_unauthorized_streams=skip)
    line = refusal(result)
    assert "check client_token, access_token and api_url" in line
    assert "no-such-token" not in line


def test_a_request_that_is_wrong_as_such_is_no_missing_permission(
    sandbox: Sandbox,
) -> None:
    sandbox.faults.add("bills/getAll", Status(400))
    result = sync(
        sandbox,
        "bills",
        extraction="pages",
        skip_unauthorized_streams=True,
    )
    assert isinstance(result.error, RefusedError)
    assert str(result.error).startswith("bills: bills/getAll: HTTP 400")


def test_no_stream_is_read_on_when_the_run_has_ended(sandbox: Sandbox) -> None:
    # fewer than the rate limit lets pass: time that passes at once would hold them up
    for _ in range(150):
        sandbox.put("Bill", sandbox.new_row("Bill"))
    settle(sandbox)
    sandbox.access.revoke(ASSIGNMENTS)
    settings: Json = {"extraction": "pages", "start_date": BEFORE_ALL, "page_size": 1}
    refusal(sync(sandbox, "bills", "source_assignments", **settings))
    left = [each for each in threading.enumerate() if each.name.startswith("tap-mews-")]
    for thread in left:
        thread.join(LATE)
    frames = sys._current_frames()
    assert [
        traceback.format_stack(frames[t.ident]) for t in left if t.ident in frames
    ] == []
    assert len(sandbox.journal.requests("bills/getAll")) < 150

"""What the tokens may read is asked first, and told for all streams at once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from sandbox.faults import Status
from tap_mews.errors import RefusedError, UnauthorizedError
from tests.harness import ENTITIES, FastClock, Result, added, run_process, select
from tests.harness import sync as sync_in_process
from tests.pages_harness import (
    ASSIGNMENTS,
    COMPANIONSHIPS,
    ENTERPRISES,
    GROUP_ASSIGNMENTS,
    PAGE_ENTITIES,
    RESERVATIONS,
    interval,
    settle,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.answers import Reply
    from sandbox.faults import Call
    from tests.harness import Json

NOT_ENABLED = Status(401, "Your integration is not allowed to use this.")
HEAD = ["stream", "way"]
ALL = (*ENTITIES, *PAGE_ENTITIES)
PAGED = {
    "availabilityAdjustments/getAll",
    "availabilityBlocks/getAll",
    "bills/getAll",
    "companies/getAll",
    "customers/getAll",
    "orderItems/getAll",
    "payments/getAll",
    "resourceBlocks/getAll",
    ASSIGNMENTS,
    COMPANIONSHIPS,
    ENTERPRISES,
    GROUP_ASSIGNMENTS,
    RESERVATIONS,
}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Two hotels; some of these tests ask with wrong tokens, so no breach counts."""
    with Sandbox(properties=2, days=10, reservations_per_day=1) as sandbox:
        sandbox.limits.requests = 1_000_000
        settle(sandbox)
        yield sandbox


def sync(sandbox: Sandbox, *streams: str, **settings: object) -> Result:
    return sync_in_process(
        sandbox.config(**{"extraction": "auto", **settings}),
        catalog=select(*(streams or ALL)),
        clock=FastClock(sandbox),
        asks_first=True,
    )


def refusal(result: Result) -> str:
    """The line of a run that ended before it emitted anything."""
    assert isinstance(result.error, UnauthorizedError)
    assert {message["type"] for message in result.messages} <= {"STATE"}
    return str(result.error)


def table(result: Result) -> dict[tuple[str, str], str]:
    """What the log tells of each stream and way."""
    lines = [each.removeprefix("INFO ") for each in result.logs]
    first = next(n for n, line in enumerate(lines) if line.split()[:2] == HEAD)
    told = {}
    for line in lines[first + 1 :]:
        stream, way, *access = line.split(maxsplit=2)
        if stream not in ALL or way not in {"exports", "pages"}:
            break
        told[stream, way] = access[0]
    return told


def test_every_way_of_every_stream_is_told(sandbox: Sandbox) -> None:
    told = table(sync(sandbox).ok())
    by_exports = {(stream, "exports") for stream in ENTITIES}
    by_pages = {(stream, "pages") for stream in ALL if stream != "ledger_entries"}
    assert told == dict.fromkeys(by_exports | by_pages, "allowed")


def test_each_operation_is_tried_once_with_the_cheapest_request(
    sandbox: Sandbox,
) -> None:
    sandbox.access.revoke(ASSIGNMENTS)
    refusal(sync(sandbox))
    tried: dict[str, list[Json]] = {}
    for each in sandbox.journal.requests():
        tried.setdefault(each.operation, []).append(each.body)
    # the properties have been listed before
    tried[ENTERPRISES].pop(0)
    assert set(tried) == {*PAGED, "exports/getAll"}
    for operation in PAGED:
        (body,) = tried[operation]
        assert body["Limitation"]["Count"] == 1
    for request in sandbox.journal.requests():
        if "UpdatedUtc" in request.body:
            start, end = interval(request)
            assert end - start <= timedelta(seconds=1)
    assert sandbox.journal.breaches == []


def test_a_run_that_lacks_a_permission_adds_no_export(sandbox: Sandbox) -> None:
    sandbox.access.revoke(ASSIGNMENTS)
    refusal(sync(sandbox))
    assert added(sandbox) == []


def test_everything_that_is_missing_is_named_at_once(sandbox: Sandbox) -> None:
    sandbox.access.revoke(ASSIGNMENTS)
    sandbox.access.revoke(COMPANIONSHIPS, 403)
    sandbox.access.revoke("exports/getAll")
    line = refusal(sync(sandbox))
    for words in (
        f"source_assignments: {ASSIGNMENTS}: HTTP 401",
        f"companionships: {COMPANIONSHIPS}: HTTP 403",
        "ledger_entries: exports/getAll: HTTP 401",
    ):
        assert words in line
    assert "bills" not in line
    assert "RequestId" in line


def test_exports_of_one_entity_type_that_are_not_enabled_are_named(
    sandbox: Sandbox,
) -> None:
    refuse_exports_of(sandbox, "LedgerEntry")
    line = refusal(sync(sandbox, "bills", "ledger_entries", extraction="exports"))
    assert line.startswith("ledger_entries: exports/add: HTTP 401")
    assert "bills" not in line


def refuse_exports_of(sandbox: Sandbox, entity: str) -> None:
    def fault(call: Call) -> Reply:
        body = sandbox.journal.requests("exports/add")[-1].body
        return NOT_ENABLED(call) if body["EntityType"] == entity else call.carry_out()

    sandbox.faults.add("exports/add", fault, times=None)


def test_what_is_missing_can_be_skipped(sandbox: Sandbox) -> None:
    sandbox.access.revoke(ASSIGNMENTS)
    refuse_exports_of(sandbox, "LedgerEntry")
    result = sync(sandbox, extraction="exports", skip_unauthorized_streams=True).ok()
    emitted = {m["stream"] for m in result.messages if m["type"] == "SCHEMA"}
    assert emitted == {*ALL} - {"source_assignments", "ledger_entries"}
    warned = [each for each in result.logs if each.startswith("WARNING")]
    for stream in ("source_assignments", "ledger_entries"):
        (line,) = (each for each in warned if stream in each)
        assert "skipping what may not be read" in line


@pytest.mark.parametrize("stream", ["bills", "source_assignments"])
def test_the_beta_of_exports_is_named_where_exports_are_refused(
    sandbox: Sandbox, stream: str
) -> None:
    sandbox.access.revoke(ASSIGNMENTS)
    sandbox.access.revoke("exports/getAll")
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


def test_a_test_asks_for_what_the_catalog_selects_alone(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.access.revoke(ASSIGNMENTS)
    (tmp_path / "catalog.json").write_text(json.dumps(select("bills")), "utf-8")
    config = sandbox.config()
    done = run_process(
        "--test", "--catalog", "catalog.json", folder=tmp_path, config=config
    )
    assert done.returncode == 0
    asked = {each.operation for each in sandbox.journal.requests()}
    assert asked == {ENTERPRISES, "exports/getAll", "bills/getAll"}


def test_a_test_without_a_catalog_asks_for_everything(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.access.revoke(ASSIGNMENTS)
    done = run_process("--test", folder=tmp_path, config=sandbox.config())
    assert done.returncode == 1
    assert f"source_assignments: {ASSIGNMENTS}: HTTP 401" in done.stderr

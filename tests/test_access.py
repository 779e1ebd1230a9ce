"""401: a wrong token told apart from an operation that is not enabled."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from tap_mews.errors import UnauthorizedError
from tests.harness import run_process, select
from tests.pages_harness import (
    ASSIGNMENTS,
    COMPANIONSHIPS,
    ENTERPRISES,
    GROUP_ASSIGNMENTS,
    RESERVATIONS,
    History,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.harness import Result

OLDER = "reservation_group_source_assignments"
RESTRICTED = {
    "source_assignments": ASSIGNMENTS,
    OLDER: GROUP_ASSIGNMENTS,
    "companionships": COMPANIONSHIPS,
    "order_items": "exports/add",
}
restricted = pytest.mark.parametrize("stream", RESTRICTED)
START = {
    "start_date": "2026-02-15",
    "companionship_refresh_days": 0,
    "extraction": "exports",
}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """One hotel; wrong tokens are what these tests are about, so no breach counts."""
    with Sandbox(properties=1, days=30) as sandbox:
        sandbox.limits.requests = 1_000_000
        yield sandbox


def refused(result: Result) -> str:
    """The one line of a run that 401 has ended."""
    assert isinstance(result.error, UnauthorizedError)
    line = str(result.error)
    assert "\n" not in line
    return line


def blames_the_tokens(line: str) -> bool:
    return "check" in line and "access_token" in line


def says_they_are_right(line: str) -> bool:
    return "tokens are right" in line and "ask Mews to enable" in line


@restricted
@pytest.mark.parametrize("token", ["client_token", "access_token"])
def test_a_wrong_token_is_told(sandbox: Sandbox, stream: str, token: str) -> None:
    wrong = {token: "no-such-token", **START}
    line = refused(History(sandbox, (stream,), wrong).failing())
    assert stream in line
    assert blames_the_tokens(line)
    assert "no-such-token" not in line


@restricted
def test_an_operation_that_is_not_enabled_is_told(
    sandbox: Sandbox, stream: str
) -> None:
    operation = RESTRICTED[stream]
    sandbox.access.revoke(operation)
    line = refused(History(sandbox, (stream,), START).failing())
    (request,) = sandbox.journal.requests(operation)
    for word in (stream, operation, str(request.request_id)):
        assert word in line
    assert says_they_are_right(line)


def test_an_operation_is_told_apart_where_properties_cannot_be_listed(
    sandbox: Sandbox,
) -> None:
    sandbox.access.revoke(ENTERPRISES)
    sandbox.access.revoke(ASSIGNMENTS)
    # another operation is answered, so the tokens are right
    result = History(sandbox, (OLDER, "source_assignments"), START).failing()
    assert not result.records
    assert says_they_are_right(refused(result))


def test_a_token_that_may_not_list_its_properties_is_told_for_their_stream(
    sandbox: Sandbox,
) -> None:
    sandbox.access.revoke(ENTERPRISES)
    line = refused(History(sandbox, ("enterprises",)).failing())
    (request, *_) = sandbox.journal.requests(ENTERPRISES)
    assert line.startswith("enterprises")
    assert ENTERPRISES in line
    assert "ask Mews" in line
    assert request.status == 401


def test_companionships_need_the_reservations_too(sandbox: Sandbox) -> None:
    sandbox.access.revoke(RESERVATIONS)
    line = refused(History(sandbox, ("companionships",), START).failing())
    assert "companionships" in line
    assert RESERVATIONS in line


def test_a_refusal_ends_the_process_with_one_line(
    sandbox_today: Sandbox, tmp_path: Path
) -> None:
    sandbox_today.access.revoke(ASSIGNMENTS)
    (tmp_path / "catalog.json").write_text(
        json.dumps(select("source_assignments")), "utf-8"
    )
    done = run_process(
        "--catalog",
        "catalog.json",
        folder=tmp_path,
        config=sandbox_today.config(**START),
    )
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if "| INFO " not in line]
    assert len(lines) == 1
    assert says_they_are_right(lines[0])
    assert "Traceback" not in done.stderr

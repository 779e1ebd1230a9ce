"""401: a wrong token told apart from an operation that is not enabled."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from sandbox.faults import Status
from tap_mews.errors import (
    TooLargeError,
    UnauthorizedError,
    UnavailableError,
    WithdrawnError,
)
from tests.harness import FastClock, run_process, select, sync
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

    from sandbox.answers import Reply
    from sandbox.faults import Call
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
    return "tokens are valid" in line and "ask Mews to enable" in line


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
    # another operation is answered, so the tokens are valid
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


EXPIRED = "Cannot perform operation or session has expired."
"""So Mews refuses a bad access token."""


def test_a_wrong_access_token_is_one_short_line(sandbox: Sandbox) -> None:
    """However many streams and operations it is refused for."""
    config = sandbox.config(access_token="no-such-token")
    line = refused(sync(config))
    assert len(line) < 300
    assert line.count("RequestId") == 1
    assert blames_the_tokens(line)


@dataclass(frozen=True)
class Withdrawing:
    """The access token is withdrawn when an operation is called."""

    sandbox: Sandbox

    def __call__(self, call: Call) -> Reply:
        """Withdraw it, then answer as ever."""
        self.sandbox.access._grants.clear()
        return call.carry_out()


@pytest.mark.parametrize("extraction", ["exports", "pages", "auto"])
def test_a_token_that_is_withdrawn_in_the_middle_of_a_run_is_told_as_such(
    sandbox: Sandbox, extraction: str
) -> None:
    operation = "bills/getAll" if extraction == "pages" else "exports/add"
    sandbox.faults.add(operation, Withdrawing(sandbox), after=1)
    config = sandbox.config(
        extraction=extraction,
        start_date="2026-01-15",
        export_window_days=10,
        page_size=5,
    )
    result = sync(config, catalog=select("bills"))
    assert isinstance(result.error, WithdrawnError)
    line = str(result.error)
    refused_one = operation.replace("add", "getAll")
    assert line.startswith(f"bills: {refused_one}: HTTP 401 '{EXPIRED}'")
    assert "the access token may have been revoked" in line
    assert "tokens are valid" not in line
    assert len(line) < 400


def test_an_operation_that_is_refused_in_the_middle_of_a_run_is_told_as_such(
    sandbox: Sandbox,
) -> None:
    sandbox.faults.add("exports/getAll", Status(401, EXPIRED), times=None, after=1)
    config = sandbox.config(start_date="2026-01-15", export_window_days=10)
    line = refused(sync(config, catalog=select("bills")))
    assert EXPIRED in line
    assert "although it was allowed earlier in this run" in line
    assert "the access token may have been revoked or have lost this" in line
    assert "tokens are valid" not in line


CONFLICT = (
    "Someone else just changed this bill. Refresh to see the latest and try again."
)


@pytest.mark.parametrize("extraction", ["exports", "pages"])
def test_a_403_of_a_row_that_somebody_changes_is_tried_again(
    sandbox: Sandbox, extraction: str
) -> None:
    operation = "bills/getAll" if extraction == "pages" else "exports/getAll"
    sandbox.faults.add(operation, Status(403, CONFLICT), times=2)
    config = sandbox.config(extraction=extraction, start_date="2026-01-15")
    result = sync(config, catalog=select("bills")).ok()
    assert result.records["bills"]
    sandbox.faults.add(operation, Status(403, CONFLICT), times=None)
    clock = FastClock(sandbox)
    failed = sync(config, catalog=select("bills"), clock=clock)
    assert isinstance(failed.error, UnavailableError)
    assert CONFLICT in str(failed.error)
    assert "4 times in a row" in str(failed.error)
    assert clock.monotonic() < 60


def test_a_request_that_is_too_large_is_an_error_of_its_own(sandbox: Sandbox) -> None:
    sandbox.faults.add(COMPANIONSHIPS, Status(413, "Too large."), times=None)
    result = History(sandbox, ("companionships",), START).failing()
    assert isinstance(result.error, TooLargeError)
    assert "HTTP 413 'Too large.'" in str(result.error)


def test_a_list_of_parents_is_asked_for_by_fewer_identifiers_if_it_is_too_large(
    sandbox: Sandbox,
) -> None:
    sandbox.faults.add("rates/getAll", Status(413, "Too large."))
    result = sync(sandbox.config(), catalog=select("rate_pricing")).ok()
    assert {each["RateId"] for each in result.records["rate_pricing"]}
    first, *others = sandbox.journal.requests("rates/getAll")
    assert first.status == 413
    named = [each.body["ServiceIds"] for each in (first, *others)]
    assert all(0 < len(each) < len(named[0]) for each in named[1:])
    assert sorted(chain(*named[1:])) == sorted(named[0])

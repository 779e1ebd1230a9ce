"""What the API can answer, and what the user reads of it."""

from __future__ import annotations

import socket
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from sandbox.answers import Reply, error
from sandbox.faults import (
    Call,
    Fault,
    MissingRows,
    NotJson,
    Reset,
    Status,
    TooMany,
)
from tap_mews.errors import (
    RefusedError,
    UnauthorizedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from tests.export_harness import by_exports
from tests.harness import FastClock, run_process, select, sync

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.days(8)

BILLS = select("bills")
OPERATIONS = ("enterprises/getAll", "exports/add", "exports/getAll")


@dataclass(frozen=True)
class Echo:
    """An error whose words and details repeat what was asked, tokens and all."""

    words: str

    def __call__(self, call: Call) -> Reply:
        """Answer in place of the operation."""
        return error(400, f"Not good: {self.words}", call.request_id)


@pytest.fixture
def mistaken(sandbox: Sandbox) -> Iterator[Sandbox]:
    """A sandbox that may be asked what it does not allow."""
    yield sandbox
    sandbox.journal.clear()


@pytest.mark.parametrize("token", ["client_token", "access_token"])
def test_a_wrong_token_is_told_with_what_to_check(
    mistaken: Sandbox, token: str
) -> None:
    config = mistaken.config(**{token: "WRONG-0123456789"})
    result = sync(config, catalog=BILLS)
    assert isinstance(result.error, UnauthorizedError)
    text = str(result.error)
    assert text.startswith("bills: exports/add: ")
    assert "401" in text
    assert "check client_token, access_token and api_url" in text
    (request, *_) = mistaken.journal.requests("exports/add")
    assert str(request.request_id) in text


def test_exports_that_are_not_enabled_are_told_apart_from_a_wrong_token(
    sandbox: Sandbox,
) -> None:
    sandbox.access.revoke("exports/add")
    result = sync(by_exports(sandbox), catalog=BILLS)
    assert isinstance(result.error, UnauthorizedError)
    text = str(result.error)
    assert text.startswith("bills: exports/add: ")
    assert "the tokens are valid" in text
    assert "ask Mews to enable" in text


def test_an_operation_that_is_taken_away_meanwhile_is_told_as_such(
    sandbox: Sandbox,
) -> None:
    sandbox.access.revoke("exports/getAll")
    result = sync(sandbox.config(extraction="exports"), catalog=BILLS)
    assert isinstance(result.error, UnauthorizedError)
    assert str(result.error).startswith("bills: exports/getAll: ")
    assert "ask Mews to enable" in str(result.error)


def test_a_host_that_cannot_be_reached_is_told_with_what_to_check(
    sandbox: Sandbox, clock: FastClock
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        result = sync(sandbox.config(api_url=url), catalog=BILLS, clock=clock)
    assert isinstance(result.error, UnavailableError)
    assert "the connection failed" in str(result.error)
    assert "check api_url" in str(result.error)
    assert 10 < clock.monotonic() < 300


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_retry_after_is_kept(sandbox: Sandbox, clock: FastClock, form: str) -> None:
    sandbox.faults.add("exports/add", TooMany(form, 40))  # type: ignore[arg-type]
    sync(sandbox.config(), catalog=BILLS, clock=clock).ok()
    refused, taken = sandbox.journal.requests("exports/add")
    assert 40 <= (taken.at - refused.at).total_seconds() < 45


def test_being_limited_without_a_retry_after_backs_off(
    sandbox: Sandbox, clock: FastClock
) -> None:
    sandbox.faults.add("exports/add", TooMany(None), times=6)
    sync(sandbox.config(), catalog=BILLS, clock=clock).ok()
    at = [each.at for each in sandbox.journal.requests("exports/add")]
    assert (at[1] - at[0]).total_seconds() < 3
    assert 15 < (at[-1] - at[-2]).total_seconds() < 60


def test_trouble_that_does_not_pass_is_an_error_with_the_request_id(
    sandbox: Sandbox,
) -> None:
    sandbox.faults.add("exports/add", Status(503, "Down."), times=None)
    result = sync(sandbox.config(), catalog=BILLS)
    assert isinstance(result.error, UnavailableError)
    text = str(result.error)
    assert text.startswith("bills: exports/add: HTTP 503")
    assert str(sandbox.journal.requests("exports/add")[-1].request_id) in text


def test_trouble_that_passes_is_told_with_the_request_id(sandbox: Sandbox) -> None:
    sandbox.faults.add("exports/add", Status(503, "Down."))
    result = sync(sandbox.config(), catalog=BILLS).ok()
    refused = sandbox.journal.requests("exports/add")[0].request_id
    assert f"exports/add: HTTP 503 'Down.' (RequestId {refused})" in result.log


@pytest.mark.parametrize("status", [400, 403, 404, 413])
def test_a_refusal_is_told_in_the_words_of_mews(sandbox: Sandbox, status: int) -> None:
    sandbox.faults.add("exports/add", Status(status, "Full moon tonight."), times=None)
    result = sync(by_exports(sandbox), catalog=BILLS)
    # 403 is about the operation as such, as 401 is
    expected = UnauthorizedError if status == 403 else RefusedError
    assert isinstance(result.error, expected)
    text = str(result.error)
    assert text.startswith(f"bills: exports/add: HTTP {status} 'Full moon tonight.'")
    assert str(sandbox.journal.requests()[-1].request_id) in text


def test_a_refusal_is_not_tried_again(sandbox: Sandbox) -> None:
    sandbox.faults.add("exports/add", Status(400, "Full moon tonight."), times=None)
    sync(sandbox.config(), catalog=BILLS)
    assert len(sandbox.journal.requests("exports/add")) == 1


def test_an_answer_of_another_form_is_an_error_with_the_request_id(
    sandbox: Sandbox,
) -> None:
    sandbox.faults.add("exports/getAll", MissingRows(), times=None)
    result = sync(sandbox.config(), catalog=BILLS)
    assert isinstance(result.error, UnexpectedAnswerError)
    assert str(result.error).startswith("bills: exports/getAll: ")
    assert str(sandbox.journal.requests()[-1].request_id) in str(result.error)


def test_a_redirect_is_not_followed(sandbox: Sandbox) -> None:
    with Sandbox(properties=1, days=1) as other:
        headers = {"Location": f"{other.url}/api/connector/v1/exports/add"}
        sandbox.faults.add("exports/add", Status(307, "", headers), times=None)
        result = sync(sandbox.config(), catalog=BILLS)
        assert "follows no redirects" in str(result.error)
        assert other.journal.requests() == []


@pytest.mark.parametrize("token", ["client_token", "access_token"])
def test_an_error_that_repeats_a_token_is_told_without_it(
    sandbox: Sandbox, token: str
) -> None:
    secret = sandbox.config()[token]
    sandbox.faults.add("exports/add", Echo(secret), times=None)
    result = sync(sandbox.config(), catalog=BILLS)
    assert "Not good" in str(result.error)
    assert secret not in str(result.error)


@pytest.mark.parametrize(
    "fault", [Reset(), Status(400), Status(503), NotJson(), MissingRows()], ids=repr
)
def test_a_traceback_shows_no_token(sandbox: Sandbox, fault: Fault) -> None:
    sandbox.faults.add("exports/add", fault, times=None)
    sandbox.faults.add("exports/getAll", fault, times=None)
    config = sandbox.config()
    found = sync(config, catalog=BILLS).error
    assert found is not None
    shown = "".join(traceback.format_exception(found))
    assert "Traceback" in shown
    assert config["client_token"] not in shown
    assert config["access_token"] not in shown


def test_a_failed_process_ends_with_one_line(
    sandbox_today: Sandbox, tmp_path: Path
) -> None:
    sandbox_today.access.revoke("exports/add")
    done = run_process(folder=tmp_path, config=by_exports(sandbox_today))
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if "INFO" not in line]
    assert len(lines) == 1
    assert "ERROR" in lines[0]
    assert "ask Mews to enable" in lines[0]


def test_the_traceback_is_told_at_debug_level(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.access.revoke("exports/add")
    env = {"TAP_MEWS_LOGLEVEL": "DEBUG"}
    done = run_process(folder=tmp_path, config=by_exports(sandbox), env=env)
    assert "Traceback (most recent call last)" in done.stderr


@pytest.mark.parametrize("words", ["not resumable", "unhandled error", "in progress"])
def test_words_of_the_sdk_that_are_wrong_for_us_do_not_appear(
    sandbox: Sandbox, words: str
) -> None:
    sandbox.exports.lines["Bill"] = [b"no json"]
    result = sync(sandbox.config(), catalog=BILLS)
    assert result.error
    assert words not in result.log.lower()

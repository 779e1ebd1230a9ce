"""Secrets are in no log line, whichever library writes it and at whatever level."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

from sandbox.faults import FILES, Cut, NotJson, Reset, Status
from tap_mews.api.redaction import MASK, Redactor
from tests.export_harness import ENTITIES
from tests.harness import Result, run_process, select, sync

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox import Sandbox

TOKEN = "0123456789ABCDEF-token"


@pytest.fixture
def redactor() -> Redactor:
    """One that knows a token."""
    redactor = Redactor()
    redactor.learn([TOKEN])
    return redactor


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (f"token={TOKEN}, again {TOKEN}", f"token={MASK}, again {MASK}"),
        (
            "GET https://h/f.jsonl?sig=abc&se=1 HTTP/1.1",
            "GET https://h/f.jsonl?(…) HTTP",
        ),
        ('"GET /f.jsonl?sig=abc HTTP/1.1" 200', '"GET /f.jsonl?(…) HTTP/1.1" 200'),
        ("url: /files/f.jsonl?se=2026-01-01T00:00:00Z&sig=a%2Fb+c=", "f.jsonl?(…)"),
        ("Max retries exceeded with url: /f?sig=x (Caused by", "/f?(…) (Caused by"),
        ("'https://h/f?sig=x'", "'https://h/f?(…)'"),
    ],
)
def test_secrets_are_replaced(redactor: Redactor, text: str, cleaned: str) -> None:
    assert cleaned.replace("(…)", MASK) in redactor.clean(text)


@pytest.mark.parametrize(
    "text",
    ["", "Is it ready?", "a=b?", "what? x=1", "5 of 10 rows; 50 %", "https://h/path"],
)
def test_other_text_stays_as_it_is(redactor: Redactor, text: str) -> None:
    assert redactor.clean(text) == text


def test_nothing_is_left_of_a_secret_that_begins_with_another_one() -> None:
    redactor = Redactor()
    secrets = [TOKEN + "-more" * count for count in range(9)]
    redactor.learn(secrets)
    assert [redactor.clean(each) for each in secrets] == [MASK] * len(secrets)


def test_an_empty_secret_is_not_looked_for() -> None:
    redactor = Redactor()
    redactor.learn(["", None])
    assert redactor.clean("text") == "text"


def secrets_of(sandbox: Sandbox) -> list[str]:
    """What must be nowhere: tokens, signatures and a guest."""
    guest = sandbox.rows("Customer")[0]
    found = [sandbox.client_token, sandbox.access_token, "sig=", guest["Email"]]
    assert all(found)
    return found


def succeed(sandbox: Sandbox) -> None:
    """Change nothing."""


def break_downloads(sandbox: Sandbox) -> None:
    """Let downloads meet everything."""
    for fault in (Cut(1000), Reset(), Status(403), Status(503)):
        sandbox.faults.add(FILES, fault)


def refuse_downloads(sandbox: Sandbox) -> None:
    """Let no download succeed."""
    sandbox.faults.add(FILES, Status(403), times=None)


def reset_downloads(sandbox: Sandbox) -> None:
    """Let no download succeed for another reason."""
    sandbox.faults.add(FILES, Reset(), times=None)


def break_calls(sandbox: Sandbox) -> None:
    """Let calls meet everything."""
    for fault in (Reset(), Status(503), NotJson(), Status(408)):
        sandbox.faults.add("exports/add", fault)
        sandbox.faults.add("exports/getAll", fault)


def reset_calls(sandbox: Sandbox) -> None:
    """Let no call succeed."""
    sandbox.faults.add("*", Reset(), times=None)


def refuse_calls(sandbox: Sandbox) -> None:
    """Let no call succeed for another reason."""
    sandbox.faults.add("exports/add", Status(400), times=None)


def break_records(sandbox: Sandbox) -> None:
    """Let a customer be invalid."""
    row = sandbox.rows("Customer")[0]
    sandbox.exports.lines["Customer"] = [
        json.dumps({**row, "Notes": row}, default=str).encode()
    ]


@pytest.mark.parametrize(
    "trouble",
    [
        succeed,
        break_downloads,
        refuse_downloads,
        reset_downloads,
        break_calls,
        reset_calls,
        refuse_calls,
        break_records,
    ],
)
def test_no_log_line_error_or_state_holds_a_secret(
    sandbox: Sandbox, trouble: Callable[[Sandbox], None]
) -> None:
    trouble(sandbox)
    result = sync(sandbox.config(), catalog=select(*ENTITIES))
    texts = [result.log, str(result.error), json.dumps(result.states)]
    for secret in secrets_of(sandbox):
        assert not any(secret in text for text in texts)


def test_libraries_do_log_at_debug_level(sandbox: Sandbox) -> None:
    """Else the tests above prove nothing."""
    result: Result = sync(sandbox.config(), catalog=select("bills")).ok()
    assert "DEBUG" in result.log
    assert f"GET /files/{sandbox.exports.jobs[0].id}-1.jsonl?{MASK}" in result.log


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_a_process_writes_no_secret_to_standard_error(
    sandbox: Sandbox, tmp_path: Path, level: str
) -> None:
    sandbox.faults.add(FILES, Cut(1000))
    env = {"TAP_MEWS_LOGLEVEL": level, "LOGLEVEL": level}
    done = run_process(folder=tmp_path, config=sandbox.config(), env=env)
    assert done.returncode == 0
    assert (level in done.stderr) is True
    for secret in secrets_of(sandbox):
        assert secret not in done.stderr


def test_a_logger_of_another_library_is_cleaned_too(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sync(sandbox.config(), catalog=select("bills")).ok()
    logger = logging.getLogger("somebody.else")
    logger.warning("Body was %s", {"AccessToken": sandbox.access_token})
    assert sandbox.access_token not in caplog.text
    assert MASK in caplog.text


def test_an_exception_that_is_logged_is_cleaned_too(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sync(sandbox.config(), catalog=select("bills")).ok()
    try:
        raise ValueError(sandbox.access_token)  # noqa: TRY301
    except ValueError:
        logging.getLogger("somebody.else").exception("That failed")
    assert sandbox.access_token not in caplog.text

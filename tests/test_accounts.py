"""What reading takes is charged to whoever causes it, exactly."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.faults import Status, TooMany
from tap_mews.metrics.usage import StreamUsage, Usage, UsageRecorder
from tap_mews.reading.reader import Slice
from tests.pages_harness import ENTERPRISES, client_of

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tap_mews.api.client import MewsClient
    from tests.harness import FastClock

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
LIMITATION = {"Limitation": {"Count": 1000, "Cursor": None}}
ANY: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


def ask(client: MewsClient) -> None:
    """Make a call that everyone may make."""
    client.call(ENTERPRISES, LIMITATION, ANY)


def test_each_client_charges_its_own_account(sandbox: Sandbox) -> None:
    shared = client_of(sandbox)
    accounts = [UsageRecorder(), UsageRecorder()]
    for account, calls in zip(accounts, (1, 2), strict=True):
        for _ in range(calls):
            ask(shared.charging(account))
    assert [each.total.requests for each in accounts] == [1, 2]
    assert 0 < accounts[0].total.answer_bytes * 2 == accounts[1].total.answer_bytes


def test_a_call_that_is_repeated_is_charged_with_its_pauses(
    sandbox: Sandbox, clock: FastClock
) -> None:
    sandbox.faults.add(ENTERPRISES, Status(503), times=2)
    account = UsageRecorder()
    ask(client_of(sandbox, clock).charging(account))
    assert (account.total.requests, account.total.retries) == (3, 2)
    assert account.total.retry_seconds == sum(clock.pauses)
    assert account.total.budget_seconds == 0


def test_a_pause_that_mews_asks_for_is_a_wait_for_the_rate_budget(
    sandbox: Sandbox, clock: FastClock
) -> None:
    sandbox.faults.add(ENTERPRISES, TooMany(seconds=7))
    account = UsageRecorder()
    ask(client_of(sandbox, clock).charging(account))
    assert (account.total.requests, account.total.retries) == (2, 1)
    assert account.total.budget_seconds == 7
    assert account.total.retry_seconds == 0


def test_threads_lose_no_amount() -> None:
    told = UsageRecorder()
    accounts = StreamUsage(told.charge)
    spans = [Slice(None, NOW, (name,)) for name in "abcd"]
    ready = threading.Barrier(len(spans))

    def charge(span: Slice) -> None:
        ready.wait()
        for number in range(2000):
            accounts.of(spans[number % len(spans)]).charge(Usage(requests=1, rows=3))
            accounts.of(span).charge(Usage(retry_seconds=0.5))

    with ThreadPoolExecutor(len(spans)) as threads:
        list(threads.map(charge, spans))
    whole = Usage(requests=8000, rows=24_000, retry_seconds=4000.0)
    assert accounts.stream.total == told.total == whole
    part = Usage(requests=2000, rows=6000, retry_seconds=1000.0)
    assert [accounts.of(span).total for span in spans] == [part] * len(spans)

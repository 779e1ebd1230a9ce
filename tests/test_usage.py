"""What reading takes is recorded for whoever causes it, exactly."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.faults import Status, TooMany
from tap_mews.metrics.record import StreamRecord
from tap_mews.metrics.usage import Usage, UsageRecord
from tap_mews.reading.reader import Slice
from tests.harness import FastClock
from tests.pages_harness import ENTERPRISES, client_of

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tap_mews.api.client import MewsClient

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
LIMITATION = {"Limitation": {"Count": 1000, "Cursor": None}}
ANY: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


def ask(client: MewsClient) -> None:
    """Make a call that everyone may make."""
    client.call(ENTERPRISES, LIMITATION, ANY)


def test_each_client_adds_to_its_own_record(sandbox: Sandbox) -> None:
    shared = client_of(sandbox)
    records = [UsageRecord(), UsageRecord()]
    for record, calls in zip(records, (1, 2), strict=True):
        for _ in range(calls):
            ask(shared.adding_to(record))
    assert [each.usage.requests for each in records] == [1, 2]
    assert 0 < records[0].usage.answer_bytes * 2 == records[1].usage.answer_bytes


def test_a_call_that_is_repeated_is_recorded_with_its_pauses(
    sandbox: Sandbox, clock: FastClock
) -> None:
    sandbox.faults.add(ENTERPRISES, Status(503), times=2)
    record = UsageRecord()
    ask(client_of(sandbox, clock).adding_to(record))
    assert (record.usage.requests, record.usage.retries) == (3, 2)
    assert record.usage.retry_seconds == sum(clock.pauses)
    assert record.usage.budget_seconds == 0


def test_a_pause_that_mews_asks_for_is_a_wait_for_the_rate_budget(
    sandbox: Sandbox, clock: FastClock
) -> None:
    sandbox.faults.add(ENTERPRISES, TooMany(seconds=7))
    record = UsageRecord()
    ask(client_of(sandbox, clock).adding_to(record))
    assert (record.usage.requests, record.usage.retries) == (2, 1)
    assert record.usage.budget_seconds == 7
    assert record.usage.retry_seconds == 0


def test_threads_lose_no_amount() -> None:
    stream = StreamRecord("bills", "property", FastClock(), logging.getLogger())
    spans = [Slice(None, NOW, partition=number) for number in range(4)]
    ready = threading.Barrier(len(spans))

    def add(span: Slice) -> None:
        ready.wait()
        for number in range(2000):
            stream.of(spans[number % len(spans)]).add(Usage(requests=1))
            stream.of(span).add(Usage(retry_seconds=0.5))

    with ThreadPoolExecutor(len(spans)) as threads:
        list(threads.map(add, spans))
    assert stream.usage == Usage(requests=8000, retry_seconds=4000.0)
    part = Usage(requests=2000, retry_seconds=1000.0)
    assert [stream.of(span).usage for span in spans] == [part] * len(spans)

"""The metrics of what reading takes, as the SDK logs them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.harness import FastClock, Result, select, sync

if TYPE_CHECKING:
    from sandbox import Sandbox

MARK = "METRIC: "


def total(result: Result, metric: str, stream: str | None) -> float:
    """The sum of all points of a metric."""
    points = [
        json.loads(each.partition(MARK)[2]) for each in result.logs if MARK in each
    ]
    return sum(
        float(point["value"])
        for point in points
        if point["metric"] == metric and point["tags"].get("stream") == stream
    )


def test_metrics_add_up_to_what_was_asked_and_downloaded(
    sandbox: Sandbox, clock: FastClock
) -> None:
    result = sync(sandbox.config(), catalog=select("bills"), clock=clock).ok()
    (download,) = sandbox.journal.downloads
    assert total(result, "download_bytes", "bills") == download.sent
    assert round(total(result, "export_wait", "bills") - sum(clock.pauses), 2) == 0
    requests = [total(result, "http_request_count", each) for each in ("bills", None)]
    assert requests[0] == 1
    assert sum(requests) == len(sandbox.journal.requests())

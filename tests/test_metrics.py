"""The metrics of what reading takes, as the SDK logs them."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from singer_sdk import metrics

from tap_mews.metrics.usage import StreamMetrics, Usage, UsageRecord
from tests.export_harness import show
from tests.harness import FastClock, Json, Result, run_process, select, sync

if TYPE_CHECKING:
    from sandbox import Sandbox
    from sandbox.answers import Reply
    from sandbox.faults import Call

MARK = "METRIC: "

WATCHING = (Path(__file__).parents[1] / "docs" / "watching.md").read_text("utf-8")

TABLE = re.findall(r"^\| `(\w+)` \| (counter|timer) \|", WATCHING, re.MULTILINE)
"""Metrics and their types, as documented."""


def points(result: Result) -> list[Json]:
    """All points that were logged."""
    return [json.loads(each.partition(MARK)[2]) for each in result.logs if MARK in each]


def total(result: Result, metric: str, stream: str | None) -> float:
    """The sum of all points of a metric."""
    return sum(
        float(point["value"])
        for point in points(result)
        if point["metric"] == metric and point["tags"].get("stream") == stream
    )


@pytest.fixture
def structured(sandbox: Sandbox, tmp_path: Path) -> list[Json]:
    """The log of a process that has the logging config of the document."""
    (config,) = re.findall(r"^```yaml\n(.*?)^```", WATCHING, re.MULTILINE | re.DOTALL)
    (tmp_path / "logging.yaml").write_text(config, "utf-8")
    (tmp_path / "catalog.json").write_text(json.dumps(select("bills")), "utf-8")
    done = run_process(
        *("--catalog", "catalog.json"),
        folder=tmp_path,
        config=sandbox.config(extraction="exports"),
        env={"SINGER_SDK_LOG_CONFIG": str(tmp_path / "logging.yaml")},
    )
    assert done.returncode == 0
    return [json.loads(line) for line in done.stderr.splitlines()]


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


def test_records_are_those_that_went_out(sandbox: Sandbox) -> None:
    result = sync(sandbox.config(), catalog=select("bills", "source_assignments")).ok()
    for stream, records in result.records.items():
        assert total(result, "record_count", stream) == len(records) > 0


def test_the_time_of_calls_is_that_between_question_and_answer(
    sandbox: Sandbox, clock: FastClock
) -> None:
    def answers_late(call: Call) -> Reply:
        clock.pass_time(3)
        return call.carry_out()

    sandbox.faults.add("exports/add", answers_late, times=None)
    config = sandbox.config(start_date="2026-02-01", export_window_days=10)
    result = sync(config, catalog=select("bills"), clock=clock).ok()
    calls = total(result, "http_request_count", "bills")
    assert total(result, "http_request_duration", "bills") == 3 * calls > 3


def test_each_point_of_the_structured_log_is_as_documented(
    structured: list[Json],
) -> None:
    told = [line["metric_info"] for line in structured if "metric_info" in line]
    assert {(each["metric"], each["type"]) for each in told} == {*TABLE}
    for each in told:
        if each["metric"] not in {"http_request_count", "http_request_duration"}:
            assert each["tags"]["stream"] == "bills"


def test_the_structured_log_adds_up_to_what_was_asked_and_downloaded(
    structured: list[Json], sandbox: Sandbox
) -> None:
    sums: dict[str, float] = defaultdict(float)
    for line in structured:
        if "metric_info" in line:
            sums[line["metric_info"]["metric"]] += line["metric_info"]["value"]
    (download,) = sandbox.journal.downloads
    assert sums["record_count"] == len(sandbox.rows("Bill"))
    assert sums["http_request_count"] == len(sandbox.journal.requests())
    assert sums["download_bytes"] == download.sent
    assert sums["export_wait"] > 0 < sums["http_request_duration"]


def test_the_structured_log_tells_how_the_turn_of_a_stream_ended(
    structured: list[Json],
) -> None:
    points = (line["metric_info"] for line in structured if "metric_info" in line)
    (turn,) = (each for each in points if each["metric"] == "sync_duration")
    assert turn["tags"]["status"] == "succeeded"


def test_the_structured_log_shows_no_token(
    structured: list[Json], sandbox: Sandbox
) -> None:
    config = sandbox.config()
    log = json.dumps(structured)
    assert not [
        each for each in ("client_token", "access_token") if config[each] in log
    ]


def test_a_long_wait_is_told_while_it_lasts(sandbox: Sandbox, clock: FastClock) -> None:
    show(sandbox, clock, "Processing", 600)
    result = sync(sandbox.config(), catalog=select("bills"), clock=clock).ok()
    waits = [
        each["value"] for each in points(result) if each["metric"] == "export_wait"
    ]
    assert 5 <= len(waits) <= 10
    assert min(waits[:-1]) >= metrics.DEFAULT_LOG_INTERVAL
    assert round(sum(waits) - sum(clock.pauses), 1) == 0


@pytest.mark.parametrize(
    ("metric", "usage"),
    [
        ("http_request_count", Usage(requests=2)),
        ("http_request_duration", Usage(answer_seconds=2)),
        ("download_bytes", Usage(file_bytes=2)),
        ("export_wait", Usage(export_seconds=2)),
    ],
)
def test_points_come_once_in_a_minute_and_tell_what_came_since(
    metric: str, usage: Usage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    clock, record = FastClock(), UsageRecord()
    points = StreamMetrics(lambda: record.usage, clock, stream="bills")
    record.added = points.log_if_due
    for _ in range(20):  # over five minutes
        clock.pass_time(15)
        record.add(usage)
    points.log()
    told = [json.loads(each.partition(MARK)[2]) for each in caplog.messages]
    assert {each["metric"] for each in told} == {metric}
    assert [each["value"] for each in told] == [10, 10, 10, 10]


def test_what_never_happens_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    StreamMetrics(Usage, FastClock(), stream="bills").log()
    assert caplog.messages == []

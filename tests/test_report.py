"""The report of a run says what was read, and what was not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from sandbox import Sandbox
from sandbox.faults import FILES, Cut, Status
from tap_mews.errors import UnavailableError
from tests.export_harness import windows
from tests.harness import FastClock, Json, Result, run_process, select, sync
from tests.pages_harness import Where, settle

pytestmark = pytest.mark.days(8)

SCHEMA = Path(__file__).parents[1] / "docs" / "report.schema.json"
RESERVATIONS = "reservations/getAll/2023-06-06"
HEAD = ["stream", "read"]
ASSIGNMENTS = "sourceAssignments/getAll/2024-09-20"


@cache
def validator() -> Draft202012Validator:
    """Of the documented form."""
    return Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))


def read(path: Path) -> Json:
    """A report, which must have the documented form."""
    report: Json = json.loads(path.read_text("utf-8"))
    validator().validate(report)
    return report


def reported(
    sandbox: Sandbox,
    folder: Path,
    *streams: str,
    state: Json | None = None,
    **settings: object,
) -> tuple[Result, Json]:
    """Run the tap with a report."""
    path = folder / "report.json"
    result = sync(
        sandbox.config(report_path=str(path), **settings),
        state=state,
        catalog=select(*streams),
        clock=FastClock(sandbox),
    )
    return result, read(path)


def of(report: Json, stream: str) -> Json:
    """What a report says of a stream."""
    (found,) = (each for each in report["streams"] if each["stream"] == stream)
    assert isinstance(found, dict)
    return found


def tables(logs: list[str]) -> int:
    """How often a log has the table."""
    return [line.removeprefix("INFO ").split()[:2] for line in logs].count(HEAD)


def test_the_documented_form_is_a_schema() -> None:
    Draft202012Validator.check_schema(json.loads(SCHEMA.read_text("utf-8")))


def test_rows_are_those_that_went_out(sandbox: Sandbox, tmp_path: Path) -> None:
    streams = ("bills", "customers", "companionships", "source_assignments")
    result, report = reported(sandbox, tmp_path, *streams)
    assert report["outcome"] == "complete"
    for stream in streams:
        part_rows = [part["rows"] for part in of(report, stream)["parts"]]
        assert of(report, stream)["rows"] == sum(part_rows)
        assert sum(part_rows) == len(result.records[stream]) > 0


def test_records_that_the_sdk_writes_count_as_well(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    maps = {"bills": {"Id": "Id", "__else__": None}}
    result, report = reported(sandbox, tmp_path, "bills", stream_maps=maps)
    assert of(report, "bills")["rows"] == len(result.records["bills"]) > 0


def test_rows_of_batch_files_count_as_well(sandbox: Sandbox, tmp_path: Path) -> None:
    batch = {
        "encoding": {"format": "jsonl", "compression": "none"},
        "storage": {"root": tmp_path.as_uri()},
    }
    _, report = reported(sandbox, tmp_path, "bills", batch_config=batch)
    assert report["outcome"] == "complete"
    assert of(report, "bills")["rows"] == len(sandbox.rows("Bill"))


def test_requests_are_all_that_mews_saw(sandbox: Sandbox, tmp_path: Path) -> None:
    streams = ("bills", "payments", "source_assignments")
    _, report = reported(sandbox, tmp_path, *streams)
    asked = [each.operation for each in sandbox.journal.requests()]
    assert of(report, "bills")["requests"] == 1
    assert of(report, "payments")["requests"] == 1
    assert of(report, "source_assignments")["requests"] == asked.count(ASSIGNMENTS)
    shared = report["shared"]["requests"]
    assert shared == sum(
        asked.count(each) for each in ("enterprises/getAll", "exports/getAll")
    )
    assert len(asked) == shared + sum(each["requests"] for each in report["streams"])


def test_bytes_of_files_are_those_that_were_downloaded(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    _, report = reported(sandbox, tmp_path, "bills")
    (download,) = sandbox.journal.downloads
    assert of(report, "bills")["bytes"]["files"] == download.sent > 0


def test_a_download_that_is_cut_counts_as_a_retry(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.faults.add(FILES, Cut(1000))
    _, report = reported(sandbox, tmp_path, "bills")
    assert of(report, "bills")["retries"] == 1
    assert of(report, "bills")["waits"]["retries"] > 0


def test_the_wait_for_an_export_is_told_by_itself(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    clock = FastClock(sandbox)
    path = tmp_path / "report.json"
    config = sandbox.config(report_path=str(path))
    sync(config, catalog=select("bills"), clock=clock).ok()
    waits = of(read(path), "bills")["waits"]
    assert waits["exports"] == round(sum(clock.pauses), 3) > 0
    assert waits["retries"] == waits["rate_budget"] == 0


def test_an_export_is_told_with_window_and_bookmarks(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    settings: Json = {"extraction": "exports"}
    first, whole = reported(sandbox, tmp_path, "bills", **settings)
    settle(sandbox)
    second, report = reported(sandbox, tmp_path, "bills", state=first.state, **settings)
    (part,) = of(report, "bills")["parts"]
    assert part["ways"] == ["exports"]
    _, window = windows(sandbox)
    assert window is not None
    start, end = window
    assert part["due"] == part["read"] == {"start": start, "end": end}
    assert part["bookmark"] == {
        "before": first.bookmark("bills")["replication_key_value"],
        "after": second.bookmark("bills")["replication_key_value"],
    }
    assert part["ids"] == sorted(sandbox.enterprise_ids)
    (part,) = of(whole, "bills")["parts"]
    assert part["bookmark"]["before"] is None
    assert part["read"]["start"] is None


def test_source_assignments_of_all_properties_are_told_together(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    result, report = reported(sandbox, tmp_path, "source_assignments")
    (part,) = of(report, "source_assignments")["parts"]
    assert part["ids"] == sorted(sandbox.enterprise_ids)
    assert part["rows"] == len(sandbox.rows("SourceAssignment_2024_09_20"))
    assert part["requests"] == len(sandbox.journal.requests(ASSIGNMENTS))
    after = result.bookmark("source_assignments")["replication_key_value"]
    assert part["bookmark"]["after"] == after
    assert part["ways"] == ["pages"]


def test_a_property_that_joins_is_told_by_itself(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    first, _ = reported(sandbox, tmp_path, "bills")
    new = sandbox.add_property()
    settle(sandbox)
    result, report = reported(sandbox, tmp_path, "bills", state=first.state)
    joined, rest = of(report, "bills")["parts"]
    assert joined["ids"] == [new]
    assert joined["bookmark"]["before"] is None
    assert joined["rows"] == len(sandbox.rows("Bill", [new]))
    assert new in rest["ids"]
    after = result.bookmark("bills")["replication_key_value"]
    assert rest["bookmark"]["after"] == after


def test_chains_are_told_as_chains(sandbox: Sandbox, tmp_path: Path) -> None:
    _, report = reported(sandbox, tmp_path, "customers")
    (part,) = of(report, "customers")["parts"]
    assert part["scope"] == "chain"
    assert part["ids"] == sorted(sandbox.chain_ids)


def test_a_stream_of_which_nothing_is_due_is_complete(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    first, _ = reported(sandbox, tmp_path, "bills", "source_assignments")
    end = first.bookmark("bills")["replication_key_value"]
    _, report = reported(
        sandbox,
        tmp_path,
        "bills",
        "source_assignments",
        state=first.state,
        end_date=end,
    )
    assert report["outcome"] == "complete"
    for stream in report["streams"]:
        for part in stream["parts"]:
            assert part["complete"]
            assert part["due"] is part["read"] is None
            assert part["bookmark"] == {"before": end, "after": end}
            assert part["ids"]


def test_drift_is_told_without_values(sandbox: Sandbox, tmp_path: Path) -> None:
    inside = {"s3cr3t": [7]}
    row = sandbox.new_row("Bill", Surprise="s3cr3t", Inside=inside, Number=7)
    sandbox.put("Bill", row)
    result, report = reported(sandbox, tmp_path, "bills", on_invalid_record="warn")
    result.ok()
    drift = of(report, "bills")["drift"]
    seen = drift["unknown_properties"]
    assert (seen["$.Surprise"], seen["$.Inside"]) == (["string"], ["object"])
    assert drift["invalid_records"] == 1
    assert "s3cr3t" not in json.dumps(report)


def test_a_failed_run_says_what_is_missing(sandbox: Sandbox, tmp_path: Path) -> None:
    streams = ("bills", "reservation_group_source_assignments", "source_assignments")
    operation = "sourceAssignments/getAll"
    sandbox.faults.add(operation, Status(503), times=None)
    result, report = reported(sandbox, tmp_path, *streams)
    assert isinstance(result.error, UnavailableError)
    assert (report["outcome"], report["error"]) == ("failed", "UnavailableError")
    assert report["failed_stream"] == streams[1]
    complete = [of(report, each)["complete"] for each in streams]
    assert complete == [True, False, False]
    (part,) = of(report, streams[1])["parts"]
    assert part["read"] is None
    assert part["retries"] > 0


def test_a_property_that_joined_before_the_rest_failed_is_complete(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    first, _ = reported(sandbox, tmp_path, "source_assignments")
    old = sandbox.enterprise_ids[0]
    sandbox.add_property()
    settle(sandbox)
    fault = Where(
        sandbox, lambda asked: asked.body["EnterpriseIds"] == [old], Status(503)
    )
    sandbox.faults.add(ASSIGNMENTS, fault, times=None)
    _, report = reported(sandbox, tmp_path, "source_assignments", state=first.state)
    parts = of(report, "source_assignments")["parts"]
    assert [part["complete"] for part in parts] == [True, False]


def test_a_stream_that_cannot_be_opened_is_the_one_that_failed(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    # refused when the stream is opened, by the time of the server
    state = {"bookmarks": {"payments": {"replication_key_value": "2031-01-01"}}}
    _, report = reported(sandbox, tmp_path, "bills", "payments", state=state)
    assert report["failed_stream"] == "payments"
    assert report["error"] == "InvalidStateError"


def test_neither_report_nor_summary_shows_a_secret(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    config = sandbox.config()
    result, report = reported(sandbox, tmp_path, "bills")
    for secret in (config["client_token"], config["access_token"], "sig="):
        assert secret not in json.dumps(report) + result.log


def test_the_summary_has_one_line_for_each_part(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    result, _ = reported(sandbox, tmp_path, "bills", "source_assignments")
    told = [each.removeprefix("INFO ") for each in result.logs]
    head = next(n for n, each in enumerate(told) if each.split()[:2] == HEAD)
    lines = told[head + 1 : head + 4]
    names = [line.split()[0] for line in lines]
    assert names == ["bills", "source_assignments", "(total,"]
    assert not any("INCOMPLETE" in line for line in lines)


def test_the_summary_fits_a_hundred_columns_and_adds_up(sandbox: Sandbox) -> None:
    first = sync(sandbox.config(start_date="2026-01-01")).ok()
    new = sandbox.add_property()
    name = f"{sandbox.rows('Enterprise', [new])[0]['Name']} with a long name"
    sandbox.put("Enterprise", {**sandbox.rows("Enterprise", [new])[0], "Name": name})
    settle(sandbox)
    sandbox.journal.clear()
    result = sync(sandbox.config(start_date="2026-01-01"), state=first.state).ok()
    told = [each.removeprefix("INFO ") for each in result.logs]
    head = next(n for n, each in enumerate(told) if each.split()[:2] == HEAD)
    lines = told[head:]
    assert lines[-1].startswith("(total, with lookups)")
    assert max(map(len, lines)) <= 100
    assert any(line.startswith(f"bills, {name[:20]}") for line in lines)
    assert not any(new in line for line in lines)
    sums = lines[-1].removeprefix("(total, with lookups)").replace(",", "").split()
    assert int(sums[0]) == sum(map(len, result.records.values()))
    assert int(sums[1]) == len(sandbox.journal.requests())


def test_the_line_that_says_why_a_run_was_stopped_comes_after_the_summary(
    sandbox_today: Sandbox, tmp_path: Path
) -> None:
    config = sandbox_today.config()
    (tmp_path / "config.json").write_text(json.dumps(config), "utf-8")
    sandbox_today.limits.latency = 0.5
    with subprocess.Popen(
        [sys.executable, "-m", "tap_mews", "--config", "config.json"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "added" in line:
                process.send_signal(signal.SIGINT)
                break
        told = process.stderr.read()
    assert process.returncode == 128 + signal.SIGINT
    # a thread that waits for Mews may have a word after it
    _, _, after = told.partition("(total, with lookups)")
    assert "Stopped by signal 2" in after


def test_the_log_of_an_hour_is_short(tmp_path: Path) -> None:
    # the second run has the clock of this machine, so the first is an hour before it
    hour_ago = datetime.now(timezone.utc) - timedelta(hours=1)
    with Sandbox(
        properties=2, days=8, reservations_per_day=1, start=hour_ago
    ) as hotels:
        config = hotels.config(reference_start_date="2026-01-01")
        first = sync(config).ok()
        hotels.live_on(timedelta(hours=1))
        (tmp_path / "state.json").write_text(json.dumps(first.state), "utf-8")
        done = run_process("--state", "state.json", folder=tmp_path, config=config)
    assert done.returncode == 0
    messages = map(json.loads, done.stdout.splitlines())
    streams = {each["stream"] for each in messages if each["type"] == "RECORD"}
    # a line in the summary, and one for the properties that nobody documents
    assert len(done.stderr.splitlines()) <= 10 + 2 * len(streams)


def test_a_run_that_may_not_read_everything_writes_a_report(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.access.revoke(ASSIGNMENTS)
    path = tmp_path / "report.json"
    result = sync(
        sandbox.config(report_path=str(path)),
        catalog=select("bills", "source_assignments"),
    )
    assert result.error is not None
    report = read(path)
    assert report["outcome"] == "failed"
    assert not any(stream["complete"] for stream in report["streams"])

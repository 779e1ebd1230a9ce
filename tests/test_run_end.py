"""However a run ends, it is reported once, with all that went out until then."""

from __future__ import annotations

import errno
import json
import sys
from typing import TYPE_CHECKING, NoReturn

import pytest
from singer_sdk import Stream
from singer_sdk.singerlib import RecordMessage

from sandbox.faults import Status
from tap_mews.records.writer import MessageWriter
from tap_mews.tap import TapMews
from tests.harness import FastClock, command, moment, select
from tests.test_report import of, read, tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox import Sandbox
    from tests.harness import Json, Result

STREAMS = ("bills", "payments")
STOPPED = 143
BY_PAGES: dict[str, object] = {"extraction": "pages", "start_date": "2026-02-01"}


def no_access(sandbox: Sandbox, _: pytest.MonkeyPatch) -> None:
    """One of the streams is not allowed."""
    sandbox.access.revoke("payments/getAll")


def outage(sandbox: Sandbox, _: pytest.MonkeyPatch) -> None:
    """Mews answers no more when it has been asked what is allowed."""
    sandbox.faults.add("bills/getAll", Status(503), times=None, after=1)


def target_gone(_: Sandbox, patch: pytest.MonkeyPatch) -> None:
    """The target closes its input while it gets rows."""

    def write(*_: object, **__: object) -> NoReturn:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    patch.setattr(MessageWriter, "write_records", write)


def stop_while_rows_are_written(_: Sandbox, patch: pytest.MonkeyPatch) -> None:
    """A signal comes, for which the writer ends the process after the line."""
    patch.setattr(MessageWriter, "write_records", lambda *_, **__: sys.exit(STOPPED))


def stop_between_streams(_: Sandbox, patch: pytest.MonkeyPatch) -> None:
    """A signal comes when the first stream has been read."""
    hook = "finalize_state_progress_markers"
    patch.setattr(Stream, hook, lambda *_, **__: sys.exit(STOPPED))


def run(
    sandbox: Sandbox,
    folder: Path,
    patch: pytest.MonkeyPatch,
    state: Json,
    **settings: object,
) -> tuple[Result, Json]:
    """Run the command, and read the report."""
    patch.setattr(TapMews, "clock", FastClock(sandbox))
    report = folder / "report.json"
    config = sandbox.config(report_path=str(report), **BY_PAGES, **settings)
    files = {"config": config, "catalog": select(*STREAMS), "state": state}
    options = []
    for name, content in files.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(content), "utf-8")
        options += [f"--{name}", str(path)]
    return command(*options), read(report)


@pytest.mark.parametrize(
    ("cause", "code", "outcome", "error", "stream"),
    [
        (no_access, 1, "failed", "UnauthorizedError", "payments"),
        (outage, 1, "failed", "UnavailableError", "bills"),
        (target_gone, 1, "failed", "BrokenPipeError", "bills"),
        (stop_while_rows_are_written, STOPPED, "stopped", "SystemExit", "bills"),
        (stop_between_streams, STOPPED, "stopped", "SystemExit", None),
    ],
)
def test_a_run_that_ends_before_its_time_is_reported_once(  # noqa: PLR0913 - a table
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cause: Callable[[Sandbox, pytest.MonkeyPatch], None],
    code: int,
    outcome: str,
    error: str,
    stream: str | None,
) -> None:
    cause(sandbox, monkeypatch)
    result, report = run(sandbox, tmp_path, monkeypatch, {}, page_size=10)
    assert result.code == code
    assert tables(result.logs) == 1
    found = (report["outcome"], report["error"], report["failed_stream"])
    assert found == (outcome, error, stream)


def test_a_run_that_cannot_open_a_stream_is_reported_once(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # refused when the stream is opened, by the time of the server
    state = {"bookmarks": {STREAMS[1]: {"replication_key_value": "2031-01-01"}}}
    result, report = run(sandbox, tmp_path, monkeypatch, state)
    assert (result.code, tables(result.logs)) == (1, 1)
    assert report["failed_stream"] == STREAMS[1]


def test_a_run_that_is_whole_is_reported_once(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, report = run(sandbox, tmp_path, monkeypatch, {})
    assert (result.code, tables(result.logs)) == (0, 1)
    found = (report["outcome"], report["error"], report["failed_stream"])
    assert found == ("complete", None, None)


def test_records_that_the_sdk_wrote_count_until_the_target_is_gone(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = 0
    write = MessageWriter.write_message

    def write_some(self: MessageWriter, message: object) -> None:
        nonlocal written
        if isinstance(message, RecordMessage):
            if written == 3:
                raise BrokenPipeError(errno.EPIPE, "Broken pipe")
            written += 1
        write(self, message)  # type: ignore[arg-type]

    monkeypatch.setattr(MessageWriter, "write_message", write_some)
    maps = {"bills": {"Id": "Id", "__else__": None}}
    result, report = run(sandbox, tmp_path, monkeypatch, {}, stream_maps=maps)
    assert len(result.records["bills"]) == of(report, "bills")["rows"] == 3


def test_began_and_ended_are_told_by_the_clock_of_the_run(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = sandbox.clock
    before = clock.now().replace(microsecond=0)
    _, report = run(sandbox, tmp_path, monkeypatch, {})
    after = clock.now()
    times = [report["began"], report["ended"]]
    assert times == sorted(times)
    assert all(before <= moment(each) <= after for each in times)

"""Where a report goes, and where none does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sandbox.faults import Status
from tap_mews.errors import ReportError
from tests.export_harness import by_exports
from tests.harness import FastClock, dry_run, run_process, select, sync
from tests.test_report import read, reported, tables

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox

pytestmark = pytest.mark.days(8)


def test_a_report_that_cannot_be_written_is_an_error(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "report.json"
    (tmp_path / ".report.json.new").mkdir()
    config = sandbox.config(report_path=str(path))
    result = sync(config, catalog=select("bills"), clock=FastClock(sandbox))
    assert isinstance(result.error, ReportError)
    assert result.bookmark("bills")["replication_key_value"]


def test_trouble_with_the_report_hides_no_other_error(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / ".report.json.new").mkdir()
    sandbox.faults.add("exports/add", Status(403), times=None)
    config = by_exports(sandbox, report_path=str(tmp_path / "report.json"))
    result = sync(config, catalog=select("bills"), clock=FastClock(sandbox))
    assert not isinstance(result.error, ReportError)
    assert "The report cannot be written" in result.log


def test_a_report_takes_the_place_of_the_last_one(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "report.json").write_text("of another run", "utf-8")
    reported(sandbox, tmp_path, "bills")
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]


def test_a_test_of_the_connection_reports_nothing(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "report.json"
    result = dry_run(sandbox.config(report_path=str(path)), FastClock(sandbox))
    assert result.error is None
    assert tables(result.logs) == 0
    assert not path.exists()


def test_the_command_writes_a_report(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    sandbox.faults.add("exports/add", Status(403), times=None)
    config = by_exports(sandbox, report_path=str(path))
    ended = run_process(folder=tmp_path, config=config)
    assert ended.returncode == 1
    assert read(path)["outcome"] == "failed"


@pytest.mark.parametrize("path", ["", "missing/report.json", "."])
def test_a_report_needs_a_file_in_a_folder(
    sandbox: Sandbox, tmp_path: Path, path: str
) -> None:
    where = str(tmp_path / path) if path else path
    result = sync(sandbox.config(report_path=where), catalog=select("bills"))
    assert "report_path must" in str(result.error)


@pytest.mark.parametrize("kind", ["a device", "a pipe"])
def test_a_report_does_not_take_the_place_of_what_is_no_file(
    sandbox: Sandbox, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "report"
    if kind == "a pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/null")
    result = sync(sandbox.config(report_path=str(path)), catalog=select("bills"))
    assert "report_path must be a file" in str(result.error)
    assert not path.is_file()


def test_a_report_is_written_to_where_a_link_leads(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "report.json"
    path.symlink_to(tmp_path / "elsewhere.json")
    config = sandbox.config(report_path=str(path))
    sync(config, catalog=select("enterprises")).ok()
    assert path.is_symlink()
    assert read(tmp_path / "elsewhere.json")["outcome"] == "complete"

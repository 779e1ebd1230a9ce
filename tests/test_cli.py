"""The command line: what goes where, and the exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tap_mews import __version__
from tap_mews.api.operations import NIL_ID
from tap_mews.settings import CONFIG
from tap_mews.tap import TapMews
from tests.export_harness import ENTITIES, by_exports, spans
from tests.harness import command, dry_run, run_process, select, sync
from tests.pages_harness import (
    ASSIGNMENTS,
    COMPANIONSHIPS,
    ENTERPRISES,
    ENTITY_OPERATIONS,
    GROUP_ASSIGNMENTS,
    interval,
)

if TYPE_CHECKING:
    from sandbox import Sandbox

pytestmark = pytest.mark.days(8)

LEDGER_PAGES = "ledgerEntries/getAll"
PAGED = (
    *ENTITY_OPERATIONS.values(),
    ASSIGNMENTS,
    COMPANIONSHIPS,
    ENTERPRISES,
    GROUP_ASSIGNMENTS,
)
SCRIPT = Path(sys.executable).with_name("tap-mews")
DAY = timedelta(days=1)


MESSAGES = {"SCHEMA", "RECORD", "STATE", "ACTIVATE_VERSION"}
"""What goes out, and nothing else."""


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The only line on standard error that is more than information."""
    assert "Traceback" not in done.stderr
    (line,) = (each for each in done.stderr.splitlines() if "| INFO " not in each)
    return line


def config_of(sandbox: Sandbox, folder: Path, **settings: object) -> Path:
    """A file with the settings for a sandbox."""
    path = folder / "config.json"
    path.write_text(json.dumps(sandbox.config(**settings)), "utf-8")
    return path


def test_the_version_is_told(tmp_path: Path) -> None:
    done = run_process("--version", folder=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(f"tap-mews v{__version__}")


def test_the_installed_script_is_the_tap(tmp_path: Path) -> None:
    done = subprocess.run(
        [SCRIPT, "--version"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("tap-mews v")


def test_discovery_needs_no_config(tmp_path: Path) -> None:
    done = run_process("--discover", folder=tmp_path)
    assert done.returncode == 0
    streams = {each["stream"] for each in json.loads(done.stdout)["streams"]}
    assert streams > set(ENTITIES)


def test_discovery_asks_nobody(sandbox: Sandbox, tmp_path: Path) -> None:
    done = command("--discover", "--config", config_of(sandbox, tmp_path))
    assert done.code == 0
    assert json.loads(b"".join(done.lines))["streams"]
    assert sandbox.journal.requests() == []


def test_a_discovered_catalog_can_be_synced(sandbox: Sandbox, tmp_path: Path) -> None:
    found = command("--discover")
    catalog = tmp_path / "catalog.json"
    catalog.write_bytes(b"".join(found.lines))
    config = sandbox.config(start_date="2026-01-20")
    done = run_process("--catalog", catalog, folder=tmp_path, config=config)
    assert done.returncode == 0
    kinds = {json.loads(line)["type"] for line in done.stdout.splitlines()}
    assert kinds == MESSAGES


@pytest.mark.parametrize("form", [None, "json", "markdown"])
def test_about_needs_no_config_and_names_every_setting(form: str | None) -> None:
    options = ["--format", form] if form else []
    done = command("--about", *options)
    assert done.code == 0
    told = b"\n".join(done.lines).decode()
    for name in CONFIG["properties"]:
        assert name in told, name


def test_about_in_json_is_json(tmp_path: Path) -> None:
    done = run_process("--about", "--format", "json", folder=tmp_path)
    about = json.loads(done.stdout)
    assert about["name"] == "tap-mews"
    assert about["settings"]["required"] == ["client_token"]


@pytest.mark.days(30)
def test_a_process_goes_on_from_a_state_file(sandbox: Sandbox, tmp_path: Path) -> None:
    config = by_exports(sandbox, end_date="2026-02-05")
    first = sync(config, catalog=select("bills")).ok()
    state, catalog = tmp_path / "state.json", tmp_path / "catalog.json"
    state.write_text(json.dumps(first.state), "utf-8")
    catalog.write_text(json.dumps(select("bills")), "utf-8")
    done = run_process(
        "--state",
        state,
        "--catalog",
        catalog,
        folder=tmp_path,
        config=by_exports(sandbox, lookback_minutes=0),
    )
    assert done.returncode == 0
    assert spans(sandbox)[1][0] == spans(sandbox)[0][1]


def test_a_missing_config_file_ends_with_one_line(tmp_path: Path) -> None:
    done = run_process("--config", "nowhere.json", folder=tmp_path)
    assert done.returncode == 1
    assert "nowhere.json" in one_line(done)
    assert done.stdout == ""


@pytest.mark.parametrize("option", ["--catalog", "--state"])
def test_a_missing_catalog_or_state_is_refused(
    sandbox: Sandbox, tmp_path: Path, option: str
) -> None:
    done = command("--config", config_of(sandbox, tmp_path), option, "no.json")
    assert done.code == 1
    (line,) = done.errors
    assert f"{option}: no.json cannot be read" in line
    assert done.lines == []


@pytest.mark.parametrize("option", ["--config", "--catalog", "--state"])
def test_a_file_that_is_not_json_ends_with_one_line(
    tmp_path: Path, option: str
) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    tokens = {"client_token": "s3cr3t", "access_token": "s3cr3t"}
    good.write_text(json.dumps(tokens), "utf-8")
    bad.write_text('{"client_token": "s3cr3t",', "utf-8")
    options: list[str | Path] = [option, bad]
    if option != "--config":
        options = ["--config", good, *options]
    done = command(*options)
    assert done.code == 1
    (line,) = done.errors
    assert "not JSON" in line
    assert "s3cr3t" not in done.log


@pytest.mark.parametrize("content", ["[1]", '"text"', "null", "5"])
def test_a_config_that_is_no_object_ends_with_one_line(
    tmp_path: Path, content: str
) -> None:
    path = tmp_path / "config.json"
    path.write_text(content, "utf-8")
    done = command("--config", path)
    assert done.code == 1
    assert len(done.errors) == 1


def test_no_config_at_all_ends_with_one_line(tmp_path: Path) -> None:
    done = run_process(folder=tmp_path)
    assert done.returncode == 1
    assert "client_token is required; access_token is required" in one_line(done)


def test_a_test_asks_for_one_row_of_the_last_day_of_each_stream(
    sandbox: Sandbox,
) -> None:
    catalog = select(*TapMews(validate_config=False).streams)
    config = sandbox.config(start_date="2026-01-01")
    assert dry_run(config, catalog=catalog).error is None
    asked = sandbox.journal.requests()
    operations = [each.operation for each in asked]
    assert {*PAGED, LEDGER_PAGES} <= {*operations}
    # companionships ask for reservations as well; vouchers are two streams, and looked
    # up for their codes
    assert max(map(operations.count, operations)) == 3
    now = sandbox.clock.now()
    for request in asked:
        if request.operation in {*PAGED, LEDGER_PAGES} - {ENTERPRISES}:
            assert request.body["Limitation"]["Count"] == 1
        if "UpdatedUtc" in request.body:
            start, end = interval(request)
            assert end - start <= DAY
            assert now - end < timedelta(minutes=10)


def test_a_test_of_the_ledger_reads_a_few_days(sandbox: Sandbox) -> None:
    assert dry_run(sandbox.config()).error is None
    (request,) = sandbox.journal.requests(LEDGER_PAGES)
    posting = request.body["PostingDate"]
    assert posting["Start"] >= "2026-02-27"
    assert posting["End"] <= "2026-03-02"


@pytest.mark.parametrize("extraction", ["auto", "exports", "pages"])
def test_a_test_adds_no_export(sandbox: Sandbox, extraction: str) -> None:
    assert dry_run(sandbox.config(extraction=extraction)).error is None
    assert sandbox.journal.requests("exports/add") == []


def test_a_test_looks_for_no_export_where_only_exports_are_set(
    sandbox: Sandbox,
) -> None:
    assert dry_run(by_exports(sandbox)).error is None
    looks = sandbox.journal.requests("exports/getAll")
    assert [each.body["ExportIds"] for each in looks] == [[NIL_ID]] * len(ENTITIES)


def test_a_test_emits_no_bookmark(sandbox: Sandbox) -> None:
    result = dry_run(sandbox.config())
    assert result.error is None
    for state in result.states:
        for part in state["bookmarks"].values():
            assert not part.keys() & {"replication_key_value", "covers", "exports"}


def test_a_test_does_not_wait_for_exports_that_run(sandbox: Sandbox) -> None:
    sandbox.exports.add(sandbox.access_token, "Bill", [], {}, None)
    sandbox.exports.force_status["Bill"] = "Processing"
    result = dry_run(by_exports(sandbox))
    assert result.error is None


def test_a_test_leaves_the_next_sync_as_it_was(sandbox: Sandbox) -> None:
    dry_run(sandbox.config())
    result = sync(sandbox.config(), catalog=select("bills")).ok()
    assert len(result.records["bills"]) == len(sandbox.rows("Bill"))


@pytest.mark.parametrize(
    ("extraction", "operations"),
    [
        ("exports", ["exports/getAll"]),
        ("pages", ["bills/getAll"]),
        ("auto", ["bills/getAll", "exports/getAll"]),
        ("auto", [ASSIGNMENTS]),
    ],
)
def test_a_test_tells_what_is_not_enabled(
    sandbox: Sandbox, tmp_path: Path, extraction: str, operations: list[str]
) -> None:
    for operation in operations:
        sandbox.access.revoke(operation)
    config = config_of(sandbox, tmp_path, extraction=extraction)
    done = command("--test", "--config", config)
    assert done.code == 1
    (line,) = done.errors
    assert "ask Mews to enable" in line
    for operation in operations:
        assert f"{operation}: HTTP 401" in line


def test_a_test_asks_for_what_the_catalog_selects_alone(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.access.revoke(ASSIGNMENTS)
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps(select("bills")), "utf-8")
    config = config_of(sandbox, tmp_path)
    assert command("--test", "--catalog", catalog, "--config", config).code == 0
    asked = [each.operation for each in sandbox.journal.requests()]
    assert asked == [ENTERPRISES, "bills/getAll"]


def test_a_test_of_everything_ends_with_a_verdict(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.access.revoke("counters/getAll")
    done = run_process("--test", folder=tmp_path, config=sandbox.config())
    assert done.returncode == 0
    assert "ERROR" not in done.stderr
    # rows of guests do not belong into the log of whatever runs the test
    assert done.stdout == ""
    known = TapMews(validate_config=False).streams.values()
    count = sum(each.selected_by_default for each in known)
    *_, last = done.stderr.splitlines()
    told = f"{count - 1} of {count} streams can be read; skipped: counters"
    assert last.endswith(told)


def test_the_schemas_can_be_tested_alone(sandbox: Sandbox, tmp_path: Path) -> None:
    done = command("--test=schema", "--config", config_of(sandbox, tmp_path))
    assert done.code == 0
    assert {each["type"] for each in done.messages} == {"SCHEMA"}
    assert sandbox.journal.requests() == []


def test_the_schemas_of_a_catalog_are_those_of_its_selected_streams(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    path, catalog = tmp_path / "catalog.json", select("bills", "customers")
    root = next(e for e in catalog["streams"][0]["metadata"] if not e["breadcrumb"])
    root["metadata"]["selected"] = False
    path.write_text(json.dumps(catalog), "utf-8")
    config = config_of(sandbox, tmp_path)
    done = command("--test=schema", "--config", config, "--catalog", path)
    assert done.code == 0
    assert [each["stream"] for each in done.messages] == ["customers"]

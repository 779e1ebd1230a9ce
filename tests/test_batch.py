"""BATCH files: all rows as they came, in files that are whole before they are named."""

from __future__ import annotations

import gzip
import json
import signal
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

from sandbox.processes import running
from tests.harness import FastClock, Json, Result, moment, select, sync

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox import Sandbox

pytestmark = pytest.mark.days(8)

STREAM, ENTITY = "order_items", "OrderItem"

UNHURRIED = """
from tap_mews.tap import TapMews
from tests.harness import FastClock

TapMews.clock = FastClock()
TapMews.cli()
"""
"""The tap in a process of its own, without pauses."""

SMALL_PIPE = 4096
"""Bytes that a pipe holds, so that a tap is at most some messages ahead."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the files go."""
    return tmp_path / "batches"


def batches(
    folder: Path, rows: int = 100, compression: str = "gzip", **storage: str
) -> Json:
    """The setting `batch_config`."""
    return {
        "encoding": {"format": "jsonl", "compression": compression},
        "storage": {"root": folder.as_uri(), **storage},
        "batch_size": rows,
    }


def run(
    sandbox: Sandbox,
    batch_config: Json,
    catalog: Json | None = None,
    **settings: object,
) -> Result:
    """Sync order items into files."""
    config = sandbox.config(batch_config=batch_config, **settings)
    return sync(config, catalog=catalog or select(STREAM), clock=FastClock())


def manifests(result: Result) -> list[str]:
    """The addresses of all files, in the order of their messages."""
    return [
        url
        for message in result.messages
        if message["type"] == "BATCH"
        for url in message["manifest"]
    ]


def lines_of(url: str) -> list[bytes]:
    """The lines of a file."""
    path = Path(url2pathname(urlsplit(url).path))
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).splitlines()


def rows_of(urls: Iterable[str]) -> dict[str, Json]:
    """The rows of some files by Id; a later one takes the place of an earlier one."""
    rows = (json.loads(line) for url in urls for line in lines_of(url))
    return {row["Id"]: row for row in rows}


def truth(sandbox: Sandbox) -> dict[str, Json]:
    """The rows that there are by Id."""
    return {row["Id"]: row for row in map(json.loads, sandbox.lines(ENTITY))}


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_the_files_hold_exactly_the_rows_that_mews_exported(
    sandbox: Sandbox, folder: Path, compression: str
) -> None:
    result = run(sandbox, batches(folder, compression=compression)).ok()

    found = [line for url in manifests(result) for line in lines_of(url)]
    assert sorted(found) == sorted(sandbox.lines(ENTITY))
    assert not result.records


def test_nobody_else_on_this_machine_can_read_the_files(
    sandbox: Sandbox, folder: Path
) -> None:
    for url in manifests(run(sandbox, batches(folder)).ok()):
        mode = Path(url2pathname(urlsplit(url).path)).stat().st_mode
        assert mode & (stat.S_IRWXG | stat.S_IRWXO) == 0


def test_a_message_says_how_its_file_is_written(sandbox: Sandbox, folder: Path) -> None:
    result = run(sandbox, batches(folder, prefix="night-")).ok()

    for message in result.messages:
        if message["type"] == "BATCH":
            assert message["stream"] == STREAM
            assert message["encoding"] == {"format": "jsonl", "compression": "gzip"}
    names = [Path(url).name for url in manifests(result)]
    assert names
    assert all(name.startswith("night-tap-mews--order_items-") for name in names)
    assert {path.name for path in folder.iterdir()} == set(names)


@pytest.mark.days(30)
def test_all_files_of_an_export_but_the_last_are_full(
    sandbox: Sandbox, folder: Path
) -> None:
    # rows of one file go on where those of the file of an export end
    sandbox.exports.rows_per_file = 70
    result = run(sandbox, batches(folder, rows=30)).ok()

    *full, last = (len(lines_of(url)) for url in manifests(result))
    assert len(full) > 3
    assert set(full) == {30}
    assert 0 < last <= 30
    assert sum(full) + last == len(sandbox.lines(ENTITY))


def test_rows_that_fill_the_last_file_leave_no_empty_one(
    sandbox: Sandbox, folder: Path
) -> None:
    count = len(sandbox.lines(ENTITY))
    result = run(sandbox, batches(folder, rows=count)).ok()
    assert [len(lines_of(url)) for url in manifests(result)] == [count]


def test_an_export_without_rows_makes_no_file(sandbox: Sandbox, folder: Path) -> None:
    sandbox.exports.lines[ENTITY] = []
    result = run(sandbox, batches(folder)).ok()
    assert manifests(result) == []
    assert "replication_key_value" in result.bookmark(STREAM)


@pytest.mark.days(30)
def test_a_state_follows_the_files_with_all_rows_up_to_its_bookmark(
    sandbox: Sandbox, folder: Path
) -> None:
    result = run(
        sandbox,
        batches(folder, rows=20),
        start_date="2026-01-20",
        export_window_days=5,
        lookback_minutes=0,
    ).ok()

    named: list[str] = []
    bookmarks = set()
    for message in result.messages:
        if message["type"] == "BATCH":
            named += message["manifest"]
        elif message["type"] == "STATE":
            state = message["value"]["bookmarks"].get(STREAM, {})
            if state.get("replication_key_value") is None:
                continue
            until = moment(state["replication_key_value"])
            bookmarks.add(until)
            assert rows_of(named).keys() >= {
                key
                for key, row in truth(sandbox).items()
                if moment(row["UpdatedUtc"]) <= until
            }
    assert len(bookmarks) > 5


@dataclass
class Shot:
    """A run that was killed, as the target saw it."""

    urls: list[str]
    state: Json | None


def shoot(folder: Path, config: Json, state: Json | None, after: int | None) -> Shot:
    """Run the tap, and kill it after so many files; or let it end, for None."""
    paths = {}
    for name, content in (
        ("config", config),
        ("catalog", select(STREAM)),
        ("state", state or {}),
    ):
        paths[name] = folder / f"{name}.json"
        paths[name].write_text(json.dumps(content), "utf-8")
    arguments = [part for name in paths for part in (f"--{name}", str(paths[name]))]
    seen = Shot([], state)
    with running(
        [sys.executable, "-c", UNHURRIED, *arguments],
        end_with=signal.SIGKILL,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pipesize=SMALL_PIPE,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            message = json.loads(line)
            seen.urls += message.get("manifest", [])
            if message["type"] == "STATE":
                seen.state = message["value"]
            if after is not None and len(seen.urls) >= after:
                return seen
        assert process.wait() == 0
    return seen


@pytest.mark.days(30)
def test_killed_between_files_every_row_arrives(
    sandbox: Sandbox, folder: Path, tmp_path: Path
) -> None:
    config = sandbox.config(
        batch_config=batches(folder, rows=5),
        start_date="2026-01-20",
        export_window_days=5,
    )
    urls: list[str] = []
    state = None
    for after in (1, 6, 25, None):
        shot = shoot(tmp_path, config, state, after)
        urls += shot.urls
        state = shot.state

    expected = {
        key: row
        for key, row in truth(sandbox).items()
        if moment(row["UpdatedUtc"]) >= moment("2026-01-20")
    }
    rows = rows_of(urls)
    assert {key: rows.get(key) for key in expected} == expected
    assert len(urls) > 40


def test_deselected_properties_are_in_no_file(sandbox: Sandbox, folder: Path) -> None:
    catalog = json.loads(json.dumps(select(STREAM)))
    for each in catalog["streams"][0]["metadata"]:
        if each["breadcrumb"] in (
            ["properties", "Notes"],
            ["properties", "Amount", "properties", "TaxValues"],
        ):
            each["metadata"]["selected"] = False
    result = run(sandbox, batches(folder), catalog).ok()

    rows = rows_of(manifests(result))
    assert rows.keys() == truth(sandbox).keys()
    assert not any("Notes" in row for row in rows.values())
    assert not any("TaxValues" in (row["Amount"] or {}) for row in rows.values())
    assert any("TaxValues" in row["UnitAmount"] for row in rows.values())


def test_unknown_properties_are_in_no_file(sandbox: Sandbox, folder: Path) -> None:
    sandbox.put(ENTITY, sandbox.new_row(ENTITY, NewProperty={"a": [1]}))
    result = run(sandbox, batches(folder)).ok()

    rows = rows_of(manifests(result))
    assert rows.keys() == truth(sandbox).keys()
    assert not any("NewProperty" in row for row in rows.values())
    assert "$.NewProperty" in result.log


def test_maps_that_make_several_streams_are_refused(
    sandbox: Sandbox, folder: Path
) -> None:
    result = run(
        sandbox,
        batches(folder),
        stream_maps={"copy": {"__source__": STREAM}},
    )
    assert "batch_config cannot be used with stream maps that split" in str(
        result.error
    )
    assert STREAM in str(result.error)
    assert not folder.exists()


def test_a_format_that_the_tap_does_not_write_is_refused(
    sandbox: Sandbox, folder: Path
) -> None:
    config = batches(folder)
    config["encoding"] = {"format": "parquet"}
    result = run(sandbox, config)
    assert "batch_config.encoding.format must be" in str(result.error)


def test_a_property_that_is_hashed_and_removed_may_be_missing(
    sandbox: Sandbox, folder: Path
) -> None:
    sandbox.exports.files[ENTITY] = [b'{"Id":"a"}']
    maps = {STREAM: {"Hash": "md5(Notes) if Notes else None", "Notes": None}}
    result = run(sandbox, batches(folder), extraction="exports", stream_maps=maps).ok()
    assert rows_of(manifests(result))["a"] == {"Id": "a", "Hash": None}

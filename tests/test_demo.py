"""The demo: what it draws, what it counts, and the whole of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest

from demo.hotels import _STREAMS
from demo.kpis import DBT
from demo.pipeline import CHECKOUT, TARGET
from demo.warehouse import Warehouse, table
from facts import STREAMS as KNOWN
from sandbox import Sandbox
from sandbox.processes import running

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = (sys.executable, "-m", "demo")
STREAMS = {
    name
    for name in (path.stem for path in (CHECKOUT / "schemas").glob("*.json"))
    # the hotels keep no rows of what is unfolded from an answer
    if not KNOWN[name].unfolded
}
NOON = "2026-03-01T12:00:00Z"

needs_target = pytest.mark.skipif(
    not (TARGET[0].with_name("target-duckdb").exists() and DBT.exists()),
    reason="not installed: make .venv-target/.installed .venv-dbt/.installed",
)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as database:
        database.execute("create schema mews")
        database.execute("create table mews.bills (id text, updatedutc timestamp)")
        database.execute(
            "insert into mews.bills values ('a', '2026-03-01 09:00:00.5'), "
            "('b', '2026-03-01 10:00:00')"
        )
        database.execute("create table mews.links as select 'a' as id")
    return Warehouse(path)


def test_a_table_has_its_numbers_to_the_right() -> None:
    rows = [("a", 1234, Decimal("1.5")), (None, 5, None)]
    assert table(("Name", "Rows", "Rate"), *rows).splitlines() == [
        "Name   Rows  Rate",
        "a     1,234  1.50",
        "-         5     -",
    ]


def test_each_table_shows_its_rows_and_the_time_they_span(warehouse: Warehouse) -> None:
    assert [line.split() for line in warehouse.arrived().splitlines()[1:]] == [
        ["bills", "2", "2026-03-01", "09:00", "2026-03-01", "10:00"],
        ["links", "1", "-", "-"],
    ]


@pytest.mark.parametrize(
    ("hotels", "wrong"),
    [
        ({"a": "2026-03-01T09:00:00.5Z", "b": "2026-03-01T10:00:00Z"}, 0),
        ({"a": "2026-03-01T09:00:00.5Z", "b": "2026-03-01T11:00:00Z"}, 1),
        ({"a": "2026-03-01T09:00:00.5Z", "b": "2026-03-01T13:00:00Z"}, 0),
        ({"a": "2026-03-01T09:00:00.5Z"}, 1),
        (dict.fromkeys("abcde", "2026-03-01T09:00:00.5Z"), 4),
    ],
    ids=["the same", "outdated", "changed after", "made up", "missing"],
)
def test_rows_that_differ_are_counted(
    warehouse: Warehouse, hotels: dict[str, str], wrong: int
) -> None:
    assert warehouse.unaccounted("bills", hotels, NOON) == wrong


def test_rows_of_a_table_without_dates_are_counted_by_key(warehouse: Warehouse) -> None:
    assert warehouse.unaccounted("links", {"a": NOON, "b": NOON}, NOON) == 1


def test_rows_of_a_table_that_never_came_are_missing(warehouse: Warehouse) -> None:
    assert warehouse.unaccounted("payments", {"a": NOON, "b": NOON}, NOON) == 2


def test_each_stream_is_found_among_the_hotels_rows() -> None:
    entities = Sandbox(properties=1, days=30).platform.store._tables
    assert {_STREAMS[entity] for entity in entities} == STREAMS


@needs_target
@pytest.mark.slow
def test_the_demo_accounts_for_every_row(tmp_path: Path) -> None:
    run = subprocess.run(
        COMMAND,
        cwd=CHECKOUT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=340,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert "Every row accounted for" in run.stdout
    for stream in STREAMS:
        assert run.stdout.count(f"\n{stream} ") == 2
    assert all(len(line) <= 88 for line in run.stdout.splitlines() if "/" not in line)
    for enterprise in ("Hotel Donaukanal", "Spreehof", "Casa do Chafariz"):
        assert f"\n{enterprise}, EUR\nDay " in run.stdout
    (charts,) = tmp_path.glob("*/key-figures.html")
    assert charts.as_uri() in run.stdout
    (config,) = tmp_path.glob("*/config.json")
    assert str(config.parent) in run.stdout
    assert config.stat().st_mode & 0o777 == 0o600


@needs_target
@pytest.mark.slow
def test_the_demo_leaves_no_process_behind_when_interrupted(tmp_path: Path) -> None:
    with running(
        COMMAND,
        group=True,
        cwd=CHECKOUT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as demo:
        assert demo.stdout
        demo.stdout.readline()
        demo.stdout.read(len("First sync"))
        demo.send_signal(signal.SIGINT)
        assert demo.wait(30) == 130
        with pytest.raises(ProcessLookupError):
            os.killpg(demo.pid, 0)

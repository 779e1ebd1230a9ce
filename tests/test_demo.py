"""The demo: what it draws and what it counts; `make e2e` runs the whole of it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest

from demo.hotels import _STREAMS
from demo.pipeline import CHECKOUT
from demo.warehouse import Warehouse, table
from facts import STREAMS as KNOWN
from sandbox import Sandbox

if TYPE_CHECKING:
    from pathlib import Path

STREAMS = {
    name
    for name in (path.stem for path in (CHECKOUT / "schemas").glob("*.json"))
    # the hotels keep no rows of what is unfolded from an answer
    if not KNOWN[name].unfolded
}
NOON = "2026-03-01T12:00:00Z"


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

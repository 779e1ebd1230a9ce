"""What each target keeps of the same rows, value by value.

Where a target spoils a value, the test says exactly how: it fails when the target is
mended, and then README.md has a line too many.
"""

from __future__ import annotations

import json
import time
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import pytest

from tests.e2e import stores
from tests.e2e.project import login
from tests.harness import select, sync
from tests.pages_harness import BEFORE_ALL, settle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.postgres import Server
    from sandbox import Sandbox
    from tests.e2e.project import Project
    from tests.harness import Json

Load: TypeAlias = "Callable[..., None]"
"""Runs the tap into a target."""

RECORD, BATCH = "RECORD", "BATCH"

in_both_ways = pytest.mark.parametrize("way", [RECORD, BATCH])

AMOUNT = {
    "Currency": "EUR",
    "GrossValue": Decimal("1234567890123456.789012"),
    "NetValue": Decimal("0.1"),
    "TaxValues": [{"Code": "Ü 7 %", "Value": Decimal("0.0000001")}],
    "Breakdown": None,
}
"""More digits than a float has, and a list of objects in an object."""


@pytest.fixture
def expected(sandbox: Sandbox) -> stores.Tables:
    """All rows; among those of the hotels are some that are hard to keep."""
    sandbox.exports.shuffled = False
    item = sandbox.new_row(
        "OrderItem",
        Notes="Žofie “a”, 'b' \"c\" 😀\r\n\ttab\\ end ",
        BillingName="",
        Amount=AMOUNT,
        CreatedUtc="0001-01-01T00:00:00Z",
        ClaimedUtc="2026-02-28T10:00:00.1234567Z",
        UpdatedUtc="2026-02-28T10:00:00.120Z",
    )
    sandbox.put("OrderItem", item)
    sandbox.put(
        "LedgerEntry",
        sandbox.new_row(
            "LedgerEntry", PostingDate="2026-02-20", Value=AMOUNT["GrossValue"]
        ),
    )
    guest = sandbox.new_row(
        "Customer", BirthDate="1899-12-31", Options=[], Address=None
    )
    sandbox.put("Customer", guest)
    settle(sandbox)
    return stores.truth(sandbox)


@pytest.fixture
def load(project: Project, sandbox: Sandbox, tmp_path: Path) -> Load:
    """Give a function that runs the tap, and a target as Meltano installed it.

    The target has the settings of meltano.yml. What it says of the state is where the
    tap goes on, as Meltano does it.
    """
    batches = tmp_path / "batches"
    encoding = {"format": "jsonl", "compression": "gzip"}
    in_batches = {"encoding": encoding, "storage": {"root": batches.as_uri()}}
    state: Json = {}

    def run(
        target: str,
        way: str = RECORD,
        *,
        tap: Json | None = None,
        code: int = 0,
        **settings: object,
    ) -> None:
        batch_config = {"batch_config": in_batches} if way == BATCH else {}
        # the years before the hotels opened take time
        config = sandbox.config(
            reference_start_date=BEFORE_ALL, **batch_config, **(tap or {})
        )
        result = sync(config, state, select(*stores.STREAMS)).ok()
        assert batches.exists() == (way == BATCH)
        loader = project.loader(target)
        known = {each["name"]: each.get("value") for each in loader["settings"]}
        known |= {**loader["config"], **settings}
        path = tmp_path / f"{target}.json"
        path.write_text(
            json.dumps({k: v for k, v in known.items() if v is not None}), "utf-8"
        )
        messages = b"\n".join([*result.lines, b""]).decode()
        told = project.target(target, "--config", str(path), given=messages, code=code)
        state.update(json.loads(told.splitlines()[-1]) if told else {})

    return run


# --- target-jsonl ---


def test_target_jsonl_keeps_every_value(
    project: Project, load: Load, expected: stores.Tables
) -> None:
    load("target-jsonl")
    assert stores.unlike(stores.in_jsonl(project.folder / "output"), expected) == []


def test_target_jsonl_keeps_every_version_of_a_row(
    project: Project, load: Load, sandbox: Sandbox
) -> None:
    settle(sandbox)
    key = sandbox.rows("Enterprise")[0]["Id"]
    for _ in range(2):
        load("target-jsonl")
    lines = (project.folder / "output" / "enterprises.jsonl").read_text("utf-8")
    assert lines.count(f'"Id": "{key}"') == 2


@pytest.mark.parametrize("target", ["target-jsonl", "target-duckdb"])
def test_targets_that_know_no_batch_files_end_with_an_error(
    load: Load, target: str
) -> None:
    load(target, BATCH, code=1)


# --- target-csv ---


def csv_record(value: stores.Value, schema: Json) -> str:
    """Objects, lists and booleans as Python writes them; no null; other date-times."""
    if value is None:
        return ""
    return str(stores.utc(value) if stores.is_time(schema) else value)


def csv_batch(value: stores.Value, _: Json) -> str:
    """As `csv_record`, but date-times as they came."""
    return "" if value is None else str(value)


@pytest.mark.parametrize(
    ("way", "keep"), [(RECORD, csv_record), (BATCH, csv_batch)], ids=[RECORD, BATCH]
)
def test_target_csv_writes_values_as_python_does(
    project: Project, load: Load, expected: stores.Tables, way: str, keep: stores.Keep
) -> None:
    load("target-csv", way)
    stored = stores.in_csv(project.folder / "output")
    assert stores.unlike(stored, stores.kept(expected, keep)) == []


def test_flattening_gives_target_csv_columns_and_json_to_write(
    project: Project, load: Load, expected: stores.Tables
) -> None:
    load("target-csv", tap={"flattening_enabled": True, "flattening_max_depth": 1})
    stored = stores.in_csv(project.folder / "output")["order_items"]
    for key, row in expected["order_items"].items():
        amount = row["Amount"]
        assert stored[key]["Amount__GrossValue"] == str(amount["GrossValue"])
        found = stored[key]["Amount__TaxValues"]
        assert json.loads(found) == stores.floating(amount["TaxValues"])


def test_target_csv_begins_its_files_anew_in_each_run(
    project: Project, load: Load, sandbox: Sandbox
) -> None:
    settle(sandbox)
    for _ in range(2):
        load("target-csv", file_naming_scheme="{stream_name}.csv")
    stored = stores.in_csv(project.folder / "output")
    assert stored["payments"].keys() < stores.truth(sandbox)["payments"].keys()


def test_with_the_time_in_the_names_target_csv_keeps_the_rows_of_all_runs(
    project: Project, load: Load, sandbox: Sandbox
) -> None:
    settle(sandbox)
    load("target-csv")
    time.sleep(1)  # what it puts into the names are seconds
    load("target-csv")
    stored = stores.in_csv(project.folder / "output")
    assert stored["payments"].keys() == stores.truth(sandbox)["payments"].keys()


# --- target-duckdb ---


def duckdb_value(value: stores.Value, schema: Json) -> stores.Value:
    """Numbers as floats, the empty text as null, date-times of UTC without a zone."""
    if value == "":
        return None
    if value is not None and stores.is_time(schema):
        return stores.without_zone(stores.utc(value))
    return stores.floating(value)


def test_target_duckdb_loses_the_first_row_of_a_load_and_digits(
    project: Project, load: Load, expected: stores.Tables
) -> None:
    load("target-duckdb")
    stored = stores.in_duckdb(project.folder / "warehouse.duckdb")
    lost = {
        stream: [*rows.keys() - stored[stream].keys()]
        for stream, rows in expected.items()
    }
    assert lost["payments"] == [next(iter(expected["payments"]))]
    assert max(map(len, lost.values())) == 1
    # without a date-time it takes no row for a head
    assert lost["reservation_group_source_assignments"] == []
    arrived = {
        stream: {key: row for key, row in rows.items() if key not in lost[stream]}
        for stream, rows in expected.items()
    }
    assert stores.unlike(stored, stores.kept(arrived, duckdb_value)) == []


# --- target-postgres ---


@in_both_ways
def test_target_postgres_keeps_every_value(
    load: Load, postgres: Server, sandbox: Sandbox, expected: stores.Tables, way: str
) -> None:
    # the target itself cuts, PostgreSQL rounds
    keep = partial(stores.as_column, rounded=way == BATCH)
    with_nul = sandbox.new_row("OrderItem", Notes="a\x00b")
    sandbox.put("OrderItem", with_nul)
    settle(sandbox)
    expected["order_items"][with_nul["Id"]] = {**with_nul, "Notes": "a\ufffdb"}
    load("target-postgres", way, **login(postgres))
    stored = stores.in_postgres(postgres)
    assert stores.unlike(stored, stores.kept(expected, keep)) == []
    without = sum(row["Address"] is None for row in expected["customers"].values())
    told = "select count(*) from mews.customers where {}"
    for condition, count in (
        (""""Address" = 'null'""", without),
        ('"Address" is null', 0),
        ("""nullif("Address", 'null') is null""", without),
    ):
        assert postgres.ask(told.format(condition)) == str(count)
    assert without


@pytest.mark.parametrize("target", ["target-csv", "target-postgres"])
def test_a_target_knows_the_settings_that_the_project_has_for_it(
    project: Project, target: str
) -> None:
    loader = project.loader(target)
    named = {each["name"] for each in loader["settings"]} | {*loader["config"]}
    about = project.target(target, "--about", "--format=json")
    assert named <= {*json.loads(about)["settings"]["properties"]}

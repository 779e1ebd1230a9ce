"""What a target has stored, read back; and what each should store of a value."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

import duckdb

from tests.export_harness import ENTITIES
from tests.pages_harness import ADDED, PAGE_ENTITIES
from tests.test_schemas import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.postgres import Server
    from sandbox import Sandbox
    from tests.harness import Json

Tables: TypeAlias = "dict[str, dict[str, Json]]"
"""By stream, the rows by their key."""

Value: TypeAlias = Any
"""Any JSON, and what a column holds of it."""

Keep: TypeAlias = "Callable[[Value, Json], Value]"
"""Gives what a target stores of a value with a schema."""

STREAMS = {
    **ENTITIES,
    **PAGE_ENTITIES,
    "products": "Product",  # under services
    "rates": "Rate",
    "services": "Service",  # whole in each run
}
"""The streams that are compared, each with an Id, and what the sandbox calls them."""


def truth(sandbox: Sandbox) -> Tables:
    """The rows that the hotels have, with all digits."""
    return {
        stream: {row["Id"]: row for row in map(exact, sandbox.lines(STREAMS[stream]))}
        for stream in sorted(STREAMS)
    }


def exact(text: str | bytes) -> Value:
    """Read JSON with all digits."""
    return json.loads(text, parse_float=Decimal)


def unlike(stored: Tables, expected: Tables) -> list[str]:
    """Name the rows and values that differ, missing and made up rows as well."""
    found = []
    for stream, rows in expected.items():
        there = stored.get(stream, {})
        found += [f"{stream} {key} made up" for key in there.keys() - rows.keys()]
        found += [f"{stream} {key} missing" for key in rows.keys() - there.keys()]
        found += [
            f"{stream}.{name}: {there[key].get(name)!r} instead of {value!r}"
            for key in rows.keys() & there.keys()
            for name, value in rows[key].items()
            if not same(there[key].get(name), value)
        ]
    return found


def same(one: object, other: object) -> bool:
    """Whether two values are equal and of one kind: 1 is not True, nor 1.0."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    numbers = (int, Decimal)
    alike = type(one) is type(other) or (
        type(one) in numbers and type(other) in numbers
    )
    return alike and one == other


def kept(tables: Tables, keep: Keep) -> Tables:
    """What is left of all values.

    Args:
        tables: The values by stream, key and property.
        keep: Gives what is stored of a value with a schema.
    """
    found: Tables = {}
    for stream, rows in tables.items():
        properties = load(stream)["properties"]
        found[stream] = {
            key: {name: keep(value, properties[name]) for name, value in row.items()}
            for key, row in rows.items()
        }
    return found


def floating(value: Value) -> Value:
    """What is left of a value whose numbers became floats."""
    if isinstance(value, dict):
        return {name: floating(each) for name, each in value.items()}
    if isinstance(value, list):
        return [floating(each) for each in value]
    return float(value) if isinstance(value, Decimal) else value


def utc(text: str, *, rounded: bool = False) -> datetime:
    """Read a date-time, which can have more digits than a microsecond.

    Args:
        text: As Mews sends it.
        rounded: Whether the digits that are too many are rounded instead of cut.
    """
    whole, _, digits = text.removesuffix("Z").partition(".")
    exact = Decimal(f"0.{digits or 0}") * 10**6
    return datetime.fromisoformat(f"{whole}+00:00") + timedelta(
        microseconds=round(exact) if rounded else int(exact)
    )


def without_zone(moment: datetime) -> str:
    """Write a date-time as a database does that knows no zones."""
    text = moment.replace(tzinfo=None).isoformat()
    return text.rstrip("0") if "." in text else text


def as_column(value: Value, schema: Json, *, rounded: bool = False) -> Value:
    """What target-postgres stores: the value itself, of a date-time without the zone.

    Args:
        value: As Mews sends it.
        schema: That of the property.
        rounded: As `utc` has it.
    """
    if value is None or not is_time(schema):
        return value
    return without_zone(utc(value, rounded=rounded))


def is_time(schema: Json) -> bool:
    """Whether a property is a date-time."""
    return schema.get("format") == "date-time"


def in_jsonl(folder: Path) -> Tables:
    """The latest row of each key in the files of target-jsonl."""
    return {
        path.stem: {
            row["Id"]: row for row in map(exact, path.read_bytes().splitlines())
        }
        for path in folder.glob("*.jsonl")
        if path.stem in STREAMS
    }


def in_csv(folder: Path) -> Tables:
    """The latest row of each key in the files of target-csv, each value as text."""
    found: Tables = defaultdict(dict)
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            stream = path.stem.partition("-")[0]
            if stream in STREAMS:
                found[stream] |= {row["Id"]: dict(row) for row in csv.DictReader(file)}
    return found


def in_duckdb(path: Path) -> Tables:
    """The rows in the tables of target-duckdb; names of columns have no case."""
    found: Tables = {}
    with duckdb.connect(str(path), read_only=True) as database:
        for stream in STREAMS:
            there = database.execute(f"from mews.{stream}")
            names = {name.lower(): name for name in load(stream)["properties"]}
            columns = [
                (names.get(column[0]), str(column[1]))
                for column in there.description or ()
            ]
            rows = [
                {
                    name: _from_duckdb(value, kind)
                    for (name, kind), value in zip(columns, row, strict=True)
                    if name and name != ADDED
                }
                for row in there.fetchall()
            ]
            found[stream] = {row["Id"]: row for row in rows}
    return found


def _from_duckdb(value: Value, kind: str) -> Value:
    if isinstance(value, datetime):
        return without_zone(value)
    return json.loads(value) if kind == "JSON" and value is not None else value


def in_postgres(server: Server) -> Tables:
    """The rows in the tables of target-postgres."""
    there = server.ask(
        """select coalesce(json_agg(table_name), '[]') from information_schema.tables
        where table_schema = 'mews'"""
    )
    asked = ", ".join(
        f"'{stream}', (select json_agg(to_jsonb(t)) from mews.{stream} t)"
        for stream in STREAMS.keys() & json.loads(there)
    )
    answer = exact(server.ask(f"select json_build_object({asked})"))
    return {
        stream: {row["Id"]: row for row in rows or []}
        for stream, rows in answer.items()
    }

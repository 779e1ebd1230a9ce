"""The parts of dbt/ that the schemas know; `make docs` renews them.

Sources and staging models are written from `schemas/` and `facts/`, a file for each
stream, so that a new stream costs nothing by hand.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, NamedTuple

from docs.generated import CHECKOUT, Json, as_yaml
from facts import STREAMS
from facts import columns as columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODELS = CHECKOUT / "dbt" / "models"

DEEPEST = 3
"""Names in the path of a member that gets a column; the JSON keeps what is deeper."""

_RENEW = "Generated from schemas/{}.json. Renew it with: make docs"
_TYPES = {
    "boolean": "boolean",
    "integer": "integer",
    "number": "decimal",
    "string": "text",
}
_RESERVED = {
    *("all", "and", "as", "default", "desc", "end", "from", "group", "in", "is"),
    *("limit", "not", "offset", "on", "or", "order", "primary", "references"),
    *("select", "table", "then", "to", "union", "unique", "user", "when", "where"),
}
_FORMATS = {"date-time": "timestamp", "date": "date"}


class Column(NamedTuple):
    """A column of a staging model.

    Attributes:
        name: What it is called.
        sql: How it is made of the typed columns.
        description: What it holds.
    """

    name: str
    sql: str
    description: str


def snake(name: str) -> str:
    """Write a name of Mews in snake case, as the macro `mews.snake_case` does."""
    return re.sub(r"([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])", r"\1\3_\2", name).lower()


def files() -> dict[Path, str]:
    """What the generated files should hold."""
    streams = sorted(path.stem for path in (CHECKOUT / "schemas").glob("*.json"))
    schemas = {name: _schema(name) for name in streams}
    staging = MODELS / "staging"
    found = {
        MODELS / "sources.yml": _yaml(_sources(schemas)),
        staging / "staging.yml": _yaml(_properties(schemas)),
    }
    for name, schema in schemas.items():
        found[staging / f"stg_mews__{name}.sql"] = _model(name, schema)
    return found


def outdated() -> list[str]:
    """Name the files that `make docs` would write, change or remove."""
    wanted = files()
    there = {*MODELS.glob("staging/*"), MODELS / "sources.yml"}
    return sorted(
        str(path.relative_to(CHECKOUT))
        for path in there | wanted.keys()
        if not path.exists()
        or path not in wanted
        or path.read_text("utf-8") != wanted[path]
    )


def renew() -> None:
    """Write them, and remove those of streams that are gone."""
    wanted = files()
    for name in outdated():
        path = CHECKOUT / name
        if path in wanted:
            path.write_text(wanted[path], "utf-8")
        else:
            path.unlink()


def _schema(stream: str) -> Json:
    text = (CHECKOUT / "schemas" / f"{stream}.json").read_text("utf-8")
    found: Json = json.loads(text)
    return found


def _yaml(value: Json) -> str:
    return f"# {_RENEW.format('*')}\n{as_yaml(value)}\n"


# --- sources ---


def _sources(schemas: dict[str, Json]) -> Json:
    source = {
        "name": "mews",
        "description": "Tables of tap-mews, as target-duckdb or target-postgres "
        "leaves them. A column has the name of its property, and every time is UTC.",
        "schema": "{{ var('mews_schema', 'mews') }}",
        "database": "{{ var('mews_database', target.database) }}",
        "tables": [_table(name, schema) for name, schema in schemas.items()],
    }
    return {"version": 2, "sources": [source]}


def _table(name: str, schema: Json) -> Json:
    fact = STREAMS[name]
    columns = []
    for each, rule in schema["properties"].items():
        column = {"name": each, "description": rule["description"]}
        refers = sorted(
            f"{join.stream}.{join.to}" for join in fact.joins if join.column == each
        )
        if refers:
            column["config"] = {"meta": {"references": refers}}
        columns.append(column)
    return {
        "name": name,
        "description": schema["description"],
        "config": {"meta": {"primary_key": [*fact.key]}},
        "columns": columns,
    }


# --- staging ---


def _model(name: str, schema: Json) -> str:
    properties = schema["properties"]
    typed = "\n".join(
        f"        '{key}': '{_type(properties[key])}'," for key in properties
    )
    columns = ",\n".join(f"    {each.sql}" for each in _columns(schema))
    return f"""\
-- {_RENEW.format(name)}
with typed as (

    {{{{ mews.typed_columns('{name}', {{
{typed}
    }}) }}}}

)

select
{columns}
from typed
"""  # noqa: S608 - every name is one of a schema


def _type(rule: Json) -> str:
    kinds = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
    kinds = [kind for kind in kinds if kind != "null"]
    if {"object", "array"} & {*kinds}:
        return "json"
    if len(kinds) > 1:
        return "text"
    return _FORMATS.get(rule.get("format", ""), _TYPES[kinds[0]])


def _columns(schema: Json) -> Iterator[Column]:
    """Give each property, what is inside of it, and the flags at the end."""
    properties = schema["properties"]
    taken = {*map(snake, properties)}
    for name, rule in properties.items():
        column = snake(name)
        sql = f'"{column}"' if column in _RESERVED else column
        yield Column(column, sql, rule["description"])
        if rule.get("deprecated"):
            continue
        yield from _members(column, rule, (name,), taken)
        if _is_translated(rule):
            said = re.sub("s$", "", column)
            sql = f"{{{{ mews.translated('{column}') }}}} as translated_{said}"
            text = f"{rule['description']} This is the one in the chosen language."
            yield Column(f"translated_{said}", sql, text)
    yield from _flags(properties)


def _members(
    column: str, rule: Json, path: tuple[str, ...], taken: set[str]
) -> Iterator[Column]:
    for name, member in rule.get("properties", {}).items():
        inside = (*path, name)
        kind = _type(member)
        if kind == "json":
            yield from _members(column, member, inside, taken)
        elif len(inside) <= DEEPEST:
            alias = "_".join(map(snake, inside))
            if alias in taken:
                # AddressId and Address.Id are two things.
                alias = "__".join(map(snake, inside))
            names = ", ".join(f"'{each}'" for each in inside[1:])
            sql = f"{{{{ mews.json_{kind}('{column}', [{names}]) }}}} as {alias}"
            yield Column(alias, sql, member.get("description", name))


def _is_translated(rule: Json) -> bool:
    values = rule.get("additionalProperties")
    return isinstance(values, dict) and "string" in values.get("type", ())


def _flags(properties: Json) -> Iterator[Column]:
    deleted = [
        sql
        for name, sql in (
            ("IsActive", "is_active = false"),
            ("DeletedUtc", "deleted_utc is not null"),
        )
        if name in properties
    ]
    if deleted:
        sql = f"coalesce({' or '.join(deleted)}, false) as is_deleted"
        yield Column("is_deleted", sql, "Whether the row has been deleted in Mews.")
    canceled = [
        sql
        for name, sql in (
            ("CancelledUtc", "cancelled_utc is not null"),
            ("CanceledUtc", "canceled_utc is not null"),
            ("State", "state = 'Canceled'"),
            ("AccountingState", "accounting_state = 'Canceled'"),
        )
        if name in properties
        and "Cancel" in f"{name} {properties[name]['description']}"
    ]
    if canceled:
        sql = f"coalesce({' or '.join(canceled)}, false) as is_canceled"
        yield Column("is_canceled", sql, "Whether it has been canceled.")


def _properties(schemas: dict[str, Json]) -> Json:
    models = []
    for name, schema in schemas.items():
        columns = []
        for each in _columns(schema):
            column: Json = {"name": each.name, "description": each.description}
            tests = [*_tests(name, each.name, schemas)]
            if tests:
                column["data_tests"] = tests
            columns.append(column)
        model: Json = {
            "name": f"stg_mews__{name}",
            "description": schema["description"],
            "columns": columns,
        }
        key = [*map(snake, STREAMS[name].key)]
        model["data_tests"] = [{"mews_primary_key": {"columns": key}}]
        models.append(model)
    return {"version": 2, "models": models}


def _tests(stream: str, column: str, schemas: dict[str, Json]) -> Iterator[Json]:
    fact = STREAMS[stream]
    for join in fact.joins:
        if "[]" in join.column or join.stream not in schemas:
            continue
        if not STREAMS[join.stream].selected_by_default:
            continue
        if "_".join(map(snake, join.column.split("."))) != column:
            continue
        others = [each for each in fact.joins if each.column == join.column]
        # A row can be older than start_date, or its stream not selected.
        config = {"severity": "warn"}
        if len(others) > 1:
            # The row names one of several streams; another column says which one.
            meant = STREAMS[join.stream].entity
            if join.by is None or meant not in columns_of(fact)[join.by].values:
                continue
            config["where"] = f"{snake(join.by)} = '{meant}'"
        yield {
            "relationships": {
                "to": f"ref('stg_mews__{join.stream}')",
                "field": snake(join.to),
                "config": config,
            }
        }


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit("\n".join(outdated()))
    renew()

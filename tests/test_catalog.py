"""The discovered catalog, as it is now: a change shows in the snapshot's diff.

    .venv/bin/python -m pytest tests/test_catalog.py --snapshot-update

renews it. What the schemas say in words is left out: `test_schemas.py` looks at that.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.typing import DEFAULT_JSONSCHEMA_VALIDATOR

from facts import STREAMS
from tap_mews.tap import TapMews

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syrupy.assertion import SnapshotAssertion

CATALOG: list[dict[str, Any]] = json.loads(
    TapMews(validate_config=False).catalog_json_text
)["streams"]
each_stream = pytest.mark.parametrize(
    "entry", CATALOG, ids=[entry["stream"] for entry in CATALOG]
)


def kinds(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """The path and type of each property, in the order of the schema."""
    for name, rule in schema.get("properties", {}).items():
        where = f"{path}{name}"
        types = [rule["type"]] if isinstance(rule["type"], str) else rule["type"]
        yield where, " ".join([*types, *([rule["format"]] if "format" in rule else [])])
        yield from kinds(rule, f"{where}.")
        if "items" in rule:
            yield from kinds({"properties": {"[]": rule["items"]}}, where)
        if isinstance(rule.get("additionalProperties"), dict):
            rest = {"properties": {"*": rule["additionalProperties"]}}
            yield from kinds(rest, f"{where}.")


def inclusions(entry: Mapping[str, Any]) -> dict[str, list[str]]:
    """The properties by how they are selected, without those that are optional."""
    found: dict[str, list[str]] = defaultdict(list)
    for each in entry["metadata"]:
        inclusion = each["metadata"]["inclusion"]
        if inclusion != "available":
            found[inclusion].append(".".join(each["breadcrumb"]) or "(the stream)")
    return dict(found)


@each_stream
def test_a_stream_is_as_it_was(
    entry: dict[str, Any], snapshot: SnapshotAssertion
) -> None:
    described = {"schema", "metadata"}
    assert snapshot == {
        **{name: value for name, value in entry.items() if name not in described},
        "inclusion": inclusions(entry),
        "properties": dict(kinds(entry["schema"])),
    }


@each_stream
def test_a_schema_in_the_catalog_is_one(entry: dict[str, Any]) -> None:
    DEFAULT_JSONSCHEMA_VALIDATOR.check_schema(entry["schema"])


@each_stream
def test_what_a_stream_is_found_by_is_in_its_schema(entry: dict[str, Any]) -> None:
    key = entry.get("replication_key")
    named = {*entry["key_properties"], *([key] if key else [])}
    assert named <= entry["schema"]["properties"].keys()


def test_what_is_selected_by_default_is_what_the_facts_say() -> None:
    streams = TapMews(validate_config=False).streams
    assert [name for name, stream in streams.items() if stream.selected] == [
        name for name in streams if STREAMS[name].selected_by_default
    ]

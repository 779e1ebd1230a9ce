"""What a run does with undocumented properties, as the setting says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tap_mews.errors import InvalidSettingsError
from tap_mews.records.undocumented import UndocumentedProperties
from tap_mews.tap import TapMews
from tests.harness import Json, Result, select, sync

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox

GUEST = "Quillfeather-s3cr3t"
ROWS = [
    b'{"Id":"a","Mood":"%b","Address":{"City":"c","Floor":1.50}}' % GUEST.encode(),
    b'{"Id":"b","Mood":[],"Classifications":["x"]}',
    b'{"Id":"c"}',
]
CUSTOMERS = [
    {"Id": "a", "Address": {"City": "c"}},
    {"Id": "b", "Classifications": ["x"]},
    {"Id": "c"},
]
VALUES = [{"/Mood": GUEST, "/Address/Floor": 1.5}, {"/Mood": []}, None]


def run(sandbox: Sandbox, rows: list[bytes] = ROWS, **more: object) -> Result:
    """Read customers, of an export that holds these rows."""
    sandbox.exports.files["Customer"] = [b"\n".join(rows)]
    return sync(sandbox.config(**more), catalog=select("customers"))


def told(result: Result) -> list[str]:
    """The lines about undocumented properties."""
    return [each for each in result.logs if "undocumented propert" in each]


def values(result: Result) -> list[Json | None]:
    """What records hold of them."""
    return [each.get("_undocumented") for each in result.records["customers"]]


def schema(result: Result) -> Json:
    """The properties of the SCHEMA message."""
    (found,) = [each for each in result.messages if each["type"] == "SCHEMA"]
    properties: Json = found["schema"]["properties"]
    return properties


@pytest.mark.parametrize("settings", [{}, {"undocumented_properties": "drop"}])
def test_they_are_dropped_and_named_in_one_line(
    sandbox: Sandbox, settings: Json
) -> None:
    result = run(sandbox, **settings).ok()
    assert result.records["customers"] == CUSTOMERS
    assert "_undocumented" not in schema(result)
    (line,) = told(result)
    assert line == (
        "INFO customers: 2 undocumented properties were dropped: $.Address.Floor, "
        "$.Mood (in 2 rows); set undocumented_properties to `keep` to load them"
    )
    assert GUEST not in result.log


def test_they_are_kept_whole_in_a_property_of_their_own(sandbox: Sandbox) -> None:
    result = run(sandbox, undocumented_properties="keep").ok()
    assert values(result) == VALUES
    assert b'{"/Mood":"%b","/Address/Floor":1.50}' % GUEST.encode() in b"".join(
        result.lines
    )
    assert [
        {name: each for name, each in record.items() if name != "_undocumented"}
        for record in result.records["customers"]
    ] == CUSTOMERS
    rule = schema(result)["_undocumented"]
    assert rule["type"] == ["object", "null"]
    assert rule["description"].endswith("Personal data.")
    (line,) = told(result)
    assert line == (
        "INFO customers: 2 undocumented properties were kept in _undocumented: "
        "$.Address.Floor, $.Mood (in 2 rows)"
    )
    assert GUEST not in result.log


def test_they_are_named_when_a_run_fails_too(sandbox: Sandbox) -> None:
    result = run(sandbox, [*ROWS, b'{"Id":null}'])
    assert result.error is not None
    assert len(told(result)) == 1


def test_of_rows_without_any_nothing_is_told(sandbox: Sandbox) -> None:
    assert told(run(sandbox, [b'{"Id":"a"}']).ok()) == []


def test_discovery_shows_the_property_that_keeps_them() -> None:
    config = {"client_token": "c", "access_token": "a"}
    config["undocumented_properties"] = "keep"
    catalog = TapMews(config=config).catalog_dict
    assert len(catalog["streams"]) > 10
    for entry in catalog["streams"]:
        assert "_undocumented" in entry["schema"]["properties"]
        metadata = {tuple(each["breadcrumb"]): each for each in entry["metadata"]}
        found = metadata["properties", "_undocumented"]["metadata"]
        assert found["inclusion"] == "available"
    assert "_undocumented" not in json.dumps(
        TapMews(validate_config=False).catalog_dict
    )


def test_a_catalog_can_deselect_them(sandbox: Sandbox) -> None:
    catalog = select("customers")
    breadcrumb = ["properties", "_undocumented"]
    metadata = {"inclusion": "available", "selected": False}
    catalog["streams"][0]["metadata"].append(
        {"breadcrumb": breadcrumb, "metadata": metadata}
    )
    sandbox.exports.files["Customer"] = [b"\n".join(ROWS)]
    config = sandbox.config(undocumented_properties="keep")
    result = sync(config, catalog=catalog).ok()
    assert "_undocumented" not in schema(result)
    assert values(result) == [None] * 3


@pytest.mark.parametrize("batch", [False, True], ids=["records", "batch"])
def test_those_within_a_deselected_property_do_not_go_out(
    sandbox: Sandbox, tmp_path: Path, *, batch: bool
) -> None:
    catalog = select("customers")
    for each in catalog["streams"][0]["metadata"]:
        if each["breadcrumb"] in (
            ["properties", "Address"],
            ["properties", "Classifications"],
            ["properties", "Visa", "properties", "Number"],
        ):
            each["metadata"]["selected"] = False
    row = {
        "Id": "a",
        "Address": {"Street2": GUEST},
        "Address2": 1,
        "Classifications": ["x"],
        "Visa": {"Number": "5", "Mood": 2},
    }
    hidden = {"Id": "b", "Address": {"Street2": GUEST}}
    lines = [json.dumps(each).encode() for each in (row, hidden)]
    sandbox.exports.files["Customer"] = [b"\n".join(lines)]
    config = sandbox.config(undocumented_properties="keep")
    if batch:
        storage = {"root": tmp_path.as_uri()}
        encoding = {"format": "jsonl", "compression": "none"}
        config["batch_config"] = {"storage": storage, "encoding": encoding}
    result = sync(config, catalog=catalog).ok()
    records = result.records["customers"]
    if batch:
        (file,) = tmp_path.iterdir()
        records = [json.loads(line) for line in file.read_bytes().splitlines()]
    assert records == [
        {"Id": "a", "Visa": {}, "_undocumented": {"/Address2": 1, "/Visa/Mood": 2}},
        {"Id": "b", "_undocumented": None},
    ]


def test_flattening_makes_text_of_them(sandbox: Sandbox) -> None:
    result = run(
        sandbox,
        undocumented_properties="keep",
        flattening_enabled=True,
        flattening_max_depth=1,
    ).ok()
    assert schema(result)["_undocumented"] == {"type": ["string", "null"]}
    first = str(values(result)[0])
    assert json.loads(first) == VALUES[0]


NAMING: dict[str, Json] = {
    "to null": {"_undocumented": None},
    "to __NULL__": {"_undocumented": "__NULL__"},
    "as it is": {"_undocumented": "_undocumented"},
    "as a flag": {"_undocumented": "bool(_undocumented)"},
    "by leaving all others out": {"__else__": None},
}


@pytest.mark.parametrize("rules", NAMING.values(), ids=NAMING)
def test_a_stream_map_that_names_them_decides(sandbox: Sandbox, rules: Json) -> None:
    maps = {"customers": rules}
    result = run(sandbox, undocumented_properties="keep", stream_maps=maps).ok()
    rule = rules.get("_undocumented")
    if rule == "_undocumented":
        assert values(result) == VALUES
    elif rule in {None, "__NULL__"}:
        assert values(result) == [None] * 3
        assert "_undocumented" not in schema(result)


HIDING: dict[str, Json] = {
    "of the stream": {"customers": {"Email": None}},
    "of many": {"c*": {"Id": "Id"}},
    "a copy": {
        "customers": {"_undocumented": None},
        "copy": {"__source__": "customers"},
    },
    "renaming": {"customers": {"__alias__": "guests"}},
}


@pytest.mark.parametrize("maps", HIDING.values(), ids=HIDING)
def test_a_stream_map_that_hands_on_guests_without_naming_them_is_refused(
    sandbox: Sandbox, maps: Json
) -> None:
    result = run(sandbox, undocumented_properties="keep", stream_maps=maps)
    assert isinstance(result.error, InvalidSettingsError)
    text = str(result.error)
    assert text.startswith("Wrong settings: stream_maps.")
    assert " must name _undocumented of customers, " in text
    assert "\n" not in text
    assert result.records == {}


@pytest.mark.parametrize("maps", HIDING.values(), ids=HIDING)
def test_where_they_are_dropped_no_map_need_name_them(
    sandbox: Sandbox, maps: Json
) -> None:
    run(sandbox, stream_maps=maps).ok()


def test_without_personal_data_no_map_need_name_them(sandbox: Sandbox) -> None:
    sandbox.exports.files["LedgerEntry"] = [b'{"Id":"a","Mood":1}']
    maps = {"ledger_entries": {"Id": "Id"}}
    config = sandbox.config(undocumented_properties="keep", stream_maps=maps)
    result = sync(config, catalog=select("ledger_entries")).ok()
    # the file is that of each of its windows
    records = result.records["ledger_entries"]
    assert {"Id": "a", "_undocumented": {"/Mood": 1}} in records
    assert all(record == records[0] for record in records)


def test_a_map_of_another_stream_is_no_matter(sandbox: Sandbox) -> None:
    maps = {"bills": {"Notes": None}}
    run(sandbox, undocumented_properties="keep", stream_maps=maps).ok()


def many(count: int) -> UndocumentedProperties:
    """So many, each in a row of its own."""
    found = UndocumentedProperties()
    for number in range(count):
        found.rows += 1
        found.add({("Address", f"New{number}"): {"string"}})
    return found


def test_one_is_told_as_one() -> None:
    line = many(1).summary(kept=False)
    assert line is not None
    assert line.startswith(
        "1 undocumented property was dropped: $.Address.New0 (in 1 row); "
    )


def test_of_many_some_are_named_and_the_rest_counted() -> None:
    line = many(100).summary(kept=False)
    assert line is not None
    assert line.startswith("100 undocumented properties were dropped: ")
    assert line.count("$.Address.New") == 64
    assert " and 36 more (in 100 rows); " in line


def test_of_very_many_not_all_are_remembered() -> None:
    found = many(20_000)
    line = found.summary(kept=True)
    assert line is not None
    assert line.startswith("at least 10,064 undocumented properties were kept in ")
    assert len(found.names) == 64
    assert line.endswith(" and 10,000 more (in 20,000 rows)")


@pytest.mark.parametrize("name", ["two\nlines", "\x1b[31m", "x" * 5000, "\ud800"])
def test_a_name_is_shown_safely(sandbox: Sandbox, name: str) -> None:
    result = run(sandbox, [b'{"Id":"a",%b:1}' % json.dumps(name).encode()])
    assert name not in result.log
    assert all(len(line) < 500 for line in told(result))
    assert all(line.isprintable() for line in told(result))

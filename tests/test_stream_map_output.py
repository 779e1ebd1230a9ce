"""What goes out with stream maps is as the SDK's documentation says."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.export_harness import by_exports, truth
from tests.harness import Json, Result, command, select, sync
from tests.stream_map_harness import run

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox


pytestmark = pytest.mark.days(8)


def mapped(sandbox: Sandbox, maps: Json, **settings: Any) -> Result:  # noqa: ANN401
    """Sync customers through maps."""
    config = sandbox.config(stream_maps=maps, extraction="pages", **settings)
    return sync(config, catalog=select("customers")).ok()


def schema(result: Result, stream: str) -> Json:
    """The SCHEMA of a stream."""
    (found,) = (
        each
        for each in result.messages
        if each["type"] == "SCHEMA" and each["stream"] == stream
    )
    return found


@pytest.mark.parametrize("flattens", [False, True])
def test_values_of_the_declared_types_go_out(
    sandbox: Sandbox, *, flattens: bool
) -> None:
    maps = {
        "customers": {
            "Whole": "int(4 / 2)",
            "Number": "float('1.5') * 1.1 if Address else None",
            "Same": "float(3) and 3",
            "Is": "bool(Email)",
            "Text": "str(1)",
            "Day": "datetime.date(2026, 1, 2)",
            "Place": "Address",
            "Address": "self",
            "Email": "Email and 'x'",
            "Nothing": "None",
        }
    }
    flattening = {"flattening_enabled": flattens, "flattening_max_depth": 3}
    records = mapped(sandbox, maps, **flattening).records["customers"]
    assert {(each["Whole"], each["Same"], each["Text"]) for each in records} == {
        (2, 3, "1")
    }


def test_an_invalid_value_that_is_let_through_goes_out_under_another_name(
    sandbox: Sandbox,
) -> None:
    row = next(iter(truth(sandbox, "customers").values()))
    sandbox.put("Customer", {**row, "Email": 5}, sandbox.enterprise_ids[0])
    maps = {"customers": {"Mail": "Email", "Email": "self"}}
    records = mapped(sandbox, maps, on_invalid_record="warn").records["customers"]
    found = next(each for each in records if each["Id"] == row["Id"])
    assert (found["Mail"], found["Email"]) == (5, 5)


# What the documentation of the SDK promises


def test_a_property_is_removed_and_another_one_is_made(sandbox: Sandbox) -> None:
    maps = {"customers": {"Email": None, "Domain": "(Email or '').split('@')[-1]"}}
    result = mapped(sandbox, maps)
    names = schema(result, "customers")["schema"]["properties"]
    assert "Domain" in names
    assert "Email" not in names
    rows = truth(sandbox, "customers")
    for record in result.records["customers"]:
        domain = (rows[record["Id"]]["Email"] or "").split("@")[-1]
        assert record["Domain"] == domain
        assert "Email" not in record


def test_only_what_is_named_goes_out_and_the_key(sandbox: Sandbox) -> None:
    result = mapped(sandbox, {"customers": {"LastName": "LastName", "__else__": None}})
    assert schema(result, "customers")["key_properties"] == ["Id"]
    assert {*schema(result, "customers")["schema"]["properties"]} == {"Id", "LastName"}
    rows = truth(sandbox, "customers")
    assert {row["Id"]: row["LastName"] for row in result.records["customers"]} == {
        key: row["LastName"] for key, row in rows.items()
    }


def test_a_stream_has_another_name_and_another_key(sandbox: Sandbox) -> None:
    maps = {
        "customers": {
            "__alias__": "guests",
            "Id": None,
            "Key": "md5(Id)",
            "__key_properties__": ["Key"],
        }
    }
    result = mapped(sandbox, maps)
    assert schema(result, "guests")["key_properties"] == ["Key"]
    assert len(result.records["guests"]) >= len(truth(sandbox, "customers"))


def test_a_stream_without_a_key_stays_without_one(sandbox: Sandbox) -> None:
    result = mapped(sandbox, {"customers": {"__key_properties__": None}})
    assert schema(result, "customers")["key_properties"] == []


def test_records_are_filtered(sandbox: Sandbox) -> None:
    result = mapped(sandbox, {"customers": {"__filter__": "bool(Email)"}})
    rows = truth(sandbox, "customers").values()
    wanted = {row["Id"] for row in rows if row["Email"]}
    assert {row["Id"] for row in result.records["customers"]} == wanted


def test_a_stream_is_copied(sandbox: Sandbox) -> None:
    maps = {
        "customers": {"Email": None},
        "mails": {"__source__": "customers", "Email": "Email", "__else__": None},
    }
    result = mapped(sandbox, maps)
    rows = truth(sandbox, "customers")
    assert {row["Id"] for row in result.records["customers"]} == {*rows}
    assert {row["Id"]: row["Email"] for row in result.records["mails"]} == {
        key: row["Email"] for key, row in rows.items()
    }


@pytest.mark.parametrize(
    "maps",
    [
        {"*": {"Notes": None}},
        {"c*": {"Notes": None}, "bills": {"Notes": None}},
        {"customers": {"Notes": None}, "__else__": None},
        {"*": None, "customers": {"Notes": None}},
        {"customers": {"Notes": "__NULL__"}, "bills": {"Revenue": None}},
        {"customers": {"Notes": None}, "bills": None},
        {"customers": {"Notes": None}, "com*": {}, "companies": {"Notes": None}},
        {"customers": {"Notes": None}, "copy": {"__source__": "cust*", "Notes": None}},
        {"customers": {"Notes": None}, "bills": {"Id": "Id", "__else__": None}},
    ],
)
def test_maps_of_streams_that_are_not_selected_do_no_harm(
    sandbox: Sandbox, maps: Json
) -> None:
    result = mapped(sandbox, maps)
    rows = truth(sandbox, "customers")
    assert {row["Id"] for row in result.records["customers"]} == {*rows}
    assert not any("Notes" in row for row in result.records["customers"])


def test_streams_that_are_not_named_are_removed(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    maps: Json = {"customers": {}, "__else__": None}
    done = run(tmp_path, sandbox.config(extraction="pages"), stream_maps=maps)
    assert done.code == 0
    assert {*done.records} == {"customers"}


def test_a_property_that_a_record_lacks_is_null(sandbox: Sandbox) -> None:
    row = next(iter(truth(sandbox, "customers").values()))
    lacking = {key: value for key, value in row.items() if key != "Email"}
    sandbox.put("Customer", lacking, sandbox.enterprise_ids[0])
    result = mapped(sandbox, {"customers": {"Email": "self.lower() if self else 'no'"}})
    found = {each["Id"]: each["Email"] for each in result.records["customers"]}
    assert found[row["Id"]] == "no"


def test_a_property_that_is_hashed_filtered_and_removed_may_be_missing(
    sandbox: Sandbox,
) -> None:
    sandbox.exports.files["Customer"] = [b'{"Id":"a","Email":"x@y.z"}\n{"Id":"b"}']
    hashed = {"Hash": "md5(Email) if Email else None", "Email": None}
    maps = {"customers": {**hashed, "__filter__": "Email != 'other'"}}
    result = sync(by_exports(sandbox, stream_maps=maps), catalog=select("customers"))
    assert [each["Hash"] for each in result.ok().records["customers"]] == [
        hashlib.md5(b"x@y.z", usedforsecurity=False).hexdigest(),
        None,
    ]


def test_a_test_reads_streams_that_the_catalog_does_not_select(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "config.json"
    config = sandbox.config(stream_maps={"customers": {"Email": None}})
    path.write_text(json.dumps(config), "utf-8")
    done = command("--config", path, "--test=schema")
    assert done.code == 0
    assert "Email" not in schema(done, "customers")["schema"]["properties"]

"""What a catalog, stream maps and flattening do, seen from the command line."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from tap_mews.reading.state_form import expanded
from tests.export_harness import added, truth
from tests.harness import Json, Result, run_process, select

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeAlias

    from sandbox import Sandbox

    Run: TypeAlias = Callable[..., Result]


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> Run:
    """Give a function that runs the tap as a process, which must not fail."""

    def call(catalog: Json, state: Json | None = None, **settings: object) -> Result:
        arguments: list[str | Path] = []
        for name, content in (("catalog", catalog), ("state", state)):
            if content is not None:
                path = tmp_path / f"{name}.json"
                path.write_text(json.dumps(content), "utf-8")
                arguments += [f"--{name}", path]
        config = sandbox.config(**settings)
        done = run_process(*arguments, folder=tmp_path, config=config)
        assert done.returncode == 0, done.stderr
        return Result(done.stdout.encode().splitlines())

    return call


def catalog_of(*streams: str) -> Json:
    """A catalog of some streams, to be changed."""
    catalog: Json = json.loads(json.dumps(select(*streams)))
    return catalog


def entry_of(catalog: Json, stream: str) -> Json:
    """The entry of a stream."""
    (entry,) = (each for each in catalog["streams"] if each["stream"] == stream)
    found: Json = entry
    return found


def metadata_of(catalog: Json, stream: str, *breadcrumb: str) -> Json:
    """The metadata of a stream, or of something in it."""
    entry = entry_of(catalog, stream)
    (found,) = (
        each["metadata"]
        for each in entry["metadata"]
        if each["breadcrumb"] == [*breadcrumb]
    )
    metadata: Json = found
    return metadata


def schema_message(result: Result, stream: str) -> Json:
    """The SCHEMA message of a stream."""
    (found,) = (
        message
        for message in result.messages
        if message["type"] == "SCHEMA" and message["stream"] == stream
    )
    message: Json = found
    return message


def properties(result: Result, stream: str) -> set[str]:
    """The properties that a SCHEMA message has."""
    return {*schema_message(result, stream)["schema"]["properties"]}


def test_a_stream_that_is_not_selected_is_not_asked_for(
    sandbox: Sandbox, run: Run
) -> None:
    catalog = catalog_of("bills", "payments")
    metadata_of(catalog, "payments")["selected"] = False
    result = run(catalog)
    assert {message.get("stream") for message in result.messages} == {"bills", None}
    assert [body["EntityType"] for body in added(sandbox)] == ["Bill"]


def test_properties_that_are_not_selected_are_in_no_message(
    sandbox: Sandbox, run: Run
) -> None:
    catalog = catalog_of("payments")
    amount = ("properties", "Amount", "properties")
    for breadcrumb in (("properties", "Notes"), (*amount, "TaxValues")):
        metadata_of(catalog, "payments", *breadcrumb)["selected"] = False
    result = run(catalog)

    expected = truth(sandbox, "payments")
    for row in expected.values():
        del row["Notes"]
        del row["Amount"]["TaxValues"]
    assert {row["Id"]: row for row in result.records["payments"]} == expected
    schema = schema_message(result, "payments")["schema"]["properties"]
    assert "Notes" not in schema
    assert "TaxValues" not in schema["Amount"]["properties"]


def test_key_and_bookmark_stay_whatever_the_catalog_says(
    sandbox: Sandbox, run: Run
) -> None:
    catalog = catalog_of("bills")
    for each in entry_of(catalog, "bills")["metadata"]:
        if each["breadcrumb"]:
            each["metadata"]["selected"] = False
    result = run(catalog)

    assert [*result.records["bills"][0]] == ["Id", "UpdatedUtc"]
    assert len(result.records["bills"]) == len(truth(sandbox, "bills"))
    again = run(catalog, result.state)
    assert again.records == {}
    assert again.bookmark("bills").keys() == result.bookmark("bills").keys()


@pytest.mark.parametrize("place", ["table-key-properties", "key_properties"])
def test_a_catalog_can_name_another_key(run: Run, place: str) -> None:
    catalog = catalog_of("bills")
    in_metadata = place == "table-key-properties"
    holder = (metadata_of if in_metadata else entry_of)(catalog, "bills")
    holder[place] = ["EnterpriseId", "Id"]
    message = schema_message(run(catalog), "bills")
    assert message["key_properties"] == ["EnterpriseId", "Id"]


def test_a_full_table_is_read_whole_each_time_and_leaves_the_bookmark(
    sandbox: Sandbox, run: Run
) -> None:
    catalog = catalog_of("bills", "payments")
    state = run(catalog).state
    entry_of(catalog, "bills")["replication_method"] = "FULL_TABLE"
    result = run(catalog, state)
    assert len(result.records["bills"]) == len(truth(sandbox, "bills"))
    assert "payments" not in result.records
    assert result.bookmark("bills") == expanded(state)["bookmarks"]["bills"]


def test_stream_maps_rename_filter_and_hash(sandbox: Sandbox, run: Run) -> None:
    maps = {
        "__alias__": "guests",
        "__filter__": "IsActive",
        "Surname": "LastName",
        "LastName": "__NULL__",
        "Email": "md5(config['salt'] + Email) if Email else None",
    }
    result = run(
        catalog_of("customers"),
        stream_maps={"customers": maps},
        stream_map_config={"salt": "pepper"},
    )

    rows = truth(sandbox, "customers")
    sandbox_rows = {key: row for key, row in rows.items() if row["IsActive"]}
    guests = {row["Id"]: row for row in result.records["guests"]}
    assert guests.keys() == sandbox_rows.keys()
    assert any(row["Email"] for row in sandbox_rows.values())
    for key, row in sandbox_rows.items():
        salted = f"pepper{row['Email']}".encode()
        hashed = hashlib.md5(salted, usedforsecurity=False).hexdigest()
        assert guests[key]["Email"] == (hashed if row["Email"] else None)
        assert guests[key]["Surname"] == row["LastName"]
    assert "LastName" not in properties(result, "guests")
    assert "replication_key_value" in result.bookmark("customers")


def test_flattening_gives_rows_of_the_columns_in_the_schema(
    sandbox: Sandbox, run: Run
) -> None:
    result = run(
        catalog_of("payments"), flattening_enabled=True, flattening_max_depth=2
    )
    expected = truth(sandbox, "payments")
    assert any(row["Data"]["CreditCard"] is None for row in expected.values())
    for row in result.records["payments"]:
        amount = expected[row["Id"]]["Amount"]
        assert row["Amount__NetValue"] == amount["NetValue"]
        assert json.loads(row["Amount__Breakdown__Items"])
        assert row.keys() == properties(result, "payments")


def test_an_object_that_is_null_is_flattened_to_columns_of_null(
    sandbox: Sandbox, run: Run
) -> None:
    sandbox.exports.lines["Payment"] = [b'{"Id":"a","Amount":null}']
    result = run(
        catalog_of("payments"), flattening_enabled=True, flattening_max_depth=1
    )
    columns = {c for c in properties(result, "payments") if c.startswith("Amount__")}
    assert columns
    assert result.records["payments"] == [{"Id": "a", **dict.fromkeys(columns)}]

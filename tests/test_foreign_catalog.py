"""Catalogs of other tools and other hands are read right, or refused in one line."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from tests.export_harness import truth
from tests.harness import Json, Result, command, select

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox import Sandbox

pytestmark = pytest.mark.days(8)

STREAM = "bills"


def root(entry: Json) -> Json:
    """The metadata of the stream itself."""
    found: Json = next(e["metadata"] for e in entry["metadata"] if not e["breadcrumb"])
    return found


def of(entry: Json, name: str) -> Json:
    """The metadata of a property."""
    found: Json = next(
        each["metadata"]
        for each in entry["metadata"]
        if each["breadcrumb"] == ["properties", name]
    )
    return found


def key_in_metadata_alone(entry: Json) -> None:
    entry["key_properties"] = []
    root(entry)["table-key-properties"] = ["Id"]


def no_word_about_keys(entry: Json) -> None:
    del entry["key_properties"]
    root(entry).pop("table-key-properties")


def keys_that_are_not_selected(entry: Json) -> None:
    for name in ("Id", "UpdatedUtc"):
        of(entry, name).update({"inclusion": "available", "selected": False})


def nulls(entry: Json) -> None:
    for name in ("key_properties", "replication_key", "replication_method", "stream"):
        entry[name] = None
    root(entry).update({"replication-key": None, "forced-replication-method": None})


def text_for_booleans(entry: Json) -> None:
    for each in entry["metadata"]:
        each["metadata"]["selected"] = "True" if not each["breadcrumb"] else "true"


def notes_off(entry: Json) -> None:
    of(entry, "Notes")["selected"] = "false"


def selection_in_the_entry(entry: Json) -> None:
    root(entry).clear()
    entry["selected"] = True


def selection_in_the_schema(entry: Json) -> None:
    entry["metadata"] = []
    entry["schema"]["selected"] = "true"
    entry["schema"]["properties"]["Notes"]["selected"] = False


def selection_by_default(entry: Json) -> None:
    root(entry).pop("selected", None)
    root(entry)["selected-by-default"] = "true"


def no_root(entry: Json) -> None:
    entry["metadata"] = [each for each in entry["metadata"] if each["breadcrumb"]]


def names_that_json_escapes(entry: Json) -> None:
    for name in ('Ex"tra', "Ex\\tra", "Ex\ntra"):
        entry["schema"]["properties"][name] = {"type": ["string", "null"]}
        within = entry["schema"]["properties"]["Options"]["properties"]
        within[name] = {"type": ["string", "null"]}


RIGHT: dict[str, Callable[[Json], object]] = {
    "as discovered": lambda _: None,
    "without metadata": lambda entry: entry.pop("metadata"),
    "with empty metadata": lambda entry: entry.update(metadata=[]),
    "with null for metadata": lambda entry: entry.update(metadata=None),
    "without a schema": lambda entry: entry.pop("schema"),
    "with an empty schema": lambda entry: entry.update(schema={}),
    "with null for a schema": lambda entry: entry.update(schema=None),
    "without a name": lambda entry: entry.pop("stream"),
    "without an id": lambda entry: entry.pop("tap_stream_id"),
    "without a replication key": lambda entry: entry.pop("replication_key"),
    "key in the metadata alone": key_in_metadata_alone,
    "no word about keys": no_word_about_keys,
    "keys that are not selected": keys_that_are_not_selected,
    "nulls": nulls,
    "text for booleans": text_for_booleans,
    "notes off": notes_off,
    "selection in the entry": selection_in_the_entry,
    "selection in the schema": selection_in_the_schema,
    "selection by default": selection_by_default,
    "no metadata of the stream": no_root,
    "names that JSON escapes": names_that_json_escapes,
    "a property with the name of a keyword": lambda entry: entry["schema"][
        "properties"
    ].update({"$ref": {"type": ["string", "null"]}}),
    "metadata of what there is not": lambda entry: entry["metadata"].append(
        {"breadcrumb": ["properties", "Mood"], "metadata": {"selected": True}}
    ),
}
"""What other tools make of an entry."""

WRONG: dict[str, tuple[Callable[[Json], object], str]] = {
    "another name": (
        lambda entry: entry.update(stream="hotel_bills"),
        "bills has another name in `stream`",
    ),
    "no name": (
        lambda entry: (entry.pop("stream"), entry.pop("tap_stream_id")),
        "no `tap_stream_id`",
    ),
    "an unknown stream": (
        lambda entry: entry.update(tap_stream_id="moods", stream="moods"),
        "selects streams that do not exist: moods",
    ),
    "a name that is no text": (
        lambda entry: entry.update(tap_stream_id=5),
        "streams[0]",
    ),
    "selection that is no boolean": (
        lambda entry: root(entry).update(selected="maybe"),
        "at `bills.metadata",
    ),
    "selection that contradicts": (
        lambda entry: entry.update(selected=False),
        "two different values for `selected` of bills",
    ),
    "selection twice": (
        lambda entry: entry["metadata"].append(
            {"breadcrumb": [], "metadata": {"selected": False}}
        ),
        "two different values for `selected` of bills",
    ),
    "metadata that is an object": (
        lambda entry: entry.update(metadata={"selected": True}),
        "at `bills.metadata",
    ),
    "a breadcrumb that is text": (
        lambda entry: entry["metadata"].append(
            {"breadcrumb": "properties.Id", "metadata": {}}
        ),
        "breadcrumb",
    ),
    "keys that are text": (
        lambda entry: entry.update(key_properties="Id"),
        "at `bills.key_properties",
    ),
    "a key that there is not": (
        lambda entry: root(entry).update({"table-key-properties": ["Key"]}),
        "bills has no property Key to use as key",
    ),
    "two keys": (
        lambda entry: (
            entry.update(key_properties=["Number"]),
            root(entry).update({"table-key-properties": ["AccountId"]}),
        ),
        "bills has two different keys; remove one",
    ),
    "a key that the schema lacks": (
        lambda entry: entry["schema"]["properties"].pop("Id"),
        "bills has no property Id to use as key",
    ),
    "another replication key": (
        lambda entry: entry.update(replication_key="CreatedUtc"),
        "the replication key of bills must be UpdatedUtc",
    ),
    "another replication key in the metadata": (
        lambda entry: root(entry).update({"replication-key": "CreatedUtc"}),
        "the replication key of bills must be UpdatedUtc",
    ),
    "a method that there is not": (
        lambda entry: entry.update(replication_method="LOG_BASED"),
        "at `bills.replication_method",
    ),
    "a method in the metadata that there is not": (
        lambda entry: root(entry).update({"replication-method": "LOG_BASED"}),
        "at `bills.metadata",
    ),
    "a schema that is text": (
        lambda entry: entry.update(schema="object"),
        "at `bills.schema",
    ),
    "properties that are a list": (
        lambda entry: entry["schema"].update(properties=["Id"]),
        "at `bills.schema.properties",
    ),
    "a property that is text": (
        lambda entry: entry["schema"]["properties"].update(Notes="string"),
        "at `bills.schema.properties",
    ),
    "a type that there is not": (
        lambda entry: entry["schema"]["properties"]["Notes"].update(type="varchar"),
        "the schema of bills is invalid at properties.Notes.type",
    ),
    "a reference": (
        lambda entry: entry["schema"].update(
            properties=entry["schema"]["properties"]
            | {"Number": {"$ref": "#/$defs/text"}},
            **{"$defs": {"text": {"type": "string"}}},
        ),
        "the schema of bills has a `$ref` at properties.Number;",
    ),
    "a reference to nothing": (
        lambda entry: entry["schema"]["properties"].update(
            Number={"anyOf": [{"type": "null"}, {"$ref": "#/$defs/text"}]}
        ),
        "the schema of bills has a `$ref` at properties.Number.anyOf.1;",
    ),
    "nothing selected": (
        lambda entry: root(entry).update(selected=False),
        "Nothing is selected",
    ),
    "no word about selection": (
        lambda entry: [root(entry).pop(key, None) for key in list(root(entry))],
        "Nothing is selected",
    ),
}
"""What cannot be right, and what is said of it."""


def run(
    sandbox: Sandbox,
    folder: Path,
    catalog: Any,  # noqa: ANN401
    *options: str | Path,
) -> Result:
    config, path = folder / "config.json", folder / "catalog.json"
    config.write_text(json.dumps(sandbox.config(extraction="pages")), "utf-8")
    path.write_text(json.dumps(catalog), "utf-8")
    return command("--config", config, "--catalog", path, *options)


def changed(change: Callable[[Json], object]) -> Json:
    """A discovered catalog of one stream, with a changed entry."""
    catalog: Json = deepcopy(select(STREAM))
    change(catalog["streams"][0])
    return catalog


@pytest.mark.parametrize("kind", RIGHT)
def test_what_other_tools_write_is_read_right(
    sandbox: Sandbox, tmp_path: Path, kind: str
) -> None:
    done = run(sandbox, tmp_path, changed(RIGHT[kind]))
    assert done.errors == []
    assert done.code == 0
    (schema,) = (each for each in done.messages if each["type"] == "SCHEMA")
    assert schema["key_properties"] == ["Id"]
    assert {"Id", "UpdatedUtc"} <= schema["schema"]["properties"].keys()
    rows = truth(sandbox, STREAM)
    without_notes = {"notes off", "selection in the schema"}
    for record in done.records[STREAM]:
        row = rows[record["Id"]]
        if kind in without_notes:
            row = {name: value for name, value in row.items() if name != "Notes"}
        assert record == row
    assert {record["Id"] for record in done.records[STREAM]} == {*rows}
    assert done.bookmark(STREAM)["replication_key_value"]


def test_a_replication_method_in_the_metadata_is_the_users_choice(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    def full_table(entry: Json) -> None:
        root(entry)["replication-method"] = "FULL_TABLE"

    first = run(sandbox, tmp_path, select(STREAM))
    state = tmp_path / "state.json"
    state.write_text(json.dumps(first.state), "utf-8")
    done = run(sandbox, tmp_path, changed(full_table), "--state", state)
    assert done.code == 0
    found = {record["Id"] for record in done.records[STREAM]}
    assert found == {*truth(sandbox, STREAM)}
    assert done.bookmark(STREAM) == first.bookmark(STREAM)


def test_a_replication_key_of_a_stream_without_one_is_one_line(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    catalog = deepcopy(select("exchange_rates"))
    catalog["streams"][0]["replication_key"] = "UpdatedUtc"
    done = run(sandbox, tmp_path, catalog)
    assert done.code == 1
    (line,) = done.errors
    assert "exchange_rates has no replication key" in line


@pytest.mark.parametrize("kind", WRONG)
def test_what_cannot_be_right_is_one_line(
    sandbox: Sandbox, tmp_path: Path, kind: str
) -> None:
    change, words = WRONG[kind]
    done = run(sandbox, tmp_path, changed(change))
    assert done.code == 1
    assert done.lines == []
    (line,) = done.errors
    assert words in line
    assert "\n" not in line
    assert sandbox.journal.requests() == []


@pytest.mark.parametrize(
    ("catalog", "words"),
    [
        ([], "must be an object with a list of `streams`"),
        (None, "must be an object with a list of `streams`"),
        ("bills", "must be an object with a list of `streams`"),
        ({}, "must be an object with a list of `streams`"),
        ({"streams": None}, "The catalog is invalid: "),
        ({"streams": {"bills": {}}}, "The catalog is invalid: "),
        ({"streams": ["bills"]}, "The catalog is invalid: "),
        ({"streams": []}, "Nothing is selected"),
        ({"bookmarks": {"bills": {}}}, "are --catalog and --state swapped?"),
    ],
)
def test_what_is_no_catalog_is_one_line(
    sandbox: Sandbox, tmp_path: Path, catalog: object, words: str
) -> None:
    done = run(sandbox, tmp_path, catalog)
    assert done.code == 1
    assert done.lines == []
    (line,) = done.errors
    assert words in line


def test_an_entry_may_stand_there_twice_if_both_say_the_same(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    entry = select(STREAM)["streams"][0]
    done = run(sandbox, tmp_path, {"streams": [entry, deepcopy(entry)]})
    assert done.code == 0
    assert len([each for each in done.messages if each["type"] == "SCHEMA"]) == 1


def test_two_entries_of_a_stream_that_differ_are_one_line(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    one, other = (changed(lambda _: None)["streams"][0] for _ in range(2))
    other["key_properties"] = ["Number"]
    done = run(sandbox, tmp_path, {"streams": [one, other]})
    (line,) = done.errors
    assert "two different entries for bills" in line


def test_an_unknown_stream_that_is_not_selected_does_no_harm(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    other = {**deepcopy(select(STREAM)["streams"][0]), "tap_stream_id": "moods"}
    other["stream"] = "moods"
    root(other)["selected"] = False
    done = run(sandbox, tmp_path, {"streams": [*select(STREAM)["streams"], other]})
    assert done.code == 0
    assert {*done.records} == {STREAM}


def test_objects_that_are_selected_without_their_properties_are_warned_of(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    catalog = changed(lambda _: None)
    objects = ["Options", "CompanyDetails"]
    for each in catalog["streams"][0]["metadata"]:
        path = each["breadcrumb"][1::2]
        # as Meltano marks `bills.Options` in a list of what to select
        is_within = len(path) > 1 and path[0] in objects
        each["metadata"]["selected"] = not is_within
    done = run(sandbox, tmp_path, catalog)
    assert done.code == 0
    (line,) = (each for each in done.logs if "WARNING" in each)
    assert line == (
        "WARNING bills: objects selected without their properties are empty: Options, "
        "CompanyDetails; to select the properties, use bills.Options.*, "
        "bills.CompanyDetails.*"
    )


@pytest.mark.parametrize(
    "deselected",
    [
        [],
        [["Options"], ["Options", "DisplayCustomer"]],
        [["Options", "DisplayCustomer"]],
        [["Options"]],
    ],
)
def test_objects_with_some_property_or_that_are_not_selected_are_no_word(
    sandbox: Sandbox, tmp_path: Path, deselected: list[list[str]]
) -> None:
    catalog = changed(lambda _: None)
    for each in catalog["streams"][0]["metadata"]:
        each["metadata"]["selected"] = each["breadcrumb"][1::2] not in deselected
    done = run(sandbox, tmp_path, catalog)
    assert done.code == 0
    assert [each for each in done.logs if "WARNING" in each] == []

"""Stream maps that cannot be right are refused in one line, others warned of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs.guests import properties
from tap_mews.settings.expressions import Expression
from tap_mews.settings.stream_maps import personal_properties
from tap_mews.tap import TapMews
from tests.export_harness import truth
from tests.harness import Json, Result, command, select, sync
from tests.stream_map_harness import run

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox


pytestmark = pytest.mark.days(8)

SECRET = "s3cr3t-c0ffee"

FIRST = "sha256(config['salt'] + self) if self else None"

REFUSED: dict[str, tuple[Json, str]] = {
    "a misspelt stream": (
        {"custmers": {"Email": None}},
        "stream_maps.custmers: there is no stream custmers; did you mean customers?",
    ),
    "a misspelt stream to remove": ({"custmers": None}, "no stream custmers"),
    "a glob for nothing": ({"cust??": {"Email": None}}, "no stream cust??"),
    "a misspelt source": ({"copy": {"__source__": "custmers"}}, "no stream custmers"),
    "a source that is no text": ({"copy": {"__source__": 5}}, "no stream 5"),
    "a misspelt property": (
        {"customers": {"Emial": None}},
        "stream_maps.customers.Emial cannot be removed",
    ),
    "a property in another case": ({"customers": {"email": "__NULL__"}}, "Email?"),
    "a nested property": ({"customers": {"Address.Line1": None}}, "at the top level"),
    "a flattened property": ({"customers": {"Address__Line1": None}}, "at the top"),
    "a property of no stream": ({"*": {"Nots": None}}, "did you mean Notes?"),
    "an unknown name": (
        {"customers": {"Email": "sha256(Emial)"}},
        "stream_maps.customers.Email uses Emial, which customers does not have",
    ),
    "an unknown member": ({"customers": {"Email": "record['Emial']"}}, "uses Emial"),
    "an unknown attribute": ({"customers": {"Email": "_.Emial"}}, "uses Emial"),
    "an unknown member to get": ({"customers": {"X": "_.get('Emial', '')"}}, "Emial"),
    "an unknown name in an f-string": ({"customers": {"X": "f'{Emial}'"}}, "Emial"),
    "an unknown name in a filter": ({"customers": {"__filter__": "Emial"}}, "Emial"),
    "itself where there is none": ({"customers": {"Hash": "md5(self)"}}, "uses self"),
    "a name of another stream": ({"*": {"Hash": "md5(Email)"}}, "which bills does not"),
    "an unknown function": (
        {"customers": {"Email": "sha265(Email)"}},
        "calls sha265, which is not a function; did you mean sha256?",
    ),
    "no expression": ({"customers": {"Email": "sha256("}}, "is not an expression"),
    "an empty expression": ({"customers": {"Email": ""}}, "is not an expression"),
    "two expressions": ({"customers": {"Email": "1\n2"}}, "is not an expression"),
    "an assignment": ({"customers": {"Email": "x = 1"}}, "is not an expression"),
    "a filter that is none": (
        {"customers": {"__filter__": "a b"}},
        "not an expression",
    ),
    "a package that is missing": (
        {"customers": {"Email": "fake.email()"}},
        "uses fake, which requires the package faker",
    ),
    "a lambda": ({"customers": {"Email": "(lambda: 1)()"}}, "Lambda"),
    "a deep expression": ({"customers": {"Email": "(" * 500 + ")" * 500}}, "is "),
    "a number": ({"customers": {"Email": 5}}, "must be an expression"),
    "a list": ({"customers": {"Email": ["Email"]}}, "must be an expression"),
    "a stream of text": ({"customers": "Email"}, "must be an object"),
    "a stream of numbers": ({"customers": 5}, "must be an object"),
    "an option that is none": ({"customers": {"__esle__": None}}, "mean __else__?"),
    "a wrong rest": ({"customers": {"__else__": "drop"}}, "__else__ must be __NULL__"),
    "a wrong rest of streams": ({"__else__": "drop"}, "__else__ must be __NULL__"),
    "an alias of nothing": ({"customers": {"__alias__": ""}}, "must be the name"),
    "an alias of a number": ({"customers": {"__alias__": 5}}, "must be the name"),
    "an alias that counts": (
        {"customers": {"__alias__": "1 + 1"}},
        "would be named 2",
    ),
    "an alias that is none": ({"customers": {"__alias__": "a b"}}, "must be the name"),
    "an alias that is taken": (
        {"customers": {"__alias__": "bills"}},
        "be named bills",
    ),
    "a copy with a taken name": (
        {"bills": {"__source__": "customers"}},
        "more than one stream would be named bills",
    ),
    "a copy of several": ({"copy": {"__source__": "*"}}, "be named copy"),
    "a key that is removed": (
        {"customers": {"Id": None}},
        "it is the key of customers",
    ),
    "a key of nothing": (
        {"customers": {"__key_properties__": ["Key"]}},
        "customers has no property Key to use as key",
    ),
    "a key that is text": (
        {"customers": {"__key_properties__": "Id"}},
        "__key_properties__ must be a list",
    ),
    "a column without a name": ({"customers": {" ": "Email"}}, "a readable name"),
    "keys that are none": (
        {"customers": {"__key_properties__": [["Id"]]}},
        "a list of",
    ),
    "two maps of one stream": (
        {"cust*": {"Email": None}, "customers": {"FirstName": None}},
        "stream_maps.cust* and stream_maps.customers match customers, and only the",
    ),
    "a map of a stream that is removed": (
        {"customers": {"Email": None}, "*": None},
        "stream_maps.customers and stream_maps.* match customers",
    ),
    "a salt that is not set": (
        {"customers": {"Email": FIRST}},
        "stream_maps.customers.Email uses stream_map_config.salt, which is not set",
    ),
}
"""Maps, and what is said of them."""


@pytest.mark.parametrize("kind", REFUSED)
def test_a_map_that_cannot_be_right_is_one_line(
    sandbox: Sandbox, tmp_path: Path, kind: str
) -> None:
    maps, words = REFUSED[kind]
    done = run(tmp_path, sandbox.config(), stream_maps=maps)
    assert done.code == 1
    assert done.lines == []
    (line,) = done.errors
    assert words in line
    assert sandbox.journal.requests() == []


@pytest.mark.parametrize("salt", [None, "missing"])
def test_a_variable_that_is_not_set_is_named(
    sandbox: Sandbox, tmp_path: Path, salt: str | None
) -> None:
    maps = {"customers": {"Email": FIRST, "Phone": FIRST}}
    values = {"salt": None} if salt is None else {"sugar": SECRET}
    done = run(tmp_path, sandbox.config(), stream_maps=maps, stream_map_config=values)
    (line,) = done.errors
    assert line.count("stream_map_config.salt, which is not set") == 2
    assert SECRET not in done.log


def test_an_expression_is_never_shown(sandbox: Sandbox, tmp_path: Path) -> None:
    maps = {"customers": {"Email": f"sha265('{SECRET}' + Emial)", "X": f"'{SECRET}"}}
    done = run(tmp_path, sandbox.config(), stream_maps=maps)
    assert done.code == 1
    assert SECRET not in done.log


FAILING: dict[str, str] = {
    "int(LastName)": "a value cannot be converted",
    "LastName.encode('moon')": "a value has no such entry",
    "LastName['x']": "another type than",
    "LastName + 1": "another type than",
    "md5(1)": "another type than",
    "LastName.lower(1)": "another type than",
    "LastName[10000]": "no such entry",
    "{'a': 1}['b']": "no such entry",
    "Address.Moon or 1": "no such member",
    "LastName.nothing": "no such member",
    "1 / 0": "divided by zero",
    "9 ** 9 ** 9": "too large",
    "'a' * 10 ** 9": "too long",
    "LastName @ 1": "do not support",
    "LastName.__class__": "do not support",
    "md5": "a function or module, not data",
    "[1, {'a': datetime}]": "a function or module, not data",
    "...": "not data",
}
"""Expressions that fail for records, and what is said of them."""


def test_an_expression_that_fails_for_a_record_is_one_line_without_the_record(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    rows = truth(sandbox, "customers").values()
    guests = {row["LastName"] for row in rows if row["LastName"]}
    first = min(row["UpdatedUtc"] for row in rows)
    for expression, words in FAILING.items():
        maps = {"customers": {"Email": expression}}
        done = run(tmp_path, sandbox.config(extraction="pages"), stream_maps=maps)
        assert done.code == 1, expression
        (line,) = done.errors
        where = (
            "customers: stream_maps.customers.Email cannot be evaluated for a record"
        )
        assert line.startswith(f"{where}: "), line
        assert words in line, (expression, line)
        assert not any(guest in line for guest in guests), expression
        reached = done.state["bookmarks"]["customers"].get("replication_key_value")
        assert (reached or "") <= first, expression


UNTYPED: dict[str, tuple[str, str, str]] = {
    "a sum for a string": ("Big", "3 + 4", "string"),
    "a comparison for a string": ("Big", "Id == 'x'", "string"),
    "an object for a string": ("Big", "{'a': 1}", "string"),
    "a quotient for an integer": ("Big", "int(4) / 2", "integer"),
    "a comparison for an integer": ("Big", "int(4) > 2", "integer"),
    "a text for a number": ("Big", "float(4) and 'x'", "number"),
    "a text for a boolean": ("Big", "bool(4) and 'x'", "boolean"),
    "a number in place of a text": ("Email", "7", "string"),
    "a member in place of an object": ("Address", "'x' or Address", "object"),
    "a number beside a text that is removed": ("Big", "record['Id'] and 7", "string"),
}
"""Properties, expressions, and the types that the SDK declares for them."""


@pytest.mark.parametrize("kind", UNTYPED)
def test_a_value_of_another_type_than_declared_is_one_line(
    sandbox: Sandbox, tmp_path: Path, kind: str
) -> None:
    column, expression, declared = UNTYPED[kind]
    maps = {"customers": {column: expression}}
    done = run(tmp_path, sandbox.config(extraction="pages"), stream_maps=maps)
    assert done.code == 1
    (line,) = done.errors
    assert line == (
        f"customers: stream_maps.customers.{column} is declared as {declared}, but its "
        "value for a record has another type; wrap the expression in int(), float(), "
        "bool() or str()"
    )
    assert "customers" not in done.records


@pytest.mark.parametrize("expression", ["{} * 1.1", "1.1 - {}"])
def test_a_decimal_and_a_fraction_are_told_how_to_be_combined(
    sandbox: Sandbox, tmp_path: Path, expression: str
) -> None:
    row = next(iter(truth(sandbox, "customers").values()))
    address = {**(row["Address"] or {}), "Latitude": 47.5}
    sandbox.put("Customer", {**row, "Address": address}, sandbox.enterprise_ids[0])

    def done(latitude: str) -> Result:
        text = f"Address and Address.Latitude and {expression.format(latitude)}"
        maps = {"customers": {"Big": f"float({text} or 0)"}}
        return run(tmp_path, sandbox.config(extraction="pages"), stream_maps=maps)

    (line,) = done("Address.Latitude").errors
    assert line.startswith("customers: stream_maps.customers.Big cannot be evaluated")
    assert line.endswith("wrap the property in float()")
    assert done("float(Address.Latitude)").code == 0


WARNED: dict[str, tuple[Json, str | None]] = {
    "a hash beside the value": ({"customers": {"Hash": "md5(Email or '')"}}, "Hash"),
    "a hash of the record": ({"customers": {"Hash": "md5(str(record))"}}, "Hash"),
    "a second name": ({"customers": {"Mail": "Email"}}, "Mail"),
    "a part of an object": ({"customers": {"City": "Address['City']"}}, "City"),
    "a copy with a hash": (
        {"hashed": {"__source__": "customers", "Email": "md5(self or '')"}},
        "Email",
    ),
    "a hash in its place": ({"customers": {"Email": "md5(self or '')"}}, None),
    "a hash and no value": (
        {"customers": {"Hash": "md5(Email or '')", "Email": None}},
        None,
    ),
    "a hash and nothing else": (
        {"customers": {"Hash": "md5(Email or '')", "__else__": None}},
        None,
    ),
    "a copy alone": (
        {
            "hashed": {"__source__": "customers", "Email": "md5(self or '')"},
            "customers": None,
        },
        None,
    ),
    "what is not personal": ({"customers": {"Key": "md5(Id)"}}, None),
    "a stream that is not read": ({"companies": {"Hash": "md5(Notes or '')"}}, None),
}


@pytest.mark.parametrize("kind", WARNED)
def test_personal_data_that_still_goes_out_is_warned_of(
    sandbox: Sandbox, kind: str
) -> None:
    maps, column = WARNED[kind]
    config = sandbox.config(stream_maps=maps)
    result = sync(config, catalog=select("customers"))
    warnings = [each for each in result.logs if "personal data" in each]
    assert len(warnings) == (1 if column else 0)
    assert all(f".{column} is derived from" in each for each in warnings)


EMPTY: dict[str, tuple[Json, list[str]]] = {
    "no maps": ({}, ["stream_maps"]),
    "of a stream": ({"customers": {}}, ["stream_maps.customers"]),
    "of two": (
        {"cust*": {}, "bills": {}},
        ["stream_maps.cust*", "stream_maps.bills"],
    ),
    "one of two": (
        {"customers": {}, "bills": {"Notes": None}},
        ["stream_maps.customers"],
    ),
    "beside a stream that is removed": (
        {"customers": {}, "bills": None},
        ["stream_maps.customers"],
    ),
    "where the others are removed": ({"customers": {}, "__else__": "__NULL__"}, []),
    "where all others are removed": ({"*": None, "customers": {}}, []),
    "none that is empty": ({"customers": {"Notes": None}}, []),
}
"""Maps, and those of them that have no effect."""


@pytest.mark.parametrize("kind", EMPTY)
def test_an_empty_map_is_warned_of(sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    maps, places = EMPTY[kind]
    path = tmp_path / "config.json"
    path.write_text(json.dumps(sandbox.config(stream_maps=maps)), "utf-8")
    done = command("--config", path, "--test=schema")
    assert done.code == 0
    words = "is empty and has no effect; Meltano drops null, use __NULL__ instead"
    found = [each for each in done.logs if "has no effect" in each]
    assert found == [f"WARNING {place} {words}" for place in places]


KEYS: dict[str, tuple[Json, list[str]]] = {
    "an empty list": ({"customers": {"__key_properties__": []}}, ["customers"]),
    "null": ({"customers": {"__key_properties__": None}}, ["customers"]),
    "a copy": (
        {"guests": {"__source__": "customers", "__key_properties__": []}},
        ["guests"],
    ),
    "a stream that is not read": ({"payments": {"__key_properties__": []}}, []),
    "another key": ({"customers": {"__key_properties__": ["Number"]}}, []),
    "no word about keys": ({"customers": {"Notes": None}}, []),
}
"""Maps, and those of them that take the key."""


@pytest.mark.parametrize("kind", KEYS)
def test_a_map_that_takes_the_key_is_warned_of(
    sandbox: Sandbox, tmp_path: Path, kind: str
) -> None:
    maps, names = KEYS[kind]
    done = run(tmp_path, sandbox.config(extraction="pages"), stream_maps=maps)
    assert done.code == 0
    found = [each for each in done.logs if "__key_properties__" in each]
    assert found == [
        f"WARNING stream_maps.{name}.__key_properties__ is empty: without a key, the "
        "target appends a row each time it is delivered, instead of updating it"
        for name in names
    ]


def test_the_marks_are_those_of_the_page_about_guests() -> None:
    for name, stream in TapMews(validate_config=False).streams.items():
        marked = {
            each.path.partition(".")[0].partition("[")[0]
            for each in properties()
            if each.stream == name and each.is_personal
        }
        assert {*personal_properties(stream.schema)} == marked


@given(
    st.lists(st.sampled_from(["Email", "Notes", "Id"]), min_size=1, max_size=3),
    st.sampled_from(["{}", "md5({})", "{} or ''", "f'{{{}}}'", "[x for x in {}]"]),
)
def test_an_expression_uses_what_stands_in_it(names: list[str], form: str) -> None:
    text = ", ".join(form.format(name) for name in names)
    assert Expression.parse(f"[{text}]").names == {*names}

"""The fast path passes nothing that the schema refuses; nothing changes a number."""

from __future__ import annotations

import json
import logging
import re
from copy import deepcopy
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from tap_mews.errors import InvalidRecordError
from tap_mews.records.fast_path import Decode, compile_fast_path
from tap_mews.records.rows import Rows
from tap_mews.records.validator import RecordValidator
from tests.examples import examples
from tests.export_harness import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox import Sandbox

SCHEMAS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in Path(__file__).parents[1].glob("schemas/*.json")
}
FAST_PATHS = {stream: compile_fast_path(schema) for stream, schema in SCHEMAS.items()}
REFUSALS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
FORMATS = FormatChecker(formats=())
MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?"
    r"([Zz]|[+-]([01]\d|2[0-3]):?[0-5]\d)",
    re.ASCII,
)


@FORMATS.checks("date")
def is_date(value: object) -> bool:
    """RFC 3339 full-date; a value of another type has no format."""
    if not isinstance(value, str):
        return True
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        return False
    try:
        date(*map(int, value.split("-")))
    except ValueError:
        return False
    return True


@FORMATS.checks("date-time")
def is_moment(value: object) -> bool:
    """RFC 3339 date-time, with or without a colon in the offset."""
    if not isinstance(value, str):
        return True
    match = MOMENT.fullmatch(value)
    return match is not None and is_date(match[1])


VALIDATORS = {
    stream: Draft202012Validator(schema, format_checker=FORMATS)
    for stream, schema in SCHEMAS.items()
}

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
dates = st.dates().map(str)
offsets = st.sampled_from(["Z", "z", "+00:00", "-11:30", "+1400"])
moments = st.builds("{}T{:%H:%M:%S}{}".format, dates, st.times(), offsets)
# beyond 64 bits, a row is examined with care
integers = st.integers(-(2**63), 2**63 - 1)
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
    | dates
    | moments,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2)
    ),
    max_leaves=4,
)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "integer": integers,
    "number": st.floats(allow_nan=False, allow_infinity=False) | integers,
}


def good(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema accepts."""
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    return st.one_of([good_of(kind, schema) for kind in kinds])


def good_of(kind: str, schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values of one type that a schema accepts."""
    if kind == "string":
        return {None: texts, "date": dates, "date-time": moments}[schema.get("format")]
    if kind == "array":
        return st.lists(st.deferred(lambda: good(schema["items"])), max_size=2)
    if kind != "object":
        return SCALARS[kind]
    others = schema.get("additionalProperties")
    if others:
        inner = anything if others is True else good(others)
        return st.dictionaries(texts, inner, max_size=2)
    rules = schema.get("properties", {})
    required = {name: good(rules[name]) for name in schema.get("required", ())}
    optional = {name: good(rule) for name, rule in rules.items()}
    # a few of the properties at a time: more would only make the examples slow
    return st.lists(st.sampled_from(sorted(rules)), max_size=6, unique=True).flatmap(
        lambda names: st.fixed_dictionaries(
            {name: optional[name] for name in names} | required
        )
    )


ROWS = {stream: good(schema) for stream, schema in SCHEMAS.items()}


def places(value: object) -> Iterator[tuple[Any, Any]]:
    """Each container below a value, with a key or index in it."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        yield value, key
        yield from places(inner)


def key_of(stream: str) -> str:
    """The property that its rows are known by."""
    return str(SCHEMAS[stream]["required"][0])


@st.composite
def rows(draw: st.DrawFn) -> tuple[str, Any]:
    """A stream, and a row that its schema accepts but for a change or two."""
    stream = draw(st.sampled_from(sorted(SCHEMAS)))
    row = deepcopy(draw(ROWS[stream]))
    for _ in range(draw(st.integers(0, 2))):
        container, key = draw(st.sampled_from([(row, key_of(stream)), *places(row)]))
        change = draw(st.sampled_from(["replace", "remove", "add", "alter"]))
        if change == "replace":
            container[key] = draw(anything)
        elif change == "remove":
            del container[key]
            break  # what was below it is gone
        elif change == "add" and isinstance(container, dict):
            container[draw(texts)] = draw(anything)
        elif change == "alter" and isinstance(container[key], str):
            text = container[key]
            cut = draw(st.integers(0, len(text)))
            container[key] = text[:cut] + draw(texts) + text[cut + 1 :]
    return stream, row


def passes(decode: Decode, row: bytes) -> bool:
    """Whether the fast path of a schema lets a row pass."""
    try:
        decode(row)
    except REFUSALS:
        return False
    return True


def unknown(value: object, schema: Mapping[str, Any]) -> bool:
    """Whether a value has a property that its schema does not know, at any depth."""
    if isinstance(value, list):
        return any(unknown(each, schema["items"]) for each in value)
    if not isinstance(value, dict) or schema.get("additionalProperties"):
        return False
    rules = schema.get("properties", {})
    return any(
        name not in rules or unknown(each, rules[name]) for name, each in value.items()
    )


@examples(250)
@given(rows())
def test_what_passes_the_fast_path_is_what_the_schema_accepts(
    drawn: tuple[str, Any],
) -> None:
    stream, row = drawn
    line = json.dumps(row, ensure_ascii=False).encode()
    if passes(FAST_PATHS[stream], line):
        assert list(VALIDATORS[stream].iter_errors(row)) == []
        assert not unknown(row, SCHEMAS[stream])


@examples(100)
@given(
    st.sampled_from(sorted(SCHEMAS)).flatmap(lambda s: st.tuples(st.just(s), ROWS[s]))
)
def test_what_the_schema_accepts_passes_the_fast_path(drawn: tuple[str, Any]) -> None:
    """Else rows would take the slow way without need."""
    stream, row = drawn
    assert passes(FAST_PATHS[stream], json.dumps(row, ensure_ascii=False).encode())


@pytest.mark.parametrize("stream", sorted(ENTITIES))
def test_rows_of_mews_pass_the_fast_path(sandbox: Sandbox, stream: str) -> None:
    lines = sandbox.lines(ENTITIES[stream])
    assert lines
    assert [line for line in lines if not passes(FAST_PATHS[stream], line)] == []


near_moments = st.tuples(
    st.sampled_from(
        ["2026-02-28", "2024-02-29", "2026-02-29", "0000-01-01", "2026-2-1"]
    ),
    st.sampled_from(["T", "t", " ", "_", ""]),
    st.sampled_from(["00:00", "23:59", "24:00", "0000", "1:02", "05:60"]),
    st.sampled_from(["", ":00", ":59", ":60", ":61", ":5"]),
    st.sampled_from(["", ".", ".1", ".1234567890", ",5"]),
    st.sampled_from(["", "Z", "z", "+00:00", "-2359", "+24:00", "+01:60", "+1"]),
).map("".join)


@examples(400)
@given(near_moments | moments | dates | texts)
@example("2026-02-20T00:00:00")
@example("2026-02-20T24:00:00Z")
@example("2026-02-29T00:00:00Z")
@example("\u0662026-02-20T00:00:00Z")
def test_a_moment_that_passes_the_fast_path_is_one(text: str) -> None:
    for form, is_one in (("date-time", is_moment), ("date", is_date)):
        decode = compile_fast_path({"type": "string", "format": form})
        if passes(decode, json.dumps(text).encode()):
            assert is_one(text), form


@pytest.mark.parametrize(
    "row",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b'"Id"',
        b"{}",
        b'{"Id":null}',
        b'{"Id":1}',
        b'{"Id":"a"',
        b'{"Id":"a"}}',
        b'{"Id":"a"} {"Id":"a"}',
        b'{"Id":"a",}',
        b"{'Id':'a'}",
        b'{"Id":"a","Name":NaN}',
        b'{"Id":"a","UpdatedUtc":Infinity}',
        b'{"Id":"a\xff"}',
        b'{"Id":"\xed\xa0\x80"}',
        b'{"Id":"\\ud800"}',
        b'{"Id":"\\udc00\\ud800"}',
        b'{"Id":"a\nb"}',
        b'{"Id":"a\x00b"}',
        b'{"Id":"\\x41"}',
        b'{"Id":"a"}\x00',
        b'\xef\xbb\xbf{"Id":"a"}',
        b'{"Id":"a","\xff":1}',
        b'{"Id":"a","id":"b"}',
        b'{"Id":"a"/* */}',
    ],
)
def test_what_is_no_record_passes_no_fast_path(row: bytes) -> None:
    assert [
        stream for stream, decode in FAST_PATHS.items() if passes(decode, row)
    ] == []


@pytest.mark.parametrize("constant", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_a_number_that_is_none_does_not_pass_the_fast_path(constant: bytes) -> None:
    schema = {"type": "object", "properties": {"N": {"type": ["number", "null"]}}}
    assert not passes(compile_fast_path(schema), b'{"N":' + constant + b"}")


@pytest.mark.parametrize("value", [b"true", b'"1"', b"[1]", b'{"a":1}'])
@pytest.mark.parametrize("kind", ["number", "integer"])
def test_what_is_no_number_does_not_pass_for_one(kind: str, value: bytes) -> None:
    assert not passes(compile_fast_path({"type": kind}), value)


@pytest.mark.parametrize(
    "rule",
    [
        {"minLength": 1},
        {"maxLength": 1},
        {"pattern": "^a"},
        {"enum": ["a"]},
        {"const": "a"},
        {"anyOf": [{"type": "string"}]},
        {"$ref": "#/definitions/a"},
        {"not": {"const": "b"}},
        {"contentEncoding": "base64"},
        {"format": "uuid"},
        {"type": "object", "properties": {"a": {"type": "null"}}, "minProperties": 1},
        {"type": "object", "properties": {}, "additionalProperties": {"type": "null"}},
        {"type": "object", "patternProperties": {"a": {"type": "null"}}},
        {"type": "array", "items": {"type": "null"}, "minItems": 1},
        {"type": "array", "prefixItems": [{"type": "null"}]},
        {"type": "number", "multipleOf": 2},
        {"type": "integer", "minimum": 2},
        {"type": None},
        {"type": []},
    ],
    ids=str,
)
def test_a_rule_that_the_fast_path_does_not_know_is_not_passed_over(
    rule: dict[str, Any],
) -> None:
    """A catalog of the user's can say anything."""
    schema = {"type": "object", "properties": {"P": {"type": "string", **rule}}}
    values: list[Any] = ["a", "b", "", {}, {"b": 1}, [], [1], 1, 3, None]
    decode, validator = compile_fast_path(schema), Draft202012Validator(schema)
    for value in values:
        if passes(decode, json.dumps({"P": value}).encode()):
            assert validator.is_valid({"P": value}), value


def inspector(kind: str) -> RecordValidator:
    """One that knows an Id and a number N, alone and in a list."""
    rule = {"type": [kind, "null"]}
    properties = {"Id": {"type": "string"}, "N": rule}
    properties["L"] = {"type": "array", "items": rule}
    schema = {"type": "object", "required": ["Id"], "properties": properties}
    logger = logging.getLogger("test")
    return RecordValidator("stream", schema, pass_invalid=False, logger=logger)


NUMBERS = r"-?(0|[1-9][0-9]{0,45})(\.[0-9]{1,45})?([eE][+-]?[0-9]{1,2})?"


@given(
    st.from_regex(NUMBERS, fullmatch=True), st.sampled_from(["", ',"New":1', ',"Z":{}'])
)
@example("1234567890123456789012345678901234567890", ',"New":1')
@example("0.1000000000000000055511151231257827021181583404541015625", ',"New":1')
@example("-0", ',"New":1')
@example("-0.00", ',"New":1')
@example("10.00", ',"New":1')
def test_numbers_keep_their_digits_whatever_way_a_row_takes(
    number: str, more: str
) -> None:
    row = f'{{"Id":"a","N":{number},"L":[{number}]{more}}}'.encode()
    (line,) = inspector("number").lines(Rows([row], "file"))
    seen = json.loads(line, parse_float=Decimal, parse_int=Decimal)
    expected = Decimal(number)
    for found in (seen["N"], seen["L"][0]):
        assert found == expected
        if "." in number and "e" not in number.lower():
            assert found.as_tuple() == expected.as_tuple()


@given(st.integers(-(2**63), 2**63 - 1), st.sampled_from(["", ',"New":1']))
@example(2**63 - 1, "")
@example(-(2**63), ',"New":1')
def test_whole_numbers_may_have_64_bits(number: int, more: str) -> None:
    row = f'{{"Id":"a","N":{number}{more}}}'.encode()
    (line,) = inspector("integer").lines(Rows([row], "file"))
    assert json.loads(line)["N"] == number


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 10**60])
def test_whole_numbers_of_more_bits_break_the_schema(number: int) -> None:
    row = f'{{"Id":"a","N":{number}}}'.encode()
    with pytest.raises(InvalidRecordError, match="64 bits"):
        inspector("integer").lines(Rows([row], "file"))


def test_a_row_that_passes_stays_as_it_came() -> None:
    row = b'{ "N" : 1.50e+3,"Id":"\\u0041\\/\xe2\x80\xa8" }'
    assert inspector("number").lines(Rows([row], "file")) == [row]


@given(texts, st.sampled_from(["", ',"New":1']))
def test_text_stays_the_same_whatever_way_a_row_takes(text: str, more: str) -> None:
    row = f'{{"Id":{json.dumps(text, ensure_ascii=False)}{more}}}'.encode()
    assume(b"\n" not in row)
    (line,) = inspector("number").lines(Rows([row], "file"))
    assert json.loads(line) == {"Id": text}
    assert b"\n" not in line
    assert b"\r" not in line

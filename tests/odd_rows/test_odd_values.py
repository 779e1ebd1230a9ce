"""Moments, numbers and names at the edge of what JSON and schemas allow."""

from __future__ import annotations

import json
import logging
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tap_mews.errors import InvalidRecordError
from tap_mews.records.rows import Rows
from tap_mews.records.validator import RecordValidator
from tests.harness import select, sync
from tests.odd_rows.sources import GOOD, Page, Source, assert_told, emitted, row_of

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.harness import Json


MOMENTS = {
    "2026-02-20T00:00:00Z": True,
    "2026-02-20T00:00:00.1234567Z": True,
    "2028-02-29T23:59:59z": True,
    "2026-12-31T23:59:60Z": True,
    "2026-02-20 00:00:00-05:30": True,
    "9999-12-31T23:59:59.9999999Z": True,
    "0001-01-01T00:00:00Z": True,
    "0000-01-01T00:00:00Z": False,
    "2026-02-20": False,
    "2026-02-20T00:00:00": False,
    "2026-02-20T00:00Z": False,
    "2026-02-20T24:00:00Z": False,
    "2026-02-20T00:00:00+25:00": False,
    "2026-02-20T00:00:00+0000": True,
    "2026-02-20T00:00:00.Z": False,
    "2026-02-20T00:00:00,5Z": False,
    "2026-02-20T00:00:00Z\\n": False,
    "20260220T000000Z": False,
    "\u0968026-02-20T00:00:00Z": False,
    "": False,
}


@pytest.mark.parametrize("unknown", ["", '"Mood":1,'], ids=["known", "with unknown"])
@pytest.mark.parametrize(("moment", "valid"), MOMENTS.items(), ids=repr)
def test_a_moment_is_judged_alike_whatever_else_a_row_has(
    moment: str, *, valid: bool, unknown: str
) -> None:
    schema = {
        "type": "object",
        "required": ["Id"],
        "properties": {
            "Id": {"type": "string"},
            "PaidUtc": {"type": ["string", "null"], "format": "date-time"},
        },
    }
    logger = logging.getLogger("test")
    inspector = RecordValidator("bills", schema, pass_invalid=False, logger=logger)
    row = f'{{"Id":"a",{unknown}"PaidUtc":"{moment}"}}'.encode()
    try:
        inspector.lines(Rows([row], "here"))
    except InvalidRecordError:
        assert not valid
    else:
        assert valid


NUMBERS = {
    "40 digits": "1234567890123456789.012345678901234567890",
    "40 digits before the point": "1" * 40,
    "beyond 64 bits": str(2**64),
    "below 64 bits": str(-(2**63) - 1),
    "beyond a float": "1E+400",
    "less than any float": "-1E-400",
    "trailing zeros": "0.10",
    "zero with digits": "0.000",
    "minus zero": "-0.0",
    "4000 digits after the point": "0." + "1" * 4000,
}


@pytest.mark.parametrize("unknown", ["", '"Mood":1,'], ids=["known", "with unknown"])
@pytest.mark.parametrize("digits", NUMBERS.values(), ids=NUMBERS)
def test_digits_survive(source: Source, digits: str, unknown: str) -> None:
    row = row_of(source, f'{unknown}"Address":{{"Latitude":{digits}}}')
    result = source.sync(row).ok()
    assert f'"Latitude":{digits}}}'.encode() in b"".join(result.lines)


def test_digits_survive_a_map(source: Source) -> None:
    digits = NUMBERS["40 digits"]
    maps = {source.stream: {"Mapped": "Id"}}
    row = row_of(source, f'"Address":{{"Latitude":{digits}}}')
    result = source.sync(row, stream_maps=maps).ok()
    (record,) = emitted(result, source)
    assert record["Mapped"] == "odd"
    assert record["Address"]["Latitude"] == Decimal(digits)


TOO_LARGE = {"4400 digits": "7" * 4400, "a huge exponent": "1e99999999999999999999"}


@pytest.mark.parametrize("mode", ["fail", "warn"])
@pytest.mark.parametrize("digits", TOO_LARGE.values(), ids=TOO_LARGE)
def test_a_number_that_cannot_be_parsed_makes_an_invalid_record(
    source: Source, digits: str, mode: str
) -> None:
    known = row_of(source, f'"Mood":1,"Address":{{"Latitude":{digits}}}')
    unknown = row_of(source, f'"Mood":{digits}')
    maps = {source.stream: {"Mapped": "Id", "_undocumented": "_undocumented"}}
    more = {"stream_maps": maps, "undocumented_properties": "keep"}
    for row, settings in ((known, {}), (known, more), (unknown, more)):
        result = source.sync(GOOD, row, on_invalid_record=mode, **settings)
        what = "$ must not contain a number that is too large to parse"
        assert_told(result, source, 2, what)


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ('"{text}":"a","{text}":"b"', {"{text}": "b"}),
        ('"Address":{"City":"a","City":"b"}', {"Address": {"City": "b"}}),
        ('"Address":{"City":"a"},"Address":null', {"Address": None}),
        ('"{text}":5,"{text}":"b"', {"{text}": "b"}),
        ('"Id":null,"Id":"odd"', {}),
    ],
)
def test_of_a_name_that_comes_twice_the_last_one_counts(
    source: Source, properties: str, expected: Json
) -> None:
    """JSON leaves it open; every parser that targets use does so."""
    result = source.sync(row_of(source, properties)).ok()
    names = {name.format(text=source.text): name for name in expected}
    assert emitted(result, source) == [
        {"Id": "odd"} | {name: expected[names[name]] for name in names}
    ]


def test_a_name_that_comes_twice_is_checked_as_what_counts(source: Source) -> None:
    result = source.sync(row_of(source, '"{text}":"a","{text}":5'))
    assert_told(result, source, 1, f"$.{source.text} must be of type string or null")


def test_a_row_that_cannot_be_parsed_is_told_with_its_line_after_blank_ones() -> None:
    schema = {"type": "object", "properties": {"Id": {"type": "string"}}}
    checks = RecordValidator(
        "bills",
        schema,
        pass_invalid=False,
        logger=logging.getLogger("test"),
        keep_undocumented=True,
    )
    row = f'{{"Id":"a","Mood":{TOO_LARGE["4400 digits"]}}}'.encode()
    rows = Rows([b"", GOOD, b" ", row], "here", may_break=True)
    with pytest.raises(InvalidRecordError, match="here, line 4"):
        list(checks.records(rows))


def test_a_schema_may_say_what_a_number_is_a_multiple_of() -> None:
    """As in a catalog that tells a warehouse how many digits a column has."""
    rule = {"type": "number", "multipleOf": 0.0001}
    schema = {"type": "object", "properties": {"Value": rule}}
    logger = logging.getLogger(__name__)
    validator = RecordValidator("bills", schema, pass_invalid=False, logger=logger)
    rows = [b'{"Value":1.2345}', b'{"Value":3}']
    assert validator.lines(Rows(rows, "page 1")) == rows
    with pytest.raises(InvalidRecordError, match="Value breaks the rule multipleOf"):
        validator.lines(Rows([b'{"Value":1.23456}'], "page 1"))


@pytest.mark.parametrize("on_invalid", ["fail", "warn"])
def test_an_object_whose_members_come_in_an_array_is_that_object(
    sandbox: Sandbox, on_invalid: str
) -> None:
    """As the examples of productCategories/getAll have it."""
    row = {"Id": "a", "ParentProductCategory": [{"Id": "b"}, {"Names": {"en": "B"}}]}
    rows = Page([json.dumps(row).encode()], key="ProductCategories")
    sandbox.faults.add("productCategories/getAll", rows, times=None)
    config = sandbox.config(on_invalid_record=on_invalid)
    result = sync(config, catalog=select("product_categories"))
    assert result.error is None
    (record, *_) = result.records["product_categories"]
    assert record["ParentProductCategory"] == {"Id": "b", "Names": {"en": "B"}}


@pytest.mark.parametrize("parent", ['["b"]', '[{"Id":"b"},{"Id":"c"}]', "[]"])
def test_another_array_in_place_of_an_object_is_told(
    sandbox: Sandbox, parent: str
) -> None:
    row = b'{"Id":"a","ParentProductCategory":%b}' % parent.encode()
    rows = Page([row], key="ProductCategories")
    sandbox.faults.add("productCategories/getAll", rows, times=None)
    result = sync(sandbox.config(), catalog=select("product_categories"))
    assert "$.ParentProductCategory must be" in str(result.error)

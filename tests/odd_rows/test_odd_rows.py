"""Rows that are odd as JSON or as data, in exported files and in pages.

What breaks the schema of an export is in `test_invalid_records.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from sandbox.encoding import encode
from tap_mews.errors import InvalidRecordError
from tap_mews.records.validator import HINT
from tests.harness import Json, select, sync
from tests.odd_rows.sources import (
    GOOD,
    GUEST,
    Export,
    Source,
    assert_told,
    emitted,
    row_of,
)
from tests.pages_harness import ASSIGNMENTS, Spoiled, one_hotel, rows_of, settle

if TYPE_CHECKING:
    from sandbox import Sandbox

pytestmark = pytest.mark.days(8)


@dataclass(frozen=True)
class Odd:
    """A property that is wrong.

    Attributes:
        json: The property.
        what: What is told of it, with its path.
        passed: What is passed on in its place.
    """

    json: str
    what: str
    passed: Json


ODD = {
    "not a number": Odd('"{text}":NaN', "$ must not contain NaN", {"{text}": None}),
    "infinity deep down": Odd(
        '"Address":{"Latitude":Infinity}',
        "$ must not contain Infinity",
        {"Address": {"Latitude": None}},
    ),
    "minus infinity in a list": Odd(
        '"{list}":["a",-Infinity]',
        "$ must not contain -Infinity",
        {"{list}": ["a", None]},
    ),
    "a surrogate alone": Odd(
        f'"{{text}}":"{GUEST}\\ud800"',
        "must be Unicode text, without lone surrogates",
        {"{text}": f"{GUEST}\ud800"},
    ),
    "a surrogate alone deep down": Odd(
        '"Address":{"City":"\\udfff"}',
        "$.Address.City must be Unicode text, without lone surrogates",
        {"Address": {"City": "\udfff"}},
    ),
    "a surrogate alone in a list": Odd(
        '"{list}":["a","\\ud800\\ud800"]',
        "[1] must be Unicode text, without lone surrogates",
        {"{list}": ["a", "\ud800\ud800"]},
    ),
    "no UTF-8": Odd(
        f'"{{text}}":"{GUEST}\udcff"', "$ must be UTF-8", {"{text}": f"{GUEST}\ufffd"}
    ),
    "half a character": Odd(
        f'"{{text}}":"{GUEST}\udcc3"', "$ must be UTF-8", {"{text}": f"{GUEST}\ufffd"}
    ),
    "a surrogate as UTF-8 deep down": Odd(
        '"Address":{"City":"\udced\udca0\udc80"}',
        "$ must be UTF-8",
        {"Address": {"City": "\ufffd" * 3}},
    ),
    "a text for a number deep down": Odd(
        f'"Address":{{"Latitude":"{GUEST}"}}',
        "$.Address.Latitude must be of type number or null",
        {"Address": {"Latitude": GUEST}},
    ),
    "a number for a text in a list": Odd(
        '"{list}":["a",31337]',
        "[1] must be of type string or null",
        {"{list}": ["a", 31337]},
    ),
    "a list for a text": Odd(
        f'"{{text}}":["{GUEST}"]',
        "must be of type string or null",
        {"{text}": [GUEST]},
    ),
    "a text for an object": Odd(
        f'"Address":"{GUEST}"',
        "$.Address must be of type object or null",
        {"Address": GUEST},
    ),
    "no moment": Odd(
        f'"CreatedUtc":"{GUEST}"',
        "$.CreatedUtc must be a date-time",
        {"CreatedUtc": GUEST},
    ),
    "a day that was not": Odd(
        '"CreatedUtc":"2026-02-29T00:00:00Z"',
        "$.CreatedUtc must be a date-time",
        {"CreatedUtc": "2026-02-29T00:00:00Z"},
    ),
    "a key that is null": Odd('"Id":null', "$.Id must be of type string", {"Id": None}),
    "a key that is a number": Odd(
        '"Id":31337', "$.Id must be of type string", {"Id": 31337}
    ),
}

each_odd = pytest.mark.parametrize("odd", ODD.values(), ids=ODD)


@each_odd
def test_an_odd_row_is_told_with_place_path_and_reason(
    source: Source, odd: Odd
) -> None:
    result = source.sync(GOOD, row_of(source, odd.json))
    assert_told(result, source, 2, odd.what)
    for value in (GUEST, "31337", "2026-02-29"):
        assert value not in result.log


@each_odd
def test_an_odd_row_is_passed_on_with_a_warning(source: Source, odd: Odd) -> None:
    row = row_of(source, odd.json)
    result = source.sync(GOOD, row, GOOD, on_invalid_record="warn").ok()
    expected = {"Id": "odd"} | {
        name.format(text=source.text, list=source.list): value
        for name, value in odd.passed.items()
    }
    assert emitted(result, source) == [{"Id": "good"}, expected, {"Id": "good"}]
    (told,) = [each for each in result.logs if each.startswith("WARNING")]
    assert f"({source.place(2)}" in told
    assert odd.what in told
    assert GUEST not in result.log


@pytest.mark.parametrize("mode", ["fail", "warn"])
def test_a_row_without_a_key_is_told(source: Source, mode: str) -> None:
    row = row_of(source, f'"{{text}}":"{GUEST}"').replace(b'"Id":"odd",', b"")
    result = source.sync(GOOD, row, on_invalid_record=mode)
    assert "$ must have Id" in (str(result.error) if mode == "fail" else result.log)
    assert GUEST not in result.log
    assert (result.error is None) == (mode == "warn")
    assert (len(emitted(result, source)) == 2) == (mode == "warn")


@pytest.mark.parametrize("row", [b"17", b'"%b"' % GUEST.encode(), b"null", b"[{}]"])
def test_json_that_is_no_object_is_told(source: Source, row: bytes) -> None:
    for mode in ("fail", "warn"):
        result = source.sync(GOOD, row, on_invalid_record=mode)
        assert_told(result, source, 2, "$ must be a JSON object")
        assert GUEST not in result.log


@pytest.mark.parametrize(
    "row",
    [
        b'{"Id":"%b' % GUEST.encode(),
        b'{"Id":"%b\x01"}' % GUEST.encode(),
        b'{"Id":"%b\t"}' % GUEST.encode(),
        b'{"Id":"%b\\x"}' % GUEST.encode(),
        b'{"Id":"a"}\x00',
        b'{"Id":"a"}\xc2\xa0',
        b'{"Id":"a","Number":01}',
        b"\xff\xfe{\x00}\x00",
    ],
    ids=repr,
)
def test_a_line_that_is_no_json_is_told_without_what_it_holds(
    hotel: Sandbox, row: bytes
) -> None:
    source = Export(hotel)
    result = source.sync(GOOD, row, GOOD)
    assert isinstance(result.error, InvalidRecordError)
    assert f"({source.place(2)})" in str(result.error)
    assert GUEST not in result.log + str(result.error)


@pytest.mark.parametrize(
    "day", ["2026-02-29", "2026-2-3", "20260203", "2026-W08-5", "2026-02-03T00:00:01Z"]
)
def test_a_date_that_is_none_is_told(hotel: Sandbox, day: str) -> None:
    row = {"Id": "odd", "PostingDate": day}
    hotel.exports.lines["LedgerEntry"] = [GOOD, encode(row)]
    result = sync(hotel.config(), catalog=select("ledger_entries"))
    assert str(result.error).endswith(f"$.PostingDate must be a date; {HINT}")
    assert "line 2, Id odd" in str(result.error)
    assert day not in str(result.error)


def test_unknown_properties_are_left_out_and_told_once(source: Source) -> None:
    row = row_of(
        source,
        f'"Mood":"{GUEST}","Address":{{"Mood":["{GUEST}"],"City":"a"}},'
        f'"Extra":{{"Deep":[{{"Deeper":"{GUEST}"}}]}}',
    )
    result = source.sync(row, row, row).ok()
    assert emitted(result, source) == [{"Id": "odd", "Address": {"City": "a"}}] * 3
    (told,) = [each for each in result.logs if "undocumented propert" in each]
    assert told.startswith(
        f"INFO {source.stream}: 3 undocumented properties were dropped: "
        "$.Address.Mood, $.Extra, $.Mood (in 3 rows); "
    )
    assert GUEST not in result.log


def test_unknown_properties_are_told_once_a_stream_however_many_pages(
    hotel: Sandbox,
) -> None:
    settle(hotel)
    pipeline = one_hotel(hotel, "source_assignments", page_size=1)
    hotel.faults.add(
        ASSIGNMENTS,
        Spoiled(lambda body: [row.update(Mood=GUEST) for row in rows_of(body)]),
        times=None,
    )
    result = pipeline.run()
    assert len(hotel.journal.requests(ASSIGNMENTS)) > 2
    assert len([each for each in result.logs if "undocumented propert" in each]) == 1
    assert pipeline.missing() == {}


@pytest.mark.parametrize(
    ("properties", "key"),
    [('"{text}":5', "two\\nlines"), ('"two\\nlines":5', "odd")],
    ids=["key", "name"],
)
def test_what_is_told_of_a_row_is_one_line(
    source: Source, properties: str, key: str
) -> None:
    row = row_of(source, properties, key)
    result = source.sync(row, on_invalid_record="warn").ok()
    told = [each for each in result.logs if f" {source.stream}: " in each]
    assert any("two" in each for each in told)
    assert not any("\n" in each for each in told)

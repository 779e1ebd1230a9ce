"""Whatever way a row takes, the same comes out: what its schema knows."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tap_mews.errors import InvalidRecordError
from tap_mews.records.any_drift_path import AnyDriftPath
from tap_mews.records.known_drift_path import KnownDriftPath
from tap_mews.records.rows import Rows
from tap_mews.records.slow_path import SlowPath
from tap_mews.records.validator import RecordValidator
from tests.examples import examples
from tests.same_result.rows import schema_of
from tests.same_result.ways import NAMES
from tests.undocumented.reference import apart, parsed, rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.harness import Json

EXAMPLES = examples(4, suppress_health_check=[HealthCheck.too_slow])
LEAF: Json = {"type": ["string", "null"]}
NUMBER: Json = {"type": ["number", "null"]}
SCHEMA: Json = {
    "type": "object",
    "required": ["Id"],
    "properties": {
        "Id": {"type": "string"},
        "Name": LEAF,
        "Price": NUMBER,
        "Address": {
            "type": ["object", "null"],
            "properties": {"City": LEAF, "Height": NUMBER},
        },
        "Items": {
            "type": ["array", "null"],
            "items": {"type": ["object", "null"], "properties": {"Code": LEAF}},
        },
    },
}
OPEN = {**SCHEMA, "properties": {**SCHEMA["properties"], "Tags": {
    "type": "object", "additionalProperties": LEAF,
}}}  # fmt: skip
"""An open object can hold any name, so members cannot be told by theirs."""


def validator(
    schema: Json = SCHEMA, *, keeps: bool = False, warns: bool = False
) -> RecordValidator:
    """One that has learned nothing."""
    return RecordValidator(
        "stream",
        schema,
        pass_invalid=warns,
        logger=logging.getLogger("test"),
        keep_undocumented=keeps,
    )


def passed(checks: RecordValidator, lines: Iterable[bytes]) -> list[bytes]:
    """What comes out for one chunk of rows."""
    return checks.lines(Rows(list(lines), "a test", may_break=True))


def expected(line: bytes, schema: Json, *, keeps: bool) -> Any:  # noqa: ANN401 - JSON
    """What should."""
    value = parsed(line)
    values = apart(value, schema)
    return value | {"_undocumented": values} if values and keeps else value


@pytest.mark.parametrize("stream", NAMES)
@EXAMPLES
@given(data=st.data(), keeps=st.booleans())
def test_all_that_the_schema_knows_comes_out_whatever_was_learned(
    stream: str, *, keeps: bool, data: st.DataObject
) -> None:
    lines, schema = data.draw(rows(stream)), schema_of(stream)
    checks = validator(schema, keeps=keeps)
    wanted = [expected(line, schema, keeps=keeps) for line in lines]
    for _ in ("learning", "learned"):
        assert [*map(parsed, passed(checks, lines))] == wanted


@pytest.mark.parametrize("stream", NAMES)
@EXAMPLES
@given(st.data())
def test_a_careful_look_comes_to_the_same(stream: str, data: st.DataObject) -> None:
    (line, *_), schema = data.draw(rows(stream)), schema_of(stream)
    examined = SlowPath(schema).examine(line)
    assert examined.violations == []
    assert examined.record == parsed_plainly(expected(line, schema, keeps=False))
    assert examined.drift.values == parsed_plainly(apart(parsed(line), schema))


def parsed_plainly(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The same with numbers as a careful look has them."""
    if isinstance(value, tuple):
        return json.loads(value[1], parse_float=Decimal)
    if isinstance(value, list):
        return [parsed_plainly(each) for each in value]
    if isinstance(value, dict):
        return {name: parsed_plainly(each) for name, each in value.items()}
    return value


PLACES = {
    "at the top": b'{"Id":"a","Mood":%b}',
    "between others": b'{"Id":"a","Mood":%b,"Name":"n"}',
    "first": b'{"Mood":%b,"Id":"a"}',
    "in an object": b'{"Id":"a","Address":{"City":"c","Mood":%b}}',
    "alone in an object": b'{"Id":"a","Address":{"Mood":%b}}',
    "in a list": b'{"Id":"a","Items":[null,{"Code":"c","Mood":%b},{}]}',
    "under a name that the schema has elsewhere": b'{"Id":"a","City":%b}',
    "with white space": b'{"Id":"a" , "Mood" : %b }',
    "with an escaped name": b'{"Id":"a","\\u004dood":%b}',
    "twice": b'{"Id":"a","Mood":1,"Mood":%b}',
    "twice with an escape": b'{"Id":"a","\\u004dood":1,"Mood":%b}',
    "twice, once first": b'{"Mood":1,"Id":"a","Mood":%b}',
    "in what another one hides": (
        b'{"Id":"a","Address":{"Mood":1},"Address":{"City":"c"},"Mood":%b}'
    ),
    "at several levels": (
        b'{"Id":"a","Mood":%b,"Address":{"Mood":1,"City":"c"},"Items":[{"Mood":{}}]}'
    ),
    "in another undocumented one": b'{"Id":"a","New":{"a":{"b":{"Mood":1}},"Mood":%b}}',
    "beside one that begins like it": b'{"Id":"a","Moo":1,"Mood":%b,"Moods":[]}',
    "beside a text that looks like it": (
        b'{"Id":"a","Name":",\\"Mood\\":1","Mood":%b,"Price":1.50}'
    ),
    "after a text that ends with a comma": b'{"Id":"a,","Mood":%b,"Name":"Mood"}',
    "named like a name of JSON Pointer": b'{"Id":"a","~1/\\u00e9":%b}',
    "with an empty name": b'{"Id":"a","":%b}',
    "with a quote in its name": b'{"Id":"a","\\"Mood\\"":%b}',
    "with NUL in its name": b'{"Id":"a","\\u0000":%b}',
    "named like the property that keeps it": b'{"Id":"a","_undocumented":%b}',
}
VALUES = [
    *(b"null", b"true", b"-0", b"1.50", b"1e999", b'""', b'"a\\nb\\u00e9"', b"{}"),
    *(b"[ ]", b'{"a":{"b":{"c":[1.0,[]]}},"d":"}"}'),
    *(b'"\xc3\xa9]"', b"[%b1]" % (b"1," * 99)),
]  # fmt: skip


@pytest.mark.parametrize("schema", [SCHEMA, OPEN], ids=["closed", "open"])
@pytest.mark.parametrize("keeps", [False, True], ids=["drop", "keep"])
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_it_is_taken_out_of_anywhere(
    place: bytes, schema: Json, *, keeps: bool
) -> None:
    checks = validator(schema, keeps=keeps)
    lines = [place % value for value in VALUES]
    wanted = [expected(line, schema, keeps=keeps) for line in lines]
    for _ in ("learning", "learned"):
        assert [*map(parsed, passed(checks, lines))] == wanted


@pytest.mark.parametrize("keeps", [False, True], ids=["drop", "keep"])
@pytest.mark.parametrize("schema", [SCHEMA, OPEN], ids=["closed", "open"])
def test_what_stays_keeps_its_bytes(schema: Json, *, keeps: bool) -> None:
    checks = validator(schema, keeps=keeps)
    scalars = (b'"\\u0041\\/\xe2\x80\xa8"', b"1.50e+3", b'{ "City" : "\\u00e9" }')
    line = b'{"Id":"a","Mood":1,"Name":%b,"Price":%b,"Address":%b}' % scalars
    for _ in ("learning", "learned"):
        (out,) = passed(checks, [line])
        for scalar in scalars:
            assert scalar in out


@pytest.mark.parametrize("keeps", [False, True], ids=["drop", "keep"])
def test_a_row_without_any_stays_as_it_came(*, keeps: bool) -> None:
    checks = validator(keeps=keeps)
    line = b'{ "Id" : "a","Address":{"City":"\\u0063"},"Price":1.0e1 }'
    passed(checks, [b'{"Id":"a","Mood":1,"Address":{"Mood":1}}'])
    assert passed(checks, [line]) == [line]


SLOW = ("with a quote", "with NUL", "named like the property", "in what another")
"""Names that are never learned, and one that is hidden wherever a row is split."""

LEARNED = {
    name: place % b'{"a":[1]}'
    for name, place in PLACES.items()
    if not name.startswith(SLOW)
}


@pytest.mark.parametrize("schema", [SCHEMA, OPEN], ids=["closed", "open"])
@pytest.mark.parametrize("keeps", [False, True], ids=["drop", "keep"])
@pytest.mark.parametrize("line", LEARNED.values(), ids=LEARNED)
def test_a_property_that_is_known_by_now_takes_no_slow_way(
    line: bytes, schema: Json, monkeypatch: pytest.MonkeyPatch, *, keeps: bool
) -> None:
    checks = validator(schema, keeps=keeps)
    (first,) = passed(checks, [line])
    passed(checks, [line])  # some names are only looked for from here on
    for path in (AnyDriftPath, SlowPath):
        monkeypatch.delattr(path, "pass_on" if path is AnyDriftPath else "examine")
    checks.__dict__["_look_closer"] = lambda _: 1
    (second,) = passed(checks, [line])
    assert parsed(second) == parsed(first)


def test_plain_members_of_their_own_name_are_cut_in_one_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = [
        b'{"Id":"a","Mood":{"a":[1,"b"]},"Name":"n","Address":{"City":"c","Mood":"m"}}',
        b'{"Id":"b","Mood":"caf\\u00E9 \\"\\\\\\"\\n","Name":"n"}',
    ]
    for keeps in (False, True):
        checks = validator(keeps=keeps)
        passed(checks, lines)
        with monkeypatch.context() as patch:
            patch.delattr(KnownDriftPath, "attempts")
            assert [*map(parsed, passed(checks, lines))] == [
                expected(line, SCHEMA, keeps=keeps) for line in lines
            ]


@pytest.mark.parametrize("keeps", [False, True], ids=["drop", "keep"])
def test_a_row_that_nests_deeply_does_not_change_the_rows_around_it(
    *, keeps: bool
) -> None:
    deep = b"[" * 600 + b"]" * 600
    lines = [b'{"Id":"a","Mood":%b,"Name":"n"}' % each for each in (b"1", deep, b"2")]
    checks = validator(keeps=keeps)
    for _ in ("learning", "learned"):
        assert [*map(parsed, passed(checks, lines))] == [
            expected(line, SCHEMA, keeps=keeps) for line in lines
        ]


def test_a_row_with_a_nul_is_told_by_its_own_place() -> None:
    checks = validator()
    line = b'{"Id":"a","Mood":1,"Name":"n"}'
    passed(checks, [line])
    with pytest.raises(InvalidRecordError, match="line 2"):
        passed(checks, [line, b'{"Id":"b","Mood":"\x00","Name":"n"}', line])


WITHOUT_NEW_CODE = """
import ctypes, sys
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0):  # PR_SET_MDWE: no memory becomes code
    sys.exit("unknown to this kernel")
from tests.undocumented.test_rows import *
checks = validator()
line = b'{"Id":"a","Mood":1,"Name":"n"}'
for _ in range(2):
    print(passed(checks, [line, line]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="of the Linux kernel")
def test_a_system_that_lets_no_process_make_code_gets_the_same_rows() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_NEW_CODE],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    if "unknown to this kernel" in ended.stderr:
        pytest.skip("this kernel cannot forbid it")
    row = b'{"Id":"a","Name":"n"}'
    assert ended.stdout.splitlines() == [repr([row, row])] * 2, ended.stderr


INVALID = [
    *(b'"Name":5', b'"Address":[]', b'"Address":{"Height":"h"}', b'"Items":[5]'),
    *(b'"Mood":NaN', b'"Mood":{"a":-Infinity}'),
    *(b'"Mood":"\xff"', b'"Mood":["\xed\xa0\x80"]'),
    *(b'"Mood":"\\ud800"', b'"Mood":01', b'"Mood":"\x01"'),
    *(b'"Mood":[1,]', b'"Mood":tru'),
    *(b'"Mood":{"a" 1}', b'"Mood":', b'"Mood"', b'"Mood":1}'),
    *(b'"\\ud800":1', b'"\xff":1'),
    *(b'"Id":null', b'"Address":{"Mood":"\xff"},"Address":null,"Name":5'),
]  # fmt: skip


@pytest.mark.parametrize("keeps", [False, True], ids=["drop", "keep"])
@pytest.mark.parametrize("odd", INVALID, ids=repr)
def test_what_is_invalid_is_told_alike_whatever_was_learned(
    odd: bytes, *, keeps: bool
) -> None:
    line = b'{"Id":"a","Mood":1,"Address":{"Mood":2},%b}' % odd
    messages = set()
    for lessons in ([], [b'{"Id":"a","Mood":1,"Address":{"Mood":2}}']):
        checks = validator(keeps=keeps)
        passed(checks, lessons)
        with pytest.raises(InvalidRecordError) as caught:
            passed(checks, [line])
        messages.add(str(caught.value))
    assert len(messages) == 1


def test_an_invalid_record_that_is_passed_on_keeps_them_too() -> None:
    checks = validator(keeps=True, warns=True)
    (line,) = passed(checks, [b'{"Id":"a","Name":5,"Mood":1.50,"Items":[{"Mood":[]}]}'])
    assert parsed(line) == {
        "Id": "a",
        "Name": ("number", "5"),
        "Items": [{}],
        "_undocumented": {"/Mood": ("number", "1.50"), "/Items/0/Mood": []},
    }


def test_records_that_are_parsed_have_a_property_that_a_map_can_name() -> None:
    checks = validator(keeps=True)
    lines = [b'{"Id":"a"}', b'{"Id":"b","Mood":1}']
    found = list(checks.records(Rows(lines, "a test")))
    assert [each["_undocumented"] for each in found] == [None, {"/Mood": 1}]

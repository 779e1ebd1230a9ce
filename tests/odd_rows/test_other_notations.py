"""Days with midnight behind them, and integers as strings or as 1.0 and 1E5."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.encoding import encode
from tap_mews.errors import InvalidRecordError
from tap_mews.records.any_drift_path import AnyDriftPath
from tap_mews.records.rows import Rows
from tap_mews.records.slow_path import SlowPath
from tap_mews.records.validator import HINT, RecordValidator
from tests.export_harness import by_exports
from tests.harness import Json, select, sync

if TYPE_CHECKING:
    from sandbox import Sandbox

DAY: Json = {"type": ["string", "null"], "format": "date"}
NUMBER: Json = {"type": ["integer", "null"]}

DAYS = {
    "2026-02-28": "2026-02-28",
    "2026-02-28T00:00:00": "2026-02-28",
    "2026-02-28T00:00:00Z": "2026-02-28",
    "2026-02-28T00:00:00.0000000Z": "2026-02-28",
    "2026-02-28T00:00:00.0": "2026-02-28",
    "2026-02-28T00:00:00+00:00": "2026-02-28",
    "2024-02-29T00:00:00": "2024-02-29",
    "2026-02-29T00:00:00": None,
    "2026-02-28T00:00:01": None,
    "2026-02-28T00:00:00.0000001Z": None,
    "2026-02-28T00:00:00.": None,
    "2026-02-28T00:00:00+01:00": None,
    "2026-02-28T00:00": None,
    "2026-02-28T": None,
    "2026-02-28Z": None,
    "2026-W09-6T00:00:00": None,
    "20260228T00:00:00": None,
    "\u0662026-02-28T00:00:00": None,
    "": None,
}
DIGITS = {
    "7": 7,
    "-7": -7,
    "007": 7,
    str(2**63 - 1): 2**63 - 1,
    str(-(2**63)): -(2**63),
    str(2**63): None,
    str(-(2**63) - 1): None,
    "9" * 5000: None,
    "": None,
    "-": None,
    "+7": None,
    " 7": None,
    "7.0": None,
    "1e3": None,
    "0x7": None,
    "\u0667": None,
}
CASES = [
    *((DAY, text, value, "must be a date") for text, value in DAYS.items()),
    *(
        (NUMBER, text, value, "must be of type integer or null")
        for text, value in DIGITS.items()
    ),
]
each_case = pytest.mark.parametrize(
    ("rule", "text", "value", "reason"), CASES, ids=lambda each: repr(each)[:40]
)
EXAMPLES = {"string": "2026-01-01T00:00:00", "integer": "12"}


def checks_of(
    rule: Json, *, elsewhere: bool = False, keeps: bool = False
) -> RecordValidator:
    """One for rows that can have the scalar at the top, in an object and in a list.

    Args:
        rule: Of the scalar.
        elsewhere: Whether another object has a property of that name.
        keeps: Whether undocumented properties are kept.
    """
    inner = {"type": "object", "properties": {"Inner": rule}}
    properties = {"Id": {"type": "string"}, "Top": rule, "Object": inner}
    properties["List"] = {"type": "array", "items": rule}
    if elsewhere:
        names = {"Top": rule, "Inner": rule}
        properties["Other"] = {"type": "object", "properties": names}
    return RecordValidator(
        "stream",
        {"type": "object", "required": ["Id"], "properties": properties},
        pass_invalid=False,
        logger=logging.getLogger("test"),
        keep_undocumented=keeps,
    )


def passed(checks: RecordValidator, line: str) -> Any:  # noqa: ANN401 - JSON
    """What comes out for a row."""
    (out,) = checks.lines(Rows([line.encode()], "here"))
    return json.loads(out)


def teach(checks: RecordValidator, rule: Json) -> None:
    """Let it see such scalars in all places, and undocumented properties."""
    text = EXAMPLES[rule["type"][0]]
    for line in (
        f'{{"Id":"a","Top":"{text}"}}',
        f'{{"Id":"a","Object":{{"Inner":"{text}"}},"List":["{text}"],"Mood":1}}',
    ):
        passed(checks, line)


@pytest.mark.parametrize("learned", [False, True], ids=["new", "learned"])
@pytest.mark.parametrize("elsewhere", [False, True], ids=["alone", "elsewhere too"])
@pytest.mark.parametrize("unknown", ["", ',"Mood":1'], ids=["known", "with unknown"])
@each_case
def test_a_text_is_taken_for_the_scalar_that_it_stands_for(
    rule: Json,
    text: str,
    value: object,
    reason: str,
    unknown: str,
    *,
    elsewhere: bool,
    learned: bool,
) -> None:
    checks = checks_of(rule, elsewhere=elsewhere)
    if learned:
        teach(checks, rule)
    json_text = json.dumps(text, ensure_ascii=False)
    for place, path in {
        f'"Top":{json_text}': "$.Top",
        f'"Object":{{"Inner":{json_text}}}': "$.Object.Inner",
        f'"List":[null,{json_text}]': "$.List[1]",
    }.items():
        line = f'{{"Id":"a",{place}{unknown}}}'
        if value is None:
            with pytest.raises(InvalidRecordError) as caught:
                passed(checks, line)
            assert str(caught.value).endswith(f"{path} {reason}; {HINT}")
        else:
            expected = json.loads(line.replace(json_text, json.dumps(value)))
            expected.pop("Mood", None)
            assert passed(checks, line) == expected


@pytest.mark.parametrize("keeps", [False, True], ids=["drop", "keep"])
@pytest.mark.parametrize("rule", [DAY, NUMBER], ids=["day", "number"])
def test_what_is_no_text_is_checked_as_before(rule: Json, *, keeps: bool) -> None:
    checks = checks_of(rule, keeps=keeps)
    teach(checks, rule)
    assert passed(checks, '{"Id":"a","Top":null}') == {"Id": "a", "Top": None}
    for wrong in ("true", "1.5", "[]", "{}", '{"a":1}'):
        with pytest.raises(InvalidRecordError):
            passed(checks, f'{{"Id":"a","Top":{wrong}}}')


@pytest.mark.parametrize("keeps", [False, True], ids=["drop", "keep"])
@pytest.mark.parametrize("rule", [DAY, NUMBER], ids=["day", "number"])
def test_rows_that_all_have_such_a_text_take_no_slow_way(
    rule: Json, monkeypatch: pytest.MonkeyPatch, *, keeps: bool
) -> None:
    checks = checks_of(rule, keeps=keeps)
    teach(checks, rule)
    monkeypatch.delattr(AnyDriftPath, "pass_on")
    monkeypatch.delattr(SlowPath, "examine")
    text = EXAMPLES[rule["type"][0]]
    found = passed(checks, f'{{"Id":"a","Top":"{text}","Object":{{"Inner":"{text}"}}}}')
    assert found["Top"] == found["Object"]["Inner"] != text


def test_what_an_undocumented_property_holds_stays_as_it_came() -> None:
    checks = checks_of(DAY, keeps=True)
    teach(checks, DAY)
    line = '{"Id":"a","Mood":{"Top":"2026-01-01T00:00:00"},"Top":"2026-01-02T00:00:00"}'
    for _ in range(2):
        found = passed(checks, line)
        assert found["Top"] == "2026-01-02"
        assert found["_undocumented"] == {"/Mood": {"Top": "2026-01-01T00:00:00"}}


@pytest.mark.parametrize("learned", [False, True], ids=["new", "learned"])
@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**40])
def test_an_integer_beyond_64_bits_is_invalid(number: int, *, learned: bool) -> None:
    """As text it would be no integer either; a warehouse cannot load it."""
    checks = checks_of(NUMBER)
    if learned:
        teach(checks, NUMBER)
    for place in (f'"Top":{number}', f'"List":[{number}]', f'"Mood":1,"Top":{number}'):
        with pytest.raises(InvalidRecordError, match="must fit in 64 bits"):
            passed(checks, f'{{"Id":"a",{place}}}')
    assert passed(checks, f'{{"Id":"a","Top":{2**63 - 1}}}')["Top"] == 2**63 - 1


WHOLE = {
    "1.0": 1,
    "5.000": 5,
    "1E5": 100_000,
    "-1.2e1": -12,
    "-0.0": 0,
    "9223372036854775807.0": 2**63 - 1,
    "1.5": None,
    "1E-400": None,
    "9223372036854775808.0": None,
    "1E999999999": None,
}


@pytest.mark.parametrize("learned", [False, True], ids=["new", "learned"])
@pytest.mark.parametrize("unknown", ["", ',"Mood":1'], ids=["known", "with unknown"])
@pytest.mark.parametrize(("number", "value"), WHOLE.items())
def test_a_number_without_a_fraction_is_an_integer(
    number: str, value: int | None, unknown: str, *, learned: bool
) -> None:
    checks = checks_of(NUMBER)
    if learned:
        teach(checks, NUMBER)
    line = f'{{"Id":"a","Top":{number},"List":[{number}]{unknown}}}'
    if value is None:
        with pytest.raises(InvalidRecordError, match="Top must be of type integer"):
            passed(checks, line)
    else:
        (out,) = checks.lines(Rows([line.encode()], "here"))
        assert out == f'{{"Id":"a","Top":{value},"List":[{value}]}}'.encode()


def test_posting_dates_are_days(sandbox: Sandbox) -> None:
    days = ["2026-02-28T00:00:00", "2026-02-28", "2026-03-01T00:00:00.000Z", None]
    lines = [encode({"Id": str(n), "PostingDate": day}) for n, day in enumerate(days)]
    for maps in ({}, {"ledger_entries": {"Mapped": "Id"}}):
        sandbox.exports.files["LedgerEntry"] = [b"\n".join(lines)]
        config = by_exports(sandbox, stream_maps=maps, start_date="2026-02-01")
        result = sync(config, catalog=select("ledger_entries")).ok()
        assert [each["PostingDate"] for each in result.records["ledger_entries"]] == [
            "2026-02-28",
            "2026-02-28",
            "2026-03-01",
            None,
        ]


def test_an_invalid_number_is_passed_on_as_it_came(sandbox: Sandbox) -> None:
    lines = [b'{"Id":"a","Number":"12"}', b'{"Id":"b","Number":"%d"}' % (2**63)]
    sandbox.exports.files["Company"] = [b"\n".join(lines)]
    config = sandbox.config(on_invalid_record="warn")
    result = sync(config, catalog=select("companies")).ok()
    numbers = [each["Number"] for each in result.records["companies"]]
    assert numbers == [12, str(2**63)]
    assert "Id b): $.Number must be of type integer or null" in result.log

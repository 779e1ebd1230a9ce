"""Rows that are not what their schema says: told exactly, without what they hold."""

from __future__ import annotations

from functools import reduce
from operator import getitem
from typing import TYPE_CHECKING

import pytest

from sandbox.encoding import encode
from tap_mews.errors import InvalidRecordError
from tap_mews.records.validator import HINT
from tests.harness import Json, Result, select, sync

if TYPE_CHECKING:
    from sandbox import Sandbox

pytestmark = pytest.mark.days(8)

BILLS = select("bills")
GUEST = "Jane-Doe-s3cr3t"

BREACHES: dict[str, tuple[Json, str, str]] = {
    "a text for a flag": (
        {"Options": {"Rebated": GUEST}},
        "$.Options.Rebated",
        "must be of type boolean or null",
    ),
    "a number for a text": ({"Number": 12345678}, "$.Number", "must be of type string"),
    "an object for a text": (
        {"Notes": {GUEST: GUEST}},
        "$.Notes",
        "must be of type string",
    ),
    "a text for an object": (
        {"Options": GUEST},
        "$.Options",
        "must be of type object or null",
    ),
    "a text for a list": (
        {"AssociatedAccountIds": GUEST},
        "$.AssociatedAccountIds",
        "must be of type array or null",
    ),
    "an entry of another type": (
        {"AssociatedAccountIds": ["a", 77]},
        "$.AssociatedAccountIds[1]",
        "must be of type string",
    ),
    "a text for a moment": ({"PaidUtc": GUEST}, "$.PaidUtc", "must be a date-time"),
    "a day that is not there": (
        {"PaidUtc": "2026-02-30T00:00:00Z"},
        "$.PaidUtc",
        "must be a date-time",
    ),
    "a moment without a zone": (
        {"PaidUtc": "2026-02-20T00:00:00"},
        "$.PaidUtc",
        "must be a date-time",
    ),
    "deep down": (
        {"AssociatedAccountData": [{"BillCompanyData": {"Address": GUEST}}]},
        "$.AssociatedAccountData[0].BillCompanyData.Address",
        "must be of type object or null",
    ),
    "no key": ({"Id": None}, "$.Id", "must be of type string"),
}
each_breach = pytest.mark.parametrize(
    ("changes", "path", "reason"), BREACHES.values(), ids=BREACHES
)


def sync_lines(
    sandbox: Sandbox, *lines: bytes, stream: str = "bills", **settings: object
) -> Result:
    """Sync a stream whose export holds these lines in one file."""
    entity = {"bills": "Bill", "payments": "Payment"}[stream]
    sandbox.exports.files[entity] = [b"\n".join(lines)]
    return sync(sandbox.config(**settings), catalog=select(stream))


def changed(row: Json, changes: Json) -> Json:
    """The row with some properties changed, at any depth."""
    for name, value in changes.items():
        if isinstance(value, dict) and isinstance(row.get(name), dict):
            changed(row[name], value)
        else:
            row[name] = value
    return row


@pytest.fixture
def good(sandbox: Sandbox) -> bytes:
    """A row that is what its schema says."""
    return encode(sandbox.new_row("Bill"))


@each_breach
def test_an_invalid_record_is_told_with_path_and_reason(
    sandbox: Sandbox, good: bytes, changes: Json, path: str, reason: str
) -> None:
    row = changed(sandbox.new_row("Bill"), changes)
    result = sync_lines(sandbox, good, encode(row))
    assert isinstance(result.error, InvalidRecordError)
    assert str(result.error).startswith("bills: invalid record")
    assert f"{path} {reason}" in str(result.error)
    assert str(result.error).endswith(HINT)


@each_breach
def test_an_invalid_record_is_told_without_what_it_holds(
    sandbox: Sandbox, good: bytes, changes: Json, path: str, reason: str
) -> None:
    del path, reason
    row = changed(sandbox.new_row("Bill"), changes)
    result = sync_lines(sandbox, good, encode(row))
    assert result.error
    for value in (GUEST, "12345678", "77", "2026-02-"):
        assert value not in str(result.error).replace(row["UpdatedUtc"], "")
    assert GUEST not in result.log


@pytest.mark.parametrize("breach", sorted(BREACHES.keys() - {"no key"}))
def test_an_invalid_value_of_a_deselected_property_ends_no_run(
    sandbox: Sandbox, breach: str
) -> None:
    changes, path, _ = BREACHES[breach]
    *parents, name = path.split("[")[0].split(".")[1:]
    row = changed(sandbox.new_row("Bill"), changes)
    sandbox.exports.files["Bill"] = [encode(row)]
    catalog = select("bills")
    for each in catalog["streams"][0]["metadata"]:
        if each["breadcrumb"][1::2] == [*parents, name]:
            each["metadata"]["selected"] = False
    (record,) = sync(sandbox.config(), catalog=catalog).ok().records["bills"]
    del reduce(getitem, parents, row)[name]
    assert record == row


def test_an_invalid_record_is_told_with_export_file_line_and_id(
    sandbox: Sandbox, good: bytes
) -> None:
    row = sandbox.new_row("Bill", Number=5)
    sandbox.exports.files["Bill"] = [good, b"\n".join([good, b"", encode(row), good])]
    result = sync(sandbox.config(), catalog=BILLS)
    (job,) = sandbox.exports.jobs
    assert f"(export {job.id}, file 2 of 2, line 3, Id {row['Id']})" in str(
        result.error
    )


def test_a_record_without_a_key_is_told_as_such(sandbox: Sandbox, good: bytes) -> None:
    row = sandbox.new_row("Bill")
    del row["Id"]
    result = sync_lines(sandbox, good, encode(row))
    assert "$ must have Id" in str(result.error)


def test_an_invalid_record_moves_no_bookmark(sandbox: Sandbox) -> None:
    row = sandbox.new_row("Bill", Number=5)
    result = sync_lines(sandbox, encode(row))
    assert result.bookmark("bills")["replication_key_value"] is None


NOT_RECORDS = {
    "text": b"<html>",
    "half an object": b'{"Id":"a"',
    "two objects": b'{"Id":"a"}{"Id":"b"}',
    "a list": b'[{"Id":"a"}]',
    "a number": b"17",
    "null": b"null",
    "a trailing comma": b'{"Id":"a",}',
    "single quotes": b"{'Id':'a'}",
    "deep nesting": b'{"Id":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}


@pytest.mark.parametrize("on_invalid_record", ["fail", "warn"])
@pytest.mark.parametrize("line", NOT_RECORDS.values(), ids=NOT_RECORDS)
def test_a_line_that_is_no_record_ends_the_sync(
    sandbox: Sandbox, good: bytes, line: bytes, on_invalid_record: str
) -> None:
    result = sync_lines(sandbox, good, line, good, on_invalid_record=on_invalid_record)
    assert isinstance(result.error, InvalidRecordError)
    assert "line 2" in str(result.error)


@each_breach
def test_a_warning_passes_the_record_on(
    sandbox: Sandbox, good: bytes, changes: Json, path: str, reason: str
) -> None:
    row = changed(sandbox.new_row("Bill"), changes)
    result = sync_lines(sandbox, good, encode(row), on_invalid_record="warn").ok()
    assert result.records["bills"][1] == row
    told = [line for line in result.logs if line.startswith("WARNING bills: ")]
    assert len(told) == 1
    assert f"{path} {reason}" in told[0]


def test_a_breach_in_many_records_is_told_some_times_and_then_counted(
    sandbox: Sandbox,
) -> None:
    rows = [encode(sandbox.new_row("Bill", Number=5)) for _ in range(300)]
    result = sync_lines(sandbox, *rows, on_invalid_record="warn").ok()
    told = [line for line in result.logs if line.startswith("WARNING")]
    assert len(result.records["bills"]) == 300
    assert len(told) < 20
    assert "300 invalid records" in told[-1]


def test_records_that_are_passed_on_move_the_bookmark(sandbox: Sandbox) -> None:
    row = encode(sandbox.new_row("Bill", Number=5))
    result = sync_lines(sandbox, row, on_invalid_record="warn").ok()
    assert result.bookmark("bills")["replication_key_value"]


UNKNOWN: dict[str, tuple[Json, str]] = {
    "at the top": ({"Mood": GUEST}, "$.Mood"),
    "in an object": ({"Options": {"Mood": GUEST}}, "$.Options.Mood"),
    "deep down": (
        {"AssociatedAccountData": [{"BillCompanyData": {"Mood": GUEST}}]},
        "$.AssociatedAccountData[].BillCompanyData.Mood",
    ),
    "with an odd name": ({"": GUEST}, "$."),
}


@pytest.mark.parametrize(("changes", "path"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_property_is_left_out(
    sandbox: Sandbox, changes: Json, path: str
) -> None:
    del path
    row = sandbox.new_row("Bill")
    line = encode(changed(sandbox.new_row("Bill", Id=row["Id"]), changes))
    result = sync_lines(sandbox, encode(row), line).ok()
    known, cut = result.records["bills"]
    assert cut.keys() == known.keys()
    assert GUEST not in b"".join(result.lines).decode()


@pytest.mark.parametrize(("changes", "path"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_property_is_told_once(
    sandbox: Sandbox, changes: Json, path: str
) -> None:
    rows = [encode(changed(sandbox.new_row("Bill"), changes)) for _ in range(5)]
    result = sync_lines(sandbox, *rows).ok()
    (told,) = [line for line in result.logs if "undocumented propert" in line]
    assert told.startswith(
        f"INFO bills: 1 undocumented property was dropped: {path} (in 5 rows); "
    )
    assert GUEST not in result.log


def test_an_unknown_property_in_a_list_is_told_once(sandbox: Sandbox) -> None:
    row = sandbox.new_row("Payment")
    row["Amount"]["Breakdown"]["Items"] = [{"Mood": GUEST}] * 3
    result = sync_lines(sandbox, encode(row), stream="payments").ok()
    (told,) = [line for line in result.logs if "undocumented propert" in line]
    assert "$.Amount.Breakdown.Items[].Mood " in told
    assert result.records["payments"][0]["Amount"]["Breakdown"]["Items"] == [{}] * 3


def test_unknown_properties_keep_the_digits_of_the_others(sandbox: Sandbox) -> None:
    row = sandbox.new_row("Payment", Mood="new")
    value = f'"NetValue":{row["Amount"]["NetValue"]}'.encode()
    line = encode(row).replace(value, value + b"00")
    assert line != encode(row)
    result = sync_lines(sandbox, line, stream="payments").ok()
    assert value + b"00" in b"".join(result.lines)

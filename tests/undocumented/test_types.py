"""The types of undocumented properties are seen, on whatever path their rows go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tap_mews.records.any_drift_path import AnyDriftPath
from tests.undocumented.test_rows import passed, validator

if TYPE_CHECKING:
    from tap_mews.records.drift import RowDrift
    from tap_mews.records.validator import RecordValidator

VALUES = {
    b'"text"': "string",
    b"7": "integer",
    b"-7.50": "number",
    b"7e3": "number",
    b"true": "boolean",
    b"false": "boolean",
    b"null": "null",
    b"{}": "object",
    b'[{"a":1.5}]': "array",
}
WAYS = {
    "any row": b'{"Id":"a","Mood":%b}',
    "white space": b'{"Id":"a","Mood": %b }',
    "an invalid record": b'{"Id":"a","Name":5,"Mood":%b}',
}


def seen(checks: RecordValidator, lines: list[bytes]) -> dict[str, list[str]]:
    """The types that are reported for rows of one chunk."""
    passed(checks, lines)
    return checks.undocumented.types


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_each_type_is_named(value: bytes, way: bytes) -> None:
    found = seen(validator(warns=True), [way % value])
    assert found == {"$.Mood": [VALUES[value]]}


@pytest.mark.parametrize("name", ["Mood", "Height"], ids=["cut", "taken apart"])
def test_a_property_that_is_null_at_first_gets_its_type(name: str) -> None:
    """Most rows of a property are null: the first of them tells nothing."""
    line = b'{"Id":"a","%b":%%b}' % name.encode()
    checks = validator()
    seen(checks, [line % b"null"])
    found = seen(checks, [line % b'"x"'] * 2)
    assert found == {f"$.{name}": ["null", "string"]}


def test_later_rows_of_a_lot_are_looked_at_less_and_less(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A look costs as much as many rows: what it costs is bounded."""
    checks, looks = validator(), []
    passed(checks, [b'{"Id":"a","Mood":1}'])
    pass_on = AnyDriftPath.pass_on

    def counted(path: AnyDriftPath, row: bytes) -> tuple[bytes, RowDrift]:
        looks.append(row)
        return pass_on(path, row)

    monkeypatch.setattr(AnyDriftPath, "pass_on", counted)
    for _ in range(3):
        passed(checks, [b'{"Id":"a","Mood":1}'] * 1000)
    assert 3 < len(looks) < 16

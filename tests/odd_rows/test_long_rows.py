"""Rows of many megabytes or levels."""

from __future__ import annotations

import time

import pytest

from tap_mews.errors import TapMewsError
from tests.odd_rows.sources import GOOD, GUEST, Source, assert_told, emitted, row_of

MEGABYTES = 20


def long_row(source: Source, properties: str) -> bytes:
    """A row of 20 MB."""
    filling = GUEST * (MEGABYTES * 2**20 // len(GUEST))
    return row_of(source, f'{properties},"Address":{{"Line1":"{filling}"}}')


def test_a_row_of_20_megabytes_is_passed_on(source: Source) -> None:
    row = long_row(source, '"Mood":1')
    began = time.process_time()
    result = source.sync(GOOD, row, GOOD).ok()
    # it takes seconds; with the square of its length it would take hours
    assert time.process_time() - began < 120
    sizes = [len(str(each)) for each in emitted(result, source)]
    assert sizes[0] == sizes[2] < 30 < MEGABYTES * 2**20 - 30 < sizes[1]
    assert GUEST not in result.log


def test_an_odd_row_of_20_megabytes_is_told_in_a_short_line(source: Source) -> None:
    result = source.sync(GOOD, long_row(source, '"{text}":5'))
    assert_told(result, source, 2, f"$.{source.text} must be of type string or null")
    assert len(str(result.error)) < 300
    assert GUEST not in result.log


@pytest.mark.parametrize("depth", [900, 5000, 200_000])
@pytest.mark.parametrize("mode", ["fail", "warn"])
def test_no_depth_ends_with_a_traceback(source: Source, depth: int, mode: str) -> None:
    row = row_of(source, f'"Mood":{"[" * depth}{"]" * depth}')
    result = source.sync(GOOD, row, on_invalid_record=mode)
    if depth > 1000:
        assert isinstance(result.error, TapMewsError)
        assert str(result.error).startswith(f"{source.stream}: ")
    else:
        assert emitted(result, source) == [{"Id": "good"}, {"Id": "odd"}]

"""Flattening gives each key a column, or is refused in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stream_map_harness import run

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox
    from tests.harness import Result

pytestmark = pytest.mark.days(8)


def keys_that_schema_lacks(result: Result) -> set[str]:
    """Names in records that their SCHEMA does not have."""
    schemas: dict[str, set[str]] = {}
    lacking: set[str] = set()
    for message in result.messages:
        if message["type"] == "SCHEMA":
            schemas[message["stream"]] = {*message["schema"]["properties"]}
        elif message["type"] == "RECORD":
            lacking |= message["record"].keys() - schemas[message["stream"]]
    return lacking


@pytest.mark.parametrize(
    ("length", "depth", "separator"),
    # each two of them together, once
    [
        (length, depth, ("__", ".", "")[(i + j) % 3])
        for i, length in enumerate([9, 12, 20, 30, 255])
        for j, depth in enumerate([1, 2, 5])
    ],
)
def test_every_key_of_a_flattened_record_is_in_its_schema_or_it_is_one_line(
    sandbox: Sandbox, tmp_path: Path, depth: int, length: int, separator: str
) -> None:
    done = run(
        tmp_path,
        sandbox.config(extraction="pages"),
        flattening_enabled=True,
        flattening_max_depth=depth,
        flattening_max_key_length=length,
        flattening_separator=separator,
        stream_maps={"customers": {"Copy": "Address", "Email": None}},
    )
    if done.code:
        (line,) = done.errors
        causes = {"flattening_max_key_length"}
        if not separator:
            causes.add("flattening_separator")
        assert any(cause in line for cause in causes)
        assert done.records == {}
    else:
        assert done.records["customers"]
        assert keys_that_schema_lacks(done) == set()


def test_flattening_that_makes_two_of_one_is_one_line(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    done = run(
        tmp_path,
        sandbox.config(),
        flattening_enabled=True,
        flattening_max_depth=3,
        flattening_max_key_length=1,
    )
    (line,) = done.errors
    assert "flattening_max_key_length" in line


@pytest.mark.parametrize("length", [None, 255])
def test_a_separator_that_makes_two_of_one_is_named(
    sandbox: Sandbox, tmp_path: Path, length: int | None
) -> None:
    done = run(
        tmp_path,
        sandbox.config(),
        flattening_enabled=True,
        flattening_max_depth=2,
        flattening_separator="",
        flattening_max_key_length=length,
        stream_maps={"customers": {"AddressCity": "Email"}},
    )
    (line,) = done.errors
    assert "flattening_separator" in line
    assert "flattening_max_key_length" not in line

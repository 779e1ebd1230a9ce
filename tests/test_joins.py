"""docs/joins.md says where each column leads, and where the row can be missing."""

from __future__ import annotations

import re
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docs import joins
from facts import columns
from tap_mews.streams import STREAMS
from tests.harness import select, sync

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from sandbox import Sandbox

PAGE = (Path(__file__).parents[1] / "docs" / "joins.md").read_text("utf-8")


@pytest.mark.parametrize("name", joins.SAID_ONCE)
def test_a_name_that_is_said_once_leads_to_one_stream(name: str) -> None:
    meant = joins.SAID_ONCE[name]
    assert re.search(rf"`{name}`\s+(refers )?to `{meant}\.", PAGE)
    for stream in joins.TAPPED.values():
        for path, known in columns(stream).items():
            if path.rpartition(".")[2] == name:
                assert {*known.refers_to} <= {joins.TAPPED[meant].entity}, path


def test_every_top_level_identifier_is_in_the_table() -> None:
    listed = re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", PAGE, re.MULTILINE)
    expected = {
        (stream.name, path)
        for stream in joins.TAPPED.values()
        for path, known in columns(stream).items()
        if "." not in path
        and not known.deprecated
        and path not in joins.SAID_ONCE
        and {*known.refers_to} & joins.BY_ENTITY.keys()
    }
    assert expected
    assert expected <= {*listed}


def test_the_picture_in_the_readme_has_no_arrow_that_is_no_join() -> None:
    text = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    (_, picture), *others = re.findall(
        r"```mermaid\n(flowchart LR)\n(.*?)```", text, re.DOTALL
    )
    assert not others
    arrows = [
        (one, other)
        for line in picture.splitlines()
        for left, right in pairwise(line.split("-->"))
        for one in left.split("&")
        for other in right.split("&")
    ]
    assert arrows
    for one, other in ((a.strip(), b.strip()) for a, b in arrows):
        to = {join.stream for join in joins.joins(joins.TAPPED[one])} | {
            joins.SAID_ONCE[name]
            for name in columns(joins.TAPPED[one])
            if name in joins.SAID_ONCE
        }
        assert other in to, (one, other)


def test_no_id_of_reference_data_points_to_nothing_from_a_late_start_on(
    sandbox: Sandbox,
) -> None:
    """What points to rows from before the start is counted in docs/joins.md."""
    selected = [stream for stream in STREAMS if stream.selected_by_default]
    config = sandbox.config(start_date="2026-02-20")
    rows = sync(config, catalog=select(*(each.name for each in selected))).ok().records
    known = {
        (stream.name, column): {row[column] for row in rows[stream.name]}
        for stream in selected
        for column in joins.TAPPED[stream.name].key
    }
    whole = {stream.name for stream in selected if not stream.is_bounded}
    counts = {}
    for name, column, leads_to in columns_that_lead(known):
        values = [*chain(*(values_at(row, column) for row in rows.get(name, [])))]
        found = set[str]().union(*(known[each] for each in leads_to))
        lost = [value for value in values if value not in found]
        assert not (lost and {stream for stream, _ in leads_to} <= whole), column
        if lost:
            counts[name, column] = f"{len(lost)} of {len(values)}"
    table = re.findall(
        r"^\| `(\w+)` \| `([^`]+)` \| (\d+ of \d+) \|$", PAGE, re.MULTILINE
    )
    assert {(name, column): count for name, column, count in table} == counts
    assert {row["Id"] for row in rows["customers"]} == {
        row["Id"] for row in sandbox.rows("Customer")
    }


def columns_that_lead(
    known: Container[tuple[str, str]],
) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """The columns of docs/joins.md that lead to what is known, and where."""
    for stream in joins.TAPPED.values():
        places: dict[str, list[tuple[str, str]]] = {}
        for join in joins.joins(stream):
            places.setdefault(join.column, []).append((join.stream, join.to))
        for column, leads_to in places.items():
            if all(each in known for each in leads_to):
                yield stream.name, column, leads_to


def values_at(value: object, path: str) -> list[str]:
    """The texts at a path such as `Items[].ServiceId`."""
    if not path:
        return [value] if isinstance(value, str) else []
    name, _, rest = path.partition(".")
    found = value.get(name.removesuffix("[]")) if isinstance(value, dict) else None
    inner = found if isinstance(found, list) else [found]
    return [*chain(*(values_at(each, rest) for each in inner))]

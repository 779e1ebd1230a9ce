"""The facts agree with themselves: what one names, another one knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from facts import (
    ENTITIES,
    LEFT_OUT,
    OPERATIONS,
    STREAMS,
    Operation,
    Stream,
    columns,
)
from facts.layout import render
from tests.all_of import all_of

if TYPE_CHECKING:
    from collections.abc import Iterator

FACTS = Path(__file__).parents[1] / "facts"
FILES = sorted(
    file for layer in ("specification", "overlay") for file in FACTS.glob(f"{layer}/*")
)

each_operation = all_of("operation", OPERATIONS)
each_stream = all_of("stream", STREAMS)


@all_of("file", {str(file): file for file in FILES})
def test_files_are_laid_out_so_that_a_change_is_a_small_diff(file: Path) -> None:
    text = file.read_text("utf-8")
    sections = json.loads(text)
    assert text == render(sections)
    for entries in sections.values():
        assert list(entries) == sorted(entries)


@each_operation
def test_an_operation_names_what_there_is(operation: Operation) -> None:
    lists = [each.entity for each in operation.lists.values() if each.entity]
    assert {operation.entity, *lists} <= ENTITIES.keys()
    parents = {path for paths in operation.parents.values() for path in paths}
    instead = {*(operation.deprecated.instead if operation.deprecated else ())}
    superseding = {operation.superseded_by} - {None}
    assert parents | instead | superseding <= OPERATIONS.keys()


@each_operation
def test_an_operation_asks_by_parameters_that_it_has(operation: Operation) -> None:
    taken = {*operation.required, *operation.one_of, *operation.other, *operation.ids}
    taken |= {operation.scope.parameter} if operation.scope else set()
    assert operation.parents.keys() <= taken
    assert operation.all_rows.keys() <= taken


@each_operation
def test_only_a_paged_operation_has_a_largest_page(operation: Operation) -> None:
    assert operation.most_rows is None or operation.paging != "no"


def test_every_operation_has_a_stream_or_a_reason_to_have_none() -> None:
    read = {stream.operation for stream in STREAMS.values()}
    assert read | LEFT_OUT.keys() == OPERATIONS.keys()
    assert not read & LEFT_OUT.keys()


def referring() -> Iterator[tuple[str, str]]:
    """Every property that names an entity, with the entity."""
    for name, entity in ENTITIES.items():
        for path, each in entity.walk():
            for target in each.refers_to:
                yield f"{name}.{path}", target


def test_identifiers_refer_to_entities() -> None:
    assert [pair for pair in referring() if pair[1] not in ENTITIES] == []


def test_what_no_page_promises_has_no_format() -> None:
    """A run must not stop because a value is none of a format that nobody promised."""
    strict = [
        f"{name}.{path}"
        for name, entity in ENTITIES.items()
        for path, each in entity.walk()
        if each.format and each.documented == "no"
    ]
    assert strict == []


@each_stream
def test_a_stream_has_the_rows_of_its_operation(stream: Stream) -> None:
    operation = OPERATIONS[stream.operation]
    lists = {name: each.entity for name, each in operation.lists.items()}
    given = {operation.rows: operation.entity} | lists
    if stream.rows is None:
        assert ENTITIES[stream.entity].page.endswith("the whole response")
    else:
        assert given[stream.rows] == stream.entity


@each_stream
def test_a_key_is_made_of_columns(stream: Stream) -> None:
    assert {*stream.key} <= columns(stream).keys()


@each_stream
def test_a_window_is_asked_for_by_a_filter_of_the_operation(stream: Stream) -> None:
    filters = OPERATIONS[stream.operation].time_filters
    assert {*stream.time_filters} <= filters.keys()
    if stream.replication_key:
        assert stream.replication_key in columns(stream)
        assert stream.replication_key in filters


@each_stream
def test_parents_are_streams_that_the_operation_is_asked_by(stream: Stream) -> None:
    operation = OPERATIONS[stream.operation]
    asked_by = {path for paths in operation.parents.values() for path in paths}
    assert {STREAMS[parent].operation for parent in stream.parents} <= asked_by
    assert bool(stream.parents) == ("parents" in stream.reading) or (
        stream.reading == "series"
    )


@each_stream
def test_joins_lead_from_a_column_to_a_column(stream: Stream) -> None:
    own = columns(stream)
    for join in stream.joins:
        assert join.column in own, join
        assert join.to in columns(STREAMS[join.stream]), join
        assert join.by is None or join.by in own, join


@each_stream
def test_joins_lead_to_what_the_column_refers_to(stream: Stream) -> None:
    for join in stream.joins:
        named = columns(stream)[join.column].refers_to
        assert not named or STREAMS[join.stream].entity in named, join

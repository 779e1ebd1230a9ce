"""Every stream asks for what the facts say, and gets every row, hidden ones too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from facts import ENTITIES, OPERATIONS
from facts import STREAMS as FACTS
from sandbox import Sandbox
from tap_mews.streams import STREAMS
from tap_mews.streams.bases import ByTime, Children, Reference, Replaced, Whole
from tap_mews.streams.exported import Exported
from tap_mews.streams.series import Series
from tests.all_of import all_of
from tests.harness import FastClock, Json, Result, select, sync
from tests.pages_harness import ADDED, BEFORE_ALL, settle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facts import Stream

NAMES = {str(vars(stream)["name"]): stream for stream in STREAMS}
DECLARED = {
    name: stream
    for name, stream in NAMES.items()
    # it is found by reservations, and their operation is what it declares
    if name != "companionships"
}

each_stream = all_of("name", {name: name for name in DECLARED})


@each_stream
def test_a_request_is_what_the_facts_say(name: str) -> None:
    stream, fact = DECLARED[name], FACTS[name]
    known = OPERATIONS[fact.operation]
    declared = stream.operation
    assert (declared.path, declared.rows) == (fact.operation, fact.rows)
    assert declared.all_rows == known.all_rows
    assert fact.restricted == (declared.is_restricted or not declared.is_documented)
    if not stream.is_bounded and stream.operation.selector.parents is None:
        needs_one = known.at_least_one_filter or bool(known.one_of)
        assert declared.needs_filter == (needs_one and not issubclass(stream, Exported))
    assert declared.is_paged == (known.paging != "no")
    assert declared.most_rows in {known.most_rows, None}


@each_stream
def test_rows_are_selected_by_what_the_facts_say(name: str) -> None:
    fact, selector = FACTS[name], DECLARED[name].operation.selector
    known = OPERATIONS[fact.operation]
    if fact.parents:
        assert selector.parents is not None
        assert selector.parents.path in known.parents[selector.parameter]
        assert selector.most <= (known.ids[selector.parameter] or selector.most)
    elif known.scope is None:
        assert selector.parameter == ""
    else:
        assert selector.parents is None
        assert selector.parameter == known.scope.parameter
        assert selector.most <= (known.scope.most or selector.most)


@each_stream
def test_time_is_asked_for_by_what_the_facts_say(name: str) -> None:
    stream, fact = DECLARED[name], FACTS[name]
    time_filter = stream.operation.time_filter
    if fact.reading.startswith("whole"):
        assert issubclass(stream, (Whole, Replaced))
        assert time_filter is None
        return
    if issubclass(stream, Children):
        # by the time of its parents, each of which the facts have as one
        assert {each.path for each in stream.parents} == {
            path
            for paths in OPERATIONS[fact.operation].parents.values()
            for path in paths
        }
        assert len({each.time_filter for each in stream.parents}) == 1
        return
    if fact.reading == "under parents":
        assert issubclass(stream, Replaced)
        assert time_filter is None
        return
    if fact.unfolded:
        assert issubclass(stream, Series)
        assert time_filter is None
        return
    assert issubclass(stream, ByTime)
    is_reference = fact.family != "what happened"
    assert issubclass(stream, Reference) == is_reference
    assert time_filter is not None
    assert time_filter.parameter in fact.time_filters
    span = OPERATIONS[fact.operation].time_filters[time_filter.parameter]
    assert span is None or time_filter.months <= span.months


@each_stream
def test_what_is_not_selected_by_default_says_so(name: str) -> None:
    assert DECLARED[name].selected_by_default == FACTS[name].selected_by_default


def test_a_run_goes_without_no_stream_of_the_first_release() -> None:
    needed = {name for name, stream in NAMES.items() if not stream.is_optional}
    assert needed == {
        *(name for name, stream in NAMES.items() if issubclass(stream, Exported)),
        "companionships",
        "enterprises",
        "reservation_group_source_assignments",
        "source_assignments",
    }


def hidden(fact: Stream) -> Json:
    """What makes a row of a stream one that Mews may hide."""
    known = ENTITIES[fact.entity].properties
    oddities = {"IsActive": False, "ActivityState": "Deleted", "IsDefault": True}
    return {name: value for name, value in oddities.items() if name in known} | (
        {"CorrectionState": "CorrectiveBill"} if "CorrectionState" in known else {}
    )


@pytest.fixture(scope="module")
def everything() -> Iterator[tuple[Sandbox, Result]]:
    """A run of all streams, after something of each has been deleted."""
    with Sandbox(properties=2, days=5) as sandbox:
        sandbox.limits.requests = 1_000_000
        for name in NAMES:
            fact = FACTS[name]
            oddity = hidden(fact)
            if oddity and not fact.unfolded:
                sandbox.put(fact.entity, sandbox.new_row(fact.entity, **oddity))
        settle(sandbox)
        config = sandbox.config(
            extraction="pages", start_date=BEFORE_ALL, sensitive_streams=True
        )
        clock = FastClock(sandbox)
        yield sandbox, sync(config, catalog=select(*NAMES), clock=clock).ok()
        assert sandbox.journal.breaches == []


@all_of(
    # what is unfolded has no rows at Mews; it has tests of its own
    "name",
    {name: name for name in NAMES if not FACTS[name].unfolded},
)
def test_no_row_is_hidden(everything: tuple[Sandbox, Result], name: str) -> None:
    sandbox, result = everything
    key = FACTS[name].key

    def by_key(rows: list[Json]) -> dict[tuple[object, ...], Json]:
        return {
            tuple(row[column] for column in key): {
                column: row[column] for column in row if column != ADDED
            }
            for row in rows
        }

    truth = by_key(sandbox.rows(FACTS[name].entity))
    assert truth
    assert by_key(result.records[name]) == truth

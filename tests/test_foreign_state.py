"""A state that the tap did not write is refused in one line before anything is read."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tap_mews.errors import InvalidStateError
from tap_mews.reading.bookmarks import EMPTY
from tap_mews.reading.state_form import expanded
from tap_mews.reading.state_input import KnownStream, read_state
from tests.export_harness import added, spans, truth
from tests.harness import (
    Json,
    Result,
    command,
    moment,
    records_by_id,
    select,
    sync,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox import Sandbox

pytestmark = pytest.mark.days(8)

GOOD = "2026-02-01T00:00:00Z"

OF_A_STREAM: dict[str, Any] = {
    "a bookmark that is no moment": {"replication_key_value": "last week"},
    "a bookmark that is a number": {"replication_key_value": 1234},
    "a bookmark that is a list": {"replication_key_value": ["2026-02-01"]},
    "covers that is no list": {"replication_key_value": GOOD, "covers": 5},
    "covers of numbers": {"replication_key_value": GOOD, "covers": [5]},
    "covers that is a text": {"replication_key_value": GOOD, "covers": "abc"},
    "joining that is no list": {"replication_key_value": GOOD, "joining": 5},
    "joining without ids": {"replication_key_value": GOOD, "joining": [{}]},
    "joining that is a list of texts": {"joining": ["abc"]},
    "exports that is no list": {"exports": 5},
    "exports that is an object": {"exports": {"id": "a"}},
    "an export without an id": {"exports": [{"end": GOOD, "added": GOOD}]},
    "an export without an end": {"exports": [{"id": "a", "added": GOOD}]},
    "an export with a wrong start": {
        "exports": [{"id": "a", "start": "x", "end": GOOD, "added": GOOD}]
    },
    "an export with a number for an id": {
        "exports": [{"id": 5, "end": GOOD, "added": GOOD}]
    },
    "an empty bookmark": {"replication_key_value": ""},
    "a bookmark of year 1": {"replication_key_value": "0001-01-01T00:00:00Z"},
    "a bookmark beyond the years": {
        "replication_key_value": "9999-12-31T23:59:59-05:00"
    },
    "a bookmark by another property": {
        "replication_key": "updated_at",
        "replication_key_value": GOOD,
    },
    "a wrong start date": {"replication_key_value": GOOD, "start_date": "soon"},
    "a stream of another tap": {"updated_at": GOOD},
    "partitions of another tap": {
        "partitions": [
            {"context": {"enterprise": "a"}, "replication_key_value": GOOD},
            {"context": {"enterprise": "b"}, "replication_key_value": GOOD},
        ]
    },
    "partitions that are text": {"partitions": "a"},
    "partitions without a context": {"partitions": [{"replication_key_value": GOOD}]},
    "markers that are a list": {"progress_markers": []},
}

WHOLE: dict[str, Any] = {
    "a list": [1],
    "an empty list": [],
    "a text": "bookmarks",
    "a number": 5,
    "bookmarks that is a list": {"bookmarks": ["bills"]},
    "bookmarks that is a text": {"bookmarks": "bills"},
    "bookmarks that is null": {"bookmarks": None},
    "a stream that is null": {"bookmarks": {"bills": None}},
    "a stream that is a text": {"bookmarks": {"bills": GOOD}},
    "of another tap": {"bookmarks": {"moods": {"replication_key_value": GOOD}}},
    "without bookmarks": {"bills": {"replication_key_value": GOOD}},
    "a date for each stream": {"bills": GOOD},
    "another message": {"type": "RECORD", "stream": "bills", "record": {}},
    "a wrapper around text": {"singer_state": "{}"},
    "a wrapper around a list": {"value": []},
    "a wrapper around another tap's": {"singer_state": {"bookmarks": {"moods": {}}}},
    "partitions of an unknown stream": {
        "bookmarks": {"bills": {}, "moods": {"partitions": 5}}
    },
}

HARMLESS: dict[str, Any] = {
    "empty": {},
    "no bookmarks": {"bookmarks": {}},
    "an empty stream": {"bookmarks": {"bills": {}}},
    "a stream that is not known": {"bookmarks": {"moods": {"a": 1}, "bills": {}}},
    "an unknown stream with null for partitions": {
        "bookmarks": {"moods": {"partitions": None}, "bills": {}}
    },
    "keys of the SDK": {
        "bookmarks": {
            "bills": {"starting_replication_value": None, "progress_markers": {}}
        }
    },
    "keys of the specification": {"currently_syncing": "bills", "bookmarks": {}},
    "nothing but a key of the specification": {"currently_syncing": None},
    "nothing in a wrapper": {"singer_state": {}},
    "nothing in Meltano's store": {"completed": {}, "partial": None},
    "all keys, all empty": {
        "bookmarks": {"bills": {**EMPTY, "partitions": None}},
    },
    "joining without what it joins": {
        "bookmarks": {"bills": {"joining": [{"ids": []}], "covers": None}}
    },
}

WRAPPED: dict[str, Callable[[Json], object]] = {
    "nothing around it": lambda state: state,
    "Meltano's key": lambda state: {"singer_state": state},
    "a STATE message": lambda state: {"type": "STATE", "value": state},
    "a value": lambda state: {"value": state},
    "a state": lambda state: {"state": state},
    "Meltano's store": lambda state: {"completed": {"singer_state": state}},
    "Meltano's table": lambda state: {
        "completed_state": {"singer_state": state},
        "partial_state": {},
    },
    "a partial state": lambda state: {
        "completed": {"singer_state": {"bookmarks": {"bills": {}}}},
        "partial": {"singer_state": state},
    },
    "two wrappers": lambda state: {"state": {"type": "STATE", "value": state}},
}
"""What the same state comes in."""


def each(states: dict[str, Any]) -> pytest.MarkDecorator:
    """Take each of these states in turn."""
    return pytest.mark.parametrize("state", states.values(), ids=states)


def go_on(
    sandbox: Sandbox,
    folder: Path,
    state: object,
    *streams: str,
    **settings: object,
) -> Result:
    """Run the command line with a state file."""
    config, catalog, path = (folder / f"{name}.json" for name in ("c", "l", "s"))
    config.write_text(json.dumps(sandbox.config(**settings)), "utf-8")
    catalog.write_text(json.dumps(select(*(streams or ["bills"]))), "utf-8")
    path.write_text(json.dumps(state), "utf-8")
    return command("--config", config, "--catalog", catalog, "--state", path)


@each(OF_A_STREAM)
def test_a_state_that_cannot_be_read_is_told_with_its_stream(
    sandbox: Sandbox, tmp_path: Path, state: Json
) -> None:
    done = go_on(sandbox, tmp_path, {"bookmarks": {"bills": state}})
    assert done.code == 1
    (line,) = done.errors
    assert "bills: the state cannot be read" in line
    assert "\n" not in line
    assert done.records == {}
    for emitted in done.states:
        assert emitted["bookmarks"]["bills"] == state
    assert sandbox.journal.requests("exports/add") == []


@pytest.mark.parametrize(
    "value", ["0001-01-01T00:00:00Z", "1899-12-31", "9999-12-31T23:59:59-05:00"]
)
def test_a_bookmark_beyond_the_years_is_refused_for_that_reason(value: str) -> None:
    streams = {"bills": KnownStream(["jobs"], "UpdatedUtc", None)}
    state = {"bookmarks": {"bills": {"replication_key_value": value}}}
    words = (
        "`replication_key_value` must be a date or date-time from 1900 to 9999); "
        "repair it, or remove the stream from it to read the stream from its beginning"
    )
    with pytest.raises(InvalidStateError, match=re.escape(words)):
        read_state(state, streams)


@each(WHOLE)
def test_a_file_that_is_no_state_ends_with_one_line(
    sandbox: Sandbox, tmp_path: Path, state: object
) -> None:
    done = go_on(sandbox, tmp_path, state)
    assert done.code == 1
    (line,) = done.errors
    assert "state" in line
    assert "\n" not in line
    assert done.lines == []


@each(HARMLESS)
def test_what_means_nothing_to_us_does_no_harm(sandbox: Sandbox, state: Json) -> None:
    result = sync(sandbox.config(), state, select("bills")).ok()
    assert len(result.records["bills"]) == len(sandbox.rows("Bill"))


@pytest.mark.days(30)
@pytest.mark.parametrize("wrapper", WRAPPED)
def test_a_state_is_found_in_what_is_around_it(
    sandbox: Sandbox, tmp_path: Path, wrapper: str
) -> None:
    first = sync(sandbox.config(end_date="2026-02-05"), catalog=select("bills")).ok()
    reached = first.bookmark("bills")["replication_key_value"]
    sandbox.journal.clear()
    state = WRAPPED[wrapper](first.state)
    done = go_on(sandbox, tmp_path, state, extraction="exports", lookback_minutes=0)
    assert done.code == 0
    assert spans(sandbox)[0][0] == moment(reached)
    assert records_by_id("bills", first, done) == truth(sandbox, "bills")


@pytest.mark.parametrize("wrapper", WRAPPED)
def test_an_unknown_key_of_a_state_is_one_warning(
    sandbox: Sandbox, tmp_path: Path, wrapper: str
) -> None:
    known = {"format": 2, "ids": {}, "currently_syncing": None}
    state = {"bookmarks": {"bills": {}}, "bookmark": {}, "moods": 1, **known}
    done = go_on(sandbox, tmp_path, WRAPPED[wrapper](state), extraction="pages")
    assert done.code == 0
    assert [line for line in done.logs if line.startswith("WARNING")] == [
        "WARNING bookmark in the state has no effect; did you mean bookmarks?",
        "WARNING moods in the state has no effect",
    ]


def test_a_state_that_is_null_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    done = go_on(sandbox, tmp_path, None, extraction="pages")
    assert done.code == 0
    assert "The state is null" in done.log
    assert records_by_id("bills", done) == truth(sandbox, "bills")


def test_progress_of_another_tap_without_a_bookmark_is_told(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    markers = {"replication_key": "UpdatedUtc", "replication_key_value": GOOD}
    state = {"bookmarks": {"bills": {"progress_markers": markers}}}
    done = go_on(sandbox, tmp_path, state, extraction="pages")
    assert done.code == 0
    assert "bills: the state has progress of another tap" in done.log
    assert records_by_id("bills", done) == truth(sandbox, "bills")


def test_a_catalog_in_the_place_of_a_state_is_told(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    done = go_on(sandbox, tmp_path, select("bills"))
    (line,) = done.errors
    assert "are --catalog and --state swapped?" in line


def test_identifiers_in_a_state_have_no_case_and_no_blanks(sandbox: Sandbox) -> None:
    config = sandbox.config()
    first = sync(config, catalog=select("bills")).ok()
    state = first.long_state
    bookmark = state["bookmarks"]["bills"]
    bookmark["covers"] = [f" {key.upper()}\n" for key in bookmark["covers"] * 2]
    sandbox.journal.clear()
    second = sync(config, state, select("bills")).ok()
    assert second.bookmark("bills")["covers"] == first.bookmark("bills")["covers"]
    assert second.bookmark("bills")["joining"] == []
    assert not any("Scope" in body for body in added(sandbox))


def partition(key: str, reached: str | None) -> Json:
    """A partition of `source_assignments`."""
    return {"context": {"EnterpriseId": key}, "replication_key_value": reached}


@pytest.mark.days(30)
@pytest.mark.parametrize(
    ("one", "other", "begins"),
    [
        ("2026-02-10", "2026-02-20", "2026-02-10"),
        ("2026-02-20", "2026-02-10", "2026-02-10"),
        ("2026-02-20", None, None),
    ],
)
def test_of_two_bookmarks_of_a_property_the_earlier_one_is_taken(
    sandbox: Sandbox, tmp_path: Path, one: str, other: str | None, begins: str | None
) -> None:
    hotel = sandbox.enterprise_ids[0]
    parts = [partition(hotel, one), partition(f" {hotel.upper()}", other)]
    state = {"bookmarks": {"source_assignments": {"partitions": parts}}}
    done = go_on(
        sandbox,
        tmp_path,
        state,
        "source_assignments",
        lookback_minutes=0,
        enterprise_ids=[hotel],
    )
    assert done.code == 0
    assert f"the state has two bookmarks for {hotel}; using the earlier one" in done.log
    first = sandbox.journal.requests("sourceAssignments/getAll/2024-09-20")[0]
    start = first.body["UpdatedUtc"]["StartUtc"]
    assert moment(start) == moment(begins) if begins else start < "2026-02-10"
    kept = done.bookmark("source_assignments")
    assert (kept["partitions"], kept["covers"]) == ([], [hotel])


FUTURE: dict[str, Json] = {
    "bills": {"replication_key_value": "2031-01-01T00:00:00Z"},
    "customers": {
        "replication_key_value": GOOD,
        "covers": [],
        "joining": [{"ids": ["a"], "replication_key_value": "2031-01-01T00:00:00Z"}],
    },
    "ledger_entries": {"replication_key_value": "2031-01-01"},
    "source_assignments": {},
}


@pytest.mark.parametrize("stream", FUTURE)
def test_a_bookmark_in_the_future_is_refused_with_the_value_to_set(
    sandbox: Sandbox, tmp_path: Path, stream: str
) -> None:
    part = FUTURE[stream] or {
        "partitions": [partition(sandbox.enterprise_ids[0], "2031-01-01T00:00:00Z")]
    }
    state = {"bookmarks": {stream: part}}
    done = go_on(sandbox, tmp_path, state, stream)
    assert done.code == 1
    (line,) = done.errors
    assert f"{stream}: the bookmark 2031-01-01" in line
    latest = re.search(r"(2026-03-\S+) at the latest", line)
    assert latest
    assert moment(latest[1]) <= sandbox.clock.now() + timedelta(days=1)
    assert done.records == {}
    emitted = [expanded(each)["bookmarks"][stream] for each in done.states]
    assert [{key: each[key] for key in part} for each in emitted] in ([], [part])


def test_a_posting_date_of_tomorrow_is_not_in_the_future(sandbox: Sandbox) -> None:
    tomorrow = (sandbox.clock.now() + timedelta(days=1)).date().isoformat()
    state = {"bookmarks": {"ledger_entries": {"replication_key_value": tomorrow}}}
    sync(sandbox.config(), state, select("ledger_entries")).ok()


@pytest.mark.parametrize(
    ("first", "second", "is_told"),
    [
        ("2026-02-10", "2026-02-01", True),
        ("2026-02-10", None, True),
        ("2026-02-10", "2026-02-10", False),
        ("2026-02-10", "2026-02-20", False),
        (None, None, False),
        (None, "2026-02-01", False),
    ],
)
@pytest.mark.parametrize("stream", ["bills", "source_assignments"])
def test_a_start_that_was_moved_earlier_is_one_warning(
    sandbox: Sandbox,
    stream: str,
    first: str | None,
    second: str | None,
    *,
    is_told: bool,
) -> None:
    catalog = select(stream, "enterprises")
    one = sync(sandbox.config(start_date=first), catalog=catalog).ok()
    other = sync(sandbox.config(start_date=second), one.state, catalog).ok()
    third = sync(sandbox.config(start_date=second), other.state, catalog).ok()
    for result in (other, third):
        told = [each for each in result.logs if "start_date is earlier" in each]
        assert len(told) == (1 if is_told else 0)
        assert all(each.endswith(f"from the state: {stream}") for each in told)

"""Syncs that follow one another bring every row; the state says no more than that."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.export_harness import ENTITIES, by_exports, truth
from tests.harness import FastClock, Json, Result, records_by_id, select, sync

if TYPE_CHECKING:
    from sandbox import Sandbox

pytestmark = pytest.mark.days(8)

EXPORTED = select(*ENTITIES)
each_stream = pytest.mark.parametrize("stream", sorted(ENTITIES))


def live(sandbox: Sandbox, **span: float) -> None:
    """Let hotels live, and all they did become old enough to be read."""
    sandbox.live_on(timedelta(**span))
    sandbox.clock.advance(timedelta(minutes=10))


def holds(sandbox: Sandbox, *results: Result) -> dict[str, bool]:
    """Whether a target that got these results holds the truth, by stream."""
    return {
        stream: records_by_id(stream, *results) == truth(sandbox, stream)
        for stream in ENTITIES
    }


ALL_HOLD = dict.fromkeys(ENTITIES, True)


def test_one_sync_brings_every_row_of_every_stream(sandbox: Sandbox) -> None:
    sandbox.clock.advance(timedelta(minutes=10))
    result = sync(sandbox.config(), catalog=EXPORTED).ok()
    assert holds(sandbox, result) == ALL_HOLD


def test_one_sync_brings_no_row_twice(sandbox: Sandbox) -> None:
    result = sync(sandbox.config(), catalog=EXPORTED).ok()
    assert {stream: len(result.records[stream]) for stream in ENTITIES} == {
        stream: len(records_by_id(stream, result)) for stream in ENTITIES
    }


def test_two_syncs_bring_the_latest_version_of_every_row(sandbox: Sandbox) -> None:
    first = sync(sandbox.config(), catalog=EXPORTED).ok()
    live(sandbox, days=2)
    second = sync(sandbox.config(), first.state, EXPORTED).ok()
    assert holds(sandbox, first, second) == ALL_HOLD


@pytest.mark.days(30)
def test_the_second_sync_brings_little_more_than_what_has_changed(
    sandbox: Sandbox,
) -> None:
    config = sandbox.config(ledger_lookback_days=0)
    first = sync(config, catalog=EXPORTED).ok()
    before = {stream: truth(sandbox, stream) for stream in ENTITIES}
    live(sandbox, days=2)
    second = sync(config, first.state, EXPORTED).ok()
    for stream in set(ENTITIES) - {"ledger_entries"}:
        after = truth(sandbox, stream)
        changed = {key for key in after if after[key] != before[stream].get(key)}
        assert set(records_by_id(stream, second)) == changed, stream


def test_many_syncs_of_a_living_hotel_bring_every_row(sandbox: Sandbox) -> None:
    config = sandbox.config(lookback_minutes=0)
    results = [sync(config, catalog=EXPORTED).ok()]
    for _ in range(5):
        live(sandbox, hours=23)
        results.append(sync(config, results[-1].state, EXPORTED).ok())
    assert holds(sandbox, *results) == ALL_HOLD


@pytest.mark.days(30)
def test_windows_together_bring_every_row(sandbox: Sandbox) -> None:
    sandbox.clock.advance(timedelta(minutes=10))
    config = sandbox.config(start_date="2026-01-01", export_window_days=7)
    result = sync(config, catalog=EXPORTED).ok()
    assert holds(sandbox, result) == ALL_HOLD


@pytest.mark.days(30)
def test_a_sync_may_go_on_from_any_state_of_the_one_before(sandbox: Sandbox) -> None:
    """No STATE covers rows that were not emitted before it."""
    streams = ("bills", "ledger_entries")
    sandbox.exports.rows_per_file = 50
    sandbox.clock.advance(timedelta(minutes=10))
    config = sandbox.config(
        start_date="2026-01-25",
        export_window_days=12,
        lookback_minutes=0,
        ledger_lookback_days=0,
    )
    first = sync(config, catalog=select(*streams)).ok()
    ends = [
        number for number, each in enumerate(first.messages) if each["type"] == "STATE"
    ]
    assert len(ends) > 10
    for end in ends:
        cut = Result(first.lines[: end + 1])
        second = sync(config, cut.state, select(*streams)).ok()
        held = {stream: records_by_id(stream, cut, second) for stream in streams}
        assert held == {stream: truth(sandbox, stream) for stream in streams}


def test_a_schema_comes_before_the_records_of_its_stream(sandbox: Sandbox) -> None:
    result = sync(sandbox.config(), catalog=EXPORTED).ok()
    seen = set()
    for message in result.messages:
        if message["type"] == "SCHEMA":
            seen.add(message["stream"])
        elif message["type"] == "RECORD":
            assert message["stream"] in seen
    assert seen == set(ENTITIES)


def test_the_last_message_is_the_last_state(sandbox: Sandbox) -> None:
    result = sync(sandbox.config(), catalog=EXPORTED).ok()
    assert result.messages[-1]["type"] == "STATE"
    assert set(result.state["bookmarks"]) >= set(ENTITIES)


def test_the_last_message_is_a_state_after_a_stream_without_bookmark(
    sandbox: Sandbox,
) -> None:
    """target-jsonl forgets a state that a RECORD follows."""
    result = sync(sandbox.config(), catalog=select("bills", "taxations")).ok()
    assert [each["type"] for each in result.messages][-2:] == ["RECORD", "STATE"]
    assert set(result.state["bookmarks"]) >= {"bills"}


def test_no_state_is_emitted_twice_in_a_row(sandbox: Sandbox) -> None:
    result = sync(sandbox.config(), catalog=EXPORTED).ok()
    states = [json.dumps(each, sort_keys=True) for each in result.states]
    assert all(before != after for before, after in pairwise(states))


def test_a_finished_sync_leaves_no_export_in_the_state(sandbox: Sandbox) -> None:
    result = sync(sandbox.config(), catalog=EXPORTED).ok()
    assert not any(part["exports"] for part in result.long_state["bookmarks"].values())


def test_the_state_does_not_grow_with_the_number_of_runs(sandbox: Sandbox) -> None:
    catalog = select("bills", "customers", "ledger_entries")
    state: Json | None = None
    sizes = []
    for _ in range(20):
        result = sync(sandbox.config(), state, catalog).ok()
        state = result.state
        sizes.append(len(json.dumps(state)))
        live(sandbox, hours=4)
    assert sizes[-1] == sizes[0]


def test_the_state_does_not_grow_with_the_number_of_windows(sandbox: Sandbox) -> None:
    config = sandbox.config(start_date="2026-01-01", export_window_days=2)
    result = sync(config, catalog=select("bills")).ok()
    sizes = [len(json.dumps(each)) for each in result.states]
    assert len(sizes) > 50
    assert max(sizes) < 1000


@each_stream
def test_a_stream_can_be_selected_alone(sandbox: Sandbox, stream: str) -> None:
    sandbox.clock.advance(timedelta(minutes=10))
    result = sync(sandbox.config(), catalog=select(stream)).ok()
    assert {each["stream"] for each in result.messages if "stream" in each} == {stream}
    assert records_by_id(stream, result) == truth(sandbox, stream)


def test_exports_are_asked_for_of_selected_streams_only(sandbox: Sandbox) -> None:
    sync(sandbox.config(), catalog=select("payments", "bills")).ok()
    assert {job.entity for job in sandbox.exports.jobs} == {"Payment", "Bill"}


def test_streams_that_are_not_selected_keep_their_bookmarks(sandbox: Sandbox) -> None:
    first = sync(sandbox.config(), catalog=EXPORTED).ok()
    live(sandbox, days=1)
    second = sync(sandbox.config(), first.state, select("bills")).ok()
    changed = {
        stream
        for stream in ENTITIES
        if second.bookmark(stream) != first.bookmark(stream)
    }
    assert changed == {"bills"}


def full_table(*streams: str) -> Json:
    """The catalog in which these streams are selected and read whole each time."""
    catalog: Json = json.loads(json.dumps(select(*streams)))
    for entry in catalog["streams"]:
        entry["replication_method"] = "FULL_TABLE"
    return catalog


@each_stream
def test_a_full_table_is_read_whole_each_time(sandbox: Sandbox, stream: str) -> None:
    sandbox.clock.advance(timedelta(minutes=10))
    first = sync(sandbox.config(), catalog=full_table(stream)).ok()
    second = sync(sandbox.config(), first.state, full_table(stream)).ok()
    assert records_by_id(stream, first) == truth(sandbox, stream)
    assert records_by_id(stream, second) == truth(sandbox, stream)


def test_a_full_table_moves_no_bookmark(sandbox: Sandbox) -> None:
    first = sync(sandbox.config(), catalog=select("bills")).ok()
    live(sandbox, days=1)
    second = sync(sandbox.config(), first.state, full_table("bills")).ok()
    assert second.bookmark("bills") == first.bookmark("bills")


def test_an_export_for_a_full_table_does_not_become_a_bookmark(
    sandbox: Sandbox, clock: FastClock
) -> None:
    """What a full table had asked for must not stand for what is due after it."""
    sandbox.exports.force_status["Bill"] = "Processing"
    config = sandbox.config(export_timeout_minutes=10)
    first = sync(config, catalog=full_table("bills"), clock=clock)
    assert first.error
    sandbox.exports.force_status.clear()
    second = sync(config, first.state, select("bills"), clock=clock).ok()
    assert records_by_id("bills", second) == truth(sandbox, "bills")


def test_a_stream_with_trouble_leaves_the_bookmark_where_it_was(
    sandbox: Sandbox,
) -> None:
    first = sync(by_exports(sandbox), catalog=select("bills")).ok()
    live(sandbox, days=1)
    sandbox.exports.lines["Bill"] = [b"no json"]
    second = sync(by_exports(sandbox), first.state, select("bills"))
    assert second.error
    old, new = first.bookmark("bills"), second.bookmark("bills")
    assert new["replication_key_value"] == old["replication_key_value"]

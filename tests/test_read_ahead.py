"""Runs that read ahead: the same rows, sooner, and no thread is left."""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial
from itertools import accumulate
from operator import itemgetter
from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from sandbox.faults import NoId
from tap_mews.reading import prefetch
from tap_mews.reading.byte_budget import ByteBudget
from tests.export_harness import ENTITIES
from tests.harness import select, sync
from tests.pages_harness import ASSIGNMENTS, History, settle, settled_hotels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.harness import Json, Result

LATE = 20.0
"""Seconds after which a thread has not done what it must do."""

STREAM = "source_assignments"
ENTITY = "SourceAssignment_2024_09_20"
PAGE = 10
LATENCY = 0.2
"""Seconds a request."""


def readers() -> set[threading.Thread]:
    """The threads that read ahead."""
    return {each for each in threading.enumerate() if each.name == "tap-mews-read"}


def test_no_thread_is_left_after_a_run(sandbox: Sandbox) -> None:
    before = readers()
    History(sandbox, (STREAM, "companionships")).run()
    for thread in readers() - before:
        thread.join(LATE)
    assert readers() <= before


def test_no_thread_reads_on_after_a_run_that_failed(sandbox: Sandbox) -> None:
    before = readers()
    sandbox.faults.add(ASSIGNMENTS, NoId(), times=None)
    settings = {"start_date": "2025-01-01", "page_size": 1}
    result = History(sandbox, (STREAM,), settings).failing()
    # the result holds the error, and so all that was under way
    assert result.error is not None
    for thread in readers() - before:
        thread.join(1)
    assert readers() <= before


@pytest.fixture
def group() -> Iterator[Sandbox]:
    """Three hotels, each with a token of its own."""
    with settled_hotels(3) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def five() -> Iterator[Sandbox]:
    """Five hotels that all were as busy in the last two months of a year."""
    with Sandbox(properties=5, days=1, reservations_per_day=0) as sandbox:
        sandbox.limits.requests = 1_000_000
        for hotel in sandbox.enterprise_ids:
            for month in ("11", "12"):
                for number in range(6 * PAGE - 1):
                    updated = f"2025-{month}-{number % 30 + 1:02}T12:00:00Z"
                    row = sandbox.new_row(ENTITY, UpdatedUtc=updated)
                    sandbox.put(ENTITY, row, hotel)
        yield sandbox
        assert sandbox.journal.breaches == []


def read(sandbox: Sandbox, latency: float, **settings: object) -> Result:
    """Read source assignments up to the end of the year."""
    sandbox.limits.latency = latency
    sandbox.journal.clear()
    config = sandbox.config(end_date="2026-01-01", **settings)
    catalog = select(STREAM)
    return sync(config, catalog=catalog).ok()


def most_under_way(sandbox: Sandbox) -> int:
    """The most requests that waited for their answer at one moment."""
    steps = [
        step
        for each in sandbox.journal.requests()
        for step in ((each.monotonic, 1), (each.answered or each.monotonic, -1))
    ]
    return max(accumulate(step for _, step in sorted(steps)))


def test_the_months_of_five_properties_are_asked_for_at_once(five: Sandbox) -> None:
    read(five, LATENCY, start_date="2025-01-01")
    assert len(five.journal.requests()) > 60
    assert most_under_way(five) >= 8


def test_the_pages_of_many_months_are_asked_for_at_once_too(five: Sandbox) -> None:
    read(five, LATENCY, start_date="2025-11-01", page_size=PAGE)
    assert len(five.journal.requests()) > 60
    assert most_under_way(five) >= 8


def test_rows_and_states_are_the_same_whatever_is_read_ahead(five: Sandbox) -> None:
    settings = {"page_size": PAGE, "start_date": "2025-11-01"}
    one = read(five, 0.0, max_concurrency=1, **settings)
    many = read(five, 0.01, max_concurrency=8, **settings)
    assert by_id(many) == by_id(one)
    assert many.states == one.states


def by_id(result: Result) -> list[Json]:
    """The rows that a run emitted, in an order of their own."""
    return sorted(result.records[STREAM], key=itemgetter("Id"))


def test_a_few_long_windows_are_cut_so_that_many_pages_are_asked_for_at_once(
    five: Sandbox,
) -> None:
    """One hotel has all pages of two months, as where a history is short."""
    hotel = five.enterprise_ids[0]
    settings = {"page_size": PAGE // 2, "start_date": "2025-11-01"}
    result = read(five, LATENCY, enterprise_ids=[hotel], **settings)
    assert len(result.records[STREAM]) == 2 * (6 * PAGE - 1)
    assert most_under_way(five) >= 12
    # where a page holds all there is, nothing is cut
    read(five, 0.0, enterprise_ids=[hotel], start_date="2025-01-01")
    assert len(five.journal.requests()) <= 14


def test_a_bookmark_waits_for_its_window_though_later_rows_are_out(
    five: Sandbox,
) -> None:
    """Rows that come early are told by no bookmark."""
    result = read(five, 0.01, page_size=PAGE, start_date="2025-11-01")
    emitted: set[str] = set()
    bookmark = ""
    everything = result.records[STREAM]
    for message in result.messages:
        if message["type"] == "RECORD":
            emitted.add(message["record"]["Id"])
        elif message["type"] == "STATE":
            state = message["value"]["bookmarks"].get(STREAM, {})
            bookmark = state.get("replication_key_value") or bookmark
            told = {row["Id"] for row in everything if row["UpdatedUtc"] < bookmark}
            assert told <= emitted
    assert bookmark > "2025-12-31"


@pytest.mark.parametrize("room", [1, 20_000])
def test_all_rows_come_however_little_room_there_is(
    group: Sandbox, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    """First pages that have no room are asked for again in the turn of their stream."""
    monkeypatch.setattr(prefetch, "ByteBudget", partial(ByteBudget, room))
    tokens = [group.access.single_property(hotel) for hotel in group.enterprise_ids]
    streams = (*ENTITIES, STREAM, "companionships", "services", "rates", "vouchers")
    settings = {"access_token": None, "access_tokens": tokens, "extraction": "pages"}
    history = History(group, streams, {**settings, "page_size": PAGE})
    history.run()
    group.live_on(timedelta(days=3))
    settle(group)
    history.run()
    assert history.missing() == {}

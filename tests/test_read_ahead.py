"""Reading ahead: faster, in order, in bounded memory, and it can be stopped."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from sandbox.faults import NoId
from tap_mews.reading.prefetch import ByteBudget, read_ahead
from tests.harness import select, sync
from tests.pages_harness import ASSIGNMENTS, History

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from tests.harness import Result

AHEAD = 3
SOON = 0.3
"""Seconds in which a thread that does what it must not do would have done it."""
LATE = 20.0
"""Seconds after which a thread has not done what it must do."""

STREAM = "source_assignments"
ENTITY = "SourceAssignment_2024_09_20"
PAGE = 10
LATENCY = 0.1
"""Seconds a request."""
ATTEMPTS = 3
"""The machine may be busy with something else; it cannot make a slow run fast."""


def run_ahead(
    *sources: Callable[[], Iterator[int]], room: int = 1000
) -> Generator[Iterator[int], None, None]:
    """Run sources whose items weigh one byte each."""
    return read_ahead(sources, AHEAD, ByteBudget(room), lambda _: 1)


def readers() -> set[threading.Thread]:
    """The threads that read ahead."""
    return {each for each in threading.enumerate() if each.name == "tap-mews-read"}


def test_items_come_in_the_order_of_their_sources() -> None:
    turns = [threading.Event() for _ in range(AHEAD + 1)]
    turns[-1].set()

    def source(number: int) -> Iterator[int]:
        # the last one to start is the first one to be done
        assert turns[number].wait(LATE)
        yield 2 * number
        yield 2 * number + 1
        if number:
            turns[number - 1].set()

    sources = [partial(source, number) for number in range(AHEAD + 1)]
    found = [item for items in run_ahead(*sources) for item in items]
    assert found == [*range(2 * (AHEAD + 1))]


def test_so_many_run_ahead_of_the_one_that_is_taken() -> None:
    together = threading.Barrier(AHEAD + 1)

    def source() -> Iterator[int]:
        yield together.wait(LATE)

    found = [list(items) for items in run_ahead(*[source] * (AHEAD + 1))]
    assert sorted(found) == [[number] for number in range(AHEAD + 1)]


def test_no_more_run_ahead_than_they_may() -> None:
    started: list[int] = []
    too_many = threading.Event()

    def source(number: int) -> Iterator[int]:
        started.append(number)
        if number > AHEAD:
            too_many.set()
        yield number

    sources = [partial(source, number) for number in range(10)]
    with closing(run_ahead(*sources)) as taken:
        first = next(taken)
        assert next(first) == 0
        assert not too_many.wait(SOON)
        assert started == [*range(AHEAD + 1)]


def test_no_more_items_wait_than_there_is_room_for() -> None:
    room = 20
    produced: list[int] = []
    too_many = threading.Event()

    def source() -> Iterator[int]:
        for item in count():
            produced.append(item)
            # those that wait, and one of each source in its hand or above all room
            if len(produced) > room + 2 * (AHEAD + 1):
                too_many.set()
            yield item

    with closing(run_ahead(*[source] * 10, room=room)) as ahead:
        next(ahead)
        assert not too_many.wait(SOON)
        assert len(produced) > room


def test_what_waits_does_not_keep_others_from_going_on() -> None:
    full = threading.Event()

    def late() -> Iterator[int]:
        assert full.wait(LATE)
        yield from range(100)

    def filling() -> Iterator[int]:
        for item in count():
            if item >= 5:
                full.set()
            yield item

    with closing(run_ahead(late, filling, room=5)) as ahead:
        assert list(next(ahead)) == [*range(100)]


def test_an_error_comes_where_the_item_would_have_come() -> None:
    def broken() -> Iterator[int]:
        yield 2
        msg = "broken"
        raise ValueError(msg)

    found = []
    sources = [lambda: iter([1]), broken, lambda: iter([3])]
    with pytest.raises(ValueError, match="broken"):  # noqa: PT012 - the order is it
        for items in run_ahead(*sources):
            for item in items:
                found.append(item)  # noqa: PERF402 - it must not be lost
    assert found == [1, 2]


def test_closing_ends_the_threads() -> None:
    before = readers()
    with closing(run_ahead(*[count] * 5)) as ahead:
        next(next(ahead))
        started = readers() - before
        assert len(started) == AHEAD + 1
    for thread in started:
        thread.join(LATE)
    assert not any(thread.is_alive() for thread in started)


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


def read(sandbox: Sandbox, latency: float, **settings: object) -> tuple[float, Result]:
    """Read source assignments up to the end of the year.

    Returns:
        The seconds that it takes, and what comes.
    """
    sandbox.limits.latency = latency
    sandbox.journal.clear()
    config = sandbox.config(end_date="2026-01-01", **settings)
    catalog = select(STREAM)
    began = time.monotonic()
    result = sync(config, catalog=catalog).ok()
    return time.monotonic() - began, result


def is_fast(sandbox: Sandbox, **settings: object) -> bool:
    """Whether a run waits for a quarter of the latency of its requests at most."""
    for _ in range(ATTEMPTS):
        # what the machine itself takes, busy as it may be, is not latency
        without, _ = read(sandbox, 0.0, **settings)
        seconds, _ = read(sandbox, LATENCY, **settings)
        requests = len(sandbox.journal.requests())
        assert requests > 60
        share = (seconds - without) / (requests * LATENCY)
        # far beyond it is no accident
        if share <= 1 / 4 or share > 2 / 5:
            return share <= 1 / 4
    return False


def test_a_year_of_five_properties_takes_a_quarter_of_the_time(five: Sandbox) -> None:
    assert is_fast(five, start_date="2025-01-01")


def test_months_of_many_pages_take_a_quarter_of_the_time_too(five: Sandbox) -> None:
    assert is_fast(five, start_date="2025-11-01", page_size=PAGE)


def test_rows_and_their_order_are_the_same_whatever_is_read_ahead(
    five: Sandbox,
) -> None:
    settings = {"page_size": PAGE, "start_date": "2025-11-01"}
    _, one = read(five, 0.0, max_concurrency=1, **settings)
    _, many = read(five, 0.01, max_concurrency=8, **settings)
    assert many.records == one.records
    assert many.states == one.states

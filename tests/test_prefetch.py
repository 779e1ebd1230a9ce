"""Reading ahead: in order, with errors where they belong, and it can be stopped."""

from __future__ import annotations

import threading
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

import pytest

from tap_mews.reading.byte_budget import ByteBudget
from tap_mews.reading.prefetch import Lane, Prefetcher
from tests.prefetch_harness import AHEAD, LATE, running

if TYPE_CHECKING:
    from collections.abc import Iterator


def readers() -> set[threading.Thread]:
    """The threads that read ahead."""
    return {each for each in threading.enumerate() if each.name == "tap-mews-read"}


def test_items_come_in_the_order_of_their_sources() -> None:
    turns = [threading.Event() for _ in range(AHEAD)]
    turns[-1].set()

    def source(number: int) -> Iterator[int]:
        # the last one to start is the first one to be done
        assert turns[number].wait(LATE)
        yield 2 * number
        yield 2 * number + 1
        if number:
            turns[number - 1].set()

    with running(*[partial(source, number) for number in range(AHEAD)]) as taken:
        found = [item for items in taken for item in items]
    assert found == [*range(2 * AHEAD)]


def test_what_later_sources_have_comes_while_the_first_one_takes_its_time() -> None:
    """Nothing waits in memory then, and no source is left to go on alone."""
    others = 5
    done = threading.Semaphore(0)

    def late() -> Iterator[int]:
        for _ in range(others):
            assert done.acquire(timeout=LATE)
        yield 1

    def soon() -> Iterator[int]:
        yield from [0] * 100
        done.release()

    prefetcher = Prefetcher(lambda: None, ByteBudget(8), most_reads=others + 1)
    lane: Lane[int] = prefetcher.lane(0, lambda _: 1)
    lane.expected = 1
    lane.open([lambda: iter(()), late, *[soon] * others])
    assert list(lane.items(0)) == []
    # all but the few that there is room for must be taken before the late one comes
    found = list(lane.items(1, last=others + 1))
    assert len(found) > 100 * others - 8
    rest = [item for number in range(2, others + 2) for item in lane.items(number)]
    assert sorted([*found, *rest]) == [*[0] * 100 * others, 1]


def test_the_sources_of_the_first_lane_come_before_those_of_the_next() -> None:
    started: list[str] = []

    def source(name: str) -> Iterator[int]:
        started.append(name)
        yield 1

    prefetcher = Prefetcher(lambda: None, most_reads=0)
    later: Lane[int] = prefetcher.lane(1, lambda _: 1)
    later.open(partial(source, f"later {number}") for number in range(3))
    first: Lane[int] = prefetcher.lane(0, lambda _: 1)
    first.open(partial(source, f"first {number}") for number in range(3))
    for lane in (first, later):
        assert lane.first_error(LATE) is None
    for lane in (first, later):
        for number in range(3):
            assert list(lane.items(number)) == [1]
    assert started[2:] == ["first 1", "first 2", "later 1", "later 2"]


def test_an_error_comes_where_the_item_would_have_come() -> None:
    def broken() -> Iterator[int]:
        yield 2
        msg = "broken"
        raise ValueError(msg)

    found: list[int] = []
    sources = [lambda: iter([1]), broken, lambda: iter([3])]
    with running(*sources) as taken, pytest.raises(ValueError, match="broken"):
        found.extend(item for items in taken for item in items)
    assert found == [1, 2]


def test_an_error_before_the_first_item_is_there_at_once() -> None:
    def broken() -> Iterator[int]:
        return map(int, ["none"])

    prefetcher = Prefetcher(lambda: None)
    lane: Lane[int] = prefetcher.lane(0, lambda _: 1)
    lane.open([broken])
    assert isinstance(lane.first_error(LATE), ValueError)


def test_somebody_is_called_while_nothing_comes() -> None:
    called = threading.Event()

    def source() -> Iterator[int]:
        assert called.wait(LATE)
        yield 1

    prefetcher = Prefetcher(called.set)
    lane: Lane[int] = prefetcher.lane(0, lambda _: 1)
    lane.open([source])
    assert list(lane.items(0)) == [1]


def test_somebody_is_called_while_items_come_without_a_pause() -> None:
    calls: list[int] = []
    prefetcher = Prefetcher(lambda: calls.append(1))
    lane: Lane[int] = prefetcher.lane(0, lambda _: 1)
    lane.open([lambda: iter(range(5))])
    assert list(lane.items(0)) == [*range(5)]
    assert len(calls) >= 5


def test_stopping_ends_the_threads() -> None:
    started: list[threading.Thread] = []
    together = threading.Barrier(AHEAD + 1)

    def source() -> Iterator[int]:
        started.append(threading.current_thread())
        together.wait(LATE)
        yield from count()

    with running(*[source] * 5, room=20) as taken:
        next(next(taken))
    assert len(started) == AHEAD + 1
    for thread in started:
        thread.join(LATE)
    assert not any(thread.is_alive() for thread in started)


def test_what_waits_for_bytes_ends_when_all_is_stopped() -> None:
    """Also while an item that takes all of them is being written."""
    before = readers()
    with running(lambda: iter([1, 2]), *[count] * 3, room=1) as taken:
        items = next(taken)
        next(items)
        started = readers() - before
    for thread in started:
        thread.join(LATE)
    assert not any(thread.is_alive() for thread in started)
    items.close()  # type: ignore[attr-defined]

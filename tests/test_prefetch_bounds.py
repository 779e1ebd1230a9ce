"""Reading ahead: so many threads at once, and bounded memory."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from functools import partial
from itertools import count
from operator import attrgetter
from typing import TYPE_CHECKING
from weakref import WeakSet

from tap_mews.reading.byte_budget import ByteBudget
from tap_mews.reading.prefetch import Lane, Prefetcher
from tests.prefetch_harness import AHEAD, LATE, running

if TYPE_CHECKING:
    from collections.abc import Iterator


SOON = 0.3
"""Seconds in which a thread that does what it must not do would have done it."""


def test_reads_that_fail_leave_room_for_others() -> None:
    failing = partial(map, int, ["no number"])
    budget = ByteBudget(4)
    for _ in range(8):
        lane: Lane[int] = Prefetcher(lambda: None, budget, AHEAD).lane(0, lambda _: 1)
        lane.expected = 1
        lane.open([failing, lambda: iter([1])])
        assert isinstance(lane.first_error(LATE), ValueError)
    lane.extend([lambda: iter([1])])
    assert lane.first_error(SOON, 2) is None
    assert list(lane.items(2)) == [1]
    lane.stop()


def test_a_lane_that_takes_the_place_of_another_one_is_bounded_as_well() -> None:
    prefetcher = Prefetcher(lambda: None, ByteBudget(2 * AHEAD), AHEAD)
    for _ in range(2):
        lane: Lane[int] = prefetcher.lane(0, lambda _: 1)
        lane.expected = 1
        made = count()
        lane.open([partial(map, int, made)])
        assert lane.first_error(LATE) is None
        time.sleep(SOON)
        assert next(made) <= 2 * AHEAD + 1
        lane.stop()


def test_so_many_run_at_once() -> None:
    together = threading.Barrier(AHEAD)

    def source() -> Iterator[int]:
        yield together.wait(LATE)

    with running(*[source] * AHEAD) as taken:
        found = [list(items) for items in taken]
    assert sorted(found) == [[number] for number in range(AHEAD)]


def test_no_more_run_at_once_than_they_may() -> None:
    started: list[int] = []
    too_many = threading.Event()
    done = threading.Event()

    def source(number: int) -> Iterator[int]:
        started.append(number)
        if number > AHEAD:
            too_many.set()
        yield number
        done.wait(LATE)

    with running(*[partial(source, number) for number in range(10)]) as taken:
        assert next(next(taken)) == 0
        assert not too_many.wait(SOON)
        # the one in turn, and those that are read ahead
        assert sorted(started) == [*range(AHEAD + 1)]
        done.set()


def test_no_more_items_wait_than_there_is_room_for() -> None:
    room = 20
    produced: list[int] = []
    too_many = threading.Event()

    def source() -> Iterator[int]:
        for item in count():
            produced.append(item)
            if len(produced) > room + 1:
                too_many.set()
            yield item

    with running(*[source] * 10, room=room) as taken:
        # one that is taken no longer waits when the next one is
        items = next(taken)
        next(items)
        assert not too_many.wait(SOON)
        assert len(produced) >= room // 2


def test_what_waits_does_not_keep_the_one_whose_turn_it_is_from_going_on() -> None:
    full = threading.Event()
    waiting: list[int] = []

    def late() -> Iterator[int]:
        assert full.wait(LATE)
        yield from range(100)

    def filling() -> Iterator[int]:
        for item in count():
            waiting.append(item)
            # half is kept, and the late one holds one byte
            if len(waiting) >= 3:
                full.set()
            yield item

    with running(late, *[filling] * 5, room=8, most=6) as taken:
        assert list(next(taken)) == [*range(100)]


def test_what_is_read_for_later_lanes_leaves_room_and_threads_for_the_first() -> None:
    together = threading.Barrier(AHEAD)
    has_begun = threading.Semaphore(0)

    def ahead() -> Iterator[int]:
        for item in count():
            has_begun.release()
            yield item

    def first() -> Iterator[int]:
        yield together.wait(LATE)

    prefetcher = Prefetcher(lambda: None, ByteBudget(2 * AHEAD), most_reads=AHEAD)
    later: Lane[int] = prefetcher.lane(1, lambda _: 1)
    lane: Lane[int] = prefetcher.lane(0, lambda _: 1)
    later.expected = lane.expected = 1
    try:
        later.open([ahead] * 2 * AHEAD)
        for _ in range(AHEAD):
            assert has_begun.acquire(timeout=LATE)
        lane.open([lambda: iter(()), *[first] * AHEAD])
        numbers = range(AHEAD + 1)
        found = [item for number in numbers for item in lane.items(number, AHEAD)]
        assert sorted(found) == [*range(AHEAD)]
    finally:
        prefetcher.stop()


def test_an_item_larger_than_all_room_comes_too() -> None:
    prefetcher = Prefetcher(lambda: None, ByteBudget(10))
    lane: Lane[int] = prefetcher.lane(0, lambda item: item)
    lane.open([lambda: iter([50, 60]), lambda: iter([70])])
    assert [list(lane.items(number)) for number in range(2)] == [[50, 60], [70]]


def test_the_first_source_of_each_lane_starts_at_once() -> None:
    together = threading.Barrier(5)

    def source() -> Iterator[int]:
        yield together.wait(LATE)

    prefetcher = Prefetcher(lambda: None, most_reads=1)
    lanes: list[Lane[int]] = [prefetcher.lane(place, lambda _: 1) for place in range(5)]
    for lane in lanes:
        lane.open([source])
    assert {lane.first_error(LATE) for lane in lanes} == {None}
    assert sorted(item for lane in lanes for item in lane.items(0)) == [*range(5)]


def test_the_first_source_of_a_lane_is_read_though_there_is_no_room() -> None:
    full, asked = threading.Event(), threading.Event()

    def filling() -> Iterator[int]:
        for item in count():
            if item == 2:
                full.set()
            yield item

    def first() -> Iterator[int]:
        asked.set()
        yield 1

    prefetcher = Prefetcher(lambda: None, ByteBudget(6))
    lanes: list[Lane[int]] = [prefetcher.lane(place, lambda _: 1) for place in range(2)]
    try:
        for lane, source in zip(lanes, (filling, first), strict=True):
            lane.expected = 1
            lane.open([source])
            assert full.wait(LATE)
        assert asked.wait(LATE)
    finally:
        prefetcher.stop()


def test_all_heads_are_answered_though_their_items_have_no_room() -> None:
    """As the first pages of many streams with two tokens each."""
    size, lanes_and_heads = 10, [(lane, head) for lane in range(20) for head in (0, 2)]
    asked: list[tuple[int, int]] = []

    def source(lane: int, number: int) -> Iterator[int]:
        asked.append((lane, number))
        yield lane * 10 + number

    budget = ByteBudget(6 * size)
    prefetcher = Prefetcher(lambda: None, budget, most_reads=AHEAD)
    lanes: list[Lane[int]] = [
        prefetcher.lane(place, lambda _: size) for place in range(20)
    ]
    for place, lane in enumerate(lanes):
        lane.expected, lane.continues_after_error = size, True
        lane.open([partial(source, place, number) for number in range(4)], {0, 2})
    for place, head in lanes_and_heads:
        assert lanes[place].first_error(LATE, head) is None
    assert {*asked} >= {*lanes_and_heads}
    for place, lane in enumerate(lanes):
        for number in range(4):
            assert list(lane.items(number)) == [place * 10 + number]
    # those that had to be set back are asked for once more, and no other
    assert len(asked) <= 80 + len(lanes_and_heads)


class Item:
    """Something that takes as many bytes as it says."""

    def __init__(self, size: int) -> None:
        self.size = size


def test_items_that_are_larger_than_any_before_do_not_all_stay() -> None:
    """As the pages of a stream whose first month has few rows."""
    alive: WeakSet[Item] = WeakSet()
    made = threading.Semaphore(0)
    all_asked = threading.Barrier(8)

    def large() -> Iterator[Item]:
        with suppress(threading.BrokenBarrierError):
            all_asked.wait(LATE)
        item = Item(50)
        alive.add(item)
        made.release()
        yield item

    prefetcher = Prefetcher(lambda: None, ByteBudget(100))
    lane: Lane[Item] = prefetcher.lane(0, attrgetter("size"))
    lane.expected = 1
    lane.open([lambda: iter([Item(1)]), *[large] * 8])
    assert [each.size for each in lane.items(0, 8)][:1] == [1]
    assert all(made.acquire(timeout=LATE) for _ in range(8))
    all_asked.abort()
    until = time.monotonic() + LATE
    while sum(each.size for each in alive) > 150 and time.monotonic() < until:
        time.sleep(SOON / 10)
    assert sum(each.size for each in alive) <= 150
    sizes = [each.size for number in range(1, 9) for each in lane.items(number)]
    assert sizes == [50] * 8


def test_heads_that_have_room_are_asked_for_once() -> None:
    asked: list[int] = []

    def source(place: int) -> Iterator[int]:
        asked.append(place)
        yield place

    prefetcher = Prefetcher(lambda: None, ByteBudget(40), most_reads=AHEAD)
    lanes: list[Lane[int]] = [
        prefetcher.lane(place, lambda _: 1) for place in range(20)
    ]
    for place, lane in enumerate(lanes):
        # more than there is room for, as nobody knows before how much will come
        lane.expected = 30
        lane.open([partial(source, place)])
    assert {lane.first_error(LATE) for lane in lanes} == {None}
    assert [item for lane in lanes for item in lane.items(0)] == [*range(20)]
    assert sorted(asked) == [*range(20)]

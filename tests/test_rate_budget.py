"""The rate that Mews grants: never exceeded, and a 429 obeyed by all threads."""

from __future__ import annotations

import threading
from bisect import bisect_left
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import limits
from sandbox.faults import (
    TooMany,
)
from tap_mews.api.rate_limit import Departure, RateLimiter
from tap_mews.clock import Clock
from tests.examples import examples
from tests.harness import FastClock, select, sync
from tests.pages_harness import (
    ENTERPRISES,
    PAGE_ENTITIES,
    client_of,
    latest,
    settle,
    truth,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sandbox import Sandbox
    from sandbox.answers import Reply
    from sandbox.faults import Call
    from tap_mews.api.client import MewsClient

ALLOWED = 200
WINDOW = 30.0
JSON = msgspec.json.Decoder()
ONE_PAGE = {"Limitation": {"Count": 10, "Cursor": None}}


class SharedClock(Clock):
    """Time of several threads: it passes when all of them sleep, to the next waking."""

    def __init__(self, threads: int, sandbox: Sandbox | None = None) -> None:
        self.passed = 0.0
        self._sandbox = sandbox
        self._awake = threads
        self._changed = threading.Condition()
        self._wakings: list[float] = []
        self.slept = threading.Event()

    def now(self) -> datetime:
        return self._sandbox.clock.now() if self._sandbox else super().now()

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        with self._changed:
            waking = self.passed + seconds
            self._wakings.append(waking)
            self.slept.set()
            self._leave()
            self._changed.wait_for(lambda: self.passed >= waking, timeout=20)
            self._wakings.remove(waking)

    def run(self, *threads: Callable[[], object]) -> None:
        """Run functions in threads of their own, and wait for them."""

        def until_done(function: Callable[[], object]) -> None:
            try:
                function()
            finally:
                with self._changed:
                    self._leave()

        running = [
            threading.Thread(target=until_done, args=(each,)) for each in threads
        ]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()

    def _leave(self) -> None:
        """Count one thread out; the last one lets time pass."""
        self._awake -= 1
        if not self._awake and self._wakings:
            seconds = min(self._wakings) - self.passed
            self.passed = min(self._wakings)
            if self._sandbox:
                self._sandbox.clock.advance(timedelta(seconds=seconds))
            self._awake = self._wakings.count(self.passed)
            self._changed.notify_all()


def most_in_a_window(times: list[float]) -> int:
    """The most requests in any sliding window, its ends included."""
    ordered = sorted(times)
    return max(
        number - bisect_left(ordered, time - WINDOW)
        for number, time in enumerate(ordered, 1)
    )


@examples(12)
@given(
    st.lists(
        st.lists(st.sampled_from([0.0, 0.01, 0.13, 1.0, 40.0]), min_size=1),
        min_size=1,
        max_size=4,
    )
)
def test_no_window_has_more_requests_than_are_allowed(gaps: list[list[float]]) -> None:
    clock = SharedClock(len(gaps))
    budget = RateLimiter(clock)
    times: list[float] = []

    def acquire(pauses: list[float]) -> None:
        for number in range(600 // len(gaps)):
            budget.acquire("a")
            times.append(clock.passed)
            pause = pauses[number % len(pauses)]
            if pause and number % 7 == 0:
                clock.sleep(pause)

    clock.run(*[partial(acquire, each) for each in gaps])
    assert len(times) == 600 // len(gaps) * len(gaps)
    assert most_in_a_window(times) <= ALLOWED


@pytest.mark.parametrize(
    ("answer", "margin"), [(None, 1.5), (3.0, 0.3)], ids=["no answers", "answers"]
)
def test_what_is_allowed_is_used(answer: float | None, margin: float) -> None:
    clock = FastClock()
    budget = RateLimiter(clock)
    for _ in range(5 * ALLOWED + 1):
        departure = budget.acquire("a")
        if answer is not None:
            budget.answered(departure, answer)
    assert clock.monotonic() == pytest.approx(5 * (WINDOW + margin))


@pytest.mark.parametrize("work", [0.0, 3.0, 29.0])
@pytest.mark.parametrize("ways", [[0.0, 1.0, 0.0], [0.0] * 6 + [1.4], [0.7, 0.1, 1.1]])
def test_no_window_has_more_arrivals_than_are_allowed(
    ways: list[float], work: float
) -> None:
    """However long each request was on its way, up to what is reckoned with."""
    clock = FastClock()
    budget = RateLimiter(clock)
    arrivals: list[float] = []
    late: list[tuple[float, Departure, float]] = []
    for number in range(2 * ALLOWED):
        departure, way = budget.acquire("a"), ways[number % len(ways)]
        now = clock.monotonic()
        arrivals.append(now + way)
        late.append((now + way + work, departure, way + work))
        for answer in [each for each in late if each[0] <= now]:
            late.remove(answer)
            budget.answered(answer[1], answer[2])
    assert most_in_a_window(arrivals) <= ALLOWED


class LateClock(FastClock):
    """Every third sleep is a little longer than it was to be."""

    def sleep(self, seconds: float) -> None:
        late = 0.4 if len(self.pauses) % 3 == 0 else 0.0
        super().sleep(seconds + late)


def test_who_leaves_late_counts_as_long_however_fast_the_answer_is() -> None:
    clock = LateClock()
    budget = RateLimiter(clock)
    times: list[float] = []
    for _ in range(4 * ALLOWED):
        departure = budget.acquire("a")
        times.append(clock.monotonic())
        budget.answered(departure, 0.0)
        clock.pass_time(0.01)
    assert most_in_a_window(times) <= ALLOWED


class Leaving(Exception):  # noqa: N818 - it is no error
    """A thread that would have to wait goes away."""


class NoTime(FastClock):
    """Nobody has time to wait."""

    def sleep(self, seconds: float) -> None:
        """Go away; the place in the queue stays taken."""
        raise Leaving(seconds)


def due(budget: RateLimiter, clock: Clock) -> float:
    """When the next request is to leave."""
    try:
        budget.acquire("a")
    except Leaving as leaving:
        return float(leaving.args[0] + clock.monotonic())
    return clock.monotonic()


@given(st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.4, 25.0, -60.0]), max_size=900))
def test_requests_leave_in_the_order_in_which_they_came(steps: list[float]) -> None:
    """Whatever time passes between them, and however often all are held (negative)."""
    clock = NoTime()
    budget = RateLimiter(clock)
    times: list[float] = []
    for step in steps:
        clock.pass_time(max(step, 0))
        if step < 0:
            budget.pause_for(-step)
        # sums of fractions differ in their last digits
        times.append(round(due(budget, clock), 6))
    assert times == sorted(times)
    assert not times or most_in_a_window(times) <= ALLOWED


def test_all_who_wait_are_held_and_then_leave_within_the_rate() -> None:
    clock = SharedClock(5)
    budget = RateLimiter(clock)
    times: list[float] = []

    def acquire() -> None:
        for _ in range(150):
            budget.acquire("a")
            times.append(clock.passed)

    def hold() -> None:
        clock.sleep(10)
        budget.pause_for(100)

    clock.run(*[acquire] * 4, hold)
    assert len(times) == 600
    assert not [time for time in times if 10 < time < 110]
    assert most_in_a_window(times) <= ALLOWED
    assert max(times) < 110 + 4 * WINDOW


def test_what_has_left_before_a_pause_counts_no_longer_than_without_it() -> None:
    clock = FastClock()
    budget = RateLimiter(clock)

    def leave(count: int) -> float:
        for _ in range(count):
            budget.answered(budget.acquire("a"), 0.1)
        return clock.monotonic()

    assert leave(84) == 0
    budget.pause_for(28)
    assert leave(ALLOWED - 84) == 28
    assert WINDOW < leave(1) < WINDOW + 2
    assert WINDOW < leave(83) < WINDOW + 2
    assert leave(1) > 28 + WINDOW


class Drowsy(SharedClock):
    """Threads that wake up late, each time by another while."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds + len(self._wakings) % 3 * 7.3)


def test_threads_that_wake_up_late_exceed_no_window() -> None:
    clock = Drowsy(4)
    budget = RateLimiter(clock)
    times: list[float] = []

    def acquire() -> None:
        for _ in range(150):
            budget.acquire("a")
            times.append(clock.passed)

    clock.run(*[acquire] * 4)
    assert len(times) == 600
    assert most_in_a_window(times) <= ALLOWED


def ask(client: MewsClient) -> object:
    """Make one call."""
    return client.call(ENTERPRISES, ONE_PAGE, JSON)


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_all_threads_wait_as_long_as_mews_asks_one_of_them_to(
    sandbox: Sandbox, form: Literal["seconds", "date"]
) -> None:
    clock = SharedClock(4, sandbox)
    client = client_of(sandbox, clock)
    sandbox.faults.add(ENTERPRISES, TooMany(form, seconds=100))

    def ask_later() -> None:
        assert clock.slept.wait(timeout=20)
        ask(client)

    clock.run(lambda: ask(client), ask_later, ask_later, ask_later)
    limited, *others = sandbox.journal.requests(ENTERPRISES)
    assert limited.status == 429
    assert len(others) == 4
    assert all(each.at >= limited.at + timedelta(seconds=99) for each in others)


def test_a_pause_that_many_are_told_is_one_warning(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    clock = SharedClock(4, sandbox)
    client = client_of(sandbox, clock)
    together, limited = threading.Barrier(4), TooMany("seconds", seconds=20)

    def fault(call: Call) -> Reply:
        together.wait(timeout=20)
        return limited(call)

    sandbox.faults.add(ENTERPRISES, fault, times=4)
    with caplog.at_level("DEBUG", "tap-mews"):
        clock.run(*[lambda: ask(client)] * 4)
    told = [each for each in caplog.records if "rate limit" in each.getMessage()]
    assert len(told) == 4
    assert [each.levelname for each in told].count("WARNING") == 1


def test_retry_after_is_not_outstayed(sandbox: Sandbox) -> None:
    clock = FastClock(sandbox)
    sandbox.faults.add(ENTERPRISES, TooMany("seconds", seconds=17))
    ask(client_of(sandbox, clock))
    assert clock.pauses == [pytest.approx(17, abs=1)]


def test_without_retry_after_pauses_grow_and_are_jittered(sandbox: Sandbox) -> None:
    clock = FastClock(sandbox)
    sandbox.faults.add(ENTERPRISES, TooMany(None), times=6)
    ask(client_of(sandbox, clock))
    for number, pause in enumerate(clock.pauses):
        assert 0 < pause <= 2**number
    assert sum(clock.pauses) >= 2**5 / 2
    assert any(pause != int(pause) for pause in clock.pauses)


def test_a_run_stays_within_what_mews_allows(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FastClock(sandbox)
    # the sandbox counts in the tap's time, so nothing has to be waited for
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=clock.monotonic))
    sandbox.limits.requests, sandbox.limits.window = ALLOWED, WINDOW
    settle(sandbox)
    config = sandbox.config(page_size=1)
    result = sync(config, catalog=select(*PAGE_ENTITIES), clock=clock).ok()
    statuses = [each.status for each in sandbox.journal.requests()]
    assert len(statuses) > ALLOWED
    assert 429 not in statuses
    for stream in PAGE_ENTITIES:
        assert latest(result.records[stream]) == truth(sandbox, stream)

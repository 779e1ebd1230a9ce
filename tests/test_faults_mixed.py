"""Trouble with the API and the file host, of one kind and of all kinds at once.

Whatever goes wrong on the way, a run of all streams ends with every row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from sandbox.faults import (
    FILES,
    TRANSIENT_DOWNLOAD,
    Call,
    Cut,
    EmptyBody,
    HtmlBody,
    LostAnswer,
    NotJson,
    Reset,
    Stall,
    Status,
    TooMany,
    Truncated,
)
from tests.export_harness import ENTITIES
from tests.harness import FastClock, moment, records_by_id, select, sync
from tests.pages_harness import (
    ENTERPRISES,
    PAGE_ENTITIES,
    WINDOWED,
    latest,
    settle,
    truth,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sandbox.answers import Reply
    from sandbox.faults import Fault
    from sandbox.limits import RetryAfter
    from tests.harness import Result

ALL = (*ENTITIES, *PAGE_ENTITIES)
CATALOG = select(*ALL)
OPERATIONS = (
    ENTERPRISES,
    "exports/add",
    "exports/getAll",
    "companionships/getAll",
    *sorted(WINDOWED.values()),
)
WINDOW = timedelta(seconds=30)
TOO_LONG = 0.9
"""Seconds that a stall lasts; longer than the time-outs that `impatient` sets."""


@dataclass(frozen=True)
class RetryLater:
    """429 with any text in `Retry-After`, dates relative to the sandbox's clock."""

    text: str | timedelta

    def __call__(self, call: Call) -> Reply:
        """Answer in place of the operation."""
        text = self.text
        if isinstance(text, timedelta):
            text = format_datetime(call.clock.now() + text, usegmt=True)
        return Status(429, "Too many requests.", {"Retry-After": text})(call)


API_FAULTS: dict[str, Fault] = {
    "429 in seconds": TooMany("seconds", 7),
    "429 until a date": TooMany("date", 7),
    "429 without a word": TooMany(None),
    "429 until a date that is over": RetryLater(timedelta(seconds=-3)),
    "429 with a fraction": RetryLater("1.5"),
    "429 with nonsense": RetryLater("soon"),
    "429 for less than no time": RetryLater("-5"),
    "429 that is no number": RetryLater("nan"),
    "429 without end": RetryLater("inf"),
    "408": Status(408, "Transaction has timed out."),
    "500": Status(500),
    "500 in HTML": HtmlBody(500),
    "502": Status(502),
    "502 in HTML": HtmlBody(502),
    "503": Status(503),
    "525": Status(525),
    "reset": Reset(),
    "lost answer": LostAnswer(),
    "empty body": EmptyBody(),
    "truncated": Truncated(),
    "no JSON": NotJson(),
    "cut by a reset": Cut(40),
    "cut by a close": Cut(40, "close"),
}

FILE_FAULTS: dict[str, Fault] = {
    "429": TooMany("date"),
    "500 in HTML": HtmlBody(500),
    "525": Status(525),
    "empty body": EmptyBody(),
    "truncated": Truncated(),
}
"""More kinds are in `test_export_downloads.py`."""


@pytest.fixture
def sandbox(sandbox: Sandbox) -> Sandbox:
    """Two hotels whose rows are all old enough to be read, in files of some rows."""
    return ready(sandbox)


@pytest.fixture
def small() -> Iterator[Sandbox]:
    """A hotel that has opened last week."""
    with Sandbox(properties=1, days=7) as sandbox:
        sandbox.limits.requests = 1_000_000
        yield ready(sandbox)
        assert sandbox.journal.breaches == []


def ready(sandbox: Sandbox) -> Sandbox:
    """Let all rows be old enough, and exports have several files."""
    settle(sandbox)
    sandbox.exports.rows_per_file = 100
    sandbox.exports.shuffled_files = True
    return sandbox


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait long for an answer."""
    monkeypatch.setattr("tap_mews.api.transport.TIMEOUT", (10.0, TOO_LONG / 3))
    monkeypatch.setattr("tap_mews.exports.downloads.TIMEOUT", (10.0, TOO_LONG / 3))


def count_by(
    monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, clock: FastClock
) -> None:
    """Let the sandbox grant what Mews grants, by the time that the tap lives in."""
    sandbox.limits.requests = 200
    monkeypatch.setattr("sandbox.limits.time", clock)


def incomplete(sandbox: Sandbox, *results: Result) -> dict[str, set[str]]:
    """Ids of the rows that a target has not as they are, or has too many, by stream."""
    found = {}
    for stream in ALL:
        rows: dict[str, object] = {}
        for result in results:
            rows |= latest(result.records[stream])
        due: dict[str, object] = dict(truth(sandbox, stream))
        wrong = {key for key in rows.keys() | due if rows.get(key) != due.get(key)}
        if wrong:
            found[stream] = wrong
    return found


def spoiled(sandbox: Sandbox) -> set[str]:
    """The operations with a fault, and the file host."""
    found = {each.operation for each in sandbox.journal.requests() if each.fault}
    return found | {FILES for each in sandbox.journal.downloads if each.fault}


def busiest(times: Sequence[datetime]) -> int:
    """The most requests in any 30 seconds."""
    return max(
        sum(first <= other < first + WINDOW for other in times) for first in times
    )


@pytest.mark.parametrize("fault", API_FAULTS.values(), ids=API_FAULTS)
def test_trouble_of_one_kind_with_every_operation_costs_no_row(
    small: Sandbox, fault: Fault
) -> None:
    for operation in OPERATIONS:
        small.faults.add(operation, fault, times=3)
    result = sync(small.config(), catalog=CATALOG, clock=FastClock(small)).ok()
    assert spoiled(small) == set(OPERATIONS)
    assert incomplete(small, result) == {}


@pytest.mark.parametrize("fault", FILE_FAULTS.values(), ids=FILE_FAULTS)
def test_trouble_of_one_kind_with_files_costs_no_row(
    small: Sandbox, fault: Fault
) -> None:
    small.faults.add(FILES, fault, times=3)
    result = sync(small.config(), catalog=CATALOG, clock=FastClock(small)).ok()
    assert spoiled(small) == {FILES}
    assert incomplete(small, result) == {}


@pytest.mark.usefixtures("impatient")
def test_answers_that_do_not_come_in_time_cost_no_row(small: Sandbox) -> None:
    for operation in (*OPERATIONS, FILES):
        small.faults.add(operation, Stall(TOO_LONG))
    result = sync(small.config(), catalog=CATALOG, clock=FastClock(small)).ok()
    assert spoiled(small) == {*OPERATIONS, FILES}
    assert result.log.count("timed out") >= len(OPERATIONS)
    assert incomplete(small, result) == {}


@pytest.mark.parametrize("fault", [EmptyBody(), Truncated(), NotJson()], ids=repr)
def test_a_conflict_whose_words_are_lost_is_waited_out(
    small: Sandbox, fault: Fault
) -> None:
    """The first answer of `exports/add` is lost, then the words of the conflict."""
    small.exports.seconds = 20
    small.faults.add("exports/add", LostAnswer())
    small.faults.add("exports/add", fault)
    result = sync(small.config(), catalog=select("bills"), clock=FastClock(small)).ok()
    assert latest(result.records["bills"]) == truth(small, "bills")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("seed", range(3))
def test_trouble_of_all_kinds_at_once_costs_no_row(
    sandbox: Sandbox, clock: FastClock, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    count_by(monkeypatch, sandbox, clock)
    sandbox.exports.seconds = 20
    sandbox.faults.mix(
        0.2,
        seed,
        [*API_FAULTS.values(), Stall(TOO_LONG), Stall(TOO_LONG / 20)],
        [*FILE_FAULTS.values(), *TRANSIENT_DOWNLOAD, Stall(TOO_LONG)],
    )
    sandbox.exports.rows_per_file = 40
    config = sandbox.config(page_size=8)
    first = sync(config, catalog=CATALOG, clock=clock).ok()
    assert incomplete(sandbox, first) == {}
    sandbox.live_on(timedelta(days=2))
    settle(sandbox)
    second = sync(config, first.state, CATALOG, clock).ok()
    assert incomplete(sandbox, first, second) == {}
    faults = [each.fault for each in sandbox.journal.requests()]
    assert sum(map(bool, faults)) > 20
    assert sandbox.journal.breaches == []


def test_a_run_in_trouble_stays_within_the_rate_budget(
    sandbox: Sandbox, clock: FastClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    count_by(monkeypatch, sandbox, clock)
    sandbox.faults.mix(0.03, faults=[TooMany(None), Status(503), Reset(), EmptyBody()])
    # a second thread would let the time of this test pass while a request is on its way
    config = sandbox.config(page_size=1, extraction="pages", start_date="2026-02-05")
    result = sync(config, catalog=select("order_items"), clock=clock).ok()
    first = moment("2026-02-05")
    wanted = {
        key
        for key, row in truth(sandbox, "order_items").items()
        if moment(row["UpdatedUtc"]) >= first
    }
    assert records_by_id("order_items", result).keys() >= wanted
    # it was the budget that held the run up
    assert busiest([each.at for each in sandbox.journal.requests()]) > 150
    assert sandbox.journal.breaches == []


@pytest.mark.parametrize("form", ["seconds", "date", None])
def test_a_budget_that_others_use_up_costs_no_row(
    sandbox: Sandbox,
    clock: FastClock,
    monkeypatch: pytest.MonkeyPatch,
    form: RetryAfter | None,
) -> None:
    count_by(monkeypatch, sandbox, clock)
    sandbox.limits.requests = 12
    sandbox.limits.retry_after = form
    result = sync(sandbox.config(page_size=50), catalog=CATALOG, clock=clock).ok()
    assert incomplete(sandbox, result) == {}
    refused = sandbox.journal.breaches
    assert {each.status for each in refused} == {429}
    # each time of closing is met by the few requests that are under way, if at all
    assert len(refused) < len(sandbox.journal.requests()) / (1 if form is None else 2)
    sandbox.journal.clear()


def test_a_429_that_names_no_time_to_wait_is_not_answered_at_once_for_ever(
    small: Sandbox,
) -> None:
    small.faults.add(ENTERPRISES, RetryLater("0"), times=20)
    clock = FastClock(small)
    sync(small.config(), catalog=select("bills"), clock=clock).ok()
    assert clock.monotonic() > 20


def test_what_a_run_in_trouble_says_is_one_line_for_each_try(
    small: Sandbox,
) -> None:
    small.faults.mix(0.3, faults=list(API_FAULTS.values()))
    result = sync(small.config(), catalog=CATALOG, clock=FastClock(small)).ok()
    faults = [each for each in small.journal.requests() if each.fault]
    told = [line for line in result.logs if line.startswith("WARNING")]
    assert len(told) >= len(faults) > 5
    assert not any("\n" in line or "Traceback" in line for line in told)

"""Bad answers: each is one clear line, and leaves the bookmark where it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from sandbox.faults import (
    Cut,
    EmptyBody,
    MissingRows,
    NoId,
    NotJson,
    SameCursor,
    Status,
    Truncated,
)
from tap_mews.reading.state_form import expanded
from tests.pages_harness import (
    ASSIGNMENTS,
    COMPANIONSHIPS,
    ENTERPRISES,
    GROUP_ASSIGNMENTS,
    RESERVATIONS,
    History,
    latest,
    settle,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.faults import Fault
    from tests.harness import Result

START = "2026-02-10T00:00:00Z"
END = "2026-02-24T00:00:00Z"
PAGE = 4


@dataclass(frozen=True)
class Case:
    """A stream and an operation that it calls, with words that its errors must have."""

    stream: str
    operation: str
    window: tuple[str, ...] = (START, END)


CASES = [
    Case("source_assignments", ASSIGNMENTS),
    Case("reservation_group_source_assignments", GROUP_ASSIGNMENTS),
    Case("companionships", RESERVATIONS),
    Case("companionships", COMPANIONSHIPS),
    Case("enterprises", ENTERPRISES, ()),
]
each_case = pytest.mark.parametrize(
    "case",
    CASES,
    ids=[f"{each.stream} {each.operation.partition('/')[0]}" for each in CASES],
)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """One hotel, so that requests come one after the other."""
    with Sandbox(properties=1, days=30) as sandbox:
        sandbox.limits.requests = 1_000_000
        settle(sandbox)
        yield sandbox
        assert sandbox.journal.breaches == []


def history(sandbox: Sandbox, case: Case) -> History:
    """A pipeline that reads one window of one stream, in several pages."""
    return History(
        sandbox,
        (case.stream,),
        {
            "start_date": START,
            "end_date": END,
            "page_size": PAGE,
            "companionship_refresh_days": 0,
        },
    )


def spoil(sandbox: Sandbox, case: Case, fault: Fault, *, after: int = 0) -> None:
    """Let a fault happen to the pages of a stream from some page on."""
    sandbox.faults.add(case.operation, fault, times=None, after=after)


def assert_told(sandbox: Sandbox, case: Case, result: Result) -> None:
    """The error says which stream, operation, window and request, in one line."""
    line = str(result.error)
    # the properties are listed for all streams, before any of them
    assert line.startswith(f"{case.stream}: ") or case.operation == ENTERPRISES
    for word in (case.operation, *case.window):
        assert word in line
    # pages are read ahead, so it need not be the last one
    spoiled = [each for each in sandbox.journal.requests(case.operation) if each.fault]
    assert any(str(each.request_id) in line for each in spoiled)
    assert "\n" not in line


@each_case
def test_a_body_that_is_never_json_is_told_after_some_tries(
    sandbox: Sandbox, case: Case
) -> None:
    spoil(sandbox, case, NotJson())
    assert_told(sandbox, case, history(sandbox, case).failing())
    assert len(sandbox.journal.requests(case.operation)) > 3


@each_case
def test_a_body_without_its_key_is_told(sandbox: Sandbox, case: Case) -> None:
    spoil(sandbox, case, MissingRows())
    assert_told(sandbox, case, history(sandbox, case).failing())


@each_case
def test_a_server_error_that_stays_is_told(sandbox: Sandbox, case: Case) -> None:
    spoil(sandbox, case, Status(500))
    assert_told(sandbox, case, history(sandbox, case).failing())


@each_case
def test_a_refusal_is_told(sandbox: Sandbox, case: Case) -> None:
    spoil(sandbox, case, Status(403, "Not today."))
    result = history(sandbox, case).failing()
    assert_told(sandbox, case, result)
    assert "Not today." in str(result.error)


@pytest.mark.parametrize("case", CASES[:-1], ids=lambda case: case.operation)
def test_a_cursor_loop_is_told(sandbox: Sandbox, case: Case) -> None:
    spoil(sandbox, case, SameCursor())
    assert_told(sandbox, case, history(sandbox, case).failing())


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.operation != RESERVATIONS],
    ids=lambda case: case.stream,
)
def test_a_row_without_id_is_told(sandbox: Sandbox, case: Case) -> None:
    spoil(sandbox, case, NoId())
    result = history(sandbox, case).failing()
    assert_told(sandbox, case, result)
    assert "Id" in str(result.error)


@pytest.mark.parametrize(
    "fault",
    [NoId(), NotJson(), MissingRows(), Status(403)],
    ids=lambda each: type(each).__name__,
)
@pytest.mark.parametrize("stream", ["source_assignments", "companionships"])
def test_nothing_of_a_page_that_fails_is_emitted(
    sandbox: Sandbox, stream: str, fault: Fault
) -> None:
    case = next(each for each in reversed(CASES) if each.stream == stream)
    spoil(sandbox, case, fault, after=1)
    result = history(sandbox, case).failing()
    assert len(result.records[stream]) == len(latest(result.records[stream])) == PAGE


@pytest.mark.parametrize(
    "fault",
    [NotJson(), MissingRows(), Status(403)],
    ids=lambda each: type(each).__name__,
)
@each_case
def test_a_window_that_fails_leaves_the_bookmark_where_it_was(
    sandbox: Sandbox, case: Case, fault: Fault
) -> None:
    pipeline = history(sandbox, case)
    pipeline.run()
    before = pipeline.bookmark(case.stream)
    # on the second page of the next window; there is one of all enterprises
    spoil(sandbox, case, fault, after=0 if case.operation == ENTERPRISES else 1)
    result = pipeline.failing(end_date=None, page_size=1)
    reached = [expanded(each)["bookmarks"][case.stream] for each in result.states]
    assert all(each == before for each in reached)


@pytest.mark.parametrize(
    "fault",
    [NotJson(), EmptyBody(), Truncated(), Cut(), Cut(drop="close"), Status(525)],
    ids=lambda each: f"{type(each).__name__} {getattr(each, 'drop', '')}",
)
@pytest.mark.parametrize("stream", ["source_assignments", "companionships"])
def test_a_page_that_came_broken_is_asked_for_again(
    sandbox: Sandbox, stream: str, fault: Fault
) -> None:
    case = next(each for each in reversed(CASES) if each.stream == stream)
    sandbox.faults.add(case.operation, fault, times=2, after=1)
    result = history(sandbox, case).run()
    found = result.records[stream]
    faults = [each for each in sandbox.journal.requests(case.operation) if each.fault]
    assert len(faults) == 2
    assert len(found) == len(latest(found))


def test_a_listed_property_without_id_is_told(sandbox: Sandbox) -> None:
    sandbox.faults.add(ENTERPRISES, NoId(), times=None)
    result = history(sandbox, CASES[0]).failing()
    last = sandbox.journal.requests(ENTERPRISES)[-1]
    for word in (ENTERPRISES, str(last.request_id)):
        assert word in str(result.error)

"""Cursor pages: where they end, and what is done about pages that are too heavy."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, replace
from itertools import count, pairwise
from typing import TYPE_CHECKING

import pytest
from singer_sdk.pagination import BaseAPIPaginator

from sandbox.answers import answer
from sandbox.faults import Call, SameCursor, Status
from tap_mews.api.operations import Operation
from tap_mews.errors import RefusedError, TooHeavyError, UnexpectedAnswerError
from tap_mews.pages.paginator import (
    READ_BYTES,
    CursorPaginator,
    PageSize,
    read_pages,
)
from tests.harness import select, sync
from tests.pages_harness import (
    ASSIGNMENTS,
    ENTERPRISES,
    GROUP_ASSIGNMENTS,
    PAGE_ENTITIES,
    RESERVATIONS,
    History,
    Spoiled,
    client_of,
    rows_of,
    settle,
    truth,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox import Sandbox
    from sandbox.answers import Reply
    from tap_mews.api.responses import Response
    from tap_mews.pages.decoder import Page
    from tests.harness import Json

STAYS = Operation(RESERVATIONS, "Reservations")
SOURCES = Operation(ASSIGNMENTS, "SourceAssignments")
BILLS = Operation("outletItems/getAll", "OutletBills", counted="OutletItems")
HEAVY = Status(408, "Transaction has timed out.")
CHANNEL_DETAILS = "reservations/getChannelManagerDetails"


@dataclass(frozen=True)
class Replaced:
    """Another body in place of the right one."""

    body: bytes

    def __call__(self, call: Call) -> Reply:
        """Answer with it."""
        del call  # some operations want more of a request than a test of pages needs
        return replace(answer({}), body=self.body)


def pages(
    sandbox: Sandbox, operation: Operation, count: int, **body: object
) -> Iterator[Response[Page[bytes]]]:
    return read_pages(client_of(sandbox), operation, body, PageSize(count), bytes)


def ids(found: Iterator[Response[Page[bytes]]]) -> list[str]:
    """The Ids of all pages, in their order."""
    return [json.loads(row)["Id"] for page in found for row in page.value.rows]


def counts(sandbox: Sandbox, operation: str) -> list[int]:
    """How many rows each request has asked for."""
    return [
        each.body["Limitation"]["Count"] for each in sandbox.journal.requests(operation)
    ]


def stays(sandbox: Sandbox, number: int) -> None:
    """Let there be at least so many reservations."""
    for _ in range(number - len(sandbox.rows("Reservation"))):
        sandbox.put("Reservation", sandbox.new_row("Reservation"))


def test_the_paginator_is_one_of_the_sdk() -> None:
    assert issubclass(CursorPaginator, BaseAPIPaginator)


def test_a_page_that_is_not_full_is_the_last_one(sandbox: Sandbox) -> None:
    number = len(sandbox.rows("Reservation"))
    count = number // 3 + 1
    assert len(list(pages(sandbox, STAYS, count))) == 3
    assert len(sandbox.journal.requests(RESERVATIONS)) == 3


def test_an_empty_answer_is_the_end(sandbox: Sandbox) -> None:
    stays(sandbox, 120)
    found = ids(pages(sandbox, STAYS, len(sandbox.rows("Reservation"))))
    assert len(found) == len(set(found)) == len(sandbox.rows("Reservation"))
    asked = sandbox.journal.requests(RESERVATIONS)
    assert [each.status for each in asked] == [200, 204]


@pytest.mark.parametrize("cursor", [None, "a-cursor"])
def test_a_page_without_rows_is_the_end_whatever_its_cursor(
    sandbox: Sandbox, cursor: str | None
) -> None:
    def empty(call: Call) -> Reply:
        del call
        return answer({"Reservations": [], "Cursor": cursor})

    sandbox.faults.add(RESERVATIONS, empty, after=1)
    (page,) = pages(sandbox, STAYS, 20)
    assert len(page.value.rows) == 20
    assert len(sandbox.journal.requests(RESERVATIONS)) == 2


NULLS = [
    (STAYS, b'{"Reservations":null,"Cursor":%s}'),
    (STAYS, b'{"Reservations":null,"Odd":NaN,"Cursor":%s}'),
    (BILLS, b'{"OutletBills":[],"OutletItems":null,"Cursor":%s}'),
    (BILLS, b'{"OutletBills":[],"OutletItems":null,"Odd":NaN,"Cursor":%s}'),
]
"""Answers without rows, with a place for the cursor."""


@pytest.mark.parametrize(("operation", "body"), NULLS)
def test_null_in_place_of_rows_is_the_end(
    sandbox: Sandbox, operation: Operation, body: bytes
) -> None:
    for cursor in (b"null", b'""'):
        sandbox.faults.add(operation.path, Replaced(body % cursor))
        assert list(pages(sandbox, operation, 20)) == []


@pytest.mark.parametrize(("operation", "body"), NULLS)
def test_null_in_place_of_rows_is_an_error_where_a_cursor_leads_on(
    sandbox: Sandbox, operation: Operation, body: bytes
) -> None:
    sandbox.faults.add(operation.path, Replaced(body % b'"a-cursor"'))
    with pytest.raises(UnexpectedAnswerError, match=r"array.*null.*RequestId"):
        list(pages(sandbox, operation, 20))


def test_a_full_page_without_a_cursor_is_the_end(sandbox: Sandbox) -> None:
    last = Spoiled(lambda body: body.update(Cursor=None))
    sandbox.faults.add(RESERVATIONS, last, after=1)
    assert [len(page.value.rows) for page in pages(sandbox, STAYS, 20)] == [20, 20]


@pytest.mark.parametrize("operation", [STAYS, SOURCES])
def test_rows_are_complete_whether_the_newest_or_the_oldest_come_first(
    sandbox: Sandbox, operation: Operation
) -> None:
    (hotel, _) = sandbox.enterprise_ids
    entity = "Reservation" if operation is STAYS else "SourceAssignment_2024_09_20"
    found = ids(pages(sandbox, operation, 7, EnterpriseIds=[hotel]))
    assert sorted(found) == sorted(row["Id"] for row in sandbox.rows(entity, [hotel]))


@pytest.mark.parametrize("stream", PAGE_ENTITIES)
def test_no_order_of_rows_within_pages_is_relied_on(
    sandbox: Sandbox, stream: str
) -> None:
    settle(sandbox)
    shuffle = random.Random(1).shuffle  # noqa: S311 - no secret
    sandbox.faults.add("*", Spoiled(lambda body: shuffle(rows_of(body))), times=None)
    history = History(sandbox, (stream,), {"page_size": 10})
    history.run()
    assert history.missing() == {}


def test_a_cursor_that_repeats_is_an_error_before_its_page_is_passed_on(
    sandbox: Sandbox,
) -> None:
    sandbox.faults.add(RESERVATIONS, SameCursor(), times=None)
    found = pages(sandbox, STAYS, 20)
    first = next(found)
    assert len(first.value.rows) == 20
    with pytest.raises(UnexpectedAnswerError, match="cursor") as raised:
        next(found)
    request = sandbox.journal.requests(RESERVATIONS)[-1]
    assert RESERVATIONS in str(raised.value)
    assert str(request.request_id) in str(raised.value)


def test_a_cursor_that_comes_back_after_others_is_an_error(sandbox: Sandbox) -> None:
    seen: list[str] = []

    def loop(body: Json) -> None:
        seen.append(body["Cursor"])
        if len(seen) == 3:
            body["Cursor"] = seen[0]

    sandbox.faults.add(RESERVATIONS, Spoiled(loop), times=None)
    with pytest.raises(UnexpectedAnswerError, match="cursor"):
        list(pages(sandbox, STAYS, 10))
    assert len(sandbox.journal.requests(RESERVATIONS)) == 3


@pytest.mark.parametrize("status", [403, 413])
def test_a_later_page_that_is_refused_as_such_is_not_blamed_on_its_cursor(
    sandbox: Sandbox, status: int
) -> None:
    stays(sandbox, 30)
    sandbox.faults.add(RESERVATIONS, Status(status), times=None, after=2)
    with pytest.raises(RefusedError, match=str(status)):
        ids(pages(sandbox, STAYS, 10))
    assert len(sandbox.journal.requests(RESERVATIONS)) == 3


def test_a_cursor_that_is_refused_each_time_ends_with_advice(sandbox: Sandbox) -> None:
    refuse, calls = Status(400, "Invalid Cursor."), count(1)

    def each_second_one(call: Call) -> Reply:
        return call.carry_out() if next(calls) % 2 else refuse(call)

    sandbox.faults.add(RESERVATIONS, each_second_one, times=None)
    with pytest.raises(RefusedError, match=r"Invalid Cursor.*4 times.*run again"):
        list(pages(sandbox, STAYS, 20))


def test_after_a_page_that_is_too_large_fewer_rows_are_asked_for(
    sandbox: Sandbox,
) -> None:
    number = len(sandbox.rows("Reservation"))
    for _ in range(40):
        row = sandbox.new_row("Reservation", CancellationReason="x" * 400_000)
        sandbox.put("Reservation", row)
    found = ids(pages(sandbox, STAYS, 20))
    assert len(found) == len({*found}) == number + 40
    first, *others = counts(sandbox, RESERVATIONS)
    assert first == 20
    assert max(others) <= 20 * 4 // 8 + 1


def test_a_page_that_is_far_too_large_is_not_read_to_its_end(sandbox: Sandbox) -> None:
    for _ in range(12):
        row = sandbox.new_row("Reservation", CancellationReason="x" * 1_000_000)
        sandbox.put("Reservation", row)
    found = [*pages(sandbox, STAYS, 20)]
    assert counts(sandbox, RESERVATIONS)[:3] == [20, 10, 5]
    assert max(page.value.size for page in found) <= READ_BYTES
    assert sorted(ids(iter(found))) == sorted(truth(sandbox, "reservations"))


def test_a_page_of_one_row_is_read_however_large_it_is(sandbox: Sandbox) -> None:
    large = sandbox.new_row("Reservation", CancellationReason="x" * READ_BYTES)
    sandbox.put("Reservation", large)
    found = ids(pages(sandbox, STAYS, 4))
    assert counts(sandbox, RESERVATIONS)[:3] == [4, 2, 1]
    assert sorted(found) == sorted(truth(sandbox, "reservations"))


def test_a_page_that_is_too_heavy_is_halved_at_its_cursor(sandbox: Sandbox) -> None:
    sandbox.faults.add(RESERVATIONS, HEAVY, times=2, after=1)
    found = ids(pages(sandbox, STAYS, 40))
    asked = sandbox.journal.requests(RESERVATIONS)
    assert counts(sandbox, RESERVATIONS)[:5] == [40, 40, 20, 10, 10]
    assert len({each.body["Limitation"]["Cursor"] for each in asked[1:4]}) == 1
    assert sorted(found) == sorted(truth(sandbox, "reservations"))


@pytest.mark.parametrize("most", [1, 2, 30])
def test_no_row_is_lost_or_repeated_by_smaller_pages(
    sandbox: Sandbox, most: int
) -> None:
    sandbox.limits.max_page = most
    found = ids(pages(sandbox, STAYS, 100))
    assert sorted(found) == sorted(truth(sandbox, "reservations"))


def test_pages_grow_back_slowly(sandbox: Sandbox) -> None:
    stays(sandbox, 400)
    sandbox.faults.add(RESERVATIONS, HEAVY, times=3)
    list(pages(sandbox, STAYS, 40))
    sizes = counts(sandbox, RESERVATIONS)[3:]
    assert sizes[0] == 5
    assert sizes[-1] == 40
    assert all(small <= large <= 2 * small for small, large in pairwise(sizes))
    assert all(sizes.count(size) >= 4 for size in set(sizes) - {40})


def test_a_page_of_one_row_that_is_too_heavy_is_an_error(sandbox: Sandbox) -> None:
    sandbox.faults.add(ENTERPRISES, HEAVY, times=None)
    hotels = Operation(ENTERPRISES, "Enterprises")
    with pytest.raises(TooHeavyError, match="one row") as raised:
        list(pages(sandbox, hotels, 1000))
    assert counts(sandbox, ENTERPRISES) == [1000, 500, 250, 125, 62, 31, 15, 7, 3, 1]
    request = sandbox.journal.requests(ENTERPRISES)[-1]
    assert ENTERPRISES in str(raised.value)
    assert str(request.request_id) in str(raised.value)


@pytest.mark.parametrize("stream", PAGE_ENTITIES)
def test_a_stream_of_pages_that_are_too_heavy_is_complete(
    sandbox: Sandbox, stream: str
) -> None:
    settle(sandbox)
    sandbox.limits.max_page = 9
    history = History(sandbox, (stream,))
    history.run()
    assert history.missing() == {}


def test_rows_of_a_window_come_once_though_pages_are_too_heavy(
    sandbox: Sandbox,
) -> None:
    settle(sandbox)
    sandbox.limits.max_page = 9
    config = sandbox.config(start_date="2026-02-20")
    result = sync(config, catalog=select("reservation_group_source_assignments")).ok()
    (found,) = result.records.values()
    assert max(Counter(row["Id"] for row in found).values()) == 1
    assert max(counts(sandbox, GROUP_ASSIGNMENTS)) == 1000


def test_children_are_asked_for_while_their_parents_come(sandbox: Sandbox) -> None:
    """A hundred at a time, so that memory does not grow with a window."""
    for _ in range(250):
        sandbox.put("Reservation", sandbox.new_row("Reservation"))
    settle(sandbox)
    config = sandbox.config(start_date="2026-02-15", page_size=60)
    result = sync(config, catalog=select("reservation_channel_details")).ok()
    asked = [
        each
        for each in sandbox.journal.requests()
        if each.operation in {RESERVATIONS, CHANNEL_DETAILS}
    ]
    first = [each.operation for each in asked].index(CHANNEL_DETAILS)
    assert RESERVATIONS in {each.operation for each in asked[first:]}
    named = [each.body.get("ReservationIds", ()) for each in asked[first:]]
    sizes = [len(ids) for ids in named if ids]
    assert sizes[:-1] == [100] * (len(sizes) - 1)
    due = [
        row["Id"]
        for row in sandbox.rows("Reservation")
        if row["UpdatedUtc"] >= "2026-02-15"
    ]
    assert sorted(key for ids in named for key in ids) == sorted(due)
    found = Counter(
        row["ReservationId"] for row in result.records["reservation_channel_details"]
    )
    assert {*found.values()} == {1}

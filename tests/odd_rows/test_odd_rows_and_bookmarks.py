"""Bookmarks, and rows that the tap itself looks into."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from tap_mews.errors import InvalidRecordError, MewsError
from tap_mews.reading.state_form import expanded
from tap_mews.records.validator import HINT
from tests.export_harness import by_exports
from tests.harness import Json, select, sync
from tests.odd_rows.sources import GOOD, GUEST
from tests.pages_harness import (
    ASSIGNMENTS,
    COMPANIONSHIPS,
    GROUP_ASSIGNMENTS,
    RESERVATIONS,
    Spoiled,
    make_old,
    one_hotel,
    rows_of,
    settle,
)

if TYPE_CHECKING:
    from sandbox import Sandbox
    from sandbox.answers import Reply
    from sandbox.faults import Call


def test_an_odd_row_of_an_export_leaves_the_bookmark_where_it_was(
    hotel: Sandbox,
) -> None:
    settle(hotel)
    first = sync(by_exports(hotel), catalog=select("customers")).ok()
    settle(hotel)
    hotel.exports.files["Customer"] = [GOOD, GOOD + b"\n" + b'{"Id":null}']
    second = sync(by_exports(hotel), first.state, select("customers"))
    assert isinstance(second.error, InvalidRecordError)
    assert "file 2 of 2, line 2)" in str(second.error)
    before = first.bookmark("customers")["replication_key_value"]
    assert {
        state["bookmarks"]["customers"]["replication_key_value"]
        for state in second.states
    } == {before}


PAGED = {
    "source_assignments": (ASSIGNMENTS, "IsPrimary", "boolean"),
    "reservation_group_source_assignments": (GROUP_ASSIGNMENTS, "SourceId", "string"),
    "companionships": (COMPANIONSHIPS, "CustomerId", "string"),
}


@pytest.mark.parametrize("stream", PAGED)
def test_an_odd_row_of_a_page_leaves_the_bookmark_where_it_was(
    hotel: Sandbox, stream: str
) -> None:
    make_old(hotel)
    operation, name, kind = PAGED[stream]
    pipeline = one_hotel(hotel, stream, start_date="2026-02-01")
    settle(hotel)
    pipeline.run(end_date="2026-02-10")
    before = pipeline.bookmark(stream)

    def spoil(body: Json) -> None:
        rows_of(body)[-1][name] = {GUEST: GUEST}

    hotel.faults.add(operation, Spoiled(spoil), times=None)
    result = pipeline.failing()
    text = str(result.error)
    assert text.startswith(f"{stream}: ")
    assert text.endswith(f"$.{name} must be of type {kind} or null; {HINT}")
    spoiled = [each for each in hotel.journal.requests(operation) if each.fault]
    assert any(f"(RequestId {each.request_id}), row " in text for each in spoiled)
    assert "2026-02-09T23:55:00Z to " in text
    reached = [expanded(state)["bookmarks"][stream] for state in result.states]
    assert all(each == before for each in reached)
    assert GUEST not in result.log
    hotel.faults.clear()
    pipeline.run()
    assert pipeline.missing() == {}


@pytest.mark.parametrize("stream", PAGED)
def test_an_odd_row_of_a_page_is_passed_on_and_moves_the_bookmark(
    hotel: Sandbox, stream: str
) -> None:
    operation, name, _ = PAGED[stream]
    settle(hotel)

    def spoil(body: Json) -> None:
        rows_of(body)[-1][name] = {GUEST: GUEST}

    hotel.faults.add(operation, Spoiled(spoil), times=None)
    pipeline = one_hotel(hotel, stream, on_invalid_record="warn")
    result = pipeline.run()
    assert {GUEST: GUEST} in [each[name] for each in result.records[stream]]
    assert pipeline.bookmark(stream)
    assert GUEST not in result.log


@dataclass
class Bytes:
    """An answer with some bytes in it replaced."""

    old: bytes
    new: bytes
    times: int = field(default=1)

    def __call__(self, call: Call) -> Reply:
        """Spoil the answer."""
        reply = call.carry_out()
        body = bytes(reply.body)
        assert reply.status != 200 or self.old in body
        return replace(reply, body=body.replace(self.old, self.new, self.times))


@pytest.mark.parametrize(
    ("operation", "old", "new"),
    [
        (RESERVATIONS, b'"GroupId":"', b'"GroupId":"\xff'),
        (RESERVATIONS, b'"GroupId":"', b'"GroupId":5,"Mood":"'),
        (RESERVATIONS, b'"UpdatedUtc":"', b'"UpdatedUtc":5,"Mood":"'),
        (COMPANIONSHIPS, b'"ReservationGroupId":"', b'"ReservationGroupId":"\xff'),
        (COMPANIONSHIPS, b'"ReservationGroupId":"', b'"ReservationGroupId":5,"Mood":"'),
        (COMPANIONSHIPS, b'[{"Id"', b'[{},{"Id"'),
        (COMPANIONSHIPS, b'[{"Id"', b'[7,{"Id"'),
    ],
)
def test_odd_rows_that_companionships_are_found_by_are_told_in_one_line(
    hotel: Sandbox, operation: str, old: bytes, new: bytes
) -> None:
    settle(hotel)
    hotel.faults.add(operation, Bytes(old, new), times=None)
    result = one_hotel(hotel, "companionships").failing()
    assert isinstance(result.error, InvalidRecordError | MewsError)
    assert str(result.error).startswith("companionships: ")
    assert operation in str(result.error)
    # of a body that can be decoded, the decoder names the place in its own way
    assert re.search(r"\brow \d+|\[\d+\]", str(result.error))


@pytest.mark.parametrize("odd", [b"NaN", b'"\xff"', rb'"\ud800"', b"1e400"])
def test_reservations_that_are_odd_elsewhere_find_companionships(
    hotel: Sandbox, odd: bytes
) -> None:
    settle(hotel)
    whole = one_hotel(hotel, "companionships").run()
    new = b'"Mood":' + odd + b',"GroupId":"'
    hotel.faults.add(RESERVATIONS, Bytes(b'"GroupId":"', new), times=None)
    found = one_hotel(hotel, "companionships").run()
    assert found.records["companionships"] == whole.records["companionships"] != []


def test_a_row_that_has_what_the_tap_adds_gets_it_anew(hotel: Sandbox) -> None:
    settle(hotel)
    old = b'"ReservationGroupId":"'
    new = b'"ReservationGroupUpdatedUtc":"soon",' + old
    hotel.faults.add(COMPANIONSHIPS, Bytes(old, new, -1), times=None)
    result = one_hotel(hotel, "companionships", on_invalid_record="warn").run()
    dates = {
        row["ReservationGroupUpdatedUtc"] for row in result.records["companionships"]
    }
    assert dates
    assert "soon" not in dates

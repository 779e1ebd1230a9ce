"""A chain continues without a token that Mews refuses, which catches up later."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox.faults import Status
from tap_mews.reading.state_form import LISTS
from tests.harness import Json, moment
from tests.pages_harness import (
    BEFORE_ALL,
    LOOKBACK,
    History,
    Spoiled,
    interval,
    rows_of,
    settle,
    settled_hotels,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sandbox import Sandbox
    from sandbox.answers import Reply
    from sandbox.faults import Call
    from sandbox.journal import Request

CUSTOMERS = "customers/getAll"

OPERATIONS = ("customers/getAll", "exports/add", "exports/getAll")


@pytest.fixture
def chain() -> Iterator[Sandbox]:
    """Two hotels of one chain, and tokens for each of them."""
    with settled_hotels(2) as sandbox:
        yield sandbox


@pytest.fixture
def history(chain: Sandbox) -> History:
    """Two tokens of which the first sees only half of the guests."""
    tokens = {
        name: chain.access.grant([hotel], portfolio=False, name=name)
        for name, hotel in zip(("A", "B"), chain.enterprise_ids, strict=True)
    }
    dates = {"start_date": BEFORE_ALL, "reference_start_date": BEFORE_ALL}
    settings = {"access_token": None, "access_tokens": tokens, **dates}
    return History(chain, ("customers",), settings)


def is_seen_by_both(row: Json) -> bool:
    return int(str(row["Id"])[0], 16) % 2 == 0


def half(body: Json) -> None:
    rows = rows_of(body)
    rows[:] = [each for each in rows if is_seen_by_both(each)]


def serve(
    chain: Sandbox,
    *refused: str,
    status: int = 403,
    only: Callable[[Request], bool] = lambda _: True,
) -> None:
    """Let A see half of the guests, and refuse them to some tokens."""
    chain.faults.clear()

    def answer(call: Call) -> Reply:
        (request,) = (
            each
            for each in chain.journal.requests()
            if each.request_id == call.request_id
        )
        if request.grant in refused and only(request):
            return Status(status)(call)
        is_page = request.operation == CUSTOMERS and request.grant == "A"
        return Spoiled(half)(call) if is_page else call.carry_out()

    for operation in OPERATIONS:
        chain.faults.add(operation, answer, times=None)


def later(chain: Sandbox) -> None:
    chain.live_on(timedelta(days=1))
    settle(chain)
    chain.journal.clear()


def begins(requests: list[Request], name: str) -> datetime:
    return min(interval(each)[0] for each in requests if each.grant == name)


@pytest.mark.parametrize("extraction", ["pages", "auto"])
def test_others_read_on_from_the_bookmark_while_a_token_is_refused(
    chain: Sandbox, history: History, extraction: str
) -> None:
    serve(chain, "B")
    history.failing(extraction=extraction)
    for _ in range(3):
        before = moment(history.bookmark("customers")["replication_key_value"])
        later(chain)
        error = str(history.failing(extraction=extraction).error)
        assert error.startswith("Not read: B (customers); the rest")
        asked = chain.journal.requests(CUSTOMERS)
        assert begins(asked, "A") == before - LOOKBACK
    state = history.bookmark("customers")
    assert state["covers"] == chain.chain_ids
    assert len(state["joining"]) == 1


@pytest.mark.parametrize("earlier", [1, 0], ids=["later", "at first"])
@pytest.mark.parametrize("status", [403, 500])
def test_what_only_that_token_sees_comes_when_it_may_read_again(
    chain: Sandbox, history: History, earlier: int, status: int
) -> None:
    serve(chain)
    begin = moment(f"{BEFORE_ALL}T00:00:00Z")
    for _ in range(earlier):
        history.run(extraction="pages")
        assert history.missing() == {}
        bookmark = moment(history.bookmark("customers")["replication_key_value"])
        begin = bookmark - LOOKBACK
        later(chain)
    serve(chain, "B", status=status)
    for _ in range(2):
        history.failing(extraction="pages")
        later(chain)
    assert history.missing() != {}
    serve(chain)
    history.run(extraction="pages")
    assert history.missing() == {}
    assert history.bookmark("customers")["joining"] == []
    assert begins(chain.journal.requests(CUSTOMERS), "B") == begin


def test_it_catches_up_whatever_the_case_of_identifiers_in_the_state(
    chain: Sandbox, history: History
) -> None:
    serve(chain, "B")
    history.failing(extraction="pages")
    assert history.state is not None
    for group in history.state["bookmarks"]["customers"]["joining"]:
        group |= {key: [each.upper() for each in group[key]] for key in LISTS}
    serve(chain)
    history.run(extraction="pages")
    assert history.missing() == {}


@pytest.mark.parametrize("extraction", ["exports", "auto"])
def test_it_catches_up_through_exports_as_well(
    chain: Sandbox, history: History, extraction: str
) -> None:
    serve(chain, "B")
    for _ in range(2):
        history.failing(extraction=extraction)
        later(chain)
    serve(chain)
    history.run(extraction=extraction)
    starts = [
        moment(each.body["Filters"]["UpdatedUtc"]["StartUtc"])
        for each in chain.journal.requests("exports/add")
        if each.grant == "B"
    ]
    assert min(starts) == moment(f"{BEFORE_ALL}T00:00:00Z")
    assert history.missing() == {}
    assert history.bookmark("customers")["joining"] == []


def test_a_token_that_is_refused_while_it_catches_up_tries_again(
    chain: Sandbox, history: History
) -> None:
    serve(chain, "B")
    history.failing(extraction="pages")
    later(chain)
    begin = moment(f"{BEFORE_ALL}T00:00:00Z")
    serve(chain, "B", only=lambda request: interval(request)[0] == begin)
    history.failing(extraction="pages")
    assert history.missing() != {}
    later(chain)
    serve(chain)
    history.run(extraction="pages")
    assert history.missing() == {}


def test_a_token_that_takes_its_place_brings_what_it_has_not_read(
    chain: Sandbox, history: History
) -> None:
    serve(chain, "B")
    history.failing(extraction="pages")
    later(chain)
    tokens = history.settings["access_tokens"]
    tokens["B"] = chain.access.grant([*chain.enterprise_ids[1:]], name="New")
    history.run(extraction="pages")
    assert history.missing() == {}


def test_all_tokens_of_a_chain_resume_where_one_was_refused_if_all_are(
    chain: Sandbox, history: History
) -> None:
    history.streams = ("customers", "bills")
    serve(chain)
    history.run(extraction="pages")
    before = moment(history.bookmark("customers")["replication_key_value"])
    later(chain)
    for refused in (["B"], ["A", "B"]):
        serve(chain, *refused)
        history.failing(extraction="pages")
        later(chain)
    serve(chain)
    history.run(extraction="pages")
    assert history.missing() == {}
    asked = chain.journal.requests(CUSTOMERS)
    assert begins(asked, "B") == before - LOOKBACK


def test_a_page_that_is_refused_in_between_is_read_in_the_next_run(
    chain: Sandbox, history: History
) -> None:
    """Others have moved the bookmark over its window by then."""
    middle = moment("2026-02-01T00:00:00Z")
    serve(chain, "B", only=lambda request: interval(request)[0] >= middle)
    history.failing(extraction="pages")
    assert history.missing() != {}
    serve(chain)
    history.run(extraction="pages")
    assert history.missing() == {}
    assert history.bookmark("customers")["joining"] == []

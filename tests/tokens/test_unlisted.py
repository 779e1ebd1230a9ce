"""Tokens that may not list their properties, or not any more."""

from __future__ import annotations

from datetime import timedelta
from operator import itemgetter
from typing import TYPE_CHECKING

import pytest

from sandbox.faults import Status
from tests.pages_harness import ENTERPRISES, History, Spoiled, Where, rows_of, settle

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.harness import Json, Result

CONFIGURATION = "configuration/get"


@pytest.fixture
def tokens(group: Sandbox) -> dict[str, str]:
    """Two tokens, each for a property of both chains."""
    one, two, three, four = sorted(group.rows("Enterprise"), key=itemgetter("ChainId"))
    reached = {"A": [one, three], "B": [two, four]}
    return {
        name: group.access.grant(
            [each["Id"] for each in rows], portfolio=False, name=name
        )
        for name, rows in reached.items()
    }


@pytest.fixture
def history(group: Sandbox, settings: Json) -> History:
    streams = ("bills", "customers", "source_assignments")
    return History(group, streams, {**settings, "extraction": "pages"})


def refuse_to_b(group: Sandbox, *, is_portfolio: bool) -> None:
    """Let B list its properties no more; what it is asked for instead is answered."""
    only = Where(group, lambda request: request.grant == "B", Status(401))
    group.faults.add(ENTERPRISES, only, times=None)
    kind = {"IsPortfolio": is_portfolio}
    own = Spoiled(lambda body: body["Enterprise"].update(kind))
    group.faults.add(CONFIGURATION, own, times=None)


def show_half_to_a(group: Sandbox) -> None:
    """Let A see half of the customers, so that the others come by B alone."""

    def halve(body: Json) -> None:
        rows = rows_of(body)
        rows[:] = [row for row in rows if int(row["Id"][0], 16) % 2]

    blind = Where(group, lambda request: request.grant == "A", Spoiled(halve))
    group.faults.add("customers/getAll", blind, times=None)


def later(group: Sandbox) -> None:
    group.live_on(timedelta(days=1))
    settle(group)


def warnings(result: Result) -> list[str]:
    return [line for line in result.logs if line.startswith("WARNING ")]


def test_a_token_whose_portfolio_is_not_listed_reads_later_what_it_missed(
    group: Sandbox, history: History
) -> None:
    show_half_to_a(group)
    history.run()
    refuse_to_b(group, is_portfolio=True)
    for _ in range(2):
        later(group)
        result = history.failing()
        assert str(result.error).startswith("Not read: B (all streams); the rest")
        (told,) = [each for each in warnings(result) if ENTERPRISES in each]
        assert told.startswith("WARNING B: ")
    group.faults.clear()
    show_half_to_a(group)
    later(group)
    history.run()
    assert history.missing() == {}


def test_a_single_token_whose_portfolio_is_not_listed_has_no_known_property(
    group: Sandbox, tokens: dict[str, str]
) -> None:
    refuse_to_b(group, is_portfolio=True)
    history = History(group, ("bills",), {"access_token": tokens["B"]})
    result = history.run()
    assert any("properties cannot be listed" in each for each in warnings(result))
    assert history.bookmark("bills")["covers"] is None
    reached = group.access.enterprises(group.access.find(tokens["B"]))
    found = {row["EnterpriseId"] for row in history.rows["bills"].values()}
    assert found == {*reached}


def test_a_token_that_may_have_read_what_none_lists_now_is_named(
    group: Sandbox, history: History
) -> None:
    history.run()
    listed = {*history.bookmark("bills")["covers"]}
    refuse_to_b(group, is_portfolio=False)
    later(group)
    result = history.run()
    (told,) = [each for each in warnings(result) if "no token lists" in each]
    (gone,) = listed - {*history.bookmark("bills")["covers"]}
    assert told.startswith(f"WARNING B: {ENTERPRISES}: HTTP 401 ")
    assert gone in told


def test_tokens_that_never_list_their_only_property_are_no_reason_to_warn(
    group: Sandbox, history: History
) -> None:
    history.settings["access_tokens"] = [
        group.access.single_property(each) for each in group.enterprise_ids
    ]
    group.access.revoke(ENTERPRISES)
    for _ in range(2):
        result = history.run()
        assert not any("list" in each for each in warnings(result))
        later(group)

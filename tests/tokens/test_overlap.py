"""Tokens that reach the same properties: each reads its chains, one the properties."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from operator import itemgetter
from typing import TYPE_CHECKING

import pytest

from facts import OPERATIONS
from sandbox.faults import Status
from tests.harness import moment, sync
from tests.pages_harness import (
    ENTERPRISES,
    LOOKBACK,
    History,
    Spoiled,
    Where,
    interval,
    rows_of,
    settle,
    truth,
)

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.harness import Json

CUSTOMERS = "customers/getAll"
METHODS = pytest.mark.parametrize("extraction", ["exports", "pages"])


@pytest.fixture
def tokens(group: Sandbox) -> dict[str, str]:
    """A token for all properties but the last, and three that share its first one.

    The last property is of the other chain than the first one.
    """
    first, *others, last = by_chain(group)
    return {
        "A": group.access.grant([first, *others], name="A"),
        "B": group.access.grant([first, last], name="B"),
        "C": group.access.grant([first], name="C"),
        "D": group.access.grant([first], name="D"),
    }


def by_chain(group: Sandbox) -> list[str]:
    rows = sorted(group.rows("Enterprise"), key=itemgetter("ChainId"))
    return [row["Id"] for row in rows]


def asked_of_chains(group: Sandbox, extraction: str) -> dict[str | None, set[str]]:
    """The chains whose customers each token asked for."""
    operation = "exports/add" if extraction == "exports" else CUSTOMERS
    found: dict[str | None, set[str]] = defaultdict(set)
    for each in group.journal.requests(operation):
        found[each.grant].update((each.body.get("Scope") or each.body)["ChainIds"])
    return found


@METHODS
def test_each_token_reads_the_chains_of_all_that_it_reaches(
    group: Sandbox, history: History, extraction: str
) -> None:
    history.streams = ("customers",)
    history.run(extraction=extraction)
    first = group.rows("Enterprise", by_chain(group)[:1])[0]["ChainId"]
    asked = asked_of_chains(group, extraction)
    assert asked["B"] == {*group.chain_ids}
    assert asked["C"] == asked["D"] == {first}


def test_what_one_of_them_alone_sees_comes(group: Sandbox, history: History) -> None:
    history.streams = ("customers",)
    first = group.rows("Enterprise", by_chain(group)[:1])[0]["ChainId"]

    def hide(body: Json) -> None:
        rows = rows_of(body)
        rows[:] = [row for row in rows if row["ChainId"] != first]

    blind = Where(group, lambda request: request.grant != "C", Spoiled(hide))
    group.faults.add(CUSTOMERS, blind, times=None)
    history.run(extraction="pages")
    assert history.missing() == {}


def test_one_token_of_a_chain_reads_it_where_that_is_to_be_enough(
    group: Sandbox, history: History
) -> None:
    history.run(extraction="pages", read_chains_once=True)
    asked = Counter(
        chain for chains in asked_of_chains(group, "pages").values() for chain in chains
    )
    assert asked == dict.fromkeys(group.chain_ids, 1)
    assert history.missing() == {}


def test_nothing_else_is_asked_for_with_a_token_that_is_there_for_its_chain(
    group: Sandbox, settings: Json
) -> None:
    result = sync(group.config(**settings, extraction="pages")).ok()
    asked = {each.operation for each in group.journal.requests() if each.grant == "C"}
    of_chains = {
        name
        for name in asked
        if (scope := OPERATIONS[name].scope) and scope.parameter == "ChainIds"
    }
    assert CUSTOMERS in of_chains
    assert asked == {ENTERPRISES, *of_chains}
    counted = Counter(row["Id"] for row in result.records["bills"])
    assert {*counted.values()} == {1}


@pytest.mark.parametrize("status", [403, 500])
def test_a_token_that_is_there_for_its_chain_reads_later_what_it_could_not(
    group: Sandbox, history: History, status: int
) -> None:
    history.streams = ("bills", "customers")
    history.run(extraction="pages")
    before = moment(history.bookmark("customers")["replication_key_value"])
    only = Where(group, lambda request: request.grant == "C", Status(status))
    for _ in range(2):
        group.live_on(timedelta(days=1))
        settle(group)
        group.faults.add(CUSTOMERS, only, times=None)
        error = str(history.failing(extraction="pages").error)
        assert error.startswith("Not read: C (customers); the rest")
    group.faults.clear()
    group.journal.clear()
    history.run(extraction="pages")
    asked = group.journal.requests(CUSTOMERS)
    assert min(interval(r)[0] for r in asked if r.grant == "C") == before - LOOKBACK
    assert history.bookmark("customers")["joining"] == []
    assert history.missing() == {}


@pytest.mark.parametrize("stream", ["bills", "services", "rates"])
def test_a_property_is_read_with_it_where_the_other_token_is_refused(
    group: Sandbox, history: History, tokens: dict[str, str], stream: str
) -> None:
    first, *_ = by_chain(group)
    history.settings["access_tokens"] = {key: tokens[key] for key in ("A", "C")}
    history.streams = (stream,)
    only = Where(group, lambda request: request.grant == "A", Status(403))
    group.faults.add(f"{stream}/getAll", only, times=None)
    history.failing(extraction="pages")
    assert history.rows[stream] == truth(group, stream, [first])


def test_a_stream_that_they_are_all_refused_is_named_before_any_row(
    group: Sandbox, history: History, tokens: dict[str, str]
) -> None:
    history.settings["access_tokens"] = {key: tokens[key] for key in ("A", "C")}
    history.streams = ("bills", "customers")
    group.access.revoke("bills/getAll", 403)
    result = history.failing(extraction="pages")
    assert str(result.error).startswith("bills: ")
    assert result.records == {}


def test_exports_are_resumed_by_the_tokens_that_asked_for_them(
    group: Sandbox, history: History
) -> None:
    history.streams = ("customers",)
    group.exports.force_status["Customer"] = "Processing"
    history.failing(extraction="exports", export_timeout_minutes=1)
    group.exports.force_status.clear()
    result = history.run(extraction="exports")
    assert result.log.count("customers: resuming export") == 4
    assert "no longer usable" not in result.log
    assert history.missing() == {}

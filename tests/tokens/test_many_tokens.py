"""One run with a token for each property reads what one token for all would read."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.faults import FILES, Status
from tests.harness import Json, dry_run, moment, select, sync
from tests.pages_harness import BEFORE_ALL, ENTERPRISES, History, settle, truth

if TYPE_CHECKING:
    from sandbox import Sandbox
    from sandbox.answers import Reply
    from sandbox.faults import Call

LATE = 20.0
"""Seconds after which a thread has not done what it must do."""

BILLS = "bills/getAll"
METHODS = pytest.mark.parametrize("extraction", ["exports", "pages"])


def asked_by(sandbox: Sandbox, operation: str) -> Counter[str | None]:
    """How often each token asked for an operation, by the sandbox's names."""
    return Counter(each.grant for each in sandbox.journal.requests(operation))


def rows(history: History) -> dict[str, Any]:
    """What the target has."""
    return {name: found for name, found in history.rows.items() if found}


@METHODS
def test_rows_are_those_of_a_token_that_reaches_all(
    history: History, extraction: str
) -> None:
    history.run(extraction=extraction)
    dates = {"start_date": BEFORE_ALL, "reference_start_date": BEFORE_ALL}
    alone = History(history.sandbox, history.streams, dates)
    alone.run(extraction=extraction)
    assert rows(history) == rows(alone)
    assert rows(history).keys() == {*history.streams}
    assert history.missing() == {}


@METHODS
def test_what_comes_later_comes_by_each_token(
    history: History, extraction: str
) -> None:
    history.run(extraction=extraction)
    history.sandbox.live_on(timedelta(days=2))
    settle(history.sandbox)
    history.sandbox.journal.clear()
    history.run(extraction=extraction)
    assert history.missing() == {}
    asked = asked_by(history.sandbox, "services/getAll")
    assert sorted(asked.values()) == [1, 1, 1, 1]


def test_files_of_several_tokens_are_on_their_way_at_once(history: History) -> None:
    both = threading.Barrier(2)
    met: list[int] = []

    def together(call: Call) -> Reply:
        met.append(both.wait(LATE))
        return call.carry_out()

    history.streams = ("bills",)
    history.sandbox.faults.add(FILES, together, times=4)
    history.run(extraction="exports")
    assert len(met) == 4
    assert history.missing() == {}


def test_the_state_is_that_of_a_token_that_reaches_all(history: History) -> None:
    history.run()
    dates = {"start_date": BEFORE_ALL, "reference_start_date": BEFORE_ALL}
    alone = History(history.sandbox, history.streams, dates)
    alone.run()
    for stream in history.streams:
        mine, other = history.bookmark(stream), alone.bookmark(stream)
        assert mine["covers"] == other["covers"]
        assert mine["joining"] == []
        later = abs(
            moment(mine["replication_key_value"])
            - moment(other["replication_key_value"])
        )
        assert later < timedelta(hours=1)


def test_tokens_may_be_a_list(history: History) -> None:
    tokens = history.settings["access_tokens"]
    history.run(access_tokens=[*tokens.values()])
    assert history.missing() == {}


def test_a_property_that_two_tokens_reach_is_read_by_one_of_them(
    group: Sandbox, history: History, tokens: dict[str, str]
) -> None:
    first, second, third, _ = group.enterprise_ids
    tokens["Both"] = group.access.grant([first, second], name="Both")
    tokens["Again"] = group.access.single_property(third)
    history.run(access_tokens=tokens, extraction="pages")
    names = set(asked_by(group, BILLS))
    assert "Both" in names
    assert len(names) == 3
    assert history.missing() == {}


def test_a_token_that_reaches_more_is_asked_for_what_it_is_there_for(
    group: Sandbox, history: History
) -> None:
    first, second, third, fourth = group.enterprise_ids
    overlapping = {
        "A": group.access.grant([first, second, third], name="A"),
        "B": group.access.grant([third, fourth], name="B"),
    }
    result = history.run(access_tokens=overlapping, extraction="pages")
    named = {
        request.grant: request.body.get("EnterpriseIds")
        for request in group.journal.requests(BILLS)
    }
    assert named == {"A": None, "B": [fourth]}
    counted = Counter(row["Id"] for row in result.records["enterprises"])
    assert set(counted) == set(group.enterprise_ids)
    assert history.missing() == {}


def test_what_is_the_same_for_everybody_is_asked_for_once(
    group: Sandbox, settings: Json
) -> None:
    result = sync(group.config(**settings), catalog=select("countries")).ok()
    assert len(result.records["countries"]) == len(group.rows("Country"))
    assert sum(asked_by(group, "countries/getAll").values()) == 1


def test_each_token_reads_its_chain_unless_one_is_to_be_enough(
    history: History,
) -> None:
    group = history.sandbox
    history.run(extraction="pages")
    assert len(asked_by(group, "customers/getAll")) == 4
    group.journal.clear()
    once = History(group, history.streams, history.settings)
    once.run(extraction="pages", read_chains_once=True)
    assert len(asked_by(group, "customers/getAll")) == 2
    assert once.missing() == {}


def test_one_pipeline_goes_from_a_token_for_all_to_many_and_back(
    group: Sandbox, history: History, settings: Json
) -> None:
    many = dict(history.settings)
    history.settings = {**settings, "access_tokens": None, "access_token": None}
    for tokens in (
        {"access_token": group.access_token},
        many,
        {"access_tokens": {"portfolio": group.access_token}},
        {"access_token": group.access_token},
    ):
        history.settings = {**settings, "access_tokens": None, **tokens}
        began = history.state and history.bookmark("bills")["replication_key_value"]
        group.journal.clear()
        result = history.run(extraction="pages")
        assert history.missing() == {}
        if began:
            windows = [
                each.body["UpdatedUtc"] for each in group.journal.requests(BILLS)
            ]
            first = min(moment(each["StartUtc"]) for each in windows)
            assert first == moment(began) - timedelta(minutes=5)
        assert "begins" not in result.log
        group.live_on(timedelta(days=1))
        settle(group)


def test_a_property_whose_token_is_new_gets_its_history(
    group: Sandbox, history: History, tokens: dict[str, str]
) -> None:
    late = tokens.pop("West")
    history.run(access_tokens=dict(tokens))
    group.live_on(timedelta(days=1))
    settle(group)
    history.run(access_tokens={**tokens, "West": late})
    assert history.missing() == {}


def test_a_property_whose_token_was_away_goes_on_where_it_was(
    group: Sandbox, history: History, tokens: dict[str, str]
) -> None:
    history.run(extraction="pages")
    before = moment(history.bookmark("bills")["replication_key_value"])
    west = tokens.pop("West")
    group.live_on(timedelta(days=1))
    settle(group)
    history.run(access_tokens=dict(tokens), extraction="pages")
    group.live_on(timedelta(days=1))
    settle(group)
    group.journal.clear()
    history.run(access_tokens={**tokens, "New name": west}, extraction="pages")
    hotel = group.enterprise_ids[-1]
    windows = [
        each.body["UpdatedUtc"]
        for each in group.journal.requests(BILLS)
        if each.body.get("EnterpriseIds") == [hotel]
    ]
    assert min(moment(each["StartUtc"]) for each in windows) == before - timedelta(
        minutes=5
    )
    assert history.missing() == {}


def test_a_token_that_may_not_list_is_asked_for_its_property(
    group: Sandbox, history: History
) -> None:
    group.access.revoke(ENTERPRISES)
    history.streams = ("bills", "customers", "services", "source_assignments")
    history.run(extraction="pages")
    assert sum(asked_by(group, "configuration/get").values()) == 4
    assert history.missing() == {}


def test_a_test_with_many_tokens_asks_for_all_properties(
    group: Sandbox, settings: Json
) -> None:
    result = dry_run(group.config(**settings))
    assert result.error is None
    assert len(asked_by(group, ENTERPRISES)) == 4


def test_the_settings_narrow_what_the_tokens_reach(
    group: Sandbox, history: History
) -> None:
    history.settings["enterprise_ids"] = group.enterprise_ids[1:3]
    history.streams = ("bills", "enterprises", "services", "source_assignments")
    history.run(extraction="pages")
    assert set(history.rows["enterprises"]) == set(group.enterprise_ids)
    for stream in set(history.streams) - {"enterprises"}:
        assert history.rows[stream] == truth(
            group, stream, history.settings["enterprise_ids"]
        )
    assert len(asked_by(group, BILLS)) == 2


@pytest.mark.parametrize("hotel", [0, -1])
def test_what_belongs_to_no_property_is_read_whichever_the_settings_name(
    group: Sandbox, settings: Json, hotel: int
) -> None:
    settings["enterprise_ids"] = [group.enterprise_ids[hotel]]
    keys = {
        "countries": ("Country", "Code"),
        "tax_rates": ("TaxRate", "Code"),
        "sources": ("Source", "Id"),
    }
    result = sync(group.config(**settings), catalog=select(*keys)).ok()
    for stream, (entity, key) in keys.items():
        found = {row[key] for row in result.records[stream]}
        assert found == {row[key] for row in group.rows(entity)}, stream


def test_a_429_of_one_token_does_not_hold_up_the_others(
    group: Sandbox, history: History
) -> None:
    group.faults.add(BILLS, Status(429, headers={"Retry-After": "9"}), times=1)
    result = history.run(extraction="pages")
    assert result.log.count("rate limit reached") == 1
    assert history.missing() == {}


def test_no_row_comes_twice_by_two_tokens(group: Sandbox, settings: Json) -> None:
    result = sync(group.config(**settings)).ok()
    for stream, records in result.records.items():
        if stream in {"enterprises", "bills", "order_items", "reservations"}:
            counted = Counter(row["Id"] for row in records)
            assert set(counted.values()) == {1}, stream

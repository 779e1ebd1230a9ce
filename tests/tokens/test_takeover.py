"""What one token may not read is read with another one, or in another way."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from sandbox.faults import Status
from tests.pages_harness import BEFORE_ALL, History, Where, interval, settle, truth
from tests.tokens.test_many_tokens import asked_by

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sandbox.journal import Request
    from tests.harness import Json

BILLS, SERVICES, RATES = "bills/getAll", "services/getAll", "rates/getAll"

STREAMS = ("bills", "services", "rates", "source_assignments")


def refuse(
    group: Sandbox, operation: str, names: Iterable[str | None], status: int
) -> None:
    """Refuse an operation to some tokens from now on."""
    only = Where(group, lambda request: request.grant in {*names}, Status(status))
    group.faults.add(operation, only, times=None)


@pytest.fixture
def overlapping(group: Sandbox) -> dict[str, str]:
    """A token for three of the hotels, one for two of them, and one for the last."""
    first, second, third, fourth = group.enterprise_ids
    return {
        "A": group.access.grant([first, second, third], name="A"),
        "B": group.access.grant([second, third], name="B"),
        "C": group.access.grant([fourth], name="C"),
    }


@pytest.mark.parametrize("stream", ["bills", "customers"])
@pytest.mark.parametrize("days", [0, 30], ids=["at first", "later"])
def test_what_no_token_may_look_at_as_exports_is_read_page_by_page(
    group: Sandbox, history: History, stream: str, days: int
) -> None:
    history.streams = (stream,)
    if days:
        history.run()
        group.live_on(timedelta(days=days))
        settle(group)
    group.access.revoke("exports/getAll", 403)
    history.run(extraction="auto")
    assert history.missing() == {}


def test_a_token_that_takes_over_is_asked_for_what_it_reaches_alone(
    group: Sandbox, settings: Json
) -> None:
    one, other, *_ = group.enterprise_ids
    reached = {"One": [one], "Other": [other], "Both": [one, other]}
    settings["access_tokens"] = {
        name: group.access.grant(ids, portfolio=name == "Both", name=name)
        for name, ids in reached.items()
    }
    history = History(group, ("rate_groups",), settings)
    group.access.revoke("rateGroups/getAll", 403, [other])
    assert str(history.failing().error).startswith("Not read: ")
    assert {each.status for each in group.journal.requests(SERVICES)} == {200}


def test_lists_of_a_chain_are_asked_for_with_the_tokens_of_that_chain() -> None:
    with Sandbox(properties=2, chains=2, days=6) as group:
        group.limits.requests = 1_000_000
        for row in group.rows("LoyaltyProgram"):
            second = group.new_row("LoyaltyProgram", ChainId=row["ChainId"])
            group.put("LoyaltyProgram", second)
        settle(group)
        tokens = [group.access.single_property(key) for key in group.enterprise_ids]
        many = {"access_token": None, "access_tokens": tokens}
        history = History(group, ("loyalty_tiers", "outlets"), many)
        refuse(group, "loyaltyTiers/getAll", [group.access.find(tokens[1]).name], 403)
        error = str(history.failing().error)
        assert error.startswith("Not read: token 2 (loyalty_tiers)")
        group.faults.clear()
        history.run()
        assert history.missing() == {}


@pytest.mark.parametrize("status", [401, 403])
def test_what_no_token_may_read_is_tried_with_each_of_them_once(
    group: Sandbox, settings: Json, overlapping: dict[str, str], status: int
) -> None:
    """The refusal comes late: exports can be added, but not looked at."""
    settings |= {"access_tokens": overlapping, "extraction": "exports"}
    settings["enterprise_ids"] = group.enterprise_ids[1:2]
    history = History(group, ("bills", "services"), settings)
    refuse(group, "exports/getAll", ["A", "B"], status)
    assert str(history.failing().error).startswith("Not read: B (bills)")
    assert asked_by(group, "exports/getAll") == {"A": 1, "B": 1}
    group.faults.clear()
    history.run()
    assert history.missing() == {}


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("operation", [BILLS, SERVICES])
def test_a_property_is_read_with_another_token_where_one_is_refused(
    group: Sandbox,
    settings: Json,
    overlapping: dict[str, str],
    operation: str,
    status: int,
) -> None:
    first, *_ = group.enterprise_ids
    history = History(group, (operation.partition("/")[0],), settings)
    refuse(group, operation, ["A"], status)
    what = {"access_tokens": overlapping, "extraction": "pages"}
    result = history.failing(**what)
    stream = operation.partition("/")[0]
    assert str(result.error).startswith(f"Not read: A ({stream}); the rest")
    assert "reading it with B instead" in result.log
    seen = {row["EnterpriseId"] for row in history.rows[stream].values()}
    assert seen == {*group.enterprise_ids} - {first}
    group.live_on(timedelta(days=2))
    settle(group)
    history.failing(**what)
    group.faults.clear()
    history.run(**what)
    assert history.missing() == {}


def test_children_that_only_the_refused_token_has_are_asked_for_alone_once(
    group: Sandbox, settings: Json, overlapping: dict[str, str]
) -> None:
    _, *others = group.enterprise_ids
    refuse(group, RATES, ["A"], 403)
    settings["access_tokens"] = overlapping
    history = History(group, ("rates", "sources"), settings)
    error = str(history.failing().error)
    assert error.startswith("Not read: A (rates); the rest")
    assert history.rows["rates"] == truth(group, "rates", others)
    asked = [
        (each.grant, str(each.body["ServiceIds"]), interval(each))
        for each in group.journal.requests(RATES)
    ]
    assert len(asked) == len({*asked})
    group.faults.clear()
    history.run()
    assert history.missing() == {}


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("others", ["B", "BC", "BD", "BCD"])
def test_what_is_under_a_list_is_read_with_another_token_where_one_may_not_list(
    group: Sandbox,
    settings: Json,
    overlapping: dict[str, str],
    others: str,
    status: int,
) -> None:
    """Whether the other tokens of the run list some of it anyhow or not."""
    first, second, third, fourth = group.enterprise_ids
    overlapping["D"] = group.access.grant([first, second], name="D")
    settings["access_tokens"] = {name: overlapping[name] for name in f"A{others}"}
    streams = ("products", "rate_groups", "rates", "restrictions", "services")
    history = History(group, streams, settings)
    reached = [second, third] + [first] * ("D" in others) + [fourth] * ("C" in others)
    for days in (2, 1):
        refuse(group, SERVICES, ["A"], status)
        if "D" in others:
            history.run()
        else:
            error = str(history.failing().error)
            assert error.startswith("Not read: A (")
            assert all(stream in error for stream in streams)
        for stream in streams:
            expected = truth(group, stream, reached)
            assert {key: history.rows[stream].get(key) for key in expected} == expected
        asked = asked_by(group, SERVICES)
        assert max(asked[name] for name in others) <= 2  # for the stream, and its list
        group.faults.clear()
        group.journal.clear()
        group.live_on(timedelta(days=days))
        settle(group)
    history.run()
    for stream in streams:
        expected = truth(group, stream, [first, *reached])
        assert {key: history.rows[stream].get(key) for key in expected} == expected


def test_of_a_list_that_is_refused_for_one_property_another_token_lists_that_one(
    group: Sandbox, settings: Json, overlapping: dict[str, str]
) -> None:
    _, second, *_ = group.enterprise_ids

    def is_refused(request: Request) -> bool:
        named = request.body.get("EnterpriseIds", [second])
        return request.grant == "A" and second in named

    group.faults.add(SERVICES, Where(group, is_refused, Status(403)), times=None)
    settings["access_tokens"] = overlapping
    history = History(group, ("rates", "restrictions"), settings)
    for days in (2, 1):
        result = history.run()
        assert "reading it and what belongs to it with B" in result.log
        assert history.missing() == {}
        named = [
            each.body.get("EnterpriseIds")
            for each in group.journal.requests(SERVICES)
            if each.grant == "B"
        ]
        assert named == [[second]]
        group.journal.clear()
        group.live_on(timedelta(days=days))
        settle(group)


@pytest.mark.parametrize("has_rest", [False, True], ids=["all", "some"])
@pytest.mark.parametrize("stream", ["bills", "rates"])
def test_of_properties_that_are_refused_together_those_that_may_be_read_come(
    group: Sandbox,
    settings: Json,
    overlapping: dict[str, str],
    stream: str,
    *,
    has_rest: bool,
) -> None:
    """Whether all tokens are refused or others are not."""
    *others, third, fourth = group.enterprise_ids
    if has_rest:
        others.append(fourth)
    else:
        del overlapping["C"]
    operation = f"{stream}/getAll"
    group.access.revoke(operation, 403, [third])
    settings |= {"access_tokens": overlapping, "extraction": "pages"}
    history = History(group, (stream, "sources"), settings)
    for days in (2, 1):
        error = str(history.failing().error)
        assert error.startswith("Not read: ")
        expected = truth(group, stream, others)
        assert {key: history.rows[stream].get(key) for key in expected} == expected
        group.live_on(timedelta(days=days))
        settle(group)
    group.access.allow(operation)
    history.run()
    assert history.rows[stream] == truth(group, stream, [*others, third])


def test_nothing_fails_where_other_tokens_have_all_of_it(
    group: Sandbox, settings: Json, overlapping: dict[str, str]
) -> None:
    overlapping["D"] = group.access.grant([group.enterprise_ids[0]], name="D")
    history = History(group, STREAMS, settings)
    what = {"access_tokens": overlapping, "extraction": "pages"}
    for days in (2, 1):
        refuse(group, BILLS, ["A"], 401)
        refuse(group, "sourceAssignments/getAll/2024-09-20", ["A"], 403)
        result = history.run(**what)
        assert history.missing() == {}
        assert {"B", "C", "D"} <= set(asked_by(group, BILLS))
        assert result.log.count("instead") == 2
        assert history.bookmark("bills")["joining"] == []
        group.faults.clear()
        group.journal.clear()
        group.live_on(timedelta(days=days))
        settle(group)
    history.run(**what)
    assert history.missing() == {}


@pytest.mark.parametrize("operation", ["exports/add", "exports/getAll"])
def test_what_one_token_may_not_export_is_read_page_by_page(
    group: Sandbox, settings: Json, tokens: dict[str, str], operation: str
) -> None:
    name = group.access.find(tokens["East"]).name
    refuse(group, operation, [name], 401)
    history = History(group, ("bills", "customers"), settings)
    result = history.run(extraction="auto")
    assert history.missing() == {}
    assert "reading it with East page by page" in result.log
    assert {*asked_by(group, BILLS)} == {name}
    history.run(extraction="auto")
    assert history.missing() == {}


@pytest.mark.parametrize("days", [1, 0])
def test_the_last_days_of_a_ledger_come_in_the_same_run_page_by_page(days: int) -> None:
    """Its bookmark is behind them, since they go on."""
    with Sandbox(properties=2, days=15) as group:
        group.limits.requests = 1_000_000
        settle(group)
        tokens = [group.access.single_property(key) for key in group.enterprise_ids]
        many: Json = {"access_token": None, "access_tokens": tokens}
        many["start_date"] = BEFORE_ALL
        history = History(group, ("ledger_entries",), many)
        refuse(group, "exports/add", [group.access.find(tokens[1]).name], 403)
        for _ in range(2):
            history.run(extraction="auto", ledger_lookback_days=days)
            assert history.missing() == {}
            group.live_on(timedelta(days=1))
            settle(group)


def test_a_token_that_fails_while_one_of_its_properties_joins_stays_behind_whole(
    group: Sandbox, settings: Json
) -> None:
    """Also of what was there before, whose exports come later."""
    first, second, third, fourth = group.enterprise_ids
    history = History(group, ("bills",), settings)
    before = {
        "A": group.access.grant([first, second], name="A"),
        "C": group.access.grant([fourth], name="C"),
    }
    history.run(access_tokens=before, extraction="exports")
    group.live_on(timedelta(days=2))
    settle(group)
    later = before | {"A": group.access.grant([first, second, third], name="A, later")}
    refuse(group, "exports/getAll", ["A, later"], 400)
    history.failing(access_tokens=later, extraction="exports")
    group.faults.clear()
    history.run(access_tokens=later, extraction="exports")
    assert history.missing() == {}


def test_a_chain_is_read_with_another_token_where_one_was_to_be_enough(
    group: Sandbox, settings: Json
) -> None:
    history = History(group, ("customers",), settings)
    what = {"read_chains_once": True, "extraction": "pages"}
    history.run(**what)
    first = {*asked_by(group, "customers/getAll")}
    group.live_on(timedelta(days=2))
    settle(group)
    refuse(group, "customers/getAll", first, 401)
    group.journal.clear()
    history.run(**what)
    assert {*asked_by(group, "customers/getAll")} - first
    assert history.missing() == {}


def test_others_are_read_where_the_first_request_is_of_a_token_that_is_refused(
    group: Sandbox, settings: Json
) -> None:
    """A property that joins is read first, and its token may be the only one there."""
    first, second, third, fourth = group.enterprise_ids
    history = History(group, ("bills",), settings)
    before = {
        "A": group.access.grant([first], name="A"),
        "C": group.access.grant([third, fourth], name="C"),
    }
    history.run(access_tokens=before, extraction="pages")
    group.live_on(timedelta(days=2))
    settle(group)
    later = before | {"A": group.access.grant([first, second], name="A, later")}
    refuse(group, BILLS, ["A, later"], 403)
    result = history.failing(access_tokens=later, extraction="pages")
    assert str(result.error).startswith("Not read: A (bills); the rest")
    assert history.missing()["bills"].isdisjoint(
        row["Id"] for row in group.rows("Bill", [third, fourth])
    )
    group.faults.clear()
    history.run(access_tokens=later, extraction="pages")
    assert history.missing() == {}


def refuse_later(group: Sandbox, name: str, hotels: list[str]) -> None:
    """Refuse bills of hotels to all tokens from the second page of one of them on."""

    def is_second_page(request: Request) -> bool:
        if request.grant == name and request.body["Limitation"]["Cursor"]:
            group.access.revoke(BILLS, 403, hotels)
            group.faults.clear()
            return True
        return False

    only = Where(group, is_second_page, Status(403))
    group.faults.add(BILLS, only, times=None)


@pytest.fixture
def narrowed(group: Sandbox, settings: Json) -> History:
    """Bills of three hotels: Mews refuses those of the second, which A alone reaches.

    So the run reads the others with B.
    """
    first, second, third, _ = group.enterprise_ids
    settings["access_tokens"] = {
        "A": group.access.grant([first, second, third], name="A"),
        "B": group.access.grant([first, third], name="B"),
    }
    settings |= {"extraction": "pages", "page_size": 2}
    group.access.revoke(BILLS, 403, [second])
    return History(group, ("bills",), settings)


@pytest.mark.parametrize("days", [0, 3], ids=["at first", "later"])
def test_what_no_token_may_read_is_where_it_was_after_a_second_refusal(
    group: Sandbox, narrowed: History, days: int
) -> None:
    """By then, the stream is read with some of the tokens and its bookmark moves."""
    first, second, third, _ = group.enterprise_ids
    before = {}
    if days:
        group.access.allow(BILLS)
        narrowed.run()
        value = narrowed.bookmark("bills")["replication_key_value"]
        before = {"replication_key_value": value}
        group.live_on(timedelta(days=days))
        settle(group)
        group.access.revoke(BILLS, 403, [second])
    refuse_later(group, "B", [second, third])
    narrowed.failing()
    state = narrowed.bookmark("bills")
    assert state["covers"] == [first]
    assert {"ids": [second], **before} in state["joining"]
    group.access.allow(BILLS)
    group.live_on(timedelta(hours=3))
    settle(group)
    narrowed.run()
    reached = truth(group, "bills", [first, second, third])
    assert narrowed.rows["bills"] == reached
    assert narrowed.bookmark("bills")["joining"] == []


def test_no_property_is_taken_for_gone_while_others_are_read_with_some_tokens(
    group: Sandbox, narrowed: History
) -> None:
    *reached, _ = group.enterprise_ids
    group.access.allow(BILLS)
    narrowed.run()
    group.live_on(timedelta(days=3))
    settle(group)
    group.access.revoke(BILLS, 403, reached[1:2])
    refuse_later(group, "B", reached)
    narrowed.streams = ("bills", "sources")
    narrowed.run(skip_unauthorized_streams=True)
    state = narrowed.bookmark("bills")
    assert state["left"] == []
    joining = [key for group in state["joining"] for key in group["ids"]]
    assert sorted([*state["covers"], *joining]) == sorted(reached)


def test_the_report_tells_apart_what_is_read_again(
    group: Sandbox, settings: Json, overlapping: dict[str, str], tmp_path: Path
) -> None:
    first, *_, last = group.enterprise_ids
    path = tmp_path / "report.json"
    settings |= {"extraction": "pages", "report_path": str(path)}
    settings["access_tokens"] = {name: overlapping[name] for name in "AB"}
    history = History(group, ("bills",), settings)
    history.run()
    settings["access_tokens"] = overlapping
    group.live_on(timedelta(days=2))
    settle(group)
    refuse(group, BILLS, ["A"], 403)
    history.failing()
    (stream,) = json.loads(path.read_text())["streams"]
    (joined,) = (each for each in stream["parts"] if each["ids"] == [last])
    assert joined["complete"]
    assert joined["rows"] == len(group.rows("Bill", [last]))
    assert joined["bookmark"]["before"] is None
    with_first = [each for each in stream["parts"] if first in each["ids"]]
    assert with_first
    assert not any(each["complete"] for each in with_first)

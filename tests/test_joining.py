"""A property that comes late brings its history with it."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from tests.export_harness import ENTITIES, added, by_exports, postings, truth
from tests.harness import Json, Result, moment, records_by_id, select, sync
from tests.pages_harness import History, settle

if TYPE_CHECKING:
    from sandbox import Sandbox

each_stream = pytest.mark.parametrize("stream", sorted(ENTITIES))
OF_A_CHAIN = {"customers", "companies"}


def later(sandbox: Sandbox) -> None:
    """Let some time pass, so that all that was done can be read."""
    sandbox.live_on(timedelta(hours=8))
    sandbox.clock.advance(timedelta(minutes=10))


def asked_since(sandbox: Sandbox, number: int) -> list[object]:
    """The scopes of all exports but the first ones; of many windows each scope once."""
    scopes = [body.get("Scope") for body in added(sandbox)[number:]]
    return [scope for scope, _ in groupby(scopes)]


def scope_of(sandbox: Sandbox, stream: str, enterprise_id: str) -> dict[str, list[str]]:
    """The scope that names a property, or its chain, alone."""
    if stream not in OF_A_CHAIN:
        return {"EnterpriseIds": [enterprise_id]}
    rows = sandbox.rows("Enterprise")
    return {
        "ChainIds": [row["ChainId"] for row in rows if row["Id"] == enterprise_id],
    }


@each_stream
def test_what_joins_brings_its_history(sandbox: Sandbox, stream: str) -> None:
    catalog = select(stream)
    later(sandbox)
    first = sync(by_exports(sandbox), catalog=catalog).ok()
    sandbox.add_property(new_chain=True)
    later(sandbox)
    second = sync(by_exports(sandbox), first.state, catalog).ok()
    assert records_by_id(stream, first, second) == truth(sandbox, stream)


@each_stream
def test_what_joins_is_read_alone_up_to_the_bookmark_and_then_together(
    sandbox: Sandbox, stream: str
) -> None:
    first = sync(by_exports(sandbox), catalog=select(stream)).ok()
    before = len(added(sandbox))
    joined = sandbox.add_property(new_chain=True)
    later(sandbox)
    sync(by_exports(sandbox), first.state, select(stream)).ok()
    assert asked_since(sandbox, before) == [scope_of(sandbox, stream, joined), None]


@each_stream
def test_what_has_joined_goes_on_together_with_the_rest(
    sandbox: Sandbox, stream: str
) -> None:
    first = sync(by_exports(sandbox), catalog=select(stream)).ok()
    sandbox.add_property(new_chain=True)
    later(sandbox)
    second = sync(by_exports(sandbox), first.state, select(stream)).ok()
    before = len(added(sandbox))
    later(sandbox)
    third = sync(by_exports(sandbox), second.state, select(stream)).ok()
    assert asked_since(sandbox, before) == [None]
    assert records_by_id(stream, first, second, third) == truth(sandbox, stream)


def test_a_property_of_a_known_chain_joins_without_an_export_of_the_chain(
    sandbox: Sandbox,
) -> None:
    first = sync(by_exports(sandbox), catalog=select("customers")).ok()
    sandbox.add_property()
    later(sandbox)
    second = sync(by_exports(sandbox), first.state, select("customers")).ok()
    assert asked_since(sandbox, 1) == [None]
    assert records_by_id("customers", first, second) == truth(sandbox, "customers")


@pytest.mark.parametrize("extraction", ["exports", "pages"])
def test_guests_whom_an_earlier_release_cut_off_are_read_once(
    sandbox: Sandbox, extraction: str
) -> None:
    settings: Json = {"start_date": "2026-02-20", "extraction": extraction}
    cut = {**settings, "reference_start_date": "2026-02-20"}
    catalog = select("customers")
    first = sync(sandbox.config(**cut), catalog=catalog).ok()
    everyone = {row["Id"] for row in sandbox.rows("Customer")}
    assert {row["Id"] for row in first.records["customers"]} < everyone
    # 0.1 did not note where a history begins
    state = first.long_state
    del state["bookmarks"]["customers"]["start_date"]

    second = sync(sandbox.config(**settings), state, catalog).ok()

    assert "a start date limited its history" in second.log
    both = first.records["customers"] + second.records["customers"]
    assert {row["Id"] for row in both} == everyone
    third = sync(sandbox.config(**settings), second.state, catalog).ok()
    assert "a start date limited its history" not in third.log
    assert len(third.records["customers"]) < len(everyone)


def test_what_was_away_when_a_cut_off_history_is_read_again_brings_all_of_it(
    sandbox: Sandbox,
) -> None:
    settle(sandbox)
    one = {"enterprise_ids": sandbox.enterprise_ids[:1]}
    limit = {"reference_start_date": "2026-02-27"}
    history = History(sandbox, ("business_segments",))
    for settings in (limit, {**limit, **one}, one, {}):
        later(sandbox)
        history.run(**settings)
    assert history.missing() == {}


def test_what_joined_while_a_later_start_was_set_is_read_whole_without_it(
    sandbox: Sandbox,
) -> None:
    settle(sandbox)
    one = {"enterprise_ids": sandbox.enterprise_ids[:1]}
    history = History(sandbox, ("business_segments",))
    for settings in (one, {"reference_start_date": "2026-02-27"}, {}):
        later(sandbox)
        result = history.run(**settings)
    assert history.missing() == {}
    assert "a start date limited its history" in result.log
    assert "a start date limited its history" not in history.run().log


def test_a_start_that_is_earlier_than_that_of_what_joined_is_told(
    sandbox: Sandbox,
) -> None:
    settle(sandbox)
    one = {"enterprise_ids": sandbox.enterprise_ids[:1]}
    history = History(sandbox, ("bills", "payments"))
    told = "start_date is earlier than it was in a previous run"
    for settings in (one, {"start_date": "2026-02-27"}):
        later(sandbox)
        assert told not in history.run(**settings).log
    assert told in history.run().log


@pytest.mark.parametrize("extraction", ["auto", "pages"])
def test_a_property_of_unknown_age_is_read_from_the_beginning_of_mews(
    sandbox: Sandbox, extraction: str
) -> None:
    old, new = sandbox.rows("Enterprise")
    sandbox.put("Enterprise", {**old, "CreatedUtc": None})
    sandbox.put("Enterprise", {**new, "CreatedUtc": "2026-02-20T00:00:00Z"})
    settle(sandbox)
    streams = ("bills", "source_assignments")
    history = History(sandbox, streams, {"extraction": extraction})
    history.run()
    assert history.missing() == {}


def test_history_begins_at_the_start_date_for_what_joins_too(sandbox: Sandbox) -> None:
    config = by_exports(sandbox, start_date="2026-02-20")
    first = sync(config, catalog=select("bills")).ok()
    sandbox.add_property()
    later(sandbox)
    sync(config, first.state, select("bills")).ok()
    joining = added(sandbox, "Bill")[1]
    assert joining["Filters"]["UpdatedUtc"]["StartUtc"] == "2026-02-20T00:00:00Z"


def test_the_ledger_of_what_joins_is_read_from_a_year_before_it_was_created(
    sandbox: Sandbox,
) -> None:
    first = sync(by_exports(sandbox), catalog=select("ledger_entries")).ok()
    before = len(added(sandbox))
    joined = sandbox.add_property()
    later(sandbox)
    sync(by_exports(sandbox), first.state, select("ledger_entries")).ok()
    (created,) = (
        row["CreatedUtc"] for row in sandbox.rows("Enterprise") if row["Id"] == joined
    )
    year_before = moment(created) - timedelta(days=366)
    assert postings(sandbox)[before][0] == year_before.date().isoformat()


@pytest.mark.parametrize("stream", ["bills", "ledger_entries"])
def test_what_is_added_to_enterprise_ids_brings_its_history(
    sandbox: Sandbox, stream: str
) -> None:
    one, two = sandbox.enterprise_ids
    later(sandbox)
    first = sync(by_exports(sandbox, enterprise_ids=[one]), catalog=select(stream)).ok()
    config = by_exports(sandbox, enterprise_ids=[two, one])
    before = len(added(sandbox))
    later(sandbox)
    second = sync(config, first.state, select(stream)).ok()
    assert asked_since(sandbox, before)[0] == {"EnterpriseIds": [two]}
    assert records_by_id(stream, first, second) == truth(sandbox, stream)


def test_what_is_added_to_chain_ids_brings_its_history(sandbox: Sandbox) -> None:
    sandbox.add_property(new_chain=True)
    later(sandbox)
    one, two = sandbox.chain_ids
    catalog = select("customers")
    first = sync(by_exports(sandbox, chain_ids=[one]), catalog=catalog).ok()
    later(sandbox)
    config = by_exports(sandbox, chain_ids=[one, two])
    second = sync(config, first.state, catalog).ok()
    assert asked_since(sandbox, 1)[0] == {"ChainIds": [two]}
    assert records_by_id("customers", first, second) == truth(sandbox, "customers")


def test_what_leaves_and_comes_back_misses_nothing(sandbox: Sandbox) -> None:
    both, one = by_exports(sandbox), sandbox.enterprise_ids[0]
    catalog = select("order_items")
    results = [sync(both, catalog=catalog).ok()]
    for config in ({**both, "enterprise_ids": [one]}, both):
        later(sandbox)
        results.append(sync(config, results[-1].state, catalog).ok())
    assert records_by_id("order_items", *results) == truth(sandbox, "order_items")


def test_properties_that_join_one_after_the_other_all_bring_their_history(
    sandbox: Sandbox,
) -> None:
    catalog = select("bills", "customers", "ledger_entries")
    results = [sync(by_exports(sandbox), catalog=catalog).ok()]
    for new_chain in (False, True, False):
        sandbox.add_property(new_chain=new_chain)
        later(sandbox)
        results.append(sync(by_exports(sandbox), results[-1].state, catalog).ok())
    for stream in ("bills", "customers", "ledger_entries"):
        assert records_by_id(stream, *results) == truth(sandbox, stream), stream


def test_a_sync_may_go_on_from_any_state_while_properties_join(
    sandbox: Sandbox,
) -> None:
    catalog = select("bills")
    config = by_exports(
        sandbox, start_date="2026-01-25", export_window_days=12, lookback_minutes=0
    )
    first = sync({**config, "end_date": "2026-02-20"}, catalog=catalog).ok()
    sandbox.add_property()
    later(sandbox)
    second = sync(config, first.state, catalog).ok()
    ends = [
        number for number, each in enumerate(second.messages) if each["type"] == "STATE"
    ]
    assert len(ends) > 5
    for end in ends:
        cut = Result(second.lines[: end + 1])
        third = sync(config, cut.state, catalog).ok()
        fourth = sync(config, third.state, catalog).ok()
        held = records_by_id("bills", first, cut, third, fourth)
        assert held == truth(sandbox, "bills")


def test_a_property_may_join_while_another_one_is_joining(sandbox: Sandbox) -> None:
    catalog = select("bills")
    config = by_exports(sandbox, start_date="2026-01-25", export_window_days=12)
    first = sync(config, catalog=catalog).ok()
    sandbox.add_property()
    later(sandbox)
    second = sync(config, first.state, catalog).ok()
    half = next(
        number
        for number, state in enumerate(second.states)
        if any(
            "replication_key_value" in each
            for each in state["bookmarks"]["bills"]["joining"]
        )
    )
    end = [n for n, each in enumerate(second.messages) if each["type"] == "STATE"][half]
    cut = Result(second.lines[: end + 1])
    sandbox.add_property()
    later(sandbox)
    third = sync(config, cut.state, catalog).ok()
    fourth = sync(config, third.state, catalog).ok()
    assert records_by_id("bills", first, cut, third, fourth) == truth(sandbox, "bills")

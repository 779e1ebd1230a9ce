"""Reference data: whole at first, then what changes, with all of what is new."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from facts import STREAMS as FACTS
from tests.harness import select, sync
from tests.pages_harness import History, Spoiled, settle

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.harness import Json

LATER = timedelta(days=1)
RATES = "rates/getAll"
LONG_AGO = "2026-02-10T08:00:00Z"
"""After the first row of the sandbox, and before the first run."""


def test_start_date_does_not_bound_it(sandbox: Sandbox) -> None:
    history = History(sandbox, ("rates",), {"start_date": "2026-03-01"})
    history.run()
    assert history.missing() == {}
    (request,) = sandbox.journal.requests(RATES)
    assert "UpdatedUtc" not in request.body


def test_a_run_reads_what_has_changed_since_the_last_one(sandbox: Sandbox) -> None:
    history = History(sandbox, ("rates",))
    history.run()
    rate = sandbox.rows("Rate")[0]
    sandbox.clock.advance(LATER)
    now = sandbox.new_row("Rate")["UpdatedUtc"]
    sandbox.put("Rate", {**rate, "ShortName": "NEW", "UpdatedUtc": now})
    settle(sandbox)
    result = history.run()
    assert history.missing() == {}
    assert [row["Id"] for row in result.records["rates"]] == [rate["Id"]]


def test_the_rates_of_a_service_that_is_new_come_from_their_beginning(
    sandbox: Sandbox,
) -> None:
    history = History(sandbox, ("services", "rates"))
    history.run()
    service = sandbox.put("Service", sandbox.new_row("Service"))
    old: Json = {"ServiceId": service["Id"], "UpdatedUtc": LONG_AGO}
    rate = sandbox.put("Rate", sandbox.new_row("Rate", **old))
    settle(sandbox)
    history.run()
    assert rate["Id"] in history.rows["rates"]
    assert history.missing() == {}
    assert service["Id"] in history.bookmark("rates")["covers"]
    assert not history.bookmark("rates")["joining"]


def test_parents_are_the_same_in_capitals(sandbox: Sandbox) -> None:
    def capitalize(body: Json) -> None:
        for row in body["Services"]:
            row["Id"] = row["Id"].upper()

    sandbox.faults.add("services/getAll", Spoiled(capitalize), times=None)
    history = History(sandbox, ("rates",))
    assert history.run().records["rates"]
    sandbox.clock.advance(LATER)
    assert not history.run().records["rates"]
    assert history.bookmark("rates")["left"] == []


def test_the_list_of_services_is_asked_for_once(sandbox: Sandbox) -> None:
    result = sync(sandbox.config(), catalog=select("services", "rates")).ok()
    assert result.records["services"]
    assert len(sandbox.journal.requests("services/getAll")) == 1


def test_what_was_never_read_and_is_refused_is_skipped_with_one_warning(
    sandbox: Sandbox,
) -> None:
    sandbox.access.revoke(RATES)
    catalog = select("bills", "services", "rates")
    result = sync(sandbox.config(), catalog=catalog).ok()
    assert {*result.records} == {"bills", "services"}
    (warning,) = (line for line in result.logs if "skipping" in line)
    assert warning.startswith("WARNING rates: ")


@pytest.mark.parametrize("stream", ["exchange_rates", "tax_environments"])
def test_what_has_no_bookmark_and_was_read_before_fails_the_run_as_well(
    sandbox: Sandbox, stream: str
) -> None:
    first = sync(sandbox.config(), catalog=select(stream, "services")).ok()
    sandbox.access.revoke(FACTS[stream].operation)
    second = sync(sandbox.config(), first.state, select(stream, "services"))
    assert str(second.error).startswith(f"{stream}: ")


def test_what_was_read_before_and_is_refused_fails_the_run(sandbox: Sandbox) -> None:
    history = History(sandbox, ("services", "rates"))
    history.run()
    sandbox.access.revoke(RATES)
    settle(sandbox)
    assert str(history.failing().error).startswith("rates: ")


@pytest.mark.parametrize("stream", ["outlet_bills", "rule_actions", "vouchers"])
def test_further_lists_are_read_to_the_last_page(sandbox: Sandbox, stream: str) -> None:
    config = sandbox.config(page_size=2)
    result = sync(config, catalog=select(stream)).ok()
    truth = sandbox.rows(FACTS[stream].entity)
    assert len(sandbox.journal.requests(FACTS[stream].operation)) > 1
    # a row of a further list can come with several pages
    assert {row["Id"] for row in result.records[stream]} == {row["Id"] for row in truth}


@pytest.mark.parametrize("stream", ["customer_relationships", "addresses"])
def test_what_belongs_to_a_guest_comes_however_old_the_guest_is(
    sandbox: Sandbox, stream: str
) -> None:
    old = "2019-05-01T12:00:00Z"
    one, other = (
        sandbox.put(
            "Customer", sandbox.new_row("Customer", CreatedUtc=old, UpdatedUtc=old)
        )["Id"]
        for _ in range(2)
    )
    link = {"CustomerId": one, "RelatedCustomerId": other, "AccountId": one}
    entity = FACTS[stream].entity
    row = sandbox.new_row(entity)
    row |= {name: link[name] for name in link if name in row} | {"UpdatedUtc": old}
    sandbox.put(entity, row)
    sandbox.limits.requests = 1_000_000
    config = sandbox.config(start_date="2026-02-20")
    result = sync(config, catalog=select(stream)).ok()
    key = FACTS[stream].key
    came = {tuple(each[column] for column in key) for each in result.records[stream]}
    assert tuple(row[column] for column in key) in came

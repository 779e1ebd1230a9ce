"""Streams whose rows vanish announce their version, when really all has come."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from facts import STREAMS as FACTS
from sandbox.faults import Status
from tap_mews.streams import STREAMS
from tap_mews.streams.bases import Replaced
from tests.harness import FastClock, Json, Result, select, sync

if TYPE_CHECKING:
    from sandbox import Sandbox

STREAM = "exchange_rates"
OPERATION = "exchangeRates/getAll"


def kinds(result: Result) -> list[str]:
    """The kinds of messages, in their order."""
    return [each["type"] for each in result.messages if each["type"] != "STATE"]


def versions(result: Result) -> set[object]:
    """The versions that records and announcements carry."""
    return {
        each.get("version")
        for each in result.messages
        if each["type"] in {"RECORD", "ACTIVATE_VERSION"}
    }


def test_rows_are_replaced_where_nothing_refers_to_them() -> None:
    referred = {join.stream for fact in FACTS.values() for join in fact.joins}
    referred |= {parent for fact in FACTS.values() for parent in fact.parents}
    replaced = {each.name for each in STREAMS if issubclass(each, Replaced)}
    assert replaced
    assert not replaced & referred


def test_the_version_is_announced_after_the_last_row(sandbox: Sandbox) -> None:
    result = sync(sandbox.config(), catalog=select(STREAM)).ok()
    count = len(sandbox.rows("ExchangeRate"))
    assert kinds(result) == ["SCHEMA", *["RECORD"] * count, "ACTIVATE_VERSION"]
    (version,) = versions(result)
    assert isinstance(version, int)


def test_a_later_run_has_a_later_version(sandbox: Sandbox) -> None:
    one = sync(sandbox.config(), catalog=select(STREAM)).ok()
    time.sleep(1)  # versions are seconds
    two = sync(sandbox.config(), one.state, select(STREAM)).ok()
    (before,), (after,) = versions(one), versions(two)
    assert isinstance(before, int)
    assert isinstance(after, int)
    # of 32 bits, like the column that the SDK gives a table for it
    assert before < after < 2**31


@pytest.mark.parametrize("named", ["enterprise_ids", "chain_ids"])
def test_a_run_of_some_properties_announces_nothing(
    sandbox: Sandbox, named: str
) -> None:
    ids = {"enterprise_ids": sandbox.enterprise_ids[:1], "chain_ids": sandbox.chain_ids}
    config = sandbox.config(**{named: ids[named]})
    result = sync(config, catalog=select(STREAM)).ok()
    assert "RECORD" in kinds(result)
    assert versions(result) == {None}


def test_a_run_that_is_refused_announces_nothing(sandbox: Sandbox) -> None:
    sandbox.access.revoke(OPERATION)
    config = sandbox.config(skip_unauthorized_streams=True)
    result = sync(config, catalog=select(STREAM, "countries")).ok()
    assert "ACTIVATE_VERSION" not in kinds(result)


def test_a_run_that_fails_announces_nothing(sandbox: Sandbox) -> None:
    sandbox.faults.add(OPERATION, Status(400, "Invalid."), times=None)
    result = sync(sandbox.config(), catalog=select(STREAM), clock=FastClock(sandbox))
    assert result.error is not None
    assert "ACTIVATE_VERSION" not in kinds(result)


def test_files_of_records_have_no_version_to_announce(
    sandbox: Sandbox, tmp_path: object
) -> None:
    batches: Json = {
        "encoding": {"format": "jsonl", "compression": "none"},
        "storage": {"root": f"file://{tmp_path}"},
    }
    config = sandbox.config(batch_config=batches)
    result = sync(config, catalog=select(STREAM)).ok()
    assert set(kinds(result)) == {"SCHEMA", "BATCH"}


def test_other_streams_have_no_version(sandbox: Sandbox) -> None:
    result = sync(sandbox.config(), catalog=select("services", "bills")).ok()
    assert versions(result) == {None}

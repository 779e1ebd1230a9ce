"""Whose rows are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from tests.export_harness import ENTITIES, added, truth
from tests.harness import records_by_id, select, sync

if TYPE_CHECKING:
    from collections.abc import Iterator

OF_A_CHAIN = {"customers", "companies"}
OF_AN_ENTERPRISE = sorted(set(ENTITIES) - OF_A_CHAIN)


@pytest.fixture
def group() -> Iterator[Sandbox]:
    """Two chains of two hotels each."""
    with Sandbox(properties=4, chains=2, days=5) as sandbox:
        yield sandbox
        assert sandbox.journal.breaches == []


@pytest.mark.parametrize("stream", sorted(ENTITIES))
def test_no_scope_is_sent_unless_it_is_set(group: Sandbox, stream: str) -> None:
    sync(group.config(), catalog=select(stream)).ok()
    # the ledger has more than one window
    scopes = [body.get("Scope") for body in added(group)]
    assert scopes
    assert not any(scopes)


@pytest.mark.parametrize("stream", OF_AN_ENTERPRISE)
def test_enterprise_ids_select_the_rows_of_properties(
    group: Sandbox, stream: str
) -> None:
    ids = group.enterprise_ids[1:3]
    result = sync(group.config(enterprise_ids=ids), catalog=select(stream)).ok()
    scopes = [body["Scope"] for body in added(group)]
    assert scopes
    assert all(scope == {"EnterpriseIds": ids} for scope in scopes)
    assert records_by_id(stream, result) == truth(group, stream, ids)


@pytest.mark.parametrize("stream", sorted(OF_A_CHAIN))
def test_chain_ids_select_the_rows_of_chains(group: Sandbox, stream: str) -> None:
    chain = group.chain_ids[1]
    result = sync(group.config(chain_ids=[chain]), catalog=select(stream)).ok()
    assert [body["Scope"] for body in added(group)] == [{"ChainIds": [chain]}]
    rows = [row for row in group.rows(ENTITIES[stream]) if row["ChainId"] == chain]
    assert set(records_by_id(stream, result)) == {row["Id"] for row in rows}


@pytest.mark.parametrize("stream", sorted(OF_A_CHAIN))
def test_enterprise_ids_do_not_narrow_what_belongs_to_a_chain(
    group: Sandbox, stream: str
) -> None:
    config = group.config(enterprise_ids=group.enterprise_ids[:1])
    result = sync(config, catalog=select(stream)).ok()
    assert records_by_id(stream, result) == truth(group, stream)


def test_chain_ids_do_not_narrow_what_belongs_to_a_property(group: Sandbox) -> None:
    config = group.config(chain_ids=group.chain_ids[:1])
    result = sync(config, catalog=select("bills")).ok()
    assert records_by_id("bills", result) == truth(group, "bills")


def test_an_identifier_that_is_set_twice_is_sent_once(group: Sandbox) -> None:
    chosen = group.enterprise_ids[0]
    config = group.config(enterprise_ids=[chosen, chosen])
    sync(config, catalog=select("bills")).ok()
    assert added(group)[0]["Scope"] == {"EnterpriseIds": [chosen]}


def test_a_token_of_one_property_reads_what_it_reaches(group: Sandbox) -> None:
    chosen = group.enterprise_ids[2]
    token = group.access.single_property(chosen)
    config = group.config(access_token=token)
    result = sync(config, catalog=select("order_items")).ok()
    assert records_by_id("order_items", result) == truth(group, "order_items", [chosen])


def test_a_token_that_may_not_list_properties_reads_all_the_same(
    group: Sandbox,
) -> None:
    chosen = group.enterprise_ids[2]
    group.access.revoke("enterprises/getAll")
    config = group.config(access_token=group.access.single_property(chosen))
    result = sync(config, catalog=select("order_items")).ok()
    assert records_by_id("order_items", result) == truth(group, "order_items", [chosen])

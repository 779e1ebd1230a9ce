"""Identifiers are compared without case, and go out as Mews sent them."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from facts import OPERATIONS
from tests.harness import FastClock, Json, Result, select, sync
from tests.pages_harness import BEFORE_ALL, History, Spoiled, settled_hotels
from tests.series_harness import AVAILABILITY, PRICING, WEEK, keys

if TYPE_CHECKING:
    from sandbox import Sandbox

COMPARED = (
    "bills",
    "companionships",
    "customers",
    "enterprises",
    "loyalty_memberships",
    "product_service_orders",
    PRICING,
    "rates",
    "reservation_group_source_assignments",
    "resource_category_assignments",
    "restrictions",
    AVAILABILITY,
    "services",
    "source_assignments",
    "vouchers",
    "voucher_assignments",
)
"""Streams whose rows or parents are looked for by identifiers."""


def mix_case(operation: str, body: Json) -> None:
    """Write some identifiers in capitals, and not in each operation the same ones."""
    body |= {name: mixed(operation, name, value) for name, value in body.items()}


def mixed(operation: str, name: str, value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return {key: mixed(operation, key, each) for key, each in value.items()}
    if isinstance(value, list):
        return [mixed(operation, name, each) for each in value]
    is_id = isinstance(value, str) and name.endswith(("Id", "Ids"))
    if not is_id or hashlib.sha256(f"{operation}{value}".encode()).digest()[0] % 2:
        return value
    return value.upper()


def read(sandbox: Sandbox, count: int, **settings: object) -> Result:
    """Read the streams with one token for all hotels, or with one for each of two."""
    tokens = [sandbox.access.grant([each]) for each in sandbox.enterprise_ids]
    dates = {"start_date": BEFORE_ALL, "reference_start_date": BEFORE_ALL}
    which = {"access_token": None, "access_tokens": tokens} if count > 1 else {}
    config = sandbox.config(
        **{**dates, **WEEK, **which, "extraction": "pages", **settings}
    )
    return sync(config, catalog=select(*COMPARED), clock=FastClock(sandbox)).ok()


def in_small_letters(result: Result) -> dict[str, set[str]]:
    return {
        stream: {str(sorted(row.items())).lower() for row in rows}
        for stream, rows in result.records.items()
    }


@pytest.mark.parametrize("is_narrowed", [False, True], ids=["all", "enterprise_ids"])
@pytest.mark.parametrize("count", [1, 2], ids=["one token", "two tokens"])
def test_rows_are_the_same_whatever_the_case_of_identifiers(
    count: int, *, is_narrowed: bool
) -> None:
    with settled_hotels(2) as sandbox:
        named = [sandbox.enterprise_ids[0].upper()]
        settings = {"enterprise_ids": named} if is_narrowed else {}
        usual = in_small_letters(read(sandbox, count, **settings))
        for operation in OPERATIONS:
            fault = Spoiled(partial(mix_case, operation))
            sandbox.faults.add(operation, fault, times=None)
        assert in_small_letters(read(sandbox, count, **settings)) == usual
        assert all(usual[stream] for stream in COMPARED)


@pytest.mark.parametrize("count", [1, 2], ids=["one token", "two tokens"])
def test_time_units_name_what_is_sold_as_its_own_row_does(count: int) -> None:
    with settled_hotels(2) as sandbox:
        for operation in ("services/getAll", "rates/getAll"):
            fault = Spoiled(partial(mix_case, operation))
            sandbox.faults.add(operation, fault, times=None)
        result = read(sandbox, count)
        for series, stream in ((AVAILABILITY, "services"), (PRICING, "rates")):
            found = {first for first, *_ in keys(result, series)}
            assert any(each != each.lower() for each in found)
            assert found <= {row["Id"] for row in result.records[stream]}


def test_an_export_is_known_whatever_the_case_of_its_identifier(
    sandbox: Sandbox,
) -> None:
    def write_in_capitals(body: Json) -> None:
        for export in body["Exports"]:
            export["Id"] = export["Id"].upper()

    sandbox.faults.add("exports/getAll", Spoiled(write_in_capitals), times=None)
    history = History(sandbox, ("bills",), {"extraction": "exports"})
    result = history.run()
    assert "no longer usable" not in result.log
    assert "again" not in result.log
    assert history.missing() == {}

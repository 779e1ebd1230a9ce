"""Rows that hold everything the facts know of arrive whole, however they are read."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from facts import ENTITIES, STREAMS, Property
from sandbox import Sandbox
from tests.export_harness import ENTITIES as EXPORTED
from tests.export_harness import by_exports
from tests.harness import Json, Result, select, sync
from tests.pages_harness import BEFORE_ALL, ENTITY_OPERATIONS, TEN_MINUTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCALARS: dict[str, object] = {
    "string": "Ä text",
    "number": Decimal("120.50"),
    "integer": 7,
    "boolean": True,
}
TEXTS = {
    "date-time": "2026-02-28T10:15:00.1234567Z",
    "date": "2026-02-28",
    "duration": "P0M1DT2H0M0S",
}


def full(known: Property) -> Any:  # noqa: ANN401
    """A value with every member that the facts have, and one of each variant."""
    if known.format:
        return TEXTS[known.format]
    if known.items:
        return [full(known.items)]
    if known.map:
        return {"de-DE": full(known.map)}
    members = known.properties | known.variants
    if members:
        return {name: full(member) for name, member in members.items()}
    return SCALARS.get(known.types[0], {})


def empty(known: Property) -> Any:  # noqa: ANN401
    """A value with every member, each of them null."""
    members = known.properties
    return dict.fromkeys(members) if members else None


def row_of(sandbox: Sandbox, entity: str, make: Callable[[Property], object]) -> Json:
    """A row of the sandbox, remade but for what it is found by."""
    row = sandbox.new_row(entity)
    found_by = ("Id", "EnterpriseId", "ChainId", "UpdatedUtc", "PostingDate")
    return {
        name: row[name] if name in (*found_by, "CorrectionState") else make(known)
        for name, known in ENTITIES[entity].properties.items()
    }


@pytest.fixture
def hotel() -> Iterator[Sandbox]:
    """A hotel that has opened lately."""
    with Sandbox(properties=1, days=3) as sandbox:
        yield sandbox


def arrived(result: Result, stream: str, row: Json) -> Json:
    """The record of a row."""
    (found,) = (each for each in result.records[stream] if each["Id"] == row["Id"])
    return found


READ = {"exports": tuple(EXPORTED), "pages": (*ENTITY_OPERATIONS, "source_assignments")}


@pytest.mark.parametrize("extraction", READ)
@pytest.mark.parametrize("make", [full, empty])
def test_nothing_that_the_facts_know_is_lost(
    hotel: Sandbox, make: Callable[[Property], object], extraction: str
) -> None:
    rows = {}
    for stream in READ[extraction]:
        entity = STREAMS[stream].entity
        rows[stream] = hotel.put(entity, row_of(hotel, entity, make))
    hotel.clock.advance(TEN_MINUTES)
    begins = {"start_date": BEFORE_ALL, "reference_start_date": BEFORE_ALL}
    config = hotel.config(extraction=extraction, **begins)
    result = sync(config, catalog=select(*rows)).ok()
    for stream, row in rows.items():
        assert arrived(result, stream, row) == row


@pytest.mark.parametrize("value", ["None", True, 5, None], ids=repr)
def test_a_property_of_unknown_type_takes_whole_numbers_texts_and_booleans(
    hotel: Sandbox, value: object
) -> None:
    row = hotel.put("Payment", hotel.new_row("Payment", Recurring=value))
    hotel.clock.advance(TEN_MINUTES)
    result = sync(hotel.config(), catalog=select("payments")).ok()
    record = arrived(result, "payments", row)
    assert record["Recurring"] == value
    assert type(record["Recurring"]) is type(value)


def test_legal_identifiers_have_values_of_any_type(hotel: Sandbox) -> None:
    found = {"Tax": "AT1", "City": None, "Number": 5, "Is": True, "More": {"A": [1]}}
    row = {
        "Id": "a",
        "CompanyDetails": {"LegalIdentifiers": found},
        "AssociatedAccountData": [
            {"BillCompanyData": {"LegalIdentifiers": found}},
            {"BillCustomerData": {"LegalIdentifiers": found}},
        ],
    }
    hotel.exports.files["Bill"] = [json.dumps(row).encode()]
    result = sync(by_exports(hotel), catalog=select("bills")).ok()
    assert arrived(result, "bills", row) == row

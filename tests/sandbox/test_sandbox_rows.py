"""Rows carry what real rows carry: more than is documented, and less."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import facts
from sandbox import Sandbox
from sandbox.clock import utc_text
from sandbox.hotel.shapes import ENTITIES
from tests.sandbox.api import Api

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

SCHEMAS = Path(__file__).parents[2] / "schemas"


@pytest.fixture(scope="module")
def hotels() -> Sandbox:
    return Sandbox(properties=2, days=60)


def names(value: object) -> Iterator[str]:
    """All names in a JSON value, keys of maps too."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from names(inner)
    if isinstance(value, list):
        for inner in value:
            yield from names(inner)


def made_up(hotels: Sandbox, entity: str) -> tuple[str, str]:
    """The two names that are added to rows of an entity."""
    added = hotels.platform.store.undocumented(entity)
    assert added
    return added.name, added.nested_name


def without(value: Any, made_up: tuple[str, str]) -> Any:  # noqa: ANN401
    """A value without some names."""
    if not isinstance(value, dict):
        return value
    return {k: without(v, made_up) for k, v in value.items() if k not in made_up}


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_row_that_is_served_has_names_nobody_knows(
    hotels: Sandbox, entity: str
) -> None:
    top, nested = made_up(hotels, entity)
    truth, served = hotels.rows(entity), hotels.rows(entity, served=True)
    known = facts.ENTITIES[entity].properties
    holders = [name for name in known if known[name].properties]
    for row in served:
        assert top in row
        holds = any(row[name] is not None for name in holders)
        assert (nested in names(row)) == holds
    assert [without(row, (top, nested)) for row in served] == truth
    lines = hotels.lines(entity), hotels.lines(entity, served=True)
    read = [[json.loads(line, parse_float=Decimal) for line in each] for each in lines]
    assert read == [truth, served]


def test_the_names_are_in_no_schema_and_no_fact_and_drawn_from_the_seed() -> None:
    known = {
        path.rpartition(".")[2]
        for each in facts.ENTITIES.values()
        for path, _ in each.walk()
    }
    for path in SCHEMAS.glob("*.json"):
        known |= set(names(json.loads(path.read_text("utf-8"))))
    drawn = Counter[str]()
    for seed in (1, 2):
        sandbox = Sandbox(seed=seed, properties=1, days=0)
        for entity in ENTITIES:
            drawn.update(made_up(sandbox, entity))
    assert not drawn.keys() & known
    assert set(drawn.values()) == {1}


def test_values_differ_from_row_to_row(hotels: Sandbox) -> None:
    name, _ = made_up(hotels, "OrderItem")
    rows = hotels.rows("OrderItem", served=True)
    assert len({str(row[name]) for row in rows}) > len(rows) / 2


def test_rows_that_tests_put_carry_them_too() -> None:
    with Sandbox(properties=1, days=1) as sandbox:
        row = sandbox.put("ResourceBlock", sandbox.new_row("ResourceBlock"))
        with Api(sandbox) as api:
            body = {"ResourceBlockIds": [row["Id"]], "Limitation": {"Count": 1}}
            (served,) = api.ask("resourceBlocks/getAll", body)["ResourceBlocks"]
            lines = [json.loads(line) for line in api.lines(api.add("ResourceBlock"))]
    assert served in lines
    assert served != row
    assert without(served, made_up(sandbox, "ResourceBlock")) == row


def test_it_can_be_switched_off() -> None:
    sandbox = Sandbox(properties=1, days=60, undocumented=False)
    for entity in ENTITIES:
        known = facts.ENTITIES[entity].properties
        documented = {name for name in known if known[name].documented != "no"}
        rows = sandbox.rows(entity, served=True)
        assert rows == sandbox.rows(entity)
        assert all(row.keys() == documented for row in rows)


def test_bill_addresses_come_in_both_forms(hotels: Sandbox) -> None:
    short = {
        "Line1",
        "Line2",
        "City",
        "PostalCode",
        "SubdivisionCode",
        "CountryCode",
    }
    forms = Counter(
        row["OwnerData"]["Value"]["Address"].keys() == short
        for row in hotels.rows("Bill")
    )
    assert forms[True]
    assert forms[False]


def test_values_are_as_odd_as_real_ones(hotels: Sandbox) -> None:
    payments, guests = hotels.rows("Payment"), hotels.rows("Customer")
    companies = hotels.rows("Company")
    assert {row["SettlementUtc"] for row in payments} == {None}
    assert "" in {row["Identifier"] for row in payments}
    assert {"", None} == {row["ExternalIdentifier"] for row in companies}
    assert {len(row["BirthDate"]) for row in guests} == {
        len("1971-04-02"),
        len("1971-04-02T00:00:00Z"),
    }
    assert {row["BirthDateUtc"] is None for row in guests} == {True, False}
    stamps = {"." in row["UpdatedUtc"] for row in hotels.rows("Reservation")}
    assert stamps == {True, False}
    wallets = [row["Data"] for row in payments if row["Type"] == "AlternativePayment"]
    assert {each["Alternative"]["Transaction"] is None for each in wallets} == {
        True,
        False,
    }


def test_numbers_of_companies_fit_64_bits_however_many_there_are() -> None:
    sandbox = Sandbox(properties=1, days=0)
    chain = sandbox.group.chains[0]
    for _ in range(2000):
        chain._company("Another one", sandbox.clock.now())
    numbers = [row["Number"] for row in sandbox.rows("Company")]
    assert len({*numbers}) == len(numbers) > 2000
    assert max(numbers) < 2**63
    assert max(len(str(number)) for number in numbers) == 19


def test_blocks_say_twice_whether_they_are_active(hotels: Sandbox) -> None:
    now = utc_text(hotels.clock.now())
    blocks = hotels.rows("AvailabilityBlock")
    assert {row["IsActive"] for row in blocks} == {True, False}
    for row in blocks:
        assert row["ActivityState"] == ("Active" if row["IsActive"] else "Deleted")
        assert row["CreatedUtc"] < now
        assert row["StartUtc"] < row["EndUtc"]

"""The hotels: complete, coherent, the same for the same seed, and alive."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import facts
from sandbox import Sandbox
from sandbox.clock import parse_utc, utc_text
from sandbox.encoding import encode
from sandbox.hotel import founding
from sandbox.hotel.shapes import ENTITIES, GLOBAL
from tests.all_of import all_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facts import Property

Json = dict[str, Any]

JSON_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, Decimal),
    "boolean": bool,
    "object": dict,
    "array": list,
}


@pytest.fixture(scope="module")
def hotels() -> Sandbox:
    return Sandbox(properties=3, days=45)


def assert_known(value: Any, known: Property, path: str) -> None:  # noqa: ANN401
    """A value is null or of a type that the facts have, and so is all inside it."""
    if value is None:
        return
    is_true_or_false = isinstance(value, bool)
    assert any(
        isinstance(value, JSON_TYPES[name]) and is_true_or_false == (name == "boolean")
        for name in known.types
    ), path
    if known.format == "date-time":
        parse_utc(value)
    if isinstance(value, list):
        assert known.items, path
        for entry in value:
            assert_known(entry, known.items, f"{path}[]")
    elif isinstance(value, dict) and known.map:
        for entry in value.values():
            assert_known(entry, known.map, f"{path}.*")
    elif isinstance(value, dict) and known.properties:
        assert_members(value, known.properties, f"{path}.")


def assert_members(value: Json, known: dict[str, Property], path: str) -> None:
    """An object has no member but those of the facts, each in its type."""
    assert value.keys() <= known.keys(), path
    for name, entry in value.items():
        assert_known(entry, known[name], f"{path}{name}")


KEYS = {stream.entity: stream.key for stream in facts.STREAMS.values()}


def key_of(entity: str, row: dict[str, Any]) -> tuple[Any, ...]:
    """What no other row of an entity has."""
    return (entity, *(row[column] for column in KEYS[entity]))


@all_of("entity", {entity: entity for entity in ENTITIES})
def test_every_row_has_every_known_property_in_its_type(
    hotels: Sandbox, entity: str
) -> None:
    rows = hotels.rows(entity)
    assert rows
    known = facts.ENTITIES[entity].properties
    for row in rows:
        assert row.keys() == known.keys()
        assert_members(row, known, "")


def test_rows_hang_together_by_their_ids(hotels: Sandbox) -> None:
    ids = {
        entity: {row.get("Id") for row in hotels.rows(entity)} for entity in ENTITIES
    }
    groups = {row["GroupId"] for row in hotels.rows("Reservation")}
    posted = ids["OrderItem"] | ids["OutletItem"] | ids["Payment"]
    links = [
        ("OrderItem", "ServiceOrderId", ids["Reservation"]),
        ("OrderItem", "EnterpriseId", ids["Enterprise"]),
        ("OrderItem", "BillId", ids["Bill"]),
        ("Payment", "BillId", ids["Bill"]),
        ("Payment", "ReservationId", ids["Reservation"]),
        ("Payment", "AccountId", ids["Customer"] | ids["Company"]),
        ("Reservation", "AccountId", ids["Customer"]),
        ("Reservation", "TravelAgencyId", ids["Company"]),
        ("Reservation", "AvailabilityBlockId", ids["AvailabilityBlock"]),
        ("Bill", "AccountId", ids["Customer"] | ids["Company"]),
        ("Bill", "CorrectedBillId", ids["Bill"]),
        ("Customer", "MergeTargetId", ids["Customer"]),
        ("Company", "MergeTargetId", ids["Company"]),
        ("AvailabilityAdjustment", "AvailabilityBlockId", ids["AvailabilityBlock"]),
        ("LedgerEntry", "AccountingItemId", posted),
        ("Companionship", "ReservationId", ids["Reservation"]),
        ("Companionship", "ReservationGroupId", groups),
        ("Companionship", "CustomerId", ids["Customer"]),
        ("SourceAssignment_2024_09_20", "ReservationId", ids["Reservation"]),
        ("SourceAssignment", "ReservationGroupId", groups),
        ("OrderItem", "ServiceId", ids["Service"]),
        ("Reservation", "ServiceId", ids["Service"]),
        ("Reservation", "RateId", ids["Rate"]),
        ("AvailabilityBlock", "ServiceId", ids["Service"]),
        ("AvailabilityBlock", "RateId", ids["Rate"]),
        ("Rate", "ServiceId", ids["Service"]),
        ("Rate", "BaseRateId", ids["Rate"]),
    ]
    for entity, name, known in links:
        used = {row[name] for row in hotels.rows(entity)} - {None}
        assert used, (entity, name)
        assert used <= known, (entity, name)


def entries(row: Any, path: str) -> Iterator[Any]:  # noqa: ANN401
    """The values at a path of the facts that are there."""
    name, _, rest = path.partition(".")
    value = (row or {}).get(name.removesuffix("[]"))
    for each in (value or []) if name.endswith("[]") else [value]:
        if rest:
            yield from entries(each, rest)
        elif each is not None:
            yield each


@all_of("stream", facts.STREAMS)
def test_every_id_leads_to_a_row_of_what_the_hotels_have(
    hotels: Sandbox, stream: facts.Stream
) -> None:
    known = {*ENTITIES, *GLOBAL}
    if stream.entity not in known:
        return
    targets: dict[str, set[object]] = {}
    for join in stream.joins:
        target = facts.STREAMS[join.stream]
        if target.entity in known:
            ids = {row[join.to] for row in hotels.rows(target.entity)}
            targets.setdefault(join.column, set()).update(ids)
    rows = hotels.rows(stream.entity)
    for column, known_ids in targets.items():
        used = {each for row in rows for each in entries(row, column)}
        assert used <= known_ids, column


def test_the_group_shows_what_hotels_go_through(hotels: Sandbox) -> None:
    states = Counter(row["State"] for row in hotels.rows("Reservation"))
    assert {"Confirmed", "Canceled", "Started", "Processed"} <= set(states)
    corrections = {row["CorrectionState"] for row in hotels.rows("Bill")}
    assert corrections == {"Bill", "CorrectiveBill"}
    for entity in ("Customer", "AvailabilityAdjustment", "ResourceBlock"):
        assert {row["IsActive"] for row in hotels.rows(entity)} == {True, False}
    assert any(row["ReservationId"] is None for row in hotels.rows("Companionship"))
    assert any("ü" in row["LastName"] for row in hotels.rows("Customer"))
    assert 750 < len(hotels.rows("OrderItem")) < 1750


def test_ledger_balances(hotels: Sandbox) -> None:
    totals: Counter[str] = Counter()
    for row in hotels.rows("LedgerEntry"):
        sign = 1 if row["LedgerEntryType"] == "Debit" else -1
        totals[row["TransactionId"]] += sign * row["Value"]
    assert set(totals.values()) == {0}


def test_money_is_written_with_the_digits_it_is_stored_with(sandbox: Sandbox) -> None:
    row = sandbox.new_row("LedgerEntry", Value=Decimal("120.50"))
    sandbox.put("LedgerEntry", row)
    assert any(b'"Value":120.50,' in line for line in sandbox.lines("LedgerEntry"))


def test_updates_are_mostly_on_the_second() -> None:
    hotels = Sandbox(properties=1, days=60)
    moments = [row["UpdatedUtc"] for row in hotels.rows("Reservation")]
    fractions = sum("." in moment for moment in moments)
    assert 0 < fractions < len(moments) / 5


def test_the_same_seed_gives_the_same_hotels() -> None:
    def history(seed: int) -> list[bytes]:
        founding._kept.cache_clear()  # they are to live, not to be copied
        sandbox = Sandbox(seed=seed, properties=2, days=20)
        sandbox.live_on(timedelta(days=2))
        return [line for entity in ENTITIES for line in sandbox.lines(entity)]

    assert history(5) == history(5)
    assert history(5) != history(6)


def test_sandboxes_of_the_same_seed_share_nothing() -> None:
    first, second = (Sandbox(properties=1, days=20) for _ in range(2))
    before = second.lines("Bill")
    assert first.lines("Bill") == before
    first.live_on(timedelta(days=5))
    first.put("Bill", first.new_row("Bill"))
    third = Sandbox(properties=1, days=20)
    assert first.lines("Bill") != second.lines("Bill") == third.lines("Bill") == before


def test_life_goes_on_and_never_changes_the_past(sandbox: Sandbox) -> None:
    def rows() -> dict[tuple[Any, ...], Any]:
        return {
            key_of(entity, row): row
            for entity in ENTITIES
            if entity != "LedgerEntry"
            for row in sandbox.rows(entity)
        }

    before, then = rows(), utc_text(sandbox.clock.now())
    sandbox.live_on(timedelta(days=5))
    after, now = rows(), utc_text(sandbox.clock.now())
    assert set(before) < set(after)
    changed = [row for key, row in after.items() if before.get(key) != row]
    for row in changed:
        assert then[:19] <= row.get("UpdatedUtc", now)[:19] <= now[:19]
    assert any(key in before for key, row in after.items() if row in changed)


def test_what_should_have_happened_while_time_jumped_happens_afterwards(
    sandbox: Sandbox,
) -> None:
    known = {row["Id"]: row["UpdatedUtc"] for row in sandbox.rows("Reservation")}
    sandbox.clock.advance(timedelta(days=3))
    jumped = sandbox.clock.now()
    sandbox.live_on(timedelta(hours=1))
    for row in sandbox.rows("Reservation"):
        if known.get(row["Id"]) != row["UpdatedUtc"]:
            assert parse_utc(row["UpdatedUtc"]) >= jumped


def test_a_hotel_that_joins_brings_its_history(sandbox: Sandbox) -> None:
    customers = {row["Id"] for row in sandbox.rows("Customer")}
    joined = sandbox.clock.now()
    hotel = sandbox.add_property()
    assert sandbox.enterprise_ids[-1] == hotel
    assert len(sandbox.chain_ids) == 1
    items = sandbox.rows("OrderItem", [hotel])
    assert min(parse_utc(row["UpdatedUtc"]) for row in items) < joined - timedelta(10)
    new = [row for row in sandbox.rows("Customer") if row["Id"] not in customers]
    assert new
    assert min(parse_utc(row["UpdatedUtc"]) for row in new) >= joined


def test_a_hotel_can_join_with_a_chain_of_its_own(sandbox: Sandbox) -> None:
    joined = sandbox.clock.now()
    hotel = sandbox.add_property(new_chain=True)
    assert len(sandbox.chain_ids) == 2
    guests = sandbox.rows("Customer", [hotel])
    assert {row["ChainId"] for row in guests} == {sandbox.chain_ids[1]}
    assert min(parse_utc(row["UpdatedUtc"]) for row in guests) < joined


@all_of("entity", {entity: entity for entity in ENTITIES})
def test_tests_can_put_rows_of_their_own(sandbox: Sandbox, entity: str) -> None:
    row = sandbox.put(entity, sandbox.new_row(entity, Odd={"Number": 1}))
    assert row in sandbox.rows(entity)
    sandbox.put(entity, {**row, "Odd": None})
    key = key_of(entity, row)
    found = [each for each in sandbox.rows(entity) if key_of(entity, each) == key]
    assert found == [{**row, "Odd": None}]


def test_rows_that_are_given_away_are_copies(sandbox: Sandbox) -> None:
    sandbox.rows("OrderItem")[0]["Amount"]["Currency"] = "XXX"
    assert sandbox.rows("OrderItem")[0]["Amount"]["Currency"] == "EUR"


def test_lone_surrogates_are_escaped() -> None:
    assert encode({"Notes": "a\ud800b"}) == b'{"Notes":"a\\ud800b"}'

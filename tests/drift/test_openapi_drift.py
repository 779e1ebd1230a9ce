"""Whatever Mews changes in its OpenAPI document is named, once, with its streams."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import pytest

from drift.comparison import compare
from drift.known import Known
from drift.openapi import read
from tests.drift.mews_openapi import document

Json: TypeAlias = dict[str, Any]
Named: TypeAlias = tuple[str, str, str, object, object]
"""A difference: kind, of what, path, what the facts say, what the document says."""

Change: TypeAlias = Callable[[Json, Json], object]

PAYMENTS = "payments/getAll"
SOURCES = "sourceAssignments/getAll/2024-09-20"


@cache
def known() -> Known:
    """The facts as they are."""
    return Known()


def changed(change: Change) -> bytes:
    """A document that says what the facts say, but for a change of theirs."""
    operations = copy.deepcopy(known().operations)
    entities = copy.deepcopy(known().entities)
    change(operations, entities)
    return json.dumps(document(operations, entities)).encode()


def differences(change: Change) -> list[Named]:
    """What is named after a change."""
    found = compare(known(), read(changed(change)))
    return [(d.kind, d.of, d.path, d.facts, d.document) for d in found]


def of(entities: Json, name: str, path: str) -> Json:
    """The properties of an object inside an entity."""
    members: Json = entities[name]["properties"]
    for step in path.split(".") if path else ():
        members = members[step]["properties"]
    return members


def test_a_document_that_says_the_same_differs_in_nothing() -> None:
    assert differences(lambda _operations, _entities: None) == []


TEXT = {"type": "string"}
NEW_OPERATION = {
    "page": "lamps: get-all-lamps",
    "rows": "Lamps",
    "entity": "Currency",
    "paging": "required",
    "other": ["States"],
}
OF_OPERATIONS: dict[str, tuple[Change, Named]] = {
    "a new operation": (
        lambda o, _: o.update({"lamps/getAll/2026-11-01": NEW_OPERATION}),
        ("new operation", "lamps/getAll/2026-11-01", "", None, None),
    ),
    "a vanished operation": (
        lambda o, _: o.pop(PAYMENTS),
        ("vanished operation", PAYMENTS, "", None, None),
    ),
    "a restriction": (
        lambda o, _: o[PAYMENTS].update(restricted=True),
        ("restricted", PAYMENTS, "", False, True),
    ),
    "no restriction any more": (
        lambda o, _: o[SOURCES].pop("restricted"),
        ("restricted", SOURCES, "", True, False),
    ),
    "a deprecation": (
        lambda o, _: o[PAYMENTS].update(deprecated={"instead": ["payouts/getAll"]}),
        ("deprecated", PAYMENTS, "", False, True),
    ),
    "no portfolio tokens": (
        lambda o, _: o[PAYMENTS].pop("portfolio"),
        ("portfolio", PAYMENTS, "", True, False),
    ),
    "a new parameter": (
        lambda o, _: o[PAYMENTS]["ids"].update(VoucherIds=100),
        ("new parameter", PAYMENTS, "VoucherIds", None, "ids"),
    ),
    "a new time filter": (
        lambda o, _: o[PAYMENTS]["time_filters"].update(PaidUtc="1 month"),
        ("new parameter", PAYMENTS, "PaidUtc", None, "time_filters"),
    ),
    "a vanished parameter": (
        lambda o, _: o[PAYMENTS]["other"].remove("Recurring"),
        ("vanished parameter", PAYMENTS, "Recurring", None, None),
    ),
    "fewer identifiers": (
        lambda o, _: o[PAYMENTS]["ids"].update(BillIds=100),
        ("limit", PAYMENTS, "BillIds", 1000, 100),
    ),
    "a shorter interval": (
        lambda o, _: o[PAYMENTS]["time_filters"].update(UpdatedUtc="1 month"),
        ("limit", PAYMENTS, "UpdatedUtc", "3 months", "1 month"),
    ),
    "no longest interval": (
        lambda o, _: o[SOURCES]["time_filters"].update(UpdatedUtc=None),
        ("limit", SOURCES, "UpdatedUtc", "1 month", None),
    ),
    "smaller pages": (
        lambda o, _: o[PAYMENTS].update(most_rows=500),
        ("limit", PAYMENTS, "Payments", 1000, 500),
    ),
    "a parameter that is required": (
        lambda o, _: o[PAYMENTS].update(required=["Currency"]),
        ("required", PAYMENTS, "Currency", False, True),
    ),
    "pages that are optional": (
        lambda o, _: o[PAYMENTS].update(paging="optional"),
        ("required", PAYMENTS, "Limitation", True, False),
    ),
    "a deprecated parameter": (
        lambda o, _: o[PAYMENTS].update(deprecated_parameters=["Type"]),
        ("deprecated", PAYMENTS, "Type", False, True),
    ),
    "a new list": (
        lambda o, _: o[PAYMENTS].update(lists={"Bills": {"entity": "Bill"}}),
        ("new list", PAYMENTS, "Bills", None, None),
    ),
    "a vanished list": (
        lambda o, _: o["outletItems/getAll"].pop("lists"),
        ("vanished list", "outletItems/getAll", "OutletBills", None, None),
    ),
    "a new type of exports": (
        lambda o, _: o["exports/add"]["entity_types"].append("Payout"),
        ("new member", "exports/add", "EntityType", None, "Payout"),
    ),
}

OF_ENTITIES: dict[str, tuple[Change, Named]] = {
    "a new property": (
        lambda _, e: of(e, "Payment", "").update(Mood=TEXT),
        ("new property", "Payment", "Mood", None, "string"),
    ),
    "a new property of a version": (
        lambda _, e: of(e, "SourceAssignment_2024_09_20", "").update(Mood=TEXT),
        ("new property", "SourceAssignment_2024_09_20", "Mood", None, "string"),
    ),
    "a new property of a nested object": (
        lambda _, e: of(e, "Payment", "Data.External").update(Mood=TEXT),
        ("new property", "Payment", "Data.External.Mood", None, "string"),
    ),
    "a new property of a shape": (
        lambda _, e: of(e, "Amount", "").update(Mood=TEXT),
        ("new property", "Amount", "Mood", None, "string"),
    ),
    "a vanished property": (
        lambda _, e: of(e, "Payment", "").pop("Notes"),
        ("vanished property", "Payment", "Notes", None, None),
    ),
    "another type": (
        lambda _, e: of(e, "Payment", "")["Notes"].update(type="number"),
        ("type", "Payment", "Notes", "string", "number"),
    ),
    "another format": (
        lambda _, e: of(e, "Payment", "")["CreatedUtc"].update(format="date"),
        ("format", "Payment", "CreatedUtc", "date-time", "date"),
    ),
    "a property that can be null": (
        lambda _, e: of(e, "Payment", "")["CreatedUtc"].pop("required"),
        ("required", "Payment", "CreatedUtc", True, False),
    ),
    "a deprecated property": (
        lambda _, e: of(e, "Payment", "")["State"].update(deprecated=True),
        ("deprecated", "Payment", "State", False, True),
    ),
    "a new member": (
        lambda _, e: of(e, "Payment", "")["State"]["values"].append("Lost"),
        ("new member", "Payment", "State", None, "Lost"),
    ),
    "a vanished member": (
        lambda _, e: of(e, "Payment", "")["State"]["values"].remove("Failed"),
        ("vanished member", "Payment", "State", "Failed", None),
    ),
    "a member of a list": (
        lambda _, e: of(e, "Customer", "")["Classifications"]["items"]["values"].append(
            "Ghost"
        ),
        ("new member", "Customer", "Classifications[]", None, "Ghost"),
    ),
    "a deprecated member": (
        lambda _, e: of(e, "Payment", "")["State"].update(
            values_deprecated=["Charged"]
        ),
        ("deprecated members", "Payment", "State", [], ["Charged"]),
    ),
    "a longer text": (
        lambda _, e: of(e, "AgeCategory", "")["ExternalIdentifier"].update(
            max_length=300
        ),
        ("limit", "AgeCategory", "ExternalIdentifier", 255, 300),
    ),
    "a new property of a variant": (
        lambda _, e: of(e, "BillCompanyData", "").update(Mood=TEXT),
        ("new property", "BillCompanyData", "Mood", None, "string"),
    ),
    "what only the overlay knew": (
        lambda _, e: of(e, "Company", "").update(IsUpdatedByMe={"type": "boolean"}),
        ("documented now", "Company", "IsUpdatedByMe", "boolean", "boolean"),
    ),
    "a property of a whole response": (
        lambda _, e: of(e, "RatePricing", "").update(Mood=TEXT),
        ("new property", "RatePricing", "Mood", None, "string"),
    ),
}


ALONE = ("a vanished operation", "a vanished property")
"""What the other changes would not find any more."""

TOGETHER = {
    name: each
    for name, each in (OF_OPERATIONS | OF_ENTITIES).items()
    if name not in ALONE
}


def change_everything(operations: Json, entities: Json) -> None:
    """Make all changes that go together."""
    for change, _ in TOGETHER.values():
        change(operations, entities)


@cache
def all_differences() -> list[Named]:
    """What is named after all of them."""
    return differences(change_everything)


@pytest.mark.parametrize(
    "difference", [each for _, each in TOGETHER.values()], ids=TOGETHER
)
def test_a_change_is_named_among_others(difference: Named) -> None:
    assert all_differences().count(difference) == 1


def test_nothing_else_is_named() -> None:
    assert len(all_differences()) == len(TOGETHER)


@pytest.mark.parametrize("name", ALONE)
def test_a_change_is_named_alone(name: str) -> None:
    change, difference = (OF_OPERATIONS | OF_ENTITIES)[name]
    assert differences(change) == [difference]


def test_a_new_variant_is_named_with_its_member() -> None:
    def change(_: Json, entities: Json) -> None:
        owner = of(entities, "Bill", "OwnerData")
        owner["Discriminator"]["values"].append("BillAgentData")
        agent = {"type": "object", "properties": {"Name": TEXT}}
        owner["Value"]["variants"]["BillAgentData"] = agent

    inside = "OwnerData.Value|BillAgentData"
    assert differences(change) == [
        ("new member", "Bill", "OwnerData.Discriminator", None, "BillAgentData"),
        ("new property", "Bill", inside, None, "object"),
    ]


def test_a_writing_operation_that_is_new_is_none_of_ours() -> None:
    new = {**NEW_OPERATION, "page": "lamps: add-lamp"}
    assert differences(lambda o, _: o.update({"lamps/add": new})) == []


def test_a_difference_names_the_streams_and_the_columns_of_schemas() -> None:
    """A shape is in many streams: each schema is to be changed at its places."""
    found = compare(known(), read(changed(OF_ENTITIES["a new property of a shape"][0])))
    (difference,) = found
    assert {"payments", "order_items", "products"} <= {*difference.streams}
    columns = difference.schemas["payments"]
    assert columns[:2] == ["Amount.Mood", "OriginalAmount.Mood"]
    assert "Data.CreditCard.Transaction.Fee.Mood" in columns


def test_a_vanished_property_is_to_be_taken_out_of_the_schemas() -> None:
    (difference,) = compare(
        known(), read(changed(OF_ENTITIES["a vanished property"][0]))
    )
    assert difference.streams == ("payments",)
    assert difference.schemas == {"payments": ["Notes"]}


def test_what_stands_in_no_stream_is_named_without_one() -> None:
    (difference,) = compare(
        known(),
        read(changed(lambda _, e: of(e, "BillPdfResult", "").update(Mood=TEXT))),
    )
    assert difference.streams == ()


def test_a_restricted_operation_names_its_streams() -> None:
    (difference,) = compare(known(), read(changed(OF_OPERATIONS["a restriction"][0])))
    assert difference.streams == ("payments",)


def test_an_alternative_that_no_discriminator_names_is_told() -> None:
    made = json.loads(changed(lambda _operations, _entities: None))
    schemas = made["components"]["schemas"]
    schemas["Riddle"] = {"type": "object", "properties": {"a": TEXT}}
    (name,) = (n for n in schemas if n.startswith("BillOwnerDataCoproductOf"))
    value = schemas[name]["properties"]["value"]
    value["oneOf"].append({"$ref": "#/components/schemas/Riddle"})
    read_again = read(json.dumps(made).encode())
    assert [line for line in read_again.unclear if "Riddle" in line]
    assert compare(known(), read_again) == []


def test_components_that_contain_themselves_end() -> None:
    made = json.loads(changed(lambda _operations, _entities: None))
    parts = made["components"]["schemas"]["Counter"]["properties"]
    parts["parent"] = {"$ref": "#/components/schemas/Counter"}
    (difference,) = compare(known(), read(json.dumps(made).encode()))
    assert (difference.kind, difference.path) == ("new property", "Parent")

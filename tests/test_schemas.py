"""The schemas say what Mews documents, and accept what it really sends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from singer_sdk.singerlib import Schema

from docs.guests import MARK, properties
from tests.entity_properties import STREAMS, Property, documented_properties

if TYPE_CHECKING:
    from collections.abc import Iterator

JsonSchema: TypeAlias = dict[str, Any]

SCHEMAS = Path(__file__).parents[1] / "schemas"

each_stream = pytest.mark.parametrize("stream", STREAMS)


class Described(NamedTuple):
    """One property of a schema, at any depth."""

    path: str
    schema: JsonSchema


def load(stream: str) -> JsonSchema:
    """Give the schema of a stream."""
    schema: JsonSchema = json.loads((SCHEMAS / f"{stream}.json").read_text("utf-8"))
    return schema


def walk(schema: JsonSchema, prefix: str = "") -> Iterator[Described]:
    """Give every property below a schema, in the order of the file."""
    for name, child in schema.get("properties", {}).items():
        path = f"{prefix}{name}"
        yield Described(path, child)
        yield from walk(child, f"{path}.")
        yield from walk(child.get("items", {}), f"{path}[].")


def stated_properties(schema: JsonSchema, prefix: str = "") -> dict[str, Property]:
    """Give what a schema says, in the terms of the documented list."""
    stated: dict[str, Property] = {}
    for name, child in schema.get("properties", {}).items():
        entry = child.get("items", child)
        path = f"{prefix}{name}" + "[]" * ("items" in child)
        stated[path] = Property(type_of(entry), child.get("deprecated", False))
        stated |= stated_properties(entry, f"{path}.")
    if "additionalProperties" in schema:
        stated[f"{prefix}*"] = Property(
            type_of(schema["additionalProperties"]), deprecated=False
        )
    return stated


def type_of(schema: JsonSchema | bool) -> str:  # noqa: FBT001  (JSON Schema's own form)
    """Name the one type that a schema allows beside null."""
    if isinstance(schema, bool):
        return "any"
    if "format" in schema:
        return str(schema["format"])
    declared = schema["type"]
    types = [declared] if isinstance(declared, str) else declared
    (only,) = set(types) - {"null"}
    return str(only)


def subschemas(schema: JsonSchema) -> Iterator[JsonSchema]:
    """Give a schema and all schemas inside it."""
    yield schema
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from subschemas(schema[key])
    for child in schema.get("properties", {}).values():
        yield from subschemas(child)


def test_every_stream_has_a_schema_and_every_schema_a_stream() -> None:
    """No stream is without a schema, and no file is left over."""
    assert {path.name for path in SCHEMAS.iterdir()} == {f"{s}.json" for s in STREAMS}


@each_stream
def test_schema_covers_exactly_the_documented_properties(stream: str) -> None:
    """Names, types, deprecation and order are those of the documentation."""
    assert list(stated_properties(load(stream)).items()) == list(
        documented_properties(stream).items()
    )


@each_stream
def test_only_the_key_is_required(stream: str) -> None:
    """A row may lack anything but its key."""
    schema = load(stream)
    assert schema["type"] == "object"
    assert schema["required"] == ["Id"]
    assert not [path for path, child in walk(schema) if "required" in child]


@each_stream
def test_every_property_but_the_key_accepts_null(stream: str) -> None:
    """What is documented as required is null in practice, nested values too."""
    top, key, *others = subschemas(load(stream))
    assert key is top["properties"]["Id"]
    assert key["type"] == "string"
    assert all(len(other["type"]) > 1 for other in others)
    assert all(other["type"][-1] == "null" for other in others)


@each_stream
def test_every_utc_property_is_a_date_time(stream: str) -> None:
    """Targets make timestamps of them, and of nothing else."""
    for path, child in walk(load(stream)):
        assert (child.get("format") == "date-time") == path.endswith("Utc"), path


def test_only_the_posting_date_has_another_format() -> None:
    """Durations, addresses and birth dates stay plain strings."""
    others = {
        (stream, path, child["format"])
        for stream in STREAMS
        for path, child in walk(load(stream))
        if child.get("format", "date-time") != "date-time"
    }
    assert others == {("ledger_entries", "PostingDate", "date")}


@each_stream
def test_enumerations_are_open(stream: str) -> None:
    """A new member of an enumeration is not an invalid record."""
    closed = {"enum", "const", "pattern", "oneOf", "anyOf"}
    assert not [child for child in subschemas(load(stream)) if closed & child.keys()]


@each_stream
def test_every_property_has_a_description(stream: str) -> None:
    """The stream and each property, at every depth, are explained in full sentences."""
    schema = load(stream)
    assert schema["title"]
    for path, text in [
        ("", schema["description"]),
        *((path, child["description"]) for path, child in walk(schema)),
    ]:
        assert text == text.strip(), path
        assert text.endswith("."), path


@each_stream
def test_deprecated_properties_say_so_in_words(stream: str) -> None:
    """Targets keep the description where they drop the keyword."""
    for path, child in walk(load(stream)):
        is_said = "Deprecated" in child["description"]
        assert is_said == child.get("deprecated", False), path


@each_stream
def test_personal_data_is_marked_at_the_end_of_the_description(stream: str) -> None:
    """The mark can be searched for; on an object it covers everything inside."""
    for path, child in walk(load(stream)):
        before, mark, after = child["description"].partition(MARK)
        assert not after, path
        assert not mark or before.endswith(" "), path


@pytest.mark.parametrize(
    ("stream", "paths"),
    [
        ("order_items", "Notes"),
        ("payments", "Notes"),
        ("bills", "Notes OwnerData.Value AssociatedAccountData[].BillCustomerData"),
        ("companies", "ContactPerson Contact InvoicingEmail Telephone Notes"),
        (
            "customers",
            (
                "FirstName LastName SecondLastName Sex BirthDate BirthPlace Email "
                "Phone Notes TaxIdentificationNumber ItalianFiscalCode Address "
                "CarRegistrationNumber Passport Passport.Number IdentityCard Visa "
                "DriversLicense"
            ),
        ),
    ],
)
def test_what_identifies_a_person_is_marked(stream: str, paths: str) -> None:
    """A privacy officer finds these by the mark alone."""
    described = dict(walk(load(stream)))
    for path in paths.split():
        assert described[path]["description"].endswith(MARK), path


TELLING = re.compile(
    r"Address|Birth|Car|City|Contact|Dietary|Email|Fiscal|Gender|Identity|Ip$|Latitude"
    r"|Licen[cs]e|Line\d|Longitude|Loyalty|Name|Nationality|Notes|Number|Occupation"
    r"|Passport|Person|Phone|Plate|PostalCode|QrCode|Sex|Tax.*Identif|Telephone|Title"
    r"|Visa"
)
"""Names under which data of a person is to be expected."""

OF_NO_PERSON = re.compile(
    # a property, a company as a whole, a product, a card
    r"enterprises\..+|companies\.(Name|.*Number|.*Tax.*|Address.*)"
    r"|bills\.EnterpriseData\.CompanyName|bills\.EnterpriseData\.BankName"
    r"|bills\.EnterpriseData\..*Tax.*"
    r"|bills\.(CompanyDetails|.*BillCompanyData)\.(Name|Address.*|.*Identifier.*)"
    r"|order_items\.BillingName|bills\.OrderItems\[\]\.BillingName|.*\.CreditCard.*"
    # numbers that Mews or a channel counts with, and how many people there are
    r"|(bills|reservations|customers)\.(Channel|ChannelManager)?Number"
    r"|.*\.(PurchaseOrder|AvailabilityBlock)Number|.*\.PersonCounts?.*"
    # identifiers, which docs/guest-data.md lists apart
    r"|customers\.AddressId|customers\.HasOtaEmail"
)
"""Those of such names that are about no person."""


@each_stream
def test_properties_whose_names_tell_of_a_person_are_marked(stream: str) -> None:
    """A new property is either personal data or named above as none."""
    unmarked = [
        each.path
        for each in properties()
        if each.stream == stream
        and not each.is_personal
        and TELLING.search(each.path)
        and not OF_NO_PERSON.fullmatch(f"{stream}.{each.path}")
    ]
    assert unmarked == []


@each_stream
def test_open_objects_are_marked(stream: str) -> None:
    """Nobody knows what comes in them, a company's identifiers apart."""
    marked = {
        each.path for each in properties() if each.stream == stream and each.is_personal
    }
    opened = {
        path
        for path, child in walk(load(stream))
        if "additionalProperties" in child.get("items", child)
    }
    assert {path for path in opened - marked if "Compan" not in path} == set()


def test_a_shape_reads_the_same_wherever_it_occurs() -> None:
    """An amount or an address is described once, in the same words in all streams."""
    first_seen: dict[str, tuple[str, JsonSchema]] = {}
    for stream in STREAMS:
        for path, child in walk(load(stream)):
            inside = child.get("items", child).get("properties", {})
            # A Discriminator's members belong to the property that holds it.
            if not inside or "Discriminator" in inside:
                continue
            shape = str(stated_properties({"properties": inside}))
            here = f"{stream}.{path}"
            there, expected = first_seen.setdefault(shape, (here, inside))
            assert inside == expected, f"{here} differs from {there}"


@each_stream
def test_schema_is_valid_in_the_drafts_that_targets_use(stream: str) -> None:
    """SDK targets validate with 2020-12, older ones with draft 7."""
    schema = load(stream)
    Draft7Validator.check_schema(schema)
    Draft202012Validator.check_schema(schema)


@each_stream
def test_schema_passes_through_the_sdk_without_loss(stream: str) -> None:
    """The SDK's model drops keywords it does not know: there are none."""
    schema = load(stream)
    assert Schema.from_dict(schema).to_dict() == schema


@each_stream
def test_objects_are_open_only_where_mews_documents_no_properties(stream: str) -> None:
    """Elsewhere the tap, not the schema, deals with unknown properties."""
    for schema in subschemas(load(stream)):
        if "additionalProperties" in schema:
            assert not schema.get("properties")

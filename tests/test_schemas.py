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
from facts import OPERATIONS, Property, columns
from facts import STREAMS as KNOWN
from tap_mews.tap import TapMews
from tests.all_of import all_of

if TYPE_CHECKING:
    from collections.abc import Iterator

JsonSchema: TypeAlias = dict[str, Any]

SCHEMAS = Path(__file__).parents[1] / "schemas"
STREAMS = sorted(path.stem for path in SCHEMAS.iterdir())

each_stream = all_of("stream", {name: name for name in STREAMS})


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


def stated(schema: JsonSchema, prefix: str = "") -> dict[str, JsonSchema]:
    """Give every schema inside one, by its path in the terms of the facts."""
    found: dict[str, JsonSchema] = {}
    for name, child in schema.get("properties", {}).items():
        found |= _stated(f"{prefix}{name}", child)
    return found


def _stated(path: str, schema: JsonSchema) -> dict[str, JsonSchema]:
    found = {path: schema} | stated(schema, f"{path}.")
    if "items" in schema:
        found |= _stated(f"{path}[]", schema["items"])
    if isinstance(schema.get("additionalProperties"), dict):
        found |= _stated(f"{path}.*", schema["additionalProperties"])
    return found


def known(stream: str) -> dict[str, Property]:
    """Give what the facts say of each property of a stream, in documented order."""
    found = columns(KNOWN[stream])
    # the content of a Value depends on its Discriminator: the schema leaves it open
    return {path: each for path, each in found.items() if "|" not in path}


def types_of(schema: JsonSchema) -> set[str]:
    """Name the types that a schema allows."""
    declared = schema["type"]
    return {declared} if isinstance(declared, str) else set(declared)


def subschemas(schema: JsonSchema) -> Iterator[JsonSchema]:
    """Give a schema and all schemas inside it."""
    yield schema
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from subschemas(schema[key])
    for child in schema.get("properties", {}).values():
        yield from subschemas(child)


def a_tap() -> TapMews:
    """A tap that shows all streams."""
    return TapMews(config={"sensitive_streams": True}, validate_config=False)


def test_every_stream_has_a_schema_and_every_schema_a_stream() -> None:
    """No stream is without a schema, and no file is left over."""
    assert sorted(a_tap().streams) == STREAMS


def test_the_catalog_shows_the_schemas_as_they_are() -> None:
    """What holds for a file holds for what a user discovers."""
    streams = a_tap().catalog_dict["streams"]
    shown = {each["stream"]: each["schema"] for each in streams}
    assert shown == {stream: load(stream) for stream in STREAMS}


def test_the_catalog_has_the_key_and_the_bookmark_of_the_facts() -> None:
    """A stream is found by its key, and read by a time that its filters look at."""
    for entry in a_tap().catalog_dict["streams"]:
        fact = KNOWN[entry["stream"]]
        assert tuple(entry["key_properties"]) == fact.key
        if bookmark := entry.get("replication_key"):
            filters = OPERATIONS[fact.operation].time_filters
            assert bookmark in {*filters, *fact.added}, entry["stream"]
            assert bookmark == (fact.replication_key or bookmark)


@each_stream
def test_schema_has_exactly_the_known_properties(stream: str) -> None:
    """Nothing that can come is missing, and nothing is made up."""
    assert stated(load(stream)).keys() == known(stream).keys()


@each_stream
def test_documented_properties_come_in_documented_order(stream: str) -> None:
    """Readers find a property where the page of Mews has it."""
    documented = [
        path
        for path, each in known(stream).items()
        if each.documented == "yes"
        and path.partition(".")[0] not in KNOWN[stream].added
    ]
    assert [path for path in stated(load(stream)) if path in documented] == documented


@each_stream
def test_every_property_has_the_type_of_the_facts(stream: str) -> None:
    """What is documented as required is null in practice, all but the key."""
    types = {path: types_of(each) for path, each in stated(load(stream)).items()}
    assert types == {
        path: {*each.types, *(() if path in KNOWN[stream].key else ("null",))}
        for path, each in known(stream).items()
    }


@each_stream
def test_formats_are_those_that_a_page_promises(stream: str) -> None:
    """A duration stays a string, and so does a moment that no page promises."""
    formats = {path: each.get("format") for path, each in stated(load(stream)).items()}
    assert formats == {
        path: each.format if each.format != "duration" else None
        for path, each in known(stream).items()
    }


@each_stream
def test_deprecated_properties_are_marked(stream: str) -> None:
    """Users see what Mews advises against."""
    marked = [
        path for path, each in stated(load(stream)).items() if "deprecated" in each
    ]
    assert marked == [path for path, each in known(stream).items() if each.deprecated]


HOW_KNOWN = {
    "yes": "",
    "draft": "Only a draft of the documentation shows it",
    "example only": "Only examples in the documentation show it.",
    "no": "Mews does not document this property.",
}


@each_stream
def test_undocumented_properties_say_so(stream: str) -> None:
    """Nobody builds on them without knowing; members go with their object."""
    of_facts = known(stream)
    for path, child in walk(load(stream)):
        words = HOW_KNOWN[of_facts[path].documented]
        around = of_facts.get(path.rpartition(".")[0])
        if not around or around.documented == "yes":
            assert words in child["description"], path


@each_stream
def test_descriptions_name_the_documented_members(stream: str) -> None:
    """An analyst finds the values of an enumeration; new ones can appear."""
    for path, child in walk(load(stream)):
        fact = known(stream)[path]
        values = fact.values or (fact.items.values if fact.items else ())
        named = re.search("(?:One|Any) of: (.*?);", child["description"])
        assert (named[1].split(", ") if named else []) == list(values), path


@each_stream
def test_objects_are_open_only_where_their_content_is_not_known(stream: str) -> None:
    """Elsewhere the tap, not the schema, deals with unknown properties."""
    of_facts = known(stream)
    for path, child in stated(load(stream)).items():
        fact = of_facts[path]
        is_opaque = "object" in fact.types and not (fact.properties or fact.map)
        assert (child.get("additionalProperties") is True) == is_opaque, path


@each_stream
def test_only_the_key_is_required(stream: str) -> None:
    """A row may lack anything but its key."""
    schema = load(stream)
    assert schema["type"] == "object"
    assert tuple(schema["required"]) == KNOWN[stream].key
    assert not [path for path, child in walk(schema) if "required" in child]


@each_stream
def test_a_column_of_texts_is_no_column_of_numbers(stream: str) -> None:
    """target-duckdb makes a DOUBLE of what may be a number, and fails at a text."""
    mixed = {"number", "string"}
    assert not [each for each in walk(load(stream)) if mixed <= types_of(each.schema)]


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
        ("customer_relationships", "Relationship"),
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
    # a company as a whole, a product, a card
    r"companies\.(Name|.*Number|.*Tax.*|Address.*)"
    r"|bills\.EnterpriseData\.CompanyName|bills\.EnterpriseData\.BankName"
    r"|bills\.EnterpriseData\..*Tax.*"
    r"|bills\.(CompanyDetails|.*BillCompanyData)\.(Name|Address.*|.*Identifier.*)"
    r"|outlet_items\.(Name|PaymentCardPaymentId)|outlet_bills\.Number"
    r"|loyalty_memberships\.(LoyaltyProgramId|LoyaltyTierId)"
    r"|reservation_channel_details\.(Channel.*|RequestedRateCode)"
    r"|order_items\.BillingName|bills\.OrderItems\[\]\.BillingName|.*\.CreditCard.*"
    # numbers that Mews or a channel counts with, and how many people there are
    r"|(bills|reservations|customers)\.(Channel|ChannelManager)?Number"
    r"|(cashier_transactions|product_service_orders)\.Number"
    r"|reservation_groups\.ChannelManagerGroupNumber"
    r"|.*\.(PurchaseOrder|AvailabilityBlock)Number|.*\.PersonCounts?.*"
    # identifiers, which docs/guest-data.md lists apart
    r"|customers\.(AddressId|CustomTitleId|HasOtaEmail)"
)
"""Those of such names that are about no person."""


def is_about_people(stream: str) -> bool:
    """Whether a person is to be expected in its rows: not in how a hotel is set up."""
    return KNOWN[stream].personal or KNOWN[stream].family != "what the ids mean"


@each_stream
def test_properties_whose_names_tell_of_a_person_are_marked(stream: str) -> None:
    """A new property is either personal data or named above as none."""
    unmarked = [
        each.path
        for each in properties()
        if each.stream == stream
        and is_about_people(stream)
        and not each.is_personal
        and TELLING.search(each.path)
        and not OF_NO_PERSON.fullmatch(f"{stream}.{each.path}")
    ]
    assert unmarked == []


@pytest.mark.parametrize("stream", [s for s in STREAMS if KNOWN[s].personal])
def test_open_objects_with_data_of_persons_are_marked(stream: str) -> None:
    """Nobody knows what comes in them, a company's identifiers apart."""
    if not is_about_people(stream):
        return
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
            shape = str(sorted(stated({"properties": inside})))
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

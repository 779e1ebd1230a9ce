"""What the documentation shows of the streams, through the sandbox and the tap.

The bodies are in `tests/examples/`. Ledger entries have no example.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from facts import ENTITIES, OPERATIONS, STREAMS
from sandbox import Sandbox
from sandbox.hotel.shapes import ENTITIES as OF_THE_HOTELS
from sandbox.parameters import named_entities
from tap_mews.streams import STREAMS as TAPPED
from tests.export_harness import ENTITIES as EXPORTED
from tests.harness import Json, Result, select, sync
from tests.pages_harness import ADDED, BEFORE_ALL, TEN_MINUTES
from tests.sandbox.api import Api

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent / "examples"
BODIES: dict[str, Json] = {
    path.stem: json.loads(path.read_text("utf-8"), parse_float=Decimal)
    for path in sorted(FOLDER.glob("*.json"))
}
SEEN = BODIES.pop("seen")
EXAMPLES = {each["operation"]: each for each in BODIES.values()}
OF_STREAMS = {
    stream.operation: stream.name
    for stream in STREAMS.values()
    if stream.operation in EXAMPLES
}
LACKS = {"companionships/getAll": ["Extent"]}
"""What an example lacks although its page calls it required."""


@pytest.fixture
def hotel() -> Iterator[Sandbox]:
    """Two hotels, each with a chain of its own, that have opened lately."""
    with Sandbox(properties=2, chains=2, days=3) as sandbox:
        sandbox.limits.requests = 1_000_000
        yield sandbox


def of_hotel(sandbox: Sandbox, operation: str) -> Json:
    """An example whose enterprises and chains are those of the sandbox."""
    example = EXAMPLES[operation]
    known: dict[str, str] = {}
    for name, ids in (
        ("Enterprise", sandbox.enterprise_ids),
        ("Chain", sandbox.chain_ids),
    ):
        named = [*found(example, f"{name}Id", f"{name}Ids")]
        if operation == f"{name.lower()}s/getAll":
            named += [row["Id"] for row in rows_of(example)]
        known |= dict(zip(dict.fromkeys(named), ids, strict=False))
    body: Json = replaced(example, known)
    return body


def replaced(value: Any, known: dict[str, str]) -> Any:  # noqa: ANN401
    """A value with other identifiers."""
    if isinstance(value, dict):
        return {name: replaced(inner, known) for name, inner in value.items()}
    if isinstance(value, list):
        return [replaced(inner, known) for inner in value]
    return known.get(value, value) if isinstance(value, str) else value


def found(value: Any, *names: str) -> Iterator[str]:  # noqa: ANN401
    """Every identifier under one of these names, wherever it stands."""
    if isinstance(value, list):
        for each in value:
            yield from found(each, *names)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name in names:
                yield from inner if isinstance(inner, list) else [inner]
            yield from found(inner, *names)


def rows_of(example: Json) -> list[Json]:
    """The rows of the response."""
    rows: list[Json] = example["response"][OPERATIONS[example["operation"]].rows]
    return rows


def put(sandbox: Sandbox, example: Json) -> list[Json]:
    """Let the sandbox have the rows of an example; they are updated now."""
    entity = OPERATIONS[example["operation"]].entity
    now, hotel = sandbox.clock.now(), sandbox.enterprise_ids[0]
    return [sandbox.put(entity, row, hotel, updated=now) for row in rows_of(example)]


def put_named(sandbox: Sandbox, example: Json) -> None:
    """Let the sandbox have what the request names: one unknown id would refuse it."""
    operation = OPERATIONS[example["operation"]]
    for name in operation.ids.keys() & example["request"].keys():
        for entity in {*named_entities(operation, name)} & {*OF_THE_HOTELS}:
            known = {row["Id"] for row in sandbox.rows(entity)}
            for key in {*example["request"][name]} - known:
                sandbox.put(entity, sandbox.new_row(entity, Id=key))


def test_every_operation_with_a_page_has_an_example() -> None:
    first = {str(vars(each)["name"]) for each in TAPPED if not each.is_optional}
    streams = [STREAMS[name] for name in first]
    paths = {stream.operation for stream in streams}
    assert EXAMPLES.keys() == {path for path in paths if OPERATIONS[path].page}


@pytest.mark.parametrize("operation", EXAMPLES)
def test_the_request_is_taken_and_the_response_has_the_same_lists(
    hotel: Sandbox, operation: str
) -> None:
    example = of_hotel(hotel, operation)
    put(hotel, example)
    put_named(hotel, example)
    body = example["request"]
    cursor = body["Limitation"].pop("Cursor", None)
    known = OPERATIONS[operation]
    with Api(hotel) as api:
        for name in LACKS.get(operation, ()):
            assert api.refused(operation, body) == (400, f"Invalid {name}.")
            hotel.journal.clear()
            body[name] = known.all_rows[name]
        answer = api.ask(operation, body)
        assert answer.keys() == example["response"].keys()
        assert hotel.journal.breaches == []
        if cursor:
            body["Limitation"]["Cursor"] = cursor
            refused = api.refused(operation, body)
            assert refused == (400, "Invalid Limitation.Cursor."), (
                "it is of no question"
            )
    entry = hotel.journal.requests(operation)[-1]
    advised_against = {*known.deprecated_parameters} & body.keys()
    assert advised_against <= {*entry.deprecated}


@pytest.mark.parametrize("operation", EXAMPLES)
def test_the_facts_know_every_property_of_the_rows(operation: str) -> None:
    known = ENTITIES[OPERATIONS[operation].entity].properties
    for row in rows_of(EXAMPLES[operation]):
        assert row.keys() <= known.keys()


def read(sandbox: Sandbox, extraction: str, *streams: str) -> Result:
    """What the tap reads of some streams."""
    sandbox.clock.advance(TEN_MINUTES)
    config = sandbox.config(extraction=extraction, start_date=BEFORE_ALL)
    result = sync(config, catalog=select(*streams)).ok()
    assert sandbox.journal.breaches == []
    return result


@pytest.mark.parametrize("extraction", ["exports", "pages"])
def test_the_rows_of_the_responses_arrive_whole(
    hotel: Sandbox, extraction: str
) -> None:
    expected: dict[str, list[Json]] = {}
    for operation, stream in OF_STREAMS.items():
        if stream in EXPORTED or extraction == "pages":
            example = of_hotel(hotel, operation)
            expected[stream] = put(hotel, example)
    for row in expected.get("companionships", ()):
        stay = hotel.new_row("Reservation", GroupId=row["ReservationGroupId"])
        hotel.put("Reservation", stay)
    result = read(hotel, extraction, *expected)
    for stream, rows in expected.items():
        records = {each["Id"]: each for each in result.records[stream]}
        for row in rows:
            record = {k: v for k, v in records[row["Id"]].items() if k != ADDED}
            assert record == row


@pytest.mark.parametrize("extraction", ["exports", "pages"])
@pytest.mark.parametrize("stream", SEEN)
def test_what_was_seen_in_real_rows_arrives_whole(
    hotel: Sandbox, stream: str, extraction: str
) -> None:
    row = hotel.new_row(EXPORTED[stream], **SEEN[stream])
    hotel.put(EXPORTED[stream], row)
    result = read(hotel, extraction, stream)
    (record,) = (each for each in result.records[stream] if each["Id"] == row["Id"])
    assert record == row

"""An operation that gives rows costs the sandbox nothing but its facts and its rows."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from facts import ENTITIES, OPERATIONS, Operation, Property
from sandbox import Sandbox
from sandbox.hotel.shapes import ENTITIES as OF_THE_HOTELS
from sandbox.operations.get_all import STANDARD, WHOLE
from sandbox.parameters import column, named_entities
from tests.sandbox.api import Api

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

LATER = [
    path
    for path in STANDARD
    if OPERATIONS[path].entity not in OF_THE_HOTELS and path not in WHOLE
]
TEXTS = {"date-time": "2026-02-28T10:15:00Z", "date": "2026-02-28", "duration": "P1D"}
SCALARS: dict[str, object] = {"number": Decimal("1.50"), "integer": 7, "boolean": True}
PERIOD = {"StartUtc": "2026-02-01T00:00:00Z", "EndUtc": "2026-03-02T00:00:00Z"}
DAYS = {"Start": "2026-02-01", "End": "2026-03-01"}


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    """A sandbox for all of them."""
    sandbox = Sandbox(properties=1, days=1, undocumented=False)
    with sandbox, Api(sandbox) as api:
        yield api


def value(name: str, known: Property) -> Any:  # noqa: ANN401
    """Something that a property can hold."""
    if known.format:
        return TEXTS[known.format]
    if known.properties:
        return {inner: value(inner, each) for inner, each in known.properties.items()}
    if known.items:
        return [value("", known.items)]
    if known.values:
        return known.values[0]
    if known.refers_to or name.endswith("Id"):
        return str(uuid.uuid4())
    return SCALARS.get(known.types[0], "text" if "string" in known.types else {})


def put(sandbox: Sandbox, entity: str, **values: object) -> Json:
    """Let the sandbox have a row of an entity, made from what the facts know of it."""
    known = ENTITIES[entity].properties
    row = {name: value(name, each) for name, each in known.items()}
    row |= {"EnterpriseId": sandbox.enterprise_ids[0], "ChainId": sandbox.chain_ids[0]}
    row = {name: row[name] for name in known} | values
    hotel, now = sandbox.enterprise_ids[0], sandbox.clock.now()
    return sandbox.put(entity, row, hotel, updated=now)


def ask_for(sandbox: Sandbox, operation: Operation, row: Json) -> Json:
    """A body that is taken and brings the row."""
    body: Json = {**operation.all_rows}
    if operation.paging == "required":
        body["Limitation"] = {"Count": 1000}
    scope = operation.scope
    if scope and (scope.required or scope.required_with_portfolio_token):
        chain = "Chain" in scope.parameter
        body[scope.parameter] = sandbox.chain_ids if chain else sandbox.enterprise_ids
    needed = [*operation.required, *operation.one_of[:1]]
    if operation.at_least_one_filter:
        needed += [*operation.time_filters][:1] or [*operation.ids][:1]
    for name in needed:
        if name in operation.time_filters:
            day = ENTITIES[operation.entity].properties.get(name)
            body[name] = DAYS if day and day.format == "date" else PERIOD
        elif name in operation.ids and name not in body:
            found = row.get(column(operation, name) or "") or str(uuid.uuid4())
            body[name] = [found]
            for parent in named_entities(operation, name):
                if parent != operation.entity:
                    put(sandbox, parent, Id=found)
    return body


@pytest.mark.parametrize("path", LATER)
def test_it_is_absent_without_rows_and_served_with_them(api: Api, path: str) -> None:
    operation, sandbox = OPERATIONS[path], api.sandbox
    if not sandbox.rows(operation.entity):
        assert api.refused(path, {}) == (404, "Not found.")
    row = put(sandbox, operation.entity)
    sandbox.journal.clear()
    answer = api.ask(path, ask_for(sandbox, operation, row))
    assert row in answer[str(operation.rows)]
    assert sandbox.journal.breaches == []

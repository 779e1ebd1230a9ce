"""Compares what an OpenAPI document says with the specification layer of the facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from drift.difference import Difference, members
from drift.entities import EntityComparison

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift.known import Known
    from drift.openapi import Document, Documented, Parameter

Json: TypeAlias = dict[str, Any]

EXPORT = "exports/add"
"""The one operation of the facts that writes; they name what its parameters hold."""

LIMITATION = "Limitation"


def compare(known: Known, document: Document) -> list[Difference]:
    """Name everything that differs, each thing once."""
    found: dict[bytes, Difference] = {}
    for each in _Comparison(known, document).differences():
        found.setdefault(msgspec.json.encode(each), each)
    return sorted(found.values(), key=lambda each: (each.of, each.path, each.kind))


def reads(path: str) -> bool:
    """Whether an operation reads, to go by its name."""
    return path.partition("/")[2].startswith("get")


def parameters_of(operation: Json) -> set[str]:
    """Name the parameters that the facts have for an operation."""
    names = {
        name for each in operation.get("interval", ()) for name in each.split("..")
    }
    for key in ("required", "one_of", "other", "deprecated_parameters", "ids"):
        names |= {*operation.get(key, ())}
    names |= {*operation.get("time_filters", ())}
    if "scope" in operation:
        names.add(operation["scope"]["parameter"])
    return names | ({LIMITATION} if operation["paging"] != "no" else set())


def span(months: int | None) -> str | None:
    """Give the longest interval as the facts write it."""
    return f"{months} month{'s' if months > 1 else ''}" if months else None


class _Comparison:
    def __init__(self, known: Known, document: Document) -> None:
        self._known = known
        self._document = document
        self._entities = EntityComparison(known)

    def differences(self) -> Iterator[Difference]:
        known, said = self._known.operations, self._document.operations
        for path in known.keys() - said.keys():
            yield self._differs("vanished operation", path)
        for path, operation in said.items():
            if path in known:
                yield from self._of_operation(path, known[path], operation)
            elif reads(path):
                yield self._differs("new operation", path)

    def _differs(
        self,
        kind: str,
        operation: str,
        path: str = "",
        facts: object = None,
        document: object = None,
    ) -> Difference:
        return Difference(
            kind=kind,
            of=operation,
            path=path,
            facts=facts,
            document=document,
            streams=tuple(self._known.streams_of(operation)),
        )

    def _of_operation(
        self, path: str, known: Json, said: Documented
    ) -> Iterator[Difference]:
        for name, is_said in (
            ("restricted", said.restricted),
            ("deprecated", said.deprecated),
            ("portfolio", said.portfolio),
        ):
            if bool(known.get(name)) != is_said:
                yield self._differs(name, path, "", bool(known.get(name)), is_said)
        if path == EXPORT:
            types = said.parameters["EntityType"].values
            for kind, before, after in members(known["entity_types"], types):
                yield self._differs(kind, path, "EntityType", before, after)
        else:
            yield from self._of_parameters(path, known, said)
        yield from self._of_response(path, known, said.response)

    def _of_parameters(
        self, path: str, known: Json, said: Documented
    ) -> Iterator[Difference]:
        names = parameters_of(known)
        for name in names - said.parameters.keys():
            yield self._differs("vanished parameter", path, name)
        for name, parameter in said.parameters.items():
            if name not in names:
                yield self._differs(
                    "new parameter", path, name, document=parameter.kind
                )
                continue
            for kind, before, after in _of_parameter(name, known, parameter):
                if before != after:
                    yield self._differs(kind, path, name, before, after)

    def _of_response(
        self, path: str, known: Json, said: dict[str, Json]
    ) -> Iterator[Difference]:
        entities = {known["rows"]: known["entity"]} if known["rows"] else {}
        lists = known.get("lists", {})
        entities |= {name: each["entity"] for name, each in lists.items()}
        whole = self._known.whole_entity(path)
        if whole:
            yield from self._entities.of(whole, said)
        for name, entity in entities.items():
            if name not in said:
                yield self._differs("vanished list", path, name)
            elif entity and entity != whole:
                yield from self._entities.of(entity, row_of(said[name]))
        for name in said.keys() - entities.keys():
            if not whole and row_of(said[name]):
                yield self._differs("new list", path, name)
        rows = said.get(known["rows"] or "", {})
        yield from self._limit(path, known["rows"], known.get("most_rows"), rows)
        for name in lists.keys() & said.keys():
            before = lists[name].get("deprecated", False)
            after = said[name].get("deprecated", False)
            if before != after:
                yield self._differs("deprecated", path, name, before, after)

    def _limit(
        self, path: str, rows: str, most: int | None, said: Json
    ) -> Iterator[Difference]:
        # many responses do not say it, and the facts have it from the guidelines
        if most and said.get("max_items", most) != most:
            yield self._differs("limit", path, rows, most, said["max_items"])


def _of_parameter(
    name: str, known: Json, said: Parameter
) -> Iterator[tuple[str, Any, Any]]:
    """What the facts and the document say of a parameter that both have."""
    scope = known.get("scope", {})
    if name == LIMITATION:
        yield "required", known["paging"] == "required", said.required
        return
    asked = {*known.get("required", ())}
    if scope.get("required"):
        asked.add(scope["parameter"])
    yield "required", name in asked, said.required
    advised_against = name in known.get("deprecated_parameters", ())
    yield "deprecated", advised_against, said.deprecated
    if name in known.get("ids", ()):
        yield "limit", known["ids"][name], said.most
    if name in known.get("time_filters", ()):
        yield "limit", known["time_filters"][name], span(said.months)


def row_of(said: Json) -> Json:
    """Give the properties of the entries of a list, or of an object."""
    members: Json = said.get("items", said).get("properties", {})
    return members

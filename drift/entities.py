"""Compares entities: what rows consist of, and the shapes inside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from drift.difference import Difference, members
from drift.forms import longest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift.known import Known

Json: TypeAlias = dict[str, Any]

LIMITS = ("max_length", "max_items")
CONTRACTS = ("required", "deprecated")


class EntityComparison:
    """Compares properties of a document with those of the facts."""

    def __init__(self, known: Known) -> None:
        """Compare with these."""
        self._known = known

    def of(self, name: str, said: Json) -> Iterator[Difference]:
        """Compare the properties of an entity, and of all inside it."""
        entity = self._known.entities[name]
        yield from self._of_members(name, "", entity.get("properties", {}), said)

    def _of_members(
        self, entity: str, prefix: str, known: Json, said: Json
    ) -> Iterator[Difference]:
        overlay = self._known.overlay["entities"].get(entity, {})
        for name in known.keys() - said.keys():
            yield self._differs("vanished property", entity, prefix + name)
        for name, each in said.items():
            path = prefix + name
            if name in known:
                yield from self._of_property(entity, path, known[name], each)
            elif "documented" in overlay.get(path, {}):
                yield self._differs(
                    "documented now", entity, path, overlay[path].get("type"), each
                )
            else:
                yield self._differs("new property", entity, path, document=each)

    def _of_property(
        self, entity: str, path: str, known: Json, said: Json
    ) -> Iterator[Difference]:
        for key in CONTRACTS:
            before, after = known.get(key, False), said.get(key, False)
            if before != after:
                yield self._differs(key, entity, path, before, after)
        yield from self._of_values(entity, path, known, said)
        shape = known.get("shape")
        if said.get("is_cut"):
            return
        if shape:
            yield from self.of(shape, said.get("properties", {}))
            return
        if "any" not in {known["type"], said["type"]} and known["type"] != said["type"]:
            yield self._differs("type", entity, path, known["type"], said["type"])
        if "variants" in known and "properties" in said:
            said = single_variant(known, said)
        yield from self._of_members(
            entity, f"{path}.", known.get("properties", {}), said.get("properties", {})
        )
        if "variants" in said:
            yield from self._of_members(
                entity, f"{path}|", known.get("variants", {}), said["variants"]
            )
        for key, step in (("items", "[]"), ("map", ".*")):
            if key in known and key in said:
                yield from self._of_property(
                    entity, f"{path}{step}", known[key], said[key]
                )

    def _of_values(
        self, entity: str, path: str, known: Json, said: Json
    ) -> Iterator[Difference]:
        for key in LIMITS:
            if known.get(key) != said.get(key):
                yield self._differs(
                    "limit", entity, path, known.get(key), said.get(key)
                )
        if said.get("format", known.get("format")) != known.get("format"):
            yield self._differs(
                "format", entity, path, known.get("format"), said["format"]
            )
        if "shape" not in known:
            before, after = known.get("values", []), said.get("values", [])
            for kind, was, is_now in members(before, after):
                yield self._differs(kind, entity, path, was, is_now)
        before = known.get("values_deprecated", [])
        after = said.get("values_deprecated", [])
        if before != after:
            yield self._differs("deprecated members", entity, path, before, after)

    def _differs(
        self,
        kind: str,
        entity: str,
        path: str,
        facts: object = None,
        document: object = None,
    ) -> Difference:
        columns = self._known.columns_of(entity, path)
        is_new = kind in {"new property", "documented now"}
        schemas: dict[str, list[str]] = {}
        for stream, paths in columns.items():
            stated = self._known.stated(stream)
            change = [each for each in paths if (each in stated) != is_new]
            if change and stated:
                schemas[stream] = change
        return Difference(
            kind=kind,
            of=entity,
            path=path,
            facts=facts,
            document=document["type"] if isinstance(document, dict) else document,
            streams=tuple(columns),
            schemas=schemas,
        )


def single_variant(known: Json, said: Json) -> Json:
    """Read the only alternative that is left of a coproduct's `Value` as a variant."""
    names = tuple(known["variants"])
    name = longest(names, said.get("component", "")) or names[0]
    alternative = {"type": "object", "properties": said["properties"]}
    return {**said, "properties": {}, "variants": {name: alternative}}

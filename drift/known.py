"""What is known before a comparison: the facts as they are written, and the schemas."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from facts import columns
from facts.loading import FOLDER, layer, load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facts import Property, Stream
    from facts.loading import Facts

Json: TypeAlias = dict[str, Any]

SCHEMAS = FOLDER.parent / "schemas"
WHOLE = ", the whole response"
"""Ends the page of an entity that is a response, not a row in one."""


class Known:
    """The facts and the schemas.

    Attributes:
        folder: Of the facts.
        schemas: Folder of the schemas.
        operations: Those of the specification, by path.
        entities: Those of the specification, by name.
        overlay: The layer that is kept by hand.
    """

    def __init__(self, folder: Path = FOLDER, schemas: Path = SCHEMAS) -> None:
        """Read the facts."""
        self.folder = folder
        self.schemas = schemas
        specification = layer("specification", folder)
        self.operations: Json = specification["operations"]
        self.entities: Json = specification["entities"]
        self.overlay: Json = layer("overlay", folder)
        self._stated: dict[str, dict[str, Json]] = {}

    @cached_property
    def facts(self) -> Facts:
        """The facts, both layers together."""
        return load(self.folder)

    def streams_of(self, operation: str) -> list[str]:
        """Name the streams that an operation gives rows to."""
        streams = self.facts.streams.values()
        return sorted(each.name for each in streams if each.operation == operation)

    def columns(self, stream: Stream) -> dict[str, Property]:
        """Give what a row of a stream consists of, by path."""
        return columns(stream, self.facts.entities)

    def columns_of(self, entity: str, path: str) -> dict[str, list[str]]:
        """Give the columns of streams that are a property of an entity, by stream."""
        found: dict[str, list[str]] = {}
        for stream in sorted(self.facts.streams.values(), key=lambda each: each.name):
            for prefix in self._occurrences(stream.entity).get(entity, ()):
                column = f"{prefix}.{path}".removeprefix(".")
                if re.split(r"\W", column)[0] not in stream.unfolded:
                    found.setdefault(stream.name, []).append(column)
        return found

    def whole_entity(self, operation: str) -> str | None:
        """Name the entity that the whole response of an operation is, if it is one."""
        page = self.operations[operation].get("page", "") + WHOLE
        names = (name for name, each in self.entities.items() if each["page"] == page)
        return next(names, None)

    def stated(self, stream: str) -> dict[str, Json]:
        """Give every property of the schema of a stream, by path; none without one."""
        if stream not in self._stated:
            file = self.schemas / f"{stream}.json"
            schema = json.loads(file.read_text("utf-8")) if file.exists() else {}
            self._stated[stream] = dict(stated(schema))
        return self._stated[stream]

    def _occurrences(self, entity: str) -> dict[str, list[str]]:
        """Where the shapes are that an entity consists of: paths, by shape."""
        found: dict[str, list[str]] = {entity: [""]}
        for path, known in spelled_out(self.entities.get(entity, {})):
            if "shape" not in known:
                continue
            for inner, places in self._occurrences(known["shape"]).items():
                found.setdefault(inner, [])
                found[inner] += [f"{path}.{each}".strip(".") for each in places]
        return found


def spelled_out(known: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    """Give every property inside one by its path; shapes are not entered."""
    for name, child in known.get("properties", {}).items():
        here = f"{path}.{name}".removeprefix(".")
        yield here, child
        yield from spelled_out(child, here)
    for name, child in known.get("variants", {}).items():
        yield f"{path}|{name}", child
        yield from spelled_out(child, f"{path}|{name}")
    for key, step in (("items", "[]"), ("map", ".*")):
        if key in known:
            yield f"{path}{step}", known[key]
            yield from spelled_out(known[key], f"{path}{step}")


def stated(schema: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    """Give every schema inside one, by its path in the terms of the facts."""
    for name, child in schema.get("properties", {}).items():
        here = f"{path}.{name}".removeprefix(".")
        yield here, child
        yield from stated(child, here)
    for key, step in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(schema.get(key), dict):
            yield f"{path}{step}", schema[key]
            yield from stated(schema[key], f"{path}{step}")

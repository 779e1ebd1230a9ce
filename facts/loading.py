"""Reads the files and lays the overlay over the specification."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import msgspec

from facts.model import Entity, Fact, Operation, Span, Stream

Json: TypeAlias = dict[str, Any]
AnyFact = TypeVar("AnyFact", bound=Fact)

FOLDER = Path(__file__).parent


class Facts(msgspec.Struct, frozen=True):
    """Everything that is known, by name."""

    operations: dict[str, Operation]
    entities: dict[str, Entity]
    streams: dict[str, Stream]
    left_out: dict[str, str]


def load(folder: Path = FOLDER) -> Facts:
    """Give the facts, the overlay merged over the specification.

    Args:
        folder: In which the layers are.

    Raises:
        msgspec.ValidationError: A file says what the model does not know.
        ValueError: Two files speak of the same thing.
    """
    specification, overlay = layer("specification", folder), layer("overlay", folder)
    operations: Json = specification["operations"]
    for path, known in overlay["operations"].items():
        operations[path] = operations.get(path, {}) | known
    entities: Json = specification["entities"]
    for name, paths in overlay["entities"].items():
        for path, known in paths.items():
            _lay_over(entities[name], path, known)
    return Facts(
        operations={
            path: _fact(Operation, known | {"path": path})
            for path, known in sorted(operations.items())
        },
        entities={
            name: _fact(Entity, known | {"properties": _members(known, entities)})
            for name, known in sorted(entities.items())
        },
        streams={
            name: _fact(
                Stream,
                {"name": name, "rows": operations[known["operation"]]["rows"]}
                | known
                | _added(known, entities),
            )
            for name, known in sorted(overlay["streams"].items())
        },
        left_out=overlay["left_out"],
    )


def layer(name: str, folder: Path = FOLDER) -> Json:
    """Give the sections of all files of a layer, as they are written.

    Raises:
        ValueError: Two files speak of the same thing.
    """
    sections: Json = {}
    for file in sorted((folder / name).glob("*.json")):
        for section, entries in json.loads(file.read_text("utf-8")).items():
            known = sections.setdefault(section, {})
            if twice := known.keys() & entries.keys():
                message = f"{file}: {', '.join(sorted(twice))} stands in two files"
                raise ValueError(message)
            known |= entries
    return sections


def _lay_over(entity: Json, path: str, known: Json) -> None:
    """Add what the overlay says of a property, or the property itself."""
    *around, name = re.findall(r"\[\]|\*|\|?[^.|\[]+", path)
    holder = entity
    for step in around:
        siblings, key = _place(holder, step)
        holder = siblings[key]
    siblings, key = _place(holder, name)
    siblings[key] = siblings.get(key, {}) | known


def _place(holder: Json, step: str) -> tuple[Json, str]:
    """Say where a step of a path leads: to a key of which object."""
    if step in {"[]", "*"}:
        return holder, {"[]": "items", "*": "map"}[step]
    section = "variants" if step.startswith("|") else "properties"
    return holder.setdefault(section, {}), step.removeprefix("|")


def _members(known: Json, entities: Json) -> Json:
    return {
        name: _expanded(child, entities)
        for name, child in known.get("properties", {}).items()
    }


def _expanded(known: Json, entities: Json) -> Json:
    """Give a property in full: the name of a shape stands for its members."""
    full = dict(known)
    if shape := full.pop("shape", None):
        full |= {"type": "object", "properties": entities[shape]["properties"]}
    for key in ("properties", "variants"):
        if key in full:
            full[key] = {
                name: _expanded(child, entities) for name, child in full[key].items()
            }
    for key in ("items", "map"):
        if key in full:
            full[key] = _expanded(full[key], entities)
    if isinstance(full["type"], str):
        full["type"] = [full["type"]]
    return full


def _added(known: Json, entities: Json) -> Json:
    return {
        "added": {
            name: _expanded(column, entities)
            for name, column in known.get("added", {}).items()
        }
    }


def _fact(kind: type[AnyFact], known: Json) -> AnyFact:
    spans = known.get("time_filters")
    if kind is Operation and spans:
        known = known | {
            "time_filters": {
                name: text and msgspec.to_builtins(Span.parse(text))
                for name, text in spans.items()
            }
        }
    return msgspec.convert(known, kind)

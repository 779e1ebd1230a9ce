"""What the facts say of entities, after an OpenAPI document has been read."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any, TypeAlias

from drift.comparison import row_of
from drift.entities import single_variant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json: TypeAlias = dict[str, Any]

FROM_DOCUMENT = (
    *("type", "format", "required", "values", "values_deprecated"),
    *("max_length", "max_items", "deprecated"),
)
"""What a document says of a property."""

HAND_WRITTEN = {"type", "format"}
"""What stays as it was where a document does not say it."""


class EntityRenewal:
    """Entities in the form of the facts, renewed step by step.

    Attributes:
        entities: All of them, by name.
    """

    def __init__(self, known: Mapping[str, Json], version: str) -> None:
        """Begin with what is known.

        Args:
            known: The entities of the specification layer.
            version: For what is changed.
        """
        self.entities: Json = copy.deepcopy(dict(known))
        self._version = version
        self._renewed: set[str] = set()
        self._names: dict[str, str] = {}

    def learn(self, lists: Mapping[str, str | None], response: Json) -> None:
        """Learn which component is which entity, from a response that is known."""
        for name, entity in lists.items():
            said = _rows(response, name)
            if entity and said:
                self._learn(entity, said)

    def _learn(self, entity: str, said: Json) -> None:
        component = said.get("component")
        if component:
            if component in self._names:
                return
            self._names[component] = entity
        known = self.entities[entity].get("properties", {})
        self._learn_inside({"properties": known}, said)

    def _learn_inside(self, known: Json, said: Json) -> None:
        if "shape" in known:
            self._learn(known["shape"], said)
            return
        for key in ("properties", "variants"):
            for name in known.get(key, {}).keys() & said.get(key, {}).keys():
                self._learn_inside(known[key][name], said[key][name])
        for key in ("items", "map"):
            if key in known and key in said:
                self._learn_inside(known[key], said[key])

    def name_of(self, said: Json) -> str:
        """Name the entity that a list of a response has, or will have."""
        component = said.get("items", said).get("component", "")
        name = re.sub(r"V(\d{4})(\d\d)(\d\d)$", r"_\1_\2_\3", component)
        return self._names.setdefault(component, name)

    def take(self, lists: Mapping[str, str | None], response: Json) -> Iterator[str]:
        """Take the entities of a response, and the shapes inside them.

        Yields:
            Names of those that are new.
        """
        for name, entity in lists.items():
            said = _rows(response, name)
            if not entity or not said:
                continue
            if entity not in self.entities:
                page = f"OpenAPI: {said.get('component')}"
                self.entities[entity] = {"page": page, "version": self._version}
                yield entity
            self._take(entity, said["properties"])

    def _take(self, name: str, said: Json) -> None:
        if name in self._renewed:
            return
        self._renewed.add(name)
        entity = self.entities[name]
        members = self._members(entity.get("properties", {}), said)
        if members != entity.get("properties", {}):
            entity["version"] = self._version
            entity["properties"] = members

    def _members(self, known: Json, said: Json) -> Json:
        found = {
            name: self._property(known[name], each)
            if name in known
            else self._new(each)
            for name, each in said.items()
        }
        # where nothing is new, nothing moves
        return (
            {name: found[name] for name in known}
            if known.keys() == found.keys()
            else found
        )

    def _property(self, known: Json, said: Json) -> Json:
        found = _with_what_is_said(known, said)
        if said.get("is_cut"):
            return found
        if "shape" in known:
            self._take(known["shape"], said.get("properties", {}))
            return found
        if "variants" in known and "properties" in said:
            said = single_variant(known, said)
        found.pop("properties", None)
        for key in ("properties", "variants"):
            if said.get(key):
                found[key] = self._members(known.get(key, {}), said[key])
        for key in ("items", "map"):
            if key in known and key in said:
                found[key] = self._property(known[key], said[key])
        # keys keep their places
        return {key: found[key] for key in [*known, *found] if key in found}

    def _new(self, said: Json) -> Json:
        """Write a property as the facts do; a component that they know is a shape."""
        component = said.get("component")
        found = {key: said[key] for key in FROM_DOCUMENT if key in said}
        if component in self._names and self._names[component] in self.entities:
            return {
                **{
                    key: found[key]
                    for key in ("required", "deprecated")
                    if key in found
                },
                "shape": self._names[component],
            }
        for key in ("properties", "variants"):
            if said.get(key):
                found[key] = {n: self._new(each) for n, each in said[key].items()}
        for key in ("items", "map"):
            if key in said:
                found[key] = self._new(said[key])
        return found


def _with_what_is_said(known: Json, said: Json) -> Json:
    found = dict(known)
    of_shape = {"type", "values", "values_deprecated"} if "shape" in known else set()
    for key in FROM_DOCUMENT:
        value = said.get(key)
        if key in of_shape or value == "any":
            continue
        if value is not None:
            found[key] = value
        elif key not in HAND_WRITTEN:
            found.pop(key, None)
    return found


def _rows(response: Json, name: str) -> Json:
    """Give the entries of a list of a response, or all of the response for ""."""
    if not name:
        return {"properties": response}
    said: Json = response.get(name, {})
    return said.get("items", said) if row_of(said) else {}

"""Reads the schemas of an OpenAPI document in the form of the facts.

The names of extensions, and what they mean, are those that Mews' own generator of its
documentation reads (`connector-api/_generator` of MewsSystems/open-api-docs).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from openapi_pydantic.v3.v3_0 import Reference, Schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Json: TypeAlias = dict[str, Any]
Form: TypeAlias = Schema | Reference

FORMATS = {"date-time", "date", "duration"}
"""Those that the facts know."""


class DocumentError(Exception):
    """An OpenAPI document cannot be read."""


class Node(NamedTuple):
    """A schema behind its references.

    Attributes:
        component: Its name, if it has one.
        extensions: `x-…`, of the references as well.
    """

    schema: Schema
    component: str | None
    nullable: bool
    deprecated: bool
    extensions: Json


class Forms:
    """The schemas of a document.

    Attributes:
        unclear: What cannot be compared, and why.
    """

    def __init__(self, schemas: Mapping[str, Form]) -> None:
        """Take the components."""
        self._schemas = schemas
        self.unclear: list[str] = []

    def property(self, said: Form, around: tuple[str, ...] = ()) -> Json:
        """Give a property in the form of the facts, with everything inside it.

        Args:
            said: Of the document.
            around: Components that it is inside of, which are not entered again.

        Returns:
            `component` is there as well: the name that the document has for it.
        """
        node = self.resolved(said)
        schema = node.schema
        known: Json = {"type": "any"}
        if schema.type:
            known["type"] = schema.type.value
        elif schema.properties or schema.allOf:
            known["type"] = "object"
        if schema.schema_format in FORMATS:
            known["format"] = str(schema.schema_format)
        known |= {"required": True} if not node.nullable else {}
        known |= _enumeration(schema, node.extensions)
        if schema.maxLength:
            known["max_length"] = schema.maxLength
        if schema.maxItems:
            known["max_items"] = schema.maxItems
        known |= {"deprecated": True} if node.deprecated else {}
        known |= self._inside(node, around)
        return known

    def _inside(self, node: Node, around: tuple[str, ...]) -> Json:
        schema = node.schema
        inside: Json = {}
        if node.component:
            if node.component in around:
                return {"component": node.component, "is_cut": True}
            inside["component"] = node.component
            around = (*around, node.component)
        if members := self.members(schema, around):
            inside["properties"] = members
            self._add_variants(node, members, around)
        if schema.items:
            inside["items"] = _without_contract(self.property(schema.items, around))
        if isinstance(schema.additionalProperties, Schema | Reference):
            value = self.property(schema.additionalProperties, around)
            inside["map"] = _without_contract(value)
        return inside

    def _add_variants(
        self, node: Node, members: dict[str, Json], around: tuple[str, ...]
    ) -> None:
        """Tell the alternatives of a coproduct's `Value` by its `Discriminator`."""
        if not {"Discriminator", "Value"} <= members.keys():
            return
        value = self.resolved(self.named(node.schema)["Value"]).schema
        alternatives = value.oneOf or value.anyOf or []
        mapping: dict[str, str] = {}
        for each in (node.schema, value):
            mapping |= (each.discriminator and each.discriminator.mapping) or {}
        names = {target.rpartition("/")[2]: name for name, target in mapping.items()}
        variants: dict[str, Json] = {}
        for form in alternatives:
            component = self.resolved(form).component or ""
            known = members["Discriminator"].get("values", ())
            name = names.get(component) or longest(known, component)
            if name is None:
                self.unclear.append(
                    f"{node.component}: no member of Discriminator is told for "
                    f"{component or 'an alternative without a name'}"
                )
                continue
            variants[name] = _without_contract(self.property(form, around))
        if variants:
            members["Value"] |= {"type": "object", "variants": variants}

    def members(self, said: Form | None, around: tuple[str, ...]) -> dict[str, Json]:
        """Give the properties of an object, the deprecated ones at the end."""
        if said is None:
            return {}
        found = {
            name: self.property(form, around) for name, form in self.named(said).items()
        }
        # as the pages have them
        return dict(sorted(found.items(), key=lambda each: "deprecated" in each[1]))

    def named(self, said: Form) -> dict[str, Form]:
        """Give the properties of an object as the document has them, by name."""
        schema = self.resolved(said).schema
        found: dict[str, Form] = {}
        for part in schema.allOf or ():
            found |= self.named(part)
        for name, form in (schema.properties or {}).items():
            found[name[:1].upper() + name[1:]] = form
        return found

    def resolved(self, said: Form) -> Node:
        """Go behind references, and behind the single parts that stand for them."""
        component, nullable, deprecated = None, False, False
        extensions: Json = {}
        while True:
            if isinstance(said, Reference):
                component = said.ref.rpartition("/")[2]
                if component not in self._schemas:
                    msg = f"The document has no component {component}"
                    raise DocumentError(msg)
                said = self._schemas[component]
                continue
            nullable |= bool(said.nullable)
            deprecated |= bool(said.deprecated)
            extensions = {**(said.model_extra or {}), **extensions}
            parts = said.anyOf or said.oneOf or said.allOf or []
            if said.type or said.properties or len(parts) != 1:
                return Node(said, component, nullable, deprecated, extensions)
            said = parts[0]


def _enumeration(schema: Schema, extensions: Json) -> Json:
    values = [value for value in schema.enum or () if value is not None]
    if not values:
        return {}
    words = extensions.get("x-enumDescriptions") or [""] * len(values)
    advised_against = sorted(
        value
        for value, text in zip(values, words, strict=False)
        if "deprecated" in str(text).lower()
    )
    found: Json = {"values": values}
    return found | ({"values_deprecated": advised_against} if advised_against else {})


def _without_contract(known: Json) -> Json:
    """What is no member of an object is not called required or optional."""
    return {key: value for key, value in known.items() if key != "required"}


def longest(names: Iterable[str], component: str) -> str | None:
    """Give the longest of the names that the name of a component contains."""
    return max((name for name in names if name in component), key=len, default=None)

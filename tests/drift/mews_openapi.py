"""An OpenAPI document in the form of Mews' own, made of what the facts say.

So the names of components, the wrapping of references and the extensions are those that
Mews' generator of its documentation reads; the content is that of the specification.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from drift.known import WHOLE

Json: TypeAlias = dict[str, Any]

INHERITING = {"Payment", "Customer"}
"""Entities that are made of a base and the rest, as a class that extends another."""

CREDENTIALS = ("ClientToken", "AccessToken", "Client")


def document(operations: Json, entities: Json) -> Json:
    """Make a document of a specification layer."""
    return _Document(operations, entities).made()


def component_of(entity: str) -> str:
    """Name an entity as a component: `Rate_2017_04_12` is `RateV20170412`."""
    name, _, version = entity.partition("_")
    return name + (f"V{version.replace('_', '')}" if version else "")


def camel(name: str) -> str:
    """Write a name as the document has it."""
    return name[:1].lower() + name[1:]


class _Document:
    def __init__(self, operations: Json, entities: Json) -> None:
        self._operations = operations
        self._entities = entities
        self._schemas: Json = {}

    def made(self) -> Json:
        for name, entity in self._entities.items():
            self._add_entity(name, entity.get("properties", {}))
        limitation = {"count": {"type": "integer"}, "cursor": _nullable({})}
        self._schemas["Limitation"] = _object(limitation)
        bounds = {name: {"type": "string"} for name in ("startUtc", "endUtc")}
        self._schemas["TimeFilterInterval"] = _object(bounds, title="Time interval")
        return {
            "openapi": "3.0.4",
            "info": {"title": "Mews Connector API", "version": "v1"},
            "paths": {
                f"/api/connector/v1/{path}": {"post": self._operation(path, known)}
                for path, known in self._operations.items()
            },
            "components": {"schemas": self._schemas},
        }

    def _add_entity(self, name: str, members: Json) -> None:
        component, properties = component_of(name), self._properties(name, members)
        made = _object(properties, title=re.sub("(?<=[a-z])(?=[A-Z])", " ", name))
        if name in INHERITING:
            first, *rest = properties
            base = self._component(
                f"{component}Base", _object({first: made["properties"].pop(first)})
            )
            assert rest
            made = {"allOf": [base, made]}
        self._schemas[component] = made

    def _properties(self, owner: str, members: Json) -> Json:
        return {
            camel(name): self._property(f"{owner}{name}", known)
            for name, known in members.items()
        }

    def _property(self, name: str, known: Json) -> Json:
        made = self._type(name, known)
        if known.get("deprecated"):
            made = {"allOf": [made]} if "$ref" in made else made
            made |= {"deprecated": True, "x-deprecatedMessage": "Use something else."}
        return made if known.get("required") else _nullable(made)

    def _type(self, name: str, known: Json) -> Json:
        if "shape" in known:
            return _reference(component_of(known["shape"]))
        if "values" in known:
            return self._enumeration(name, known)
        made: Json = {} if known["type"] == "any" else {"type": known["type"]}
        for key, keyword in (
            ("format", "format"),
            ("max_length", "maxLength"),
            ("max_items", "maxItems"),
        ):
            made |= {keyword: known[key]} if key in known else {}
        if "items" in known:
            made["items"] = self._type(f"{name}Entry", known["items"])
        if "map" in known:
            made["additionalProperties"] = self._type(f"{name}Entry", known["map"])
        if "properties" in known:
            return self._inner_object(name, known["properties"])
        return made

    def _enumeration(self, name: str, known: Json) -> Json:
        advised_against = known.get("values_deprecated", ())
        return self._component(
            f"{name}Type",
            {
                "type": "string",
                "enum": known["values"],
                "x-enumNames": known["values"],
                "x-enumDescriptions": [
                    "Deprecated, only for some" if value in advised_against else value
                    for value in known["values"]
                ],
                "x-extensible": True,
            },
        )

    def _inner_object(self, name: str, members: Json) -> Json:
        variants = members.get("Value", {}).get("variants")
        if not variants:
            return self._component(
                f"{name}Data", _object(self._properties(name, members))
            )
        properties = self._properties(name, members)
        alternatives = {
            member: self._alternative(f"{name}{member}", variant)
            for member, variant in variants.items()
        }
        value = {"oneOf": [*alternatives.values()]}
        is_required = members["Value"].get("required")
        properties["value"] = value if is_required else _nullable(value)
        made = _object(properties) | {
            "x-coproduct": True,
            "discriminator": {
                "propertyName": "discriminator",
                "mapping": {
                    member: each["$ref"]
                    for member, each in alternatives.items()
                    if member not in each["$ref"]
                },
            },
        }
        return self._component(f"{name}CoproductOf{name}Discriminator", made)

    def _alternative(self, name: str, variant: Json) -> Json:
        if "shape" in variant:
            return _reference(component_of(variant["shape"]))
        made = self._type(name, variant)
        return made if "$ref" in made else self._component(f"{name}Value", made)

    def _component(self, name: str, schema: Json) -> Json:
        self._schemas[name] = schema
        return _reference(name)

    def _operation(self, path: str, known: Json) -> Json:
        resource, verb, *version = path.split("/")
        kind = "Result" if verb.startswith("get") else "Response"
        name = resource[:1].upper() + resource[1:].removesuffix("s")
        name += "" if verb == "getAll" else verb[:1].upper() + verb[1:]
        suffix = "".join(f"V{each.replace('-', '')}" for each in version)
        tag, _, section = known["page"].partition(": ")
        request = _object(self._parameters(path, known))
        response = _object(self._response(known), title="")
        portfolio = "Supports [Portfolio Access Tokens](../multi-property.md)."
        made: Json = {
            "tags": [tag],
            "summary": section.replace("-", " "),
            "description": portfolio if known.get("portfolio") else "",
            "requestBody": {
                "content": _content(
                    self._component(f"{name}FilterParameters{suffix}", request)
                )
            },
            "responses": {
                "200": {
                    "description": "OK",
                    "content": _content(
                        self._component(f"{name}{kind}{suffix}", response)
                    ),
                }
            },
        }
        made |= {"x-restricted": True} if known.get("restricted") else {}
        if "deprecated" in known:
            instead = ", ".join(known["deprecated"].get("instead", ()))
            made |= {"deprecated": True, "x-deprecatedMessage": f"Use {instead}."}
        return made

    def _parameters(self, path: str, known: Json) -> Json:
        if path == "exports/add":
            types = {"type": "string", "values": known["entity_types"]}
            found = {"EntityType": self._enumeration("ExportEntity", types)}
        else:
            found = self._filters(known)
        credentials = {name: {"type": "string"} for name in CREDENTIALS}
        return {camel(name): each for name, each in (credentials | found).items()}

    def _filters(self, known: Json) -> Json:
        found: Json = {name: {"type": "string"} for name in _others(known)}
        for name, most in known.get("ids", {}).items():
            texts = {"type": "string", "format": "uuid"}
            one = most == 1 and not name.endswith("s")
            found[name] = texts if one else {"type": "array", "items": texts}
            found[name] |= {"maxItems": most} if most and not one else {}
        for name, longest in known.get("time_filters", {}).items():
            found[name] = _reference("TimeFilterInterval")
            if longest:
                months = int(longest.split()[0])
                found[name] = {
                    "anyOf": [found[name]],
                    "x-max-interval-in-months": months,
                }
        required = {*known.get("required", ())}
        scope = known.get("scope", {})
        required |= {scope["parameter"]} if scope.get("required") else set()
        for name in known.get("deprecated_parameters", ()):
            found[name] = {**found[name], "deprecated": True}
        found = {
            name: each if name in required else _nullable(each)
            for name, each in found.items()
        }
        if known["paging"] != "no":
            limitation = _reference("Limitation")
            is_required = known["paging"] == "required"
            found["Limitation"] = limitation if is_required else _nullable(limitation)
        return found

    def _response(self, known: Json) -> Json:
        found: Json = {}
        page = known["page"] + WHOLE
        for name, entity in self._entities.items():
            if entity["page"] == page:
                found |= self._properties(name, entity["properties"])
        lists = {known["rows"]: {"entity": known["entity"]}} if known["rows"] else {}
        is_list = known.get("response", "list") == "list"
        lists = {name: {**each, "list": is_list} for name, each in lists.items()}
        for name, each in (known.get("lists", {}) | lists).items():
            row = {"type": "object"}
            if each["entity"]:
                row = _reference(component_of(each["entity"]))
            made = {"type": "array", "items": row} if each.get("list", True) else row
            if each.get("deprecated"):
                made = _nullable(made) | {"deprecated": True}
            if name == known["rows"] and is_list and known.get("most_rows"):
                made |= {"maxItems": known["most_rows"]}
            found.setdefault(camel(name), made)
        if known["paging"] != "no":
            found["cursor"] = _nullable({"type": "string"})
        return found


def _others(known: Json) -> set[str]:
    names = {*known.get("other", ()), *known.get("required", ())}
    names |= {*known.get("one_of", ()), *known.get("deprecated_parameters", ())}
    names |= {part for each in known.get("interval", ()) for part in each.split("..")}
    return names | ({known["scope"]["parameter"]} if "scope" in known else set())


def _object(properties: Json, **more: object) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **more,
    }


def _nullable(made: Json) -> Json:
    if "$ref" in made:
        more = {key: each for key, each in made.items() if key != "$ref"}
        return {"anyOf": [{"$ref": made["$ref"]}], "nullable": True, **more}
    return made | {"nullable": True}


def _reference(component: str) -> Json:
    return {"$ref": f"#/components/schemas/{component}"}


def _content(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}

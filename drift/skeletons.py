"""Writes what the schemas lack; a person describes it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TypeAlias

from drift.known import stated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from drift.known import Known
    from facts import Property

Json: TypeAlias = dict[str, Any]

DRAFTS = "schema-drafts"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
_MEMBERS = re.compile("(?<=(?:One|Any) of: )(.*?)(?=;)")


def complete(known: Known) -> Iterator[str]:
    """Add to the schemas the columns and the members of enumerations that they lack.

    Yields:
        A line for each file, with the columns that are to be described.
    """
    for name, stream in sorted(known.facts.streams.items()):
        file = known.schemas / f"{name}.json"
        if not file.exists():
            continue
        before = file.read_text("utf-8")
        schema = json.loads(before)
        new = _fill(schema, known.columns(stream))
        after = rendered(schema)
        if after != before:
            file.write_text(after, "utf-8")
            paths = ", ".join(new) or "members of enumerations"
            yield f"written: {file}: {paths}"


def draft(known: Known, operation: str) -> str:
    """Write the schema of a stream that an operation could give.

    Returns:
        A line that names the file.
    """
    fact = known.facts.operations[operation]
    name = re.sub("(?<!^)(?=[A-Z])", "_", fact.rows or fact.entity).lower()
    columns = dict(known.facts.entities[fact.entity].walk())
    schema: Json = {
        "$schema": DRAFT_7,
        "title": name.replace("_", " ").capitalize(),
        "description": "",
        "type": "object",
        "required": [each for each in ("Id",) if each in columns],
        "properties": {},
    }
    _fill(schema, columns)
    file = known.folder / DRAFTS / f"{name}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(rendered(schema), "utf-8")
    return f"written: {file}: a draft for {operation}"


def rendered(value: object, before: str = "") -> str:
    """Write a schema as the others are written."""
    inside = f"{before}  "
    if not isinstance(value, dict) or not value:
        text = json.dumps(value, ensure_ascii=False)
    else:
        members = ",\n".join(
            f"{inside}{json.dumps(name)}: {rendered(each, inside).rstrip()}"
            for name, each in value.items()
        )
        text = f"{{\n{members}\n{before}}}"
    return text if before else f"{text}\n"


def _fill(schema: Json, columns: Mapping[str, Property]) -> list[str]:
    """Add the columns that a schema lacks, and renew lists of members.

    Returns:
        The paths of the properties that are new.
    """
    new: list[str] = []
    for path, fact in columns.items():
        # the content of a Value depends on its Discriminator: the schema leaves it open
        if "|" in path:
            continue
        has = dict(stated(schema))
        if path in has:
            _renew_members(has[path], fact)
            continue
        *_, step = re.findall(r"\[\]|\*|[^.\[]+", path)
        around = path[: -len(step)].removesuffix(".")
        holder = has[around] if around else schema
        if step == "[]":
            holder["items"] = _of(fact)
        elif step == "*":
            holder["additionalProperties"] = _of(fact)
        else:
            siblings = [each for each in columns if _parent(each) == around]
            _insert(holder, step, _of(fact, described=True), siblings)
            new.append(path)
    return new


def _parent(path: str) -> str:
    return path.rpartition(".")[0]


def _insert(holder: Json, name: str, schema: Json, siblings: list[str]) -> None:
    """Put a property where the documentation has it."""
    names = [each.rpartition(".")[2] for each in siblings]
    members = list(holder.get("properties", {}).items())
    before = {*names[: names.index(name)]}
    at = max(
        (i + 1 for i, (each, _) in enumerate(members) if each in before), default=0
    )
    members.insert(at, (name, schema))
    holder["properties"] = dict(members)


def _of(fact: Property, *, described: bool = False) -> Json:
    schema: Json = {"type": [*fact.types, "null"]}
    if fact.format and fact.format != "duration":
        schema["format"] = fact.format
    if described:
        schema |= {"deprecated": True} if fact.deprecated else {}
        values = fact.values or (fact.items.values if fact.items else ())
        kind = "Any" if fact.items else "One"
        members = f"{kind} of: {', '.join(values)}; new members can appear."
        schema["description"] = members if values else ""
    if "object" in fact.types and not (fact.properties or fact.map):
        schema["additionalProperties"] = True
    return schema


def _renew_members(schema: Json, fact: Property) -> None:
    values = fact.values or (fact.items.values if fact.items else ())
    if values and "description" in schema:
        members = ", ".join(values)
        schema["description"] = _MEMBERS.sub(
            lambda _: members, schema["description"], count=1
        )

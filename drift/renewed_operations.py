"""What the facts say of an operation, after an OpenAPI document has been read."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any, TypeAlias

from drift.comparison import EXPORT, LIMITATION, parameters_of, row_of, span

if TYPE_CHECKING:
    from datetime import date

    from drift.openapi import Documented, Parameter

Json: TypeAlias = dict[str, Any]

SCOPE = "EnterpriseIds"
LISTS = ("required", "one_of", "other", "deprecated_parameters")
EMPTY: tuple[object, ...] = ([], {}, None, False)


def renewed(
    path: str, known: Json, said: Documented, today: date, *, is_whole: bool
) -> Json:
    """Give an operation as the document has it, and what it cannot know as it was.

    Args:
        path: Of the operation.
        known: The operation in the specification layer.
        said: The operation in the document.
        today: Since when it is deprecated, if it was not.
        is_whole: Whether the whole response is an entity, so that its lists are.
    """
    operation = copy.deepcopy(known)
    if operation.get("restricted", False) != said.restricted:
        operation["restricted"] = operation["beta"] = said.restricted
    operation["portfolio"] = said.portfolio
    operation["deprecated"] = said.deprecated and (
        known.get("deprecated") or _deprecation(said.message, today)
    )
    if path == EXPORT:
        operation["entity_types"] = list(said.parameters["EntityType"].values)
    else:
        _take_parameters(operation, said.parameters)
    _take_lists(operation, said.response, is_whole=is_whole)
    # what is not so is left out, but for `rows` of a whole response
    return {
        key: each
        for key, each in operation.items()
        if key == "rows" or each not in EMPTY
    }


def _deprecation(message: str, today: date) -> Json:
    instead = re.findall(r"[a-z]\w+/get\w+(?:/\d{4}-\d\d-\d\d)?", message)
    return {"on": str(today), **({"instead": instead} if instead else {})}


def _take_parameters(operation: Json, said: dict[str, Parameter]) -> None:
    had = parameters_of(operation)
    _drop(operation, said.keys())
    for name, parameter in said.items():
        if name == LIMITATION:
            operation["paging"] = "required" if parameter.required else "optional"
            continue
        if name not in had and parameter.kind != "other":
            operation.setdefault(parameter.kind, {})[name] = None
            if name == SCOPE:
                operation.setdefault("scope", {"parameter": SCOPE})
        _take_parameter(operation, name, parameter)
    if LIMITATION not in said:
        operation["paging"] = "no"
    unsorted = [name for name in said if name not in parameters_of(operation)]
    operation["other"] = [*operation.get("other", ()), *unsorted]


def _drop(operation: Json, names: Any) -> None:  # noqa: ANN401 - the keys of a dict
    """Take out the parameters that the document does not have."""
    for key in LISTS:
        operation[key] = [name for name in operation.get(key, ()) if name in names]
    for key in ("time_filters", "ids", "parents"):
        kept = {n: each for n, each in operation.get(key, {}).items() if n in names}
        operation[key] = kept
    operation["interval"] = {
        interval: words
        for interval, words in operation.get("interval", {}).items()
        if {*interval.split("..")} <= names
    }
    if operation.get("scope", {}).get("parameter") not in names:
        operation.pop("scope", None)


def _take_parameter(operation: Json, name: str, said: Parameter) -> None:
    if name in operation.get("ids", ()):
        operation["ids"][name] = said.most
    if name in operation.get("time_filters", ()):
        operation["time_filters"][name] = span(said.months)
    asked = {"required": said.required, "deprecated_parameters": said.deprecated}
    scope = operation.get("scope", {})
    if name == scope.get("parameter"):
        asked.pop("required")
        most = said.most if name.endswith("s") else None
        limits = {"most": most, "required": said.required or None}
        operation["scope"] = {
            key: each for key, each in {**scope, **limits}.items() if each is not None
        }
    for key, holds in asked.items():
        names = operation[key]
        if holds != (name in names):
            operation[key] = (
                [*names, name] if holds else [each for each in names if each != name]
            )


def _take_lists(operation: Json, said: dict[str, Json], *, is_whole: bool) -> None:
    rows, lists = operation["rows"], operation.get("lists", {})
    operation["lists"] = {name: each for name, each in lists.items() if name in said}
    if operation["paging"] != "no" and "max_items" in said.get(rows or "", {}):
        operation["most_rows"] = said[rows]["max_items"]
    for name, each in operation["lists"].items():
        if not said[name].get("deprecated"):
            each.pop("deprecated", None)
        elif "deprecated" not in each:
            each["deprecated"] = True
    if is_whole:
        return
    for name in said.keys() - lists.keys() - {rows}:
        if row_of(said[name]):
            is_list = "items" in said[name]
            operation["lists"][name] = {} if is_list else {"list": False}

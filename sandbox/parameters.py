"""What the parameters of an operation look at, and what they hide by default.

All of it follows from the facts: names of parameters follow those of properties.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from facts import ENTITIES, OPERATIONS, STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from facts import Operation

_OWN_TIMES = (
    ("ScheduledStartUtc", "ScheduledEndUtc"),
    ("FirstTimeUnitStartUtc", "LastTimeUnitStartUtc"),
    ("StartUtc", "EndUtc"),
)


def is_own(operation: Operation, parameter: str) -> bool:
    """Whether a parameter names the rows themselves."""
    # entities of newer versions carry a date: SourceAssignment_2024_09_20
    return parameter in {"Ids", f"{operation.entity.partition('_')[0]}Ids"}


def column(operation: Operation, parameter: str) -> str | None:
    """Give the property of a row that a parameter is compared with, if there is one."""
    known = ENTITIES[operation.entity].properties
    if is_own(operation, parameter):
        return "Id"
    for name in (parameter.removesuffix("s"), parameter):
        if name in known:
            return name
    named = {parameter.removesuffix("Ids")}
    # an order is a reservation, or one of products
    named |= {
        OPERATIONS[above].entity for above in operation.parents.get(parameter, ())
    }
    return next((n for n in known if named.intersection(known[n].refers_to)), None)


def named_entities(operation: Operation, parameter: str) -> tuple[str, ...]:
    """Give the entities of which a parameter names rows."""
    if is_own(operation, parameter):
        return (operation.entity,)
    name = column(operation, parameter)
    return ENTITIES[operation.entity].properties[name].refers_to if name else ()


class Parent(NamedTuple):
    """By what rows must be asked for: a parameter, their property, whose ids it has."""

    parameter: str
    column: str
    entity: str


def parents(entity: str) -> Iterator[Parent]:
    """Give what the rows of an entity must be asked for by."""
    for stream in STREAMS.values():
        operation = OPERATIONS[stream.operation]
        if stream.entity == operation.entity == entity:
            for parameter in operation.parents:
                name = column(operation, parameter)
                for parent in named_entities(operation, parameter)[:1]:
                    yield Parent(parameter, str(name), parent)


def own_time(operation: Operation) -> tuple[str, str]:
    """Give the properties between which a row is going on."""
    known = ENTITIES[operation.entity].properties
    return next(pair for pair in _OWN_TIMES if {*pair} <= known.keys())


def is_by_day(operation: Operation, name: str) -> bool:
    """Whether a time filter is one of days."""
    known = ENTITIES[operation.entity].properties.get(name)
    return known is not None and known.format == "date"


def takes_many(operation: Operation, parameter: str) -> bool:
    """Whether a parameter is a list of members of an enumeration."""
    return parameter.endswith("s") or isinstance(
        operation.all_rows.get(parameter), list
    )


def shown_by_default(
    operation: Operation, parameter: str, members: Iterable[str], given: set[str]
) -> set[str] | None:
    """Give the members whose rows come when a request does not say, None for all.

    Args:
        operation: What is asked.
        parameter: Which names members of an enumeration.
        members: All of them.
        given: The filters of the request; some of them turn the default off.
    """
    hides = operation.hides.get(parameter, "")
    exception = re.search(r"\(\w+ when (\w+) are given\)", hides)
    if exception and exception[1] in given:
        return None
    said = re.split(r"[(:;]", hides)[0]
    if "not documented" in said and parameter in operation.all_rows:
        # Nobody knows: the strictest that it could be.
        said = operation.all_rows[parameter][0]
    words = said.lower().replace(",", " ").split()
    return {each for each in members if each.lower() in words} or None


def extents(operation: Operation) -> list[str]:
    """Give the switches of Extent."""
    return [*dict.fromkeys([*operation.all_rows.get("Extent", ()), *operation.lists])]

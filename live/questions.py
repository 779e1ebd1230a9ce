"""What the documentation leaves open, asked of the service."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeAlias

from facts import ENTITIES, OPERATIONS, STREAMS
from live.calls import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facts import Operation
    from live.calls import Mews

Json: TypeAlias = dict[str, Any]

CUSTOMERS = "customers/getAll"
MAX_PAGES = 5
OPEN = "not documented"
"""How the overlay says of a parameter that nobody knows its default."""

_MEMBER = re.compile(r"[A-Za-z]\w{0,39}", re.ASCII)
_ACTIVE = ("IsActive", "ActivityState")


def defaults(mews: Mews) -> Iterator[Json]:
    """Tell which rows come without a parameter whose default is not documented.

    Yields:
        Rows without it and with all of its members, counted by the property that the
        parameter looks at. What comes only with it is hidden by default.
    """
    for operation, is_whole in sorted(_operations().items()):
        known = OPERATIONS[operation]
        for parameter, property_, members in _open_parameters(known):
            found: Json = {"operation": operation, "parameter": parameter}
            try:
                body = mews.recent(operation)
                body.pop(parameter, None)
                if is_whole and not known.at_least_one_filter:
                    # few rows, of which hardly any changed in the last days
                    body.pop("UpdatedUtc", None)
                found["without"] = _counted(mews, operation, body, property_)
                body[parameter] = members
                found["with_all"] = _counted(mews, operation, body, property_)
            except Refused as error:
                found["refused"] = str(error)
            yield found


def customers_of_a_chain(first: Mews, second: Mews) -> Json:
    """Compare the customers that two tokens of a chain give.

    Returns:
        How many each gives, and how many of those that both give are the same rows.
    """
    try:
        one, other = (
            {
                row["Id"]: _digest(row)
                for rows in mews.pages(CUSTOMERS, mews.recent(CUSTOMERS), MAX_PAGES)
                for row in rows
            }
            for mews in (first, second)
        )
    except Refused as error:
        return {"refused": str(error)}
    shared = one.keys() & other.keys()
    return {
        "first": len(one),
        "second": len(other),
        "both": len(shared),
        "both_the_same": sum(one[each] == other[each] for each in shared),
    }


def _operations() -> dict[str, bool]:
    """Name those of the default streams, and whether they tell what the ids mean."""
    return {
        stream.operation: stream.family == "what the ids mean"
        for stream in STREAMS.values()
        if stream.selected_by_default
    }


def _open_parameters(known: Operation) -> Iterator[tuple[str, str, list[str]]]:
    """Give parameters that take several members, their property, and the members."""
    properties = ENTITIES[known.entity].properties
    for parameter, words in known.hides.items():
        if OPEN not in words or not parameter.endswith("s"):
            continue
        if parameter == "ActivityStates":
            names = [name for name in _ACTIVE if name in properties]
        else:
            names = [parameter.removesuffix("s")]
        if names and names[0] in properties:
            members = known.all_rows.get(parameter) or properties[names[0]].values
            yield parameter, names[0], list(members)


def _counted(mews: Mews, operation: str, body: Json, property_: str) -> dict[str, int]:
    rows = [row for page in mews.pages(operation, body, MAX_PAGES) for row in page]
    return dict(sorted(Counter(_shown(row.get(property_)) for row in rows).items()))


def _shown(value: object) -> str:
    """Name a member of an enumeration; nothing else can be told."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    is_member = isinstance(value, str) and _MEMBER.fullmatch(value)
    return str(value) if is_member else "something else"


def _digest(row: Json) -> bytes:
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).digest()

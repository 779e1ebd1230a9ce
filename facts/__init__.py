"""What is known of the Mews Connector API, once: the truth that tests hold code to.

Two layers of small files: `specification/` says what the documentation says, in a form
that a tool renews; `overlay/` is kept by hand and says what it does not. Tests,
the sandbox, benchmarks and generated pages take what they expect from here; the tap
does not read it.

    from facts import ENTITIES, OPERATIONS, STREAMS

    OPERATIONS["payments/getAll"].time_filters["UpdatedUtc"]  # Span(months=3)
    for path, known in ENTITIES["Payment"].walk(): ...
    STREAMS["payments"].joins
    columns(STREAMS["payments"])  # by path
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facts.loading import load
from facts.model import (
    Entity,
    Family,
    FurtherList,
    Join,
    Operation,
    Property,
    Reading,
    Scope,
    Span,
    Stream,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ENTITIES",
    "LEFT_OUT",
    "OPERATIONS",
    "STREAMS",
    "Entity",
    "Family",
    "FurtherList",
    "Join",
    "Operation",
    "Property",
    "Reading",
    "Scope",
    "Span",
    "Stream",
    "columns",
]

_FACTS = load()

OPERATIONS = _FACTS.operations
"""Every operation that reads, and `exports/add`, by its path."""

ENTITIES = _FACTS.entities
"""What rows consist of, and the shapes inside them, by name."""

STREAMS = _FACTS.streams
"""Every stream that can be made of them, by name."""

LEFT_OUT = _FACTS.left_out
"""Operations of which no stream is made, and why."""


def columns(
    stream: Stream, entities: Mapping[str, Entity] = ENTITIES
) -> dict[str, Property]:
    """Give what a row of a stream consists of, by path, nested properties too.

    Args:
        stream: Any.
        entities: Those that its rows are of.

    Returns:
        What Mews sends, in documented order, less what is unfolded; then what is added.
    """
    properties = entities[stream.entity].properties | stream.added
    return {
        path: each
        for name, child in properties.items()
        if name not in stream.unfolded
        for path, each in child.walk(name)
    }

"""One thing that the facts and an OpenAPI document do not say alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the facts and the document do not say alike.

    Attributes:
        kind: What differs, such as `new property`.
        of: Operation or entity.
        path: Parameter or property, in the terms of the facts.
        facts: What they say.
        document: What it says.
        streams: Those that it touches.
        schemas: Columns to add to `schemas/`, to change or to take out, by stream.
    """

    kind: str
    of: str
    path: str = ""
    facts: Any = None
    document: Any = None
    streams: tuple[str, ...] = ()
    schemas: dict[str, list[str]] = {}


def members(
    before: Sequence[str], after: Sequence[str]
) -> Iterator[tuple[str, str | None, str | None]]:
    """Give what differs in an enumeration: kind, what was, what is."""
    for value in after:
        if value not in before:
            yield "new member", None, value
    for value in before:
        if value not in after:
            yield "vanished member", value, None

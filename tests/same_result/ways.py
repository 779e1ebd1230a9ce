"""Settings and selections that decide about what is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from tests.export_harness import ENTITIES
from tests.pages_harness import PAGE_ENTITIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Json


NAMES = sorted({**ENTITIES, **PAGE_ENTITIES})
TOKENS = {"client_token": "client", "access_token": "access"}
NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Way:
    """Settings and selection that decide about what is written."""

    name: str
    config: Callable[[str], Json] = lambda _: {}
    deselects: Callable[[Json], list[tuple[str, ...]]] = lambda _: []

    def __repr__(self) -> str:
        """Short, for the name of a test."""
        return self.name


def mapped(**rules: str) -> Callable[[str], Json]:
    """A stream map with some rules."""
    return lambda stream: {"stream_maps": {stream: rules}}


def leaves(schema: Json) -> list[tuple[str, ...]]:
    """Every third property but the key, and something within each object."""
    others = [name for name in schema["properties"] if name != "Id"]
    found: list[tuple[str, ...]] = []
    found += [("properties", name) for name in others[::3]]
    for name, rule in schema["properties"].items():
        inner = list(rule.get("properties", ()))
        found += [("properties", name, "properties", each) for each in inner[-1:]]
    return found


PLAIN = Way("everything as it is")
DESELECTED = Way("deselected properties", deselects=leaves)
FLATTENING = Way(
    "flattening",
    lambda _: {"flattening_enabled": True, "flattening_max_depth": 2},
)
WAYS = [
    PLAIN,
    DESELECTED,
    Way("a map", mapped(Hashed="md5(record['Id'])", Id="record['Id'].upper()")),
    Way("a map that filters", mapped(__filter__="record['Id'] < 'a'")),
    Way("a map that renames", mapped(__alias__="renamed")),
    Way("a map that keeps two", mapped(Id="record['Id']", __else__="__NULL__")),
    FLATTENING,
]
KEEPING = Way(
    "undocumented properties kept",
    lambda _: {"undocumented_properties": "keep"},
)
SEVERAL = Way(
    "a map that copies",
    lambda stream: {"stream_maps": {"copy": {"__source__": stream}}},
)

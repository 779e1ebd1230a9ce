"""The parts of docs/guest-data.md that the schemas know; `make docs` renews them.

A property is personal data if its description ends in `MARK`, or that of an object or
list around it does. The words are the mark because they are what arrives: the SDK's
model of a schema drops keywords of one's own, and keeps descriptions.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from docs.generated import CHECKOUT, Json, as_yaml, table
from docs.selection import patterns
from tap_mews.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "Personal data."

KEPT_AS_HASH = {
    "customers": ("Email", "LoyaltyCode", "Phone"),
}
"""What the recipe keeps in a form that can be compared: the rest it removes."""

REMOVED = "__NULL__"
"""What a stream map says of a property that is not to leave."""

# without a salt there is no hash: a plain one could be guessed by trying
_SALTED = "sha256(config['salt'] + self) if self and config['salt'] else None"


class Property(NamedTuple):
    """A property of a stream, at any depth.

    Attributes:
        stream: Whose.
        path: Its names, joined by dots; `[]` stands for each entry of a list.
        description: What the schema says about it.
        is_personal: Whether it, or an object or list around it, is marked.
        is_marked: Whether it is marked itself.
    """

    stream: str
    path: str
    description: str
    is_personal: bool
    is_marked: bool


@cache
def properties() -> tuple[Property, ...]:
    """All properties of all streams."""
    return tuple(
        each
        for file in sorted((CHECKOUT / "schemas").glob("*.json"))
        for each in _below(file.stem, json.loads(file.read_text("utf-8")))
    )


def _below(
    stream: str, schema: Json, prefix: str = "", *, within: bool = False
) -> Iterator[Property]:
    for name, rule in schema.get("properties", {}).items():
        path, text = prefix + name, rule["description"]
        is_marked = text.endswith(MARK)
        is_personal = within or is_marked
        yield Property(stream, path, text, is_personal, is_marked)
        yield from _below(stream, rule, f"{path}.", within=is_personal)
        yield from _below(
            stream, rule.get("items", {}), f"{path}[].", within=is_personal
        )


def outermost() -> list[Property]:
    """The properties with personal data that are in no other one with such."""
    found: list[Property] = []
    for each in properties():
        inside = found and each.path.startswith(
            (f"{found[-1].path}.", f"{found[-1].path}[].")
        )
        if each.is_personal and not (inside and found[-1].stream == each.stream):
            found.append(each)
    return found


def personal_table() -> str:
    """The properties with personal data."""
    return _by_stream([(each.stream, each.path) for each in outermost()])


def identifiers_table() -> str:
    """The properties that name a guest or a user of Mews by an identifier only."""
    telling = re.compile(r"links to customers\.Id|User profile that|of the customer\.$")
    return _by_stream(
        [
            (each.stream, each.path)
            for each in properties()
            if not each.is_personal
            and re.search(r"(Id|Ids|Number)$", each.path)
            and telling.search(each.description)
        ]
    )


def _by_stream(found: list[tuple[str, str]]) -> str:
    streams = list(dict.fromkeys(stream for stream, _ in found))
    return table(
        ("Stream", "Properties"),
        [
            (
                f"`{stream}`",
                ", ".join(f"`{path}`" for each, path in found if each == stream),
            )
            for stream in streams
        ],
    )


def selection_recipe() -> str:
    """Selection rules for Meltano that leave out everything personal."""
    rules = [*patterns(), *(f"!{stream}.{path}" for stream, path in _selectable())]
    return _fenced({"select": rules})


def _selectable() -> list[tuple[str, str]]:
    """What can be deselected: an entry of a list goes with the whole list."""
    return list(
        dict.fromkeys(
            (each.stream, each.path.partition("[]")[0]) for each in _removable()
        )
    )


def _removable() -> list[Property]:
    """The properties of the streams that no setting has to bring, less their keys."""
    keys = {each.name: each.primary_keys for each in STREAMS if not each.is_sensitive}
    return [
        each
        for each in outermost()
        if each.stream in keys and each.path not in keys[each.stream]
    ]


def hash_recipe() -> str:
    """Stream maps for Meltano that hash some personal data and remove the rest."""
    maps: dict[str, dict[str, str]] = {}
    for each in _removable():
        name = re.split(r"[.\[]", each.path)[0]
        kept = name in KEPT_AS_HASH.get(each.stream, ())
        maps.setdefault(each.stream, {})[name] = _SALTED if kept else REMOVED
    return _fenced(
        {
            "config": {
                "stream_map_config": {"salt": "$GUEST_DATA_SALT"},
                "stream_maps": maps,
            }
        }
    )


def _fenced(value: object) -> str:
    return f"```yaml\n{as_yaml(value)}\n```"

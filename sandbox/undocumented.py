"""Properties that real rows carry and no page describes, under names made up here."""

from __future__ import annotations

import random
import zlib
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from facts import ENTITIES

if TYPE_CHECKING:
    from sandbox.encoding import Json

_WORDS = ("Audit", "Channel", "Draft", "Legacy", "Partner", "Preview", "Shadow", "Sync")
_KINDS = ("text", "integer", "decimal", "flag", "object")


class Undocumented:
    """Two properties of every row of an entity, one at the top and one nested.

    Their names are drawn from a seed, so that no schema can have them. A row that holds
    no object has only the first.
    """

    def __init__(self, entity: str, seed: int) -> None:
        """Draw the names, where they stand, and what they hold."""
        rng = random.Random(f"{seed}/undocumented/{entity}")
        properties = ENTITIES[entity].properties
        holders = [name for name, known in properties.items() if known.properties]
        rng.shuffle(holders)
        self.name = _draw(rng)
        self.nested_name = _draw(rng)
        self._holders = sorted(holders, key=lambda name: not properties[name].required)
        self._place = rng.randrange(len(properties) + 1)
        self._kind, self._nested_kind = rng.sample(_KINDS, 2)

    def added_to(self, data: Json) -> Json:
        """Give a row with them; the row itself stays as it is."""
        number = zlib.crc32(str(data.get("Id")).encode())
        items = [*data.items()]
        items.insert(self._place, (self.name, _value(self._kind, number)))
        row = dict(items)
        for holder in self._holders:
            if isinstance(row.get(holder), dict):
                value = _value(self._nested_kind, number)
                row[holder] = {**row[holder], self.nested_name: value}
                break
        return row


def _draw(rng: random.Random) -> str:
    while True:
        name = f"{rng.choice(_WORDS)}{rng.choice(_WORDS)}{rng.randrange(16**4):04X}"
        if name not in _known_names():
            return name


@cache
def _known_names() -> frozenset[str]:
    paths = (path for each in ENTITIES.values() for path, _ in each.walk())
    return frozenset(path.rpartition(".")[2] for path in paths)


def _value(kind: str, number: int) -> object:
    cents = Decimal(number).scaleb(-2)
    values = {
        "text": f"note {number}",
        "integer": number,
        "decimal": cents,
        "flag": number % 2 == 0,
        "object": {"Code": f"{number:08X}", "Weight": cents, "Parts": [number % 7]},
    }
    return values[kind]

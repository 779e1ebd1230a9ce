"""What must become of a row, in plain Python, and rows that are written in odd ways."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.same_result.rows import Digits, objects, schema_of

if TYPE_CHECKING:
    from random import Random

    from tests.harness import Json


def parsed(line: bytes) -> Any:  # noqa: ANN401 - JSON
    """JSON in which a number is told by its digits; the last of equal names counts."""

    def digits(text: str) -> tuple[str, str]:
        # all of them, whichever way the exponent is written
        return "number", str(Decimal(text))

    return json.loads(line, parse_float=digits, parse_int=digits)


def apart(value: Any, schema: Json, pointer: str = "") -> Json:  # noqa: ANN401
    """Take out of a value what its schema does not know.

    Returns:
        What was taken out, by JSON Pointer.
    """
    found: Json = {}
    is_open = schema.get("additionalProperties", False)
    rules = None if is_open else schema.get("properties")
    if isinstance(value, dict) and rules is not None:
        for name in list(value):
            here = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            if name in rules:
                found |= apart(value[name], rules[name], here)
            else:
                found[here] = value.pop(name)
    if isinstance(value, list):
        for index, entry in enumerate(value):
            found |= apart(entry, schema["items"], f"{pointer}/{index}")
    return found


def spelled(value: Any, chance: Random) -> str:  # noqa: ANN401
    """JSON with white space, escapes, any order, and names that come twice."""
    if isinstance(value, dict):
        members = [
            f"{_text(name, chance)}{_gap(chance)}:{_gap(chance)}{spelled(item, chance)}"
            for name, item in value.items()
        ]
        chance.shuffle(members)
        if members and not chance.randrange(8):
            name = next(iter(value))
            members.insert(0, f"{_text(name, chance)}:{spelled(value[name], chance)}")
        return f"{{{_joined(members, chance)}}}"
    if isinstance(value, list):
        return f"[{_joined([spelled(each, chance) for each in value], chance)}]"
    if isinstance(value, str) and not isinstance(value, Digits):
        return _text(value, chance)
    return str(value) if isinstance(value, Digits) else json.dumps(value)


def _joined(parts: list[str], chance: Random) -> str:
    gaps = (f"{_gap(chance)}{part}{_gap(chance)}" for part in parts)
    return ",".join(gaps)


def _gap(chance: Random) -> str:
    return chance.choice(["", "", "", "", "", "", " ", "\t "])


def _text(text: str, chance: Random) -> str:
    if text and not chance.randrange(8) and ord(text[0]) < 0xD800:
        rest = json.dumps(text[1:], ensure_ascii=False)
        return f'"\\u{ord(text[0]):04x}{rest[1:]}'
    return json.dumps(text, ensure_ascii=bool(chance.randrange(2)))


@cache
def rows(stream: str) -> st.SearchStrategy[list[bytes]]:
    """Rows of a stream with undocumented properties anywhere, or none."""
    value = objects(schema_of(stream), new=True)
    return st.builds(
        lambda some, chance: [spelled(each, chance).encode() for each in some],
        st.lists(value, min_size=1, max_size=3),
        st.randoms(use_true_random=False),
    )

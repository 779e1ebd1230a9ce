"""JSON as the platform writes it: money keeps the digits it is stored with."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

Json = dict[str, Any]

# The C encoder knows no Decimal; a marked string is turned into digits afterwards,
# which is several times faster than walking each row in Python.
_MARK = "\ue000decimal:"
_MARKED = re.compile(rf'"{_MARK}([^"]*)"')


def _mark(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{_MARK}{value}"
    message = f"a row cannot hold a {type(value).__name__}"
    raise TypeError(message)


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), default=_mark, check_circular=False
)


def encode(value: object) -> bytes:
    """Give the compact JSON of a value as UTF-8."""
    text = _MARKED.sub(r"\1", _ENCODER.encode(value))
    # A lone surrogate has no UTF-8; its escape is what JSON has for it.
    return text.encode("utf-8", "backslashreplace")


def decode(text: bytes | str) -> Any:  # noqa: ANN401 - JSON is any value
    """Read JSON, decimals exactly.

    Raises:
        ValueError: the text is not JSON.
    """
    return json.loads(text, parse_float=Decimal)


def copied(value: Any) -> Any:  # noqa: ANN401 - JSON is any value
    """Give a deep copy of a JSON value, much faster than copy.deepcopy."""
    if isinstance(value, dict):
        return {name: copied(each) for name, each in value.items()}
    if isinstance(value, list):
        return [copied(each) for each in value]
    return value

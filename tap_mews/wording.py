"""Names and other texts as a line of the log shows them."""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

MAX_CHARACTERS = 200
"""Of a name or an Id that a message repeats."""

MAX_NAMES = 5
"""In a line; the rest is counted."""


def printable(text: str) -> str:
    """A text that came from outside, fit for a line: short, and escaped if need be."""
    escaped = text if text.isprintable() else json.dumps(text)
    if len(escaped) <= MAX_CHARACTERS:
        return escaped
    return f"{escaped[:MAX_CHARACTERS]}…"


def abbreviated(names: Sequence[str]) -> str:
    """The first names of a list, and how many more there are."""
    more = f" and {len(names) - MAX_NAMES} more" if names[MAX_NAMES:] else ""
    return ", ".join(names[:MAX_NAMES]) + more


def did_you_mean(name: str, known: Collection[str]) -> str:
    """A question behind a name that is not known, where one that is known is close."""
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""

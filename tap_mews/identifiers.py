"""Identifiers of Mews, as the tap compares and notes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Ids = tuple[str, ...] | None
"""Identifiers that a request names; None for a request that names none."""


def plain_id(key: str) -> str:
    """An identifier in one form: Mews compares them without case."""
    return key.strip().lower()


def plain_ids(ids: Iterable[str]) -> tuple[str, ...]:
    """Identifiers in one form, each once, in their order."""
    return tuple(dict.fromkeys(map(plain_id, ids)))

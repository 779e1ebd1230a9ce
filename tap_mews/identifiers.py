"""Identifiers of Mews, as the tap compares and notes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Ids = tuple[str, ...] | None
"""Identifiers that a request names; None for a request that names none."""

_UNNAMED_CHAIN = "chain of "


def plain_id(key: str) -> str:
    """An identifier in one form: Mews compares them without case."""
    return key.strip().lower()


def plain_ids(ids: Iterable[str]) -> tuple[str, ...]:
    """Identifiers in one form, each once, in their order."""
    return tuple(dict.fromkeys(map(plain_id, ids)))


def unnamed_chain(enterprise_id: str) -> str:
    """What stands for the chain of a property, also in the state, if Mews names none.

    Args:
        enterprise_id: The property, in the form of `plain_id`.
    """
    return f"{_UNNAMED_CHAIN}{enterprise_id}"


def is_unnamed(key: str) -> bool:
    """Whether an identifier stands for a chain that Mews does not name."""
    return key.startswith(_UNNAMED_CHAIN)


def as_requested(ids: Ids) -> Ids:
    """The identifiers for a request: none if it must bring an unnamed chain, too.

    Mews then returns all that the token reaches.
    """
    return None if ids is not None and any(map(is_unnamed, ids)) else ids

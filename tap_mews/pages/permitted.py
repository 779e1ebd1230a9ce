"""Reads a list without the enterprises that Mews refuses.

Permissions differ from enterprise to enterprise, and one that is refused has the whole
request refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tap_mews.errors import RefusedError, UnauthorizedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from tap_mews.errors import MewsError

T = TypeVar("T")

MAX_REFUSED = 16
"""So many that are refused one by one, and none that is allowed, tell that an operation
is not enabled: the requests for the others would use up the rate limit."""


@dataclass(frozen=True)
class Refusal:
    """What Mews refuses of a list while it allows the rest.

    Attributes:
        ids: The enterprises or chains.
        error: The refusal of the whole list.
    """

    ids: tuple[str, ...]
    error: MewsError


def read_permitted(
    read: Callable[[Sequence[str]], Collection[T]],
    ids: Sequence[str],
    error: UnauthorizedError | RefusedError,
) -> tuple[list[T], Refusal]:
    """Read in halves, and halves of these, what is refused as a whole.

    Args:
        read: Reads the list of some enterprises or chains.
        ids: All of them.
        error: The refusal.

    Returns:
        What is allowed, and what is not.

    Raises:
        UnauthorizedError: Nothing is allowed.
        RefusedError: As before.
        MewsError: As `read`, if it is no refusal.
    """
    found: list[T] = []
    refused: list[str] = []
    is_any_allowed = False
    left = [ids]
    while left:
        some = left.pop()
        if len(some) == 1 or (len(refused) >= MAX_REFUSED and not is_any_allowed):
            refused += some
            continue
        middle = len(some) // 2
        for half in (some[:middle], some[middle:]):
            try:
                found += read(half)
            except (UnauthorizedError, RefusedError) as again:
                if not again.is_forbidden:
                    raise
                left.append(half)
            else:
                is_any_allowed = True
    if not is_any_allowed:
        raise error
    return found, Refusal(tuple(sorted(refused)), error)

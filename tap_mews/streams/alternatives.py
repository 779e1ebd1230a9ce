"""What else can read a batch that Mews refuses: other tokens, or smaller parts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_mews.identifiers import Ids
    from tap_mews.pages.allocation import Allocation, Shares
    from tap_mews.pages.batches import Batch
    from tap_mews.streams.pending import PendingStream

PARTS = 8
"""How many parts what is refused is cut into: where all of them are refused as well,
so is the rest."""


def own_share(stream: PendingStream, batch: Batch, allocation: Allocation) -> Shares:
    """What the token of a batch reads of it, if it is to ask once more.

    Args:
        stream: What is read.
        batch: What is refused.
        allocation: What the token read then.
    """
    access = batch.access
    if stream.windowed.selector.parents is None:
        return {access: batch.ids or ()}
    if not allocation.is_of_many:
        return {access: stream.run.portfolio.enterprises_of(access)}
    return {access: allocation.enterprises_of(access) or ()}


def part_size(stream: PendingStream, ids: Ids, fewest: int = 2) -> int:
    """Identifiers in a part of what is refused; 0 where it cannot be cut.

    Args:
        stream: What is read.
        ids: What is refused.
        fewest: Identifiers that can be cut.
    """
    count = len(ids or ())
    may_be_cut = stream.can_be_split and count >= fewest
    return math.ceil(count / PARTS) if may_be_cut else 0


def merged(shares: Iterable[Shares]) -> Shares:
    """The shares of several batches as those of one."""
    found: Shares = {}
    for each in shares:
        for access, ids in each.items():
            found[access] = tuple(dict.fromkeys((*found.get(access, ()), *ids)))
    return found

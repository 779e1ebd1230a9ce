"""Chains that each of their tokens reads, and of which one can stay behind.

Mews does not promise that all tokens of a chain see the same rows. So what one of them
cannot read in a run is noted apart, and read with that token alone when it can be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from tap_mews.api.access import Access
    from tap_mews.reading.partitions import Group
    from tap_mews.streams.pending import PendingStream


def can_lag(stream: PendingStream) -> bool:
    """Whether each token of a chain reads the stream, and its bookmark moves."""
    are_all = stream.run.portfolio.are_all_read(stream.windowed.selector)
    return are_all and stream.moves_bookmark


def read_by_others(stream: PendingStream, lost: Collection[Access]) -> set[str]:
    """The chains that are read in this run without some tokens."""
    allocation, selector = stream.run.allocation, stream.windowed.selector
    others = [each for each in allocation.accesses if each not in lost]
    return {key for each in others for key in allocation.own(each, selector) or ()}


def lagging_by_tokens(
    stream: PendingStream, lost: Collection[Access]
) -> dict[tuple[Access, ...], list[Group]]:
    """By tokens, what they alone have not read.

    Args:
        stream: What is read.
        lost: The tokens that cannot read it in this run either.
    """
    allocation, selector = stream.run.allocation, stream.windowed.selector
    reached_by = stream.run.portfolio.reached_by
    found: dict[tuple[Access, ...], list[Group]] = {}
    for group in stream.bookmarks.lagging:
        tokens = tuple(
            each
            for each in allocation.accesses
            if {*group["ids"]}.issubset(allocation.own(each, selector) or ())
            and not reached_by(each).isdisjoint(group["through"])
        )
        if tokens and not any(each in lost for each in tokens):
            found.setdefault(tokens, []).append(group)
    return found

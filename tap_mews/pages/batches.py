"""What the requests of a slice ask for: with which token, and whose rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, TypeVar

from tap_mews.api.operations import GLOBAL
from tap_mews.identifiers import is_unnamed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_mews.api.access import Access
    from tap_mews.api.operations import Operation, Selector
    from tap_mews.identifiers import Ids
    from tap_mews.pages.allocation import Allocation
    from tap_mews.reading.reader import Slice

T = TypeVar("T")


@dataclass(frozen=True)
class Batch:
    """What the requests of one read ask for.

    Attributes:
        access: By which token.
        scope: Identifiers that they name; None for all that the token reaches.
        ids: Identifiers whose rows they bring; None if unknown.
        is_separate: Whether it may be refused while others of its token are allowed.
    """

    access: Access
    scope: Ids = None
    ids: Ids = None
    is_separate: bool = False


def overlap(one: Ids, other: Ids) -> bool:
    """Whether two reads bring rows of the same; None if unknown, which may be any."""
    if one is None or other is None:
        return True
    return not set(one).isdisjoint(other)


def pop_first(found: dict[str, T], most: int) -> dict[str, T]:
    """Take the first of what was found by identifiers, at most so many."""
    return {key: found.pop(key) for key in [*islice(found, most)]}


def batches_of(
    allocation: Allocation, selector: Selector, slice_: Slice, most: int | None = None
) -> list[Batch]:
    """What the reads of a slice ask for, with one token after the other in turn.

    Args:
        allocation: Says which token reads what.
        selector: Selects by identifiers.
        slice_: What is due.
        most: Identifiers that a read may name, if not as the selector.
    """
    count = 1 if selector is GLOBAL else None
    of_tokens = (
        _batches_of(allocation, access, selector, slice_, most)
        for access in allocation.accesses_for(selector)[:count]
    )
    # each token has a rate of its own, so none of them waits for another one
    turns = zip_longest(*of_tokens)
    return [batch for turn in turns for batch in turn if batch is not None]


def _batches_of(
    allocation: Allocation,
    access: Access,
    selector: Selector,
    slice_: Slice,
    most: int | None,
) -> list[Batch]:
    """What the reads of a slice ask for with one token."""
    ids = _ids_of(allocation, access, selector, slice_)
    if ids is None:
        return [Batch(access)]
    if not ids and allocation.is_of_many:
        return []
    if (
        slice_.scope is not None
        or selector.is_required
        or allocation.lookups[access].is_narrowed
        or allocation.part_size
    ):
        most = most or selector.most
        return list(_naming(access, ids, most, allocation.part_size))
    return [Batch(access, None, ids)]


def separate_unnamed(batch: Batch) -> Iterator[Batch]:
    """A read, with the chains that Mews does not name in a read of their own.

    Its requests name no chains, which Mews may refuse.
    """
    scope = batch.scope or ()
    if not (unnamed := tuple(filter(is_unnamed, scope))):
        yield batch
        return
    if named := tuple(key for key in scope if key not in unnamed):
        yield replace(batch, scope=named, ids=named)
    yield replace(batch, scope=unnamed, ids=unnamed, is_separate=True)


def separate_refused(
    allocation: Allocation, operation: Operation, batches: Sequence[Batch]
) -> Iterator[Batch]:
    """The reads of a list, with what Mews refuses of it in reads of their own.

    Args:
        allocation: Reads the list.
        operation: Lists the rows.
        batches: One for each token.
    """
    accesses = [each.access for each in batches if each.ids]
    refused = allocation.refused(operation, accesses)
    for batch in batches:
        if not (known := refused.get(batch.access)):
            yield batch
            continue
        for is_separate in (False, True):
            own = batch.ids or ()
            ids = tuple(key for key in own if (key in known) is is_separate)
            if ids:
                yield Batch(batch.access, ids, ids, is_separate)


def _ids_of(
    allocation: Allocation, access: Access, selector: Selector, slice_: Slice
) -> Ids:
    """Those of a slice that are read by a token; None if unknown."""
    wanted = slice_.ids if slice_.scope is None else slice_.scope
    if not allocation.is_of_many:
        return wanted
    own = allocation.own(access, selector)
    if own is None or wanted is None:
        return own
    only = set(wanted)
    return tuple(key for key in own if key in only)


def _naming(
    access: Access, ids: tuple[str, ...], most: int, part_size: int | None
) -> Iterator[Batch]:
    """Reads that name at most so many identifiers each."""
    for part in _cut(ids, part_size or max(len(ids), 1)):
        for number, some in enumerate(_cut(part, most)):
            is_separate = part_size is not None and number == 0
            yield Batch(access, some, some, is_separate)


def _cut(ids: tuple[str, ...], size: int) -> Iterator[tuple[str, ...]]:
    """Some identifiers at a time."""
    return (ids[n : n + size] for n in range(0, len(ids), size))

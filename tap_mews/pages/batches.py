"""What the requests of a slice ask for: with which token, and whose rows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from tap_mews.api.operations import WORLD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_mews.api.access import Access
    from tap_mews.api.operations import Operation, Selector
    from tap_mews.identifiers import Ids
    from tap_mews.pages.reach import Reach
    from tap_mews.reading.reader import Slice

T = TypeVar("T")


@dataclass(frozen=True)
class Batch:
    """What the requests of one read ask for.

    Attributes:
        access: By which token.
        ids: Identifiers that they name; None for all that the token reaches.
        covers: Identifiers whose rows they bring; None where nobody knows.
        is_apart: Whether it may be refused while others of its token are allowed.
    """

    access: Access
    ids: Ids = None
    covers: Ids = None
    is_apart: bool = False


def overlap(one: Ids, other: Ids) -> bool:
    """Whether two reads bring rows of the same; nobody may know of which."""
    if one is None or other is None:
        return True
    return not set(one).isdisjoint(other)


def pop_first(found: dict[str, T], most: int) -> dict[str, T]:
    """Take the first of what was found by identifiers, at most so many."""
    return {key: found.pop(key) for key in [*islice(found, most)]}


def batches_of(
    reach: Reach, selector: Selector, slice_: Slice, most: int | None = None
) -> list[Batch]:
    """What the reads of a slice ask for.

    Args:
        reach: Says which token reads what.
        selector: Selects by identifiers.
        slice_: What is due.
        most: Identifiers that a read may name, if not as the selector.
    """
    found: list[Batch] = []
    for access in reach.accesses[:1] if selector is WORLD else reach.accesses:
        covers = _covered(reach, access, selector, slice_)
        if covers is None:
            found.append(Batch(access))
        elif not covers and reach.is_of_many:
            continue
        elif (
            slice_.scope is not None
            or selector.is_required
            or reach.lookups[access].is_narrowed
            or reach.part_size
        ):
            found += _naming(access, covers, most or selector.most, reach.part_size)
        else:
            found.append(Batch(access, None, covers))
    return found


def apart_from_refused(
    reach: Reach, operation: Operation, batches: Sequence[Batch]
) -> Iterator[Batch]:
    """The reads of a list, with what Mews refuses of it in reads of their own.

    Args:
        reach: Reads the list.
        operation: Lists the rows.
        batches: One for each token.
    """
    accesses = [each.access for each in batches if each.covers]
    refused = reach.refused(operation, accesses)
    for batch in batches:
        if not (known := refused.get(batch.access)):
            yield batch
            continue
        for is_apart in (False, True):
            covers = batch.covers or ()
            ids = tuple(key for key in covers if (key in known) is is_apart)
            if ids:
                yield Batch(batch.access, ids, ids, is_apart)


def _covered(reach: Reach, access: Access, selector: Selector, slice_: Slice) -> Ids:
    """Those of a slice that are read by a token; None where nobody knows."""
    wanted = slice_.covers if slice_.scope is None else slice_.scope
    if not reach.is_of_many:
        return wanted
    own = reach.own(access, selector)
    if own is None or wanted is None:
        return own
    only = set(wanted)
    return tuple(key for key in own if key in only)


def _naming(
    access: Access, covers: tuple[str, ...], most: int, part_size: int | None
) -> Iterator[Batch]:
    """Reads that name at most so many identifiers each."""
    for part in _cut(covers, part_size or max(len(covers), 1)):
        for number, some in enumerate(_cut(part, most)):
            is_apart = part_size is not None and number == 0
            yield Batch(access, some, some, is_apart)


def _cut(ids: tuple[str, ...], size: int) -> Iterator[tuple[str, ...]]:
    """Some identifiers at a time."""
    return (ids[n : n + size] for n in range(0, len(ids), size))

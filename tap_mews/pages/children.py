"""Fetches what belongs to the rows of other operations that have changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from tap_mews.api.operations import NIL_ID
from tap_mews.pages.batches import overlap, pop_first

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_mews.pages.allocation import Allocation
    from tap_mews.pages.batches import Batch
    from tap_mews.pages.fetch import PageFetch
    from tap_mews.reading.reader import Slice
    from tap_mews.reading.windows import Window
    from tap_mews.records.rows import Rows


class Parent(msgspec.Struct, gc=False):
    """What is needed of a row that others belong to."""

    id: str = msgspec.field(name="Id")


class ChildFetch:
    """Fetches the parents that changed in a window and, as they come, their children.

    For operations that must be asked by the identifiers of parents that are too many
    to be asked for in each run.
    """

    def __init__(
        self,
        parents: Sequence[PageFetch[Parent]],
        children: PageFetch[bytes],
        allocation: Allocation,
        *,
        is_probe: bool = False,
    ) -> None:
        """Prepare; nothing is asked for yet.

        Args:
            parents: Fetch the rows of a window. The first one says how a slice is
                read; the others ask for all of its enterprises.
            children: Fetches what belongs to them.
            allocation: Says what the parents themselves belong to.
            is_probe: Whether to ask for children even if there is no parent.
        """
        self._parents = parents
        self._children = children
        self._allocation = allocation
        self._is_probe = is_probe

    def batches(self, slice_: Slice) -> list[Batch]:
        """As the first of the parents."""
        return self._parents[0].batches(slice_)

    def rows(self, slice_: Slice, window: Window, batch: Batch) -> Iterator[Rows]:
        """The children of all parents with a change in the window.

        Raises:
            MewsError: As `read_pages`.
        """
        for ids in self._portions(slice_, window, batch):
            yield from self._children.rows(slice_, window, replace(batch, scope=ids))

    def _portions(
        self, slice_: Slice, window: Window, batch: Batch
    ) -> Iterator[tuple[str, ...]]:
        """The parents that changed in a window, as many as a request may name."""
        most = self._children.operation.selector.most
        # before any child is read
        asked = [(each, self._asking(each, batch)) for each in self._parents]
        found: dict[str, None] = {}
        for parents, asking in asked:
            if asking.scope == ():
                continue
            for page in parents.pages(slice_, window, asking):
                found |= dict.fromkeys(row.id for row in page.value.rows)
                del page  # not to be held while children come
                while len(found) >= most:
                    yield tuple(sorted(pop_first(found, most)))
        if self._is_probe and not found:
            found[NIL_ID] = None
        if found:
            yield tuple(sorted(found))

    def _asking(self, parents: PageFetch[Parent], batch: Batch) -> Batch:
        """What to ask parents by: those under parents, by these of its enterprises.

        Raises:
            MewsError: The token cannot list these, or not those of the batch.
        """
        above = parents.operation.selector.parents
        if above is None:
            return batch
        for (access, ids), error in self._allocation.unlisted(above).items():
            if access is batch.access and overlap(ids, batch.ids):
                raise error
        if batch.scope is None:
            return replace(batch, scope=self._allocation.ids(above, batch.access))
        owned = self._allocation.owned(above, batch.access, batch.scope)
        return replace(batch, scope=owned)

"""Fetches what belongs to the rows of other operations that have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tap_mews.api.operations import NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_mews.pages.fetch import Ids, PageFetch
    from tap_mews.reading.reader import Slice
    from tap_mews.reading.windows import Window
    from tap_mews.records.validator import Rows


class Parent(msgspec.Struct, gc=False):
    """What is needed of a row that others belong to."""

    id: str = msgspec.field(name="Id")


class ChildFetch:
    """Fetches the parents that changed in a window, and then their children.

    For operations that must be asked by the identifiers of parents that are too many
    to be asked for in each run.
    """

    def __init__(
        self,
        parents: Sequence[tuple[PageFetch[Parent], Ids]],
        children: PageFetch[bytes],
        *,
        is_probe: bool = False,
    ) -> None:
        """Prepare; nothing is asked for yet.

        Args:
            parents: What fetches the rows of a window, and the identifiers that it
                asks by: None for those of the window, which the first one has.
            children: Fetches what belongs to them.
            is_probe: Whether to ask for children even if there is no parent.
        """
        self._parents = parents
        self._children = children
        self._is_probe = is_probe

    def batches(self, span: Slice) -> list[Ids]:
        """As the first of the parents."""
        return self._parents[0][0].batches(span)

    def rows(self, span: Slice, window: Window, ids: Ids) -> Iterator[Rows]:
        """The children of all parents with a change in the window.

        Raises:
            MewsError: As `read_pages`.
        """
        found = {
            row.id
            for parents, own in self._parents
            for page in parents.pages(span, window, own or ids)
            for row in page.value.rows
        }
        if self._is_probe and not found:
            found.add(NOBODY)
        if found:
            yield from self._children.rows(span, window, tuple(sorted(found)))

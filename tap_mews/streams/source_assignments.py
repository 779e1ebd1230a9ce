"""Where reservations come from, in the two versions of the operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from tap_mews.pages.paginator import PagedOperation
from tap_mews.reading.bookmarks import Selection
from tap_mews.streams.pages import UpdatedPageStream

if TYPE_CHECKING:
    from datetime import datetime

    from tap_mews.reading.bookmarks import Bookmarks
    from tap_mews.reading.reader import Slice

CONTEXT = "EnterpriseId"
"""Names the property in the state, as the SDK names partitions."""


class SourceAssignments(UpdatedPageStream):
    """Sources of reservations (`sourceAssignments/getAll/2024-09-20`, restricted).

    The operation takes one enterprise at a time, so each has a bookmark of its own.
    """

    name = "source_assignments"
    operation = PagedOperation(
        "sourceAssignments/getAll/2024-09-20", "SourceAssignments"
    )
    partition_key = CONTEXT

    def scopes(self) -> list[tuple[str, ...] | None]:
        """Each property by itself; none is named where nobody knows any."""
        ids = self.reach.ids or self._known_ids()
        return [(key,) for key in ids] or [None]

    def due(self) -> list[Slice]:
        """What is due of each property."""
        scopes = self.scopes()
        if len(scopes) == 1:
            self._name_property(scopes[0])
        return [
            span
            for scope in scopes
            for span in self._bookmarks_of(scope).due(
                Selection(scope, scope, is_noted=False),
                self.start,
                self.end,
                self.lookback,
            )
        ]

    def move_bookmark(self, span: Slice, until: datetime) -> None:
        """Move that of the property."""
        self._bookmarks_of(span.scope).move(span, until)

    def bookmark_of(self, span: Slice) -> str | None:
        """That of the property."""
        return self._bookmarks_of(span.scope).of(span)

    def _known_ids(self) -> tuple[str, ...]:
        """The properties of earlier runs, for a run that cannot list them."""
        partitions = self.stream_state.get("partitions") or []
        return tuple(partition["context"][CONTEXT] for partition in partitions)

    def _name_property(self, scope: tuple[str, ...] | None) -> None:
        """Let the only property go on from a bookmark that named none."""
        unnamed = self.stream_state.get("replication_key_value")
        if scope is not None and unnamed and not self._known_ids():
            for key in ("replication_key", "replication_key_value"):
                self._state_of(scope)[key] = self.stream_state.get(key)
                # taken out, it would come back where states are merged key by key
                self.stream_state[key] = None

    def _bookmarks_of(self, scope: tuple[str, ...] | None) -> Bookmarks:
        return (
            self.bookmarks
            if scope is None
            else self.bookmarks_in(
                self._state_of(scope),
            )
        )

    def _state_of(self, scope: tuple[str, ...]) -> dict[str, Any]:
        return self.get_context_state({CONTEXT: scope[0]})


class ReservationGroupSourceAssignments(UpdatedPageStream):
    """Sources of reservation groups (`sourceAssignments/getAll`, the older version).

    It filters by the update of the group; the rows themselves carry no date.
    """

    name = "reservation_group_source_assignments"
    operation = PagedOperation("sourceAssignments/getAll", "SourceAssignments")
    replication_key = None

    @property
    def replication_method(self) -> str:
        """Incremental, though no property of a row shows it."""
        return self.forced_replication_method or REPLICATION_INCREMENTAL

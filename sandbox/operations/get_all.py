"""The operations that give rows page by page: what their facts say is all there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facts import OPERATIONS, STREAMS
from sandbox.answers import Refusal
from sandbox.hotel.shapes import ENTITIES
from sandbox.pages import Page
from sandbox.platform import Ask, operation

if TYPE_CHECKING:
    from sandbox.answers import Reply

STANDARD = sorted(
    {
        stream.operation
        for stream in STREAMS.values()
        if stream.reading != "series" and OPERATIONS[stream.operation].rows
    }
)
"""Every operation that gives the rows of a stream as a list."""


def get_all(ask: Ask) -> Reply:
    """One page of an operation, of whose entity there are rows."""
    known = OPERATIONS[ask.entry.operation]
    if known.entity not in ENTITIES and not ask.platform.store.has(known.entity):
        raise Refusal(404, "Not found.")
    return Page(ask, known).answer()


for path in STANDARD:
    operation(path)(get_all)


@operation("reservations/getAll/2023-06-06")
def get_reservations(ask: Ask) -> Reply:
    """Reservations; actual and scheduled times exclude each other."""
    page = Page(ask, OPERATIONS[ask.entry.operation])
    for end in ("StartUtc", "EndUtc"):
        if {f"Scheduled{end}", f"Actual{end}"} <= page.filters.given:
            raise Refusal(400, f"Invalid Scheduled{end}.")
    return page.answer()


@operation("sourceAssignments/getAll/2024-09-20")
def get_source_assignments(ask: Ask) -> Reply:
    """Sources of reservations, oldest first: its cursor leads to newer rows."""
    return Page(ask, OPERATIONS[ask.entry.operation], oldest_first=True).answer()

"""The operations that give rows page by page: what their facts say is all there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facts import OPERATIONS, STREAMS
from sandbox.answers import Refusal, answer
from sandbox.clock import utc_text
from sandbox.hotel.shapes import ENTITIES, GLOBAL
from sandbox.pages import Page
from sandbox.platform import Ask, operation

if TYPE_CHECKING:
    from sandbox.answers import Reply

STANDARD = sorted(
    {
        stream.operation
        for stream in STREAMS.values()
        if not stream.unfolded
        and OPERATIONS[stream.operation].rows
        and OPERATIONS[stream.operation].response == "list"
    }
)
"""Every operation that gives the rows of a stream as a list."""

WHOLE = sorted(
    {stream.operation for stream in STREAMS.values() if stream.entity in GLOBAL}
)
"""Every operation that gives what is the same for all hotels, in one answer."""


def get_all(ask: Ask) -> Reply:
    """One page of an operation, of whose entity there are rows."""
    known = OPERATIONS[ask.entry.operation]
    if known.entity not in ENTITIES and not ask.platform.store.has(known.entity):
        raise Refusal(404, "Not found.")
    return Page(ask, known).answer()


def get_whole(ask: Ask) -> Reply:
    """All rows of an operation without pages, and its further lists."""
    known = OPERATIONS[ask.entry.operation]
    lists = {str(known.rows): known.entity} | {
        name: str(each.entity) for name, each in known.lists.items()
    }
    store = ask.platform.store
    with store.lock:
        return answer(
            {
                name: [row.served for row in store.table(entity).ordered()]
                for name, entity in lists.items()
            }
        )


for path in STANDARD:
    operation(path)(get_all)
for path in WHOLE:
    operation(path)(get_whole)


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


@operation("configuration/get")
def get_configuration(ask: Ask) -> Reply:
    """The property of a token; a portfolio token must name one of its properties."""
    platform = ask.platform
    wanted = ask.body.text("EnterpriseId")
    if wanted is None and ask.grant.portfolio:
        # no fault of the client's, who cannot know what the token opens
        raise Refusal(400, "Invalid EnterpriseId.", breach=False)
    reached = platform.access.enterprises(ask.grant)
    key = (wanted or reached[0]).lower()
    if key not in reached:
        raise Refusal(401, "Invalid EnterpriseId.")
    with platform.store.lock:
        hotel = platform.store.table("Enterprise").rows[key].served
    return answer(
        {
            "NowUtc": utc_text(platform.clock.now()),
            "Enterprise": hotel,
            "Service": None,
            "PaymentCardStorage": None,
        }
    )
